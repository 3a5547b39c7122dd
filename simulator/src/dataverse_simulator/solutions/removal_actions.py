# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""UninstallSolutionAsync and DELETE of solutions.

Source: Web API reference of UninstallSolutionAsync; project reference on solutions, section 4.
"""

from __future__ import annotations

from typing import Any

from ..environments.context import Context
from ..environments.hooks import Change, on
from ..environments.store import Row
from ..web_api.operations import action
from ..web_api.parameters import required
from . import errors as solution_errors
from . import jobs, removal
from . import rows as solution_rows
from .job_rows import HistoryKind
from .jobs import JobRequest, JobResult


@action(
    "UninstallSolutionAsync", {"SolutionUniqueName": required("Edm.String")}, answers={"AsyncOperationId": "Edm.Guid"}
)
def uninstall_solution_async(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    context.require_privilege("prvImportCustomization")
    solution = solution_rows.by_name(context.store, parameters["SolutionUniqueName"])
    return {"AsyncOperationId": jobs.start(context, _request("UninstallSolutionAsync", solution))["jobid"]}


@on("delete", "solution", stage="instead")
def delete_solution(context: Context, change: Change) -> None:
    assert change.row is not None
    jobs.run(context, _request("UninstallSolution", change.row))


@jobs.job("UninstallSolution")
@jobs.job("UninstallSolutionAsync")
def do_uninstall(context: Context, job: Row, parameters: dict[str, Any]) -> JobResult:
    solution = solution_rows.by_name(context.store, parameters["SolutionUniqueName"])
    if solution["uniquename"] in solution_rows.SYSTEM_SOLUTIONS:
        raise solution_errors.SYSTEM_SOLUTION_STAYS()
    removal.uninstall(context, solution)
    return JobResult()


def _request(message: str, solution: Row) -> JobRequest:
    name = solution["uniquename"]
    return JobRequest(
        message,
        {"SolutionUniqueName": name},
        lock="Uninstall",
        history=HistoryKind(1),
        solution={key: solution[key] for key in ("uniquename", "version", "ismanaged")},
    )
