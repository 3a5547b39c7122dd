# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts on their way in and out: none that cannot be sent, none that a terminal obeys, none longer than a screen.

Names in results are data and stay as they are. This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from ._errors import ConfigurationError

SHOWN = 5
"""How many of several things a message tells; the result holds them all."""
_HEAD, _TAIL = 1400, 500
_UNSENDABLE = re.compile("[\0\ud800-\udfff]")
_SUSPECT = re.compile(r"[\ud800-\udfff]|\\u0000")
# Keys of results under which sentences stand, or a text of several lines.
_LINES = frozenset({"plan_text", "report"})
_TEXTS = frozenset({"msg", "message", "reason", "detail", "stops", "warnings", "errors", "remedy", *_LINES})


def require_sendable(options: Mapping[str, Any]) -> None:
    """Raise ``ConfigurationError`` for an option that holds, at any depth, a NUL or half a character."""
    for name, value in options.items():
        try:
            # All at once is faster by far than one by one, and says no more than whether to look closer.
            suspect = _SUSPECT.search(json.dumps(value, ensure_ascii=False, skipkeys=True, default=str))
            place = _unsendable(value) if suspect else None
        except RecursionError:
            raise ConfigurationError(f"{name} nests too deeply, give it with fewer levels.") from None
        if place is not None:
            raise ConfigurationError(
                f"{shown(f'{name}{place}')} holds a NUL or half a character (a lone surrogate), remove it."
            )


def _unsendable(value: Any) -> str | None:
    """Return where in a value such a text stands, such as ``[3].user``; an empty text for the value itself."""
    if isinstance(value, str):
        return "" if _UNSENDABLE.search(value) else None
    if isinstance(value, Mapping):
        parts = ((f".{key}", one) for key, inner in value.items() for one in (key, inner))
    elif isinstance(value, (list, tuple)):
        parts = ((f"[{index}]", inner) for index, inner in enumerate(value))
    else:
        return None
    found = ((step, _unsendable(inner)) for step, inner in parts)
    return next((f"{step}{place}" for step, place in found if place is not None), None)


def listed(texts: Iterable[str], separator: str = ", ") -> str:
    """Return the first few of several texts for a message, and how many there are besides."""
    told = list(texts)
    more = f" and {len(told) - SHOWN} more" if len(told) > SHOWN else ""
    return separator.join(told[:SHOWN]) + more


def sentences(texts: Iterable[str]) -> str:
    """Return the first few of several sentences for a message, and how many there are besides."""
    told = list(texts)
    more = [f"And {len(told) - SHOWN} more."] if len(told) > SHOWN else []
    return " ".join([*told[:SHOWN], *more])


def shown(text: str) -> str:
    r"""Return a text as one line in which all that a terminal obeys or hides is spelled out: ``\x1b``, ``\u202e``."""
    return text if text.isprintable() else "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character.isprintable() or unicodedata.category(character) == "Zs":
        return character
    return character.encode("unicode_escape").decode()


def shown_lines(text: str) -> str:
    """Return a text of several lines, each of them as ``shown`` does."""
    return "\n".join(map(shown, text.split("\n")))


def message(text: str) -> str:
    """Return a message as it is shown: one line, the middle left out where it would fill more than a screen."""
    line = shown(text)
    left_out = len(line) - _HEAD - _TAIL
    return line if left_out <= 0 else f"{line[:_HEAD]} … ({left_out} characters left out) … {line[-_TAIL:]}"


def show(result: dict[str, Any]) -> None:
    """Let all sentences and differences in a task's result, at any depth, be such as are shown."""
    waiting: list[Any] = [result]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            for key in _TEXTS.intersection(one):
                one[key] = _shown_text(key, one[key])
            if "diff" in one:
                one["diff"] = shown_difference(one["diff"])
        parts = one.values() if isinstance(one, dict) else one
        waiting += [part for part in parts if isinstance(part, (dict, list, tuple))]


def _shown_text(key: str, value: Any) -> Any:
    if isinstance(value, str):
        return shown_lines(value) if key in _LINES else shown(value)
    return [_shown_text(key, one) for one in value] if isinstance(value, (list, tuple)) else value


def shown_difference(difference: Any) -> Any:
    """Return a task's difference, or those of its steps: its sides are texts of several lines, or data with names."""
    if isinstance(difference, list):
        return [shown_difference(one) for one in difference]
    if not isinstance(difference, Mapping):
        return difference
    return {side: shown_lines(it) if isinstance(it, str) else _shown_data(it) for side, it in difference.items()}


def _shown_data(value: Any) -> Any:
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, Mapping):
        return {shown(str(key)): _shown_data(inner) for key, inner in value.items()}
    return [_shown_data(inner) for inner in value] if isinstance(value, (list, tuple)) else value
