# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is saved of desktop flows and not published: it is told, and never taken for what runs."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
from ansible_collections.coe.power_platform.plugins.modules import (
    desktop_flow_info,
    desktop_flow_share,
    solution_export,
    solution_import,
)
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.package_maker import flow_id
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.solution_scenes import (
    IMPORT,
    put,
    release,
    writes,
)

EXPORTED = "CoESharedFlows"
DRAFT = {"definition": "\"SET Version TO 'draft'\\r\\n\"", "inputs": '{"schema": null}', "name": "Flow 1 (draft)"}


def save_draft(simulator: Any, environment: str, flow: str, **content: Any) -> None:
    """Save something of a flow, named by its id, without publishing it."""
    from dataverse_simulator.environments import drafts

    target = simulator.environment(environment)
    with target.store.transaction():
        drafts.put(target.store, flow, content)


@pytest.fixture
def test(simulator: Any, tmp_path: pathlib.Path) -> Any:
    """The simulator with version 1.0.0.0 of the solution in the environment test, and a draft of its first flow."""
    simulator.environment("test").settings.change({"job_seconds": 0.05})
    put(simulator, "test", release(tmp_path, "1.0.0.0"))
    save_draft(simulator, "test", flow_id(1), **DRAFT)
    return simulator


@pytest.mark.parametrize("fails", [True, False])
@pytest.mark.parametrize("mode", ["update", "upgrade", "stage_for_upgrade", "auto"])
def test_a_draft_stops_an_import_before_it_begins(
    test: Any, run_module: Any, tmp_path: pathlib.Path, fails: bool, mode: str
) -> None:
    test.environment("test").settings.change({"draft_fails_import": fails})
    options = {"src": release(tmp_path, "1.1.0.0"), "import_mode": mode, "on_contract_break": "ignore"}
    options |= test.connection("test")
    predicted = run_module(solution_import, check_mode=True, **options)
    refused = run_module(solution_import, **options)
    assert predicted["msg"] == refused["msg"]
    assert "drafts of desktop flow Flow 1, saved there and not published" in refused["msg"]
    assert "there exists an unpublished active row" in refused["msg"]
    assert [flow["id"] for flow in refused["plan"]["drafts"]] == [flow_id(1)]
    assert writes(test, "test") == []


@pytest.mark.parametrize("fails", [True, False])
def test_a_draft_may_be_a_warning_only(test: Any, run_module: Any, tmp_path: pathlib.Path, fails: bool) -> None:
    test.environment("test").settings.change({"draft_fails_import": fails})
    options = {"src": release(tmp_path, "1.1.0.0"), "on_contract_break": "ignore", "on_drafts": "warn"}
    result = run_module(solution_import, **options, **test.connection("test"))
    assert any("drafts of desktop flow Flow 1" in warning for warning in result["warnings"])
    assert result.get("failed", False) is fails
    if not fails:
        assert writes(test, "test") == IMPORT


def test_what_runs_is_compared_and_not_the_draft(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    same = release(tmp_path, "1.0.0.0")
    options = {"src": same, "force": True, "on_drafts": "warn", **test.connection("test")}
    plan = run_module(solution_import, check_mode=True, **options)["plan"]
    assert plan["contract_changes"] == []
    assert len(plan["flows"]["unchanged"]) == 2


def test_drafts_of_other_flows_stop_nothing(simulator: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    put(simulator, "test", release(tmp_path, "1.0.0.0", flows=(2,)))
    save_draft(simulator, "test", flow_id(2), **DRAFT)
    options = {"src": release(tmp_path, "1.1.0.0", flows=(1,)), "on_contract_break": "ignore"}
    result = run_module(solution_import, check_mode=True, **options, **simulator.connection("test"))
    assert result["plan"]["drafts"] == []
    assert not result.get("failed")


def test_flows_go_by_the_names_under_which_they_run(test: Any, run_module: Any) -> None:
    connection = test.connection("test")
    declared = {"desktop_flow": "Flow 1", "principals": [{"team": "Finance Robotics"}]}
    assert run_module(desktop_flow_share, shares=[declared], **connection)["changed"]
    names = {flow["name"] for flow in run_module(desktop_flow_info, **connection)["desktop_flows"]}
    assert {"Flow 1", "Flow 2"} <= names
    assert "Flow 1 (draft)" not in names


@pytest.mark.parametrize("refused", [True, False])
def test_only_flows_are_asked_for_with_their_drafts(
    test: Any, run_module: Any, tmp_path: pathlib.Path, refused: bool
) -> None:
    test.environment("test").settings.change({"unpublished_header_refused": refused})
    options = {"src": release(tmp_path, "1.1.0.0", flows=(2,)), "import_mode": "upgrade", "on_contract_break": "ignore"}
    result = run_module(solution_import, **options, **test.connection("test"))
    assert not result.get("failed"), result["msg"]
    assert [flow["id"] for flow in result["plan"]["flows"]["deleted"]] == [flow_id(1)]


def draft_of_the_source(simulator: Any) -> str:
    flow: str = simulator.environment("dev").store.first("workflow", name="Read Invoice")["workflowid"]
    save_draft(simulator, "dev", flow, definition=DRAFT["definition"])
    return flow


def export(run_module: Any, simulator: Any, dest: object, check_mode: bool = False, **options: Any) -> dict[str, Any]:
    task = {**simulator.connection("dev"), "dest": str(dest), "name": EXPORTED, **options}
    result: dict[str, Any] = run_module(solution_export, check_mode=check_mode, **task)
    return result


def test_an_export_tells_the_drafts_that_it_leaves_out(simulator: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    flow = draft_of_the_source(simulator)
    for check_mode in (True, False):
        result = export(run_module, simulator, tmp_path, check_mode)
        assert result["drafts"] == [{"id": flow, "name": "Read Invoice"}]
        assert any("What is saved of Read Invoice and not published" in text for text in result["warnings"])
    assert "PublishXml" not in writes(simulator, "dev")


@pytest.mark.parametrize(
    ("option", "request_sent"), [("publish_flows", "PublishXml"), ("publish", "PublishAllXmlAsync")]
)
def test_an_export_may_publish_the_drafts_first(
    simulator: Any, run_module: Any, tmp_path: pathlib.Path, option: str, request_sent: str
) -> None:
    draft_of_the_source(simulator)
    others = save_of_another_solution(simulator)
    predicted = export(run_module, simulator, tmp_path, check_mode=True, **{option: True})
    assert predicted["drafts"] == []
    assert writes(simulator, "dev") == []
    result = export(run_module, simulator, tmp_path, **{option: True})
    assert (result["drafts"], result["warnings"]) == ([], [])
    assert request_sent in writes(simulator, "dev")
    left = simulator.environment("dev").store.find("_draft")
    assert [row["workflowid"] for row in left] == ([others] if option == "publish_flows" else [])
    simulator.clear_journal()
    assert export(run_module, simulator, tmp_path, publish_flows=True)["changed"] is False
    assert "PublishXml" not in writes(simulator, "dev")


def save_of_another_solution(simulator: Any) -> str:
    from ansible_collections.coe.power_platform.tests.unit.plugins.modules.sharing_scenes import make_flows

    (flow,) = make_flows(simulator.environment("dev"), 1)
    save_draft(simulator, "dev", flow, definition=DRAFT["definition"])
    return flow


def test_a_solution_without_drafts_needs_no_word(simulator: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    result = export(run_module, simulator, tmp_path, publish_flows=True)
    assert (result["drafts"], result["warnings"]) == ([], [])
