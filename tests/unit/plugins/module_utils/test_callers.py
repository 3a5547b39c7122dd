# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls of desktop flows through all nesting of a cloud flow, and what a new signature does to them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._dataverse.rows import Request, Row
from ansible_collections.coe.power_platform.plugins.module_utils._packages.callers import (
    Caller,
    missing_flows,
    package_callers,
)
from ansible_collections.coe.power_platform.plugins.module_utils._packages.calls import (
    Breakage,
    Call,
    broken_arguments,
    cloud_calls,
    desktop_calls,
)
from ansible_collections.coe.power_platform.plugins.module_utils._packages.package import read_package
from ansible_collections.coe.power_platform.plugins.module_utils._packages.signatures import (
    Argument,
    Signature,
    parse_signature,
)
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.package_maker import (
    CloudFlow,
    DesktopFlow,
    flow_id,
    package_files,
    run_desktop_flow,
    write_package,
)
from hypothesis import given
from hypothesis import strategies as st

SHARED = flow_id(1)
RUN = run_desktop_flow(SHARED, {"Question": "Why?"})
Wrap = Callable[[dict[str, Any]], dict[str, Any]]


def client_data(actions: Any) -> str:
    return json.dumps({"properties": {"connectionReferences": {}, "definition": {"actions": actions}}})


def calls(actions: Any) -> list[Call]:
    found = cloud_calls(client_data(actions))
    assert found is not None
    return found


NESTINGS: dict[str, tuple[Wrap, str]] = {
    "top": (lambda run: {"Run_it": run}, "Run it"),
    "scope": (lambda run: {"Try": {"type": "Scope", "actions": {"Run_it": run}}}, "Try > Run it"),
    "condition, yes": (
        lambda run: {"Large": {"type": "If", "expression": {}, "actions": {"Run_it": run}, "else": {"actions": {}}}},
        "Large > Run it",
    ),
    "condition, no": (
        lambda run: {"Large": {"type": "If", "actions": {}, "else": {"actions": {"Run_it": run}}}},
        "Large > Run it",
    ),
    "switch, case": (
        lambda run: {"Kind": {"type": "Switch", "cases": {"inputs": {"case": 1, "actions": {"Run_it": run}}}}},
        "Kind > Run it",
    ),
    "switch, default": (
        lambda run: {"Kind": {"type": "Switch", "cases": {}, "default": {"actions": {"Run_it": run}}}},
        "Kind > Run it",
    ),
    "for each": (lambda run: {"All": {"type": "Foreach", "actions": {"Run_it": run}}}, "All > Run it"),
    "until": (lambda run: {"Wait": {"type": "Until", "actions": {"Run_it": run}}}, "Wait > Run it"),
    "parallel branch": (
        lambda run: {"A": {"type": "Compose", "runAfter": {}}, "Run_it": {**run, "runAfter": {}}},
        "Run it",
    ),
    "an action of an odd name": (
        lambda run: {"inputs": {"type": "Scope", "actions": {"Run_it": run}}},
        "inputs > Run it",
    ),
    "agent": (lambda run: {"Agent": {"type": "Agent", "tools": {"T": {"actions": {"Run_it": run}}}}}, "Agent > Run it"),
}


@pytest.mark.parametrize("nesting", NESTINGS)
def test_a_call_is_found_in(nesting: str) -> None:
    wrap, place = NESTINGS[nesting]

    assert calls(wrap(RUN)) == [Call(place, SHARED, frozenset({"Question"}), frozenset())]


@pytest.mark.parametrize("outer", NESTINGS)
@pytest.mark.parametrize("inner", NESTINGS)
def test_a_call_is_found_two_levels_deep(outer: str, inner: str) -> None:
    actions = NESTINGS[outer][0]({"type": "Scope", "actions": NESTINGS[inner][0](RUN)})

    assert [call.flow_id for call in calls(actions)] == [SHARED]


def test_a_call_is_found_through_all_nestings_at_once() -> None:
    actions: dict[str, Any] = {"Run_it": RUN}
    for wrap, _place in NESTINGS.values():
        actions = wrap({"type": "Scope", "actions": actions})

    assert [call.flow_id for call in calls(actions)] == [SHARED]


def test_a_definition_in_data_is_no_call() -> None:
    compose = {"type": "Compose", "inputs": {"actions": {"Run_it": RUN}}}

    assert calls({"Compose": compose}) == []


@pytest.mark.parametrize(
    "target", ["@parameters('Flow (con_Flow)')", "@{variables('flow')}", "", "@concat('x')", None, 5]
)
def test_a_flow_chosen_at_run_time_has_no_id(target: Any) -> None:
    run = run_desktop_flow(SHARED, {})
    run["inputs"]["parameters"]["uiFlowId"] = target

    assert [call.flow_id for call in calls({"Run": run})] == [None]


