# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Expressions of cloud flows (Workflow Definition Language), as far as they read what actions put out.

Source: Workflow Definition Language, functions reference: actions, body, outputs. Names of functions and of actions are
compared without case there.
This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from .quoted_texts import EXPRESSION, without_texts

WHOLE = ""
"""Stands for all outputs of an action, handed on as one."""

_USE = re.compile(
    r"\b(?P<function>outputs|body|actions)\s*\(\s*'(?P<action>\d+)'\s*\)"
    r"(?P<steps>(?:\s*\??\s*(?:\[\s*'\d+'\s*\]|\.\s*\w+))*)",
    re.IGNORECASE,
)
_STEP = re.compile(r"\[\s*'(\d+)'\s*\]|\.\s*(\w+)")
_OPENING = re.compile(r"(?<!@)@\{")
_BRACES_AND_TEXTS = re.compile(r"'(?:[^']|'')*'|[{}]")
# What leads to the body, by the function that begins.
_BEFORE_BODY = {"outputs": ["body"], "actions": ["outputs", "body"], "body": []}


def outputs_used(definition: Any) -> dict[str, set[str]]:
    """Return the outputs that expressions in a definition read, by the name of the action (case-folded).

    ``outputs('Run')?['body/Answer']`` reads ``Answer``, and so do its other forms; ``body('Run')`` reads ``WHOLE``.
    """
    used: dict[str, set[str]] = defaultdict(set)
    for text in _texts(definition):
        for expression in _expressions(text):
            for action, output in _uses(expression):
                used[action.casefold()].add(output)
    return dict(used)


def _texts(value: Any) -> Iterator[str]:
    """Yield all texts in a definition, at any depth."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


def _expressions(text: str) -> Iterator[str]:
    """Yield the expressions of a text: the whole of it after an @, or each that stands in @{ }."""
    if text.startswith("@") and not text.startswith(("@@", "@{")):
        yield text
        return
    position = 0
    while opening := _OPENING.search(text, position):
        position = _end(text, opening.end())
        yield text[opening.end() : position]


def _end(text: str, start: int) -> int:
    """Return where the expression ends that begins inside a brace; braces in texts do not count."""
    depth = 1
    for part in _BRACES_AND_TEXTS.finditer(text, start):
        depth += {"{": 1, "}": -1}.get(part[0], 0)
        if not depth:
            return part.start()
    return len(text)


def _uses(expression: str) -> Iterator[tuple[str, str]]:
    """Yield action and output for each use, ``WHOLE`` where the output is not named."""
    try:
        bare, texts = without_texts(expression, EXPRESSION)
    except ValueError:
        bare, texts = without_texts(expression + "'", EXPRESSION)
    for use in _USE.finditer(bare):
        steps = [texts[int(quoted)] if quoted else plain for quoted, plain in _STEP.findall(use["steps"])]
        output = _output("/".join(steps).split("/") if steps else [], _BEFORE_BODY[use["function"].lower()])
        if output is not None:
            yield texts[int(use["action"])].replace("''", "'"), output


def _output(path: list[str], before: list[str]) -> str | None:
    """Return the output at the end of a path; None for what is none: a status, headers, an error."""
    for expected in before:
        if not path:
            return WHOLE
        if path.pop(0).casefold() != expected:
            return None
    if not path:
        return WHOLE
    return None if path[0].casefold() == "error" else path[0]
