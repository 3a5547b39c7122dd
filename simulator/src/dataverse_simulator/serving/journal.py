# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was asked of the simulator: one entry for each request, and one for each operation inside a $batch."""

from __future__ import annotations

import hashlib
import itertools
import threading
from collections import deque
from dataclasses import asdict, dataclass
from typing import Any


@dataclass
class Entry:
    """`write`: it could change data (the envelope of a $batch is none itself); `batch`: number of the enclosing
    $batch.
    """

    seq: int
    at: str
    environment: str
    method: str
    path: str
    query: str
    status: int
    who: str
    write: bool
    body_digest: str
    body_bytes: int
    fault: str = ""
    batch: int | None = None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class Journal:
    """The latest entries, 100,000 at most."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=100_000)
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def number(self) -> int:
        """The number for a new entry, in the order of arrival."""
        return next(self._numbers)

    def add(self, entry: Entry) -> None:
        with self._lock:
            self._entries.append(entry)

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()

    def entries(
        self, *, environment: str = "", method: str = "", path: str = "", writes: bool | None = None, since: int = 0
    ) -> list[Entry]:
        """Entries by number; `path` is a part of the path, `writes` chooses only or no writes."""
        with self._lock:
            found = [
                entry
                for entry in self._entries
                if environment in ("", entry.environment)
                and method.upper() in ("", entry.method)
                and path in entry.path
                and writes in (None, entry.write)
                and entry.seq > since
            ]
        return sorted(found, key=lambda entry: entry.seq)


def digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest() if body else ""