@pytest.mark.parametrize("target", [SHARED.upper(), f"{{{SHARED}}}", f" {SHARED} "])
def test_an_id_is_read_in_any_writing(target: str) -> None:
    assert [call.flow_id for call in calls({"Run": run_desktop_flow(target, {})})] == [SHARED]


def test_inputs_given_as_one_object_are_read() -> None:
    run = run_desktop_flow(SHARED, {})
    run["inputs"]["parameters"]["item"] = {"Question": "x", "Count": 1}

    assert calls({"Run": run})[0].inputs == {"Question", "Count"}


def test_inputs_decided_at_run_time_are_unknown() -> None:
    run = run_desktop_flow(SHARED, {})
    run["inputs"]["parameters"]["item"] = "@variables('arguments')"

    assert calls({"Run": run})[0].inputs is None


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ("@outputs('Run_it')?['body/Answer']", {"Answer"}),
        ("@{outputs('Run_it')['body/Answer']}", {"Answer"}),
        ("@outputs('Run_it')?['body']?['Answer']", {"Answer"}),
        ("@outputs('Run_it').body.Answer", {"Answer"}),
        ("@body('Run_it')?['Answer']", {"Answer"}),
        ("@body('Run_it')?['Answer']?['part']", {"Answer"}),
        ("@concat(body('Run_it')?['A'], outputs('Run_it')?['body/B'])", {"A", "B"}),
        ("@Outputs( 'run_IT' ) ? [ 'Body/Answer' ]", {"Answer"}),
        ("@actions('Run_it')?['outputs']?['body']?['Answer']", {"Answer"}),
        ("@actions('Run_it').outputs.body.Answer", {"Answer"}),
        ("It said @{body('Run_it')?['A']}, then @{body('Run_it')?['B']}.", {"A", "B"}),
        ("It's @{concat('}', body('Run_it')?['A'])}, not body('Run_it')?['B'].", {"A"}),
        ("@concat('}', '@{', body('Run_it')?['A'])", {"A"}),
        ("@body('Run_it')?['error']?['message']", set()),
        ("@outputs('Run_it')?['body/error']", set()),
        ("@actions('Run_it')?['status']", set()),
        ("Read body('Run_it')?['Answer'] in the guide", set()),
        ("@@body('Run_it')?['Answer']", set()),
        ("@concat('body(''Run_it'')?[''Answer'']')", set()),
        ("@outputs('Run_it')?['statusCode']", set()),
        ("@outputs('Run_it')", set()),
        ("@body('Run_it')", set()),
        ("@body('Other')?['Answer']", set()),
    ],
)
def test_outputs_are_known_by_the_expressions_that_read_them(expression: str, output: set[str]) -> None:
    (call,) = calls({"Run_it": RUN, "Use": {"type": "Compose", "inputs": expression}})

    assert call.outputs == output


@pytest.mark.parametrize(
    ("expression", "whole"),
    [
        ("@body('Run_it')", True),
        ("@outputs('Run_it')", True),
        ("@outputs('Run_it')?['body']", True),
        ("@actions('Run_it')", True),
        ("@body('Run_it')?[variables('name')]", True),
        ("@string(body('RUN_IT'))", True),
        ("@body('Run_it')?['Answer']", False),
        ("@outputs('Run_it')?['headers']", False),
        ("@body('Run_it')?['error']", False),
        ("body('Run_it')", False),
    ],
)
def test_outputs_may_be_handed_on_as_a_whole(expression: str, whole: bool) -> None:
    (call,) = calls({"Run_it": RUN, "Use": {"type": "Compose", "inputs": {"deep": [expression]}}})

    assert call.whole is whole


@pytest.mark.parametrize("encode", [str, lambda text: text.replace("'", "\\u0027").replace("ü", "\\u00fc")])
def test_escapes_of_json_make_no_difference(encode: Callable[[str], str]) -> None:
    use = {"type": "Compose", "inputs": "@body('Ausführen')?['Answer']"}
    text = json.dumps({"properties": {"definition": {"actions": {"Ausführen": RUN, "Use": use}}}}, ensure_ascii=False)
    (call,) = cloud_calls(encode(text)) or []

    assert call.outputs == {"Answer"}


@given(st.text(alphabet="@{}()[]'?.body ", max_size=40))
def test_any_expression_is_read(text: str) -> None:
    (call,) = calls({"Run_it": RUN, "Use": {"type": "Compose", "inputs": f"@{text}"}})

    assert call.outputs is not None


