# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan as data, as a difference, and as text for an approver."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from ansible_collections.coe.power_platform.plugins.module_utils._plan.environment import (
    DeployedComponent,
    FlowShare,
)
from ansible_collections.coe.power_platform.plugins.module_utils._plan.report import (
    plan_difference,
    plan_text,
    plan_to_result,
)
from ansible_collections.coe.power_platform.plugins.module_utils._plan.verdict import judge
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.package_maker import (
    CloudFlow,
    DesktopFlow,
    argument,
    flow_id,
    schema,
)
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.plan_maker import (
    cloud_caller,
    installed,
    packed,
    planned,
)

BEFORE = DesktopFlow(flow_id(1), name="Ask", inputs=schema({"Question": argument(), "Old": argument(optional=None)}))
AFTER = dataclasses.replace(BEFORE, inputs=schema({"Question": argument(sensitive=True), "New": argument()}))
GONE = DesktopFlow(flow_id(2), name="Gone")
NEW = CloudFlow(flow_id(3), name="New cloud flow")
CALLER = cloud_caller(flow_id(9), "Nightly", BEFORE.id, "Question", "Old")
ENVIRONMENT = installed(
    BEFORE,
    GONE,
    callers=(CALLER,),
    shares=(FlowShare("Ask", BEFORE.id, "team Finance", "user"),),
    unbound_references=("con_Mail",),
)


def test_a_plan_is_data(tmp_path: Path) -> None:
    plan = planned(packed(tmp_path, [AFTER, NEW]), ENVIRONMENT, "upgrade")

    result = plan_to_result(plan, judge(plan))

    assert json.loads(json.dumps(result)) == result
    assert result["operation"] == "upgrade"
    assert result["recommendation"] == {"action": "hold", "reason": result["stops"][0]}
    assert result["auto"]["rule"] == "safe_to_delete"
    assert result["flows"] == {
        "added": [{"id": NEW.id, "name": "New cloud flow", "type": "cloud"}],
        "changed": [{"id": AFTER.id, "name": "Ask", "type": "desktop"}],
        "unchanged": [],
        "not_compared": [],
        "deleted": [{"id": GONE.id, "name": "Gone", "type": "desktop"}],
    }
    assert result["deletes_left_overs"]
    assert result["left_overs"] == [
        {
            "type": "workflow",
            "id": GONE.id,
            "name": "Gone",
            "needed_by": [],
            "also_in": [],
            "message": "The workflow Gone is left over: an upgrade would delete it.",
        }
    ]
    assert result["not_comparable"] == []
    assert result["shares_dropped"] == [
        {"flow": "Ask", "flow_id": AFTER.id, "principal": "team Finance", "access": "user"}
    ]
    (contract,) = result["contract_changes"]
    assert [change["kind"] for change in contract["changes"]] == [
        "input_removed",
        "input_added_required",
        "sensitivity_changed",
    ]
    assert contract["callers"] == [
        {
            "id": flow_id(9),
            "name": "Nightly",
            "type": "cloud",
            "in_package": False,
            "status": "breaks",
            "breaks": [
                {"place": "Run", "argument": "New", "reason": 'does not pass the input "New", which is required'},
                {"place": "Run", "argument": "Old", "reason": 'passes the input "Old", which is gone'},
            ],
        }
    ]


def test_an_approver_reads_a_text(tmp_path: Path) -> None:
    plan = planned(packed(tmp_path, [AFTER, NEW]), ENVIRONMENT, "upgrade")

    lines = plan_text(plan, judge(plan)).splitlines()

    assert lines[0] == "CoESharedFlows 2.0.0.0: upgrade, because it was asked for."
    assert lines[1].startswith('Installed: 1.0.0.0. Recommended: hold, because The contract of "Ask" breaks.')
    for line in (
        "Reasons not to begin:",
        "  - cloud flow New cloud flow",
        "  - desktop flow Ask",
        "Deleted:",
        "  - workflow Gone",
        '  - Ask: The input "Question" is sensitive now. (warning)',
        '  - Ask is called by cloud flow Nightly: Run: does not pass the input "New", which is required;'
        ' Run: passes the input "Old", which is gone',
        "  - Ask: team Finance as user",
        "  - con_Mail",
    ):
        assert line in lines


def test_a_short_plan_has_a_short_text(tmp_path: Path) -> None:
    plan = planned(packed(tmp_path, [BEFORE]), installed(BEFORE), "none")

    assert plan_text(plan, judge(plan)) == (
        "CoESharedFlows 2.0.0.0: none, because it was asked for.\n"
        "Installed: 1.0.0.0. Recommended: none, because it was asked for.\n"
        "Unchanged:\n"
        "  - 1 flows\n"
    )


