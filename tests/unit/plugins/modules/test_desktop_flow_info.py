# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Listing desktop flows, against the simulator, through both doors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.coe.power_platform.plugins.modules import (
    desktop_flow_info,
)

JANE = "jane.doe@contoso.example"


@pytest.fixture
def flow_id(simulator: Any) -> str:
    """The id of the flow Write Log in the environment dev."""
    row = simulator.environment("dev").store.first("workflow", name="Write Log")
    return str(row["workflowid"])


def test_a_flow_is_told_with_all_that_callers_need(simulator: Any, run_module: Any) -> None:
    result = run_module(desktop_flow_info, name="read invoice", **simulator.connection("dev"))
    (flow,) = result["desktop_flows"]
    assert result["changed"] is False
    assert (flow["name"], flow["owner"]["name"], flow["owner"]["type"]) == ("Read Invoice", JANE, "user")
    assert (flow["state"], flow["enabled"], flow["managed"]) == ("activated", True, False)
    assert [one["name"] for one in flow["child_flows"]] == ["Write Log"]
    assert flow["solutions"] == ["CoESharedFlows"]
    assert flow["inputs"] == [
        {"name": "InvoicePath", "type": "string", "required": True, "sensitive": False},
        {"name": "Password", "type": "string", "required": False, "sensitive": True},
    ]
    assert [(one["name"], one["type"]) for one in flow["outputs"]] == [("Total", "number"), ("Currency", "string")]
    assert simulator.journal(environment="dev", writes=True) == []


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({}, ["Post Booking", "Read Invoice", "Write Log"]),
        ({"solution": "coesharedflows"}, ["Post Booking", "Read Invoice", "Write Log"]),
        ({"owner": JANE}, ["Post Booking", "Read Invoice", "Write Log"]),
        ({"owner": "john.smith@contoso.example"}, []),
        ({"owner": "nobody"}, []),
        ({"solution": "Unknown"}, []),
        ({"name": "Unknown"}, []),
        ({"name": "Write Log", "solution": "Unknown"}, []),
        ({"name": "Write Log", "owner": JANE, "solution": "CoESharedFlows"}, ["Write Log"]),
        ({"id": "00000000-0000-0000-0000-000000000001"}, []),
    ],
)
def test_conditions_choose_flows_together(
    simulator: Any, run_module: Any, options: dict[str, str], names: list[str]
) -> None:
    result = run_module(desktop_flow_info, **options, **simulator.connection("dev"))
    assert [flow["name"] for flow in result["desktop_flows"]] == names


def test_a_flow_is_found_by_id_in_any_spelling(simulator: Any, run_module: Any, flow_id: str) -> None:
    result = run_module(desktop_flow_info, id=f"{{{flow_id.upper()}}}", **simulator.connection("dev"))
    assert [flow["id"] for flow in result["desktop_flows"]] == [flow_id]


@pytest.mark.parametrize("name", ["Größe", "ÉCOLE 日本語", "Überweisung 🤖", 'O\'Neil & "Söhne" <#1>'])
@pytest.mark.parametrize("spelling", [str, str.lower, str.upper])
def test_a_flow_is_found_by_a_name_of_any_alphabet(
    simulator: Any, run_module: Any, flow_id: str, name: str, spelling: Callable[[str], str]
) -> None:
    environment = simulator.environment("dev")
    with environment.lock, environment.store.transaction():
        environment.store.update("workflow", flow_id, {"name": name})
    result = run_module(desktop_flow_info, name=spelling(name), **simulator.connection("dev"))
    assert [flow["name"] for flow in result["desktop_flows"]] == [name]
