# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users, teams, roles, privileges, business units, the organization and the shares.

Source: reference/entities/{systemuser,team,role,principalobjectaccess}.md of MicrosoftDocs/powerapps-docs.
"""

from __future__ import annotations

from ..schema import (
    READ_ONLY,
    Ownership,
    Relationship,
    choice,
    declare,
    declare_view,
    flag,
    guid,
    integer,
    lookup,
    moment,
    register_relationship,
    text,
)

ACCESS_MODE = {
    0: "Read-Write",
    1: "Administrative",
    2: "Read",
    3: "Support User",
    4: "Non-interactive",
    5: "Delegated Admin",
}
TEAM_TYPE = {0: "Owner", 1: "Access", 2: "AAD Security Group", 3: "AAD Office Group"}
MEMBERSHIP_TYPE = {0: "Members and guests", 1: "Members", 2: "Owners", 3: "Guests"}

declare(
    "organization",
    "organizations",
    text("name", 160),
    text("uniquename", 65, internal=True),
    text("version", 64, internal=True),
    guid("tenantid", internal=True),
    integer("languagecode", read_only=True),
    flag("sharetopreviousowneronassign"),
    flag("isdesktopflowversioncontrolenabled", read_only=True),
    flag("isdesktopflowschemav2enabled", True, read_only=True),
    text("orgdborgsettings", 100_000),
    primary_name="name",
    messages=READ_ONLY | {"Update"},
    object_type_code=1019,
    schema_name="Organization",
)

declare(
    "businessunit",
    "businessunits",
    text("name", 160, required=True),
    lookup("parentbusinessunitid", "businessunit", collection="business_unit_parent_business_unit"),
    flag("isdisabled", read_only=True),
    text("divisionname", 100),
    primary_name="name",
    object_type_code=10,
    schema_name="BusinessUnit",
    ownership=Ownership.BUSINESS,
    privilege_name="BusinessUnit",
)

declare(
    "systemuser",
    "systemusers",
    text("domainname", 1024),
    text("internalemailaddress", 100),
    text("fullname", 200, read_only=True),
    text("firstname", 256),
    text("lastname", 256),
    guid("azureactivedirectoryobjectid"),
    guid("applicationid"),
    guid("ownerid", read_only=True, inherited=True),
    text("applicationiduri", 1024, read_only=True),
    flag("isdisabled"),
    flag("islicensed"),
    flag("setupuser"),
    flag("isintegrationuser"),
    flag("issyncwithdirectory"),
    choice("accessmode", ACCESS_MODE, 0),
    choice("azurestate", {0: "Exists", 1: "Soft deleted", 2: "Not found or hard deleted"}, 0, read_only=True),
    text("title", 128),
    lookup("businessunitid", "businessunit", collection="business_unit_system_users", required=True),
    primary_name="fullname",
    schema_name="SystemUser",
    alternate_keys=(("azureactivedirectoryobjectid",),),
    messages=READ_ONLY | {"Create", "Update"},
    object_type_code=8,
    ownership=Ownership.BUSINESS,
    privilege_name="User",
)

declare(
    "team",
    "teams",
    text("name", 160, required=True),
    text("description", 2000),
    text("emailaddress", 100),
    choice("teamtype", TEAM_TYPE, 0, on_create_only=True),
    choice("membershiptype", MEMBERSHIP_TYPE, 0, on_create_only=True),
    guid("azureactivedirectoryobjectid", on_create_only=True),
    guid("ownerid", read_only=True, inherited=True),
    flag("isdefault", read_only=True),
    flag("systemmanaged", read_only=True),
    text("sharelinkqualifier", 1250, read_only=True),
    lookup("businessunitid", "businessunit", collection="business_unit_teams", required=True),
    lookup("administratorid", "systemuser", collection="lk_teambase_administratorid", required=True),
    primary_name="name",
    alternate_keys=(("azureactivedirectoryobjectid", "membershiptype"),),
    object_type_code=9,
    ownership=Ownership.BUSINESS,
    privilege_name="Team",
)

declare(
    "role",
    "roles",
    text("name", 100, required=True),
    lookup("businessunitid", "businessunit", collection="business_unit_roles", required=True),
    lookup("parentroleid", "role"),
    lookup("parentrootroleid", "role"),
    lookup("roletemplateid", "roletemplate"),
    choice("isinherited", {0: "Team privileges only", 1: "Direct User (Basic) access level and Team privileges"}, 1),
    flag("ismanaged", read_only=True),
    primary_name="name",
    object_type_code=1036,
    ownership=Ownership.BUSINESS,
    privilege_name="Role",
)

declare_view(
    "roletemplate",
    "roletemplates",
    text("name", 100),
    primary_name="name",
    versioned=False,
    object_type_code=1037,
    schema_name="RoleTemplate",
    privilege_name="Role",
)

declare_view(
    "privilege",
    "privileges",
    text("name", 100),
    integer("accessright"),
    flag("canbebasic", True),
    flag("canbelocal", True),
    flag("canbedeep", True),
    flag("canbeglobal", True),
    primary_name="name",
    object_type_code=1023,
    privilege_name="Role",
)

declare_view(
    "roleprivileges",
    "roleprivilegescollection",
    guid("roleid"),
    guid("privilegeid"),
    integer("privilegedepthmask"),
    flag("ismanaged"),
    key="roleprivilegeid",
    schema_name="RolePrivileges",
    privilege_name="Role",
    indexes=("roleid",),
    object_type_code=12,
)

declare_view(
    "systemuserroles",
    "systemuserrolescollection",
    guid("systemuserid"),
    guid("roleid"),
    key="systemuserroleid",
    schema_name="SystemUserRoles",
    privilege_name="Role",
    object_type_code=15,
)

declare_view(
    "teamroles",
    "teamrolescollection",
    guid("teamid"),
    guid("roleid"),
    key="teamroleid",
    schema_name="TeamRoles",
    privilege_name="Role",
    object_type_code=40,
)

declare_view(
    "teammembership",
    "teammemberships",
    guid("teamid"),
    guid("systemuserid"),
    key="teammembershipid",
    schema_name="TeamMembership",
    privilege_name="Team",
    object_type_code=23,
)

declare_view(
    "principalobjectaccess",
    "principalobjectaccessset",
    guid("objectid", read_only=True),
    text("objecttypecode", 128, read_only=True),
    guid("principalid", read_only=True),
    text("principaltypecode", 128, read_only=True),
    integer("accessrightsmask", read_only=True, default=0),
    integer("inheritedaccessrightsmask", read_only=True, default=0),
    moment("changedon", read_only=True),
    ownership=Ownership.NONE,
    object_type_code=11,
    schema_name="PrincipalObjectAccess",
    indexes=("objectid,principalid", "principalid"),
)
register_relationship(
    Relationship("systemuserroles_association", "systemuser", "role", "systemuserroles"),
    Relationship("teamroles_association", "team", "role", "teamroles"),
    Relationship("teammembership_association", "team", "systemuser", "teammembership"),
    Relationship("roleprivileges_association", "role", "privilege", "roleprivileges"),
)
