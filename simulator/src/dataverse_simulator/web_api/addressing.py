# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the key in a URL to a record: primary key, alternate key, and records that are made on first mention."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..environments import schema
from ..environments.context import Context
from ..environments.schema import Kind
from ..errors import KEY_NOT_FOUND, ODataError, invalid_query
from .parameters import BadValueError, as_guid
from .paths import GUID, resolve_alias, split_arguments, text_literal

Maker = Callable[[Context, Mapping[str, Any]], "str | None"]
_makers: dict[tuple[str, tuple[str, ...]], Maker] = {}


def made_on_mention(table: str, *key: str) -> Callable[[Maker], Maker]:
    """Register a function that makes the missing record of an alternate key (just-in-time users and group teams)."""

    def decorate(work: Maker) -> Maker:
        _makers[table, key] = work
        return work

    return decorate


def key_values(table: schema.Table, text: str, options: Mapping[str, str]) -> dict[str, Any]:
    """`<guid>` or `name=value,…` → column values; 400 for what is no key of the table."""
    arguments = {name: resolve_alias(value, options) for name, value in split_arguments(text).items()}
    if set(arguments) == {""}:
        if not GUID.fullmatch(arguments[""]):
            raise invalid_query(
                f"The key value '{arguments['']}' is not a Guid as the key of '{table.set_name}' has to be."
            )
        return {table.primary_key: as_guid(arguments[""])}
    names = tuple(sorted(arguments))
    if names != (table.primary_key,) and names not in {tuple(sorted(key)) for key in table.alternate_keys}:
        raise invalid_query(
            f"The specified key properties '{', '.join(names)}' do not match a key of entity '{table.name}'."
        )
    return {name: _key_value(table.columns[name], value) for name, value in arguments.items()}


def _key_value(column: schema.Column, text: str) -> Any:
    try:
        if column.kind is Kind.TEXT:
            return text_literal(text)
        if column.kind in (Kind.GUID, Kind.LOOKUP):
            return as_guid(text)
        return int(text)
    except (BadValueError, ValueError) as error:
        raise invalid_query(f"The value {text} of the key property '{column.name}' is not of its type.") from error


def find_key(context: Context, table: schema.Table, values: Mapping[str, Any]) -> str | None:
    """The id of the record with these key values, made on mention where the platform does so; None without one."""
    if table.primary_key in values:
        return str(values[table.primary_key])
    found = context.store.find(table.name, columns=[table.primary_key], **values)
    if found:
        return str(found[0][table.primary_key])
    maker = _makers.get((table.name, tuple(values)))
    return maker(context, values) if maker else None


def key_of(context: Context, table: schema.Table, text: str, options: Mapping[str, str]) -> str:
    """The id that a key addresses; for a primary key the record need not exist, for an alternate key 404 without it."""
    row_id = find_key(context, table, key_values(table, text, options))
    if row_id is None:
        raise ODataError(
            404, KEY_NOT_FOUND, f"A record with the specified key values does not exist in {table.name} entity"
        )
    return row_id
