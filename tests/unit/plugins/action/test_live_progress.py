# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Progress that people can see: on a terminal while the task runs, and as events of ansible-runner, so in AWX."""

from __future__ import annotations

import json
import os
import pathlib
import pty
import re
import subprocess
import sys
import time
from typing import Any

import pytest
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.solution_scenes import NAME, release

LINE = re.compile(rf"\[prod-flows\] {NAME} 1\.0\.0\.0 install: (\d+ %|waiting|running|succeeded) \(\ds\)")


@pytest.fixture
def playbook(simulator: Any, tmp_path: pathlib.Path) -> pathlib.Path:
    """A playbook that imports a solution, which takes three seconds."""
    simulator.environment("prod").settings.job_seconds = 3
    options = {**simulator.connection("prod"), "src": release(tmp_path, "1.0.0.0"), "progress": "{{ progress | bool }}"}
    task = {"name": "Import", "coe.power_platform.solution_import": options}
    play = {"hosts": "prod-flows", "connection": "local", "gather_facts": False, "tasks": [task]}
    path = tmp_path / "project" / "play.yml"
    path.parent.mkdir()
    path.write_text(json.dumps([play]))
    return path


def variables(progress: bool) -> dict[str, Any]:
    return {"progress": progress, "ansible_python_interpreter": sys.executable}


def seen_on_terminal(playbook: pathlib.Path, progress: bool) -> list[tuple[float, str]]:
    """Run the playbook on a terminal and return its lines with the moment when each appeared."""
    words = [sys.executable, "-m", "ansible", "playbook", "-i", "prod-flows,", "-e", json.dumps(variables(progress))]
    ours, theirs = pty.openpty()
    lines = []
    with subprocess.Popen([*words, str(playbook)], stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        with open(ours, "rb", buffering=0) as terminal:
            buffer = b""
            while True:
                try:
                    buffer += terminal.read(4096)
                except OSError:  # the other side has closed the terminal
                    break
                *complete, buffer = buffer.split(b"\n")
                lines += [(time.monotonic(), line.decode().strip()) for line in complete]
    assert process.returncode == 0, lines
    return lines


def test_lines_appear_on_the_terminal_while_the_import_runs(playbook: pathlib.Path) -> None:
    shown = [(moment, line) for moment, line in seen_on_terminal(playbook, progress=True) if LINE.search(line)]
    assert len(shown) >= 3
    assert any(" %" in line for _moment, line in shown)
    # They came one by one, and not all at the end of the task.
    assert shown[-1][0] - shown[0][0] > 1.5


def test_nothing_appears_when_progress_is_switched_off(playbook: pathlib.Path) -> None:
    assert not [line for _moment, line in seen_on_terminal(playbook, progress=False) if LINE.search(line)]


def test_lines_are_events_of_ansible_runner(
    playbook: pathlib.Path, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = pytest.importorskip("ansible_runner", reason="ansible-runner is not installed")
    monkeypatch.setenv("PATH", os.pathsep.join([str(pathlib.Path(sys.executable).parent), os.environ["PATH"]]))
    result = runner.run(
        private_data_dir=str(tmp_path),
        playbook=playbook.name,
        inventory="prod-flows",
        extravars=variables(progress=True),
        quiet=True,
    )
    assert result.status == "successful"
    lines = [event["stdout"] for event in result.events if event["event"] == "verbose" and LINE.search(event["stdout"])]
    assert len(lines) >= 3
