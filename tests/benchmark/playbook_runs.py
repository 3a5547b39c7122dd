# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Environments of a simulator as an inventory, and what a run of a playbook over them costs."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

POLL_SECONDS = 0.05
NOTHING = "from ansible.module_utils.basic import AnsibleModule\n\nAnsibleModule(argument_spec={}).exit_json()\n"


@dataclasses.dataclass(frozen=True)
class Cost:
    """Seconds of wall clock and of processor time (user and system, of all processes)."""

    wall: float
    processor: float

    def beyond(self, base: Cost, environments: int) -> Cost:
        """Return what each environment costs more than in another run."""
        return Cost((self.wall - base.wall) / environments, (self.processor - base.processor) / environments)


class Bound(NamedTuple):
    """What a measured ratio has to keep."""

    name: str
    ratio: float
    limit: float
    at_least: bool = False

    @property
    def broken(self) -> bool:
        """Whether the ratio breaks the limit."""
        return self.ratio < self.limit if self.at_least else self.ratio > self.limit

    def __str__(self) -> str:
        sign = "at least" if self.at_least else "at most"
        return f"{'BROKEN' if self.broken else 'kept'}: {self.name}: {self.ratio:.2f}, {sign} {self.limit:.2f}"


def median(costs: Iterable[Cost]) -> Cost:
    """Return the median of each of the two times."""
    listed = list(costs)
    return Cost(statistics.median(cost.wall for cost in listed), statistics.median(cost.processor for cost in listed))


def names(count: int) -> list[str]:
    """Return the names of the simulator's first further environments."""
    return [f"env{number:04d}" for number in range(1, count + 1)]


def write_inventory(folder: pathlib.Path, simulator: Any, count: int, **variables: Any) -> pathlib.Path:
    """Write an inventory with environments as hosts of the group ``targets``; return its path."""
    connection = simulator.connection("dev")
    options = {f"power_platform_{key}": str(value) for key, value in connection.items() if key != "environment_url"}
    local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    hosts = {name: {"power_platform_environment_url": simulator.environment_url(name)} for name in names(count)}
    path = folder / f"inventory-{count}.json"
    path.write_text(json.dumps({"targets": {"hosts": hosts, "vars": {**options, **local, **variables}}}))
    return path


def write_modules(folder: pathlib.Path) -> None:
    """Write modules that do nothing: ``does_nothing``, and ``imports_libraries``, which imports requests and msal."""
    (folder / "does_nothing.py").write_text(NOTHING)
    (folder / "imports_libraries.py").write_text(f"import msal\nimport requests\n{NOTHING}")


def write_play(folder: pathlib.Path, name: str, *tasks: dict[str, Any]) -> pathlib.Path:
    """Write a play over all environments; return its path."""
    path = folder / f"{name}.yml"
    path.write_text(json.dumps([{"hosts": "targets", "gather_facts": False, "tasks": tasks}]))
    return path


def run(
    playbook: pathlib.Path | str, inventory: pathlib.Path, *, forks: int, variables: Mapping[str, Any] | None = None
) -> Cost:
    """Run a playbook, given by its path or its full name, and return its cost. Ends the benchmark when it fails."""
    return run_with_peak(playbook, inventory, forks=forks, variables=variables)[0]


def run_with_peak(
    playbook: pathlib.Path | str, inventory: pathlib.Path, *, forks: int, variables: Mapping[str, Any] | None = None
) -> tuple[Cost, int]:
    """Run a playbook; return its cost, and the peak memory of Ansible's main process in bytes."""
    program = pathlib.Path(sys.executable).with_name("ansible-playbook")
    extra = json.dumps(dict(variables or {}))
    words = [program, "--inventory", inventory, "--forks", str(forks), "--extra-vars", extra, playbook]
    # Without compiled files of its libraries each Python would compile them anew.
    settings = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    settings["ANSIBLE_LIBRARY"] = str(inventory.parent)
    with (inventory.parent / "output").open("w+") as output:
        begin = time.monotonic()
        process = subprocess.Popen(words, stdout=output, stderr=subprocess.STDOUT, env=settings, cwd=inventory.parent)
        memory = _Peak(process.pid)
        _pid, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            sys.exit(f"{output.read()}\n{playbook} failed (exit code {process.returncode}).")
    return Cost(wall, usage.ru_utime + usage.ru_stime), memory.bytes()


class _Peak(threading.Thread):
    """Follows the peak memory of a process, which can be read only while it lives."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._status = pathlib.Path(f"/proc/{pid}/status")
        self._peak = 0
        self.start()

    def run(self) -> None:
        with contextlib.suppress(OSError):
            while found := re.search(r"VmHWM:\s*(\d+) kB", self._status.read_text()):
                self._peak = int(found[1]) * 1024
                time.sleep(POLL_SECONDS)

    def bytes(self) -> int:
        """Return the peak in bytes; the process has ended."""
        self.join()
        return self._peak
