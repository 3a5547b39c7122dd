# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`$filter` as a condition on rows: odata-query parses, this checks types and speaks Dataverse's dialect.

Differences to the library's own translation: texts and Guids compare as SQL Server does (case does not matter), `ne`
includes rows without a value, operand types have to fit, navigation to one row and any()/all() work, and
`Microsoft.Dynamics.CRM.In` is known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from odata_query import ast
from odata_query.exceptions import ODataException
from odata_query.grammar import ODataLexer, ODataParser
from odata_query.sqlalchemy.core import AstToSqlAlchemyCoreVisitor

from ..environments import schema
from ..environments.database import TEXT_COLLATION, sql_table
from ..environments.schema import Kind
from ..errors import ODataError, invalid_query, not_modelled
from ..tenant.clock import as_text
from .paths import resolve_alias

_ALIAS = re.compile(r"'(?:[^']|'')*'|(@\w+)")
_IN = re.compile(
    r"Microsoft\.Dynamics\.CRM\.In\(\s*PropertyName\s*=\s*'(\w+)'\s*,\s*PropertyValues\s*=\s*(\[[^\]]*\]|@\w+)\s*\)",
    re.I,
)
# OData has lists of one value, which the library's grammar knows with a comma only.
_LIST_OF_ONE = re.compile(r"'(?:[^']|'')*'|(\bin\s*\(\s*(?:'(?:[^']|'')*'|[^\s,()']+))\s*\)", re.I)
_CRM_FUNCTION = re.compile(r"Microsoft\.Dynamics\.CRM\.\w+")
_OPERATORS = {
    ast.Eq: "Equal",
    ast.NotEq: "NotEqual",
    ast.Gt: "GreaterThan",
    ast.GtE: "GreaterThanOrEqual",
    ast.Lt: "LessThan",
    ast.LtE: "LessThanOrEqual",
}
_NUMBERS = ("Edm.Int32", "Edm.Int64", "Edm.Double", "Edm.Decimal")
_TYPE_OF_KIND = {Kind.CHOICE: "Edm.Int32", Kind.LOOKUP: "Edm.Guid"}
#: The member of a managed property that conditions look at, `iscustomizable/Value eq true`.
_VALUE = "Value"
_TYPE_OF_LITERAL: dict[type[Any], str] = {
    ast.Integer: "Edm.Int32",
    ast.Float: "Edm.Decimal",
    ast.String: "Edm.String",
    ast.Boolean: "Edm.Boolean",
    ast.GUID: "Edm.Guid",
    ast.DateTime: "Edm.DateTimeOffset",
    ast.Date: "Edm.DateTimeOffset",
    ast.Null: "null",
}

_ON_TEXT = (
    "contains",
    "startswith",
    "endswith",
    "length",
    "indexof",
    "concat",
    "substring",
    "tolower",
    "toupper",
    "trim",
)
_ON_MOMENTS = ("year", "month", "day", "hour", "minute", "second", "date", "time")
_ARGUMENTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(_ON_TEXT, ("Edm.String",)),
    **dict.fromkeys(_ON_MOMENTS, ("Edm.DateTimeOffset",)),
    **dict.fromkeys(("round", "floor", "ceiling"), _NUMBERS),
}

_RESULTS = {
    **dict.fromkeys(("contains", "startswith", "endswith"), "Edm.Boolean"),
    **dict.fromkeys(("length", "indexof", "year", "month", "day", "hour", "minute", "second"), "Edm.Int32"),
    **dict.fromkeys(("concat", "substring", "tolower", "toupper", "trim"), "Edm.String"),
    **dict.fromkeys(("round", "floor", "ceiling"), "Edm.Decimal"),
}


def condition(
    table: schema.Table,
    text: str,
    options: Mapping[str, str],
    unsearchable: Mapping[str, ODataError | None] | None = None,
) -> sa.ColumnElement[bool]:
    """The condition for a `$filter` text; 400 for anything that does not fit the table.

    `unsearchable`: columns whose contents cannot be looked into, with the error for it (None: nothing is found).
    """
    tree = parse(_prepare(table, text, options))
    visitor = _Visitor(table, sql_table(table.name), unsearchable=unsearchable)
    result: sa.ColumnElement[bool] = _translate(lambda: visitor.visit(tree))
    return result


def _prepare(table: schema.Table, text: str, options: Mapping[str, str]) -> str:
    text = _ALIAS.sub(lambda found: resolve_alias(found[1], options) if found[1] else found[0], text)
    text = _IN.sub(lambda found: f"{found[1]} in {_list(found[2], table.properties.get(found[1]))}", text)
    unknown = _CRM_FUNCTION.search(re.sub(r"'(?:[^']|'')*'", "''", text))
    if unknown:
        raise not_modelled(f"the query function {unknown[0]}")
    return text


