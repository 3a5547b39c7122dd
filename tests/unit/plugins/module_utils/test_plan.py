# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an import would do: to flows, to what the package lacks, to callers, and to shares."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._packages.callers import Caller, package_callers
from ansible_collections.coe.power_platform.plugins.module_utils._packages.package import Package, read_package
from ansible_collections.coe.power_platform.plugins.module_utils._plan.environment import (
    Dependent,
    DeployedComponent,
    DeployedFlow,
    Environment,
    FlowName,
    FlowShare,
)
from ansible_collections.coe.power_platform.plugins.module_utils._plan.left_overs import (
    find_left_overs,
    find_not_comparable,
)
from ansible_collections.coe.power_platform.plugins.module_utils._plan.plan import Plan
from ansible_collections.coe.power_platform.plugins.module_utils._plan.verdict import OnContractBreak, judge
from ansible_collections.coe.power_platform.plugins.module_utils._solutions.decision import OperationKind
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.package_maker import (
    CONNECTOR,
    CloudFlow,
    DesktopFlow,
    argument,
    flow_id,
    run_desktop_flow,
    schema,
)
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.plan_maker import (
    cloud_caller,
    component,
    deployed,
    installed,
    packed,
    planned,
)

SHARED = DesktopFlow(flow_id(1), inputs=schema({"Question": argument()}))
WITH_MORE = dataclasses.replace(SHARED, inputs=schema({"Question": argument(), "Detail": argument(optional=True)}))
WITH_OTHER = dataclasses.replace(SHARED, inputs=schema({"Subject": argument()}))
OLD = DesktopFlow(flow_id(2), name="Old flow")
CLOUD = CloudFlow(flow_id(3), actions={"Run": run_desktop_flow(SHARED.id, {"Question": "x"})})
SHARE = FlowShare("Shared flow", SHARED.id, "team Finance", "user")
BINARY = "711d42a7-cd1a-4247-aa86-64356c383722"
NAMED = [(1, "con_Ledger"), (61, "con_/form.js"), (300, "con_App"), (80, "con_app"), (62, "con_map")]
FOREIGN = cloud_caller(flow_id(9), "Nightly", SHARED.id, "Question")


def names(flows: list[FlowName]) -> list[str]:
    return [flow.name for flow in flows]


def sorted_out(plan: Plan) -> dict[str, list[str]]:
    found = {key: names(getattr(plan, key)) for key in ("added", "changed", "unchanged", "not_compared", "deleted")}
    found["left_over"] = [str(left_over.component) for left_over in plan.left_overs]
    return {key: value for key, value in found.items() if value}


OUTCOMES: dict[str, tuple[OperationKind, Environment, dict[str, list[str]]]] = {
    "install": ("install", Environment(), {"added": ["Cloud flow", "Shared flow"]}),
    "installed elsewhere": (
        "install",
        Environment(flows=(deployed(SHARED, same_content=True),)),
        {"added": ["Cloud flow"], "unchanged": ["Shared flow"]},
    ),
    "update": (
        "update",
        installed(SHARED, OLD),
        {"added": ["Cloud flow"], "changed": ["Shared flow"], "left_over": ["workflow Old flow"]},
    ),
    "upgrade": (
        "upgrade",
        installed(SHARED, OLD),
        {
            "added": ["Cloud flow"],
            "changed": ["Shared flow"],
            "deleted": ["Old flow"],
            "left_over": ["workflow Old flow"],
        },
    ),
    "stage": (
        "stage",
        installed(CLOUD, SHARED, OLD),
        {
            "changed": ["Cloud flow", "Shared flow"],
            "deleted": ["Old flow"],
            "left_over": ["workflow Old flow"],
        },
    ),
    "same content": (
        "update",
        installed(flows=(deployed(SHARED, same_content=True), deployed(CLOUD, same_content=True))),
        {"unchanged": ["Cloud flow", "Shared flow"]},
    ),
    "same content, other signature": (
        "update",
        installed(flows=(deployed(WITH_MORE, same_content=True), deployed(CLOUD, same_content=True))),
        {"changed": ["Shared flow"], "unchanged": ["Cloud flow"]},
    ),
    "content that cannot be compared": (
        "update",
        installed(flows=(deployed(SHARED, same_content=None), deployed(CLOUD, same_content=True))),
        {"unchanged": ["Cloud flow"], "not_compared": ["Shared flow"]},
    ),
    "another signature beside such content": (
        "update",
        installed(flows=(deployed(WITH_MORE, same_content=None), deployed(CLOUD, same_content=True))),
        {"changed": ["Shared flow"], "unchanged": ["Cloud flow"]},
    ),
    "nothing to do": ("none", installed(SHARED), {"unchanged": ["Shared flow"]}),
}


