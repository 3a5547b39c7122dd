# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""FetchXML in its simple form: one table, its columns, nested filters, order, `top` or `count` and `page`.

Links to other tables, aggregates and `distinct` are not modelled.
Source: "Query data using FetchXml", "Page results".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import quoteattr

import sqlalchemy as sa
from lxml import etree  # type: ignore[import-untyped]

from ..environments import hooks, schema
from ..environments.context import Context
from ..environments.database import sql_table
from ..environments.hooks import Change
from ..environments.schema import Column, Kind, Table
from ..errors import ODataError, invalid_query, not_modelled
from ..packages.rows import parse_xml
from . import unknowns
from .options import MAXIMUM_ROWS
from .parameters import BadValueError, as_guid
from .reading import visible
from .representation import Renderer

_CRM = "@Microsoft.Dynamics.CRM."
_FETCH = {"top", "count", "page", "version", "mapping", "output-format", "no-lock", "paging-cookie"}
_PARTS = {"attribute", "all-attributes", "order", "filter"}
#: Operators with one value, as they work on a column of SQLAlchemy.
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "eq": lambda column, value: column == value,
    "ne": lambda column, value: column.is_distinct_from(value),
    "gt": lambda column, value: column > value,
    "ge": lambda column, value: column >= value,
    "lt": lambda column, value: column < value,
    "le": lambda column, value: column <= value,
}
#: Operators that look into a text.
_SEARCH: dict[str, Callable[[Any, str], Any]] = {
    "like": lambda column, value: column.like(value),
    "not-like": lambda column, value: sa.not_(column.like(value)),
    "begins-with": lambda column, value: column.startswith(value, autoescape=True),
    "ends-with": lambda column, value: column.endswith(value, autoescape=True),
}
_CODES = ("objecttypecode", "principaltypecode")


