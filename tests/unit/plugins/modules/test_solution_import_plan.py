# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What solution_import tells and refuses before it begins, in check mode and in real runs."""

from __future__ import annotations

import json
import pathlib
import re
import zipfile
from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.coe.power_platform.plugins.modules import (
    desktop_flow_share,
    solution_import,
    solution_info,
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
    IMPORT,
    NAME,
    UPGRADE,
    put,
    writes,
)

SHARED = flow_id(1)
BEFORE = {"Question": argument(), "Spare": argument(optional=True)}
PADFRAMEWORK = ("PADFramework_1_1_02411_2210.zip", "PADFramework_1_1_12501_241.zip")
CONSTRUCTION_FUNDING = ("ConstructionFunding_1_0_0_2.zip", "ConstructionFunding_1_0_0_3.zip")


@pytest.fixture
def test(simulator: Any) -> Any:
    """The simulator with quick jobs in the environment test."""
    simulator.environment("test").settings.job_seconds = 0.05
    return simulator


def shared(inputs: Mapping[str, Any], script: str = "SET X TO 1\r\n") -> DesktopFlow:
    return DesktopFlow(SHARED, "Shared flow", inputs=schema(inputs), script=script)


def packed(folder: pathlib.Path, *flows: DesktopFlow | CloudFlow, name: str = NAME, **more: Any) -> str:
    version = more.setdefault("version", "1.0.0.0")
    return write_package(folder / f"{name}_{version}.zip", package_files(flows, unique_name=name, **more))


def calls_of(*inputs: str) -> dict[str, Any]:
    return run_desktop_flow(SHARED, dict.fromkeys(inputs, "x"))


def task(simulator: Any, src: str, **options: Any) -> dict[str, Any]:
    return {**simulator.connection("test"), "src": src, **options}


def managed(source: pathlib.Path, folder: pathlib.Path, version: str | None = None) -> str:
    """Copy a package and turn its Managed element to 1, and its version to another one."""
    target = folder / f"{version or ''}{source.name}"
    with zipfile.ZipFile(source) as before, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as after:
        for entry in before.infolist():
            content = before.read(entry)
            if entry.filename == "solution.xml":
                content = content.replace(b"<Managed>0</Managed>", b"<Managed>1</Managed>")
                if version:
                    content = re.sub(rb"<Version>.*?</Version>", f"<Version>{version}</Version>".encode(), content)
            after.writestr(entry.filename, content)
    return str(target)


