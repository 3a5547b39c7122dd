# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Functions of the platform itself, and records that are made when they are first mentioned.

Source: Web API function reference; "Manage group teams"; "Add Entra users just in time".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..environments import hooks, schema, security
from ..environments.context import Context
from ..environments.hooks import Change
from ..environments.seeding import environment_id
from ..environments.store import Row
from ..errors import ODataError, invalid_argument, not_found
from .addressing import made_on_mention
from .operations import function
from .parameters import required

_ROLE_PRIVILEGES = {"RolePrivileges": "Collection(mscrm.RolePrivilege)"}
DEPTH_NAMES = {1: "Basic", 2: "Local", 4: "Deep", 8: "Global"}


@function("WhoAmI", answers=dict.fromkeys(("BusinessUnitId", "UserId", "OrganizationId"), "Edm.Guid"))
def who_am_i(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    return {
        "BusinessUnitId": context.user["businessunitid"],
        "UserId": context.user_id,
        "OrganizationId": context.environment.organization["organizationid"],
    }


@function("RetrieveVersion", answers={"Version": "Edm.String"})
def retrieve_version(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    return {"Version": context.environment.organization["version"]}


@function("RetrieveAvailableLanguages", answers={"LocaleIds": "Collection(Edm.Int32)"})
def retrieve_available_languages(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    return {"LocaleIds": [context.environment.organization["languagecode"]]}


@function(
    "RetrieveCurrentOrganization",
    {"AccessType": required("enum", "mscrm.EndpointAccessType")},
    answers={"Detail": "mscrm.OrganizationDetail"},
)
def retrieve_current_organization(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    if parameters["AccessType"] not in ("Default", "Internet", "Intranet"):
        raise invalid_argument(f"'{parameters['AccessType']}' is no EndpointAccessType.")
    organization = context.environment.organization
    url = context.headers["x-simulator-base"] + "/"
    addresses = {
        "WebApplication": url,
        "OrganizationService": f"{url}XRMServices/2011/Organization.svc",
        "OrganizationDataService": f"{url}XRMServices/2011/OrganizationData.svc",
    }
    return {
        "Detail": {
            "OrganizationId": organization["organizationid"],
            "FriendlyName": organization["name"],
            "OrganizationVersion": organization["version"],
            "EnvironmentId": environment_id(context.environment.name),
            "DatacenterId": "00000000-0000-4000-8000-000000000000",
            "Geo": "EMEA",
            "TenantId": organization["tenantid"],
            "UrlName": context.environment.name,
            "UniqueName": organization["uniquename"],
            "State": "Enabled",
            "Endpoints": {
                "Count": len(addresses),
                "IsReadOnly": False,
                "Keys": list(addresses),
                "Values": list(addresses.values()),
            },
        }
    }


@hooks.on("query", "organization")
def show_version_control(context: Context, change: Change) -> None:
    """The column follows the switch; clients cannot change it."""
    organization = context.environment.organization
    wanted = context.environment.settings.desktop_flow_version_control
    if organization["isdesktopflowversioncontrolenabled"] is not wanted:
        changes = {"isdesktopflowversioncontrolenabled": wanted}
        context.store.update("organization", organization["organizationid"], changes)


def _role_privileges(context: Context, table: str, principal: Row, wanted: str | None = None) -> dict[str, Any]:
    """All privileges of a user or team, or the one of this name."""
    known = {row["name"].lower(): row for row in context.store.find("privilege", columns=["name", "privilegeid"])}
    held = security.depths(context.store, table, principal[f"{table}id"])
    return {
        "RolePrivileges": [
            {
                "Depth": DEPTH_NAMES[depth],
                "PrivilegeId": known[name]["privilegeid"],
                "BusinessUnitId": principal["businessunitid"],
                "PrivilegeName": known[name]["name"],
            }
            for name, depth in sorted(held.items())
            if wanted is None or name == wanted.lower()
        ]
    }


@function("RetrieveUserPrivileges", bound_to="systemuser", answers=_ROLE_PRIVILEGES)
def retrieve_user_privileges(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    assert context.bound is not None
    return _role_privileges(context, "systemuser", context.bound)


@function(
    "RetrieveUserPrivilegeByPrivilegeName",
    {"PrivilegeName": required("Edm.String")},
    bound_to="systemuser",
    answers=_ROLE_PRIVILEGES,
)
def retrieve_user_privilege(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    assert context.bound is not None
    return _role_privileges(context, "systemuser", context.bound, parameters["PrivilegeName"])


@function("RetrieveTeamPrivileges", bound_to="team", answers=_ROLE_PRIVILEGES)
def retrieve_team_privileges(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    assert context.bound is not None
    return _role_privileges(context, "team", context.bound)


@function("RetrieveAadUserRoles", {"DirectoryObjectId": required("Edm.Guid")}, returns="Collection(mscrm.role)")
def retrieve_aad_user_roles(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    user = _user_of_object(context, parameters["DirectoryObjectId"])
    roles = [
        context.store.get("role", role_id)
        for role_id in security.role_ids(context.store, "systemuser", user["systemuserid"])
    ]
    return {"value": [context.represent("role", role) for role in roles if role]}


@function("RetrieveAadUserPrivileges", {"DirectoryObjectId": required("Edm.Guid")}, answers=_ROLE_PRIVILEGES)
def retrieve_aad_user_privileges(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    return _role_privileges(context, "systemuser", _user_of_object(context, parameters["DirectoryObjectId"]))


def _user_of_object(context: Context, object_id: str) -> Row:
    user = context.store.first("systemuser", azureactivedirectoryobjectid=object_id)
    if user is None:
        raise not_found("systemuser", object_id)
    return user


@made_on_mention("systemuser", "azureactivedirectoryobjectid")
def add_user_just_in_time(context: Context, key: Mapping[str, Any]) -> str | None:
    """A user of the tenant who is not in the environment yet is added by the first request that names the object id."""
    person = context.environment.tenant.directory.user(key["azureactivedirectoryobjectid"])
    if person is None:
        return None
    root = context.store.first("businessunit", parentbusinessunitid=None)
    assert root is not None
    return str(
        context.insert(
            "systemuser",
            {
                "domainname": person.upn,
                "internalemailaddress": person.upn,
                "fullname": person.name,
                "islicensed": True,
                "azureactivedirectoryobjectid": person.id,
                "businessunitid": root["businessunitid"],
                "issyncwithdirectory": True,
            },
        )["systemuserid"]
    )


@made_on_mention("team", "azureactivedirectoryobjectid", "membershiptype")
def add_group_team(context: Context, key: Mapping[str, Any]) -> str | None:
    """A group of the tenant becomes a team when a role is given to it by object id and membership type."""
    group = context.environment.tenant.directory.group(key["azureactivedirectoryobjectid"])
    if group is None or context.method != "POST":
        return None
    context.require_privilege(security.privilege_name("Create", schema.table("team")))
    change = Change("team", values=dict(key))
    complete_group_team(context, change)
    values = {**change.values, "businessunitid": context.user["businessunitid"], "administratorid": context.user_id}
    return str(context.insert("team", values)["teamid"])


@hooks.on("create", "team")
def complete_group_team(context: Context, change: Change) -> None:
    """Name and type of a group team follow the group; its members are the group's members who are in the
    environment.
    """
    object_id = change.values.get("azureactivedirectoryobjectid")
    if object_id is None:
        if change.values.get("teamtype", 0) in (2, 3):
            raise invalid_argument("A group team needs the object id of its Microsoft Entra group.")
        return
    group = context.environment.tenant.directory.group(object_id)
    if group is None:
        raise invalid_argument(f"The Microsoft Entra group with object id {object_id} does not exist.")
    change.values.setdefault("membershiptype", 0)
    change.values["teamtype"] = 3 if group.kind == "office" else 2
    change.values.setdefault("name", group.name)


@hooks.on("create", "team")
def refuse_second_name(context: Context, change: Change) -> None:
    """Names of teams are unique within a business unit. Source: manage-group-teams."""
    unit = change.values.get("businessunitid", context.user["businessunitid"])
    if context.store.find("team", columns=["teamid"], name=change.values.get("name"), businessunitid=unit):
        raise ODataError(
            412, "0x80040237", f"A team with the name '{change.values['name']}' already exists in this business unit."
        )


@hooks.on("create", "team", stage="after")
def enrol_group_members(context: Context, change: Change) -> None:
    assert change.row is not None
    group = context.environment.tenant.directory.group(change.row["azureactivedirectoryobjectid"] or "")
    for user in context.store.find("systemuser", domainname=group.members) if group else ():
        context.store.insert("teammembership", {"teamid": change.row["teamid"], "systemuserid": user["systemuserid"]})


@hooks.on("create", "systemuser")
def complete_user(context: Context, change: Change) -> None:
    """An application user is named after the application; a person needs a licence, not an API call."""
    application_id = change.values.get("applicationid")
    if application_id is None:
        return
    application = context.environment.tenant.directory.application(application_id)
    if application is None:
        raise invalid_argument(f"The application with id {application_id} was not found in Microsoft Entra ID.")
    change.values.setdefault("domainname", f"{application_id}@contoso.example")
    change.values["fullname"] = f"# {application.name}"
    change.values.setdefault("accessmode", 4)
