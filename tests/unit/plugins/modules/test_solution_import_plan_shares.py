# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shares in the plan of an import, beside those that the import takes away."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
from ansible_collections.coe.power_platform.plugins.modules import desktop_flow_share, solution_import
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.package_maker import flow_id
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.sharing_scenes import held
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.solution_scenes import put, release, writes

TEAM = {"team": "Finance Robotics", "permission": "user"}


@pytest.fixture
def test(simulator: Any) -> Any:
    """The simulator with quick jobs in the environment test."""
    simulator.environment("test").settings.job_seconds = 0.05
    return simulator


def task(simulator: Any, src: str, **options: Any) -> dict[str, Any]:
    return {**simulator.connection("test"), "src": src, "on_contract_break": "ignore", **options}


def share(simulator: Any, run_module: Any, *flows: int) -> None:
    shares = [{"desktop_flow": flow_id(number), "principals": [TEAM]} for number in flows]
    assert run_module(desktop_flow_share, **simulator.connection("test"), shares=shares)["changed"]


def test_who_may_not_read_the_table_of_shares_can_import(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    put(test, "test", release(tmp_path, "1.0.0.0"))
    share(test, run_module, 1)
    before = held(test.environment("test"))
    test.clear_journal()
    test.add_fault(
        {"kind": "error", "status": 403, "code": "0x80040220", "path": "principalobjectaccessset", "count": 99}
    )
    newer = release(tmp_path, "2.0.0.0")
    predicted = run_module(solution_import, check_mode=True, **task(test, newer))
    assert writes(test, "test") == []
    done = run_module(solution_import, **task(test, newer))
    assert not done.get("failed"), done
    assert (predicted["plan"], predicted["diff"]) == (done["plan"], done["diff"])
    assert "desktop flow Flow 1: shared with team Finance Robotics as user\n" in done["diff"]["after"]
    assert held(test.environment("test")) == before
