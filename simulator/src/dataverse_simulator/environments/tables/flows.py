# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Flows and what belongs to them.

Source: reference/entities/{workflow,desktopflowbinary}.md of MicrosoftDocs/powerapps-docs.
"""

from __future__ import annotations

from ..schema import (
    ALL_MESSAGES,
    UNPUBLISHED,
    Ownership,
    choice,
    declare,
    file,
    flag,
    guid,
    integer,
    lookup,
    managed,
    moment,
    text,
)

COMPONENT_STATE = {0: "Published", 1: "Unpublished", 2: "Deleted", 3: "Deleted Unpublished"}
MANY = 1_073_741_823


#: The columns every solution component carries.
SOLUTION_AWARE = (
    choice("componentstate", COMPONENT_STATE, 0, read_only=True),
    flag("ismanaged", read_only=True),
    guid("solutionid", read_only=True),
    moment("overwritetime", read_only=True),
    text("packagexml", MANY, internal=True),
)
STATE = choice("statecode", {0: "Active", 1: "Inactive"}, 0)
STATE_AND_STATUS = (STATE, choice("statuscode", {1: "Active", 2: "Inactive"}, 1))
CATEGORY = {
    0: "Workflow",
    1: "Dialog",
    2: "Business Rule",
    3: "Action",
    4: "Business Process Flow",
    5: "Modern Flow",
    6: "Desktop Flow",
    7: "AI Flow",
}
declare(
    "workflow",
    "workflows",
    text("name", 100, required=True),
    text("description", 100_000),
    text("uniquename", 256),
    choice("category", CATEGORY, 0, on_create_only=True),
    choice("type", {1: "Definition", 2: "Activation", 3: "Template"}, 1, on_create_only=True),
    choice(
        "uiflowtype",
        {0: "Windows recorder (V1)", 1: "Selenium IDE", 2: "Power Automate Desktop", 3: "Test", 101: "Recording"},
    ),
    choice("statecode", {0: "Draft", 1: "Activated", 2: "Suspended"}, 0),
    choice("statuscode", {1: "Draft", 2: "Activated", 3: "CompanyDLPViolation"}, 1),
    choice("mode", {0: "Background", 1: "Real-time"}, 0),
    choice("scope", {1: "User", 2: "Business Unit", 3: "Parent: Child Business Units", 4: "Organization"}, 4),
    choice("businessprocesstype", {0: "Business Flow", 1: "Task Flow"}),
    choice("runas", {0: "Owner", 1: "Calling User"}, 1),
    flag("ondemand"),
    flag("subprocess"),
    flag("triggeroncreate"),
    flag("triggerondelete"),
    flag("asyncautodelete"),
    flag("syncworkflowlogonfailure"),
    flag("istransacted", True),
    flag("iscrmuiworkflow", read_only=True),
    text("primaryentity", 128, default="none"),
    text("introducedversion", 48),
    text("definition", 16_777_216),
    text("inputs", 1_048_576),
    text("outputs", 1_048_576),
    text("dependencies", 100_000),
    text("connectionreferences", 100_000),
    text("desktopflowmodules", 100_000),
    text("metadata", 100_000),
    text("claims", 100_000),
    text("credentials", 100_000),
    text("schemaversion", 100),
    text("clientdata", MANY),
    flag("clientdataiscompressed", read_only=True),
    text("xaml", MANY),
    guid("workflowidunique", read_only=True),
    lookup("parentworkflowid", "workflow", read_only=True, collection="workflow_parent_workflow"),
    lookup("activeworkflowid", "workflow", read_only=True, collection="workflow_active_workflow"),
    managed("iscustomizable"),
    *SOLUTION_AWARE,
    primary_name="name",
    ownership=Ownership.USER,
    messages=ALL_MESSAGES | UNPUBLISHED,
    object_type_code=4703,
)

declare(
    "desktopflowbinary",
    "desktopflowbinaries",
    text("name", 100),
    text("reference", 400),
    text("referencename", 400),
    text("type", 100),
    text("mimetype", 100),
    text("metadata", 100_000),
    file("data"),
    text("data_mimetype", 100, internal=True),
    lookup("process", "workflow", navigation="Process", collection="workflow_desktopflowbinary_Process"),
    lookup(
        "desktopflowmodule",
        "desktopflowmodule",
        collection="dfm_desktopflowbinary_DFM",
    ),
    *STATE_AND_STATUS,
    managed("iscustomizable"),
    *SOLUTION_AWARE,
    primary_name="name",
    ownership=Ownership.USER,
    schema_name="desktopflowbinary",
    indexes=("process",),
    object_type_code=10086,
)

declare(
    "desktopflowmodule",
    "desktopflowmodules",
    text("name", 256),
    text("description", 2000),
    *STATE_AND_STATUS,
    *SOLUTION_AWARE,
    primary_name="name",
    ownership=Ownership.USER,
    schema_name="desktopflowmodule",
    object_type_code=10087,
)

declare(
    "workflowbinary",
    "workflowbinaries",
    text("name", 100),
    file("data"),
    lookup("process", "workflow", navigation="Process", collection="workflow_workflowbinary_Process"),
    lookup(
        "flowsessionid",
        "flowsession",
        navigation="FlowSessionId",
        collection="flowsession_workflowbinary_FlowSessionId",
    ),
    primary_name="name",
    ownership=Ownership.USER,
    schema_name="workflowbinary",
    object_type_code=10088,
)

declare(
    "flowsession",
    "flowsessions",
    text("name", 100),
    lookup(
        "regardingobjectid",
        "workflow",
        navigation="regardingobjectid_process",
        collection="regardingobjectid_process",
    ),
    moment("startedon"),
    moment("completedon"),
    file("outputs"),
    text("errorcode", 4000),
    text("errormessage", 4000),
    STATE,
    choice(
        "statuscode",
        {
            0: "NotSpecified",
            1: "Paused",
            2: "Running",
            3: "Waiting",
            4: "Succeeded",
            5: "Skipped",
            6: "Suspended",
            7: "Cancelled",
            8: "Failed",
            9: "Faulted",
            10: "TimedOut",
            11: "Aborted",
            12: "Ignored",
        },
        2,
    ),
    primary_name="name",
    ownership=Ownership.USER,
    schema_name="flowsession",
    object_type_code=4720,
)

declare(
    "workqueue",
    "workqueues",
    text("name", 400),
    text("workqueuekey", 400),
    text("description", 2000),
    integer("defaultitemtimetoliveinminutes"),
    text("inputschema", 1_048_576),
    integer("itemmaxretrycount"),
    integer("itemmaxrequeuecount"),
    integer("inputschematype"),
    integer("prioritytype"),
    integer("workqueuetype"),
    *STATE_AND_STATUS,
    managed("iscustomizable"),
    *SOLUTION_AWARE,
    primary_name="name",
    ownership=Ownership.USER,
    schema_name="workqueue",
    object_type_code=10090,
)

declare(
    "workqueueitem",
    "workqueueitems",
    text("name", 400),
    text("input", 1_048_576),
    lookup("workqueueid", "workqueue", collection="workqueue_workqueueitem"),
    STATE,
    primary_name="name",
    ownership=Ownership.USER,
    schema_name="workqueueitem",
    object_type_code=10091,
)

declare(
    "tag",
    "tags",
    text("name", 100),
    primary_name="name",
    ownership=Ownership.USER,
    schema_name="tag",
    object_type_code=10092,
)

declare(
    "taggedprocess",
    "taggedprocesses",
    text("name", 100),
    lookup("process", "workflow", navigation="Process", collection="taggedprocess_Process_workflow"),
    lookup("tag", "tag", collection="taggedprocess_tag_tag"),
    primary_name="name",
    ownership=Ownership.USER,
    schema_name="taggedprocess",
    object_type_code=10093,
)
