# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asynchronous operations, import jobs and uploads of solutions.

Source: reference/entities/{asyncoperation,importjob}.md of MicrosoftDocs/powerapps-docs.
"""

from __future__ import annotations

from ..schema import READ_ONLY, Ownership, blob, choice, declare, double, flag, guid, integer, lookup, moment, text

OPERATION_TYPE = {
    1: "System Event",
    10: "Workflow",
    54: "Execute Async Request",
    100: "Cascade FlowSession Permissions",
    101: "Update Modern Flow",
    202: "Export Solution",
    203: "Import Solution",
    204: "Publish All",
    207: "Delete And Promote",
    208: "Uninstall Solution",
    211: "Stage And Upgrade",
}
STATE = {0: "Ready", 1: "Suspended", 2: "Locked", 3: "Completed"}
STATUS = {
    0: "Waiting For Resources",
    10: "Waiting",
    20: "In Progress",
    21: "Pausing",
    22: "Canceling",
    30: "Succeeded",
    31: "Failed",
    32: "Canceled",
}

declare(
    "asyncoperation",
    "asyncoperations",
    text("name", 256),
    text("messagename", 160, read_only=True),
    choice("operationtype", OPERATION_TYPE, read_only=True),
    choice("statecode", STATE, 0),
    choice("statuscode", STATUS, 0),
    text("message", 1_073_741_823, read_only=True),
    text("friendlymessage", 5000),
    integer("errorcode", read_only=True),
    moment("startedon", read_only=True),
    moment("completedon", read_only=True),
    moment("postponeuntil"),
    integer("retrycount", read_only=True, default=0),
    guid("correlationid", read_only=True),
    guid("requestid", read_only=True),
    text("data", 1_073_741_823),
    text("dependencytoken", 256),
    text("primaryentitytype", 128, read_only=True),
    integer("depth", read_only=True, default=1),
    double("executiontimespan", read_only=True),
    primary_name="name",
    ownership=Ownership.USER,
    messages=READ_ONLY | {"Update", "Delete"},
    versioned=False,
    schema_name="AsyncOperation",
    object_type_code=4700,
    privilege_name="AsyncOperation",
)

declare(
    "importjob",
    "importjobs",
    text("name", 256, read_only=True),
    text("solutionname", 256, read_only=True),
    guid("solutionid", read_only=True),
    text("data", 1_073_741_823, read_only=True),
    double("progress", read_only=True, default=0.0),
    moment("startedon", read_only=True),
    moment("completedon", read_only=True),
    text("importcontext", 256, read_only=True),
    text("operationcontext", 256, read_only=True),
    lookup("organizationid", "organization", read_only=True),
    primary_name="name",
    messages=READ_ONLY | {"Delete"},
    versioned=False,
    schema_name="ImportJob",
    object_type_code=9107,
)

declare(
    "stagesolutionupload",
    "stagesolutionuploads",
    text("name", 256),
    text("solutionuniquename", 256),
    blob("solutionfile", internal=True),
    flag("validated", internal=True),
    primary_name="name",
    ownership=Ownership.USER,
    messages=READ_ONLY | {"Delete"},
    schema_name="StageSolutionUpload",
    object_type_code=10110,
)
