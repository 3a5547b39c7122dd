# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of running and finished jobs as the service shows them: asyncoperation, importjob, solution history.

Source: a recorded ImportSolutionAsync row (operationtype 54, dependencytoken), project reference on solutions, 3 and 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..environments.context import Context
from ..environments.environment import Environment
from ..environments.store import Row, Store, new_id
from ..errors import ODataError
from . import rows as solution_rows

READY, LOCKED, COMPLETED = 0, 2, 3
WAITING, IN_PROGRESS, SUCCEEDED, FAILED = 0, 20, 30, 31
EXECUTE_ASYNC = 54


@dataclass(frozen=True)
class HistoryKind:
    """msdyn_operation and msdyn_suboperation of a solution operation."""

    operation: int
    suboperation: int = 0


#: The one message whose name in a job was recorded.
RECORDED_NAME = "ImportSolutionAsync"


def insert_operation(context: Context, job_id: str, message: str) -> None:
    organization = context.environment.organization["organizationid"]
    plain = context.environment.settings.job_names_without_async and message != RECORDED_NAME
    context.insert(
        "asyncoperation",
        {
            "asyncoperationid": job_id,
            "name": message.removesuffix("Async"),
            "messagename": message.removesuffix("Async") if plain else message,
            "operationtype": EXECUTE_ASYNC,
            "statecode": READY,
            "statuscode": WAITING,
            "correlationid": new_id(),
            "requestid": new_id(),
            "dependencytoken": f"SolutionOperation_{{{organization}}}",
        },
    )


def insert_import_job(context: Context, import_job_id: str, solution_name: str, import_context: str) -> None:
    solution = solution_rows.find(context.store, solution_name)
    context.insert(
        "importjob",
        {
            "importjobid": import_job_id,
            "name": solution_name,
            "solutionname": solution_name,
            "progress": 0.0,
            "solutionid": solution["solutionid"] if solution else None,
            "startedon": context.clock.text(),
            "importcontext": import_context,
            "operationcontext": "SolutionImport",
            "organizationid": context.environment.organization["organizationid"],
        },
    )


def insert_history(context: Context, job_id: str, kind: HistoryKind, solution: dict[str, Any]) -> str:
    """`solution`: what is known of it (uniquename, version, ismanaged, overwrite)."""
    row = context.store.insert(
        "msdyn_solutionhistory",
        {
            "msdyn_name": solution.get("uniquename"),
            "msdyn_solutionversion": solution.get("version"),
            "msdyn_ismanaged": solution.get("ismanaged", False),
            "msdyn_isoverwritecustomizations": solution.get("overwrite", False),
            "msdyn_starttime": context.clock.text(),
            "msdyn_operation": kind.operation,
            "msdyn_suboperation": kind.suboperation,
            "msdyn_status": 0,
            "msdyn_activityid": job_id,
            "msdyn_correlationid": new_id(),
        },
    )
    return str(row["msdyn_solutionhistoryid"])


def show_progress(environment: Environment, job: Row, done: float) -> None:
    """`done` runs from 0 to 1; a job waits a moment before it is in progress."""
    store = environment.store
    row = store.get("asyncoperation", job["jobid"])
    if row and done > 0.05 and row["statuscode"] == WAITING:
        store.update(
            "asyncoperation",
            job["jobid"],
            {"statecode": LOCKED, "statuscode": IN_PROGRESS, "startedon": environment.clock.text()},
        )
    if job["importjobid"]:
        store.update("importjob", job["importjobid"], {"progress": round(min(done, 0.99) * 100, 2)})


def finish(store: Store, job: Row, seconds: float, error: ODataError | None, data: str | None = None) -> None:
    """Completed: succeeded, or failed with the error's text and signed code; `data` is the importjob's result XML."""
    now = store.clock.text()
    _finish_operation(store, job["jobid"], now, seconds, error)
    if job["importjobid"]:
        store.update("importjob", job["importjobid"], {"progress": 100.0, "completedon": now, "data": data})
    if job["historyid"]:
        outcome = {"msdyn_errorcode": str(error.number), "msdyn_exceptionmessage": error.message} if error else {}
        ended = {"msdyn_status": 1, "msdyn_endtime": now, "msdyn_totaltime": round(seconds)}
        store.update("msdyn_solutionhistory", job["historyid"], {**ended, **outcome, "msdyn_result": error is None})


def _finish_operation(store: Store, job_id: str, now: str, seconds: float, error: ODataError | None) -> None:
    row = store.get("asyncoperation", job_id)
    if row is None:  # a synchronous message has none
        return
    outcome: Row = {"statuscode": SUCCEEDED}
    if error:
        texts = {"message": error.message, "friendlymessage": error.message}
        outcome = {"statuscode": FAILED, "errorcode": error.number, **texts}
    times = {"completedon": now, "startedon": row["startedon"] or now, "executiontimespan": seconds}
    store.update("asyncoperation", job_id, {"statecode": COMPLETED, **times, **outcome})
