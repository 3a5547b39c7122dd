# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OData in text: literals, conditions, function calls, and URLs.

Source: Microsoft documentation, Query data using the Web API; Use Web API functions.
This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timezone
from typing import Any
from urllib.parse import quote as percent_encode
from uuid import UUID

GUID = re.compile(r"\{?([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})\}?")
READABLE = "$,()'=:@/*!"  # left as they are in a query: the service takes them, and journals stay readable
IN_PLACE = READABLE + "?&%+;~[]"  # left as they are in a path, which may be encoded already


class Literal(str):
    """Text that already is an OData literal, for example of an enumeration."""


def quote(text: str) -> str:
    """Return a text as an OData string literal: ``O'Neil`` becomes ``'O''Neil'``."""
    return "'" + text.replace("'", "''") + "'"


def guid(text: str) -> str | None:
    """Return a GUID in lower case without braces, or None when the text is none."""
    match = GUID.fullmatch(text.strip())
    return match[1].lower() if match else None


def row_id(url: str, entity_set: str) -> str | None:
    """Return the id of the row that a URL names, or None when it names no row of that set by its id."""
    match = re.fullmatch(rf"https://[!-~]+/{re.escape(entity_set)}\({GUID.pattern}\)", url)
    return match[1].lower() if match else None


def literal(value: Any) -> str:
    """Return a value as an OData literal.

    A text that is a GUID becomes a GUID (bare), any other text a string; mappings and lists become JSON.
    """
    if isinstance(value, Literal):
        return str(value)
    if isinstance(value, str):
        return guid(value) or quote(value)
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, (UUID, date)):
        return str(value)
    return json.dumps(value, separators=(",", ":"))


def any_of(column: str, values: Iterable[Any]) -> str:
    """Return the condition that a column has one of the values."""
    return " or ".join(f"{column} eq {literal(value)}" for value in values)


def all_of(*conditions: str | None) -> str:
    """Return the condition that all the conditions hold; None stands for no condition."""
    wanted = [condition for condition in conditions if condition]
    return wanted[0] if len(wanted) == 1 else " and ".join(f"({condition})" for condition in wanted)


def resource(path: str, options: Mapping[str, Any] | None = None) -> str:
    """Return a path with query options; blanks and the like are percent-encoded, options that are None left out."""
    pairs = [
        f"{percent_encode(name, safe=READABLE)}={percent_encode(str(value), safe=READABLE)}"
        for name, value in (options or {}).items()
        if value is not None
    ]
    separator = "&" if "?" in path else "?"
    return percent_encode(path, safe=IN_PLACE) + (separator + "&".join(pairs) if pairs else "")


def function_call(name: str, parameters: Mapping[str, Any]) -> str:
    """Return the call of a function with parameter aliases: ``Name(P=@P)?@P='X'``.

    Aliases keep values with slashes or quotes out of the path. Source: Use Web API functions, Pass parameters.
    """
    signature = ",".join(f"{parameter}=@{parameter}" for parameter in parameters)
    return resource(f"{name}({signature})", {f"@{key}": literal(value) for key, value in parameters.items()})


def columns(names: Iterable[str] | str | None) -> str | None:
    """Return the value of ``$select``."""
    return names if isinstance(names, str) or names is None else ",".join(names)


def joined(conditions: Iterable[str], longest: int) -> Iterator[str]:
    """Join conditions by ``or`` into as few texts as possible, none longer than ``longest`` once in a URL."""
    parts: list[str] = []
    length = 0
    for condition in conditions:
        size = len(percent_encode(condition, safe=READABLE)) + len("%20or%20")
        if parts and length + size > longest:
            yield " or ".join(parts)
            parts, length = [], 0
        parts.append(condition)
        length += size
    if parts:
        yield " or ".join(parts)
