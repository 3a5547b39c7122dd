# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes over the wire: bodies of requests, answers, and where an answer may flow while it arrives.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol


class Sink(Protocol):
    """Takes the body of a successful answer while it arrives."""

    def reset(self) -> None:
        """Forget what was written: the answer starts again."""

    def write(self, chunk: bytes) -> None:
        """Take the next bytes."""


class StreamedBody(Protocol):
    """A request body that is made while it is sent; each iteration starts anew.

    ``complete`` tells whether everything was handed out, so that the service may have received it.
    """

    complete: bool

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[bytes]: ...


class WholeBody:
    """A body in memory."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.complete = False

    def __len__(self) -> int:
        return len(self._content)

    def __iter__(self) -> Iterator[bytes]:
        self.complete = True
        yield self._content


@dataclass(frozen=True)
class Response:
    """An answer: status, headers (names in any case), the bytes of the body, and the URL that gave it.

    ``wait`` are the seconds that the service asks to wait and the session did not.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str
    wait: float | None = None


def read_json(content: bytes) -> Any:
    """Return the value of a JSON document. Raises ``ValueError`` for all that is none or cannot be worked with.

    So are texts with half a character (a lone surrogate), which cannot be written again, and bottomless nesting.
    """
    try:
        value = json.loads(content.decode("utf-8-sig"))
    except RecursionError as error:
        raise ValueError("the document is nested too deeply") from error
    if b"\\ud" in content or b"\\uD" in content:
        json.dumps(value, ensure_ascii=False).encode()
    return value
