# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Create, update and delete of records by clients: bodies checked against the table, privileges, rules, etags."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..environments import hooks, schema, security
from ..environments.context import Context
from ..environments.hooks import Change
from ..environments.schema import Column, Kind
from ..environments.store import Row, new_id
from ..errors import (
    CONCURRENCY_MISMATCH,
    DUPLICATE_RECORD,
    INVALID_QUERY,
    TEXT_TOO_LONG,
    VALUE_OUT_OF_RANGE,
    ODataError,
    invalid_argument,
    invalid_payload,
    not_found,
    not_modelled,
)
from .addressing import key_of
from .parameters import CONVERTERS, BadValueError, as_guid
from .reading import require_message
from .representation import etag

#: Status that comes with a state when only the state is set.
STATUS_OF_STATE = {"workflow": {0: 1, 1: 2, 2: 3}, "flowsession": {0: 2, 1: 4}}


def create(context: Context, table: schema.Table, body: Mapping[str, Any], row_id: str | None = None) -> Row:
    """A new record; 400 for a body that does not fit, 403 without privilege, 412 for a key that is taken."""
    require_message(table, "Create")
    context.require_privilege(security.privilege_name("Create", table))
    values = columns_of(context, table, body, creating=True)
    values[table.primary_key] = row_id or values.get(table.primary_key) or new_id()
    change = Change(table.name, values=values)
    hooks.run("create", "before", context, change)
    for column in table.columns.values():
        if column.required and change.values.get(column.name) is None and column.default is None:
            change.values[column.name] = _system_required(context, column)
    _refuse_duplicates(context, table, change.values, change.values[table.primary_key])
    change.row = context.insert(table.name, change.values)
    hooks.run("create", "after", context, change)
    return change.row


def _system_required(context: Context, column: Column) -> Any:
    """What the platform fills in for required columns that it can know; 400 for the others."""
    if column.name == "businessunitid":
        return context.user["businessunitid"]
    if column.name == "administratorid":
        return context.user_id
    raise invalid_argument(f"Attribute '{column.name}' cannot be NULL")


def update(context: Context, table: schema.Table, row_id: str, body: Mapping[str, Any], if_match: str = "") -> Row:
    """Change a record; 404 when it is not there, 412 when `if_match` names another version."""
    require_message(table, "Update")
    previous = existing(context, table, row_id, if_match)
    values = columns_of(context, table, body, creating=False)
    values.pop(table.primary_key, None)
    security.require_right(context.store, context.user, "Write", table, previous)
    if "ownerid" in values and values["ownerid"] != previous["ownerid"]:
        security.require_right(context.store, context.user, "Assign", table, previous)
    if "statecode" in values and "statuscode" not in values and table.columns.get("statuscode"):
        values["statuscode"] = STATUS_OF_STATE.get(table.name, {0: 1, 1: 2}).get(values["statecode"])
    change = Change(table.name, previous, values, previous)
    hooks.run("update", "before", context, change)
    _refuse_duplicates(context, table, change.values, row_id)
    if not hooks.run("update", "instead", context, change):
        context.update(table.name, row_id, change.values)
    change.row = context.store.get(table.name, row_id)
    assert change.row is not None
    hooks.run("update", "after", context, change)
    return change.row


def delete(context: Context, table: schema.Table, row_id: str, if_match: str = "") -> None:
    require_message(table, "Delete")
    row = existing(context, table, row_id, if_match)
    security.require_right(context.store, context.user, "Delete", table, row)
    change = Change(table.name, row, previous=row)
    hooks.run("delete", "before", context, change)
    if not hooks.run("delete", "instead", context, change):
        context.store.delete(table.name, row_id)
    hooks.run("delete", "after", context, change)


def existing(context: Context, table: schema.Table, row_id: str, if_match: str = "") -> Row:
    """The row; 404 without it, 412 when the etag does not match."""
    row = context.store.get(table.name, row_id)
    if row is None:
        raise not_found(table.type_name, row_id)
    if if_match not in ("", "*") and etag(row) != if_match:
        raise ODataError(
            412,
            CONCURRENCY_MISMATCH,
            "The version of the existing record doesn't match the RowVersion property provided.",
        )
    return row


def columns_of(context: Context, table: schema.Table, body: Mapping[str, Any], *, creating: bool) -> Row:
    """The body as column values; 400 names the first member that does not fit."""
    values: Row = {}
    for name, value in body.items():
        if name.endswith("@odata.bind"):
            values.update(_bound(context, table, name.removesuffix("@odata.bind"), value))
        elif "@" not in name:
            column = _writable(table, name, value, creating)
            values[column.name] = _value(table, column, value)
    return values