def test_an_action_with_an_apostrophe_is_understood() -> None:
    use = {"type": "Compose", "inputs": "@body('It''s_on')?['Answer']"}
    (call,) = calls({"It's_on": RUN, "Use": use})

    assert (call.place, call.outputs) == ("It's on", {"Answer"})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"properties":null}',
        '{"properties":{"definition":"x"}}',
        '{"properties":{"definition":{"actions":["x"]}}}',
        '{"properties":{"definition":{"actions":{"A":7}}}}',
        "[" * 100_000,
    ],
    ids=lambda text: text[:40],
)
def test_a_cloud_flow_that_cannot_be_read_is_unknown(text: str) -> None:
    assert cloud_calls(text) is None


def test_a_script_is_read_plain_and_as_a_json_string() -> None:
    script = f"External.RunFlow FlowId: '{SHARED.upper()}' @Question: x @Answer=> y"
    expected = [Call("subflow Main", SHARED, frozenset({"Question"}), frozenset({"Answer"}))]

    assert desktop_calls(script) == expected
    assert desktop_calls(json.dumps(script)) == expected
    assert desktop_calls('"broken') is None


def signature(*inputs: Argument, outputs: tuple[str, ...] = ()) -> Signature:
    return Signature(inputs, tuple(Argument(name, "string") for name in outputs))


def needed(name: str, type_: str = "string") -> Argument:
    return Argument(name, type_, optional=False)


def spare(name: str) -> Argument:
    return Argument(name, "string", optional=True)


def unsaid(name: str) -> Argument:
    return Argument(name, "string")


def call(*inputs: str, outputs: tuple[str, ...] = ()) -> Call:
    return Call("Run", SHARED, frozenset(inputs), frozenset(outputs))


BREAKAGES = {
    "nothing": (call("A"), signature(needed("A")), signature(needed("A")), []),
    "input gone": (call("A", "B"), signature(needed("A"), needed("B")), signature(needed("A")), ["B: passes, gone"]),
    "input gone, not passed": (call("A"), signature(needed("A"), spare("B")), signature(needed("A")), []),
    "input gone before": (call("A", "B"), signature(needed("A")), signature(needed("A"), spare("C")), []),
    "input required": (call(), signature(), signature(needed("A")), ["A: lacks"]),
    "input required, passed": (call("A"), signature(spare("A")), signature(needed("A")), []),
    "input required, not passed": (call(), signature(spare("A")), signature(needed("A")), ["A: lacks"]),
    "input optional": (call(), signature(), signature(spare("A")), []),
    "input of an old client": (call(), signature(), signature(unsaid("A")), ["A: lacks"]),
    "old client to required, passed": (call("A"), signature(unsaid("A")), signature(needed("A")), []),
    "old client to required, not passed": (call(), signature(unsaid("A")), signature(needed("A")), ["A: lacks"]),
    "required to old client": (call(), signature(spare("A")), signature(unsaid("A")), []),
    "lacking before": (call(), signature(needed("A")), signature(needed("A"), needed("B")), ["B: lacks"]),
    "renamed": (call("A"), signature(needed("A")), signature(needed("B")), ["A: passes, gone", "B: lacks"]),
    "input retyped": (call("A"), signature(needed("A")), signature(needed("A", "number")), ["A: passes, type"]),
    "input retyped, not passed": (call(), signature(spare("A")), signature(Argument("A", "number", optional=True)), []),
    "output gone": (
        call(outputs=("X",)),
        signature(outputs=("X", "Y")),
        signature(outputs=("Y",)),
        ["X: reads, gone"],
    ),
    "output gone, not read": (call(outputs=("Y",)), signature(outputs=("X", "Y")), signature(outputs=("Y",)), []),
    "output retyped": (
        call(outputs=("X",)),
        signature(outputs=("X",)),
        Signature((), (Argument("X", "number"),)),
        ["X: reads, type"],
    ),
    "unknown before": (call("A"), Signature(None, None), signature(needed("B")), ["A: passes, gone", "B: lacks"]),
    "names in other capitals": (
        call("a", outputs=("x",)),
        signature(needed("A"), outputs=("X",)),
        signature(),
        ["A: passes, gone", "X: reads, gone"],
    ),
    "unknown after": (call("A"), signature(needed("A")), Signature(None, None), []),
    "arguments unknown": (Call("Run", SHARED, None, frozenset()), signature(), signature(needed("A")), []),
    "arguments unknown, retyped": (
        Call("Run", SHARED, None, frozenset()),
        signature(needed("A")),
        signature(needed("A", "number")),
        ["A: passes, type"],
    ),
}
WORDS = {
    "passes, gone": 'passes the input "{}", which is gone',
    "lacks": 'does not pass the input "{}", which is required',
    "passes, type": 'passes the input "{}", whose type changed',
    "reads, gone": 'reads the output "{}", which is gone',
    "reads, type": 'reads the output "{}", whose type changed',
}


