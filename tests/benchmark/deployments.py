# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much longer than its import jobs a deployment to several environments takes, and how long one without a change.

The playbook deploy_shared_flow brings a package with its shares into environments whose jobs take 30 s, then once more.
Whole runs are measured, the start of Ansible included. Since times tell of the machine, the bounds are ratios to what a
module that does nothing with requests and msal takes for each environment in the same run. Where that is 0.25 s, they
say: three seconds beyond the jobs at ten environments, and 0.25 s for each environment without a change. What is left
beyond the jobs is Ansible's start, and six processes for each environment before and after its import.
Exit code 1 when a bound is broken.
"""

from __future__ import annotations

import operator
import pathlib
import statistics
import sys
import tempfile
from typing import Any

from ansible_collections.coe.power_platform.tests.unit.plugins.modules.sharing_scenes import make_users
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.solution_scenes import NAME, release
from dataverse_simulator import Simulator
from playbook_runs import Bound, names, run, write_inventory, write_modules, write_play

SIZES = (1, 10)
FORKS = 10
ROUNDS = 5
JOB_SECONDS = 30.0
LONGEST_BEYOND_THE_JOBS = 1.2
LONGEST_UNCHANGED = 1.0
PLAYBOOK = "coe.power_platform.deploy_shared_flow"
COLUMNS = ("environments", "jobs", "deployment", "beyond the jobs", "unchanged", "for each", "module that does nothing")


def prepare(simulator: Any, count: int) -> list[dict[str, Any]]:
    """Make users in environments with slow jobs; return what to declare."""
    for name in names(count):
        environment = simulator.environment(name)
        environment.settings.job_seconds = JOB_SECONDS
        make_users(environment, 2)
    principals = [{"user": "many0@contoso.example"}, {"user": "many1@contoso.example"}]
    return [{"solution": NAME, "principals": principals}]


def measure(count: int) -> list[Bound]:
    """Print what deployments to so many environments take; return what has to hold."""
    with Simulator(count=count) as simulator, tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        variables = {
            "flow_permissions_shares": prepare(simulator, count),
            "shared_flow_src": release(folder, "1.0.0.0"),
        }
        inventory = write_inventory(folder, simulator, count, **variables)
        write_modules(folder)
        empty = write_play(folder, "empty")
        libraries = write_play(folder, "libraries", {"imports_libraries": {}})
        deployed = run(PLAYBOOK, inventory, forks=FORKS).wall
        simulator.clear_journal()
        # The kinds take turns, so that a slow spell of the machine meets all of them.
        rounds = [
            [run(kind, inventory, forks=FORKS) for kind in (PLAYBOOK, libraries, empty)] for _round in range(ROUNDS)
        ]
        assert not simulator.journal(writes=True)
    yardsticks = [nothing.beyond(base, count).wall for _unchanged, nothing, base in rounds]
    unchanged = [it.wall / count for it, _nothing, _base in rounds]
    beyond = (deployed - JOB_SECONDS) / count
    yardstick, each = statistics.median(yardsticks), statistics.median(unchanged)
    deployment = f"{JOB_SECONDS:.0f} s | {deployed:.1f} s | {deployed / JOB_SECONDS - 1:.1%}"
    print(f"| {count} | {deployment} | {each * count:.1f} s | {each:.2f} s | {yardstick:.2f} s |", flush=True)
    ratio = statistics.median(map(operator.truediv, unchanged, yardsticks))
    return [
        Bound(f"{count} environments, deployment beyond the jobs", beyond / yardstick, LONGEST_BEYOND_THE_JOBS),
        Bound(f"{count} environments, unchanged deployment", ratio, LONGEST_UNCHANGED),
    ]


def main() -> int:
    """Print a line for each number of environments; tell whether those of most environments keep the bounds."""
    print(f"Medians of {ROUNDS}, {FORKS} forks; the last two columns for each environment:\n")
    print("|", " | ".join(COLUMNS), "|")
    print("|" + "---:|" * len(COLUMNS))
    *_fewer, promised = [measure(count) for count in SIZES]
    print("", *promised, sep="\n")
    return int(any(bound.broken for bound in promised))


if __name__ == "__main__":
    sys.exit(main())
