# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A play over several hosts imports the collection and its libraries once, in the process that forks the workers."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
from typing import Any

import pytest

HOSTS = ("dev", "test", "prod")
WATCHER = """
import os
import sys

def note(event, arguments):
    if event == "import":
        with open(os.environ["IMPORTS"], "a") as file:
            file.write(f"{os.getpid()} {arguments[0]}\\n")

sys.addaudithook(note)
"""
COLLECTION = "ansible_collections.coe.power_platform.plugins."


@pytest.fixture
def inventory(simulator: Any, tmp_path: pathlib.Path) -> pathlib.Path:
    """Three environments as hosts of an inventory, with the options of their connections."""
    hosts = {name: {key: str(value) for key, value in simulator.connection(name).items()} for name in HOSTS}
    variables = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    path = tmp_path / "inventory.json"
    path.write_text(json.dumps({"all": {"hosts": hosts, "vars": variables}}))
    return path


def imports(inventory: pathlib.Path, play: dict[str, Any]) -> tuple[int, list[tuple[int, str]]]:
    """Run a play; return its process id, and process and module of each import, the workers' included."""
    folder = inventory.parent
    (folder / "sitecustomize.py").write_text(WATCHER)
    (folder / "play.yml").write_text(json.dumps([{"hosts": "all", "gather_facts": False, **play}]))
    variables = {
        **os.environ,
        "IMPORTS": str(folder / "imports"),
        "PYTHONPATH": os.pathsep.join([str(folder), os.environ["PYTHONPATH"]]),
    }
    words = [sys.executable, "-m", "ansible", "playbook", "--forks", str(len(HOSTS)), "-i", inventory, "play.yml"]
    with subprocess.Popen(words, cwd=folder, env=variables, stdout=subprocess.PIPE, text=True) as process:
        output = process.communicate()[0]
    assert process.returncode == 0, output
    lines = [line.split() for line in (folder / "imports").read_text().splitlines()]
    return process.pid, [(int(pid), name) for pid, name in lines]


@pytest.mark.parametrize(
    ("strategy", "name", "collections"),
    [
        ("linear", "coe.power_platform.team", []),
        ("linear", "team", ["coe.power_platform"]),
        ("free", "coe.power_platform.team", []),
        ("host_pinned", "team", ["coe.power_platform"]),
    ],
)
def test_play_over_several_hosts_imports_the_collection_once(
    simulator: Any, inventory: pathlib.Path, strategy: str, name: str, collections: list[str]
) -> None:
    options = {option: f"{{{{ {option} }}}}" for option in simulator.connection("dev")}
    task = {name: {**options, "name": "Finance Robotics"}}
    parent, made = imports(inventory, {"strategy": strategy, "collections": collections, "tasks": [task]})
    ours = [(pid, module) for pid, module in made if f"{module}.".startswith((COLLECTION, "requests.", "msal."))]
    assert {pid for pid, _module in ours} == {parent}
    modules = [module for _pid, module in ours]
    assert {f"{COLLECTION}module_utils._work", "requests", "msal"} <= set(modules)
    assert len(modules) == len(set(modules))
    assert all(simulator.journal(environment=host) for host in HOSTS)
