# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Applying staged upgrades: predicted, done once, read back, joined, and found again after a lost answer."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._dataverse.jobs import Jobs
from ansible_collections.coe.power_platform.plugins.module_utils._solutions import operations as _operations
from ansible_collections.coe.power_platform.plugins.modules import solution_promote
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.solution_scenes import (
    NAME,
    accepted,
    after_the_end_of_jobs,
    put,
    release,
)

POST = "DeleteAndPromoteAsync"


@pytest.fixture
def staged(simulator: Any, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The environment test with version 1.0.0.0 installed and 2.0.0.0 staged."""
    monkeypatch.setattr(_operations, "LOST_START_SECONDS", 1.0)
    simulator.environment("test").settings.job_seconds = 0.05
    put(simulator, "test", release(tmp_path, "1.0.0.0", flows=(1, 2)))
    put(simulator, "test", release(tmp_path, "2.0.0.0", flows=(1,)), staged=True)
    return simulator


def promote(run_module: Any, simulator: Any, check_mode: bool = False, **options: Any) -> dict[str, Any]:
    result: dict[str, Any] = run_module(
        solution_promote, check_mode=check_mode, **simulator.connection("test"), **{"name": NAME, **options}
    )
    return result


def test_a_staged_upgrade_is_applied_once(staged: Any, run_module: Any) -> None:
    predicted = promote(run_module, staged, check_mode=True)
    assert staged.journal("test", path=POST) == []
    done = promote(run_module, staged)
    again = promote(run_module, staged)
    assert predicted["changed"]
    assert done["changed"]
    assert done["operation"] == "promote"
    assert {key: predicted[key] for key in ("solution", "reason", "diff")} == {
        key: done[key] for key in ("solution", "reason", "diff")
    }
    assert done["solution"]["version"] == "2.0.0.0"
    assert done["solution"]["previous_version"] == "1.0.0.0"
    assert done["solution"]["staged_version"] is None
    assert not again["changed"]
    assert again["operation"] == "none"
    assert set(again) == set(done)
    assert accepted(staged, "test", POST) == 1
    assert [row["name"] for row in staged.environment("test").store.find("workflow")] == ["Flow 1"]


@pytest.mark.parametrize(("version", "promoted"), [("2.0", True), ("2.0.0.1", False)])
def test_only_the_expected_version_is_applied(staged: Any, run_module: Any, version: str, promoted: bool) -> None:
    done = promote(run_module, staged, version=version)
    assert bool(done.get("failed")) != promoted
    assert accepted(staged, "test", POST) == promoted
    if not promoted:
        assert "version=2.0.0.1" in done["msg"]
        assert f"{NAME}_Upgrade 2.0.0.0 is staged" in done["msg"]
    assert promote(run_module, staged, version="3.0.0.0")["failed"]


def test_a_running_promotion_is_joined(staged: Any, run_module: Any) -> None:
    staged.environment("test").settings.job_seconds = 1.5
    started = promote(run_module, staged, wait=False)
    done = promote(run_module, staged)
    assert started["changed"]
    assert started["solution"]["version"] == "1.0.0.0"
    assert done["changed"]
    assert done["solution"]["version"] == "2.0.0.0"
    assert accepted(staged, "test", POST) == 1


def test_a_promotion_that_ends_while_the_next_run_plans_is_not_repeated(
    staged: Any, run_module: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    staged.environment("test").settings.job_seconds = 1.0
    promote(run_module, staged, wait=False)
    monkeypatch.setattr(Jobs, "recent", after_the_end_of_jobs(Jobs.recent, staged))
    assert promote(run_module, staged)["operation"] == "none"
    assert len(staged.journal("test", path=POST)) == 1


@pytest.mark.parametrize("kind", ["reset_after", "error_after", "truncated"])
def test_a_lost_answer_leads_to_the_promotion_it_started(staged: Any, run_module: Any, kind: str) -> None:
    staged.add_fault({"kind": kind, "operation": POST, "status": 504})
    assert promote(run_module, staged)["solution"]["version"] == "2.0.0.0"
    assert accepted(staged, "test", POST) <= 1


def test_a_failed_promotion_is_a_failure(staged: Any, run_module: Any) -> None:
    staged.add_fault({"kind": "job_fails", "operation": POST, "code": "0x8004F046", "message": "No."})
    failed = promote(run_module, staged)
    assert failed["failed"]
    assert "0x8004F046" in failed["msg"]
    assert failed["failure"]["code"] == "0x8004F046"
    assert failed["operation"] == "promote"


def test_success_without_a_new_version_is_a_failure(
    staged: Any, run_module: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataverse_simulator.solutions import removal

    monkeypatch.setattr(removal, "promote", lambda *_arguments: None)
    failed = promote(run_module, staged)
    assert failed["failed"]
    assert "claims success, but 1.0.0.0 is installed and" in failed["msg"]


def test_a_solution_that_does_not_exist_is_named(staged: Any, run_module: Any) -> None:
    failed = promote(run_module, staged, name="Nothing")
    assert failed["failed"]
    assert "Nothing" in failed["msg"]
    assert "solution_info" in failed["msg"]