@pytest.mark.parametrize("case", BREAKAGES)
def test_exactly_the_broken_arguments_are_named(case: str) -> None:
    caller, before, after, expected = BREAKAGES[case]

    assert broken_arguments(caller, before, after) == [
        Breakage(name, WORDS[words].format(name)) for name, words in (line.split(": ") for line in expected)
    ]


def test_callers_of_a_package_and_of_an_environment_are_alike(tmp_path: Path) -> None:
    script = f"External.RunFlow FlowId: '{SHARED}' @Question: 'x'"
    desktop = DesktopFlow(flow_id(2), child_flows=[SHARED, flow_id(7)], script=script)
    cloud = CloudFlow(flow_id(3), actions={"Run": RUN})
    package = read_package(write_package(tmp_path / "package.zip", package_files([desktop, cloud])))

    first, second = package_callers(package)

    row = {
        "workflowid": flow_id(2).upper(),
        "name": "Shared flow",
        "category": 6,
        "dependencies": json.dumps({"childFlows": [SHARED, flow_id(7)]}),
        "definition": script,
    }
    assert first == Caller.from_row(Row(row, Request("GET workflows")))
    row = {"workflowid": flow_id(3), "name": "Cloud flow", "category": 5, "clientdata": cloud.content()}
    assert second == Caller.from_row(Row(row, Request("GET workflows")))
    assert (first.called, second.called) == ({SHARED, flow_id(7)}, {SHARED})


def test_calls_of_flows_that_are_nowhere_are_listed(tmp_path: Path) -> None:
    shared = DesktopFlow(SHARED, child_flows=[flow_id(8)])
    cloud = CloudFlow(flow_id(3), name="Nightly", actions={"Run": run_desktop_flow(flow_id(9), {}), "Also": RUN})
    callers = package_callers(read_package(write_package(tmp_path / "p.zip", package_files([shared, cloud]))))

    missing = missing_flows(callers, {SHARED, flow_id(3), flow_id(8)})

    assert [it.to_result() for it in missing] == [
        {"id": flow_id(9), "caller": "Nightly", "caller_id": flow_id(3), "places": ["Run"]}
    ]


def test_calls_decided_at_run_time_are_listed() -> None:
    run = run_desktop_flow("@variables('flow')", {})

    caller = Caller.from_content(flow_id(3), "Nightly", 5, None, client_data({"Run": run, "Also": RUN}))

    assert [found.place for found in caller.undetectable] == ["Run"]
    assert [found.place for found in caller.calls_of(SHARED)] == ["Also"]


def test_a_flow_that_was_not_looked_at_is_known_by_its_dependencies() -> None:
    caller = Caller.from_content(flow_id(2), "Parent", 6, json.dumps({"childFlows": [SHARED]}), None)

    assert caller.calls is None
    assert caller.called == {SHARED}
    assert caller.calls_of(SHARED) == ()


@pytest.mark.parametrize("name", ["PADFramework_1_1_02411_2210", "PADFramework_1_1_12501_241"])
def test_scripts_of_public_packages_agree_with_their_dependencies(packages: Path, name: str) -> None:
    package = read_package(str(packages / f"{name}.zip"))

    callers = package_callers(package)

    assert all({found.flow_id for found in it.calls or ()} == set(it.child_flows) for it in callers)
    assert missing_flows(callers, {flow.id for flow in package.flows}) == []


def test_the_caller_of_the_public_package_is_broken_by_the_old_signature(packages: Path) -> None:
    old, new = (read_package(str(packages / f"ConstructionFunding_1_0_0_{number}.zip")) for number in (2, 3))
    shared = "49c626f9-7407-47a0-bad2-a70e4ed15151"
    signatures = [
        parse_signature(flow.inputs, flow.outputs)
        for package in (old, new)
        for flow in package.flows
        if flow.id == shared
    ]

    (caller,) = [caller for caller in package_callers(new) if shared in caller.called]
    (found,) = caller.calls_of(shared)

    assert caller.name == "CF Manage Woodgrove Funding Process"
    assert broken_arguments(found, *signatures) == []
    assert broken_arguments(found, *reversed(signatures)) == [
        Breakage("BorrowerApproved", 'does not pass the input "BorrowerApproved", which is required')
    ]
