# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs: solution operations that take time, on the clock of the simulator.

A job is a row of the internal table `_job`; nothing of it lives in memory, so that a simulator that was killed goes on
with it at its next start. Its effects happen in one transaction at the moment it is due, or not at all.
Source: project reference on solutions, sections 3 and 6.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..environments import schema
from ..environments.context import Context
from ..environments.environment import Environment
from ..environments.store import Row, new_id
from ..errors import SOLUTION_CONCURRENCY, ODataError
from . import job_rows
from .errors import IMPORT_FAILED
from .job_rows import HistoryKind

RUNNING, DONE = "running", "done"
LOCK_TEXT = (
    "The solution installation or removal failed due to the installation or removal of another solution at the "
    "same time. Please try again later."
)
_WITHOUT_CONTENT = [name for name in schema.table("_job").columns if name != "content"]


@dataclass
class JobResult:
    """What a finished job leaves: the importjob's XML, a file to download, or an error although work was done."""

    data: str | None = None
    content: bytes | None = None
    error: ODataError | None = None


Work = Callable[[Context, Row, dict[str, Any]], JobResult]
_works: dict[str, Work] = {}


@dataclass
class JobRequest:
    """A job to start. `lock`: the operation's name for the lock (None: takes none); `solution`: for the history."""

    message: str
    parameters: dict[str, Any]
    lock: str | None = None
    content: bytes | None = None
    history: HistoryKind | None = None
    solution: dict[str, Any] | None = None
    import_context: str = ""
    import_job_id: str | None = None


def job(message: str) -> Callable[[Work], Work]:
    """Declare what a job of this message does when it is due."""

    def decorate(work: Work) -> Work:
        _works[message] = work
        return work

    return decorate


def require_free(environment: Environment) -> None:
    """:raises ODataError: 429 0x80071151 without Retry-After while another solution operation runs."""
    if locked(environment):
        raise ODataError(429, SOLUTION_CONCURRENCY, LOCK_TEXT)


def locked(environment: Environment) -> bool:
    running = environment.store.find("_job", columns=["lockname"], state=RUNNING)
    return any(row["lockname"] for row in running)


def start(context: Context, request: JobRequest) -> Row:
    """Accept a job; its row (`jobid` is the asyncoperationid)."""
    environment = context.environment
    struck = environment.tenant.faults.take_job(environment.name, request.message)
    fault = {"kind": struck.kind, "code": struck.code, "message": struck.message} if struck else None
    if request.lock and locked(environment):
        if not environment.settings.lock_shows_as_failed_job:
            raise ODataError(429, SOLUTION_CONCURRENCY, LOCK_TEXT)
        fault = {"kind": "job_fails", "code": SOLUTION_CONCURRENCY, "message": LOCK_TEXT}
        request.lock = None
    row = _insert(context, request, fault)
    job_rows.insert_operation(context, row["jobid"], request.message)
    return row


def run(context: Context, request: JobRequest) -> JobResult:
    """Do the work of a synchronous message at once, with the same traces but (unless a switch says so) for the
    asyncoperation.

    :raises ODataError: as the job would fail.
    """
    if request.lock:
        require_free(context.environment)
    row = _insert(context, request, None)
    if context.environment.settings.synchronous_messages_leave_jobs:
        job_rows.insert_operation(context, row["jobid"], request.message)
    result = _complete(context.environment, row)
    if result.error:
        raise result.error
    return result


def _insert(context: Context, request: JobRequest, fault: dict[str, Any] | None) -> Row:
    now = context.clock.time()
    job_id = new_id()
    import_job_id = None
    if request.import_context:
        import_job_id = request.import_job_id or new_id()
        name = (request.solution or {})["uniquename"]
        job_rows.insert_import_job(context, import_job_id, name, request.import_context)
    history_id = None
    if request.history:
        history_id = job_rows.insert_history(context, job_id, request.history, request.solution or {})
    return context.store.insert(
        "_job",
        {
            "jobid": job_id,
            "kind": request.message,
            "state": RUNNING,
            "userid": context.user_id,
            "importjobid": import_job_id,
            "historyid": history_id,
            "exportjobid": new_id(),
            "lockname": request.lock,
            "startsat": now,
            "endsat": now + context.environment.settings.job_seconds,
            "parameters": json.dumps(request.parameters),
            "content": request.content,
            "fault": json.dumps(fault) if fault else None,
        },
    )


def settle(environment: Environment) -> None:
    """Move every running job on, its progress or its end, as the clock stands; the environment's lock is held.

    Called before each request and when the clock was moved.
    """
    with environment.store.transaction():
        for row in environment.store.find("_job", columns=_WITHOUT_CONTENT, state=RUNNING):
            _settle(environment, row)


def _settle(environment: Environment, row: Row) -> None:
    fault = json.loads(row["fault"]) if row["fault"] else {}
    elapsed = environment.clock.time() - row["startsat"]
    duration = max(row["endsat"] - row["startsat"], 0.001)
    if fault.get("kind") == "job_disappears" and elapsed >= duration / 2:
        _vanish(environment, row)
    elif elapsed < duration or fault.get("kind") == "job_hangs":
        done = min(elapsed / duration, 0.5) if fault.get("kind") == "job_hangs" else elapsed / duration
        job_rows.show_progress(environment, row, done)
    else:
        _complete(environment, row)


def _complete(environment: Environment, row: Row) -> JobResult:
    """Do the job's work, all of it or nothing, and write down how it ended."""
    store = environment.store
    user = store.get("systemuser", row["userid"])
    assert user is not None
    try:
        with store.transaction():
            _raise_fault(row)
            full = store.get("_job", row["jobid"])
            assert full is not None
            result = _works[row["kind"]](Context(environment, user), full, json.loads(row["parameters"]))
    except ODataError as error:
        result = JobResult(error=error)
    job_rows.finish(store, row, row["endsat"] - row["startsat"], result.error, result.data)
    store.update("_job", row["jobid"], {"state": DONE, "content": result.content})
    return result


def _raise_fault(row: Row) -> None:
    fault = json.loads(row["fault"]) if row["fault"] else {}
    if fault.get("kind") == "job_fails":
        raise ODataError(400, fault["code"] or IMPORT_FAILED.code, fault["message"] or IMPORT_FAILED.text)


def _vanish(environment: Environment, row: Row) -> None:
    store = environment.store
    store.delete("asyncoperation", row["jobid"])
    if row["importjobid"]:
        store.delete("importjob", row["importjobid"])
    store.update("_job", row["jobid"], {"state": DONE, "content": None})
