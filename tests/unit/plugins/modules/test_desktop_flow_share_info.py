# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Listing the shares of desktop flows, against the simulator, through both doors."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.coe.power_platform.plugins.modules import (
    desktop_flow_share,
    desktop_flow_share_info,
)

JANE = "jane.doe@contoso.example"


@pytest.fixture
def flow_id(simulator: Any) -> str:
    """The id of the flow Write Log in the environment dev."""
    row = simulator.environment("dev").store.first("workflow", name="Write Log")
    return str(row["workflowid"])


def test_shares_are_told_apart_from_owners_and_in_detail(simulator: Any, run_module: Any) -> None:
    connection = simulator.connection("dev")
    principals = [
        {"user": "dana.disabled@contoso.example", "permission": "user"},
        {"team": "Finance Robotics", "permission": "co_owner"},
    ]
    shares = [{"desktop_flow": "Write Log", "principals": principals}]
    run_module(desktop_flow_share, shares=shares, allow_disabled=True, **connection)
    result = run_module(desktop_flow_share_info, solution="CoESharedFlows", **connection)
    assert result["shares"] == [{"desktop_flow": "Write Log", "principals": principals[::-1]}]
    flows = {flow["name"]: flow for flow in result["desktop_flows"]}
    assert sorted(flows) == ["Post Booking", "Read Invoice", "Write Log"]
    assert flows["Write Log"]["owner"]["name"] == JANE
    assert [
        (one["principal"], one["principal_type"], one["permission"], one["disabled"])
        for one in flows["Write Log"]["principals"]
    ] == [
        ("Finance Robotics", "team", "co_owner", False),
        ("dana.disabled@contoso.example", "user", "user", True),
    ]
    assert flows["Read Invoice"]["principals"] == []


def test_names_that_are_not_unique_are_replaced_by_ids(simulator: Any, run_module: Any, flow_id: str) -> None:
    connection, store = simulator.connection("dev"), simulator.environment("dev").store
    twin = store.first("team", name="Robotics")
    shares = [{"desktop_flow": flow_id, "principals": [{"team": twin["teamid"], "permission": "user"}]}]
    run_module(desktop_flow_share, shares=shares, **connection)
    assert run_module(desktop_flow_share_info, **connection)["shares"][0]["desktop_flow"] == "Write Log"
    other = store.first("workflow", name="Read Invoice")
    store.update("workflow", other["workflowid"], {"name": "Write Log"})
    result = run_module(desktop_flow_share_info, **connection)
    assert result["shares"] == shares
    again = run_module(desktop_flow_share, shares=result["shares"], **connection)
    assert again["changed"] is False
    ambiguous = run_module(
        desktop_flow_share,
        shares=[{"desktop_flow": "Write Log", "principals": [{"team": twin["teamid"]}]}],
        **connection,
    )
    assert "2 desktop flows are named 'Write Log', give the id of one" in ambiguous["msg"]
    assert len(ambiguous["failure"]["mistakes"][0]["candidates"]) == 2


def test_who_sees_all_flows_by_a_role_is_told_apart(simulator: Any, run_module: Any) -> None:
    result = run_module(desktop_flow_share_info, include_role_readers=True, **simulator.connection("dev"))
    readers = {
        role["security_role"]: [(one["principal"], one["principal_type"]) for one in role["principals"]]
        for role in result["role_readers"]
    }
    assert readers["Flow Reader"] == [("# reader", "application")]
    assert ("# deployment", "application") in readers["System Administrator"]
    assert "Basic User" not in readers
    assert "Environment Maker" not in readers