@pytest.mark.parametrize("case", OUTCOMES)
def test_flows_are_sorted_out(tmp_path: Path, case: str) -> None:
    operation, environment, expected = OUTCOMES[case]

    assert sorted_out(planned(packed(tmp_path, [SHARED, CLOUD]), environment, operation)) == expected


@pytest.mark.parametrize(
    ("left_over", "expected"),
    [
        (DeployedComponent("workflow", SHARED.id), False),
        (DeployedComponent("workflow", flow_id(8)), True),
        (DeployedComponent("desktopflowbinary", BINARY), False),
        (DeployedComponent("desktopflowbinary", flow_id(8)), True),
        (DeployedComponent("connectionreference", flow_id(8), "CON_Shared"), False),
        (DeployedComponent("connectionreference", flow_id(8), "con_other"), True),
        (DeployedComponent("connectionreference", flow_id(8)), False),
        (DeployedComponent("environmentvariabledefinition", flow_id(8), "con_gone"), True),
        (DeployedComponent("environmentvariablevalue", flow_id(8)), False),
        (DeployedComponent("attribute", flow_id(8)), False),
        (DeployedComponent("entity", flow_id(8), "con_ledger"), False),
        (DeployedComponent("entity", flow_id(8), "con_gone"), True),
        (DeployedComponent("entity", flow_id(8)), False),
        (DeployedComponent("webresource", flow_id(8), "con_/Form.js"), False),
        (DeployedComponent("webresource", flow_id(8), "con_/gone.js"), True),
        (DeployedComponent("canvasapp", flow_id(8), "con_app"), False),
        (DeployedComponent("canvasapp", flow_id(8), "con_ledger"), True),
        (DeployedComponent("appmodule", flow_id(8), "con_App"), False),
        (DeployedComponent("sitemap", flow_id(8), "con_gone"), True),
        (DeployedComponent("", flow_id(8)), False),
    ],
)
def test_only_what_is_surely_lacking_is_left_over(tmp_path: Path, left_over: DeployedComponent, expected: bool) -> None:
    package = packed(tmp_path, [SHARED], references={"con_shared": CONNECTOR}, binaries=[BINARY], named=NAMED)

    assert find_left_overs(package, [left_over]) == ([left_over] if expected else [])


@pytest.mark.parametrize(
    ("component", "expected"),
    [
        (DeployedComponent("workflow", flow_id(8)), []),
        (DeployedComponent("environmentvariablevalue", flow_id(8)), []),
        (DeployedComponent("entity", flow_id(8), "con_gone"), []),
        (DeployedComponent("entity", flow_id(8)), [("entity", False)]),
        (DeployedComponent("connectionreference", flow_id(8)), [("connectionreference", False)]),
        (DeployedComponent("component of type 9000", flow_id(8)), [("component of type 9000", False)]),
        (DeployedComponent("attribute", flow_id(8)), [("attribute", False)]),
        (DeployedComponent("attribute", flow_id(8), tables=("con_ledger",)), [("attribute", True)]),
        (DeployedComponent("attribute", flow_id(8), tables=("con_gone",)), []),
        (DeployedComponent("attribute", flow_id(8), tables=("con_gone", "con_ledger")), [("attribute", False)]),
    ],
)
def test_what_cannot_be_compared_is_not_taken_for_kept(
    tmp_path: Path, component: DeployedComponent, expected: list[tuple[str, bool]]
) -> None:
    package = packed(tmp_path, [SHARED], named=NAMED)

    assert [(it.kind, it.parts) for it in find_not_comparable(package, [component])] == expected


