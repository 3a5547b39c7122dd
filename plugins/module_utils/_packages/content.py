# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether two packages hold the same, however they were zipped.

Two exports of one unchanged solution differ in the times of the zip's entries, in the order of entries and of
components, and in the platform's versions at the root of their XML documents.
This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from .archive import PackageArchive
from .xml import XmlHandler

# Follows from the other entries.
_CONTENT_TYPES = "[Content_Types].xml"
# So far down, documents list components and their columns, whose order says nothing; below, order is content.
_LISTING_DEPTH = 3


def same_content(first: str, second: str) -> bool:
    """Tell whether the packages at two paths hold the same components with the same content.

    Raises PackageError when one of them cannot be read.
    """
    with PackageArchive(first) as one, PackageArchive(second) as other:
        names = one.names.keys() - {_CONTENT_TYPES}
        return names == other.names.keys() - {_CONTENT_TYPES} and all(
            _fingerprint(one, name) == _fingerprint(other, name) for name in names
        )


def _fingerprint(archive: PackageArchive, name: str) -> bytes:
    if name.endswith(".xml"):
        document = _Document()
        archive.feed(name, document)
        return document.fingerprint
    digest = hashlib.sha256()
    for chunk in archive.chunks(name):
        digest.update(chunk)
    return digest.digest()


class _Element:
    """An element under way: a digest of what it holds, never the content itself.

    Children in any order are added up, those in order are hashed one after the other.
    """

    def __init__(self, head: list[Any], *, listing: bool) -> None:
        self._head = head
        self._listing = listing
        self._text = hashlib.sha256()
        self._blank = True
        self._sum = 0
        self._sequence = hashlib.sha256()

    def add_text(self, data: str) -> None:
        self._text.update(data.encode())
        self._blank = self._blank and data.isspace()

    def add_child(self, fingerprint: bytes) -> None:
        if self._listing:
            self._sum += int.from_bytes(fingerprint, "big")
        else:
            self._sequence.update(fingerprint)

    def fingerprint(self) -> bytes:
        """Return the digest; space between elements does not count."""
        text = "" if self._blank else self._text.hexdigest()
        told = json.dumps([self._head, text, self._sum, self._sequence.hexdigest()])
        return hashlib.sha256(told.encode()).digest()


class _Document(XmlHandler):
    """Takes an XML document and leaves its fingerprint."""

    def __init__(self) -> None:
        super().__init__()
        self.fingerprint = b""
        self._open: list[_Element] = []

    def opened(self, attributes: dict[str, str]) -> None:
        # The root's attributes are versions of the platform that wrote the document, as far as they say anything.
        told = {} if self.path == ["ImportExportXml"] else attributes
        head = [self.path[-1], sorted(told.items())]
        self._open.append(_Element(head, listing=len(self.path) <= _LISTING_DEPTH))

    def text(self, data: str) -> None:
        self._open[-1].add_text(data)

    def closed(self) -> None:
        self.fingerprint = self._open.pop().fingerprint()
        if self._open:
            self._open[-1].add_child(self.fingerprint)