class FetchXml:
    """One query on one table; 400 for what does not fit it, 501 for what is not modelled."""

    def __init__(self, context: Context, table: Table, text: str) -> None:
        self._context = context
        self._table = table
        self._fetch = _read(text)
        self._entity = self._fetch[0]
        if self._entity.get("name") != table.name:
            raise invalid_query(f"The entity '{self._entity.get('name')}' of the query is not '{table.name}'.")
        _refuse_unmodelled("fetch", set(self._fetch.attrib) - _FETCH)
        _refuse_unmodelled("entity", {part.tag for part in self._entity} - _PARTS)
        self._source = sql_table(table.name)

    def answer(self, renderer: Renderer) -> dict[str, Any]:
        """`value`, and where more rows are left what the next page needs."""
        hooks.run("query", "before", self._context, Change(self._table.name))
        top, size = self._number("top"), min(self._number("count") or MAXIMUM_ROWS, MAXIMUM_ROWS)
        page, limit = self._number("page") or 1, min(top or size, MAXIMUM_ROWS)
        select = self._select()
        columns = Renderer.columns(self._table, select)
        conditions = [*visible(self._context, self._table), *self._filters(self._entity)]
        statement = sa.select(*Renderer.sql_columns(self._table, columns)).where(*conditions)
        statement = statement.order_by(*self._order()).limit(limit + 1).offset((page - 1) * size)
        rows = [dict(row) for row in self._context.store.connection.execute(statement).mappings()]
        shown = renderer.rows(self._table, rows[:limit], select)
        unknowns.shape(self._context, self._table, shown)
        if top or len(rows) <= limit:
            return {"value": shown}
        cookie = f"<cookie pagenumber={quoteattr(str(page + 1))} pagingcookie={quoteattr('')} istracking='False' />"
        return {f"{_CRM}fetchxmlpagingcookie": cookie, f"{_CRM}morerecords": True, "value": shown}

    def _number(self, name: str) -> int | None:
        text = self._fetch.get(name)
        if text is not None and not (text.isdecimal() and int(text)):
            raise invalid_query(f"Invalid value '{text}' of the attribute '{name}' of fetch.")
        return None if text is None else int(text)

    def _select(self) -> list[Column] | None:
        if self._entity.find("all-attributes") is not None:
            return None
        return [self._column(part.get("name", "")) for part in self._entity.iterfind("attribute")]

    def _column(self, name: str) -> Column:
        column = self._table.columns.get(name)
        if column is None or column.internal:
            text = f"'{self._table.type_name}' entity doesn't contain attribute with Name = '{name}'."
            raise ODataError(400, "0x80041103", text)
        return column

    def _order(self) -> list[Any]:
        found = []
        for part in self._entity.iterfind("order"):
            column = self._source.c[self._column(part.get("attribute", "")).name]
            found.append(column.desc() if part.get("descending") == "true" else column.asc())
        return [*found, self._source.c[self._table.primary_key].asc()]

    def _filters(self, parent: etree._Element) -> list[sa.ColumnElement[bool]]:
        return [self._filter(part) for part in parent.iterfind("filter")]

    def _filter(self, part: etree._Element) -> sa.ColumnElement[bool]:
        conditions = [self._condition(one) for one in part.iterfind("condition")] + self._filters(part)
        return sa.or_(sa.false(), *conditions) if part.get("type") == "or" else sa.and_(sa.true(), *conditions)

    def _condition(self, part: etree._Element) -> sa.ColumnElement[bool]:
        column, operator = self._column(part.get("attribute", "")), part.get("operator", "")
        target = self._source.c[column.name]
        if operator in ("null", "not-null"):
            return target.is_(None) if operator == "null" else target.is_not(None)
        if operator in ("in", "not-in"):
            values = [self._value(column, one.text or "") for one in part.iterfind("value")]
            return target.in_(values) if operator == "in" else target.not_in(values)
        if operator in _SEARCH:
            return self._search(column, _SEARCH[operator](target, part.get("value", "")))
        if operator not in _COMPARE:
            raise not_modelled(f"the operator '{operator}' of FetchXML")
        return _COMPARE[operator](target, self._value(column, part.get("value", "")))  # type: ignore[no-any-return]

    def _search(self, column: Column, condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
        unsearchable = unknowns.unsearchable(self._context, self._table)
        if refusal := unsearchable.get(column.name):
            raise refusal
        return sa.false() if column.name in unsearchable else condition

    def _value(self, column: Column, text: str) -> Any:
        """The text of a condition as a value of the column; tables of shares may be named by their numbers."""
        if self._table.name == unknowns.POA and column.name in _CODES and text.isdecimal():
            return next((table.name for table in schema.all_tables() if table.object_type_code == int(text)), text)
        try:
            return _VALUES.get(column.kind, str)(text)
        except ValueError as error:
            raise invalid_query(f"The value '{text}' is no value of the attribute '{column.name}'.") from error


def _read(text: str) -> etree._Element:
    try:
        fetch = parse_xml(text.encode())
    except etree.XMLSyntaxError as error:
        raise invalid_query(f"Invalid XML. {error}") from error
    if fetch.tag != "fetch" or [part.tag for part in fetch] != ["entity"]:
        raise invalid_query("A fetch element with one entity element was expected.")
    return fetch


def _refuse_unmodelled(where: str, names: set[str]) -> None:
    if names:
        raise not_modelled(f"{', '.join(sorted(names))} of {where} in FetchXML")


def _truth(text: str) -> bool:
    if text.lower() not in ("0", "1", "true", "false"):
        raise BadValueError("truth value")
    return text.lower() in ("1", "true")


_VALUES: dict[Kind, Callable[[str], Any]] = {
    Kind.GUID: lambda text: as_guid(text.strip("{}")),
    Kind.LOOKUP: lambda text: as_guid(text.strip("{}")),
    Kind.FLAG: _truth,
    Kind.MANAGED: _truth,
    **dict.fromkeys((Kind.INTEGER, Kind.BIG, Kind.CHOICE), int),
    **dict.fromkeys((Kind.DOUBLE, Kind.DECIMAL), float),
}
