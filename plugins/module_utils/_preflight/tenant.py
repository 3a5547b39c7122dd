# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One environment under examination, and what several questions need to know of it, read once.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cached_property
from typing import Any

from .._dataverse.client import LARGEST_PAGE, DataverseClient
from .._dataverse.odata import any_of
from .._dataverse.rows import Request, Row
from .._dataverse.service_errors import json_object
from .._sharing.desktop_flows import DESKTOP_FLOW
from .._sharing.flow_rows import DRAFTS_TOO
from .._sharing.share_reader import EXPLICIT
from .least_role import DEPTHS

RECENT = 50
# The platform is known to write ImportSolutionAsync; of the others nobody knows whether they are told with Async.
ACTIONS = (
    "ImportSolution",
    "StageAndUpgrade",
    "DeleteAndPromote",
    "UninstallSolution",
    "ExportSolution",
    "PublishAllXml",
)


@dataclasses.dataclass(frozen=True)
class Exchange:
    """A request on a connection that stands: its seconds, the time in its middle (since 1970), and what came back."""

    seconds: float
    at: float
    date: str
    version: str


@dataclasses.dataclass(frozen=True)
class Tenant:
    """An environment, what the task's options say of it, and who is told of what goes wrong.

    ``flow`` is the name or id of a desktop flow to look at, ``team`` that of the team that it is shared with to try.
    """

    client: DataverseClient
    warn: Callable[[str], None]
    validate_certs: bool = True
    flow: str | None = None
    team: str | None = None

    @cached_property
    def exchange(self) -> Exchange:
        """One request and its time. Source: Web API function RetrieveVersion."""
        clock = self.client.clock
        begin, now = clock.monotonic(), clock.time()
        response = self.client.exchange("RetrieveVersion()")
        seconds = clock.monotonic() - begin
        attempted = "GET RetrieveVersion()"
        answer = Row(json_object(response, attempted, repeatable=True), Request(attempted))
        return Exchange(seconds, now + seconds / 2, response.headers.get("Date", ""), answer.text("Version"))

    @cached_property
    def user(self) -> Row | None:
        """The row of who asks, with security roles; by a condition, as some applications are refused the row by its id.

        Source: Web API, table ``systemusers``.
        """
        params = {
            "$select": "systemuserid,fullname,applicationid,accessmode",
            "$filter": any_of("systemuserid", [self.client.identity.guid("UserId")]),
            "$expand": "systemuserroles_association($select=name)",
        }
        return next(iter(self.client.get("systemusers", params).rows()), None)

    @cached_property
    def depths(self) -> dict[str, int]:
        """The depth of each privilege of who asks, by its id and by its name in lower case.

        Source: Web API function RetrieveUserPrivileges, bound to the user.
        """
        path = f"systemusers({self.client.identity.guid('UserId')})/Microsoft.Dynamics.CRM.RetrieveUserPrivileges"
        depths: dict[str, int] = {}
        for row in self.client.function(path).rows("RolePrivileges"):
            depth = row.one_of("Depth", DEPTHS)
            for key in (row.guid("PrivilegeId"), (row.optional_text("PrivilegeName") or "").lower()):
                depths[key] = max(depth, depths.get(key, 0))
        return depths

    @cached_property
    def flows(self) -> list[Row]:
        """All desktop flows and their drafts. Source: Web API, table ``workflows``, header MSCRM.IncludeUnpublished."""
        columns = "workflowid,name,componentstate"
        return list(self.client.list("workflows", select=columns, filter=DESKTOP_FLOW, headers=DRAFTS_TOO))

    @cached_property
    def shares(self) -> Row:
        """The first page of shares of flows of all kinds. Source: Web API, table ``principalobjectaccessset``."""
        params = {
            "$select": "objectid,objecttypecode,accessrightsmask",
            "$filter": f"objecttypecode eq 'workflow' and {EXPLICIT}",
        }
        return self.client.get("principalobjectaccessset", params, {"Prefer": f"odata.maxpagesize={LARGEST_PAGE}"})

    @cached_property
    def jobs(self) -> list[Row]:
        """The latest solution operations, by either name. Source: Web API, table ``asyncoperations``."""
        names = [f"{action}{ending}" for action in ACTIONS for ending in ("", "Async")]
        params: dict[str, Any] = {
            "$select": "asyncoperationid,messagename,statecode,createdon",
            "$filter": any_of("messagename", names),
            "$orderby": "createdon desc",
            "$top": RECENT,
        }
        return self.client.get("asyncoperations", params).rows()
