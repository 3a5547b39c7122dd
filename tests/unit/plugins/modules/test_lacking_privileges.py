# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an application may not do is told before a deployment begins, and no upgrade takes what it cannot put back."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
from ansible_collections.coe.power_platform.plugins.modules import (
    desktop_flow_share,
    solution_deployment_info,
    solution_import,
    solution_promote,
)
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.sharing_scenes import held
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.solution_scenes import NAME, put, release, writes

SHARED = {"solution": NAME, "principals": [{"team": "Finance Robotics", "permission": "user"}]}
MODES = ["update", "upgrade"]


@pytest.fixture
def test(simulator: Any, tmp_path: pathlib.Path, run_module: Any) -> dict[str, Any]:
    """The connection to the environment test, where version 1.0.0.0 is installed and shared."""
    simulator.environment("test").settings.job_seconds = 0.05
    put(simulator, "test", release(tmp_path, "1.0.0.0"))
    connection: dict[str, Any] = simulator.connection("test")
    assert run_module(desktop_flow_share, shares=[SHARED], **connection)["changed"]
    simulator.clear_journal()
    return connection


def take(simulator: Any, name: str) -> None:
    """Take a privilege out of all security roles of the environment test."""
    store = simulator.environment("test").store
    privilege = store.first("privilege", name=name)["privilegeid"]
    with store.transaction():
        for row in store.find("roleprivileges", privilegeid=privilege):
            store.delete("roleprivileges", row["roleprivilegeid"])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("check_mode", [True, False])
def test_who_may_not_import_is_told_before_anything_begins(
    simulator: Any, test: dict[str, Any], run_module: Any, tmp_path: pathlib.Path, mode: str, check_mode: bool
) -> None:
    task = {**simulator.connection("test", "reader"), "src": release(tmp_path, "2.0.0.0"), "import_mode": mode}
    result = run_module(solution_import, check_mode=check_mode, on_contract_break="ignore", **task)
    assert result["failed"]
    assert "The application may not import solutions. Give the application user a security role with" in result["msg"]
    assert "prvImportCustomization" in result["plan"]["stops"][0]
    assert writes(simulator, "test") == []


def test_a_deployment_tells_it_among_its_refusals(
    simulator: Any, test: dict[str, Any], run_module: Any, tmp_path: pathlib.Path
) -> None:
    options = {"src": [release(tmp_path, "2.0.0.0")], "fail_on_refusal": False, "on_contract_break": "ignore"}
    result = run_module(solution_deployment_info, **simulator.connection("test", "reader"), **options)
    assert "prvImportCustomization" in result["imports"][0]["prediction"]["msg"]
    take(simulator, "prvShareWorkflow")
    result = run_module(solution_deployment_info, **test, **options, import_mode="upgrade")
    prediction = result["imports"][0]["prediction"]
    assert (prediction["failed"], prediction["operation"]) == (True, "upgrade")
    assert "removes 2 shares, and the application may not put them back" in prediction["msg"]


def test_nothing_is_asked_where_nothing_is_imported(
    simulator: Any, test: dict[str, Any], run_module: Any, tmp_path: pathlib.Path
) -> None:
    result = run_module(
        solution_import, src=release(tmp_path, "1.0.0.0"), **{**test, **simulator.connection("test", "reader")}
    )
    assert result["changed"] is False
    assert not [entry for entry in simulator.journal() if "Privilege" in entry.path]


@pytest.mark.parametrize("check_mode", [True, False])
def test_no_upgrade_takes_shares_that_cannot_be_put_back(
    simulator: Any, test: dict[str, Any], run_module: Any, tmp_path: pathlib.Path, check_mode: bool
) -> None:
    before = held(simulator.environment("test"))
    take(simulator, "prvShareWorkflow")
    task = {**test, "src": release(tmp_path, "2.0.0.0"), "import_mode": "upgrade", "on_contract_break": "ignore"}
    result = run_module(solution_import, check_mode=check_mode, **task)
    assert result["failed"]
    assert "removes 2 shares, and the application may not put them back, so it was not started" in result["msg"]
    assert result["operation"] == "upgrade"
    assert any("may not share flows" in warning for warning in result["warnings"])
    assert result["plan"]["lacking_privileges"] == ["prvShareWorkflow"]
    assert "StageAndUpgradeAsync" not in writes(simulator, "test")
    assert held(simulator.environment("test")) == before
    lost = run_module(solution_import, protect_shares=False, **task)
    assert not lost.get("failed"), lost["msg"]
    assert lost["operation"] == "upgrade"


@pytest.mark.parametrize("check_mode", [True, False])
def test_no_promotion_takes_shares_that_cannot_be_put_back(
    simulator: Any, test: dict[str, Any], run_module: Any, tmp_path: pathlib.Path, check_mode: bool
) -> None:
    put(simulator, "test", release(tmp_path, "2.0.0.0"), staged=True)
    before = held(simulator.environment("test"))
    take(simulator, "prvShareWorkflow")
    result = run_module(solution_promote, check_mode=check_mode, name=NAME, **test)
    assert result["failed"]
    assert "the application may not put them back" in result["msg"]
    assert writes(simulator, "test") == []
    assert held(simulator.environment("test")) == before


def test_an_update_goes_on_and_warns(
    simulator: Any, test: dict[str, Any], run_module: Any, tmp_path: pathlib.Path
) -> None:
    take(simulator, "prvShareWorkflow")
    result = run_module(solution_import, src=release(tmp_path, "2.0.0.0"), on_contract_break="ignore", **test)
    assert not result.get("failed"), result["msg"]
    assert result["operation"] == "update"
    assert [it for it in result["warnings"] if "so permissions cannot be enforced" in it]


@pytest.mark.parametrize("status", [400, 403, 501])
@pytest.mark.parametrize("mode", MODES)
def test_what_could_not_be_told_stops_nothing(
    simulator: Any, test: dict[str, Any], run_module: Any, tmp_path: pathlib.Path, mode: str, status: int
) -> None:
    before = held(simulator.environment("test"))
    simulator.add_fault(
        {"kind": "error", "status": status, "path": "RetrieveUserPrivilegeByPrivilegeName", "count": 99}
    )
    task = {**test, "src": release(tmp_path, "2.0.0.0"), "import_mode": mode, "on_contract_break": "ignore"}
    result = run_module(solution_import, **task)
    assert not result.get("failed"), result["msg"]
    assert held(simulator.environment("test")) == before
    assert result["plan"]["lacking_privileges"] is None


def test_plan_and_guard_ask_once(simulator: Any, test: dict[str, Any], run_module: Any, tmp_path: pathlib.Path) -> None:
    task = {**test, "src": release(tmp_path, "2.0.0.0"), "import_mode": "upgrade", "on_contract_break": "ignore"}
    assert run_module(solution_import, **task)["changed"]
    asked = [entry.path for entry in simulator.journal() if "Privilege" in entry.path or "WhoAmI" in entry.path]
    assert len(asked) == 3, asked
