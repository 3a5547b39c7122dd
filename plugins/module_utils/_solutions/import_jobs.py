# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The import jobs of one environment: how far an import is, and what it had to say.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from .._dataverse.jobs import FINISHED, Job, State, seconds_between
from .._dataverse.odata import any_of
from .._dataverse.rows import Row
from .._dataverse.waiter import wait_until
from .._errors import AnswerError, ApiError, NoMatchError, OperationTimeoutError
from .._packages.xml import XmlError, subtrees

if TYPE_CHECKING:
    from .._dataverse.client import DataverseClient

_COLUMNS = "importjobid,solutionname,progress,createdon,startedon,completedon"
# The row of an import is made in the same moment as its operation, or a little later.
_CLOCK_TOLERANCE = 2.0
# How long the row of a young import job may take to appear.
YOUNG_SECONDS = 20.0


@dataclasses.dataclass(frozen=True)
class ImportJob:
    """An import. ``id`` is None before it is known, ``progress`` is in percent, times are ISO 8601 in UTC.

    ``operation_id`` is the operation that carries it out, ``warnings`` and ``errors`` are texts of the platform.
    """

    id: str | None
    solution: str | None = None
    state: State = "waiting"
    progress: float = 0.0
    started_on: str | None = None
    finished_on: str | None = None
    operation_id: str | None = None
    warnings: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()

    def to_result(self) -> dict[str, Any]:
        """Return the import job as modules return it."""
        return {**dataclasses.asdict(self), "warnings": list(self.warnings), "errors": list(self.errors)}


@dataclasses.dataclass(frozen=True)
class ImportLog:
    """What the platform says of a finished import. ``passed`` is None when it does not tell."""

    passed: bool | None
    warnings: tuple[str, ...]
    errors: tuple[str, ...]


def from_api(row: Row) -> ImportJob:
    """Return a row of the table importjob in our words."""
    return ImportJob(
        id=row.guid("importjobid"),
        solution=row.optional_text("solutionname"),
        state="succeeded" if row.get("completedon") else "running",
        progress=row.percentage("progress"),
        started_on=row.optional_time("startedon"),
        finished_on=row.optional_time("completedon"),
    )


class ImportJobs:
    """The table of import jobs of one environment."""

    def __init__(self, client: DataverseClient) -> None:
        self._client = client

    def find(self, id: str) -> ImportJob | None:
        """Return an import job, or None: the row of a young import may not be there yet. Source: table importjob."""
        row = self._client.find(f"importjobs({id})", params={"$select": _COLUMNS})
        return from_api(row) if row else None

    def find_of_solution(self, names: tuple[str, ...], since: str | None) -> ImportJob | None:
        """Return the latest import job of solutions with one of the names that began at or after a time, or None."""
        rows = self._client.get(
            "importjobs",
            params={
                "$select": _COLUMNS,
                "$filter": any_of("solutionname", names),
                "$orderby": "createdon desc",
                "$top": 1,
            },
        ).rows()
        if not rows or (since and seconds_between(since, rows[0].time("createdon")) < -_CLOCK_TOLERANCE):
            return None
        return from_api(rows[0])

    def describe(self, id: str | None, operation: Job | None = None) -> ImportJob | None:
        """Return how an import stands and, once it has ended, what the platform says of it; None when it is unknown.

        The operation that carries it out knows its state best, and is all there is of an import that failed early.
        """
        job = self.find(id) if id else None
        if operation:
            job = _of_operation(job or ImportJob(id), operation)
        if job and job.id and job.state in FINISHED:
            log = self.log(job.id)
            passed = job.state if log.passed is not False else "failed"
            errors = log.errors or job.errors
            job = dataclasses.replace(job, state=passed, warnings=log.warnings, errors=errors)
        return job

    def follow(self, id: str, operation: Job | None = None) -> ImportJob:
        """Return how an import stands, after waiting some seconds for the row of a young one.

        Raises ``NoMatchError`` when there is none.
        """
        try:
            job, _seconds = wait_until(
                lambda: self.describe(id, operation),
                bool,
                clock=self._client.clock,
                timeout=YOUNG_SECONDS,
                interval=1.0,
            )
        except OperationTimeoutError as error:
            raise NoMatchError(
                f"{self._client.environment_url} has no import job {id}: take id from import_job of solution_import."
            ) from error
        return cast(ImportJob, job)

    def log(self, id: str) -> ImportLog:
        """Return what the platform says of a finished import.

        Source: Web API RetrieveSolutionImportResult (environments since 9.2.23034), else importjob, column data.
        """
        try:
            answer = self._client.function("RetrieveSolutionImportResult", ImportJobId=id)
            result = answer.row("SolutionOperationResult")
            passed = result.text("Status") == "Passed"
            return ImportLog(passed, result.texts("WarningMessages"), result.texts("ErrorMessages"))
        except AnswerError as error:
            self._client.leave_out(error)
        except ApiError as error:
            self._client.go_without(error, "What the import had to say is read from its log instead")
        return self._log_from_data(id)

    def _log_from_data(self, id: str) -> ImportLog:
        row = self._client.find(f"importjobs({id})", params={"$select": "data"})
        results = list(_results((row.optional_text("data") if row else None) or ""))
        errors = tuple(text for kind, text in results if kind == "failure")
        warnings = tuple(text for kind, text in results if kind == "warning")
        return ImportLog(passed=not errors if results else None, warnings=warnings, errors=errors)


def _of_operation(job: ImportJob, operation: Job) -> ImportJob:
    return dataclasses.replace(
        job,
        operation_id=operation.id,
        state=operation.state,
        progress=100.0 if operation.state == "succeeded" else job.progress,
        started_on=job.started_on or operation.started_on,
        finished_on=job.finished_on or operation.finished_on,
        errors=(operation.text,) if operation.state == "failed" and operation.text else (),
    )


def _results(data: str) -> Iterator[tuple[str, str]]:
    """Yield outcome (success, warning, failure) and text of each component. Source: importjob.data, element result."""
    try:
        for element in subtrees([data.encode(errors="replace")] if data else [], lambda path: path[-1] == "result"):
            text = element.get("errortext") or element.get("errorcode") or ""
            yield element.get("result", ""), text
    except XmlError:
        return
