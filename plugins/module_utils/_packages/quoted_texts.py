# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts in quotes in the languages of flows, told apart from what is around them.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping


@dataclasses.dataclass(frozen=True)
class Dialect:
    """How a language writes texts and comments, by how they begin.

    The group of ``opening`` that matches is the beginning; the end is where its pattern in ``closing`` matches with a
    group. What begins as one of ``comments`` is no text.
    """

    opening: re.Pattern[str]
    closing: Mapping[str, re.Pattern[str]]
    comments: frozenset[str] = frozenset()


# Scripts of desktop flows (Robin). A backslash takes the next character with it. Texts in three quotes span lines, and
# so do those of flows with Power Fx, in which an apostrophe is doubled, too.
ROBIN = Dialect(
    re.compile(r"(\$fx')|\$?(''')|(')|(/\#)|^[ \t]*(\#)", re.MULTILINE),
    {
        "$fx'": re.compile(r"\\.|''|(')", re.DOTALL),
        "'''": re.compile(r"\\.|(''')", re.DOTALL),
        "'": re.compile(r"\\.|('|(?=\n|\Z))"),
        "/#": re.compile(r"(\#/)"),
        "#": re.compile(r"(?=(\n|\Z))"),
    },
    comments=frozenset({"/#", "#"}),
)
# Expressions of cloud flows (Workflow Definition Language).
EXPRESSION = Dialect(re.compile(r"(')"), {"'": re.compile(r"''|(')")})


def without_texts(source: str, dialect: Dialect) -> tuple[str, list[str]]:
    """Return a source with its texts replaced by their numbers, ``'0'`` and on, without comments; and the texts.

    One pass, so that no source, however made, takes more than linear time. Raises ValueError for a text or comment
    without an end: what follows it cannot be told.
    """
    pieces: list[str] = []
    texts: list[str] = []
    position = 0
    while opening := dialect.opening.search(source, position):
        pieces.append(source[position : opening.start()])
        kind = opening[opening.lastindex or 0]
        closings = dialect.closing[kind].finditer(source, opening.end())
        closing = next((match for match in closings if match.lastindex), None)
        if closing is None:
            raise ValueError(f"What begins with {kind} at character {opening.start()} has no end.")
        if kind not in dialect.comments:
            pieces.append(f"'{len(texts)}'")
            texts.append(source[opening.end() : closing.start()])
        position = closing.end()
    pieces.append(source[position:])
    return "".join(pieces), texts
