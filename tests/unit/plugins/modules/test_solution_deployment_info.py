# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What solution_deployment_info says of packages that are deployed together."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
from ansible_collections.coe.power_platform.plugins.modules import (
    desktop_flow_share,
    solution_deployment_info,
    solution_import,
)
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.package_maker import (
    CONNECTOR,
    CloudFlow,
    DesktopFlow,
    argument,
    flow_id,
    package_files,
    run_desktop_flow,
    schema,
    write_package,
)
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.solution_scenes import (
    NAME,
    put,
    release,
    writes,
)

CALLERS = "Callers"
OLD, NEW = "1.0.0.0", "2.0.0.0"
SHARED, SPARE = flow_id(1), flow_id(2)


@pytest.fixture
def test(simulator: Any) -> Any:
    """The simulator with quick jobs in the environment test."""
    simulator.environment("test").settings.job_seconds = 0.05
    return simulator


def shared(folder: pathlib.Path, version: str, *, spare: bool = True, inputs: str = "Question") -> str:
    """Write a package with a flow that callers call, and one that nobody needs."""
    flows = [DesktopFlow(SHARED, "Shared flow", inputs=schema({inputs: argument()}), script=f"# {version}\r\n")]
    flows += [DesktopFlow(SPARE, "Spare flow")] * spare
    return write_package(folder / f"{NAME}_{version}.zip", package_files(flows, unique_name=NAME, version=version))


def callers(folder: pathlib.Path, version: str, called: str = SHARED) -> str:
    """Write a package with a cloud flow that calls a desktop flow."""
    flow = CloudFlow(flow_id(9), "Nightly", {"Run": run_desktop_flow(called, {"Question": version})})
    files = package_files([flow], unique_name=CALLERS, version=version, references={"con_shared": CONNECTOR})
    return write_package(folder / f"{CALLERS}_{version}.zip", files)


def task(simulator: Any, *src: str, **options: Any) -> dict[str, Any]:
    return {**simulator.connection("test"), "src": list(src), **options}


def both(folder: pathlib.Path, version: str, **content: Any) -> tuple[str, str]:
    return callers(folder, version), shared(folder, version, **content)


def imports(result: dict[str, Any], *keys: str) -> list[Any]:
    """Return members of the imports, those of their predictions after them."""
    assert not result.get("failed"), result["msg"]
    return [tuple(it.get(key, it["prediction"].get(key)) for key in keys) for it in result["imports"]]


@pytest.mark.parametrize("mode", ["update", "upgrade", "stage_for_upgrade", "auto"])
def test_predictions_are_those_of_the_imports_in_their_order(
    test: Any, run_module: Any, tmp_path: pathlib.Path, mode: str
) -> None:
    paths = both(tmp_path, OLD)
    for path in reversed(paths):
        put(test, "test", path)
    new = both(tmp_path, NEW, spare=False)
    options = {"connection_references": {"con_shared": "connection-1"}, "import_mode": mode}
    result = run_module(solution_deployment_info, **task(test, *new, **options))
    assert imports(result, "name", "version", "path") == [(NAME, NEW, new[1]), (CALLERS, NEW, new[0])]
    assert result["changed"] is False
    for planned in result["imports"]:
        alone = {**task(test, **options), "src": planned["path"], "import_mode": planned["import_mode"]}
        predicted = run_module(solution_import, check_mode=True, **alone, together_with=list(new))
        assert planned["prediction"]["reason"].startswith(predicted["reason"])
        # An upgrade that auto has chosen tells why; its import knows the mode only.
        chosen = {"reason", "plan", "plan_text"} if mode == "auto" != planned["import_mode"] else set()
        keys = predicted.keys() - {"warnings", "invocation"} - chosen
        assert {key: planned["prediction"][key] for key in keys} == {key: predicted[key] for key in keys}
    assert writes(test, "test") == []


