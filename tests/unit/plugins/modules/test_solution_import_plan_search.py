# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Callers among cloud flows are found wherever the contents of flows can or cannot be searched."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
from ansible_collections.coe.power_platform.plugins.modules import solution_import
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.package_maker import (
    CloudFlow,
    DesktopFlow,
    argument,
    flow_id,
    package_files,
    run_desktop_flow,
    schema,
    write_package,
)
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.solution_scenes import NAME, put, writes

SHARED = flow_id(1)
CLOUD_FLOWS = "workflows.*category.{1,3}eq.{1,3}5"


@pytest.fixture
def options(simulator: Any, tmp_path: pathlib.Path) -> dict[str, Any]:
    """The options of an import that breaks a cloud flow of another solution in the environment test."""

    def package(version: str, *inputs: str) -> str:
        flow = DesktopFlow(SHARED, "Shared flow", inputs=schema({name: argument() for name in inputs}))
        return write_package(
            tmp_path / f"{version}.zip", package_files([flow], version=version, managed=True, unique_name=NAME)
        )

    put(simulator, "test", package("1.0.0.0", "Question"))
    caller = CloudFlow(flow_id(9), "Nightly", {"Run": run_desktop_flow(SHARED, {"Question": "x"})})
    others = [CloudFlow(flow_id(number), f"Other {number}", {}) for number in range(20, 24)]
    files = package_files([caller, *others], version="1.0.0.0", managed=True, unique_name="Callers")
    put(simulator, "test", write_package(tmp_path / "callers.zip", files))
    return {"src": package("1.1.0.0"), **simulator.connection("test")}


@pytest.mark.parametrize("search", ["works", "refused", "finds_nothing"])
def test_a_caller_is_found_however_contents_are_kept(
    simulator: Any, run_module: Any, options: dict[str, Any], search: str
) -> None:
    simulator.environment("test").settings.change({"clientdata_search": search})
    refused = run_module(solution_import, **options)
    (change,) = refused["plan"]["contract_changes"]
    assert [caller["name"] for caller in change["callers"]] == ["Nightly"]
    assert refused["plan"]["callers_unknown"] is None
    assert refused["failed"]
    assert writes(simulator, "test") == []


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 504}])
def test_a_search_that_takes_too_long_is_given_up_for_reading(
    simulator: Any, run_module: Any, options: dict[str, Any], fault: dict[str, Any]
) -> None:
    simulator.add_fault({"kind": "error", "path": "workflows.*RunUIFlow", "count": 20, **fault})
    refused = run_module(solution_import, **options)
    assert [caller["name"] for caller in refused["plan"]["contract_changes"][0]["callers"]] == ["Nightly"]


def test_what_could_not_be_looked_for_is_told_and_stops_what_may_break(
    simulator: Any, run_module: Any, options: dict[str, Any]
) -> None:
    simulator.add_fault({"kind": "error", "status": 503, "path": CLOUD_FLOWS, "count": 99})
    refused = run_module(solution_import, **options)
    assert refused["failed"]
    assert refused["plan"]["callers_unknown"]
    assert any("Callers among the cloud flows could not be looked for" in text for text in refused["warnings"])
    assert writes(simulator, "test") == []
    warned = run_module(solution_import, on_contract_break="warn", check_mode=True, **options)
    assert not warned.get("failed")


def test_another_refusal_of_the_search_stays_an_error(simulator: Any, run_module: Any, options: dict[str, Any]) -> None:
    simulator.add_fault({"kind": "error", "status": 403, "code": "0x80040220", "path": CLOUD_FLOWS, "count": 99})
    assert "403" in str(run_module(solution_import, **options)["failure"])
