# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures: a local Dataverse, and modules run through each of their doors."""

from __future__ import annotations

import dataclasses
import importlib.util
import os
import pathlib
import time
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

RunModule = Callable[..., dict[str, Any]]

# ansible-test shows tests of modules only what a module may import, so the worker's door is missing there.
DOORS = ["module", "worker"] if importlib.util.find_spec("ansible.plugins") else ["module"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the sums of what tests counted: ``record_property("sum of …", number)``."""
    sums: dict[str, int] = {}
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name.startswith("sum of "):
                sums[name] = sums.get(name, 0) + int(str(value))
    for name, value in sums.items():
        terminalreporter.write_line(f"{name.removeprefix('sum of ').capitalize()}: {value}")


@pytest.fixture(autouse=True)
def without_connection_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide what the environment of the test run says of connections."""
    for name in os.environ:
        if name.startswith(("POWER_PLATFORM_", "AZURE", "ACTIONS_", "SYSTEM_")):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def simulators() -> Iterator[Any]:
    """A running simulator with the environments dev, test and prod; shared by all tests of a process."""
    dataverse_simulator = pytest.importorskip("dataverse_simulator", reason="the simulator is not installed")
    with dataverse_simulator.Simulator() as running:
        yield running


@pytest.fixture
def simulated_time(simulators: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The clock of the simulator in place of the machine's: nobody waits, who sleeps moves the simulator's time."""
    from ansible_collections.coe.power_platform.plugins.module_utils import _work
    from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.clocks import SimulatedClock

    clock = SimulatedClock(simulators)
    monkeypatch.setattr(_work, "Clock", lambda: clock)
    yield clock
    simulators.clock.advance(time.time() - simulators.clock.time())


@pytest.fixture
def real_time(simulated_time: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's clock after all, for races between several threads."""
    from ansible_collections.coe.power_platform.plugins.module_utils import _clock, _work

    monkeypatch.setattr(_work, "Clock", _clock.Clock)


@pytest.fixture
def simulator(simulators: Any, simulated_time: Any) -> Iterator[Any]:
    """The simulator, with environments, their switches, journal, clock and faults as at its start."""
    environments = [simulators.environment(name) for name in ("dev", "test", "prod")]
    switches = [dataclasses.asdict(environment.settings) for environment in environments]
    for environment in environments:
        simulators.reset(environment.name)
    simulators.clear_journal()
    yield simulators
    simulators.clear_faults()
    for environment, values in zip(environments, switches, strict=True):
        environment.settings.change(values)


@pytest.fixture
def packages() -> pathlib.Path:
    """The folder of real solution packages."""
    root = pathlib.Path(os.environ.get("SOLUTION_PACKAGES", pathlib.Path(__file__).parents[3] / "shared" / "packages"))
    if not root.is_dir():
        pytest.skip(f"the folder of real solution packages is missing: {root}")
    return root


@pytest.fixture(params=DOORS)
def door(request: pytest.FixtureRequest) -> str:
    """The door that ``run_module`` uses: every module test runs through both."""
    return str(request.param)


@pytest.fixture
def run_module(door: str) -> RunModule:
    """Run a module as Ansible would: ``run_module(solution_info, check_mode=True, name="X", **connection)``.

    Returns the task's result. Lines of progress (worker's door only) are in ``run_module.reports``.
    """
    from ansible_collections.coe.power_platform.tests.unit.plugins.modules.doors import run_as_module, run_in_worker

    run = {"module": run_as_module, "worker": run_in_worker}[door]

    def runner(module: ModuleType, check_mode: bool = False, **params: Any) -> dict[str, Any]:
        given = {key: value for key, value in params.items() if value is not None}
        return run(module, given, check_mode, runner.reports)  # type: ignore[attr-defined]

    runner.reports = []  # type: ignore[attr-defined]
    return runner
