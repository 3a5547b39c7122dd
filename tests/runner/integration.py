# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stages ``worker`` and ``module``: the installed artifact against a simulator, through one of the two doors."""

from __future__ import annotations

import json
import pathlib
import shutil
from typing import TYPE_CHECKING

from tests.traffic.recorder import recording

from . import processes, traffic, workspace
from .results import Counts, read_targets

if TYPE_CHECKING:
    from dataverse_simulator import Simulator

ENVIRONMENTS = ("dev", "test", "prod")
JOB_SECONDS = 0.3
"""How long imports and exports run: over when they are asked for a second time, after half a second."""


def run_worker() -> Counts:
    """Run all targets in the worker."""
    with recording(traffic.begin("integration-worker")):
        return run_targets(workspace.installed_with_tests(workspace.BUILD / "worker"), in_worker=True)


def run_module() -> Counts:
    """Run all targets by the real modules."""
    with recording(traffic.begin("integration-module")):
        return run_targets(workspace.installed_with_tests(workspace.BUILD / "module"), in_worker=False)


def run_targets(
    collection: pathlib.Path, *targets: str, in_worker: bool, python: pathlib.Path = workspace.PYTHON
) -> Counts:
    """Run targets (by default all) in a fresh simulator, with the Ansible of a virtual environment."""
    from dataverse_simulator import Simulator

    print(f"Through the door of the {'worker' if in_worker else 'real modules'}", flush=True)
    version = processes.check(
        [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2], end='')"],
        cwd=collection,
        environment=workspace.variables(python),
    )
    output = collection / "tests" / "output"
    shutil.rmtree(output, ignore_errors=True)
    with Simulator() as simulator:
        for name in ENVIRONMENTS:
            simulator.environment(name).settings.job_seconds = JOB_SECONDS
        settings = collection / "tests" / "integration" / "integration_config.yml"
        settings.write_text(json.dumps(_settings(simulator, in_worker), indent=2))
        completed = processes.run(
            ["ansible-test", "integration", "--local", "--python", version, "--continue-on-error", *targets],
            cwd=collection,
            environment=workspace.variables(python),
        )
    return read_targets(output, completed.returncode)


def _settings(simulator: Simulator, in_worker: bool) -> dict[str, object]:
    """Return the variables that the targets know their environments by."""
    connection = simulator.connection(ENVIRONMENTS[0])
    urls = {name: simulator.environment_url(name) for name in ENVIRONMENTS}
    return {
        "environments": urls,
        "connection_options": {k: str(v) for k, v in connection.items() if k != "environment_url"},
        "simulator_url": urls[ENVIRONMENTS[0]].rpartition("/")[0] + "/_simulator",
        "solution_packages": str(workspace.PACKAGES),
        "power_platform_in_worker": in_worker,
    }
