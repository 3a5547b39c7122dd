# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Never twice, and in turn: joining, waiting for others, lost replies, time-outs, and what the result says of them."""

from __future__ import annotations

import concurrent.futures
import pathlib
from typing import Any

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._dataverse.jobs import Jobs
from ansible_collections.coe.power_platform.plugins.module_utils._dataverse.service_errors import remedy
from ansible_collections.coe.power_platform.plugins.module_utils._work import Work, perform
from ansible_collections.coe.power_platform.plugins.modules import import_job_info, solution_import
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.solution_scenes import (
    NAME,
    accepted,
    after_the_end_of_jobs,
    put,
    release,
    writes,
)

POST = "ImportSolutionAsync"


@pytest.fixture
def test(simulator: Any) -> Any:
    """The environment test with quick jobs."""
    simulator.environment("test").settings.job_seconds = 0.05
    return simulator


def slow(simulator: Any, seconds: float) -> None:
    simulator.environment("test").settings.job_seconds = seconds


def task(simulator: Any, src: str, **options: Any) -> dict[str, Any]:
    return {**simulator.connection("test"), "src": src, **options}


def other(folder: pathlib.Path) -> str:
    """Return a package of another solution."""
    from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.package_maker import (
        DesktopFlow,
        flow_id,
        package_files,
        write_package,
    )

    files = package_files([DesktopFlow(flow_id(9), "Other flow")], version="4.0.0.0", unique_name="Other")
    return write_package(folder / "Other.zip", files)


