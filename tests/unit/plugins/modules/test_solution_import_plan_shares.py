# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shares in the plan of an import, beside those that the import takes away."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
from ansible_collections.coe.power_platform.plugins.modules import desktop_flow_share, solution_import
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.package_maker import (
    DesktopFlow,
    argument,
    flow_id,
    package_files,
    schema,
    write_package,
)
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.sharing_scenes import held
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.solution_scenes import (
    NAME,
    put,
    release,
    writes,
)

TEAM = {"team": "Finance Robotics", "permission": "user"}


@pytest.fixture
def test(simulator: Any) -> Any:
    """The simulator with quick jobs in the environment test."""
    simulator.environment("test").settings.job_seconds = 0.05
    return simulator


def task(simulator: Any, src: str, **options: Any) -> dict[str, Any]:
    return {**simulator.connection("test"), "src": src, "on_contract_break": "ignore", **options}


def share(simulator: Any, run_module: Any, *flows: int) -> None:
    shares = [{"desktop_flow": flow_id(number), "principals": [TEAM]} for number in flows]
    assert run_module(desktop_flow_share, **simulator.connection("test"), shares=shares)["changed"]


def test_who_may_not_read_the_table_of_shares_can_import(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    put(test, "test", release(tmp_path, "1.0.0.0"))
    share(test, run_module, 1)
    before = held(test.environment("test"))
    test.clear_journal()
    test.add_fault(
        {"kind": "error", "status": 403, "code": "0x80040220", "path": "principalobjectaccessset", "count": 99}
    )
    newer = release(tmp_path, "2.0.0.0")
    predicted = run_module(solution_import, check_mode=True, **task(test, newer))
    assert writes(test, "test") == []
    done = run_module(solution_import, **task(test, newer))
    assert not done.get("failed"), done["msg"]
    assert (predicted["plan"], predicted["diff"]) == (done["plan"], done["diff"])
    assert "desktop flow Flow 1: shared with team Finance Robotics as user\n" in done["diff"]["after"]
    assert held(test.environment("test")) == before


@pytest.mark.parametrize("mode", ["upgrade", "update"])
def test_the_plan_counts_the_shares_that_an_upgrade_takes(
    test: Any, run_module: Any, tmp_path: pathlib.Path, mode: str
) -> None:
    test.environment("test").settings.change({"upgrade_keeps_shares": False})  # it is about what is taken
    put(test, "test", release(tmp_path, "1.0.0.0"))
    for name, number in (("Others", 3), ("Patch", 4), ("Unrelated", 5)):
        inputs, script = schema({"Input2000": argument()}), "SET Version TO '2.0.0.0'\r\n"
        flow = DesktopFlow(flow_id(number), f"Flow {number}", inputs=inputs, script=script)
        put(test, "test", write_package(tmp_path / f"{name}.zip", package_files([flow], unique_name=name)))
    environment = test.environment("test")
    base, patch = (environment.store.first("solution", uniquename=name)["solutionid"] for name in (NAME, "Patch"))
    environment.store.update("solution", patch, {"parentsolutionid": base})
    share(test, run_module, 1, 2, 3, 4, 5)
    before = held(environment)
    newer = release(tmp_path, "2.0.0.0", flows=(1, 3))
    options = task(test, newer, import_mode=mode, protect_shares=False)
    predicted = run_module(solution_import, check_mode=True, **options)
    done = run_module(solution_import, **options)
    assert not done.get("failed"), done["msg"]
    assert (predicted["plan"], predicted["diff"]) == (done["plan"], done["diff"])
    taken = {flow for flow, _principal in before.keys() - held(environment).keys()}
    assert taken == ({flow_id(number) for number in (1, 2, 3, 4)} if mode == "upgrade" else set())
    assert {share["flow_id"] for share in done["plan"]["shares_dropped"]} == taken


def test_a_first_import_of_flows_that_are_there_already_drops_no_shares(
    test: Any, run_module: Any, tmp_path: pathlib.Path
) -> None:
    files = package_files([DesktopFlow(flow_id(1), "Flow 1")], unique_name="Others")
    put(test, "test", write_package(tmp_path / "Others.zip", files))
    share(test, run_module, 1)
    told = run_module(solution_import, check_mode=True, **task(test, release(tmp_path, "1.0.0.0")))
    assert (told["operation"], told["plan"]["shares_dropped"]) == ("install", [])


@pytest.mark.parametrize("mode", ["upgrade", "update"])
def test_shares_of_a_flow_that_is_renamed_are_told_as_predicted(
    test: Any, run_module: Any, tmp_path: pathlib.Path, mode: str
) -> None:
    older, newer = (
        write_package(
            tmp_path / f"{version}.zip",
            package_files([DesktopFlow(flow_id(1), name)], version=version, unique_name=NAME),
        )
        for name, version in (("Old", "1.0.0.0"), ("New", "2.0.0.0"))
    )
    test.environment("test").settings.change({"upgrade_keeps_shares": False})  # it is about what is taken
    put(test, "test", older)
    share(test, run_module, 1)
    predicted = run_module(solution_import, check_mode=True, **task(test, newer, import_mode=mode))
    done = run_module(solution_import, **task(test, newer, import_mode=mode))
    assert not done.get("failed"), done["msg"]
    assert predicted["shares"] == done["shares"]
    assert [share["desktop_flow"] for share in done["shares"]["before"]] == ["Old"]
    assert list(done["permission_gap_seconds"]) == ["Old"]
    assert test.environment("test").store.get("workflow", flow_id(1))["name"] == "New"
