# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GrantAccess, ModifyAccess, RevokeAccess and the functions that tell who may what.

Source: Web API reference of these messages; project reference on sharing, 2.1 and 2.2.
"""

from __future__ import annotations

import time
from typing import Any

from ..environments import schema, security
from ..environments.context import Context
from ..environments.hooks import Change, on
from ..environments.store import Row
from ..errors import ODataError, invalid_argument, invalid_payload, not_found
from ..web_api.operations import action, function
from ..web_api.parameters import BadValueError, Entity, as_entity, required
from . import masks as access_masks
from . import shares as sharing

PRINCIPALS = ("systemuser", "team")
_CHANGE = {"Target": required("entity"), "PrincipalAccess": required("complex", "mscrm.PrincipalAccess", nullable=True)}
_RIGHTS = {"AccessRights": "mscrm.AccessRights"}
_TARGET = {"Target": required("entity")}


@action("GrantAccess", _CHANGE)
def grant_access(context: Context, parameters: dict[str, Any]) -> None:
    table, object_id = _shareable(context, parameters["Target"])
    principal, mask = _principal_access(context, "GrantAccess", parameters["PrincipalAccess"])
    sharing.grant(context.store, table, object_id, principal, mask)
    _take_time(context, table, object_id)


@action("ModifyAccess", _CHANGE)
def modify_access(context: Context, parameters: dict[str, Any]) -> None:
    table, object_id = _shareable(context, parameters["Target"])
    principal, mask = _principal_access(context, "ModifyAccess", parameters["PrincipalAccess"])
    if _require_share(context, table, object_id, principal):
        sharing.set_mask(context.store, table, object_id, principal, mask)
        _take_time(context, table, object_id)


@action("RevokeAccess", {"Target": required("entity"), "Revokee": required("entity")})
def revoke_access(context: Context, parameters: dict[str, Any]) -> None:
    table, object_id = _shareable(context, parameters["Target"])
    principal = _principal(context, "RevokeAccess", parameters["Revokee"])
    if _require_share(context, table, object_id, principal):
        sharing.set_mask(context.store, table, object_id, principal, 0)
        _take_time(context, table, object_id)


@function(
    "RetrieveSharedPrincipalsAndAccess",
    _TARGET,
    answers={"PrincipalAccesses": "Collection(mscrm.PrincipalAccess)"},
)
def retrieve_shared_principals_and_access(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    _table, row = _target(context, parameters["Target"])
    shares = sharing.shares_of(context.store, row[_table.primary_key])
    return {
        "PrincipalAccesses": [
            {
                "AccessMask": access_masks.as_text(share["accessrightsmask"]),
                "Principal": {
                    "@odata.type": f"#Microsoft.Dynamics.CRM.{share['principaltypecode']}",
                    "ownerid": share["principalid"],
                },
            }
            for share in shares
        ]
    }


@function("RetrievePrincipalAccess", _TARGET, bound_to="systemuser", answers=_RIGHTS)
def retrieve_user_access(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    return _effective(context, "systemuser", parameters["Target"])


@function("RetrievePrincipalAccess", _TARGET, bound_to="team", answers=_RIGHTS)
def retrieve_team_access(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    return _effective(context, "team", parameters["Target"])


@function(
    "RetrieveAccessOrigin",
    {"ObjectId": required("Edm.Guid"), "LogicalName": required("Edm.String"), "PrincipalId": required("Edm.Guid")},
    answers={"Response": "Edm.String"},
)
def retrieve_access_origin(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    table, row = _target(context, Entity(parameters["LogicalName"], parameters["ObjectId"]))
    return {"Response": _origin(context, row, row[table.primary_key], parameters["PrincipalId"])}


@on("delete", "team", stage="after")
def forget_team(context: Context, change: Change) -> None:
    if change.row is not None:
        sharing.forget_principal(context.store, change.row["teamid"])


def _origin(context: Context, row: Row, object_id: str, principal_id: str) -> str:
    store = context.store
    teams = security.team_ids(store, principal_id)
    if row.get("ownerid") == principal_id:
        return f"PrincipalId is object owner ({object_id})"
    if row.get("ownerid") in teams:
        return f"PrincipalId is member of team ({row['ownerid']}) who is object owner ({object_id})"
    shares = {share["principalid"] for share in store.find(sharing.POA, objectid=object_id)}
    if principal_id in shares:
        return f"PrincipalId has direct poa access to object ({object_id})"
    for team in teams:
        if team in shares:
            return f"PrincipalId is member of team ({team}) who has poa access to object ({object_id})"
    return "Access origin could not be found. Access does not come from POA table or object ownership."


def _effective(context: Context, principal_table: str, target: Entity) -> dict[str, Any]:
    table, row = _target(context, target)
    assert context.bound is not None
    principal_id = context.bound[f"{principal_table}id"]
    mask = security.rights(context.store, principal_table, principal_id, table, row)
    return {"AccessRights": access_masks.as_text(mask, ",")}


def _target(context: Context, target: Entity) -> tuple[schema.Table, Row]:
    """The record with the columns that rights on it depend on.

    :raises ODataError: 404 0x80040217, the record is not there (or no id was given).
    """
    try:
        table = schema.table(target.table)
    except KeyError:
        raise invalid_argument(f"The entity with a name = '{target.table}' was not found.") from None
    columns = security.columns_of_rights(table)
    row = context.store.get(table.name, target.id, columns=columns) if target.id else None
    if row is None:
        raise not_found(table.type_name, target.id or "")
    return table, row


def _shareable(context: Context, target: Entity) -> tuple[str, str]:
    """The record to be shared; the caller needs the table's Share privilege and the Share right on the record."""
    table, row = _target(context, target)
    if table.ownership is not schema.Ownership.USER:
        raise invalid_argument(f"Records of {table.type_name} cannot be shared: they have no owner.")
    security.require_right(context.store, context.user, "Share", table, row)
    return table.name, row[table.primary_key]


