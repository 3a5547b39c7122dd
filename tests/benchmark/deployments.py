# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much longer than its import jobs a deployment to several environments takes, and how long one without a change.

The playbook deploy_shared_flow brings a package with its shares into environments whose jobs take 30 s, then once more.
Whole runs are measured, the start of Ansible included. Exit code 1 when a bound is broken.
"""

from __future__ import annotations

import pathlib
import sys
import tempfile
from typing import Any

from ansible_collections.coe.power_platform.tests.unit.plugins.modules.sharing_scenes import make_users
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.solution_scenes import NAME, release
from dataverse_simulator import Simulator
from playbook_runs import median, names, run, write_inventory

SIZES = (1, 10)
FORKS = 10
ROUNDS = 5
JOB_SECONDS = 30.0
LONGEST_BEYOND_THE_JOB = 0.1
LONGEST_UNCHANGED = 0.25
PLAYBOOK = "coe.power_platform.deploy_shared_flow"


def prepare(simulator: Any, count: int) -> list[dict[str, Any]]:
    """Make users in environments with slow jobs; return what to declare."""
    for name in names(count):
        environment = simulator.environment(name)
        environment.settings.job_seconds = JOB_SECONDS
        make_users(environment, 2)
    principals = [{"user": "many0@contoso.example"}, {"user": "many1@contoso.example"}]
    return [{"solution": NAME, "principals": principals}]


def measure(count: int) -> tuple[float, float]:
    """Return the seconds of a deployment to so many environments, and the median of those without a change."""
    with Simulator(count=count) as simulator, tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        variables = {
            "flow_permissions_shares": prepare(simulator, count),
            "shared_flow_src": release(folder, "1.0.0.0"),
        }
        inventory = write_inventory(folder, simulator, count, **variables)
        deployed = run(PLAYBOOK, inventory, forks=FORKS).wall
        simulator.clear_journal()
        unchanged = median(run(PLAYBOOK, inventory, forks=FORKS) for _round in range(ROUNDS)).wall
        assert not simulator.journal(writes=True)
    return deployed, unchanged


def main() -> int:
    """Print a line for each number of environments; tell whether those of most environments keep the bounds."""
    print(f"| environments | jobs | deployment | beyond the jobs | unchanged (median of {ROUNDS}) | for each |")
    print("|" + "---:|" * 6)
    for count in SIZES:
        deployed, unchanged = measure(count)
        beyond, each = deployed / JOB_SECONDS - 1, unchanged / count
        times = f"{JOB_SECONDS:.0f} s | {deployed:.1f} s | {beyond:.1%} | {unchanged:.1f} s | {each:.2f} s"
        print(f"| {count} | {times} |", flush=True)
    broken = []
    if beyond > LONGEST_BEYOND_THE_JOB:
        broken.append(f"BROKEN: deployment beyond the jobs: {beyond:.1%}, at most {LONGEST_BEYOND_THE_JOB:.0%}")
    if each > LONGEST_UNCHANGED:
        broken.append(f"BROKEN: unchanged run for each environment: {each:.2f} s, at most {LONGEST_UNCHANGED:.2f} s")
    print(*broken, sep="\n")
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
