# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Retrieve and RetrieveMultiple: conditions, order, pages, counts and expanded rows."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import quote, unquote
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

import sqlalchemy as sa

from ..environments import hooks, schema, security
from ..environments.context import Context
from ..environments.database import sql_table
from ..environments.hooks import Change
from ..environments.store import Row
from ..errors import MESSAGE_NOT_SUPPORTED, ODataError, invalid_query, not_found
from . import unknowns
from .filters import condition, related
from .options import MAXIMUM_ROWS, Expansion, Query
from .representation import Renderer


def visible(context: Context, table: schema.Table) -> list[sa.ColumnElement[bool]]:
    """Conditions that hold for every read: security, and published rows only unless asked otherwise."""
    conditions = [security.readable(context.store, context.user, table), unknowns.seen_shares(context, table)]
    if "componentstate" in table.columns and not unknowns.wants_unpublished(context, table):
        conditions.append(sql_table(table.name).c.componentstate == 0)
    return [one for one in conditions if one is not None]


def require_message(table: schema.Table, message: str) -> None:
    """405 unless the table supports the message at all."""
    if message not in table.messages:
        raise ODataError(
            405, MESSAGE_NOT_SUPPORTED, f"The '{message}' method does not support entities of type '{table.name}'."
        )


def retrieve(context: Context, table: schema.Table, row_id: str, query: Query, renderer: Renderer) -> dict[str, Any]:
    """One record as JSON; 404 when it is not there, 403 when the user may not read it."""
    hooks.run("query", "before", context, Change(table.name, row={table.primary_key: row_id}))
    columns = Renderer.columns(table, query.select)
    row = _one(context, table, row_id, columns)
    shown = renderer.rows(table, [row], query.select)
    unknowns.shape(context, table, shown)
    _expand(context, table, [row], shown, query, renderer)
    return shown[0]


def _one(context: Context, table: schema.Table, row_id: str, columns: list[schema.Column]) -> Row:
    target = sql_table(table.name)
    by_key = target.c[table.primary_key] == row_id
    statement = sa.select(*Renderer.sql_columns(table, columns)).where(by_key)
    found = context.store.connection.execute(statement.where(*visible(context, table))).mappings().first()
    if found is not None:
        return dict(found)
    existing = context.store.get(table.name, row_id)
    if existing is None or existing.get("componentstate"):
        raise not_found(table.type_name, row_id)
    raise security.access_refusal(context.user, "Read", table, existing)


def belonging(table: schema.Table, row_id: str, navigation: str) -> tuple[schema.Table, sa.ColumnElement[bool]]:
    """The table behind a collection-valued navigation property and the condition for the rows of one record."""
    found = related(table, navigation)
    assert found is not None
    other, join = found
    parent, child = sql_table(table.name).alias(), sql_table(other.name)
    return other, sa.exists().where(parent.c[table.primary_key] == row_id, join(parent, child)).correlate(child)