def test_left_overs_are_told_with_what_needs_them(tmp_path: Path) -> None:
    caller = cloud_caller(flow_id(9), "Nightly", GONE.id)
    plan = planned(packed(tmp_path, [BEFORE]), dataclasses.replace(ENVIRONMENT, callers=(caller,)))

    text = plan_text(plan, judge(plan))

    assert "Left over:\n  - workflow Gone, needed by cloud flow Nightly\n" in text


def test_what_an_upgrade_leaves_and_what_cannot_be_told_stand_apart(tmp_path: Path) -> None:
    environment = dataclasses.replace(
        ENVIRONMENT,
        components=(
            *ENVIRONMENT.components,
            DeployedComponent("entity", flow_id(4), "con_ledger"),
            DeployedComponent("attribute", flow_id(5), tables=("con_booking",)),
            DeployedComponent("pluginassembly", flow_id(6)),
        ),
        holders={GONE.id: ("Other", "Third")},
    )
    plan = planned(packed(tmp_path, [BEFORE], named=[(1, "con_booking")]), environment, "upgrade")

    text = plan_text(plan, judge(plan))

    assert "Deleted:\n  - table con_ledger with all its rows\nLeft to other solutions:\n" in text
    assert "  - workflow Gone, also in Other and Third\nNot comparable with the package:\n" in text
    assert "  - 1 x attribute, parts of tables that the package holds\n  - 1 x pluginassembly\n" in text
    assert plan_to_result(plan, judge(plan))["not_comparable"] == [
        {
            "type": "attribute",
            "count": 1,
            "parts_of_tables": True,
            "message": "Parts of tables that the package holds cannot be compared with the package: 1 x attribute.",
        },
        {
            "type": "pluginassembly",
            "count": 1,
            "parts_of_tables": False,
            "message": "Components cannot be compared with the package: 1 x pluginassembly.",
        },
    ]
    assert [it["message"] for it in plan_to_result(plan, judge(plan))["left_overs"]] == [
        "The table con_ledger is left over: an upgrade would delete it with all its rows.",
        "The workflow Gone is left over: an upgrade would leave it, since Other and Third still hold it.",
    ]


def test_the_difference_shows_contracts_and_shares(tmp_path: Path) -> None:
    plan = planned(packed(tmp_path, [AFTER, NEW]), ENVIRONMENT, "upgrade")

    assert plan_difference(plan) == {
        "before": (
            "solution: 1.0.0.0\n"
            "desktop flow Ask: content as installed\n"
            "desktop flow Ask: input Old (string, required)\n"
            "desktop flow Ask: input Question (string, required)\n"
            "desktop flow Ask: shared with team Finance as user\n"
            "desktop flow Gone: content as installed\n"
        ),
        "after": (
            "solution: 2.0.0.0\n"
            "cloud flow New cloud flow: new content of 2.0.0.0\n"
            "desktop flow Ask: input New (string, required)\n"
            "desktop flow Ask: input Question (string, required, sensitive)\n"
            "desktop flow Ask: new content of 2.0.0.0\n"
            "desktop flow Ask: shared with team Finance as user\n"
        ),
    }
    unprotected = dataclasses.replace(plan, protects_shares=False)
    assert "shared with" not in plan_difference(unprotected)["after"]
    assert "removes, put back at once:\n  - Ask: team Finance as user\n" in plan_text(plan, judge(plan))
    assert "Shares that the platform removes:\n  - Ask: team Finance as user\n" in plan_text(unprotected, judge(plan))


def test_an_update_leaves_flows_and_shares(tmp_path: Path) -> None:
    after = plan_difference(planned(packed(tmp_path, [AFTER]), ENVIRONMENT))["after"]

    assert "desktop flow Gone: content as installed\n" in after
    assert "desktop flow Ask: shared with team Finance as user\n" in after


def test_a_hidden_flow_shows_no_difference(tmp_path: Path) -> None:
    environment = installed(BEFORE, hidden=frozenset({BEFORE.id}))

    difference = plan_difference(planned(packed(tmp_path, [AFTER]), environment))

    assert difference["before"].splitlines()[1:] == difference["after"].splitlines()[1:]


def test_nothing_to_do_is_no_difference(tmp_path: Path) -> None:
    difference = plan_difference(planned(packed(tmp_path, [AFTER]), ENVIRONMENT, "none"))

    assert difference["before"] == difference["after"]