def test_the_public_package_that_breaks_a_contract_passes_with_its_caller_and_is_stopped_if_wanted(
    test: Any, run_module: Any, packages: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    older, newer = (managed(packages / name, tmp_path) for name in CONSTRUCTION_FUNDING)
    put(test, "test", older)
    predicted = run_module(solution_import, check_mode=True, **task(test, newer, on_contract_break="fail"))
    refused = run_module(solution_import, **task(test, newer, on_contract_break="fail"))
    assert refused["failed"]
    assert predicted["msg"] == refused["msg"]
    assert 'The input "BorrowerApproved" (string) is gone.' in refused["msg"]
    assert "CF Manage Woodgrove Funding Process" in refused["msg"]
    assert refused["plan"]["recommendation"]["action"] == "hold"
    assert predicted["diff"] == refused["diff"]
    assert "desktop flow Woodgrove Funding Manager Draw: input BorrowerApproved (" in refused["diff"]["before"]
    assert "input BorrowerApproved (" not in refused["diff"]["after"]
    assert [effect["name"] for effect in refused["plan"]["contract_changes"]] == ["Woodgrove Funding Manager Draw"]
    assert writes(test, "test") == []
    (caller,) = refused["plan"]["contract_changes"][0]["callers"]
    assert (caller["in_package"], caller["status"]) == (True, "fits")
    done = run_module(solution_import, **task(test, newer))
    assert done["operation"] == "update"
    assert any("BorrowerApproved" in warning for warning in done["warnings"])


def test_the_public_package_that_relaxes_an_input_passes(
    test: Any, run_module: Any, packages: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    older, newer = (managed(packages / name, tmp_path) for name in PADFRAMEWORK)
    put(test, "test", older)
    done = run_module(solution_import, **task(test, newer))
    assert done["operation"] == "update"
    assert (done["left_overs"], done["plan"]["not_comparable"]) == ([], [])
    assert not done["plan"]["stops"]
    (effect,) = done["plan"]["contract_changes"]
    assert effect["name"] == "PADFramework: EmailSender"
    assert [change["detail"] for change in effect["changes"]] == ['The input "Input_DisplayName" is optional now.']
    assert 'The input "Input_DisplayName" is optional now.' in done["plan_text"]


@pytest.mark.parametrize(
    ("name", "parts"),
    [(CONSTRUCTION_FUNDING[1], {"attributeimageconfig": 1, "entityimageconfig": 1}), (PADFRAMEWORK[1], {})],
)
def test_an_upgrade_of_a_public_package_raises_no_false_alarm(
    test: Any, run_module: Any, packages: pathlib.Path, tmp_path: pathlib.Path, name: str, parts: dict[str, int]
) -> None:
    put(test, "test", managed(packages / name, tmp_path))
    newer = managed(packages / name, tmp_path, "99.0.0.0")
    told = run_module(solution_import, check_mode=True, **task(test, newer, import_mode="upgrade"))
    assert (told["operation"], told["plan"]["warnings"], told["plan"]["left_overs"]) == ("upgrade", [], [])
    assert {it["type"]: it["count"] for it in told["plan"]["not_comparable"] if it["parts_of_tables"]} == parts
    assert [it for it in told["plan"]["not_comparable"] if not it["parts_of_tables"]] == []


NESTED = {
    "scope": {"Outer": {"type": "Scope", "actions": {"Run": calls_of("Spare")}}},
    "condition": {"Outer": {"type": "If", "actions": {}, "else": {"actions": {"Run": calls_of("Spare")}}}},
    "switch": {"Outer": {"type": "Switch", "cases": {"One": {"actions": {"Run": calls_of("Spare")}}}}},
    "default": {"Outer": {"type": "Switch", "cases": {}, "default": {"actions": {"Run": calls_of("Spare")}}}},
    "loop": {"Outer": {"type": "Foreach", "actions": {"Run": calls_of("Spare")}}},
    "parallel": {"Other": {"type": "Compose", "runAfter": {}}, "Run": {**calls_of("Spare"), "runAfter": {}}},
    "all": {
        "Outer": {
            "type": "Scope",
            "actions": {
                "If": {
                    "type": "If",
                    "actions": {
                        "Switch": {
                            "type": "Switch",
                            "cases": {
                                "A": {"actions": {"Until": {"type": "Until", "actions": {"Run": calls_of("Spare")}}}}
                            },
                        }
                    },
                }
            },
        }
    },
}


@pytest.mark.parametrize("nesting", NESTED)
def test_a_cloud_flow_of_the_environment_is_found_through_all_nesting(
    test: Any, run_module: Any, tmp_path: pathlib.Path, nesting: str
) -> None:
    put(test, "test", packed(tmp_path, shared(BEFORE)))
    put(test, "test", packed(tmp_path, CloudFlow(flow_id(9), "Nightly", NESTED[nesting]), name="Callers"))
    newer = packed(tmp_path, shared({"Question": argument()}), version="2.0.0.0")
    refused = run_module(solution_import, **task(test, newer))
    assert refused["failed"]
    assert '"Nightly" (' in refused["msg"]
    (caller,) = refused["plan"]["contract_changes"][0]["callers"]
    assert (caller["in_package"], caller["status"]) == (False, "breaks")
    assert {broken["argument"] for broken in caller["breaks"]} >= {"Spare"}
    assert all(broken["place"].endswith("Run") for broken in caller["breaks"])
    assert writes(test, "test") == []


def test_a_desktop_flow_of_the_environment_is_found_with_the_argument_that_breaks(
    test: Any, run_module: Any, tmp_path: pathlib.Path
) -> None:
    script = f"External.RunFlow FlowId: '{SHARED}' @Question: Q @Spare: S\r\n"
    caller = DesktopFlow(flow_id(9), "Parent", child_flows=[SHARED], script=script)
    put(test, "test", packed(tmp_path, shared(BEFORE)))
    put(test, "test", packed(tmp_path, caller, name="Callers"))
    test.environment("test").store.update("workflow", flow_id(9), {"componentstate": 1})  # drafts call, too
    refused = run_module(
        solution_import, **task(test, packed(tmp_path, shared({"Question": argument()}), version="2.0.0.0"))
    )
    (affected,) = refused["plan"]["contract_changes"][0]["callers"]
    assert (affected["name"], affected["status"]) == ("Parent", "breaks")
    assert [broken["argument"] for broken in affected["breaks"]] == ["Spare"]


@pytest.mark.parametrize("called", [False, True])
@pytest.mark.parametrize("option", [None, "fail", "warn", "ignore"])
def test_what_a_broken_contract_does(
    test: Any, run_module: Any, tmp_path: pathlib.Path, called: bool, option: str | None
) -> None:
    put(test, "test", packed(tmp_path, shared(BEFORE)))
    if called:
        put(
            test, "test", packed(tmp_path, CloudFlow(flow_id(9), "Fits", {"Run": calls_of("Question")}), name="Callers")
        )
    newer = packed(tmp_path, shared({"Question": argument()}), version="2.0.0.0")
    done = run_module(solution_import, check_mode=True, **task(test, newer, on_contract_break=option))
    stops = option == "fail" or (option is None and called)
    assert bool(done.get("failed")) == stops
    assert bool(done["warnings"]) == (not stops and option != "ignore")
    assert done["plan"]["contract_changes"][0]["breaking"]


@pytest.mark.parametrize("mode", ["update", "upgrade", "stage_for_upgrade", "auto"])
def test_the_real_run_reports_the_plan_of_check_mode(
    test: Any, run_module: Any, tmp_path: pathlib.Path, mode: str
) -> None:
    put(test, "test", packed(tmp_path, shared(BEFORE), DesktopFlow(flow_id(2), "Old flow")))
    share = {"desktop_flow": SHARED, "principals": [{"team": "Finance Robotics", "permission": "user"}]}
    assert run_module(desktop_flow_share, **test.connection("test"), shares=[share])["changed"]
    test.clear_journal()
    more = {**BEFORE, "Detail": argument(optional=True)}
    newer = packed(tmp_path, shared(more), DesktopFlow(flow_id(3), "New flow"), version="2.0.0.0")
    predicted = run_module(solution_import, check_mode=True, **task(test, newer, import_mode=mode))
    assert writes(test, "test") == []
    done = run_module(solution_import, **task(test, newer, import_mode=mode))
    for key in ("plan", "plan_text", "left_overs", "diff", "operation", "reason"):
        assert predicted[key] == done[key], key
    flows = {key: [flow["name"] for flow in found] for key, found in done["plan"]["flows"].items()}
    assert flows == {
        "added": ["New flow"],
        "changed": ["Shared flow"],
        "unchanged": [],
        "not_compared": [],
        "deleted": [] if mode == "update" else ["Old flow"],
    }
    dropped = {"flow": "Shared flow", "flow_id": SHARED, "principal": "team Finance Robotics", "access": "user"}
    assert done["plan"]["shares_dropped"] == ([] if mode == "update" else [dropped])
    assert "desktop flow New flow: new content of 2.0.0.0\n" in done["diff"]["after"]


def test_auto_upgrades_when_nothing_needs_what_goes(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    put(test, "test", packed(tmp_path, shared(BEFORE), DesktopFlow(flow_id(2), "Old flow")))
    newer = packed(tmp_path, shared(BEFORE), version="2.0.0.0")
    done = run_module(solution_import, **task(test, newer, import_mode="auto"))
    assert (done["operation"], done["plan"]["auto"]["rule"]) == ("upgrade", "safe_to_delete")
    assert "components are to be deleted and nothing needs them" in done["reason"]
    assert [path for path in writes(test, "test") if path in UPGRADE] == UPGRADE


def test_auto_updates_when_something_needs_what_would_go(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    put(test, "test", packed(tmp_path, shared(BEFORE), DesktopFlow(flow_id(2), "Old flow")))
    caller = CloudFlow(flow_id(9), "Nightly", {"Run": run_desktop_flow(flow_id(2), {})})
    put(test, "test", packed(tmp_path, caller, name="Callers"))
    newer = packed(tmp_path, shared(BEFORE), version="2.0.0.0")
    done = run_module(solution_import, **task(test, newer, import_mode="auto"))
    assert (done["operation"], done["plan"]["auto"]["rule"]) == ("update", "still_needed")
    assert done["left_overs"] == [
        {
            "id": flow_id(2),
            "name": "Old flow",
            "type": "desktop",
            "needed_by": ["cloud flow Nightly"],
            "also_in": [],
            "message": (
                "The desktop flow Old flow is left over: an upgrade would delete it, but cloud flow Nightly still needs"
                " it."
            ),
        }
    ]
    assert writes(test, "test") == IMPORT


def test_auto_updates_when_nothing_goes(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    put(test, "test", packed(tmp_path, shared(BEFORE)))
    newer = packed(tmp_path, shared(BEFORE, "SET X TO 2\r\n"), version="2.0.0.0")
    done = run_module(solution_import, **task(test, newer, import_mode="auto"))
    assert (done["operation"], done["plan"]["auto"]["rule"]) == ("update", "nothing_to_delete")


def test_an_upgrade_that_would_stop_half_way_does_not_begin(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    put(test, "test", packed(tmp_path, shared(BEFORE), references={"con_shared": CONNECTOR}))
    put(test, "test", packed(tmp_path, CloudFlow(flow_id(9), "Nightly"), name="Callers"))
    definition = {"connectionReferenceLogicalName": "con_shared"}
    content = json.dumps({"properties": {"connectionReferences": {"shared": {"connection": definition}}}})
    test.environment("test").store.update("workflow", flow_id(9), {"clientdata": content})
    newer = packed(tmp_path, shared(BEFORE), version="2.0.0.0")
    refused = run_module(solution_import, **task(test, newer, import_mode="upgrade"))
    assert refused["failed"]
    assert "con_shared" in refused["msg"]
    assert '"Nightly" still needs' in refused["msg"]
    assert "solution: 2.0.0.0" in refused["diff"]["after"]
    assert writes(test, "test") == []
    assert run_module(solution_import, **task(test, newer))["operation"] == "update"


def test_a_call_of_a_flow_that_is_nowhere_is_an_error(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    caller = packed(tmp_path, CloudFlow(flow_id(9), "Nightly", {"Run": calls_of("Question")}), name="Callers")
    refused = run_module(solution_import, **task(test, caller))
    assert refused["failed"]
    assert f'"Nightly" calls the desktop flow {SHARED}' in refused["msg"]
    assert writes(test, "test") == []
    put(test, "test", packed(tmp_path, shared(BEFORE)))
    assert run_module(solution_import, **task(test, caller))["operation"] == "install"


def test_a_signature_that_cannot_be_read_is_unknown(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    put(test, "test", packed(tmp_path, shared(BEFORE)))
    test.environment("test").store.update("workflow", SHARED, {"inputs": "{"})
    newer = packed(tmp_path, shared(BEFORE), version="2.0.0.0")
    told = run_module(solution_import, check_mode=True, **task(test, newer))
    assert [change["effect"] for change in told["plan"]["contract_changes"][0]["changes"]] == ["unknown"]
    assert [flow["name"] for flow in told["plan"]["flows"]["changed"]] == ["Shared flow"]
    assert any("cannot be read" in warning for warning in told["warnings"])


def test_a_plan_of_nothing_costs_nothing(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    package = packed(tmp_path, shared(BEFORE))
    put(test, "test", package)
    test.clear_journal()
    done = run_module(solution_import, check_mode=True, **task(test, package))
    assert done["plan"] is None
    assert done["plan_text"] == f"{NAME} 1.0.0.0: none, because version 1.0.0.0 is installed already.\n"
    assert not any("RunUIFlow" in entry.query or "category eq 6" in entry.query for entry in test.journal("test"))
    assert not any(entry.path.startswith("solutioncomponent") for entry in test.journal("test"))


def test_a_lower_version_is_refused_without_a_difference(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    put(test, "test", packed(tmp_path, shared(BEFORE), version="2.0.0.0"))
    refused = run_module(solution_import, **task(test, packed(tmp_path, shared(BEFORE))))
    assert refused["failed"]
    assert "diff" not in refused


def test_an_import_without_a_connection_is_refused_with_its_difference(
    test: Any, run_module: Any, tmp_path: pathlib.Path
) -> None:
    package = packed(tmp_path, shared(BEFORE), references={"con_shared": CONNECTOR})
    refused = run_module(solution_import, **task(test, package, allow_unbound_references=False))
    assert "have no connection" in refused["msg"]
    assert refused["diff"]["before"] == "solution: not installed\n"


# Components that packages know by name, by the type of what an environment lists.
BY_NAME = {
    "entity": (1, "con_Ledger", "con_ledger", "table con_ledger"),
    "webresource": (61, "con_/scripts/Form.js", "con_/scripts/Form.js", "web resource con_/scripts/Form.js"),
    "sitemap": (62, "con_Books", "con_Books", "site map con_Books"),
    "customcontrol": (66, "con_Books.Shelf", "con_Books.Shelf", "custom control con_Books.Shelf"),
    "appmodule": (80, "con_Books", "con_Books", "model-driven app con_Books"),
    "canvasapp": (300, "con_books_1a2b3", "con_books_1a2b3", "canvas app con_books_1a2b3"),
}


@pytest.mark.parametrize("kind", BY_NAME)
def test_a_left_over_known_by_name_is_told_before_an_upgrade_deletes_it(
    test: Any, run_module: Any, tmp_path: pathlib.Path, kind: str
) -> None:
    type_, name, known, told = BY_NAME[kind]
    put(test, "test", packed(tmp_path, shared(BEFORE), named=[(type_, name), (1, "con_kept")]))
    newer = packed(tmp_path, shared(BEFORE), version="2.0.0.0", named=[(1, "CON_Kept")])
    done = run_module(solution_import, **task(test, newer))
    assert [(it["type"], it["name"], it["needed_by"]) for it in done["left_overs"]] == [(kind, known, [])]
    assert done["warnings"] == []
    newest = packed(tmp_path, shared(BEFORE), version="3.0.0.0", named=[(1, "con_kept")])
    upgraded = run_module(solution_import, **task(test, newest, import_mode="auto"))
    assert (upgraded["operation"], upgraded["plan"]["auto"]["rule"]) == ("upgrade", "safe_to_delete")
    rows = [f"The upgrade deletes the {told} with all its rows."] if kind == "entity" else []
    assert upgraded["warnings"] == rows
    assert f"Deleted:\n  - {told}{' with all its rows' if rows else ''}\n" in upgraded["plan_text"]
    compared = run_module(solution_info, **test.connection("test"), package=newest)
    assert (compared["left_overs"], compared["not_comparable"]) == ([], [])


def test_an_upgrade_of_a_package_with_a_custom_control_raises_no_false_alarm(
    test: Any, run_module: Any, tmp_path: pathlib.Path
) -> None:
    control = [(66, "con_Books.Shelf")]
    put(test, "test", packed(tmp_path, shared(BEFORE), named=control))
    newer = packed(tmp_path, shared(BEFORE), version="2.0.0.0", named=control)
    told = run_module(solution_import, check_mode=True, **task(test, newer, import_mode="upgrade"))
    assert (told["operation"], told["warnings"]) == ("upgrade", [])
    assert (told["left_overs"], told["plan"]["not_comparable"]) == ([], [])


def test_what_cannot_be_compared_is_warned_of_before_an_upgrade(
    test: Any, run_module: Any, tmp_path: pathlib.Path
) -> None:
    roots = [(91, "con_Assembly"), (9, "con_choice"), (9, "con_other")]
    put(test, "test", packed(tmp_path, shared(BEFORE), named=roots))
    newer = packed(tmp_path, shared(BEFORE), version="2.0.0.0", named=roots)
    updated = run_module(solution_import, check_mode=True, **task(test, newer, import_mode="auto"))
    assert (updated["operation"], updated["warnings"], updated["left_overs"]) == ("update", [], [])
    assert "as far as it can be compared" in updated["reason"]
    upgraded = run_module(solution_import, check_mode=True, **task(test, newer, import_mode="upgrade"))
    assert upgraded["plan"]["not_comparable"] == [
        {
            "type": type_,
            "count": count,
            "parts_of_tables": False,
            "message": f"Components cannot be compared with the package: {count} x {type_}.",
        }
        for type_, count in (("optionset", 2), ("pluginassembly", 1))
    ]
    assert upgraded["warnings"] == [
        "The upgrade deletes what the package lacks, and for some components that cannot be told beforehand:"
        " 2 x optionset, 1 x pluginassembly."
    ]
    assert "Not comparable with the package:\n  - 2 x optionset\n  - 1 x pluginassembly\n" in upgraded["plan_text"]


@pytest.mark.parametrize(
    ("root", "kept", "behavior", "expected"),
    [
        ("named", True, 0, [("attribute", True)]),
        ("named", False, 0, []),
        ("named", True, 1, [("attribute", False)]),
        ("unknown", True, 0, [("attribute", False)]),
        (None, True, 0, [("attribute", True)]),
    ],
)
def test_parts_of_a_table_are_told_apart(
    test: Any,
    run_module: Any,
    tmp_path: pathlib.Path,
    root: str | None,
    kept: bool,
    behavior: int,
    expected: list[tuple[str, bool]],
) -> None:
    put(test, "test", packed(tmp_path, shared(BEFORE), named=[(1, "con_ledger"), (1, "con_kept")]))
    store = test.environment("test").store
    rows = {row["schemaname"]: row for row in store.find("solutioncomponent", componenttype=1)}
    table = rows["con_kept" if kept else "con_ledger"]
    store.update("solutioncomponent", table["solutioncomponentid"], {"rootcomponentbehavior": behavior})
    column = {"solutionid": table["solutionid"], "objectid": flow_id(8), "componenttype": 2}
    roots = {"named": table["solutioncomponentid"], "unknown": flow_id(7), None: None}
    store.insert("solutioncomponent", {**column, "rootsolutioncomponentid": roots[root]})
    if root is None:
        store.delete("solutioncomponent", rows["con_ledger"]["solutioncomponentid"])
    newer = packed(tmp_path, shared(BEFORE), version="2.0.0.0", named=[(1, "con_kept")])
    told = run_module(solution_import, check_mode=True, **task(test, newer))
    assert [(it["type"], it["parts_of_tables"]) for it in told["plan"]["not_comparable"]] == expected
    assert "attribute" not in {it["type"] for it in told["left_overs"]}


def test_a_left_over_that_another_managed_solution_holds_stays(
    test: Any, run_module: Any, tmp_path: pathlib.Path
) -> None:
    old = DesktopFlow(flow_id(2), "Old flow")
    put(test, "test", packed(tmp_path, shared(BEFORE), old, references={"con_shared": CONNECTOR}))
    put(test, "test", packed(tmp_path, old, name="Other", references={"con_shared": CONNECTOR}))
    caller = CloudFlow(flow_id(9), "Nightly", {"Run": run_desktop_flow(flow_id(2), {})})
    put(test, "test", packed(tmp_path, caller, name="Callers"))
    definition = {"connectionReferenceLogicalName": "con_shared"}
    content = json.dumps({"properties": {"connectionReferences": {"shared": {"connection": definition}}}})
    test.environment("test").store.update("workflow", flow_id(9), {"clientdata": content})
    newer = packed(tmp_path, shared(BEFORE), version="2.0.0.0")
    chosen = run_module(solution_import, check_mode=True, **task(test, newer, import_mode="auto"))
    assert (chosen["operation"], chosen["plan"]["auto"]["rule"]) == ("update", "nothing_to_delete")
    assert "other managed solutions hold what the package lacks" in chosen["reason"]
    assert [(it["name"], it["also_in"]) for it in chosen["left_overs"]] == [
        ("con_shared", ["Other"]),
        ("Old flow", ["Other"]),
    ]
    done = run_module(solution_import, **task(test, newer, import_mode="upgrade"))
    assert done["operation"] == "upgrade"
    assert done["plan"]["flows"]["deleted"] == []
    assert "Left to other solutions:\n  - connectionreference con_shared, needed by" in done["plan_text"]
    assert test.environment("test").store.get("workflow", flow_id(2))


def test_an_unmanaged_solution_that_holds_a_left_over_too_does_not_count(
    test: Any, run_module: Any, tmp_path: pathlib.Path
) -> None:
    old = DesktopFlow(flow_id(2), "Old flow")
    put(test, "test", packed(tmp_path, shared(BEFORE), old))
    put(test, "test", packed(tmp_path, old, name="Other", managed=False))
    newer = packed(tmp_path, shared(BEFORE), version="2.0.0.0")
    told = run_module(solution_import, check_mode=True, **task(test, newer))
    assert [(it["name"], it["also_in"]) for it in told["left_overs"]] == [("Old flow", [])]


def test_packages_that_are_deployed_together_know_of_each_other(
    test: Any, run_module: Any, tmp_path: pathlib.Path
) -> None:
    called = packed(tmp_path, shared(BEFORE))
    caller = packed(tmp_path, CloudFlow(flow_id(9), "Nightly", {"Run": calls_of("Question")}), name="Callers")
    alone = run_module(solution_import, check_mode=True, **task(test, caller))
    assert alone["failed"]
    assert f"calls the desktop flow {SHARED}" in alone["msg"]
    together = run_module(solution_import, check_mode=True, **task(test, caller, together_with=[called, caller]))
    assert (together["operation"], together["plan"]["missing_flows"]) == ("install", [])
    assert writes(test, "test") == []


def test_a_caller_that_is_adapted_in_the_same_run_does_not_stop_an_upgrade(
    test: Any, run_module: Any, tmp_path: pathlib.Path
) -> None:
    put(test, "test", packed(tmp_path, shared(BEFORE), DesktopFlow(flow_id(2), "Old flow")))
    old = CloudFlow(flow_id(9), "Nightly", {"Run": run_desktop_flow(flow_id(2), {})})
    put(test, "test", packed(tmp_path, old, name="Callers"))
    newer = packed(tmp_path, shared(BEFORE), version="2.0.0.0")
    adapted = packed(
        tmp_path, CloudFlow(flow_id(9), "Nightly", {"Run": calls_of("Question")}), name="Callers", version="2.0.0.0"
    )
    options = {"import_mode": "stage_for_upgrade", "together_with": [adapted]}
    alone = run_module(solution_import, check_mode=True, **task(test, newer, import_mode="stage_for_upgrade"))
    assert "Nightly" in alone["msg"]
    assert run_module(solution_import, check_mode=True, **task(test, newer, **options))["operation"] == "stage"


def test_a_setting_that_a_package_of_the_same_run_knows_is_no_mistake(
    test: Any, run_module: Any, tmp_path: pathlib.Path
) -> None:
    package = packed(tmp_path, shared(BEFORE))
    other = packed(tmp_path, CloudFlow(flow_id(9), "Nightly"), name="Callers", references={"con_shared": CONNECTOR})
    settings = {"connection_references": {"con_shared": "connection-1"}}
    assert "con_shared" in run_module(solution_import, check_mode=True, **task(test, package, **settings))["msg"]
    done = run_module(solution_import, check_mode=True, **task(test, package, **settings, together_with=[other]))
    assert done["settings"]["connection_references"] == []


def test_a_flow_that_moves_to_another_solution_of_the_same_run_stays(
    test: Any, run_module: Any, tmp_path: pathlib.Path
) -> None:
    moving = DesktopFlow(flow_id(2), "Moving flow")
    put(test, "test", packed(tmp_path, shared(BEFORE), moving))
    caller = CloudFlow(flow_id(9), "Nightly", {"Run": run_desktop_flow(flow_id(2), {})})
    put(test, "test", packed(tmp_path, caller, name="Callers"))
    newer = packed(tmp_path, shared(BEFORE), version="2.0.0.0")
    other = packed(tmp_path, moving, name="Other")
    options = {"import_mode": "stage_for_upgrade"}
    alone = run_module(solution_import, check_mode=True, **task(test, newer, **options))
    assert 'The contract of "Moving flow" breaks. The flow is deleted.' in alone["msg"]
    together = run_module(solution_import, check_mode=True, **task(test, newer, **options, together_with=[other]))
    assert together["operation"] == "stage"
    assert [it["also_in"] for it in together["plan"]["left_overs"]] == [["Other"]]
