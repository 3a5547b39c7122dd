# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What desktop_flow_share asks of an environment, and how long shares are missing during an upgrade of 60 s.

Prints two tables (Markdown): requests and operations in them by number of flows and principals, and gaps by number of
shares. Everything is counted in the simulator's journal. Exit code 1 when a bound is broken.
"""

from __future__ import annotations

import pathlib
import sys
import tempfile
import time
from typing import Any

from ansible_collections.coe.power_platform.plugins.modules import solution_import
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.sharing_scenes import (
    give,
    held,
    make_flows,
    make_users,
    run,
    work,
)
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.solution_scenes import put, release
from dataverse_simulator import Simulator

SIZES = [(flows, principals) for flows in (1, 10, 100) for principals in (1, 10, 50)]
SHARE_COUNTS = [(1, 1), (5, 10), (40, 50)]
MOST_REQUESTS_UNCHANGED = 4
JOB_SECONDS = 60.0
LONGEST_GAP = 2.0


def count(simulator: Any) -> tuple[int, int]:
    """Return the requests since the journal was cleared, and the operations in them (a batch has many)."""
    entries = simulator.journal(environment="prod")
    batches = {entry.batch for entry in entries if entry.batch is not None}
    requests = sum(entry.batch is None for entry in entries)
    return requests, len(entries) - len(batches)


def measure_requests(simulator: Any) -> bool:
    """Print what new and unchanged declarations cost; tell whether the bound holds."""
    print(
        "| flows | principals | shares | all new: requests | operations | seconds"
        " | unchanged: requests | operations | seconds |"
    )
    print("|" + "---:|" * 9)
    within = True
    for flow_count, principal_count in SIZES:
        simulator.reset("prod")
        environment, connection = simulator.environment("prod"), simulator.connection("prod")
        flows, users = make_flows(environment, flow_count), make_users(environment, principal_count)
        declared = [{"desktop_flow": flow, "principals": [{"user": user} for user in users]} for flow in flows]
        cells = [flow_count, principal_count, flow_count * principal_count]
        for changed in (True, False):
            simulator.clear_journal()
            begin = time.monotonic()
            result = run(connection, declared)
            seconds = time.monotonic() - begin
            assert result.get("changed") is changed, result
            requests, operations = count(simulator)
            within &= changed or requests <= MOST_REQUESTS_UNCHANGED
            cells += [requests, operations, f"{seconds:.1f}"]
        print("| " + " | ".join(map(str, cells)) + " |", flush=True)
    return within


def measure_gaps(simulator: Any) -> bool:
    """Print how long shares are missing during an upgrade; tell whether all came back within the bound."""
    print(f"\n| shares | lost | restored | longest gap in an upgrade of {JOB_SECONDS:.0f} s |")
    print("|" + "---:|" * 4)
    within = True
    for flow_count, principal_count in SHARE_COUNTS:
        simulator.reset("prod")
        environment = simulator.environment("prod")
        numbers = tuple(range(1, flow_count + 1))
        with tempfile.TemporaryDirectory() as folder:
            put(simulator, "prod", release(pathlib.Path(folder), "1.0.0.0", flows=numbers))
            flows = [row["workflowid"] for row in environment.store.find("workflow")]
            users = make_users(environment, principal_count)
            give(environment, ((flow, "systemuser", user, 1) for flow in flows for user in users))
            before = held(environment)
            environment.settings.job_seconds = JOB_SECONDS
            result = upgrade(simulator, release(pathlib.Path(folder), "1.1.0.0", flows=numbers))
        gap = max(result["permission_gap_seconds"].values())
        shares = result["shares"]
        print(f"| {len(before)} | {len(shares['lost'])} | {len(shares['restored'])} | {gap:.2f} s |", flush=True)
        within &= held(environment) == before and gap < LONGEST_GAP
    return within


def upgrade(simulator: Any, package: str) -> dict[str, Any]:
    """Upgrade to a package and return the result."""
    options = {"src": package, "import_mode": "upgrade", **simulator.connection("prod")}
    result = work(solution_import, options)
    assert not result.get("failed"), result
    return result


def main() -> int:
    """Print both tables."""
    with Simulator() as simulator:
        return 0 if measure_requests(simulator) & measure_gaps(simulator) else 1


if __name__ == "__main__":
    sys.exit(main())