def _writable(table: schema.Table, name: str, value: Any, creating: bool) -> Column:
    column = table.properties.get(name)
    if column is None:
        if name in table.navigations and value is None:
            column = table.navigations[name]
        elif name in table.navigations and isinstance(value, str):
            raise direct_reference()
        elif name in schema.collections_of(table.name) or name in table.navigations:
            raise not_modelled(f"creating or changing related records in one request ('{name}')")
        else:
            raise invalid_payload(
                table.set_name,
                f"The property '{name}' does not exist on type 'Microsoft.Dynamics.CRM.{table.name}'. Make sure to "
                "only use property names that are defined by the type.",
            )
    elif column.kind is Kind.LOOKUP:
        raise direct_reference()
    if column.read_only or (column.on_create_only and not creating):
        raise invalid_argument(f"The property '{name}' of '{table.name}' is read-only.")
    return column


def direct_reference() -> ODataError:
    """A lookup written as a plain value. Source: text and code seen in public code."""
    text = "CRM do not support direct update of Entity Reference properties, Use Navigation properties instead."
    return ODataError(400, INVALID_QUERY, text)


_BIND = re.compile(r"(?:^|/)(?P<set>[A-Za-z_]\w*)\((?P<key>[^()]*)\)/?$")


def _bound(context: Context, table: schema.Table, navigation: str, value: Any) -> Row:
    """`publisherid@odata.bind`: "/publishers(<id>)", a full URL, or an alternate key."""
    column = table.navigations.get(navigation)
    if column is None:
        raise invalid_payload(
            table.set_name,
            f"An undeclared property '{navigation}' which only has property annotations in the payload but no "
            "property value was found in the payload.",
        )
    if column.read_only or (column.on_create_only and column.read_only):
        raise invalid_argument(f"The property '{navigation}' of '{table.name}' is read-only.")
    if value is None:
        return {column.name: None}
    target, row_id = referenced(context, str(value))
    if target.name not in column.targets:
        raise invalid_payload(
            table.set_name, f"The navigation property '{navigation}' cannot refer to a record of type '{target.name}'."
        )
    return {column.name: row_id, **({f"{column.name}type": target.name} if column.polymorphic else {})}


def referenced(context: Context, text: str) -> tuple[schema.Table, str]:
    """The table and id of a reference by URL; 404 when the record does not exist."""
    found = _BIND.search(text)
    table = schema.table_of_set(found["set"]) if found else None
    if found is None or table is None:
        raise ODataError(404, "0x8006088a", f"Resource not found for the segment '{text}'.")
    row_id = key_of(context, table, found["key"], {})
    if context.store.get(table.name, row_id) is None:
        raise not_found(table.type_name, row_id)
    return table, row_id


def _value(table: schema.Table, column: Column, value: Any) -> Any:
    if value is None:
        return None
    try:
        checked: Any = _CHECKS[column.kind](value)
    except (BadValueError, ValueError, TypeError) as error:
        raise invalid_payload(
            table.set_name, f"Cannot convert the literal '{value}' to the expected type '{column.kind.value}'."
        ) from error
    if column.kind is Kind.TEXT and column.max_length and len(checked) > column.max_length:
        raise ODataError(
            400,
            TEXT_TOO_LONG,
            f"A validation error occurred.  The length of the '{column.name}' attribute of the '{table.name}' entity "
            f"exceeded the maximum allowed length of '{column.max_length}'.",
        )
    if column.kind is Kind.CHOICE and column.options and checked not in column.options:
        accepted = ",".join(str(option) for option in column.options)
        raise ODataError(
            400,
            VALUE_OUT_OF_RANGE,
            f"A validation error occurred.  The value {checked} of '{column.name}' on record of type '{table.name}' "
            f"is outside the valid range. Accepted Values: {accepted}",
        )
    return checked


def _integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 2**63:
        raise BadValueError("integer")
    return value


def _double(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise BadValueError("number")
    return float(value)


def _managed(value: Any) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("Value"), bool):
        raise BadValueError("managed property")
    return bool(value["Value"])


def _moment(value: Any) -> str:
    parsed = datetime.fromisoformat(CONVERTERS["Edm.String"](value).replace("Z", "+00:00"))
    return parsed.strftime("%Y-%m-%dT%H:%M:%SZ")


_CHECKS = {
    Kind.GUID: as_guid,
    Kind.TEXT: CONVERTERS["Edm.String"],
    Kind.INTEGER: _integer,
    Kind.BIG: _integer,
    Kind.DOUBLE: _double,
    Kind.DECIMAL: _double,
    Kind.MANAGED: _managed,
    Kind.FLAG: CONVERTERS["Edm.Boolean"],
    Kind.MOMENT: _moment,
    Kind.CHOICE: _integer,
    Kind.LOOKUP: as_guid,
    Kind.FILE: CONVERTERS["Edm.Binary"],
    Kind.BLOB: CONVERTERS["Edm.Binary"],
}


def _refuse_duplicates(context: Context, table: schema.Table, values: Row, row_id: str) -> None:
    """A record with the same primary or alternate key exists already."""
    for key in (*table.alternate_keys, (table.primary_key,)):
        if all(values.get(name) is not None for name in key):
            found = context.store.find(table.name, columns=[table.primary_key], **{name: values[name] for name in key})
            if found and (found[0][table.primary_key] != row_id or key == (table.primary_key,)):
                raise ODataError(412, DUPLICATE_RECORD, "A record with matching key values already exists.")
