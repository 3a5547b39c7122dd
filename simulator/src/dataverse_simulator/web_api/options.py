# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Query options read and checked against a table: `$select`, `$orderby`, `$top`, `$expand`, `$count`, page size."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..environments import schema
from ..errors import UNKNOWN_PARAMETER, ODataError, invalid_query, not_modelled
from .filters import no_property, related, single_target
from .paths import split_outside_quotes

MAXIMUM_ROWS = 5000
KNOWN = {"$select", "$filter", "$orderby", "$top", "$expand", "$count", "$skiptoken"}
NOT_MODELLED = {"$apply", "$search", "$compute", "fetchXml", "savedQuery", "userQuery", "sql", "$deltatoken"}


@dataclass
class Query:
    """What a request wants of a table. `select` None means every column."""

    select: list[schema.Column] | None = None
    filter: str = ""
    order: list[tuple[schema.Column, bool]] = field(default_factory=list)
    """(column, descending) pairs."""
    top: int | None = None
    count: bool = False
    skip_token: str = ""
    expand: list[Expansion] = field(default_factory=list)
    options: Mapping[str, str] = field(default_factory=dict)
    """The options as sent, parameter aliases included."""


@dataclass
class Expansion:
    """One navigation property of `$expand` with the query for its rows."""

    name: str
    target: schema.Table
    lookup: schema.Column | None
    """The lookup column for navigation to one row; None for a collection."""
    query: Query


def read_query(table: schema.Table, options: Mapping[str, str], *, aliases: Mapping[str, str] | None = None) -> Query:
    """Check the options of a request (or of one `$expand` item) for this table; 400 or 501 for what does not fit."""
    for name in options:
        if name in NOT_MODELLED:
            raise not_modelled(f"the query option '{name}'")
        if name not in KNOWN and not name.startswith("@"):
            raise ODataError(400, UNKNOWN_PARAMETER, f"The query parameter {name} is not supported")
    select = options.get("$select")
    return Query(
        select=_select(table, select) if select is not None and select.strip() != "*" else None,
        filter=options.get("$filter", ""),
        order=_order(table, options["$orderby"]) if "$orderby" in options else [],
        top=_top(options["$top"]) if "$top" in options else None,
        count=_boolean(options.get("$count", "false")),
        skip_token=options.get("$skiptoken", ""),
        expand=_expand(table, options["$expand"], aliases or options) if "$expand" in options else [],
        options=aliases or options,
    )


def _property(table: schema.Table, name: str) -> schema.Column:
    try:
        return table.properties[name]
    except KeyError:
        raise no_property(name, table) from None


def _select(table: schema.Table, text: str) -> list[schema.Column]:
    names = [name.strip() for name in text.split(",")]
    return [_property(table, name) for name in dict.fromkeys(names)]


def _order(table: schema.Table, text: str) -> list[tuple[schema.Column, bool]]:
    order = []
    for item in text.split(","):
        found = re.fullmatch(r"\s*(\w+)(?:\s+(asc|desc))?\s*", item)
        if not found:
            raise invalid_query(f"Syntax error in '$orderby': '{item.strip()}'.")
        order.append((_property(table, found[1]), found[2] == "desc"))
    return order


def _top(text: str) -> int:
    if not text.isdigit():
        raise invalid_query(
            f"Invalid value '{text}' for $top query option found. A non-negative integer value is expected."
        )
    return min(int(text), MAXIMUM_ROWS)


def _boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise invalid_query(
            f"Invalid value '{text}' for $count query option found. Valid values are 'true' or 'false'."
        )
    return text == "true"


def _expand(table: schema.Table, text: str, aliases: Mapping[str, str]) -> list[Expansion]:
    return [_expansion(table, item.strip(), aliases) for item in split_outside_quotes(text, ",")]


def _expansion(table: schema.Table, item: str, aliases: Mapping[str, str]) -> Expansion:
    found = re.fullmatch(r"(\w+)(?:\((.*)\))?", item, re.DOTALL)
    if not found:
        raise invalid_query(f"Syntax error in '$expand': '{item}'.")
    name, inner = found[1], found[2]
    lookup = table.navigations.get(name)
    target = single_target(lookup, name, "expanding") if lookup else _collection_target(table, name)
    options = {}
    for part in split_outside_quotes(inner, ";") if inner else []:
        option, _dummy, value = part.strip().partition("=")
        options[option] = value
    return Expansion(name, target, lookup, read_query(target, options, aliases=aliases))


def _collection_target(table: schema.Table, name: str) -> schema.Table:
    found = related(table, name)
    if found is None:
        raise no_property(name, table)
    return found[0]


def page_size(prefer: str) -> int:
    """Rows a page, by `Prefer: odata.maxpagesize=…`; 5,000 at most and without it."""
    found = re.search(r"odata\.maxpagesize\s*=\s*(\d+)", prefer)
    size = int(found[1]) if found else MAXIMUM_ROWS
    return min(size, MAXIMUM_ROWS) if size else MAXIMUM_ROWS
