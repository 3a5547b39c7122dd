# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages that are deployed together know of each other."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.coe.power_platform.plugins.module_utils._packages.callers import Caller
from ansible_collections.coe.power_platform.plugins.module_utils._plan.companions import with_companions
from ansible_collections.coe.power_platform.plugins.module_utils._plan.environment import (
    Dependent,
    DeployedComponent,
    Environment,
)
from ansible_collections.coe.power_platform.plugins.module_utils._plan.verdict import judge
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.package_maker import DesktopFlow, flow_id
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.plan_maker import (
    cloud_caller,
    component,
    installed,
    packed,
    planned,
)

SHARED, CALLER, OTHER = DesktopFlow(flow_id(1)), flow_id(2), flow_id(3)


def test_a_flow_of_a_companion_is_not_missing(tmp_path: Path) -> None:
    package = packed(tmp_path, [DesktopFlow(flow_id(2), child_flows=[SHARED.id])])
    companion = [Caller.from_content(SHARED.id, SHARED.name, 6, None, None)]

    assert planned(package, Environment(), "install").missing_flows
    assert not planned(package, with_companions(Environment(), companion), "install").missing_flows


def test_the_new_version_of_a_caller_counts_in_place_of_the_old_one(tmp_path: Path) -> None:
    package = packed(tmp_path, [DesktopFlow(OTHER)])
    environment = installed(
        SHARED,
        callers=(cloud_caller(CALLER, "Nightly", SHARED.id),),
        dependents={SHARED.id: (Dependent(CALLER, "Nightly"),)},
    )

    renewed = with_companions(environment, [cloud_caller(CALLER, "Nightly", OTHER)])

    assert judge(planned(package, environment, "stage")).stops
    assert judge(planned(package, renewed, "stage")).stops == ()


def test_a_caller_whose_new_version_still_calls_counts(tmp_path: Path) -> None:
    package = packed(tmp_path, [DesktopFlow(OTHER)])
    environment = installed(SHARED, dependents={SHARED.id: (Dependent(CALLER, "Nightly"), Dependent(OTHER, "Weekly"))})

    renewed = with_companions(environment, [cloud_caller(CALLER, "Nightly", SHARED.id)])

    assert renewed.dependents == environment.dependents
    assert judge(planned(package, renewed, "stage")).stops


def test_without_companions_the_environment_stays_as_it_is() -> None:
    environment = installed(SHARED, dependents={SHARED.id: (Dependent(CALLER, "Nightly"),)})

    assert with_companions(environment, []) == environment


def test_a_component_that_moves_to_a_companion_is_not_deleted(tmp_path: Path) -> None:
    components = (component(SHARED), DeployedComponent("entity", OTHER, "con_ledger"))
    environment = installed(
        SHARED,
        components=components,
        callers=(cloud_caller(CALLER, "Nightly", SHARED.id),),
        holders={SHARED.id: ("Third",)},
    )
    moved = {"named": [(1, "con_Ledger")], "unique_name": "Moved"}

    joint = with_companions(environment, [], [packed(tmp_path, [SHARED], **moved)])
    unmanaged = with_companions(environment, [], [packed(tmp_path, [SHARED], managed=False, **moved)])

    assert joint.holders == {SHARED.id: ("Moved", "Third"), OTHER: ("Moved",)}
    assert planned(packed(tmp_path, []), joint, "stage").deleted == []
    assert unmanaged.holders == environment.holders
