# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The long-running solution operations of one environment: which there are, whose they are, and how they stand.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from typing import TYPE_CHECKING, Literal

from .._errors import AnswerError, ApiError, PowerPlatformError
from .odata import any_of
from .rows import Row, moment

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
# Only of imports it is known that their jobs bear the name with Async; those of the others may go without.
_ASYNC = "Async"
# Source: table msdyn_solutionhistory, column msdyn_operation.
_HISTORY_VERBS = {0: "import", 1: "removal", 2: "export", 3: "publication", 4: "publication"}
_EXCLUSIVE_HISTORY = frozenset({0, 1, 3, 4})
_HISTORY_COMPLETED = 1

_COLUMNS = (
    "asyncoperationid,name,messagename,statecode,statuscode,message,friendlymessage,errorcode,"
    "createdon,startedon,completedon,_ownerid_value"
)
_HISTORY_COLUMNS = (
    "msdyn_solutionhistoryid,msdyn_name,msdyn_solutionversion,msdyn_operation,msdyn_status,"
    "msdyn_starttime,msdyn_activityid"
)
_RECENT = 50
NO_HISTORY = (
    "The solution history could not be read, so that running operations go without the names of their solutions, and a"
    " promotion or removal of an interrupted run is not recognized"
)


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


def job_from_api(row: Row) -> Job:
    """Return a row of the table asyncoperation in our words."""
    status = row.number("statuscode")
    if row.number("statecode") == _COMPLETED:
        state = _OUTCOMES.get(status, "failed")
    else:
        state = "waiting" if status in _WAITING else "running"
    return Job(
        id=row.guid("asyncoperationid"),
        action=_action(row.optional_text("messagename") or row.optional_text("name") or ""),
        state=state,
        code=row.error_code("errorcode"),
        text=row.optional_text("friendlymessage") or row.optional_text("message"),
        created_on=row.optional_time("createdon"),
        started_on=row.optional_time("startedon"),
        finished_on=row.optional_time("completedon"),
        owner_id=row.optional_guid("_ownerid_value"),
    )


def _action(message: str) -> str:
    """Return the action of a job that bears the name of a message, with or without Async."""
    return message if message in VERBS or message + _ASYNC not in VERBS else message + _ASYNC


def history_from_api(row: Row) -> HistoryEntry:
    """Return a row of the virtual table msdyn_solutionhistory in our words."""
    operation = row.number("msdyn_operation")
    return HistoryEntry(
        id=row.guid("msdyn_solutionhistoryid"),
        job_id=row.optional_guid("msdyn_activityid"),
        solution=row.optional_text("msdyn_name") or "",
        version=row.version("msdyn_solutionversion") if row.get("msdyn_solutionversion") else None,
        verb=_HISTORY_VERBS.get(operation, "operation"),
        exclusive=operation in _EXCLUSIVE_HISTORY,
        running=row.number("msdyn_status") != _HISTORY_COMPLETED,
        started_on=row.optional_time("msdyn_starttime"),
    )


def seconds_between(earlier: str, later: str) -> float:
    """Return the seconds from one ISO 8601 time to another."""
    return (moment(later) - moment(earlier)).total_seconds()


class Jobs:
    """The solution operations of one environment."""

    def __init__(self, client: DataverseClient) -> None:
        self._client = client

    def find(self, id: str) -> Job | None:
        """Return an operation, or None when its row does not show. Source: table asyncoperation."""
        row = self._client.find(f"asyncoperations({id})", params={"$select": _COLUMNS})
        return job_from_api(row) if row else None

    def recent(self, actions: Collection[str] = tuple(VERBS)) -> list[Job]:
        """Return the latest operations that exclude each other, the newest first, running and finished ones.

        A row that cannot be read is left out only when it tells that its operation has ended: any other may be running.
        """
        answer = self._client.get(
            "asyncoperations",
            params={
                "$select": _COLUMNS,
                "$filter": any_of("messagename", [name for it in actions for name in (it, it.removesuffix(_ASYNC))]),
                "$orderby": "createdon desc",
                "$top": _RECENT,
            },
        )
        return [job for job in map(self._read, answer.rows()) if job]

    def _read(self, row: Row) -> Job | None:
        try:
            return job_from_api(row)
        except AnswerError as error:
            if row.get("statecode") != _COMPLETED:
                raise
            self._client.leave_out(error)
            return None

    def history(self) -> list[HistoryEntry]:
        """Return the latest entries of the solution history, the newest first; none for who may not read it.

        The virtual table takes no conditions, so callers choose. It adds names to what is known otherwise.
        """
        try:
            answer = self._client.get(
                "msdyn_solutionhistories",
                params={"$select": _HISTORY_COLUMNS, "$orderby": "msdyn_starttime desc", "$top": _RECENT},
            )
        except ApiError as error:
            self._client.go_without(error, NO_HISTORY)
            return []
        return list(self._client.read_each(history_from_api, answer.rows()))

    def person(self, id: str | None) -> str | None:
        """Return the name of a user for messages, or None when it cannot be had.

        Source: table systemuser, with a condition: some applications are refused the row by its id (403).
        """
        if id is None:
            return None
        params = {"$select": "fullname", "$filter": f"systemuserid eq {id}"}
        try:
            rows = self._client.get("systemusers", params=params).rows()
            return rows[0].optional_text("fullname") if rows else None
        except PowerPlatformError as error:
            self._client.go_without(error, "Whose operation is running could not be told", cosmetic=True)
            return None