def test_what_cannot_be_compared_is_counted_by_kind(tmp_path: Path) -> None:
    components = [DeployedComponent("pluginassembly", flow_id(number)) for number in range(3)]

    assert [it.count for it in find_not_comparable(packed(tmp_path, [SHARED]), components)] == [3]


@pytest.mark.parametrize(("operation", "warned"), [("update", False), ("upgrade", True), ("stage", True)])
def test_an_upgrade_that_may_delete_data_is_warned_of(tmp_path: Path, operation: OperationKind, warned: bool) -> None:
    components = (
        component(SHARED),
        DeployedComponent("entity", flow_id(7), "con_gone"),
        DeployedComponent("pluginassembly", flow_id(8)),
        DeployedComponent("attribute", flow_id(9), tables=("con_ledger",)),
    )
    environment = installed(SHARED, components=components)

    verdict = judge(planned(packed(tmp_path, [SHARED], named=NAMED), environment, operation))

    assert verdict.stops == ()
    assert verdict.warnings == (
        (
            "The upgrade deletes the table con_gone with all its rows.",
            "The upgrade deletes what the package lacks, and for some components that cannot be told beforehand:"
            " 1 x pluginassembly.",
        )
        if warned
        else ()
    )


def test_what_another_solution_holds_is_not_deleted(tmp_path: Path) -> None:
    environment = installed(SHARED, OLD, dependents={OLD.id: (NIGHTLY,)}, holders={OLD.id: ("Other",)})

    plan = planned(packed(tmp_path, [SHARED]), environment, "upgrade")

    assert judge(plan).stops == ()
    assert plan.deleted == []
    assert plan.contract == []
    assert [(it.goes, it.also_in) for it in plan.left_overs] == [(False, ("Other",))]
    assert (plan.choice.mode, plan.choice.rule) == ("update", "nothing_to_delete")
    assert "other managed solutions hold what the package lacks" in plan.choice.reason


LEDGER, SITE_MAP, COLUMN = flow_id(6), flow_id(7), flow_id(8)


@pytest.mark.parametrize(
    ("dependent", "blocked"),
    [
        (Dependent(SITE_MAP, "site map"), False),
        (Dependent(COLUMN, "attribute"), False),
        (Dependent(flow_id(9), "attribute of a table that is replaced", parent=flow_id(5)), False),
        (Dependent(flow_id(9), "attribute of the table itself", parent=LEDGER), False),
        (Dependent(flow_id(9), "attribute of another table", parent=flow_id(4)), True),
        (Dependent(flow_id(4), "plug-in step of the solution"), True),
    ],
)
def test_what_the_package_replaces_does_not_need_a_left_over(
    tmp_path: Path, dependent: Dependent, blocked: bool
) -> None:
    components = (
        component(SHARED),
        DeployedComponent("entity", LEDGER, "con_gone"),
        DeployedComponent("entity", flow_id(5), "con_ledger"),
        DeployedComponent("sitemap", SITE_MAP, "con_map"),
        DeployedComponent("attribute", COLUMN, tables=("con_ledger",)),
        DeployedComponent("sdkmessageprocessingstep", flow_id(4)),
    )
    environment = installed(SHARED, components=components, dependents={LEDGER: (dependent,)})

    (left_over,) = planned(packed(tmp_path, [SHARED], named=NAMED), environment, "upgrade").left_overs

    assert bool(left_over.blocked_by) == blocked