def _list(values: str, column: schema.Column | None) -> str:
    """`['a','b']` or `["a","b"]` → `('a','b')`; PropertyValues are texts, also for columns that hold none."""
    items = re.findall(r"'(?:[^']|'')*'|\"[^\"]*\"|[^\s,\[\]]+", values)
    texts = [f"'{item[1:-1]}'" if item[0] == '"' else item for item in items]
    bare = r"'[0-9A-Fa-f-]{36}'" if column is None or column.kind in (Kind.TEXT, Kind.GUID, Kind.LOOKUP) else r"'[^']*'"
    return f"({', '.join(item[1:-1] if re.fullmatch(bare, item) else item for item in texts)})"


@lru_cache(maxsize=500)
def parse(text: str) -> ast._Node:
    """The syntax tree of a filter; 400 when there is none."""
    text = _LIST_OF_ONE.sub(lambda found: f"{found[1]},)" if found[1] else found[0], text)
    tree: ast._Node = _translate(lambda: ODataParser().parse(ODataLexer().tokenize(text)))
    return tree


def _translate(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except ODataException as error:
        raise invalid_query(f"Syntax error in '$filter': {error}") from error


class _Visitor(AstToSqlAlchemyCoreVisitor):
    """Translates for one table; `variable` is the name a lambda gave its rows."""

    def __init__(
        self,
        declared: schema.Table,
        source: Any,
        variable: str = "",
        unsearchable: Mapping[str, ODataError | None] | None = None,
    ) -> None:
        super().__init__(source)
        self.unsearchable = unsearchable or {}
        self.source = source
        self.declared = declared
        self.variable = variable

    def column(self, name: str) -> schema.Column:
        try:
            return self.declared.properties[name]
        except KeyError:
            raise no_property(name, self.declared) from None

    def visit_Identifier(self, node: ast.Identifier) -> Any:  # noqa: N802
        return self.source.c[self.column(node.name).name]

    def visit_Attribute(self, node: ast.Attribute) -> Any:  # noqa: N802
        """`publisherid/uniquename`, or `r/name` inside a lambda."""
        if isinstance(node.owner, ast.Identifier) and node.owner.name == self.variable:
            return self.visit_Identifier(ast.Identifier(node.attr))
        if self._is_managed(node):
            return self.visit(node.owner)
        lookup, target = self._lookup(node)
        other = sql_table(target.name).alias()
        inner = _Visitor(target, other)
        wanted = inner.visit_Identifier(ast.Identifier(node.attr))
        key = other.c[target.primary_key]
        found = sa.select(wanted).where(key == self.source.c[lookup.name]).correlate(self.source).scalar_subquery()
        kind = target.properties[node.attr].kind
        return found.collate(TEXT_COLLATION) if kind in (Kind.TEXT, Kind.GUID) else found

    def _is_managed(self, node: ast.Attribute) -> bool:
        name = node.owner.name if isinstance(node.owner, ast.Identifier) else ""
        column = self.declared.properties.get(name)
        return column is not None and column.kind is Kind.MANAGED and node.attr == _VALUE

    def _lookup(self, node: ast.Attribute) -> tuple[schema.Column, schema.Table]:
        name = node.owner.name if isinstance(node.owner, ast.Identifier) else ""
        lookup = self.declared.navigations.get(name)
        if lookup is None:
            raise no_property(name or "?", self.declared)
        return lookup, single_target(lookup, name, "filtering through")

    def visit_CollectionLambda(self, node: ast.CollectionLambda) -> Any:  # noqa: N802
        name = node.owner.name if isinstance(node.owner, ast.Identifier) else "?"
        found = related(self.declared, name)
        if found is None:
            raise no_property(name, self.declared)
        other_table, join = found
        other = sql_table(other_table.name).alias()
        conditions = [join(self.source, other)]
        is_all = isinstance(node.operator, ast.All)
        if node.lambda_ is not None:
            inner = _Visitor(other_table, other, node.lambda_.identifier.name).visit(node.lambda_.expression)
            conditions.append(sa.not_(inner) if is_all else inner)
        matching = sa.exists().where(*conditions).correlate(self.source)
        return ~matching if is_all else matching

    def visit_Compare(self, node: ast.Compare) -> Any:  # noqa: N802
        self._check_operands(node)
        if isinstance(node.comparator, ast.NotEq) and not isinstance(node.right, ast.Null):
            return self.visit(node.left).is_distinct_from(self.visit(node.right))
        return super().visit_Compare(node)

    def _check_operands(self, node: ast.Compare) -> None:
        """Both sides have to be of one type; a list goes with `in`, and only equality with null and truth values."""
        operator = _OPERATORS.get(type(node.comparator), "In")
        if isinstance(node.right, ast.List) is not (operator == "In") or isinstance(node.left, (ast.List, ast.Null)):
            raise invalid_query(f"The operands of the operator '{operator}' are of the wrong kind.")
        left = self._type(node.left)
        for value in node.right.val if isinstance(node.right, ast.List) else [node.right]:
            right = self._type(value)
            ordered = operator in ("Equal", "NotEqual", "In") or not {left, right} & {"null", "Edm.Boolean"}
            if not _fits(left, right) or not ordered:
                raise invalid_query(
                    "A binary operator with incompatible types was detected. Found operand types "
                    f"'{left}' and '{right}' for operator kind '{operator}'."
                )

    def visit_Call(self, node: ast.Call) -> Any:  # noqa: N802
        """A function of OData; 400 unless its first argument is of the type it works on."""
        name = node.func.name.lower()
        allowed = _ARGUMENTS.get(name, ())
        if allowed and node.args and self._type(node.args[0]) not in ("", *allowed):
            raise invalid_query(
                f"No function signature for the function with name '{name}' matches the specified arguments."
            )
        return super().visit_Call(node)

    def _type(self, node: Any) -> str:
        """The type of an operand; "" where it does not matter."""
        if isinstance(node, ast.Identifier):
            column = self.column(node.name)
            return "" if column.any_type else _TYPE_OF_KIND.get(column.kind, str(column.kind.value))
        if isinstance(node, ast.Attribute) and self._is_managed(node):
            return "Edm.Boolean"
        if isinstance(node, ast.Attribute):
            of_variable = isinstance(node.owner, ast.Identifier) and node.owner.name == self.variable
            table = self.declared if of_variable else self._lookup(node)[1]
            return _Visitor(table, sql_table(table.name))._type(ast.Identifier(node.attr))
        if isinstance(node, ast.Call):
            return _RESULTS.get(node.func.name.lower(), "")
        return _TYPE_OF_LITERAL.get(type(node), "")

    def visit_Integer(self, node: ast.Integer) -> Any:  # noqa: N802
        if abs(node.py_val) >= 2**63:
            raise invalid_query(f"The number {node.val} is too large.")
        return sa.literal(node.py_val)

    def visit_Geography(self, node: ast.Geography) -> Any:  # noqa: N802
        raise not_modelled("geographic literals")

    def visit_Duration(self, node: ast.Duration) -> Any:  # noqa: N802
        raise not_modelled("duration literals")

    def visit_Time(self, node: ast.Time) -> Any:  # noqa: N802
        raise not_modelled("time-of-day literals")

    def visit_GUID(self, node: ast.GUID) -> Any:  # noqa: N802
        return sa.literal(node.val.lower())

    def visit_DateTime(self, node: ast.DateTime) -> Any:  # noqa: N802
        text = re.sub(r"(\.\d{6})\d+", r"\1", node.val.replace("Z", "+00:00"))
        try:
            parsed = datetime.fromisoformat(text)
        except ValueError:
            raise invalid_query(f"Unrecognized 'Edm.DateTimeOffset' literal '{node.val}'.") from None
        return sa.literal(as_text(parsed if parsed.tzinfo else parsed.replace(tzinfo=timezone.utc)))

    def visit_Date(self, node: ast.Date) -> Any:  # noqa: N802
        return sa.literal(f"{node.val}T00:00:00Z")

    def func_indexof(self, first: ast._Node, second: ast._Node) -> Any:
        return sa.func.instr(self.visit(first), self.visit(second)) - 1

    def func_concat(self, *args: ast._Node) -> Any:
        first, second = args
        return self.visit(first).concat(self.visit(second))

    def _substr_function(self, field: ast._Node, substr: ast._Node, func: str) -> Any:
        if not isinstance(substr, ast.String):
            raise invalid_query(f"The second argument of '{func}' has to be a text in single quotes.")
        if isinstance(field, ast.Identifier) and field.name in self.unsearchable:
            refusal = self.unsearchable[field.name]
            if refusal:
                raise refusal
            return sa.false()
        return getattr(self.visit(field), func)(substr.py_val, autoescape=True)


def single_target(lookup: schema.Column, navigation: str, purpose: str) -> schema.Table:
    """The table behind a single-valued navigation property; 501 for an owner, who may be a user or a team."""
    target = lookup.navigations[navigation]
    if not target:
        raise not_modelled(f"{purpose} the navigation property '{navigation}' with several targets")
    return schema.table(target)


def no_property(name: str, table: schema.Table) -> ODataError:
    return invalid_query(f"Could not find a property named '{name}' on type 'Microsoft.Dynamics.CRM.{table.name}'.")


def _fits(left: str, right: str) -> bool:
    if "" in (left, right) or "null" in (left, right) or left == right:
        return True
    return left in _NUMBERS and right in _NUMBERS


Join = Callable[[Any, Any], sa.ColumnElement[bool]]


def related(table: schema.Table, navigation: str) -> tuple[schema.Table, Join] | None:
    """The table behind a collection-valued navigation property, and how its rows belong to a row of `table`."""
    many_to_many = schema.relationship(navigation, table.name)
    if many_to_many is not None:
        other = schema.table(many_to_many.seen_from(table.name))
        link = sql_table(many_to_many.intersect).alias()

        def through(own: Any, theirs: Any) -> sa.ColumnElement[bool]:
            of_own = link.c[table.primary_key] == own.c[table.primary_key]
            of_theirs = link.c[other.primary_key] == theirs.c[other.primary_key]
            return sa.exists().where(of_own, of_theirs).correlate(own, theirs)

        return other, through
    found = schema.collections_of(table.name).get(navigation)
    if found is None:
        return None
    many, column = found
    return many, lambda own, theirs: theirs.c[column.name] == own.c[table.primary_key]
