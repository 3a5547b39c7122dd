# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages and shares that are deployed together, and the predictions of that."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
from ansible_collections.coe.power_platform.plugins.modules import solution_deployment, solution_import
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.package_maker import (
    CloudFlow,
    DesktopFlow,
    argument,
    flow_id,
    package_files,
    run_desktop_flow,
    schema,
    write_package,
)
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.sharing_scenes import held, run, taken
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.solution_scenes import NAME, put, writes

CALLERS = "Callers"
OLD, NEW = "1.0.0.0", "2.0.0.0"
SHARED, SPARE, FRESH = flow_id(1), flow_id(2), flow_id(3)
ROBOTS = {"team": "Finance Robotics"}
JOHN = {"user": "john.smith@contoso.example"}
JANE = {"user": "jane.doe@contoso.example", "permission": "co_owner"}
SHARING = {"GrantAccess", "ModifyAccess", "RevokeAccess"}


@pytest.fixture
def test(simulator: Any) -> Any:
    """The simulator with quick jobs in the environment test."""
    simulator.environment("test").settings.job_seconds = 0.05
    return simulator


def shared(folder: pathlib.Path, version: str, *flows: str, inputs: str = "Question", name: str = "Shared flow") -> str:
    """Write a package with a flow that callers call, and others by their ids."""
    found = [DesktopFlow(SHARED, name, inputs=schema({inputs: argument()}), script=f"# {version}\r\n")]
    found += [DesktopFlow(flow, {SPARE: "Spare flow", FRESH: "Fresh flow"}[flow]) for flow in flows]
    path = folder / f"{NAME}_{version}_{name}.zip"
    return write_package(path, package_files(found, unique_name=NAME, version=version, managed=True))


def callers(folder: pathlib.Path, version: str, called: str = SHARED) -> str:
    """Write a package with a cloud flow that calls a desktop flow."""
    flow = CloudFlow(flow_id(9), "Nightly", {"Run": run_desktop_flow(called, {"Question": version})})
    files = package_files([flow], unique_name=CALLERS, version=version, managed=True)
    return write_package(folder / f"{CALLERS}_{version}.zip", files)


def task(simulator: Any, *src: str, shares: list[dict[str, Any]], **options: Any) -> dict[str, Any]:
    return {**simulator.connection("test"), "src": list(src), "shares": shares, **options}


def predicted_and_real(simulator: Any, run_module: Any, options: dict[str, Any]) -> dict[str, Any]:
    """Predict a deployment, carry it out, hold both against each other, and return the real result."""
    simulator.clear_journal()
    predicted = run_module(solution_deployment, check_mode=True, **options)
    assert writes(simulator, "test") == []
    real: dict[str, Any] = run_module(solution_deployment, **options)
    assert not predicted.get("failed"), predicted["msg"]
    assert not real.get("failed"), real["msg"]
    assert predicted["permissions"] == real["permissions"]
    assert predicted["changed"] == real["changed"]
    for before, after in zip(predicted["imports"], real["imports"], strict=True):
        for key in ("operation", "changed", "settings", "shares", "plan"):
            assert before["result"].get(key) == after["result"].get(key), key
    assert [it["name"] for it in predicted["promotions"]] == [it["name"] for it in real["promotions"]]
    assert predicted["plan_text"] == real["plan_text"]
    return real


def again(simulator: Any, run_module: Any, options: dict[str, Any]) -> None:
    """Deploy once more; nothing is written."""
    simulator.clear_journal()
    result = run_module(solution_deployment, **options)
    assert not result.get("failed"), result["msg"]
    assert not result["changed"]
    assert result["permissions"]["changes"] == []
    assert writes(simulator, "test") == []


@pytest.mark.parametrize("mode", ["update", "upgrade", "auto"])
def test_a_first_deployment_is_predicted_with_its_shares(
    test: Any, run_module: Any, tmp_path: pathlib.Path, mode: str
) -> None:
    shares = [
        {"solution": NAME, "principals": [ROBOTS]},
        {"desktop_flow": "Spare flow", "principals": [JANE], "exclusive": True},
    ]
    packages = callers(tmp_path, OLD), shared(tmp_path, OLD, SPARE)
    shares[1]["principals"].append(ROBOTS)
    options = task(test, *packages, shares=shares, import_mode=mode)
    result = predicted_and_real(test, run_module, options)
    assert [it["name"] for it in result["imports"]] == [NAME, CALLERS]
    changes = [(it["desktop_flow"], it["principal"], it["action"]) for it in result["permissions"]["changes"]]
    assert sorted(changes) == [
        ("Shared flow", "Finance Robotics", "grant"),
        ("Spare flow", "Finance Robotics", "grant"),
        ("Spare flow", "jane.doe@contoso.example", "grant"),
    ]
    assert "Shared flow: team Finance Robotics gets the permission user" in result["plan_text"]
    assert len(held(test.environment("test"))) == 3
    again(test, run_module, options)


