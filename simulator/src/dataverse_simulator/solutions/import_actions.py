# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ImportSolution, StageAndUpgrade, StageSolution, DeleteAndPromote and their asynchronous forms.

Source: Web API reference of these actions; project reference on solutions, section 2.
"""

from __future__ import annotations

from typing import Any

from ..environments.context import Context
from ..environments.store import Row
from ..errors import ODataError
from ..packages.manifest import Manifest
from ..web_api.operations import action
from ..web_api.parameters import Entity, required
from . import errors as solution_errors
from . import imports, jobs, removal
from . import parameters as solution_parameters
from . import rows as solution_rows
from .import_checks import ImportMode, check, check_drafts
from .import_results import result_xml
from .imports import ImportOutcome, ImportRequest
from .job_rows import HistoryKind
from .jobs import JobRequest, JobResult

NEW, HOLDING, UPDATE, SINGLE_STEP = 1, 2, 3, 5
_STARTED = {"AsyncOperationId": "Edm.Guid", "ImportJobKey": "Edm.String"}
_PROMOTE = {"UniqueName": required("Edm.String")}


@action("ImportSolutionAsync", solution_parameters.IMPORT_ASYNC, answers=_STARTED)
def import_solution_async(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    row = jobs.start(context, _import_request(context, "ImportSolutionAsync", parameters))
    return {"AsyncOperationId": row["jobid"], "ImportJobKey": row["importjobid"]}


@action("ImportSolution", solution_parameters.IMPORT)
def import_solution(context: Context, parameters: dict[str, Any]) -> None:
    jobs.run(context, _import_request(context, "ImportSolution", parameters))


@action("StageAndUpgradeAsync", solution_parameters.UPGRADE_ASYNC, answers=_STARTED)
def stage_and_upgrade_async(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    row = jobs.start(context, _import_request(context, "StageAndUpgradeAsync", parameters))
    return {"AsyncOperationId": row["jobid"], "ImportJobKey": row["importjobid"]}


@action("StageAndUpgrade", solution_parameters.UPGRADE, answers={"SolutionId": "Edm.Guid"})
def stage_and_upgrade(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    request = _import_request(context, "StageAndUpgrade", parameters)
    jobs.run(context, request)
    assert request.solution is not None
    return {"SolutionId": solution_rows.by_name(context.store, request.solution["uniquename"])["solutionid"]}


@action("DeleteAndPromoteAsync", _PROMOTE, answers={"AsyncOperationId": "Edm.Guid"})
def delete_and_promote_async(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    return {
        "AsyncOperationId": jobs.start(context, _promote_request(context, "DeleteAndPromoteAsync", parameters))["jobid"]
    }


@action("DeleteAndPromote", _PROMOTE, answers={"SolutionId": "Edm.Guid"})
def delete_and_promote(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    jobs.run(context, _promote_request(context, "DeleteAndPromote", parameters))
    return {"SolutionId": solution_rows.by_name(context.store, parameters["UniqueName"])["solutionid"]}


@jobs.job("ImportSolution")
@jobs.job("ImportSolutionAsync")
@jobs.job("StageAndUpgrade")
@jobs.job("StageAndUpgradeAsync")
def do_import(context: Context, job: Row, parameters: dict[str, Any]) -> JobResult:
    """Import; for a single-step upgrade then promote (when that fails, both versions stay)."""
    package = solution_parameters.parse_package(job["content"])
    mode = ImportMode(**parameters["mode"])
    overrides = tuple(Entity(**item) for item in parameters["overrides"])
    outcome, settings = None, context.environment.settings
    try:
        with context.store.transaction():
            if settings.checker_blocks_imports:
                raise solution_errors.CHECKER_BLOCKS(name=package.manifest.unique_name)
            check(context.store, package, mode, refuse_lower=settings.lower_version_update_fails)
            if settings.draft_fails_import:
                check_drafts(context.store, package)
            outcome = imports.apply(
                context,
                ImportRequest(package, mode, parameters["overwrite"], overrides, as_draft=not package.manifest.managed),
            )
        if mode.upgrade:
            with context.store.transaction():
                removal.promote(context, package.manifest.unique_name)
    except ODataError as error:
        return JobResult(data=_data(job, package.manifest, outcome, error), error=error)
    return JobResult(data=_data(job, package.manifest, outcome, None))


@jobs.job("DeleteAndPromote")
@jobs.job("DeleteAndPromoteAsync")
def do_promote(context: Context, job: Row, parameters: dict[str, Any]) -> JobResult:
    removal.promote(context, parameters["UniqueName"])
    return JobResult()


def _import_request(context: Context, message: str, parameters: dict[str, Any]) -> JobRequest:
    """Check what the message itself can be wrong about; the rest is found by the job."""
    context.require_privilege("prvImportCustomization")
    solution_parameters.refuse_unmodelled(parameters)
    content = solution_parameters.package_bytes(context, parameters)
    manifest = solution_parameters.parse_package(content).manifest
    mode = ImportMode(holding=bool(parameters.get("HoldingSolution")), upgrade=message.startswith("StageAndUpgrade"))
    overrides = [
        solution_parameters.override_document(context, item) for item in parameters.get("ComponentParameters") or ()
    ]
    overwrite = parameters["OverwriteUnmanagedCustomizations"]
    installed = solution_rows.find(context.store, manifest.unique_name)
    suboperation = HOLDING if mode.holding else SINGLE_STEP if mode.upgrade else UPDATE if installed else NEW
    return JobRequest(
        message,
        {"mode": {"holding": mode.holding, "upgrade": mode.upgrade}, "overwrite": overwrite, "overrides": overrides},
        lock="Import",
        content=content,
        history=HistoryKind(0, suboperation),
        import_context=mode.context,
        import_job_id=parameters.get("ImportJobId"),
        solution={
            "uniquename": manifest.unique_name,
            "version": manifest.version,
            "ismanaged": manifest.managed,
            "overwrite": overwrite,
        },
    )


def _promote_request(context: Context, message: str, parameters: dict[str, Any]) -> JobRequest:
    context.require_privilege("prvImportCustomization")
    name = parameters["UniqueName"]
    holding = solution_rows.holding_of(context.store, name)
    return JobRequest(
        message,
        {"UniqueName": name},
        lock="Upgrade",
        history=HistoryKind(0, HOLDING),
        solution={"uniquename": name, "ismanaged": True, "version": holding["version"] if holding else None},
    )


def _data(job: Row, manifest: Manifest, outcome: ImportOutcome | None, error: ODataError | None) -> str:
    return result_xml(manifest, job["startsat"], job["endsat"], outcome, error)
