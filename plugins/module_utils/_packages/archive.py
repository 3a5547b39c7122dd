# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The zip side of a solution package: what may be in it, and reading it without unpacking.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import IO, final
from xml.etree.ElementTree import Element

from .._errors import PackageError
from .._files import open_regular
from .xml import CHARACTER_LIMIT, XmlError, XmlHandler, feed, subtrees

CHUNK_SIZE = 64 * 1024
# The list of entries is the one part of a zip that has to be held whole; 4 MiB are about 25,000 entries.
DIRECTORY_LIMIT = 4 * 1024 * 1024
UNPACKED_LIMIT = 2 * 1024 * 1024 * 1024
# Real packages unpack to 1.2 up to 5 times their size; below the harmless size the ratio does not matter.
RATIO_LIMIT = 100
HARMLESS_SIZE = 64 * 1024 * 1024

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_UTF8 = 0x800
_UNSAFE_NAME = re.compile(r"^/|^[A-Za-z]:|(^|/)\.\.(/|$)|[\x00-\x1f\x7f]")


class _Source:
    """A file that refuses to be read in one gulp: zipfile asks for the whole list of entries at once."""

    def __init__(self, file: IO[bytes]) -> None:
        self.seek, self.tell, self._file = file.seek, file.tell, file

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if size > DIRECTORY_LIMIT:
            raise zipfile.BadZipFile(f"its list of entries takes more than {DIRECTORY_LIMIT} bytes")
        return self._file.read(size)


@final
class PackageArchive:
    """A package open for reading; a context manager.

    ``names`` maps each entry's name, with forward slashes, to its unpacked size in bytes. Everything that
    is wrong with the file is a PackageError that names it.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._file = self._open_file()
        try:
            with self._translated():
                self._zip = zipfile.ZipFile(_Source(self._file))
                self._entries = self._checked_entries()
            self.names: Mapping[str, int] = {name: entry.file_size for name, entry in self._entries.items()}
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> PackageArchive:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._zip.close()
        self._file.close()

    @property
    def stamp(self) -> tuple[int, ...]:
        """What tells the file from any other that its path may name later, and from itself after a change."""
        state = os.fstat(self._file.fileno())
        return state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns

    def require(self, stamp: tuple[int, ...]) -> None:
        """Raise PackageError unless the file is the one that had this stamp before."""
        if self.stamp != stamp:
            raise self.error("was changed or replaced after it was planned", "run the task again")

    def checksum(self) -> str:
        """Return the SHA-256 of the file."""
        digest = hashlib.sha256()
        with self._translated():
            self._file.seek(0)
            while chunk := self._file.read(CHUNK_SIZE):
                digest.update(chunk)
        return digest.hexdigest()

    def error(self, problem: str, remedy: str) -> PackageError:
        """Make the error that says what is wrong with this package and what to do."""
        return PackageError(f'The package "{self.path}" {problem}; {remedy}.', path=self.path)

    def chunks(self, name: str) -> Iterator[bytes]:
        """Yield an entry's unpacked bytes, 64 KiB at a time; never more than its checked size."""
        with self._translated(), self._zip.open(self._entries[name]) as stream:
            while chunk := stream.read(CHUNK_SIZE):
                yield chunk

    def read(self, name: str, limit: int) -> bytes:
        """Return an entry of at most ``limit`` bytes."""
        if self._entries[name].file_size > limit:
            raise self.error(f'holds "{name}" of more than {limit} bytes', "export the solution anew")
        return b"".join(self.chunks(name))

    def elements(
        self,
        name: str,
        wanted: Callable[[tuple[str, ...]], bool],
        *,
        textless: Iterable[str] = (),
        limit: int = CHARACTER_LIMIT,
        keep_all: bool = True,
    ) -> Iterator[Element]:
        """Yield the wanted elements of an XML entry; see xml.subtrees."""
        with self._translated_xml(name):
            yield from subtrees(self.chunks(name), wanted, textless=textless, limit=limit, keep_all=keep_all)

    def feed(self, name: str, handler: XmlHandler) -> None:
        """Feed an XML entry to a handler."""
        with self._translated_xml(name):
            for _chunk in feed(self.chunks(name), handler):
                pass

    @contextlib.contextmanager
    def _translated_xml(self, name: str) -> Iterator[None]:
        try:
            yield
        except XmlError as problem:
            message = f'is not safe or not sound: its "{name}" {problem}'
            raise self.error(message, "export the solution anew") from None

    def _open_file(self) -> IO[bytes]:
        if os.path.isdir(self.path):
            raise self.error("is a directory", "pack its content into a zip file and name that")
        if not os.path.exists(self.path):
            raise self.error("does not exist", "check the path, which is looked up on the machine that runs the task")
        if not os.path.isfile(self.path):
            raise self.error("is not a regular file", "name a solution zip file")
        try:
            return open_regular(self.path)
        except OSError as error:
            raise self.error(f"cannot be opened ({error.strerror})", "check the permissions of the file") from error

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn what zipfile raises for broken files into a PackageError."""
        try:
            yield
        except UnicodeDecodeError:
            raise self.error("has an entry whose name is not valid UTF-8", "export the solution anew") from None
        except NotImplementedError as error:
            raise self.error(
                f"uses a zip feature that solutions do not use ({error})", "export the solution anew"
            ) from error
        except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, OverflowError, OSError) as error:
            raise self.error(
                f"is not a sound zip file ({error})", "it may be truncated: export or copy it again"
            ) from error

    def _checked_entries(self) -> dict[str, zipfile.ZipInfo]:
        entries: dict[str, zipfile.ZipInfo] = {}
        seen: set[str] = set()
        for entry in self._zip.infolist():
            name = self._safe_name(entry)
            if name.casefold() in seen:
                raise self.error(f'holds the entry "{name}" twice', "export the solution anew")
            seen.add(name.casefold())
            entries[name] = entry
        self._check_sizes(sum(entry.file_size for entry in entries.values()))
        return entries

    def _safe_name(self, entry: zipfile.ZipInfo) -> str:
        name = entry.orig_filename.replace("\\", "/")
        if not entry.flag_bits & _UTF8 and not name.isascii():
            raise self.error(f"has an entry whose name is not marked as UTF-8 ({name!r})", "export the solution anew")
        if _UNSAFE_NAME.search(name):
            raise self.error(f"has an entry that points outside of it ({name!r})", "do not trust this file")
        if entry.flag_bits & _ENCRYPTED:
            raise self.error("is encrypted", "export the solution anew, without a password")
        if entry.compress_type not in _METHODS:
            raise self.error(
                f'compresses "{name}" by a method that solutions do not use ({entry.compress_type})',
                "pack it with the usual method, deflate",
            )
        return name

    def _check_sizes(self, unpacked: int) -> None:
        """Refuse zip bombs. zipfile never yields more of an entry than it declares, so declared sizes do."""
        packed = os.fstat(self._file.fileno()).st_size
        if packed > UNPACKED_LIMIT:
            raise self.error(f"is larger than {UNPACKED_LIMIT} bytes", "name a solution zip file")
        if unpacked > UNPACKED_LIMIT or unpacked > max(HARMLESS_SIZE, packed * RATIO_LIMIT):
            raise self.error(
                f"would unpack to {unpacked} bytes, {unpacked // packed} times its size, as zip bombs do",
                "do not trust this file",
            )