def test_a_left_over_that_stays_still_needs_what_goes(tmp_path: Path) -> None:
    kept = DesktopFlow(flow_id(4), name="Kept")
    environment = installed(
        SHARED, OLD, kept, dependents={OLD.id: (Dependent(kept.id, "workflow Kept"),)}, holders={kept.id: ("Other",)}
    )

    plan = planned(packed(tmp_path, [SHARED]), environment, "upgrade")

    assert [left_over.needed_by for left_over in plan.left_overs] == [(), ("workflow Kept",)]
    assert len(judge(plan).stops) == 1


def test_a_choice_says_when_not_all_could_be_compared(tmp_path: Path) -> None:
    environment = installed(SHARED, components=(component(SHARED), DeployedComponent("pluginassembly", flow_id(8))))

    choice = planned(packed(tmp_path, [SHARED]), environment).choice

    assert choice.rule == "nothing_to_delete"
    assert "as far as it can be compared" in choice.reason


@pytest.mark.parametrize("operation", ["install", "update", "none"])
def test_shares_stay(tmp_path: Path, operation: OperationKind) -> None:
    plan = planned(packed(tmp_path, [SHARED]), installed(SHARED, shares=(SHARE,)), operation)

    assert plan.shares_dropped == []


@pytest.mark.parametrize("operation", ["upgrade", "stage"])
def test_an_upgrade_drops_shares(tmp_path: Path, operation: OperationKind) -> None:
    plan = planned(packed(tmp_path, [SHARED]), installed(SHARED, shares=(SHARE,)), operation)

    assert plan.shares_dropped == [SHARE]


def statuses(plan: Plan) -> dict[str, list[tuple[str, bool, str]]]:
    return {
        effect.flow.name: [(it.caller.name, it.packaged, it.status) for it in effect.callers]
        for effect in plan.contract
    }


def test_a_caller_of_the_environment_breaks(tmp_path: Path) -> None:
    plan = planned(packed(tmp_path, [WITH_OTHER]), installed(SHARED, callers=(FOREIGN,)))

    (effect,) = plan.contract
    (affected,) = effect.callers
    assert statuses(plan) == {"Shared flow": [("Nightly", False, "breaks")]}
    assert [(place, breakage.argument) for place, breakage in affected.breakages] == [
        ("Run", "Question"),
        ("Run", "Subject"),
    ]


def test_a_caller_that_does_not_use_what_changes_fits(tmp_path: Path) -> None:
    before = dataclasses.replace(SHARED, inputs=schema({"Question": argument(), "Spare": argument(optional=True)}))

    plan = planned(packed(tmp_path, [SHARED]), installed(before, callers=(FOREIGN,)))

    assert statuses(plan) == {"Shared flow": [("Nightly", False, "fits")]}
    assert plan.contract[0].breaking


def test_a_caller_that_was_not_looked_into_is_unknown(tmp_path: Path) -> None:
    caller = Caller.from_content(flow_id(9), "Parent", 6, json.dumps({"childFlows": [SHARED.id]}), None)

    plan = planned(packed(tmp_path, [WITH_OTHER]), installed(SHARED, callers=(caller,)))

    assert statuses(plan) == {"Shared flow": [("Parent", False, "unknown")]}


@pytest.mark.parametrize(("changed", "status"), [("outputs", "unknown"), ("inputs", "fits")])
def test_outputs_that_are_handed_on_as_a_whole_are_unknown(tmp_path: Path, changed: str, status: str) -> None:
    before = dataclasses.replace(SHARED, outputs=schema({"Answer": argument(optional=None)}))
    spare = schema({"Question": argument(), "Spare": argument(optional=True)})
    before = dataclasses.replace(before, inputs=spare) if changed == "inputs" else before
    after = dataclasses.replace(before, **{changed: {"inputs": SHARED.inputs, "outputs": schema({})}[changed]})
    actions = {
        "Run": run_desktop_flow(SHARED.id, {"Question": "x"}),
        "Use": {"type": "Compose", "inputs": "@body('Run')"},
    }
    content = json.dumps({"properties": {"definition": {"actions": actions}}})
    caller = Caller.from_content(flow_id(9), "Nightly", 5, None, content)

    plan = planned(packed(tmp_path, [after]), installed(before, callers=(caller,)))

    assert statuses(plan) == {"Shared flow": [("Nightly", False, status)]}


