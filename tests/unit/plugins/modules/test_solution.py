# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Removing solutions: predicted, done once, blocked by what needs them."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
from ansible_collections.coe.power_platform.plugins.modules import solution
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.package_maker import (
    CONNECTOR,
    CloudFlow,
    flow_id,
    package_files,
    write_package,
)
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.solution_scenes import (
    NAME,
    put,
    release,
    writes,
)


@pytest.fixture
def test(simulator: Any, tmp_path: pathlib.Path) -> Any:
    """The environment test with version 1.0.0.0 installed."""
    simulator.environment("test").settings.job_seconds = 0.05
    put(simulator, "test", release(tmp_path, "1.0.0.0"))
    return simulator


def remove(run_module: Any, simulator: Any, check_mode: bool = False, **options: Any) -> dict[str, Any]:
    task = {**simulator.connection("test"), "name": NAME, "state": "absent", **options}
    result: dict[str, Any] = run_module(solution, check_mode=check_mode, **task)
    return result


def test_a_solution_is_removed_once(test: Any, run_module: Any) -> None:
    predicted = remove(run_module, test, check_mode=True)
    assert writes(test, "test") == []
    done = remove(run_module, test)
    again = remove(run_module, test)
    assert predicted["changed"]
    assert done["changed"]
    assert done["solution"] == predicted["solution"]
    assert done["diff"] == {"before": {"name": NAME, "version": "1.0.0.0"}, "after": {}}
    assert not again["changed"]
    assert again["solution"] is None
    assert writes(test, "test") == ["UninstallSolutionAsync"]
    assert test.environment("test").store.find("workflow") == []


def test_a_staged_upgrade_is_given_up(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    put(test, "test", release(tmp_path, "2.0.0.0"), staged=True)
    done = remove(run_module, test, name=f"{NAME}_Upgrade")
    assert done["changed"]
    assert done["solution"]["version"] == "2.0.0.0"
    assert remove(run_module, test, check_mode=True)["solution"]["version"] == "1.0.0.0"


def test_an_unmanaged_solution_goes_with_a_warning(test: Any, run_module: Any) -> None:
    test.environment("dev").settings.job_seconds = 0.05
    done = remove(run_module, test, **test.connection("dev") | {"name": "CoESharedFlows"})
    assert done["changed"]
    assert len(done["warnings"]) == 1
    assert "components stay" in done["warnings"][0]


def test_what_needs_the_solution_blocks_its_removal_and_is_listed(
    test: Any, run_module: Any, tmp_path: pathlib.Path
) -> None:
    put(test, "test", release(tmp_path, "1.0.0.0", references={"con_Desktop": CONNECTOR}))
    actions = {"Run": {"inputs": {"connectionReferenceLogicalName": "con_Desktop"}}}
    files = package_files([CloudFlow(flow_id(8), "Caller", actions)], version="1.0.0.0", unique_name="Callers")
    put(test, "test", write_package(tmp_path / "callers.zip", files))
    for check_mode in (True, False):
        failed = remove(run_module, test, check_mode=check_mode)
        assert failed["failed"]
        assert 'workflow "Caller" needs connectionreference "con_Desktop"' in failed["msg"]
        assert failed["failure"]["dependencies"] == [
            {
                "dependent": 'workflow "Caller"',
                "dependent_solution": "Callers",
                "required": 'connectionreference "con_Desktop"',
            }
        ]
    assert writes(test, "test") == []


def test_a_failed_removal_is_a_failure(test: Any, run_module: Any) -> None:
    test.add_fault(
        {"kind": "job_fails", "operation": "UninstallSolutionAsync", "code": "0x8004F01F", "message": "In use."}
    )
    failed = remove(run_module, test)
    assert failed["failed"]
    assert "In use (0x8004F01F)" in failed["msg"]
    assert f"{NAME} 1.0.0.0 removal failed" in failed["msg"]
