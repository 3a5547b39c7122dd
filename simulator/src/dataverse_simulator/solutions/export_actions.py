# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ExportSolution, ExportSolutionAsync, DownloadSolutionExportData.

Source: Web API reference of these actions; project reference on solutions, section 1.
"""

from __future__ import annotations

import base64
from typing import Any

from ..environments.context import Context
from ..environments.store import Row
from ..web_api.operations import action
from ..web_api.parameters import required
from . import errors as solution_errors
from . import exports, jobs
from . import parameters as solution_parameters
from . import rows as solution_rows
from .job_rows import HistoryKind
from .jobs import JobRequest, JobResult

_FILE = {"ExportSolutionFile": "Edm.Binary"}


@action("ExportSolution", solution_parameters.EXPORT, answers=_FILE, writes=False)
def export_solution(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    result = jobs.run(context, _request(context, "ExportSolution", parameters))
    assert result.content is not None
    return {"ExportSolutionFile": base64.b64encode(result.content).decode()}


@action(
    "ExportSolutionAsync",
    solution_parameters.EXPORT,
    answers={"AsyncOperationId": "Edm.Guid", "ExportJobId": "Edm.Guid"},
    writes=False,
)
def export_solution_async(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    row = jobs.start(context, _request(context, "ExportSolutionAsync", parameters))
    return {"AsyncOperationId": row["jobid"], "ExportJobId": row["exportjobid"]}


@action("DownloadSolutionExportData", {"ExportJobId": required("Edm.Guid")}, answers=_FILE, writes=False)
def download_solution_export_data(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    row = context.store.first("_job", exportjobid=parameters["ExportJobId"], kind="ExportSolutionAsync")
    if row is None or row["state"] != jobs.DONE or row["content"] is None:
        raise solution_errors.EXPORT_NOT_THERE(job=parameters["ExportJobId"])
    return {"ExportSolutionFile": base64.b64encode(row["content"]).decode()}


@jobs.job("ExportSolution")
@jobs.job("ExportSolutionAsync")
def do_export(context: Context, job: Row, parameters: dict[str, Any]) -> JobResult:
    return JobResult(content=exports.export(context.store, parameters["name"], managed=parameters["managed"]))


def _request(context: Context, message: str, parameters: dict[str, Any]) -> JobRequest:
    context.require_privilege("prvExportCustomization")
    solution_parameters.refuse_unmodelled(parameters)
    name = parameters["SolutionName"]
    solution = solution_rows.find(context.store, name) or {"uniquename": name}
    lock = "Export" if context.environment.settings.export_takes_lock else None
    return JobRequest(
        message,
        {"name": name, "managed": parameters["Managed"]},
        lock=lock,
        history=HistoryKind(2),
        solution={key: solution.get(key) for key in ("uniquename", "version", "ismanaged")},
    )
