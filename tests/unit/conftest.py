# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures: a local Dataverse, and modules run through each of their doors."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import importlib.util
import io
import json
import os
import pathlib
import time
from collections.abc import Callable, Iterator
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest import mock

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
        if name.startswith(("POWER_PLATFORM_", "AZURE_")):
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
    run = {"module": _run_as_module, "worker": _run_in_worker}[door]

    def runner(module: ModuleType, check_mode: bool = False, **params: Any) -> dict[str, Any]:
        return run(module, {key: value for key, value in params.items() if value is not None}, check_mode, runner)

    runner.reports = []  # type: ignore[attr-defined]
    return runner


def _run_as_module(module: ModuleType, params: dict[str, Any], check_mode: bool, runner: Any) -> dict[str, Any]:
    output = io.StringIO()
    arguments = {**params, "_ansible_check_mode": check_mode}
    with (
        _module_args(arguments),
        _away_from_the_controller(),
        contextlib.redirect_stdout(output),
        pytest.raises(SystemExit),
    ):
        module.main()
    result: dict[str, Any] = json.loads(output.getvalue())
    result["warnings"] = [_text(warning) for warning in result.get("warnings", [])]
    return result


def _away_from_the_controller() -> contextlib.AbstractContextManager[Any]:
    """Let warnings go into the module's result: where the controller can be imported, they would be displayed."""
    try:
        from ansible.module_utils import _internal
    except ImportError:  # ansible-core before 2.19 knows no such difference
        return contextlib.nullcontext()
    return mock.patch.object(_internal, "is_controller", False)


@contextlib.contextmanager
def _module_args(params: dict[str, Any]) -> Iterator[None]:
    from ansible.module_utils import basic
    from ansible.module_utils.common import warnings

    for texts in (getattr(warnings, "_global_warnings", None), getattr(warnings, "_warnings", None)):
        if texts is not None:
            texts.clear()
    try:
        from ansible.module_utils.testing import patch_module_args
    except ImportError:  # ansible-core before 2.19
        arguments = json.dumps({"ANSIBLE_MODULE_ARGS": params}).encode()
        with mock.patch.object(basic, "_ANSIBLE_ARGS", arguments):
            yield
    else:
        with patch_module_args(params):
            yield


def _run_in_worker(module: ModuleType, params: dict[str, Any], check_mode: bool, runner: Any) -> dict[str, Any]:
    from ansible.utils.display import Display

    collection, name = module.__name__.split(".plugins.modules.")
    plugin = importlib.import_module(f"{collection}.plugins.action.{name}")
    action = plugin.ActionModule(
        task=SimpleNamespace(
            action=f"coe.power_platform.{name}",
            args=params,
            check_mode=check_mode,
            async_val=0,
            environment=None,
            diff=False,
        ),
        connection=mock.Mock(transport="local", become=None),
        play_context=mock.Mock(),
        loader=mock.Mock(),
        templar=mock.Mock(template=lambda value: value),
        shared_loader_obj=mock.Mock(),
    )
    with mock.patch.object(Display, "display", side_effect=lambda text, *args, **kwargs: runner.reports.append(text)):
        result: dict[str, Any] = action.run(task_vars={})
    result["warnings"] = [_text(warning) for warning in result.get("warnings", [])]
    return result


def _text(warning: Any) -> str:
    """Return a warning's text; ansible-core 2.19 and newer may carry it in an object."""
    if isinstance(warning, str):
        return warning
    event = warning.get("event", warning) if isinstance(warning, dict) else getattr(warning, "event", warning)
    return str(event["msg"] if isinstance(event, dict) else event.msg)
