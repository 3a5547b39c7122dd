# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Privileges by roles, and rights on single rows by ownership, privilege depth and shares.

Source: "Security concepts in Dataverse", "Sharing and assigning"; texts of the refusals were seen in public issues.
"""

from __future__ import annotations

import sqlalchemy as sa

from ..errors import NO_ROLES, PRIVILEGE_DENIED, ODataError
from . import schema
from .database import sql_table
from .store import Row, Store

RIGHTS = {
    "Read": 1,
    "Write": 2,
    "Append": 4,
    "AppendTo": 16,
    "Create": 32,
    "Delete": 65536,
    "Share": 262144,
    "Assign": 524288,
}
BASIC, LOCAL, DEEP, GLOBAL = 1, 2, 4, 8


def privilege_name(verb: str, table: schema.Table) -> str:
    """prvReadWorkflow, prvWriteUser, prvReaddesktopflowbinary…"""
    return f"prv{verb}{table.privilege_name or table.type_name}"


def columns_of_rights(table: schema.Table) -> tuple[str, ...]:
    """The columns of a row that rights on it depend on, its key among them: nobody needs to read its big ones."""
    if table.ownership is not schema.Ownership.USER:
        return (table.primary_key,)
    return (table.primary_key, "ownerid", "owneridtype", "owningbusinessunit")


def team_ids(store: Store, user_id: str) -> list[str]:
    return [row["teamid"] for row in store.find("teammembership", systemuserid=user_id)]


def role_ids(store: Store, principal_table: str, principal_id: str) -> set[str]:
    """Roles of a team, or of a user together with those of the user's teams."""
    if principal_table == "team":
        return {row["roleid"] for row in store.find("teamroles", teamid=principal_id)}
    own = {row["roleid"] for row in store.find("systemuserroles", systemuserid=principal_id)}
    teams = team_ids(store, principal_id)
    return own | {row["roleid"] for row in store.find("teamroles", teamid=teams)} if teams else own


def depths(store: Store, principal_table: str, principal_id: str) -> dict[str, int]:
    """Greatest depth of each privilege that the principal holds (1 basic, 2 local, 4 deep, 8 global), by lower-case
    name; worked out once until a role changes.
    """
    known: dict[str, int] | None = store.privileges.get((principal_table, principal_id))
    if known is None:
        known = store.privileges[principal_table, principal_id] = _read_depths(store, principal_table, principal_id)
    return known


def _read_depths(store: Store, principal_table: str, principal_id: str) -> dict[str, int]:
    roles = role_ids(store, principal_table, principal_id)
    privilege, held = sql_table("privilege"), sql_table("roleprivileges")
    statement = (
        sa.select(privilege.c.name, sa.func.max(held.c.privilegedepthmask))
        .join(held, held.c.privilegeid == privilege.c.privilegeid)
        .where(held.c.roleid.in_(roles))
        .group_by(privilege.c.name)
    )
    return {name.lower(): depth for name, depth in store.connection.execute(statement)} if roles else {}


def depth(store: Store, user: Row, privilege: str) -> int:
    return depths(store, "systemuser", user["systemuserid"]).get(privilege.lower(), 0)


def require(store: Store, user: Row, privilege: str) -> None:
    """403 unless the user holds the privilege at some depth."""
    if not depth(store, user, privilege):
        raise refusal(store, user, privilege)


def refusal(store: Store, user: Row, privilege: str) -> ODataError:
    roles = role_ids(store, "systemuser", user["systemuserid"])
    if not roles:
        text = (
            f"RetrievePrivilegeForUser: The user with id {user['systemuserid']} has not been assigned any roles. "
            "They need a role with the prvReadUser privilege."
        )
        return ODataError(403, NO_ROLES, text)
    found = store.first("privilege", name=privilege)
    count = store.count("roleprivileges", roleid=roles)
    text = (
        f"Principal user (Id={user['systemuserid']}, type=8, roleCount={len(roles)}, privilegeCount={count}, "
        f"accessMode={user['accessmode']}), is missing {found['name'] if found else privilege} privilege "
        f"(Id={found['privilegeid'] if found else '00000000-0000-0000-0000-000000000000'})"
    )
    return ODataError(403, PRIVILEGE_DENIED, text)


