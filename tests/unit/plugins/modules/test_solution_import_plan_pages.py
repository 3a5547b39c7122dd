# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of an import reads the contents of callers in small pages: memory does not grow with their number."""

from __future__ import annotations

import json
import pathlib
from typing import Any

from ansible_collections.coe.power_platform.plugins.modules import solution_import
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.package_maker import (
    DesktopFlow,
    argument,
    flow_id,
    package_files,
    run_desktop_flow,
    schema,
    write_package,
)
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.sharing_scenes import make_flows
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.solution_scenes import put

SHARED = flow_id(1)
CALLERS = 401
PAGES = 3


def packed(folder: pathlib.Path, version: str, *inputs: str) -> str:
    flow = DesktopFlow(SHARED, "Shared flow", inputs=schema(dict.fromkeys(inputs, argument())))
    return write_package(folder / f"{version}.zip", package_files([flow], version=version, unique_name="SharedFlows"))


def test_contents_of_callers_come_in_small_pages(simulator: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    put(simulator, "test", packed(tmp_path, "1.0.0.0", "Question", "Spare"))
    environment = simulator.environment("test")
    action = run_desktop_flow(SHARED, {"Question": "x", "Spare": "x"})
    cloud = {"category": 5, "clientdata": json.dumps({"properties": {"definition": {"actions": {"Run": action}}}})}
    script = f"External.RunFlow FlowId: '{SHARED}' @Question: Q @Spare: S\r\n"
    desktop = {"definition": json.dumps(script), "dependencies": json.dumps({"childFlows": [SHARED]})}
    for number, id in enumerate(make_flows(environment, 2 * CALLERS)):
        environment.store.update("workflow", id, desktop if number % 2 else cloud)
    simulator.clear_journal()
    newer = packed(tmp_path, "2.0.0.0", "Question")
    options = {**simulator.connection("test"), "src": newer, "on_contract_break": "warn"}
    told = run_module(solution_import, check_mode=True, **options)
    (effect,) = told["plan"]["contract_changes"]
    assert [caller["status"] for caller in effect["callers"]] == ["breaks"] * 2 * CALLERS
    for words in ("RunUIFlow", "dependencies,definition"):
        entries = [entry for entry in simulator.journal("test") if words in entry.query]
        assert len({entry.batch or entry.seq for entry in entries}) == PAGES, words