def test_a_second_run_joins_the_import_of_the_first(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    slow(test, 1.5)
    package = release(tmp_path, "1.0.0.0")
    started = run_module(solution_import, **task(test, package, wait=False))
    joined = run_module(solution_import, **task(test, package))
    assert started["import_job"]["state"] in ("waiting", "running")
    assert not started["joined"]
    assert joined["joined"]
    assert joined["changed"]
    assert joined["operation"] == "install"
    assert joined["import_job"]["id"] == started["import_job"]["id"]
    assert joined["import_job"]["operation_id"] == started["import_job"]["operation_id"]
    assert joined["solution"]["version"] == "1.0.0.0"
    assert accepted(test, "test", POST) == 1


def test_force_does_not_repeat_the_import_that_was_joined(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    put(test, "test", release(tmp_path, "1.0.0.0"))
    slow(test, 1.5)
    package = release(tmp_path, "1.0.0.0")
    run_module(solution_import, **task(test, package, force=True, wait=False))
    joined = run_module(solution_import, **task(test, package, force=True))
    assert joined["joined"]
    assert joined["operation"] == "update"
    assert accepted(test, "test", POST) == 1


def test_an_import_is_joined_without_the_solution_history(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    slow(test, 1.5)
    package = release(tmp_path, "1.0.0.0")
    run_module(solution_import, **task(test, package, wait=False))
    test.add_fault({"kind": "error", "status": 403, "path": "msdyn_solutionhistories", "count": 99})
    joined = run_module(solution_import, **task(test, package))
    assert joined["joined"]
    assert accepted(test, "test", POST) == 1
    (warning,) = joined["warnings"]
    assert warning.startswith("The solution history could not be read, so that running operations go without the names")


def test_a_malformed_question_for_the_history_is_an_error(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    slow(test, 1.5)
    package = release(tmp_path, "1.0.0.0")
    run_module(solution_import, **task(test, package, wait=False))
    test.add_fault({"kind": "error", "status": 400, "path": "msdyn_solutionhistories", "count": 99})
    failed = run_module(solution_import, **task(test, package))
    assert failed["failed"]
    assert "GET msdyn_solutionhistories" in failed["msg"]


@pytest.mark.parametrize("status", [400, 403, 500])
def test_whose_operation_it_is_stops_no_import(test: Any, run_module: Any, tmp_path: pathlib.Path, status: int) -> None:
    slow(test, 3)
    run_module(solution_import, **task(test, other(tmp_path), wait=False))
    test.add_fault({"kind": "error", "status": status, "path": "systemusers", "count": 99})
    done = run_module(solution_import, **task(test, release(tmp_path, "1.0.0.0")))
    assert done["solution"]["version"] == "1.0.0.0"
    (warning,) = done["warnings"]
    assert warning.startswith("Whose operation is running could not be told: GET systemusers")


def test_whose_operation_it_is_is_asked_by_a_condition(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    slow(test, 3)
    run_module(solution_import, **task(test, other(tmp_path), wait=False))
    test.add_fault({"kind": "error", "status": 403, "path": r"systemusers\(", "count": 99})
    done = run_module(solution_import, **task(test, release(tmp_path, "1.0.0.0"), lock_timeout=100))
    assert done["warnings"] == []
    assert any("systemuserid" in entry.query for entry in test.journal("test", path="systemusers"))


def test_an_import_that_ends_while_the_next_run_plans_is_not_repeated(
    test: Any, run_module: Any, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(test, "test", release(tmp_path, "1.0.0.0"))
    slow(test, 1.0)
    package = release(tmp_path, "2.0.0.0")
    run_module(solution_import, **task(test, package, import_mode="upgrade", wait=False))
    monkeypatch.setattr(Jobs, "recent", after_the_end_of_jobs(Jobs.recent, test))
    again = run_module(solution_import, **task(test, package, import_mode="upgrade"))
    assert again["operation"] == "none"
    assert not again["changed"]
    assert accepted(test, "test", "StageAndUpgradeAsync") == 1


def test_another_version_of_the_same_solution_is_not_joined(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    slow(test, 1.0)
    run_module(solution_import, **task(test, release(tmp_path, "1.0.0.0"), wait=False))
    slow(test, 0.05)
    done = run_module(solution_import, **task(test, release(tmp_path, "2.0.0.0")))
    assert not done["joined"]
    assert done["operation"] == "update"
    assert done["solution"]["previous_version"] is None
    assert accepted(test, "test", POST) == 2


@pytest.mark.usefixtures("real_time")
def test_two_runs_at_the_same_moment_import_once(test: Any, tmp_path: pathlib.Path) -> None:
    slow(test, 0.5)
    specification = solution_import.MODULE.validation()["argument_spec"]
    defaults = {name: option.get("default") for name, option in specification.items()}
    options = {**defaults, **task(test, release(tmp_path, "1.0.0.0"))}
    with concurrent.futures.ThreadPoolExecutor() as pool:
        runs = [pool.submit(perform, solution_import.MODULE, Work(dict(options))) for _number in range(3)]
        results = [run.result().result for run in runs]
    assert [result.get("msg") for result in results] == [None] * 3
    assert {result["solution"]["version"] for result in results} == {"1.0.0.0"}
    assert any(result["changed"] for result in results)
    environment = test.environment("test")
    ended = environment.store.find("asyncoperation", messagename=POST)
    assert [job["statuscode"] for job in ended].count(30) == 1
    if not environment.settings.lock_shows_as_failed_job:  # there others are accepted, and fail by the lock
        assert accepted(test, "test", POST) == 1


def test_a_foreign_operation_is_waited_for_and_named(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    slow(test, 1.5)
    run_module(solution_import, **task(test, other(tmp_path), wait=False))
    slow(test, 0.05)
    done = run_module(solution_import, **task(test, release(tmp_path, "1.0.0.0")))
    assert done["operation"] == "install"
    assert [entry.status for entry in test.journal("test", path=POST)] == [200, 200]
    if run_module.reports:
        assert any("waiting for the import of Other 4.0.0.0 by" in line for line in run_module.reports)


def test_lock_timeout_names_what_who_and_since_when(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    slow(test, 30)
    run_module(solution_import, **task(test, other(tmp_path), wait=False))
    test.clear_journal()
    failed = run_module(solution_import, **task(test, release(tmp_path, "1.0.0.0"), lock_timeout=1))
    assert failed["failed"]
    assert "lock_timeout=1" in failed["msg"]
    assert "the import of Other 4.0.0.0 by" in failed["msg"]
    blocker = failed["failure"]["blocked_by"]
    assert (blocker["operation"], blocker["solution"], blocker["version"]) == ("import", "Other", "4.0.0.0")
    assert blocker["by"]
    assert blocker["since"]
    assert writes(test, "test") == []


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "locked", "operation": POST},
        {"kind": "job_fails", "operation": POST, "code": "0x80071151", "message": "refused"},
        {
            "kind": "job_fails",
            "operation": POST,
            "code": "0x80040216",
            "message": "Cannot start another [Import] because there is a previous [Import] running at this moment.",
        },
    ],
)
def test_both_forms_of_the_lock_lead_to_another_try(
    test: Any, run_module: Any, tmp_path: pathlib.Path, fault: dict[str, Any]
) -> None:
    test.add_fault(fault)
    done = run_module(solution_import, **task(test, release(tmp_path, "1.0.0.0")))
    assert done["operation"] == "install"
    assert done["import_job"]["state"] == "succeeded"
    assert writes(test, "test").count("StageSolution") == 2


def test_service_protection_is_not_taken_for_the_lock(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    test.add_fault({"kind": "throttled", "operation": POST, "seconds": 1})
    done = run_module(solution_import, **task(test, release(tmp_path, "1.0.0.0")))
    assert done["operation"] == "install"
    assert writes(test, "test").count("StageSolution") == 1


@pytest.mark.parametrize("kind", ["reset_after", "truncated", "error_after"])
def test_a_lost_answer_leads_to_the_import_it_started(
    test: Any, run_module: Any, tmp_path: pathlib.Path, kind: str
) -> None:
    test.add_fault({"kind": kind, "operation": POST, "status": 502})
    done = run_module(solution_import, **task(test, release(tmp_path, "1.0.0.0")))
    assert done["operation"] == "install"
    assert not done["joined"]
    assert done["import_job"]["state"] == "succeeded"
    assert len(test.journal("test", path=POST)) == 1


def test_an_import_of_which_no_trace_turns_up_is_not_started_again(
    test: Any, run_module: Any, tmp_path: pathlib.Path
) -> None:
    test.add_fault({"kind": "error", "operation": POST, "status": 503})
    package = release(tmp_path, "1.0.0.0")
    failed = run_module(solution_import, **task(test, package))
    assert failed["failed"]
    assert "Run the task again" in failed["msg"]
    assert failed["failure"]["status"] == 503
    assert len(test.journal("test", path=POST)) == 1
    assert run_module(solution_import, **task(test, package))["operation"] == "install"


def test_wait_timeout_fails_but_the_next_run_goes_on(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    slow(test, 3)
    test.environment("test").settings.import_job_visible_after = 0.0  # the progress is told by its row
    package = release(tmp_path, "1.0.0.0")
    failed = run_module(solution_import, **task(test, package, wait_timeout=1))
    assert failed["failed"]
    assert "still running" in failed["msg"]
    assert failed["failure"]["operation_id"] in failed["msg"]
    assert failed["failure"]["import_job_id"]
    assert 0 < failed["failure"]["progress"] < 100
    assert failed["operation"] == "install"
    done = run_module(solution_import, **task(test, package))
    assert done["joined"]
    assert accepted(test, "test", POST) == 1


def test_an_import_nobody_waits_for_is_followed_by_import_job_info(
    test: Any, run_module: Any, tmp_path: pathlib.Path
) -> None:
    slow(test, 1.0)
    test.environment("test").settings.import_job_visible_after = 0.5
    started = run_module(solution_import, **task(test, release(tmp_path, "1.0.0.0"), wait=False))
    job = {"id": started["import_job"]["id"], "operation_id": started["import_job"]["operation_id"]}
    early = run_module(import_job_info, **test.connection("test"), **job)
    assert early["import_job"]["state"] in ("waiting", "running")
    test.advance(2)
    late = run_module(import_job_info, **test.connection("test"), **job)
    assert late["import_job"]["state"] == "succeeded"
    assert late["import_job"]["solution"] == NAME


def test_a_failed_import_says_why_and_what_helps(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    test.add_fault({"kind": "job_fails", "operation": POST, "code": "0x80048543", "message": "Too slow."})
    failed = run_module(solution_import, **task(test, release(tmp_path, "1.0.0.0")))
    assert failed["failed"]
    assert f"{NAME} 1.0.0.0 install failed" in failed["msg"]
    assert f"Too slow (0x80048543); {remedy('0x80048543')}." in failed["msg"]
    assert failed["failure"]["code"] == "0x80048543"
    assert failed["import_job"]["state"] == "failed"
    assert failed["import_job"]["errors"]


def test_an_operation_that_is_gone_is_a_failure_and_not_the_end(
    test: Any, run_module: Any, tmp_path: pathlib.Path
) -> None:
    slow(test, 0.6)
    test.add_fault({"kind": "job_disappears", "operation": POST})
    package = release(tmp_path, "1.0.0.0")
    failed = run_module(solution_import, **task(test, package))
    assert failed["failed"]
    assert "gone" in failed["msg"]
    slow(test, 0.05)
    assert run_module(solution_import, **task(test, package))["operation"] == "install"


def test_progress_lines_name_environment_solution_and_percent(
    test: Any, run_module: Any, tmp_path: pathlib.Path
) -> None:
    slow(test, 1.2)
    test.environment("test").settings.import_job_visible_after = 0.0  # the progress is told by its row
    run_module(solution_import, **task(test, release(tmp_path, "1.0.0.0")))
    if run_module.reports:
        assert any(f"{NAME} 1.0.0.0 install: " in line and " %" in line for line in run_module.reports)
        assert run_module.reports[-1].endswith("install: succeeded (1s)")


def test_progress_can_be_switched_off(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    run_module(solution_import, **task(test, release(tmp_path, "1.0.0.0"), progress=False))
    assert run_module.reports == []
