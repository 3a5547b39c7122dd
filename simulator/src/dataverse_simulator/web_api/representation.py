# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows as JSON: properties, etag, and the annotations that `Prefer: odata.include-annotations` asks for."""

from __future__ import annotations

import re
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from ..environments import schema
from ..environments.database import sql_table
from ..environments.schema import Column, Kind
from ..environments.store import Row, Store

FORMATTED = "OData.Community.Display.V1.FormattedValue"
LOOKUP_NAME = "Microsoft.Dynamics.CRM.lookuplogicalname"
NAVIGATION = "Microsoft.Dynamics.CRM.associatednavigationproperty"


@lru_cache(maxsize=100)
def wanted_annotations(prefer: str) -> Callable[[str], bool]:
    """Which annotations the Prefer header asks for (`"*"`, lists and patterns, `-` excludes)."""
    found = re.search(r'odata\.include-annotations\s*=\s*"?([^";]*)"?', prefer)
    patterns = [part.strip() for part in found[1].split(",")] if found else []

    def wanted(name: str) -> bool:
        included = any(fnmatchcase(name, pattern) for pattern in patterns if not pattern.startswith("-"))
        return included and not any(fnmatchcase(name, pattern[1:]) for pattern in patterns if pattern.startswith("-"))

    return wanted


def etag(row: Row) -> str:
    return f'W/"{row["versionnumber"]}"'


def managed_property(value: bool | None) -> dict[str, Any] | None:
    """As rows show it. Source: complex type BooleanManagedProperty; the name inside is a choice."""
    if value is None:
        return None
    return {"Value": value, "CanBeChanged": True, "ManagedPropertyLogicalName": "iscustomizableanddeletable"}


class Renderer:
    """Turns rows of one store into JSON members."""

    def __init__(self, store: Store, prefer: str = "") -> None:
        self._store = store
        self._prefer = prefer
        self._wanted = wanted_annotations(prefer)
        self._names: dict[tuple[str, str], str] = {}

    def rows(self, table: schema.Table, rows: Sequence[Row], select: list[Column] | None) -> list[dict[str, Any]]:
        """Each row as an object: `@odata.etag`, the selected properties (and the key), annotations."""
        columns = self.columns(table, select)
        plain = [(column.property_name, column.name) for column in columns]
        has_version = "versionnumber" in table.columns
        result = [
            {**({"@odata.etag": etag(row)} if has_version else {}), **{shown: row[name] for shown, name in plain}}
            for row in rows
        ]
        for column in (one for one in columns if one.kind is Kind.MANAGED):
            for shown in result:
                shown[column.name] = managed_property(shown[column.name])
        files = [column for column in columns if column.kind is Kind.FILE]
        for column in files:
            for row, shown in zip(rows, result, strict=True):
                has_content = row[f"{column.name}_name"] is not None
                shown[column.name] = (
                    str(uuid.uuid5(uuid.UUID(row[table.primary_key]), column.name)) if has_content else None
                )
                shown[f"{column.name}_name"] = row[f"{column.name}_name"]
        if self._prefer and "include-annotations" in self._prefer:
            self._load_names(columns, rows)
            result = [self._annotated(columns, row, shown) for row, shown in zip(rows, result, strict=True)]
        return result

    @staticmethod
    def columns(table: schema.Table, select: list[Column] | None) -> list[Column]:
        """The columns that are shown: all, or the selected ones and always the primary key."""
        if select is None:
            return list(table.properties.values())
        key = table.columns[table.primary_key]
        return select if key in select else [*select, key]

    @staticmethod
    def sql_columns(table: schema.Table, columns: Iterable[Column]) -> list[sa.ColumnElement[Any]]:
        """The columns to read for showing `columns`; a file's content is not among them."""
        source = sql_table(table.name).c
        names: dict[str, None] = {table.primary_key: None}
        if "versionnumber" in table.columns:
            names["versionnumber"] = None
        for column in columns:
            if column.kind is Kind.FILE:
                names[f"{column.name}_name"] = None
                continue
            names[column.name] = None
            if column.polymorphic:
                names[f"{column.name}type"] = None
        files = [sa.literal(None).label(column.name) for column in columns if column.kind is Kind.FILE]
        return [*(source[name] for name in names), *files]

    def _annotated(self, columns: Sequence[Column], row: Row, shown: dict[str, Any]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        by_name = {column.property_name: column for column in columns}
        for name, value in shown.items():
            column = by_name.get(name)
            if column is not None and value is not None:
                for annotation, content in self._annotations(column, row, value).items():
                    if self._wanted(annotation):
                        result[f"{name}@{annotation}"] = content
            result[name] = value
        return result

    def _annotations(self, column: Column, row: Row, value: Any) -> Mapping[str, Any]:
        if column.kind is Kind.LOOKUP:
            target = row[f"{column.name}type"] if column.polymorphic else column.targets[0]
            navigation = next(name for name, to in column.navigations.items() if to in ("", target))
            return {FORMATTED: self._names.get((target, value), ""), LOOKUP_NAME: target, NAVIGATION: navigation}
        if column.kind is Kind.CHOICE:
            return {FORMATTED: column.options.get(value, str(value))}
        if column.kind is Kind.FLAG:
            return {FORMATTED: "Yes" if value else "No"}
        if column.kind is Kind.MOMENT:
            return {FORMATTED: str(value).replace("T", " ").rstrip("Z")}
        if column.kind in (Kind.INTEGER, Kind.DOUBLE, Kind.DECIMAL, Kind.BIG):
            return {FORMATTED: f"{value:,}"}
        return {}

    def _load_names(self, columns: Sequence[Column], rows: Sequence[Row]) -> None:
        """The primary names of all referenced rows, one query for each table."""
        wanted: dict[str, set[str]] = defaultdict(set)
        for column in columns:
            if column.kind is Kind.LOOKUP:
                for row in rows:
                    target = row[f"{column.name}type"] if column.polymorphic else column.targets[0]
                    if row[column.name] and target:
                        wanted[target].add(row[column.name])
        for target, ids in wanted.items():
            declared = schema.table(target)
            if declared.primary_name:
                found = self._store.find(
                    target, columns=[declared.primary_key, declared.primary_name], **{declared.primary_key: ids}
                )
                for row in found:
                    self._names[target, row[declared.primary_key]] = row[declared.primary_name]
