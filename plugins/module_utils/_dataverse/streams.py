# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files as base64 members of JSON documents, written and read piece by piece.

A package of 95 MB is 127 MB of base64; as text, as JSON and as bytes of a request it would be in memory several times.
This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from .._errors import PackageError
from .._files import open_regular
from .._transport.messages import read_json

PIECE = 3 * 64 * 1024  # a multiple of three, so that pieces of base64 join without padding
LONGEST_REST = 64 * 1024  # of what surrounds the member
ESCAPES = re.compile(rb"\\(?:u00([0-7][0-9a-fA-F])|(/))")


class FileInJson:
    """A JSON object with a file's base64 as its last member, made while it is sent.

    Each iteration starts anew; ``complete`` becomes true when it comes to its end. It never does unless the SHA-256 of
    what was read is ``checksum``: the end of the file is held back until that is known.
    """

    def __init__(self, members: Mapping[str, Any], key: str, path: str | Path, checksum: str) -> None:
        self._path = Path(path)
        self._checksum = checksum
        self._head = json.dumps({**members, key: ""}).encode()[:-2]
        self._tail = b'"}'
        try:
            self._size = self._path.stat().st_size
        except OSError as error:
            raise self._unreadable(error) from error
        self.complete = False

    def __len__(self) -> int:
        return len(self._head) + (self._size + 2) // 3 * 4 + len(self._tail)

    def __iter__(self) -> Iterator[bytes]:
        yield self._head
        last = b""
        digest = hashlib.sha256()
        for piece in self._pieces():
            digest.update(piece)
            if last:
                yield base64.b64encode(last)
            last = piece
        if digest.hexdigest() != self._checksum:
            raise PackageError(
                f"{self._path} was changed or replaced after it was planned, so it was not sent whole; run the task"
                " again."
            )
        self.complete = True
        yield base64.b64encode(last) + self._tail

    def _pieces(self) -> Iterator[bytes]:
        """Yield the file as long as it was at first; a shorter one ends early."""
        try:
            with open_regular(self._path) as file:
                left = self._size
                while left and (piece := file.read(min(PIECE, left))):
                    left -= len(piece)
                    yield piece
        except OSError as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: OSError) -> PackageError:
        return PackageError(f"{self._path} cannot be read: {error.strerror}; run the task again when it can.")


class Base64Member:
    """Takes a JSON object piece by piece and writes the bytes of one base64 member to a file.

    The rest of the object is kept (it is small) and checked at the end by ``rest``; ``head`` is what came before the
    member, or all of an answer that does not have it.
    """

    def __init__(self, key: str, file: BinaryIO) -> None:
        self._opening = re.compile(rb'"%s"\s*:\s*"' % re.escape(key.encode()))
        self._file = file
        self._start = file.tell()
        self.reset()

    def reset(self) -> None:
        """Take the object from its beginning once more."""
        self._file.seek(self._start)
        self._file.truncate()
        self.head = b""
        self._text = b""
        self._tail = bytearray()
        self._inside = False
        self.found = False

    def write(self, chunk: bytes) -> None:
        """Take the next piece of the object."""
        if self._inside:
            self._take_text(chunk)
        elif self.found:
            self._end(chunk)
        else:
            self._search(chunk)

    def _search(self, chunk: bytes) -> None:
        """Look for the beginning of the member's text."""
        self.head += chunk
        if match := self._opening.search(self.head):
            self.found = self._inside = True
            rest = self.head[match.end() :]
            self.head = self.head[: match.end()]
            self._take_text(rest)
        elif len(self.head) > LONGEST_REST:
            raise ValueError("the expected member is not at the beginning of the answer")

    def _take_text(self, chunk: bytes) -> None:
        """Decode what is complete of the member's text; the rest waits for the next piece."""
        text = self._text + chunk
        end = text.find(b'"')
        if end >= 0:
            self._inside = False
            self._decode(_unescaped(text[:end]))
            self._end(text[end + 1 :])
            return
        # An escape may be cut in two; it is at most six bytes long.
        cut = text.rfind(b"\\", max(0, len(text) - 5))
        whole = _unescaped(text if cut < 0 else text[:cut])
        usable = len(whole) - len(whole) % 4
        self._decode(whole[:usable])
        self._text = whole[usable:] + (b"" if cut < 0 else text[cut:])

    def _end(self, chunk: bytes) -> None:
        """Keep what comes behind the member; it is short."""
        self._tail += chunk
        if len(self._tail) > LONGEST_REST:
            raise ValueError("too much comes after the expected member")

    def _decode(self, text: bytes) -> None:
        """Write the bytes of a piece of base64."""
        self._file.write(base64.b64decode(text, validate=True))

    def rest(self) -> dict[str, Any]:
        """Return the object's other members; the member itself is the empty text.

        Raises ``ValueError`` when the object is cut short or is none.
        """
        if self._inside:
            raise ValueError("the answer is cut short")
        rest: dict[str, Any] = read_json(self.head + (b'"' if self.found else b"") + self._tail)
        return rest


def _unescaped(text: bytes) -> bytes:
    r"""Replace the JSON escapes that base64 may hold: ``\/`` and ``\u002B``."""
    return ESCAPES.sub(lambda match: bytes([int(match[1], 16)]) if match[1] else b"/", text) if b"\\" in text else text
