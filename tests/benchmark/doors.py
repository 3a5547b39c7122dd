# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one task costs for one environment, through each door, beside a module that does nothing; all in one run.

Each kind of task stands several times in a play. What the empty play takes is subtracted, and the rest divided by the
number of tasks. The kinds take turns, round by round, so that a slow spell of the machine meets all of them.
"""

from __future__ import annotations

import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import yaml
from dataverse_simulator import Simulator

TASKS = 10
ROUNDS = 5
NOTHING = "from ansible.module_utils.basic import AnsibleModule\nAnsibleModule(argument_spec={}).exit_json()\n"
KINDS = {
    "module that does nothing": ("does_nothing", {}),
    "solution_info, real module": ("coe.power_platform.solution_info", {"power_platform_in_worker": False}),
    "solution_info, in the worker": ("coe.power_platform.solution_info", {"power_platform_in_worker": True}),
}


def write_play(folder: pathlib.Path, module: str | None, variables: dict[str, bool], options: dict[str, str]) -> str:
    """Write a play with ``TASKS`` tasks, or none; return its path."""
    play = {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "vars": {"ansible_python_interpreter": sys.executable, **variables},
        "tasks": [{module: options if "." in module else {}}] * TASKS if module else [],
    }
    path = folder / f"{module}-{len(list(folder.glob('*.yml')))}.yml"
    path.write_text(yaml.dump([play]))
    return str(path)


def seconds(play: str, folder: pathlib.Path) -> float:
    """Run a play and return the seconds it took."""
    begin = time.monotonic()
    environment = {**os.environ, "ANSIBLE_LIBRARY": str(folder)}
    command = [f"{pathlib.Path(sys.executable).parent}/ansible-playbook", "-i", "localhost,", play]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    return time.monotonic() - begin


def main() -> None:
    """Measure in turns, and print medians and ratios."""
    with Simulator() as simulator, tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "does_nothing.py").write_text(NOTHING)
        options = {key: str(value) for key, value in simulator.connection("dev").items()}
        empty = write_play(folder, None, {}, {})
        plays = {kind: write_play(folder, module, given, options) for kind, (module, given) in KINDS.items()}
        costs: dict[str, list[float]] = {kind: [] for kind in plays}
        for round_number in range(ROUNDS + 1):
            begin = seconds(empty, folder)
            for kind, play in plays.items():
                cost = (seconds(play, folder) - begin) / TASKS
                if round_number:  # the first round warms up
                    costs[kind].append(cost)
    medians = {kind: statistics.median(values) for kind, values in costs.items()}
    reference = medians["solution_info, in the worker"]
    print(f"One task for one environment, median of {ROUNDS} plays with {TASKS} tasks each:")
    for kind, median in medians.items():
        print(f"  {kind:<30} {median * 1000:6.0f} ms  {median / reference:5.1f} times the worker's")


if __name__ == "__main__":
    main()