def test_a_caller_that_comes_with_the_package_counts_in_its_new_version(tmp_path: Path) -> None:
    new = dataclasses.replace(CLOUD, actions={"Run": run_desktop_flow(SHARED.id, {"Subject": "x"})})
    standing = cloud_caller(CLOUD.id, CLOUD.name, SHARED.id, "Question")

    plan = planned(packed(tmp_path, [WITH_OTHER, new]), installed(SHARED, CLOUD, callers=(standing,)))

    assert statuses(plan) == {"Shared flow": [("Cloud flow", True, "fits")]}


def test_a_caller_in_the_package_that_was_forgotten_breaks(tmp_path: Path) -> None:
    plan = planned(packed(tmp_path, [WITH_OTHER, CLOUD]), installed(SHARED, CLOUD))

    assert statuses(plan) == {"Shared flow": [("Cloud flow", True, "breaks")]}


def test_a_caller_under_an_unmanaged_layer_stays_as_it_is(tmp_path: Path) -> None:
    new = dataclasses.replace(CLOUD, actions={"Run": run_desktop_flow(SHARED.id, {"Subject": "x"})})
    standing = cloud_caller(CLOUD.id, CLOUD.name, SHARED.id, "Question")
    environment = installed(SHARED, CLOUD, callers=(standing,), hidden=frozenset({CLOUD.id}))

    plan = planned(packed(tmp_path, [WITH_OTHER, new]), environment)

    assert statuses(plan) == {"Shared flow": [("Cloud flow", False, "breaks")]}


def test_a_flow_under_an_unmanaged_layer_keeps_its_contract(tmp_path: Path) -> None:
    environment = installed(SHARED, callers=(FOREIGN,), hidden=frozenset({SHARED.id}))

    plan = planned(packed(tmp_path, [WITH_OTHER]), environment)

    assert plan.contract == []
    assert names(plan.hidden) == ["Shared flow"]


def test_a_caller_that_goes_as_well_does_not_count(tmp_path: Path) -> None:
    caller = cloud_caller(OLD.id, OLD.name, SHARED.id, "Question")
    environment = installed(SHARED, OLD, callers=(caller,))
    package = packed(tmp_path, [WITH_OTHER])

    assert statuses(planned(package, environment, "upgrade")) == {"Shared flow": []}
    assert statuses(planned(package, environment, "update")) == {"Shared flow": [("Old flow", False, "breaks")]}


def test_deleting_a_flow_breaks_its_callers(tmp_path: Path) -> None:
    caller = cloud_caller(flow_id(9), "Nightly", OLD.id)
    environment = installed(SHARED, OLD, callers=(caller,))
    package = packed(tmp_path, [SHARED])

    (effect,) = planned(package, environment, "upgrade").contract
    assert (effect.flow.name, effect.changes[0].kind) == ("Old flow", "flow_deleted")
    assert effect.callers[0].breakages[0][1].reason == "calls the flow"
    assert planned(package, environment, "update").contract == []


def test_nothing_is_compared_where_nothing_is_done(tmp_path: Path) -> None:
    plan = planned(packed(tmp_path, [WITH_OTHER, CLOUD]), installed(SHARED, callers=(FOREIGN,)), "none")

    assert (plan.contract, plan.missing_flows, plan.hidden) == ([], [], [])


def test_what_flows_of_the_old_storage_take_is_unknown_and_no_alarm(tmp_path: Path) -> None:
    old = DeployedFlow(SHARED.id, SHARED.name, 6, None, None, same_content=True)

    plan = planned(packed(tmp_path, [WITH_OTHER]), installed(flows=(old,), callers=(FOREIGN,)))

    assert [change.effect for change in plan.contract[0].changes] == ["unknown", "unknown"]
    assert judge(plan).stops == ()
    assert names(plan.changed) == ["Shared flow"]


