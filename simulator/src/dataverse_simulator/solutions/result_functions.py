# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RetrieveSolutionImportResult and RetrieveFormattedImportJobResults, and the sight of import jobs.

Source: Web API reference of these functions; project reference on solutions, 2.8 and 3.
"""

from __future__ import annotations

from typing import Any

from ..environments.context import Context
from ..environments.hooks import Change, on
from ..environments.store import Row
from ..errors import not_found
from ..tenant.clock import from_text
from ..web_api.operations import function
from ..web_api.parameters import required
from .import_results import formatted, operation_result

_JOB = {"ImportJobId": required("Edm.Guid")}


@function("RetrieveSolutionImportResult", _JOB, answers={"SolutionOperationResult": "mscrm.SolutionOperationResult"})
def retrieve_solution_import_result(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    return {"SolutionOperationResult": operation_result(_import_job(context, parameters)["data"])}


@function("RetrieveFormattedImportJobResults", _JOB, answers={"FormattedResults": "Edm.String"})
def retrieve_formatted_import_job_results(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    return {"FormattedResults": formatted(_import_job(context, parameters)["data"])}


@on("query", "importjob")
def hide_young_import_job(context: Context, change: Change) -> None:
    """An importjob may answer 404 for a while after its start (switch `import_job_visible_after`, seconds)."""
    if change.row is None:
        return
    row = context.store.get("importjob", change.row["importjobid"])
    if row and _age(context, row) < context.environment.settings.import_job_visible_after:
        raise not_found("ImportJob", row["importjobid"])


def _import_job(context: Context, parameters: dict[str, Any]) -> Row:
    row = context.store.get("importjob", parameters["ImportJobId"])
    if row is None:
        raise not_found("ImportJob", parameters["ImportJobId"])
    return row


def _age(context: Context, row: Row) -> float:
    return (context.clock.now() - from_text(row["createdon"])).total_seconds()
