# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resource paths and literals of the OData URL: `roles(name='a')/Microsoft.Dynamics.CRM.Do(P=@p)`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, unquote

from ..errors import invalid_query
from .parameters import BadValueError, Parameter, as_guid

GUID = re.compile(r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}")
_SEGMENT = re.compile(r"(?P<name>[$\w.]+)(?:\((?P<arguments>.*)\))?", re.DOTALL)
_ENUM = re.compile(r"(?:[\w.]*)'(?P<member>[\w, ]*)'")


@dataclass(frozen=True)
class Segment:
    """One part of a path; `arguments` is the text between the parentheses, None without parentheses."""

    name: str
    arguments: str | None


def split_outside_quotes(text: str, separator: str) -> list[str]:
    """Split at `separator` where it stands neither in quotes nor in brackets."""
    parts, depth, quoted, start = [], 0, False, 0
    for position, character in enumerate(text):
        if character == "'":
            quoted = not quoted
        elif quoted:
            continue
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif character == separator and not depth:
            parts.append(text[start:position])
            start = position + 1
    parts.append(text[start:])
    return parts


def parse_path(raw: str) -> list[Segment]:
    """The segments of a still percent-encoded path; a plus sign is a plus sign here."""
    return list(_segments(raw))


@lru_cache(maxsize=100)
def _segments(raw: str) -> tuple[Segment, ...]:
    segments = []
    for part in split_outside_quotes(raw.strip("/"), "/"):
        text = unquote(part, errors="strict")
        found = _SEGMENT.fullmatch(text)
        if found is None:
            raise invalid_query(f"Bad Request - Error in query syntax: '{text}'.")
        segments.append(Segment(found["name"], found["arguments"]))
    return tuple(segments)


def parse_query(raw: str) -> dict[str, str]:
    """Query options; here a plus sign is a blank. The same option twice is an error."""
    if not raw:
        return {}
    options: dict[str, str] = {}
    for name, value in parse_qsl(raw, keep_blank_values=True, errors="strict"):
        if name in options:
            raise invalid_query(
                f"Query option '{name}' was specified more than once, but it must be specified at most once."
            )
        options[name] = value
    return options


def split_arguments(text: str) -> dict[str, str]:
    """`a=1,b='x'` → {"a": "1", "b": "'x'"}; a lone literal comes under the name ""."""
    arguments: dict[str, str] = {}
    for part in split_outside_quotes(text, ",") if text.strip() else []:
        name, equals, value = part.partition("=")
        if equals and re.fullmatch(r"\s*@?\w+\s*", name):
            arguments[name.strip()] = value.strip()
        else:
            arguments[""] = part.strip()
    return arguments


def text_literal(text: str) -> str:
    """`'O''Neil'` → O'Neil; BadValueError when it is not a quoted text."""
    if len(text) < 2 or text[0] != "'" or text[-1] != "'" or text[1:-1].replace("''", "").count("'"):
        raise BadValueError(f"Unrecognized '{text}' literal: a text in single quotes was expected.")
    return text[1:-1].replace("''", "'")


def typed_literal(text: str, parameter: Parameter) -> Any:
    """The literal of a function argument as the JSON value of its declared type."""
    if text == "null":
        return None
    return _LITERALS[parameter.type](text)


def resolve_alias(text: str, options: Mapping[str, str]) -> str:
    """`@p1` → the text that the query gives for it."""
    if not text.startswith("@"):
        return text
    try:
        return options[text]
    except KeyError:
        raise invalid_query(f"The parameter alias '{text}' has no value in the query.") from None


def _guid(text: str) -> str:
    if not GUID.fullmatch(text):
        raise BadValueError(f"Unrecognized 'Edm.Guid' literal '{text}'.")
    return as_guid(text)


def _boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise BadValueError(f"Unrecognized 'Edm.Boolean' literal '{text}'.")
    return text == "true"


def _integer(text: str) -> int:
    if not re.fullmatch(r"-?\d{1,10}", text):
        raise BadValueError(f"Unrecognized 'Edm.Int32' literal '{text}'.")
    return int(text)


def _enum(text: str) -> str:
    found = _ENUM.fullmatch(text)
    if not found:
        raise BadValueError(f"Unrecognized enumeration literal '{text}'.")
    return found["member"]


def _json(text: str) -> Any:
    """JSON; the documentation also shows it with single quotes."""
    try:
        return json.loads(text)
    except ValueError:
        try:
            return json.loads(text.replace("'", '"'))
        except ValueError:
            raise BadValueError(f"Unrecognized JSON literal '{text}'.") from None


_LITERALS = {
    "Edm.String": text_literal,
    "Edm.Guid": _guid,
    "Edm.Boolean": _boolean,
    "Edm.Int32": _integer,
    "Edm.Binary": text_literal,
    "enum": _enum,
    "complex": _json,
    "entity": _json,
    "entities": _json,
    "texts": _json,
}
