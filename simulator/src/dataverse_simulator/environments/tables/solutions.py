# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Solutions, publishers, their components, layers, history and dependencies.

Source:
reference/entities/{solution,solutioncomponent,msdyn_solutionhistory,webresource,sitemap,customcontrol,appmodule,canvasapp}.md
of MicrosoftDocs/powerapps-docs.
"""

from __future__ import annotations

from ..schema import (
    READ_ONLY,
    Column,
    Kind,
    blob,
    choice,
    decimal,
    declare,
    declare_view,
    declare_virtual,
    double,
    flag,
    guid,
    integer,
    lookup,
    moment,
    text,
)

COMPONENT_TYPE = {
    1: "Entity",
    2: "Attribute",
    20: "Role",
    29: "Workflow",
    61: "Web Resource",
    62: "Site Map",
    80: "Model-driven App",
    300: "Canvas App",
    371: "Connector",
    372: "Connector",
    380: "Environment Variable Definition",
    381: "Environment Variable Value",
}
OPERATION = {
    0: "Import",
    1: "Uninstall",
    2: "Export",
    3: "Publish",
    4: "PublishAll",
    5: "LanguageProvision",
    6: "ImportTranslation",
    7: "RibbonMetadataGeneration",
    8: "WorkflowSetState",
    9: "None",
}
SUB_OPERATION = {0: "None", 1: "New", 2: "Upgrade", 3: "Update", 4: "Delete", 5: "Single Step Upgrade"}
DEPENDENCY_TYPE = {0: "None", 1: "Solution Internal", 2: "Published", 4: "Unpublished"}

declare(
    "publisher",
    "publishers",
    text("uniquename", 256, required=True, on_create_only=True),
    text("friendlyname", 256, required=True),
    text("description", 2000),
    text("customizationprefix", 8),
    integer("customizationoptionvalueprefix"),
    text("emailaddress", 100),
    text("supportingwebsiteurl", 200),
    flag("isreadonly", read_only=True),
    primary_name="friendlyname",
    object_type_code=7101,
)

declare(
    "solution",
    "solutions",
    text("uniquename", 65, required=True, on_create_only=True),
    text("friendlyname", 256, required=True),
    text("version", 256, default="1.0.0.0"),
    text("description", 2000),
    lookup("publisherid", "publisher", collection="publisher_solution", required=True),
    lookup("parentsolutionid", "solution", collection="solution_parent_solution", read_only=True),
    lookup("configurationpageid", "webresource", collection="solution_configuration_webresource"),
    lookup("organizationid", "organization", read_only=True),
    flag("ismanaged", read_only=True),
    flag("isvisible", True, read_only=True),
    flag("isapimanaged", read_only=True),
    moment("installedon", read_only=True),
    moment("updatedon", read_only=True),
    choice("solutiontype", {0: "None", 1: "Snapshot", 2: "Internal"}, 0),
    text("upgradeinfo", 1_073_741_823, read_only=True),
    text("solutionpackageversion", 256),
    Column("pinpointsolutionid", Kind.BIG, read_only=True),
    text("templatesuffix", 65, read_only=True),
    double("layerorder", internal=True),
    blob("packagerest", internal=True),
    primary_name="friendlyname",
    object_type_code=7100,
)

declare(
    "webresource",
    "webresourceset",
    text("name", 256),
    text("displayname", 200),
    primary_name="name",
    schema_name="WebResource",
    object_type_code=9333,
)

declare(
    "sitemap",
    "sitemaps",
    text("sitemapname", 200),
    text("sitemapnameunique", 200, on_create_only=True),
    schema_name="SiteMap",
    object_type_code=4709,
    audited=False,
)

declare(
    "customcontrol",
    "customcontrols",
    text("name", 500),
    primary_name="name",
    schema_name="CustomControl",
    object_type_code=9753,
)

declare(
    "appmodule",
    "appmodules",
    text("name", 100),
    text("uniquename", 100),
    primary_name="name",
    schema_name="AppModule",
    object_type_code=9700,
    audited=False,
)

declare(
    "canvasapp",
    "canvasapps",
    text("name", 100),
    text("displayname", 2000),
    primary_name="name",
    schema_name="CanvasApp",
    object_type_code=300,
    audited=False,
)

declare(
    "solutioncomponent",
    "solutioncomponents",
    guid("objectid", read_only=True),
    choice("componenttype", COMPONENT_TYPE, read_only=True),
    choice(
        "rootcomponentbehavior",
        {0: "Include Subcomponents", 1: "Do not include subcomponents", 2: "Include As Shell Only"},
        0,
        read_only=True,
    ),
    guid("rootsolutioncomponentid", read_only=True),
    flag("ismetadata", read_only=True),
    text("schemaname", 256, internal=True),
    lookup("solutionid", "solution", collection="solution_solutioncomponent", read_only=True),
    moment("createdon", read_only=True),
    moment("modifiedon", read_only=True),
    messages=READ_ONLY,
    audited=False,
    schema_name="SolutionComponent",
    privilege_name="Solution",
    indexes=("solutionid", "objectid"),
    object_type_code=7103,
)

declare_view(
    "solutioncomponentdefinition",
    "solutioncomponentdefinitions",
    text("name", 256, read_only=True),
    text("primaryentityname", 128, read_only=True),
    integer("objecttypecode", read_only=True),
    integer("solutioncomponenttype", read_only=True),
    flag("isviewable", True, read_only=True),
    primary_name="name",
    schema_name="SolutionComponentDefinition",
    privilege_name="Solution",
    object_type_code=7104,
)

declare_view(
    "dependency",
    "dependencies",
    guid("dependentcomponentobjectid"),
    choice("dependentcomponenttype", COMPONENT_TYPE),
    guid("dependentcomponentbasesolutionid"),
    guid("dependentcomponentparentid"),
    guid("requiredcomponentobjectid"),
    choice("requiredcomponenttype", COMPONENT_TYPE),
    guid("requiredcomponentbasesolutionid"),
    guid("requiredcomponentparentid"),
    choice("dependencytype", DEPENDENCY_TYPE),
    object_type_code=7105,
    privilege_name="Solution",
)

declare_virtual(
    "msdyn_solutionhistory",
    "msdyn_solutionhistories",
    text("msdyn_name", 256),
    text("msdyn_solutionversion", 256),
    text("msdyn_publishername", 256),
    text("msdyn_solutionid", 100, any_type=True),
    moment("msdyn_starttime"),
    moment("msdyn_endtime"),
    integer("msdyn_totaltime"),
    choice("msdyn_operation", OPERATION),
    choice("msdyn_suboperation", SUB_OPERATION),
    choice("msdyn_status", {0: "Started", 1: "Completed", 2: "Queued"}),
    flag("msdyn_result", None),
    text("msdyn_errorcode", 100),
    text("msdyn_exceptionmessage", 100_000),
    text("msdyn_exceptionstack", 100_000),
    flag("msdyn_ismanaged"),
    flag("msdyn_isoverwritecustomizations"),
    flag("msdyn_ispatch"),
    text("msdyn_correlationid", 100),
    text("msdyn_activityid", 100),
    integer("msdyn_retrycount", default=0),
    integer("msdyn_maxretries", default=0),
    primary_name="msdyn_name",
    schema_name="msdyn_solutionhistory",
    privilege_name="Solution",
    object_type_code=10100,
)

declare_virtual(
    "msdyn_componentlayer",
    "msdyn_componentlayers",
    text("msdyn_componentid", 100),
    text("msdyn_solutioncomponentname", 256),
    text("msdyn_name", 256),
    text("msdyn_solutionname", 256),
    text("msdyn_publishername", 256),
    integer("msdyn_order"),
    text("msdyn_componentjson", 16_777_216),
    text("msdyn_changes", 16_777_216),
    moment("msdyn_overwritetime"),
    primary_name="msdyn_name",
    schema_name="msdyn_componentlayer",
    privilege_name="Solution",
    object_type_code=10101,
)

declare_virtual(
    "msdyn_solutioncomponentsummary",
    "msdyn_solutioncomponentsummaries",
    text("msdyn_solutionid", 100, any_type=True),
    text("msdyn_objectid", 100, any_type=True),
    decimal("msdyn_componenttype"),
    text("msdyn_componenttypename", 256),
    text("msdyn_componentlogicalname", 256),
    text("msdyn_name", 256),
    text("msdyn_displayname", 256),
    text("msdyn_schemaname", 256),
    text("msdyn_owner", 256),
    text("msdyn_status", 256),
    text("msdyn_workflowcategory", 100),
    text("msdyn_ismanaged", 100),
    text("msdyn_iscustomizable", 100, default="True"),
    primary_name="msdyn_name",
    schema_name="msdyn_solutioncomponentsummary",
    privilege_name="Solution",
    object_type_code=10102,
)