def _principal_access(context: Context, message: str, value: dict[str, Any]) -> tuple[tuple[str, str], int]:
    unknown = set(value) - {"Principal", "AccessMask", "@odata.type"}
    if unknown or not {"Principal", "AccessMask"} <= set(value):
        raise invalid_payload(message, "PrincipalAccess has exactly the members Principal and AccessMask.")
    if value["AccessMask"] is None:
        raise invalid_payload(message, "A null value was found for the property 'AccessMask', which is not nullable.")
    try:
        principal = _principal(context, message, as_entity(value["Principal"]))
    except BadValueError as error:
        raise invalid_payload(message, str(error)) from error
    return principal, access_masks.parse(str(value["AccessMask"]))


def _principal(context: Context, message: str, entity: Entity) -> tuple[str, str]:
    if entity.table not in PRINCIPALS:
        raise invalid_payload(message, f"A principal is a systemuser or a team, not a {entity.table}.")
    table, row = _target(context, entity)
    return table.name, row[table.primary_key]


def _take_time(context: Context, table: str, object_id: str) -> None:
    """Each binary gets a row of its own, which takes the service its time (switch `seconds_per_shared_binary`)."""
    seconds = context.environment.settings.seconds_per_shared_binary
    if seconds and table == "workflow":
        time.sleep(seconds * context.store.count("desktopflowbinary", process=object_id))


def _require_share(context: Context, table: str, object_id: str, principal: tuple[str, str]) -> bool:
    """Without a share Modify and Revoke fail, or do nothing (switch `modify_without_share_fails`)."""
    row = sharing.share_of(context.store, object_id, principal[1])
    if row and row["accessrightsmask"]:
        return True
    if context.environment.settings.modify_without_share_fails:
        raise ODataError(400, "0x80040216", f"The {table} {object_id} is not shared with the principal {principal[1]}.")
    return False