class Listing:
    """A page of rows of one table, for a request to a collection."""

    def __init__(self, context: Context, table: schema.Table, query: Query, renderer: Renderer, page_size: int) -> None:
        self._context = context
        self._table = table
        self._query = query
        self._renderer = renderer
        self._page_size = page_size
        self._source = sql_table(table.name)

    def answer(self, url: str, extra: list[sa.ColumnElement[bool]] | None = None) -> dict[str, Any]:
        """`value`, and where due `@odata.count` and `@odata.nextLink`.

        `url` is the request's URL without `$skiptoken`.
        """
        conditions = self.conditions(extra)
        result: dict[str, Any] = {}
        if self._query.count:
            result["@odata.count"] = min(self.total(conditions), MAXIMUM_ROWS)
        rows, cookie = self._page(conditions)
        shown = self._renderer.rows(self._table, rows, self._query.select)
        unknowns.shape(self._context, self._table, shown)
        _expand(self._context, self._table, rows, shown, self._query, self._renderer)
        result["value"] = shown
        if cookie:
            result["@odata.nextLink"] = f"{url}{'&' if '?' in url else '?'}$skiptoken={quote(cookie)}"
        return result

    def total(self, conditions: list[sa.ColumnElement[bool]]) -> int:
        statement = sa.select(sa.func.count()).select_from(self._source).where(*conditions)
        return int(self._context.store.connection.execute(statement).scalar_one())

    def conditions(self, extra: list[sa.ColumnElement[bool]] | None = None) -> list[sa.ColumnElement[bool]]:
        """What the rows have to fulfil: security, the filter, and `extra`."""
        hooks.run("query", "before", self._context, Change(self._table.name, options=dict(self._query.options)))
        conditions = visible(self._context, self._table)
        if self._query.filter:
            unsearchable = unknowns.unsearchable(self._context, self._table)
            conditions.append(condition(self._table, self._query.filter, self._query.options, unsearchable))
        return [*conditions, *(extra or ())]

    def _page(self, conditions: list[sa.ColumnElement[bool]]) -> tuple[list[Row], str]:
        """One page and the cookie for the next one ("" on the last)."""
        page, last = _read_cookie(self._query.skip_token, len(self._order()))
        limit = self._query.top if self._query.top is not None else self._page_size
        columns = Renderer.columns(self._table, self._query.select)
        wanted = {column.name: column for column in [*columns, *(column for column, _dummy in self._query.order)]}
        lookups = [expansion.lookup for expansion in self._query.expand if expansion.lookup]
        wanted.update({lookup.name: lookup for lookup in lookups})
        statement = sa.select(*Renderer.sql_columns(self._table, wanted.values())).where(*conditions)
        if last is not None:
            statement = statement.where(self._after(last))
        order = [column.desc() if descending else column.asc() for column, descending in self._order()]
        found = self._context.store.connection.execute(statement.order_by(*order).limit(limit + 1))
        names = list(found.keys())
        rows = [dict(zip(names, row, strict=True)) for row in found.all()]
        more = len(rows) > limit and self._query.top is None
        rows = rows[:limit]
        if not more:
            return rows, ""
        return rows, _write_cookie(page + 1, [rows[-1][column.name] for column, _dummy in self._order()])

    def _order(self) -> list[tuple[sa.Column[Any], bool]]:
        """The wanted order, made total by the primary key."""
        order = [(self._source.c[column.name], descending) for column, descending in self._query.order]
        return [*order, (self._source.c[self._table.primary_key], False)]

    def _after(self, last: list[Any]) -> sa.ColumnElement[bool]:
        """Rows that come after the row with these values in the order of the listing (no value sorts first)."""
        alternatives: list[sa.ColumnElement[bool]] = []
        equal: list[sa.ColumnElement[bool]] = []
        for (column, descending), value in zip(self._order(), last, strict=True):
            if descending:
                beyond = sa.false() if value is None else sa.or_(column < value, column.is_(None))
            else:
                beyond = column.is_not(None) if value is None else column > value
            alternatives.append(sa.and_(*equal, beyond))
            equal.append(column.is_(None) if value is None else column == value)
        return sa.or_(*alternatives)


def _write_cookie(page: int, last: list[Any]) -> str:
    content = quote(json.dumps(last))
    return f'<cookie pagenumber={quoteattr(str(page))} pagingcookie={quoteattr(content)} istracking="False" />'


def _read_cookie(token: str, length: int) -> tuple[int, list[Any] | None]:
    if not token:
        return 1, None
    try:
        element = ElementTree.fromstring(token)
        last = json.loads(unquote(element.attrib["pagingcookie"]))
        if not isinstance(last, list) or len(last) != length:
            raise ValueError("length")
        return int(element.attrib["pagenumber"]), last
    except (ElementTree.ParseError, KeyError, ValueError) as error:
        raise invalid_query("Malformed XML in the Paging Cookie") from error


def _expand(
    context: Context,
    table: schema.Table,
    rows: list[Row],
    shown: list[dict[str, Any]],
    query: Query,
    renderer: Renderer,
) -> None:
    for expansion in query.expand:
        if expansion.lookup:
            _expand_single(context, rows, shown, expansion, renderer)
        else:
            _expand_collection(context, table, rows, shown, expansion, renderer)


def _expand_single(
    context: Context, rows: list[Row], shown: list[dict[str, Any]], expansion: Expansion, renderer: Renderer
) -> None:
    assert expansion.lookup is not None
    target, source, lookup = expansion.target, sql_table(expansion.target.name), expansion.lookup
    ids = {row[lookup.name] for row in rows if row.get(lookup.name)}
    columns = {column.name: column for column in Renderer.columns(target, expansion.query.select)}
    columns.update({inner.lookup.name: inner.lookup for inner in expansion.query.expand if inner.lookup})
    statement = sa.select(*Renderer.sql_columns(target, columns.values())).where(source.c[target.primary_key].in_(ids))
    found = [
        dict(row) for row in context.store.connection.execute(statement.where(*visible(context, target))).mappings()
    ]
    objects = renderer.rows(target, found, expansion.query.select)
    _expand(context, target, found, objects, expansion.query, renderer)
    by_id = {row[target.primary_key]: one for row, one in zip(found, objects, strict=True)}
    for row, one in zip(rows, shown, strict=True):
        one[expansion.name] = by_id.get(row.get(lookup.name))


def _expand_collection(
    context: Context,
    table: schema.Table,
    rows: list[Row],
    shown: list[dict[str, Any]],
    expansion: Expansion,
    renderer: Renderer,
) -> None:
    for row, one in zip(rows, shown, strict=True):
        _other, belongs = belonging(table, row[table.primary_key], expansion.name)
        listing = Listing(context, expansion.target, replace(expansion.query, count=False), renderer, MAXIMUM_ROWS)
        one[expansion.name] = listing.answer("", [belongs])["value"]