def test_an_unreadable_signature_is_unknown(tmp_path: Path) -> None:
    broken = DeployedFlow(SHARED.id, SHARED.name, 6, "{", SHARED.outputs, same_content=True)

    plan = planned(packed(tmp_path, [SHARED]), installed(flows=(broken,)))

    assert [change.kind for change in plan.contract[0].changes] == ["inputs_unknown"]
    assert not plan.contract[0].breaking
    assert names(plan.changed) == ["Shared flow"]
    assert judge(plan).warnings == (
        '"Shared flow": The inputs of the deployed flow cannot be read, so they cannot be compared.',
    )


@pytest.mark.parametrize(
    ("operation", "there", "missing"),
    [
        ("install", frozenset(), [SHARED.id]),
        ("install", frozenset({SHARED.id}), []),
        ("update", frozenset({SHARED.id}), []),
        ("none", frozenset(), []),
    ],
)
def test_called_flows_are_in_the_package_or_in_the_environment(
    tmp_path: Path, operation: OperationKind, there: frozenset[str], missing: list[str]
) -> None:
    plan = planned(packed(tmp_path, [CLOUD]), Environment(desktop_flow_ids=there), operation)

    assert [flow.id for flow in plan.missing_flows] == missing


def test_a_flow_that_the_upgrade_deletes_is_missing_afterwards(tmp_path: Path) -> None:
    package = packed(tmp_path, [CLOUD])

    assert [flow.id for flow in planned(package, installed(SHARED, CLOUD), "upgrade").missing_flows] == [SHARED.id]
    assert planned(package, installed(SHARED, CLOUD), "update").missing_flows == []


def test_calls_that_are_decided_at_run_time_are_listed(tmp_path: Path) -> None:
    packaged = CloudFlow(flow_id(4), name="Packaged", actions={"Run": run_desktop_flow("@variables('x')", {})})
    standing = cloud_caller(flow_id(9), "Standing", "@variables('x')")

    plan = planned(packed(tmp_path, [WITH_OTHER, packaged]), installed(SHARED, callers=(standing,)))

    assert [(caller.name, place) for caller, place in plan.undetectable] == [("Packaged", "Run"), ("Standing", "Run")]
    assert judge(plan).warnings[-1].startswith('"Standing" decides at run time which desktop flow it calls (Run)')


NIGHTLY = Dependent(flow_id(9), 'workflow "Nightly"')
CHOICES: dict[str, tuple[bool, Environment, str, str]] = {
    "not installed": (True, Environment(), "update", "not_installed"),
    "unmanaged": (False, installed(SHARED, OLD), "update", "unmanaged"),
    "nothing to delete": (True, installed(SHARED), "update", "nothing_to_delete"),
    "left-over": (True, installed(SHARED, OLD), "upgrade", "safe_to_delete"),
    "needed": (True, installed(SHARED, OLD, dependents={OLD.id: (NIGHTLY,)}), "update", "still_needed"),
    "called": (
        True,
        installed(SHARED, OLD, callers=(cloud_caller(flow_id(9), "Nightly", OLD.id),)),
        "update",
        "still_needed",
    ),
    "needed by a left-over": (
        True,
        installed(
            SHARED,
            components=(component(SHARED), component(OLD), DeployedComponent("desktopflowbinary", BINARY)),
            dependents={BINARY: (Dependent(OLD.id, "workflow Old flow"),)},
        ),
        "upgrade",
        "safe_to_delete",
    ),
    "needed by the old version of a packaged flow": (
        True,
        installed(SHARED, OLD, dependents={OLD.id: (Dependent(SHARED.id, "workflow Shared flow"),)}),
        "upgrade",
        "safe_to_delete",
    ),
    "needed by a packaged flow under an unmanaged layer": (
        True,
        installed(
            SHARED,
            OLD,
            dependents={OLD.id: (Dependent(SHARED.id, "workflow Shared flow"),)},
            hidden=frozenset({SHARED.id}),
        ),
        "update",
        "still_needed",
    ),
}