@pytest.mark.parametrize("mode", ["update", "upgrade"])
def test_what_an_import_leaves_is_what_shares_are_planned_for(
    test: Any, run_module: Any, tmp_path: pathlib.Path, mode: str
) -> None:
    environment = test.environment("test")
    put(test, "test", shared(tmp_path, OLD, SPARE))
    put(test, "test", callers(tmp_path, OLD))
    run(test.connection("test"), [{"solution": NAME, "principals": [ROBOTS, JANE]}])
    shares = [{"solution": NAME, "principals": [ROBOTS, JOHN], "exclusive": True}]
    packages = shared(tmp_path, NEW, FRESH), callers(tmp_path, NEW)
    options = task(test, *packages, shares=shares, import_mode=mode)
    result = predicted_and_real(test, run_module, options)
    names = {change["desktop_flow"] for change in result["permissions"]["changes"]}
    assert names == {"Shared flow", "Fresh flow"} | ({"Spare flow"} if mode == "update" else set())
    assert {it["action"] for it in result["permissions"]["changes"]} == {"grant", "revoke"}
    assert len(held(environment)) == 2 * len(names)
    again(test, run_module, options)


def test_one_package_is_upgraded_at_once(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    environment = test.environment("test")
    put(test, "test", shared(tmp_path, OLD, SPARE))
    run(test.connection("test"), [{"solution": NAME, "principals": [ROBOTS]}])
    shares = [{"solution": NAME, "principals": [JOHN]}]
    options = task(test, shared(tmp_path, NEW), shares=shares, import_mode="upgrade")
    environment.settings.change({"upgrade_keeps_shares": False})  # which check mode predicts
    result = predicted_and_real(test, run_module, options)
    assert result["promotions"] == []
    assert [it["desktop_flow"] for it in result["imports"][0]["result"]["shares"]["deleted"]] == ["Spare flow"]
    assert len(result["imports"][0]["result"]["shares"]["restored"]) == 1
    again(test, run_module, options)


def test_flows_are_called_as_the_package_calls_them(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    put(test, "test", shared(tmp_path, OLD))
    shares = [{"desktop_flow": "Renamed flow", "principals": [ROBOTS]}]
    options = task(test, shared(tmp_path, NEW, name="Renamed flow"), shares=shares)
    predicted_and_real(test, run_module, options)
    refused = run_module(solution_deployment, **{**options, "src": [shared(tmp_path, "3.0.0.0")]})
    assert "no desktop flow with the name or id 'Renamed flow'" in refused["msg"]


def test_a_staged_version_can_be_shared_before_it_is_promoted(
    test: Any, run_module: Any, tmp_path: pathlib.Path
) -> None:
    put(test, "test", shared(tmp_path, OLD))
    shares = [{"solution": NAME, "principals": [ROBOTS]}, {"desktop_flow": "Fresh flow", "principals": [ROBOTS]}]
    options = task(test, shared(tmp_path, NEW, FRESH), shares=shares, import_mode="stage_for_upgrade")
    result = predicted_and_real(test, run_module, options)
    assert (result["imports"][0]["result"]["operation"], result["promotions"]) == ("stage", [])
    assert len(result["permissions"]["changes"]) == 2
    again(test, run_module, options)


def test_all_that_is_in_the_way_is_told_before_anything_begins(
    test: Any, run_module: Any, tmp_path: pathlib.Path
) -> None:
    put(test, "test", shared(tmp_path, OLD))
    put(test, "test", callers(tmp_path, OLD))
    test.clear_journal()
    shares = [{"desktop_flow": "Shared flow", "principals": [{"team": "No such team"}]}]
    breaking = shared(tmp_path, NEW, inputs="Other")
    for check_mode in (True, False):
        refused = run_module(solution_deployment, check_mode=check_mode, **task(test, breaking, shares=shares))
        assert refused["failed"]
        assert not refused["changed"]
        assert "Question" in refused["msg"]
        assert "No such team" in refused["msg"]
        assert refused["failure"]["refused"] == [NAME]
        assert refused["failure"]["mistakes"][0]["path"] == "shares[0].principals[0].team"
        assert "Permissions stand in the way:\n  - shares[0].principals[0].team: " in refused["plan_text"]
    told = run_module(
        solution_deployment, check_mode=True, **task(test, breaking, shares=shares, fail_on_refusal=False)
    )
    assert not told.get("failed")
    assert {key: told[key] for key in ("imports", "permissions", "plan_text", "diff")} == {
        key: refused[key] for key in ("imports", "permissions", "plan_text", "diff")
    }
    assert run_module(solution_deployment, **task(test, breaking, shares=shares, fail_on_refusal=False))["failed"]
    mistaken = run_module(solution_deployment, **task(test, shared(tmp_path, NEW), shares=shares))
    assert mistaken["msg"].startswith("The option shares has a mistake, nothing was changed")
    assert mistaken["imports"][0]["result"]["operation"] == "update"
    assert writes(test, "test") == []


def test_a_failure_tells_how_far_it_went(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    test.add_fault({"kind": "job_fails", "operation": "ImportSolutionAsync", "message": "It broke.", "nth": 2})
    shares = [{"solution": NAME, "principals": [ROBOTS]}]
    options = task(test, callers(tmp_path, OLD), shared(tmp_path, OLD), shares=shares)
    failed = run_module(solution_deployment, **options)
    assert "It broke" in failed["msg"]
    assert failed["changed"]
    first, second = (it["result"] for it in failed["imports"])
    assert (first["operation"], first.get("failed")) == ("install", None)
    assert second["failed"]
    assert failed["permissions"] is None
    assert held(test.environment("test")) == {}
    test.clear_faults()
    result = run_module(solution_deployment, **options)
    assert [it["result"]["operation"] for it in result["imports"]] == ["none", "install"]
    assert len(result["permissions"]["changes"]) == 1
    again(test, run_module, options)


@pytest.mark.parametrize("fail", [False, True])
def test_permissions_can_be_audited_instead(test: Any, run_module: Any, tmp_path: pathlib.Path, fail: bool) -> None:
    shares = [{"solution": NAME, "principals": [ROBOTS, {"team": "No such team"}]}]
    options = task(test, shared(tmp_path, OLD), shares=shares, permissions_mode="audit", fail_on_drift=fail)
    predicted = run_module(solution_deployment, check_mode=True, **options)
    result = run_module(solution_deployment, **options)
    assert result.get("failed", False) == predicted.get("failed", False) == fail
    assert result["changed"]
    assert result["imports"][0]["result"]["operation"] == "install"
    drift = [difference["kind"] for difference in result["permissions"]["drift"]]
    assert sorted(drift) == ["missing", "unknown_principal"]
    assert predicted["permissions"] == result["permissions"]
    assert not SHARING.intersection(writes(test, "test"))


@pytest.mark.parametrize("several", [False, True])
def test_an_interrupted_upgrade_is_completed(test: Any, run_module: Any, tmp_path: pathlib.Path, several: bool) -> None:
    environment = test.environment("test")
    put(test, "test", shared(tmp_path, OLD, SPARE))
    put(test, "test", callers(tmp_path, OLD))
    shares = [{"solution": NAME, "principals": [ROBOTS]}]
    run(test.connection("test"), shares)
    before = held(environment)
    new = shared(tmp_path, NEW, SPARE)
    if several:
        put(test, "test", new, staged=True)
    else:
        environment.settings.job_seconds = 30.0
        begun = {"src": new, "import_mode": "upgrade", "wait": False, **test.connection("test")}
        run_module(solution_import, **begun)
        test.advance(60)
        assert len(held(environment)) == 2 - taken(environment, 2)
    packages = (new, callers(tmp_path, OLD)) if several else (new,)
    options = task(test, *packages, shares=shares, import_mode="upgrade")
    test.clear_journal()
    predicted = run_module(solution_deployment, check_mode=True, **options)
    assert writes(test, "test") == []
    result = run_module(solution_deployment, **options)
    assert not result.get("failed"), result["msg"]
    assert predicted["permissions"] == result["permissions"]
    assert [it["result"]["operation"] for it in result["promotions"]] == ["promote"] * several
    assert held(environment) == before
    again(test, run_module, options)


def test_what_an_upgrade_took_comes_back_although_nothing_can_begin(
    test: Any, run_module: Any, tmp_path: pathlib.Path
) -> None:
    environment = test.environment("test")
    put(test, "test", shared(tmp_path, OLD))
    run(test.connection("test"), [{"solution": NAME, "principals": [ROBOTS]}])
    before = held(environment)
    environment.settings.job_seconds = 30.0
    begun = {"src": shared(tmp_path, NEW), "import_mode": "upgrade", "wait": False, **test.connection("test")}
    run_module(solution_import, **begun)
    test.advance(60)
    for options in (
        task(test, shared(tmp_path, OLD), shares=[]),
        task(test, shared(tmp_path, NEW), shares=[{"desktop_flow": "No such flow", "principals": [ROBOTS]}]),
    ):
        assert run_module(solution_deployment, check_mode=True, **options)["failed"]
        assert run_module(solution_deployment, **options)["failed"]
        assert held(environment) == before
    assert environment.store.count("annotation") == 0


def test_what_the_declaration_forbids_is_not_given_back_first(
    test: Any, run_module: Any, tmp_path: pathlib.Path
) -> None:
    environment = test.environment("test")
    environment.settings.change({"upgrade_keeps_shares": False, "job_seconds": 30.0})  # it is about what is taken
    put(test, "test", shared(tmp_path, OLD))
    run(test.connection("test"), [{"solution": NAME, "principals": [ROBOTS, JOHN]}])
    begun = {"src": shared(tmp_path, NEW), "import_mode": "upgrade", "wait": False, **test.connection("test")}
    run_module(solution_import, **begun)
    test.advance(60)
    test.clear_journal()
    shares = [{"solution": NAME, "principals": [JOHN], "exclusive": True}]
    options = task(test, shared(tmp_path, NEW), shares=shares)
    predicted = run_module(solution_deployment, check_mode=True, **options)
    result = run_module(solution_deployment, **options)
    assert predicted["permissions"] == result["permissions"]
    assert len(result["permissions"]["interrupted_upgrade"]["restored"]) == 1
    assert [path for path in writes(test, "test") if path in SHARING] == ["GrantAccess"]
    assert environment.store.count("annotation") == 0
    again(test, run_module, options)


def layered(folder: pathlib.Path, solution: str, version: str) -> str:
    """Write a package of one of two solutions that hold the same flow."""
    flow = DesktopFlow(SHARED, "Shared flow", script=f"# {version}\r\n")
    files = package_files([flow], unique_name=solution, version=version, managed=True)
    return write_package(folder / f"{solution}_{version}.zip", files)


@pytest.mark.parametrize("mode", ["update", "upgrade", "auto"])
def test_a_flow_below_another_solution_is_foreseen_and_no_failure(
    test: Any, run_module: Any, tmp_path: pathlib.Path, mode: str
) -> None:
    for solution in ("Base", "Upper"):
        put(test, "test", layered(tmp_path, solution, OLD))
    options = task(test, layered(tmp_path, "Base", NEW), shares=[], import_mode=mode)
    predicted = run_module(solution_deployment, check_mode=True, **options)
    result = predicted_and_real(test, run_module, options)
    assert predicted["warnings"] == result["warnings"]
    (warning,) = result["warnings"]
    assert "The solution Upper holds the desktop flow Shared flow too" in warning
    assert "deploy the version of Upper" in warning
    assert [flow["name"] for flow in result["imports"][0]["result"]["plan"]["hidden_flows"]] == ["Shared flow"]
    unchanged = run_module(solution_deployment, **options)
    assert not unchanged["changed"]
    assert "deploy the versions of Upper" in unchanged["warnings"][0]
    assert "force" not in unchanged["warnings"][0]


@pytest.mark.parametrize("mode", ["update", "upgrade", "auto"])
def test_two_solutions_that_hold_one_flow_are_deployed_together(
    test: Any, run_module: Any, tmp_path: pathlib.Path, mode: str
) -> None:
    for solution in ("Base", "Upper"):
        put(test, "test", layered(tmp_path, solution, OLD))
    packages = [layered(tmp_path, solution, NEW) for solution in ("Base", "Upper")]
    options = task(test, *packages, shares=[], import_mode=mode)
    result = predicted_and_real(test, run_module, options)
    assert result["warnings"] == []
    versions = {row["uniquename"]: row["version"] for row in test.environment("test").store.find("solution")}
    assert (versions["Base"], versions["Upper"]) == (NEW, NEW)
    again(test, run_module, options)
