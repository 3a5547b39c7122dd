# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts of an untrusted XML document, found while it streams by.

Memory is bounded by what the caller wants to keep, whatever the document holds: no DTD, no entities, limited
nesting, limited tags, and long texts become digests. This file is private to the collection and may change
without notice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NoReturn
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

NESTING_LIMIT = 200
# A document of 100 MB has one to two millions.
ELEMENT_LIMIT = 5_000_000
TAG_LIMIT = 1024 * 1024
CHARACTER_LIMIT = 64 * 1024 * 1024
# Those that the parser knows by itself, and the one of old documents. Any other would be looked up among all codecs of
# Python, which fail in ways of their own.
ENCODINGS = frozenset({"utf-8", "utf-16", "utf-16le", "utf-16be", "us-ascii", "iso-8859-1", "windows-1252"})
# What one kept element costs beside its characters, so that millions of empty elements count too.
_ELEMENT_COST = 200


class XmlError(ValueError):
    """What is wrong with a document, as the second half of a sentence: ``declares a DTD``."""


class XmlHandler:
    """Takes the events of a document; ``path`` holds the tags from the root to the element at hand."""

    def __init__(self) -> None:
        self.path: list[str] = []
        self._count = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.path.append(tag)
        if len(self.path) > NESTING_LIMIT:
            raise XmlError(f"nests more than {NESTING_LIMIT} elements")
        self._count += 1
        if self._count > ELEMENT_LIMIT:
            raise XmlError(f"has more than {ELEMENT_LIMIT} elements")
        self.opened(attributes)

    def end(self, _tag: str) -> None:
        self.closed()
        self.path.pop()

    def opened(self, attributes: dict[str, str]) -> None:
        """Take the begin of the element at hand."""
        raise NotImplementedError

    def text(self, data: str) -> None:
        """Take a piece of the text of the element at hand."""
        raise NotImplementedError

    def closed(self) -> None:
        """Take the end of the element at hand."""
        raise NotImplementedError


def feed(chunks: Iterable[bytes], handler: XmlHandler) -> Iterator[None]:
    """Feed a document to a handler and stop for the caller after each chunk.

    Raises XmlError when the document is broken or not safe.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = handler.start
    parser.EndElementHandler = handler.end
    parser.CharacterDataHandler = handler.text
    parser.XmlDeclHandler = _check_encoding
    parser.StartDoctypeDeclHandler = _refuse_dtd
    parser.EntityDeclHandler = _refuse_dtd
    fed = 0
    try:
        for chunk in chunks:
            parser.Parse(chunk, False)
            fed += len(chunk)
            if fed - parser.CurrentByteIndex > TAG_LIMIT + len(chunk):
                raise XmlError(f"has a tag, comment or instruction of more than {TAG_LIMIT} bytes")
            yield
        parser.Parse(b"", True)
        yield
    except expat.ExpatError as error:
        raise XmlError(f"is not well-formed XML ({error})") from None


def _check_encoding(_version: str, encoding: str | None, _standalone: int) -> None:
    if encoding and encoding.lower() not in ENCODINGS:
        raise XmlError(f"declares the encoding {encoding[:40]!r}, and solutions are written in UTF-8")


def _refuse_dtd(*_arguments: Any) -> NoReturn:
    raise XmlError("declares a DTD or entities")


class _Collector(XmlHandler):
    """Builds the wanted subtrees out of a document."""

    def __init__(self, wanted: Callable[[tuple[str, ...]], bool], textless: frozenset[str], limit: int) -> None:
        super().__init__()
        self._wanted = wanted
        self._textless = textless
        self._limit = limit
        self._kept = 0
        self._complete: list[Element] = []
        self._builder: TreeBuilder | None = None
        self._root_depth = 0

    def opened(self, attributes: dict[str, str]) -> None:
        if self._builder is None:
            if not self._wanted(tuple(self.path)):
                return
            self._builder, self._root_depth = TreeBuilder(), len(self.path)
        self._keep(_ELEMENT_COST + sum(len(name) + len(value) for name, value in attributes.items()))
        self._builder.start(self.path[-1], attributes)

    def text(self, data: str) -> None:
        if self._builder is not None and self.path[-1] not in self._textless:
            self._keep(len(data))
            self._builder.data(data)

    def closed(self) -> None:
        if self._builder is None:
            return
        self._builder.end(self.path[-1])
        if len(self.path) == self._root_depth:
            self._complete.append(self._builder.close())
            self._builder = None

    def _keep(self, cost: int) -> None:
        self._kept += cost
        if self._kept > self._limit:
            raise XmlError(f"holds more than {self._limit} characters to keep")

    def take(self) -> list[Element]:
        """Hand over the subtrees that are complete."""
        taken, self._complete = self._complete, []
        return taken

    def forget(self) -> None:
        """Count from nothing again: the caller has dropped what it was given."""
        self._kept = 0


def subtrees(
    chunks: Iterable[bytes],
    wanted: Callable[[tuple[str, ...]], bool],
    *,
    textless: Iterable[str] = (),
    limit: int = CHARACTER_LIMIT,
    keep_all: bool = True,
) -> Iterator[Element]:
    """Yield each element whose path of tags is wanted, complete with everything below it.

    ``textless`` names elements whose text is not kept. ``limit`` bounds the characters kept in the whole document or,
    with ``keep_all=False``, in the subtrees of one chunk at a time, for callers that drop each before the next.
    Raises XmlError when the document is broken or not safe.
    """
    collector = _Collector(wanted, frozenset(textless), limit)
    for _chunk in feed(chunks, collector):
        if complete := collector.take():
            yield from complete
            if not keep_all:
                collector.forget()