def access_refusal(user: Row, verb: str, table: schema.Table, row: Row) -> ODataError:
    """The privilege is there, but not for this row."""
    right = f"{verb}Access"
    text = (
        f"SecLib::AccessCheckEx failed. Returned hr = -2147187962, ObjectID: {row[table.primary_key]}, "
        f"OwnerId: {row.get('ownerid')}, OwnerIdType: {9 if row.get('owneridtype') == 'team' else 8} and "
        f"CallingUser: {user['systemuserid']}. ObjectTypeCode: {table.object_type_code}, objectBusinessUnitId: "
        f"{row.get('owningbusinessunit')}, AccessRights: {right}"
    )
    return ODataError(403, PRIVILEGE_DENIED, text)


def units_in_reach(store: Store, unit: str, reach: int) -> set[str]:
    """Business units that a privilege of this depth covers for a principal of `unit` (local: itself; deep: below
    too).
    """
    if reach < LOCAL:
        return set()
    found, pending = {unit}, [unit]
    while reach >= DEEP and pending:
        parent = pending.pop()
        children = {row["businessunitid"] for row in store.find("businessunit", parentbusinessunitid=parent)} - found
        found |= children
        pending.extend(children)
    return found


def rights(store: Store, principal_table: str, principal_id: str, table: schema.Table, row: Row) -> int:
    """Effective rights of a user or team on a row, as AccessRights mask.

    A right needs the table's privilege, and then the row: owned (by the user or one of the user's teams), within the
    depth of the privilege, or shared. A share without the privilege gives nothing.
    """
    held = depths(store, principal_table, principal_id)
    principals = [principal_id, *(team_ids(store, principal_id) if principal_table == "systemuser" else ())]
    principal = store.get(principal_table, principal_id) or {}
    owned = table.ownership is not schema.Ownership.USER or row.get("ownerid") in principals
    shared = 0 if owned else shared_mask(store, principals, row[table.primary_key])
    mask = 0
    for verb, right in RIGHTS.items():
        reach = held.get(privilege_name(verb, table).lower(), 0)
        in_reach = (
            owned
            or reach == GLOBAL
            or shared & right
            or (
                reach >= LOCAL
                and row.get("owningbusinessunit") in units_in_reach(store, principal["businessunitid"], reach)
            )
        )
        if reach and in_reach:
            mask |= right
    return mask


def shared_mask(store: Store, principals: list[str], object_id: str) -> int:
    """Union of all shares of a row with these principals, own and inherited."""
    mask = 0
    for share in store.find("principalobjectaccess", objectid=object_id, principalid=principals):
        mask |= share["accessrightsmask"] | share["inheritedaccessrightsmask"]
    return mask


def require_right(store: Store, user: Row, verb: str, table: schema.Table, row: Row) -> None:
    """403 unless the user may do `verb` ("Write") with this row."""
    name = privilege_name(verb, table)
    reach = depth(store, user, name)
    if not reach:
        raise refusal(store, user, name)
    if reach < GLOBAL and not rights(store, "systemuser", user["systemuserid"], table, row) & RIGHTS[verb]:
        raise access_refusal(user, verb, table, row)


def readable(store: Store, user: Row, table: schema.Table) -> sa.ColumnElement[bool] | None:
    """The condition that leaves the rows a user may read; None = all. 403 without the privilege."""
    if table.ownership is schema.Ownership.NONE:
        return None
    name = privilege_name("Read", table)
    reach = depth(store, user, name)
    if not reach:
        raise refusal(store, user, name)
    if reach == GLOBAL or table.ownership is not schema.Ownership.USER:
        return None
    principals = [user["systemuserid"], *team_ids(store, user["systemuserid"])]
    target, share = sql_table(table.name), sql_table("principalobjectaccess")
    bits = share.c.accessrightsmask.op("|")(share.c.inheritedaccessrightsmask)
    shared = sa.select(share.c.objectid).where(share.c.principalid.in_(principals), bits.op("&")(RIGHTS["Read"]) != 0)
    conditions = [target.c.ownerid.in_(principals), target.c[table.primary_key].in_(shared)]
    units = units_in_reach(store, user["businessunitid"], reach)
    if units:
        conditions.append(target.c.owningbusinessunit.in_(units))
    return sa.or_(*conditions)
