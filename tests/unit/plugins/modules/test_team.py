# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Teams as declared state, against the simulator, through both doors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.coe.power_platform.plugins.modules import team

Run = Callable[..., dict[str, Any]]
GROUP = "d0000000-0000-4000-8000-000000000002"


@pytest.fixture
def manage(simulator: Any, run_module: Any) -> Run:
    """Run team in the environment dev."""
    return lambda **params: run_module(team, **{**simulator.connection("dev"), **params})


def writes(simulator: Any) -> list[str]:
    return [entry.path for entry in simulator.journal(environment="dev", writes=True)]


@pytest.mark.parametrize(
    ("address", "name", "kind"),
    [({"name": "Invoice robots"}, "Invoice robots", "owner"), ({"entra_group": GROUP}, "RPA Finance", "entra_group")],
)
def test_a_team_goes_through_all_states(
    manage: Run, simulator: Any, address: dict[str, str], name: str, kind: str
) -> None:
    steps: list[dict[str, Any]] = [
        {"security_roles": ["Basic User"], "description": "Runs invoices"},
        {"security_roles": ["Flow Reader"], "description": "Runs all invoices"},
        {"security_roles": ["Flow Reader"], "exclusive": True},
        {"state": "absent"},
    ]
    roles = [["Basic User"], ["Basic User", "Flow Reader"], ["Flow Reader"], None]
    for step, expected in zip(steps, roles, strict=True):
        simulator.clear_journal()
        predicted = manage(check_mode=True, **address, **step)
        assert writes(simulator) == []
        done = manage(**address, **step)
        assert not done.get("failed"), done
        assert predicted["changed"] is done["changed"] is True
        if expected is None:
            assert done["team"] is None
        else:
            assert (done["team"]["name"], done["team"]["type"]) == (name, kind)
            assert done["team"]["security_roles"] == predicted["team"]["security_roles"] == expected
            assert done["team"]["id"]
        simulator.clear_journal()
        for check_mode in (True, False):
            again = manage(check_mode=check_mode, **address, **step)
            assert (again["changed"], again["team"]) == (False, done["team"])
        assert writes(simulator) == []


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"name": "Robotics"}, "2 teams are named 'Robotics', name the business_unit too"),
        ({"name": "New", "business_unit": "Nowhere"}, "no business unit 'Nowhere'"),
        ({"name": "New", "security_roles": ["Basic User", "Emperor"]}, "has no role 'Emperor'"),
        (
            {"name": "New", "administrator": "nobody@contoso.example"},
            "administrator: the environment has no user",
        ),
        ({"entra_group": "RPA Finance"}, "is not the object id of an Entra group"),
        ({}, "one of the following is required: name, entra_group"),
        (
            {"name": "Finance Robotics", "exclusive": True},
            "exclusive is True but all of the following are missing: security_roles",
        ),
    ],
)
def test_a_mistake_is_told_before_anything_is_written(
    manage: Run, simulator: Any, params: dict[str, Any], message: str
) -> None:
    result = manage(**params)
    assert result["failed"]
    assert message in result["msg"]
    assert writes(simulator) == []


@pytest.mark.parametrize("state", ["present", "absent"])
def test_the_team_of_a_group_in_another_business_unit_is_refused(manage: Run, simulator: Any, state: str) -> None:
    made = manage(entra_group=GROUP)["team"]
    simulator.clear_journal()
    for check_mode in (True, False):
        refused = manage(check_mode=check_mode, entra_group=GROUP, business_unit="Operations", state=state)
        assert refused["failed"]
        assert f"is in the business unit '{made['business_unit']['name']}' and not in 'Operations'" in refused["msg"]
    assert writes(simulator) == []
    assert not manage(entra_group=GROUP, business_unit=made["business_unit"]["name"])["changed"]


def test_a_team_is_found_in_its_business_unit(manage: Run, simulator: Any) -> None:
    result = manage(name="Robotics", business_unit="Operations")
    assert (result["changed"], result["team"]["business_unit"]["name"]) == (False, "Operations")
