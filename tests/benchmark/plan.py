# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What planning an import asks of an environment, by the flows of the package and those of the environment.

Prints a table (Markdown), counted in the simulator's journal. One flow in ten of the environment is a cloud flow that
runs a desktop flow of the package; these are read with their contents, in small pages. Exit code 1 when more flows in
the package or in the same pages cost more requests.
"""

from __future__ import annotations

import json
import pathlib
import sys
import tempfile
import time
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
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.sharing_scenes import work
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.solution_scenes import put
from dataverse_simulator import Simulator

SIZES = [(20, 500), (200, 500), (200, 5_000), (200, 10_000)]
PAGE = 5_000
PAGE_OF_CONTENTS = 200
SCRIPT = "SET Line TO 'Many words of a script'\r\n" * 500


def release(folder: pathlib.Path, version: str, count: int) -> str:
    """Write a package whose flows all change from version to version; the first one loses an input."""
    inputs = {"Question": argument(), **({"Spare": argument()} if version == "1.0.0.0" else {})}
    flows = [
        DesktopFlow(
            flow_id(number),
            f"Flow {number}",
            inputs=schema(inputs if number == 1 else {"Question": argument()}),
            script=f"{SCRIPT}SET Version TO '{version}'\r\n",
        )
        for number in range(1, count + 1)
    ]
    files = package_files(flows, version=version, unique_name="Large")
    return write_package(folder / f"{version}.zip", files)


def fill(environment: Any, count: int) -> None:
    """Make other flows: nine desktop flows for each cloud flow."""
    owner = environment.store.first("systemuser", domainname="jane.doe@contoso.example")
    with environment.lock, environment.store.transaction():
        for number in range(count):
            action = run_desktop_flow(flow_id(1), {"Question": "x"})
            document = {"properties": {"definition": {"actions": {"Run": action}}}}
            cloud = {"category": 5, "clientdata": json.dumps(document)}
            desktop = {
                "category": 6,
                "uiflowtype": 2,
                "definition": json.dumps(SCRIPT),
                "dependencies": json.dumps({"childFlows": [], "workQueues": []}),
            }
            row = {"name": f"Other {number}", "type": 1, "statecode": 1, "statuscode": 2, "owneridtype": "systemuser"}
            kind = desktop if number % 10 else cloud
            environment.store.insert("workflow", {**row, **kind, "ownerid": owner["systemuserid"]})


def measure(simulator: Any, packaged: int, others: int) -> int:
    """Plan one import, print what it cost, and return the requests."""
    simulator.reset("prod")
    with tempfile.TemporaryDirectory() as folder:
        put(simulator, "prod", release(pathlib.Path(folder), "1.0.0.0", packaged))
        fill(simulator.environment("prod"), others - packaged)
        package = release(pathlib.Path(folder), "2.0.0.0", packaged)
        simulator.clear_journal()
        begin = time.monotonic()
        result = plan(simulator, package)
        seconds = time.monotonic() - begin
    entries = simulator.journal(environment="prod")
    requests = sum(entry.batch is None for entry in entries)
    callers = sum(len(effect["callers"]) for effect in result["plan"]["contract_changes"])
    assert len(result["plan"]["flows"]["changed"]) == packaged, result["plan_text"]
    print(f"| {packaged} | {others} | {callers} | {requests} | {seconds:.1f} |", flush=True)
    return requests


def plan(simulator: Any, package: str) -> dict[str, Any]:
    """Return the result of check mode."""
    options = {"src": package, "on_contract_break": "warn", **simulator.connection("prod")}
    return work(solution_import, options, check_mode=True)


def main() -> int:
    """Print the table, and compare its lines."""
    print("| flows of the package | of the environment | callers found | requests | seconds |")
    print("|" + "---:|" * 5)
    with Simulator() as simulator:
        costs = {size: measure(simulator, *size) for size in SIZES}
    base = costs[SIZES[0]]
    return int(any(cost > base + further_pages(others) for (_packaged, others), cost in costs.items()))


def further_pages(others: int) -> int:
    """Return how many pages more than the first line's an environment of so many flows may cost."""
    cloud, cloud_at_first = others // 10, SIZES[0][1] // 10
    return 2 * (others // PAGE) + (cloud - cloud_at_first) // PAGE_OF_CONTENTS


if __name__ == "__main__":
    sys.exit(main())
