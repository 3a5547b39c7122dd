# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Listing solutions."""

from __future__ import annotations

from typing import Any

from ansible_collections.coe.power_platform.plugins.modules import solution_info


def test_a_solution_is_described_in_our_words(simulator: Any, run_module: Any) -> None:
    result = run_module(solution_info, **simulator.connection("dev"), name="coesharedflows")
    (solution,) = result["solutions"]
    assert not result["changed"]
    assert solution["name"] == "CoESharedFlows"
    assert solution["friendly_name"] == "CoE shared flows"
    assert solution["version"] == "1.0.0.0"
    assert solution["managed"] is False
    assert solution["publisher"] == {"name": "coe", "friendly_name": "Centre of Excellence", "prefix": "coe"}
    assert solution["installed_on"].endswith("Z")


def test_a_name_with_a_quote_is_just_not_there(simulator: Any, run_module: Any) -> None:
    result = run_module(solution_info, **simulator.connection("dev"), name="O'Neil")
    assert result["solutions"] == []


def test_all_solutions_come_in_the_order_of_their_names(simulator: Any, run_module: Any) -> None:
    everything = run_module(solution_info, **simulator.connection("dev"))["solutions"]
    managed = run_module(solution_info, **simulator.connection("dev"), managed=True)["solutions"]
    unmanaged = run_module(solution_info, **simulator.connection("dev"), managed=False)["solutions"]
    names = [solution["name"] for solution in everything]
    assert names == sorted(names, key=str.lower)
    assert "Active" not in names
    assert {solution["name"] for solution in managed} | {solution["name"] for solution in unmanaged} == set(names)
    assert all(solution["managed"] for solution in managed)
    assert not any(solution["managed"] for solution in unmanaged)


def test_check_mode_reads_too(simulator: Any, run_module: Any) -> None:
    connection = simulator.connection("dev")
    assert run_module(solution_info, check_mode=True, **connection) == run_module(solution_info, **connection)
