# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Owner and state of desktop flows as declared state, against the simulator, through both doors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.coe.power_platform.plugins.modules import desktop_flow

Run = Callable[..., dict[str, Any]]
MAKER = "a0000000-0000-4000-8000-000000000006"


@pytest.fixture
def manage(simulator: Any, run_module: Any) -> Run:
    """Run desktop_flow in the environment dev."""
    return lambda **params: run_module(desktop_flow, **{**simulator.connection("dev"), **params})


def writes(simulator: Any) -> list[str]:
    return [entry.method for entry in simulator.journal(environment="dev", writes=True)]


@pytest.mark.parametrize(
    ("change", "key", "value"),
    [
        ({"enabled": False}, "enabled", False),
        ({"owner": {"user": "john.smith@contoso.example"}}, "owner", "john.smith@contoso.example"),
        ({"owner": {"application": MAKER}}, "owner", "# maker"),
        ({"owner": {"team": "Finance Robotics"}}, "owner", "Finance Robotics"),
    ],
)
def test_what_differs_is_written_once_and_as_predicted(
    manage: Run, simulator: Any, change: dict[str, Any], key: str, value: Any
) -> None:
    predicted = manage(name="Write Log", check_mode=True, **change)
    assert writes(simulator) == []
    done = manage(name="Write Log", **change)
    assert not done.get("failed"), done
    assert writes(simulator) == ["PATCH"]
    assert predicted["changed"] is done["changed"] is True
    for result in (predicted, done):
        found = result["desktop_flow"][key]
        assert (found["name"] if key == "owner" else found) == value
    simulator.clear_journal()
    again = manage(name="Write Log", **change)
    assert (again["changed"], again["desktop_flow"]) == (False, done["desktop_flow"])
    assert writes(simulator) == []


def test_nothing_given_changes_nothing(manage: Run, simulator: Any) -> None:
    result = manage(name="Write Log")
    assert (result["changed"], result["desktop_flow"]["name"]) == (False, "Write Log")
    assert writes(simulator) == []


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"name": "Unknown"}, "name: the environment has no desktop flow with the name or id 'Unknown'"),
        (
            {"name": "Write Log", "owner": {"user": "nobody@contoso.example"}},
            "owner.user: the environment has no user",
        ),
        ({"name": "Write Log", "owner": {"user": "alex.twin@contoso.example"}}, "may mean 2 rows"),
        ({"name": "Write Log", "owner": {"user": "dana.disabled@contoso.example"}}, "is disabled"),
        (
            {"name": "Write Log", "owner": {"user": f"{MAKER}@contoso.example"}},
            "is of the kind application: name it with application",
        ),
        ({"name": "Write Log", "owner": {"team": "Payroll Runners"}}, "name it with entra_group: d0000000-"),
        ({"name": "Write Log", "owner": {"team": "SharedLink_workflow"}}, "the platform manages by itself"),
        ({"name": "Write Log", "owner": {"team": "Night Shift"}}, "is an access team, which cannot own anything"),
        ({"name": "Write Log", "owner": {}}, "one of the following is required: user, team, entra_group, application"),
        ({}, "one of the following is required: name, id"),
    ],
)
def test_a_mistake_is_told_before_anything_is_written(
    manage: Run, simulator: Any, params: dict[str, Any], message: str
) -> None:
    for check_mode in (True, False):
        result = manage(check_mode=check_mode, **params)
        assert result["failed"]
        assert message in result["msg"]
    assert writes(simulator) == []
