# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Listing solutions, and comparing the installed one with a package."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
from ansible_collections.coe.power_platform.plugins.modules import solution_import, solution_info
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.package_maker import (
    CloudFlow,
    flow_id,
    package_files,
    run_desktop_flow,
    write_package,
)
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.solution_scenes import (
    NAME,
    put,
    release,
    writes,
)


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


@pytest.fixture
def test(simulator: Any) -> Any:
    """The simulator with quick jobs in the environment test."""
    simulator.environment("test").settings.job_seconds = 0.05
    return simulator


def callers(folder: pathlib.Path, called: int) -> str:
    """Write a package with a cloud flow that calls a desktop flow."""
    flow = CloudFlow(flow_id(9), "Nightly", {"Run": run_desktop_flow(flow_id(called), {})})
    return write_package(folder / "callers.zip", package_files([flow], unique_name="Callers", version="1.0.0.0"))


def test_left_overs_are_named_when_the_version_has_long_been_installed(
    test: Any, run_module: Any, tmp_path: pathlib.Path
) -> None:
    put(test, "test", release(tmp_path, "1.0.0.0", flows=(1, 2, 3), named=[(1, "con_ledger")]))
    package = release(tmp_path, "2.0.0.0", flows=(1,))
    updated = run_module(solution_import, **test.connection("test"), src=package)
    assert run_module(solution_import, **test.connection("test"), src=package)["operation"] == "none"
    put(test, "test", callers(tmp_path, 3))
    test.clear_journal()
    compared = run_module(solution_info, **test.connection("test"), package=package)
    assert not compared["changed"]
    assert [solution["name"] for solution in compared["solutions"]] == [NAME]
    assert compared["not_comparable"] == []
    assert compared["left_overs"][0] == updated["left_overs"][0]
    assert [(it["type"], it["name"], it["needed_by"]) for it in compared["left_overs"]] == [
        ("entity", "con_ledger", []),
        ("desktop", "Flow 2", []),
        ("desktop", "Flow 3", ["cloud flow Nightly"]),
    ]
    assert compared["left_overs"][2]["message"] == (
        "The desktop flow Flow 3 is left over: an upgrade would delete it, but cloud flow Nightly still needs it."
    )
    assert writes(test, "test") == []


def test_what_needs_a_left_over_is_read_anew(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    old = CloudFlow(flow_id(9), "Nightly", {"Run": run_desktop_flow(flow_id(2), {})})
    new = CloudFlow(flow_id(9), "Nightly", {"Run": run_desktop_flow(flow_id(1), {})})
    put(test, "test", release(tmp_path, "1.0.0.0", flows=(1, 2)))
    put(test, "test", write_package(tmp_path / "old.zip", package_files([old], unique_name="Own", version="1.0.0.0")))
    before = run_module(solution_info, **test.connection("test"), package=release(tmp_path, "2.0.0.0", flows=(1,)))
    assert [it["needed_by"] for it in before["left_overs"]] == [["cloud flow Nightly"]]
    put(test, "test", write_package(tmp_path / "new.zip", package_files([new], unique_name="Own", version="2.0.0.0")))
    after = run_module(solution_info, **test.connection("test"), package=release(tmp_path, "2.0.0.0", flows=(1,)))
    assert [it["needed_by"] for it in after["left_overs"]] == [[]]


def test_a_solution_that_is_not_installed_has_no_left_overs(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    result = run_module(solution_info, **test.connection("test"), package=release(tmp_path, "1.0.0.0"))
    assert (result["solutions"], result["left_overs"], result["not_comparable"]) == ([], [], [])
    assert {entry.path for entry in test.journal("test")} == {"solutions"}


def test_what_was_installed_by_the_package_has_no_left_overs(
    test: Any, run_module: Any, packages: pathlib.Path
) -> None:
    package = str(packages / "PADFramework_1_1_12501_241.zip")
    put(test, "test", package)
    result = run_module(solution_info, **test.connection("test"), package=package)
    assert (result["left_overs"], result["not_comparable"]) == ([], [])


def test_the_name_may_be_that_of_the_package(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    package = release(tmp_path, "1.0.0.0")
    put(test, "test", package)
    result = run_module(solution_info, **test.connection("test"), name=NAME.upper(), managed=False, package=package)
    assert (result["solutions"], result["left_overs"]) == ([], [])


def test_a_package_of_another_solution_is_refused(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    package = release(tmp_path, "1.0.0.0")
    failed = run_module(solution_info, **test.connection("test"), name="Other", package=package)
    assert failed["failed"]
    assert failed["msg"].startswith(f"name=Other is another solution than {NAME}, which the package {package} is of")
    assert test.journal("test") == []


def test_a_package_that_is_not_there_is_told(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    failed = run_module(solution_info, **test.connection("test"), package=str(tmp_path / "gone.zip"))
    assert failed["failed"]
    assert "gone.zip" in failed["msg"]


def test_without_a_package_nothing_is_compared(simulator: Any, run_module: Any) -> None:
    result = run_module(solution_info, **simulator.connection("dev"), name="CoESharedFlows")
    assert "left_overs" not in result
    assert {entry.path for entry in simulator.journal("dev")} == {"solutions"}


def test_requests_do_not_grow_with_left_overs(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    requests = []
    for environment, count in (("test", 2), ("prod", 40)):
        named = [(type_, f"con_{number}") for number in range(count) for type_ in (1, 61, 62, 80, 300)]
        put(test, environment, release(tmp_path, "1.0.0.0", flows=tuple(range(1, count + 2)), named=named))
        package = release(tmp_path, "2.0.0.0", flows=(1,))
        test.clear_journal()
        result = run_module(solution_info, **test.connection(environment), package=package)
        assert len(result["left_overs"]) == 6 * count
        requests.append(sum(entry.batch is None for entry in test.journal(environment)))
    assert requests[0] == requests[1] <= 14
