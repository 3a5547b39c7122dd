# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Links between records by `$ref`: many-to-many relationships, collections of related rows, single lookups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..environments import schema, security
from ..environments.context import Context
from ..environments.schema import Relationship
from ..environments.store import Row
from ..errors import ODataError, invalid_argument, invalid_query, not_found
from .records import existing, referenced, update

#: Privilege beside Write on the record that linking needs.
_PRIVILEGE = {"systemuserroles_association": "prvAssignRole", "teamroles_association": "prvAssignRole"}


def associate(context: Context, table: schema.Table, row_id: str, navigation: str, body: Mapping[str, Any]) -> None:
    """`POST teams(…)/teamroles_association/$ref {"@odata.id": "roles(…)"}`; linking twice is no error."""
    reference = body.get("@odata.id")
    if not isinstance(reference, str):
        raise invalid_query("The request must contain a reference in '@odata.id'.")
    other, other_id = referenced(context, reference)
    many_to_many = schema.relationship(navigation, table.name)
    if many_to_many is not None:
        _link(context, many_to_many, table, row_id, other, other_id)
        return
    many, column = _collection(table, navigation)
    if other.name != many.name:
        raise _wrong_type(navigation, other)
    existing(context, table, row_id)
    update(context, many, other_id, {f"{column.navigation}@odata.bind": f"{table.set_name}({row_id})"})


def disassociate(context: Context, table: schema.Table, row_id: str, navigation: str, other_id: str) -> None:
    """`DELETE teams(…)/teamroles_association(<role>)/$ref`; 404 when they are not linked."""
    many_to_many = schema.relationship(navigation, table.name)
    if many_to_many is not None:
        other = schema.table(many_to_many.seen_from(table.name))
        _may_link(context, many_to_many, table, row_id)
        found = context.store.find(many_to_many.intersect, **{table.primary_key: row_id, other.primary_key: other_id})
        if not found:
            raise not_found(other.type_name, other_id)
        for row in found:
            context.store.delete(many_to_many.intersect, row[schema.table(many_to_many.intersect).primary_key])
        return
    many, column = _collection(table, navigation)
    update(context, many, other_id, {column.navigation: None})


def set_reference(context: Context, table: schema.Table, row_id: str, navigation: str, body: Mapping[str, Any]) -> None:
    """`PUT solutions(…)/publisherid/$ref`."""
    update(context, table, row_id, {f"{navigation}@odata.bind": body.get("@odata.id", "")})


def _link(
    context: Context, relationship: Relationship, table: schema.Table, row_id: str, other: schema.Table, other_id: str
) -> None:
    if other.name != relationship.seen_from(table.name):
        raise _wrong_type(relationship.name, other)
    row = _may_link(context, relationship, table, row_id)
    _refuse_link(relationship, row if table.name == "team" else None)
    link = {table.primary_key: row_id, other.primary_key: other_id}
    if not context.store.find(relationship.intersect, **link):
        context.store.insert(relationship.intersect, link)


def _may_link(context: Context, relationship: Relationship, table: schema.Table, row_id: str) -> Row:
    row = existing(context, table, row_id)
    security.require_right(context.store, context.user, "Write", table, row)
    if relationship.name in _PRIVILEGE:
        context.require_privilege(_PRIVILEGE[relationship.name])
    return row


def _refuse_link(relationship: Relationship, team: Row | None) -> None:
    """Access teams have no roles; members of group teams come from the directory.

    Source: manage-teams, manage-group-teams.
    """
    if team is None:
        return
    if relationship.name == "teamroles_association" and team["teamtype"] == 1:
        raise invalid_argument("Security roles cannot be assigned to a team of type Access.")
    if relationship.name == "teammembership_association" and team["teamtype"] in (2, 3):
        raise invalid_argument("The members of a Microsoft Entra group team are managed in Microsoft Entra ID.")


def _collection(table: schema.Table, navigation: str) -> tuple[schema.Table, schema.Column]:
    found = schema.collections_of(table.name).get(navigation)
    if found is None:
        raise ODataError(404, "0x8006088a", f"Resource not found for the segment '{navigation}'.")
    return found


def _wrong_type(navigation: str, other: schema.Table) -> ODataError:
    return invalid_query(f"The relationship '{navigation}' cannot hold a record of type '{other.name}'.")