@pytest.mark.parametrize("case", CHOICES)
def test_the_mode_is_chosen_by_the_first_rule_that_applies(tmp_path: Path, case: str) -> None:
    managed, environment, mode, rule = CHOICES[case]

    choice = planned(packed(tmp_path, [SHARED], managed=managed), environment).choice

    assert (choice.mode, choice.rule) == (mode, rule)
    assert choice.reason


def test_an_upgrade_that_would_stop_half_way_does_not_begin(tmp_path: Path) -> None:
    environment = installed(SHARED, OLD, dependents={OLD.id: (NIGHTLY,)})
    package = packed(tmp_path, [SHARED])

    (stop,) = judge(planned(package, environment, "upgrade")).stops
    assert stop == (
        'The upgrade would delete the workflow Old flow, which the workflow "Nightly" still needs, so the platform'
        " would stop half-way: change or remove that first, or set import_mode=update."
    )
    assert judge(planned(package, environment, "update")).stops == ()


# What callers there are, what the user set: what the break of a contract does.
BREAK = {
    ("breaks", None): "stop",
    ("breaks", "fail"): "stop",
    ("breaks", "warn"): "warn",
    ("breaks", "ignore"): "silent",
    ("unknown", None): "stop",
    ("unknown", "warn"): "warn",
    ("fits", None): "stop",
    ("fits", "fail"): "stop",
    ("none", None): "warn",
    ("none", "fail"): "stop",
    ("none", "warn"): "warn",
    ("none", "ignore"): "silent",
}
CALLERS = {
    "breaks": (cloud_caller(flow_id(9), "Nightly", SHARED.id, "Question", "Spare"),),
    "fits": (FOREIGN,),
    "unknown": (Caller.from_content(flow_id(9), "Nightly", 6, json.dumps({"childFlows": [SHARED.id]}), None),),
    "none": (),
}


@pytest.mark.parametrize(("callers", "option"), BREAK)
def test_a_broken_contract_stops_where_callers_are_known(
    tmp_path: Path, callers: str, option: OnContractBreak | None
) -> None:
    before = dataclasses.replace(SHARED, inputs=schema({"Question": argument(), "Spare": argument(optional=True)}))
    plan = planned(packed(tmp_path, [SHARED]), installed(before, callers=CALLERS[callers]))

    verdict = judge(plan, option)

    outcome = "stop" if verdict.stops else "warn" if verdict.warnings else "silent"
    assert outcome == BREAK[callers, option]
    assert (verdict.recommendation.action == "hold") == bool(verdict.stops)
    for told in (*verdict.stops, *verdict.warnings):
        assert told.startswith('The contract of "Shared flow" breaks. The input "Spare" (string) is gone.')


def test_a_change_of_sensitivity_is_a_warning(tmp_path: Path) -> None:
    after = dataclasses.replace(SHARED, inputs=schema({"Question": argument(sensitive=True)}))

    verdict = judge(planned(packed(tmp_path, [after]), installed(SHARED, callers=(FOREIGN,))))

    assert verdict.stops == ()
    assert verdict.warnings == ('"Shared flow": The input "Question" is sensitive now.',)


def test_what_the_environment_lacks_is_told(tmp_path: Path) -> None:
    environment = installed(SHARED, hidden=frozenset({SHARED.id}), variables_without_value=("con_Address",))

    warnings = judge(planned(packed(tmp_path, [SHARED]), environment)).warnings

    assert warnings == (
        "An unmanaged layer hides the new version of the desktop flow Shared flow: remove the layer, or set"
        " overwrite_customizations=true.",
        "The environment variable con_Address has no value: set environment_variables.",
    )


