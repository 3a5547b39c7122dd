# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Showing import jobs: how far they are, what they had to say, also on environments of an older version."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._solutions import import_jobs as _import_jobs
from ansible_collections.coe.power_platform.plugins.modules import import_job_info, solution_import
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.solution_scenes import NAME, put, release

UNKNOWN = "00000000-0000-4000-8000-00000000dead"


@pytest.fixture
def test(simulator: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    # Rows show at once, since no test shall wait for a young one long.
    simulator.environment("test").settings.change({"job_seconds": 0.05, "import_job_visible_after": 0.0})
    monkeypatch.setattr(_import_jobs, "YOUNG_SECONDS", 0.5)
    return simulator


def import_job(run_module: Any, simulator: Any, folder: pathlib.Path) -> dict[str, Any]:
    package = release(folder, "1.0.0.0")
    result = run_module(solution_import, **simulator.connection("test"), src=package)
    job: dict[str, Any] = result["import_job"]
    return job


def show(run_module: Any, simulator: Any, **options: Any) -> dict[str, Any]:
    result: dict[str, Any] = run_module(import_job_info, **simulator.connection("test"), **options)
    return result


def test_a_finished_import_is_described(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    job = import_job(run_module, test, tmp_path)
    shown = show(run_module, test, id=job["id"], operation_id=job["operation_id"])
    assert not shown["changed"]
    assert shown["import_job"] == job
    assert job["solution"] == NAME
    assert job["state"] == "succeeded"
    assert job["progress"] == 100.0
    assert job["started_on"] <= job["finished_on"]
    assert show(run_module, test, id=job["id"])["import_job"] == {**job, "operation_id": None}


def test_an_import_that_failed_early_is_told_by_its_operation(
    test: Any, run_module: Any, tmp_path: pathlib.Path
) -> None:
    test.add_fault({"kind": "job_fails", "operation": "ImportSolutionAsync", "message": "It did not go."})
    package = release(tmp_path, "1.0.0.0")
    started = run_module(solution_import, **test.connection("test"), src=package, wait=False)["import_job"]
    test.advance(5)
    shown = show(run_module, test, id=started["id"], operation_id=started["operation_id"])["import_job"]
    assert shown["state"] == "failed"
    assert any("It did not go." in error for error in shown["errors"])
    assert show(run_module, test, id=started["id"])["import_job"]["state"] == "failed"


def test_an_older_environment_is_read_by_its_data(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    put(test, "test", release(tmp_path, "0.9.0.0"))
    job = import_job(run_module, test, tmp_path)
    test.add_fault({"kind": "error", "status": 501, "path": "RetrieveSolutionImportResult", "count": 9})
    shown = show(run_module, test, id=job["id"], operation_id=job["operation_id"])
    assert shown["import_job"] == job
    (warning,) = shown["warnings"]
    assert warning.startswith("What the import had to say is read from its log instead: GET RetrieveSolutionImportRes")


def test_a_malformed_question_for_the_result_is_an_error(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    job = import_job(run_module, test, tmp_path)
    test.add_fault({"kind": "error", "status": 400, "path": "RetrieveSolutionImportResult", "count": 9})
    failed = show(run_module, test, id=job["id"], operation_id=job["operation_id"])
    assert failed["failed"]
    assert "GET RetrieveSolutionImportResult" in failed["msg"]


def test_an_unknown_job_is_a_failure(test: Any, run_module: Any) -> None:
    failed = show(run_module, test, id=UNKNOWN)
    assert failed["failed"]
    assert UNKNOWN in failed["msg"]


@pytest.mark.parametrize("options", [{"id": "abc"}, {"id": ""}, {"id": UNKNOWN, "operation_id": "abc"}])
def test_what_is_no_id_is_refused_before_anything_is_sent(test: Any, run_module: Any, options: dict[str, str]) -> None:
    failed = show(run_module, test, **options)
    assert failed["failed"]
    assert "is no id" in failed["msg"]
    assert test.journal("test") == []