def test_one_package_can_be_given_without_a_list(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    options = {**task(test), "src": shared(tmp_path, OLD), "import_mode": "upgrade"}
    result = run_module(solution_deployment_info, **options)
    assert imports(result, "name", "operation", "import_mode", "needed") == [(NAME, "install", "upgrade", True)]
    assert result["promotions"] == []


def test_one_package_is_upgraded_at_once(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    put(test, "test", shared(tmp_path, OLD))
    result = run_module(solution_deployment_info, **task(test, shared(tmp_path, NEW), import_mode="upgrade"))
    assert imports(result, "operation", "import_mode") == [("upgrade", "upgrade")]
    assert result["promotions"] == []


@pytest.mark.parametrize(
    ("mode", "expected", "promoted"),
    [
        ("update", [("update", "update"), ("update", "update")], []),
        ("upgrade", [("stage", "stage_for_upgrade"), ("stage", "stage_for_upgrade")], [CALLERS, NAME]),
        ("stage_for_upgrade", [("stage", "stage_for_upgrade"), ("stage", "stage_for_upgrade")], []),
        ("auto", [("stage", "stage_for_upgrade"), ("update", "auto")], [NAME]),
    ],
)
def test_upgrades_of_several_packages_are_staged_and_promoted_in_reverse_order(
    test: Any, run_module: Any, tmp_path: pathlib.Path, mode: str, expected: list[Any], promoted: list[str]
) -> None:
    for path in reversed(both(tmp_path, OLD)):
        put(test, "test", path)
    new = both(tmp_path, NEW, spare=False)
    result = run_module(solution_deployment_info, **task(test, *new, import_mode=mode))
    assert imports(result, "operation", "import_mode") == expected
    assert result["promotions"] == [{"name": name, "version": NEW, "staged": False} for name in promoted]
    checked = run_module(solution_deployment_info, check_mode=True, **task(test, *new, import_mode=mode))
    assert (checked["imports"], checked["promotions"]) == (result["imports"], [])
    assert (checked["flows_present"], result["flows_present"]) == (True, True)


@pytest.mark.parametrize("mode", ["upgrade", "auto"])
def test_what_an_interrupted_run_has_staged_is_promoted(
    test: Any, run_module: Any, tmp_path: pathlib.Path, mode: str
) -> None:
    for path in reversed(both(tmp_path, OLD)):
        put(test, "test", path)
    new = both(tmp_path, NEW, spare=False)
    put(test, "test", new[1], staged=True)
    result = run_module(solution_deployment_info, **task(test, *new, import_mode=mode))
    assert imports(result, "operation", "import_mode", "needed")[0] == ("none", "stage_for_upgrade", False)
    staged = {"name": NAME, "version": NEW, "staged": True}
    assert result["promotions"][-1] == staged
    checked = run_module(solution_deployment_info, check_mode=True, **task(test, *new, import_mode=mode))
    assert checked["promotions"] == [staged]


def test_all_refusals_are_named_at_once(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    for path in reversed(both(tmp_path, NEW)):
        put(test, "test", path)
    old = both(tmp_path, OLD)
    refused = run_module(solution_deployment_info, **task(test, *old))
    assert refused["failed"]
    assert refused["msg"].startswith("Nothing was imported into ")
    assert "2 of 2 imports would be refused. SharedFlows 1.0.0.0 was not imported" in refused["msg"]
    assert "Callers 1.0.0.0 was not imported" in refused["msg"]
    assert refused["failure"] == {"refused": [NAME, CALLERS]}
    told = run_module(solution_deployment_info, **task(test, *old, fail_on_refusal=False))
    assert imports(told, "failed", "operation", "changed", "needed") == [(True, "refuse", False, False)] * 2
    assert (refused["imports"], refused["promotions"]) == (told["imports"], told["promotions"])


def test_a_refusal_is_that_of_the_import(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    put(test, "test", shared(tmp_path, OLD))
    put(test, "test", callers(tmp_path, OLD))
    new = shared(tmp_path, NEW, inputs="Other")
    refused = run_module(solution_deployment_info, **task(test, new))
    alone = run_module(solution_import, check_mode=True, **{**task(test), "src": new})
    prediction = refused["imports"][0]["prediction"]
    assert refused["msg"] == alone["msg"] == prediction["msg"]
    assert {key: alone.get(key, False) for key in prediction} == prediction
    assert "input Question (" in prediction["diff"]["before"]
    warned = run_module(solution_deployment_info, **task(test, new, on_contract_break="warn"))
    assert imports(warned, "operation") == [("update",)]
    assert any("Question" in warning for warning in warned["warnings"])


def test_a_package_may_need_what_another_one_brings(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    alone = run_module(solution_deployment_info, **task(test, callers(tmp_path, OLD), fail_on_refusal=False))
    assert f"calls the desktop flow {SHARED}" in alone["imports"][0]["prediction"]["msg"]
    result = run_module(solution_deployment_info, **task(test, *both(tmp_path, OLD)))
    assert imports(result, "name", "operation") == [(NAME, "install"), (CALLERS, "install")]


@pytest.mark.parametrize("check_mode", [False, True])
def test_flows_that_are_to_come_are_not_there_in_check_mode(
    test: Any, run_module: Any, tmp_path: pathlib.Path, check_mode: bool
) -> None:
    packages = both(tmp_path, OLD)
    put(test, "test", packages[1])
    result = run_module(solution_deployment_info, check_mode=check_mode, **task(test, *packages))
    assert result["flows_present"] is not check_mode


def test_settings_are_for_the_package_that_knows_them(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    packages = both(tmp_path, OLD)
    settings = {"connection_references": {"con_shared": "connection-1"}}
    result = run_module(solution_deployment_info, **task(test, *packages, **settings))
    known = [it["prediction"]["settings"]["connection_references"] for it in result["imports"]]
    assert known == [[], ["con_shared"]]
    unknown = {"environment_variables": {"con_Nowhere": "x"}}
    for option in ({}, {"fail_on_refusal": False}):
        mistaken = run_module(solution_deployment_info, **task(test, *packages, **settings, **unknown, **option))
        assert "con_Nowhere" in mistaken["msg"]
        assert "imports" not in mistaken


def test_what_is_there_needs_no_import_unless_its_settings_differ(
    test: Any, run_module: Any, tmp_path: pathlib.Path
) -> None:
    packages = both(tmp_path, OLD)
    for path in reversed(packages):
        put(test, "test", path)
    same = run_module(solution_deployment_info, **task(test, *packages))
    assert imports(same, "needed", "changed", "operation") == [(False, False, "none")] * 2
    settings = {"connection_references": {"con_shared": "connection-1"}}
    other = run_module(solution_deployment_info, **task(test, *packages, **settings))
    assert imports(other, "needed", "operation") == [(False, "none"), (True, "none")]


@pytest.mark.parametrize("kept", [False, True])
def test_an_upgrade_that_was_interrupted_is_to_be_completed(
    test: Any, run_module: Any, tmp_path: pathlib.Path, kept: bool
) -> None:
    settings = test.environment("test").settings
    settings.job_seconds, settings.upgrade_keeps_shares = 30.0, kept
    put(test, "test", release(tmp_path, OLD))
    shares = [{"solution": NAME, "principals": [{"team": "Finance Robotics"}]}]
    run_module(desktop_flow_share, shares=shares, **test.connection("test"))
    new = release(tmp_path, NEW)
    options = {"on_contract_break": "ignore", "import_mode": "upgrade"}
    run_module(solution_import, **{**task(test), "src": new}, **options, wait=False)
    test.advance(60)
    found = run_module(solution_deployment_info, **task(test, new, **options))
    assert imports(found, "operation", "needed", "changed") == [("none", True, not kept)]
    unprotected = run_module(solution_deployment_info, **task(test, new, **options, protect_shares=False))
    assert imports(unprotected, "needed") == [(False,)]
    run_module(solution_import, **{**task(test), "src": new}, **options)
    completed = run_module(solution_deployment_info, **task(test, new, **options))
    assert imports(completed, "needed") == [(False,)]


def test_who_cannot_sign_in_is_not_told_of_a_refusal(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    options = {**task(test, shared(tmp_path, OLD), fail_on_refusal=False), "client_secret": "wrong"}
    result = run_module(solution_deployment_info, **options)
    assert result["failed"]
    assert "imports" not in result
    without = {key: value for key, value in options.items() if key != "client_secret"}
    assert run_module(solution_deployment_info, **without)["failed"]


def test_packages_of_one_solution_are_a_mistake(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    result = run_module(solution_deployment_info, **task(test, shared(tmp_path, OLD), shared(tmp_path, NEW)))
    assert "hold the same solution SharedFlows" in result["msg"]