@pytest.mark.parametrize(
    ("operation", "environment", "action"),
    [
        ("install", Environment(), "update"),
        ("update", installed(SHARED), "update"),
        ("update", installed(SHARED, OLD), "upgrade"),
        ("none", installed(SHARED, OLD), "none"),
    ],
)
def test_a_recommendation_comes_with_its_reason(
    tmp_path: Path, operation: OperationKind, environment: Environment, action: str
) -> None:
    recommendation = judge(planned(packed(tmp_path, [SHARED]), environment, operation)).recommendation

    assert recommendation.action == action
    assert recommendation.reason


def as_deployed(package: Package, **more: Any) -> Environment:
    """Return the environment that a package leaves behind."""
    return Environment(
        version=package.version,
        flows=tuple(DeployedFlow(it.id, it.name, it.category, it.inputs, it.outputs, True) for it in package.flows),
        components=tuple(DeployedComponent("workflow", it.id, title=it.name) for it in package.flows),
        callers=more.pop("callers", package_callers(package)),
        desktop_flow_ids=frozenset(it.id for it in package.desktop_flows),
        **more,
    )


def changed_content(environment: Environment) -> Environment:
    flows = tuple(dataclasses.replace(flow, same_content=False) for flow in environment.flows)
    return dataclasses.replace(environment, flows=flows)


@pytest.mark.parametrize("operation", ["update", "upgrade", "stage", "none"])
@pytest.mark.parametrize("name", ["ConstructionFunding_1_0_0_3", "PADFramework_1_1_12501_241"])
def test_a_public_package_changes_nothing_where_it_is(packages: Path, name: str, operation: OperationKind) -> None:
    package = read_package(str(packages / f"{name}.zip"))

    plan = planned(package, as_deployed(package), operation)

    assert (plan.added, plan.changed, plan.left_overs, plan.contract, plan.missing_flows) == ([], [], [], [], [])
    assert (judge(plan).stops, judge(plan).warnings) == ((), ())


def test_the_public_package_that_breaks_its_callers_is_stopped(packages: Path) -> None:
    old, new = (read_package(str(packages / f"ConstructionFunding_1_0_0_{number}.zip")) for number in (2, 3))
    shared = "49c626f9-7407-47a0-bad2-a70e4ed15151"
    inputs = ("Username", "Password", "LoanNumber", "RequestedAmount", "InspectionJobNumber", "RiskScore")
    callers = (
        cloud_caller(flow_id(7), "Monthly draw", shared, *inputs, "BorrowerApproved"),
        cloud_caller(flow_id(8), "Draw without approval", shared, *inputs),
    )

    plan = planned(new, changed_content(as_deployed(old, callers=callers)))
    verdict = judge(plan)

    assert verdict.stops == (
        'The contract of "Woodgrove Funding Manager Draw" breaks. The input "BorrowerApproved" (string) is gone.'
        ' Callers: "CF Manage Woodgrove Funding Process" (in the package, its arguments fit), "Monthly draw" (passes'
        ' the input "BorrowerApproved", which is gone), "Draw without approval" (its arguments fit).'
        " Keep the contract, or see to the callers and set on_contract_break=warn.",
    )
    assert verdict.recommendation.action == "hold"
    assert statuses(plan) == {
        "Woodgrove Funding Manager Draw": [
            ("CF Manage Woodgrove Funding Process", True, "fits"),
            ("Monthly draw", False, "breaks"),
            ("Draw without approval", False, "fits"),
        ]
    }
    assert len(plan.added) == 4
    assert judge(plan, "warn").stops == ()


def test_the_public_package_that_relaxes_an_input_passes(packages: Path) -> None:
    names_ = ("PADFramework_1_1_02411_2210", "PADFramework_1_1_12501_241")
    old, new = (read_package(str(packages / f"{name}.zip")) for name in names_)

    plan = planned(new, changed_content(as_deployed(old)))

    assert (judge(plan).stops, judge(plan).warnings) == ((), ())
    assert [
        (effect.flow.name, effect.breaking, [change.detail for change in effect.changes]) for effect in plan.contract
    ] == [("PADFramework: EmailSender", False, ['The input "Input_DisplayName" is optional now.'])]
    assert judge(plan).recommendation.action == "update"
