# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The time of the simulated service: real, or standing still until it is moved."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timezone
from functools import lru_cache


class Clock:
    """Seconds since 1970 of the simulated service, for any thread.

    A real clock runs with the machine plus everything `advance` added; a manual one only moves by `advance`.
    """

    def __init__(self, *, manual_from: float | None = None) -> None:
        self._frozen = manual_from
        self._offset = 0.0
        self._moving = threading.Lock()

    @property
    def manual(self) -> bool:
        return self._frozen is not None

    def time(self) -> float:
        frozen = self._frozen
        return time.time() + self._offset if frozen is None else frozen

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.time(), tz=timezone.utc)

    def text(self) -> str:
        """Now as the Web API writes it: 2026-01-31T12:00:00Z."""
        return _second_as_text(int(self.time() // 1))

    def advance(self, seconds: float) -> None:
        with self._moving:
            if self._frozen is None:
                self._offset += seconds
            else:
                self._frozen += seconds

    def freeze(self) -> None:
        with self._moving:
            self._frozen = self.time()

    def run(self) -> None:
        """Let the clock run again, from where it stands."""
        with self._moving:
            self._offset = self.time() - time.time()
            self._frozen = None


def as_text(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(maxsize=1000)
def _second_as_text(second: int) -> str:
    return as_text(datetime.fromtimestamp(second, tz=timezone.utc))


def from_text(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
