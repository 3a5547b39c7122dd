# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The long-running solution operations of one environment: which there are, whose they are, and how they stand.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from .._errors import ApiError
from .odata import any_of
from .service_errors import platform_code

if TYPE_CHECKING:
    from .client import DataverseClient

State = Literal["waiting", "running", "succeeded", "failed", "canceled"]

FINISHED = frozenset({"succeeded", "failed", "canceled"})

# Source: table asyncoperation, columns statecode and statuscode.
_COMPLETED = 3
_WAITING = frozenset({0, 10})
_OUTCOMES: dict[int, State] = {30: "succeeded", 31: "failed", 32: "canceled"}

# The operations that exclude each other, by action (messagename): an import carries operationtype 54 like all others.
IMPORT = "ImportSolutionAsync"
UPGRADE = "StageAndUpgradeAsync"
PROMOTION = "DeleteAndPromoteAsync"
REMOVAL = "UninstallSolutionAsync"
PUBLICATION = "PublishAllXmlAsync"
VERBS = {
    IMPORT: "import",
    UPGRADE: "upgrade",
    PROMOTION: "promotion",
    REMOVAL: "removal",
    PUBLICATION: "publication",
}
# Source: table msdyn_solutionhistory, column msdyn_operation.
_HISTORY_VERBS = {0: "import", 1: "removal", 2: "export", 3: "publication", 4: "publication"}
_EXCLUSIVE_HISTORY = frozenset({0, 1, 3, 4})
_HISTORY_COMPLETED = 1

_COLUMNS = (
    "asyncoperationid,name,messagename,statecode,statuscode,message,friendlymessage,errorcode,"
    "createdon,startedon,completedon,_ownerid_value"
)
_HISTORY_COLUMNS = (
    "msdyn_solutionhistoryid,msdyn_uniquename,msdyn_solutionversion,msdyn_operation,msdyn_status,"
    "msdyn_starttime,msdyn_activityid"
)
_RECENT = 50


@dataclasses.dataclass(frozen=True)
class Job:
    """An operation in the environment. ``code`` is the platform's code as ``0x80048541``; times are ISO 8601 in UTC."""

    id: str
    action: str
    state: State
    code: str | None = None
    text: str | None = None
    created_on: str | None = None
    started_on: str | None = None
    finished_on: str | None = None
    owner_id: str | None = None

    @property
    def finished(self) -> bool:
        """Whether the platform is done with it, well or not."""
        return self.state in FINISHED


@dataclasses.dataclass(frozen=True)
class HistoryEntry:
    """What the solution history says of one operation."""

    id: str
    job_id: str | None
    solution: str
    version: str | None
    verb: str
    exclusive: bool
    running: bool
    started_on: str | None


def job_from_api(row: dict[str, Any]) -> Job:
    """Return a row of the table asyncoperation in our words."""
    if row["statecode"] == _COMPLETED:
        state = _OUTCOMES.get(row["statuscode"], "failed")
    else:
        state = "waiting" if row["statuscode"] in _WAITING else "running"
    return Job(
        id=row["asyncoperationid"],
        action=row.get("messagename") or row.get("name") or "",
        state=state,
        code=platform_code(row.get("errorcode")),
        text=row.get("friendlymessage") or row.get("message"),
        created_on=row.get("createdon"),
        started_on=row.get("startedon"),
        finished_on=row.get("completedon"),
        owner_id=row.get("_ownerid_value"),
    )


def history_from_api(row: dict[str, Any]) -> HistoryEntry:
    """Return a row of the virtual table msdyn_solutionhistory in our words."""
    operation: int = row["msdyn_operation"]
    return HistoryEntry(
        id=row["msdyn_solutionhistoryid"],
        job_id=(row.get("msdyn_activityid") or "").lower() or None,
        solution=row.get("msdyn_uniquename") or "",
        version=row.get("msdyn_solutionversion"),
        verb=_HISTORY_VERBS.get(operation, "operation"),
        exclusive=operation in _EXCLUSIVE_HISTORY,
        running=row.get("msdyn_status") != _HISTORY_COMPLETED,
        started_on=row.get("msdyn_starttime"),
    )


def seconds_between(earlier: str, later: str) -> float:
    """Return the seconds from one ISO 8601 time to another."""
    return (_time(later) - _time(earlier)).total_seconds()


def _time(text: str) -> datetime:
    # Python 3.10 does not read the Z that the platform writes.
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


class Jobs:
    """The solution operations of one environment."""

    def __init__(self, client: DataverseClient) -> None:
        self._client = client

    def find(self, id: str) -> Job | None:
        """Return an operation, or None when its row does not show. Source: table asyncoperation."""
        row = self._client.find(f"asyncoperations({id})", params={"$select": _COLUMNS})
        return job_from_api(row) if row else None

    def recent(self, actions: Collection[str] = tuple(VERBS)) -> list[Job]:
        """Return the latest operations that exclude each other, the newest first, running and finished ones."""
        answer = self._client.get(
            "asyncoperations",
            params={
                "$select": _COLUMNS,
                "$filter": any_of("messagename", actions),
                "$orderby": "createdon desc",
                "$top": _RECENT,
            },
        )
        return [job_from_api(row) for row in answer["value"]]

    def history(self) -> list[HistoryEntry]:
        """Return the latest entries of the solution history, the newest first; none when it cannot be read.

        The virtual table takes no conditions, so callers choose. It only adds names to what is known otherwise:
        without the right to read it the names are missing.
        """
        try:
            answer = self._client.get(
                "msdyn_solutionhistories",
                params={"$select": _HISTORY_COLUMNS, "$orderby": "msdyn_starttime desc", "$top": _RECENT},
            )
        except ApiError:
            return []
        return [history_from_api(row) for row in answer["value"]]

    def person(self, id: str | None) -> str | None:
        """Return the name of a user for messages, or None. Source: table systemuser."""
        row = self._client.find(f"systemusers({id})", params={"$select": "fullname"}) if id else None
        return row["fullname"] if row else None
