# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each fault on each request of an import: the run ends well, or a second one does, and nothing runs twice."""

from __future__ import annotations

import pathlib
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._work import Work, perform
from ansible_collections.coe.power_platform.plugins.modules import solution_import
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.solution_scenes import put, release

ENVIRONMENT = "faults"
PACKAGE = "2.0.0.0"
ACTIONS = {"update": "ImportSolutionAsync", "upgrade": "StageAndUpgradeAsync"}
# How each kind is made: short, where the machine's clock counts.
REQUEST_FAULTS: dict[str, dict[str, Any]] = {
    "refused": {"seconds": 0.1},
    "reset_before": {},
    "reset_after": {},
    "throttled": {"seconds": 1},
    "locked": {},
    "error": {"status": 503},
    "error_after": {"status": 502},
    "slow": {"seconds": 0.1},
    "truncated": {},
    "html": {},
    "content_type": {},
    "token_expired": {},
    "not_found": {},
}
JOB_FAULTS: dict[str, dict[str, Any]] = {
    "job_fails": {"code": "0x80071151"},
    "job_disappears": {},
    "job_hangs": {},
}


@pytest.fixture
def scene(simulators: Any, simulated_time: Any, tmp_path: pathlib.Path) -> Iterator[Any]:
    """An environment with the solution in a lower version, and a snapshot of it."""
    simulators.environments.add(ENVIRONMENT, settings={"job_seconds": 0.05, "requests_per_window": 10**9})
    simulators.reset(ENVIRONMENT)
    put(simulators, ENVIRONMENT, release(tmp_path, "1.0.0.0"))
    simulators.snapshot(ENVIRONMENT)
    yield simulators
    simulators.clear_faults()


def run(scene: Any, package: str, mode: str) -> dict[str, Any]:
    """Do the work of the module, without a door."""
    specification = solution_import.MODULE.validation()["argument_spec"]
    options = {name: option.get("default") for name, option in specification.items()}
    given = {**scene.connection(ENVIRONMENT), "src": package, "import_mode": mode, "wait_timeout": 3, "lock_timeout": 3}
    return perform(solution_import.MODULE, Work({**options, **given})).result


def jobs(scene: Any, action: str) -> int:
    """Return how many operations of an action the environment took, finished or not."""
    return sum(
        1 for row in scene.environment(ENVIRONMENT).store.find("_job", columns=["kind"]) if row["kind"] == action
    )


def requests(scene: Any, package: str, mode: str) -> int:
    """Return how many requests an import without a fault makes."""
    scene.restore(ENVIRONMENT)
    scene.clear_journal()
    assert not run(scene, package, mode).get("failed")
    return len(scene.journal(ENVIRONMENT))


def ends_well(scene: Any, package: str, mode: str, fault: dict[str, Any]) -> None:
    """Run with a fault, and once more if that fails; assert that the package is in then."""
    scene.restore(ENVIRONMENT)
    scene.clear_journal()
    scene.clear_faults()
    scene.add_fault({"environment": ENVIRONMENT, **fault})
    first = run(scene, package, mode)
    if not first.get("failed"):
        assert first["solution"]["version"] == PACKAGE, fault
        return
    assert first["msg"].endswith("."), first
    scene.clear_faults()
    second = run(scene, package, mode)
    assert not second.get("failed"), (fault, first["msg"], second["msg"])
    assert second["solution"]["version"] == PACKAGE, fault


@pytest.mark.parametrize("mode", ACTIONS)
@pytest.mark.parametrize("kind", REQUEST_FAULTS)
def test_each_request(
    scene: Any,
    simulated_time: Any,
    tmp_path: pathlib.Path,
    kind: str,
    mode: str,
    record_property: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if kind == "refused":  # a port stays closed by the machine's clock
        sleep = simulated_time.sleep
        monkeypatch.setattr(simulated_time, "sleep", lambda seconds: (time.sleep(0.05), sleep(seconds)))
    package = release(tmp_path, PACKAGE)
    placements = range(1, requests(scene, package, mode) + 1)
    for number in placements:
        fault = {"kind": kind, "nth": number, **REQUEST_FAULTS[kind]}
        ends_well(scene, package, mode, fault)
        assert jobs(scene, ACTIONS[mode]) == 1, fault
    record_property("sum of faults placed on requests of an import, each with one import", len(placements))


@pytest.mark.parametrize("mode", ACTIONS)
@pytest.mark.parametrize("kind", ["job_fails", "job_disappears"])
def test_faults_of_the_job(scene: Any, tmp_path: pathlib.Path, mode: str, kind: str) -> None:
    package = release(tmp_path, PACKAGE)
    ends_well(scene, package, mode, {"kind": kind, "operation": ACTIONS[mode], **JOB_FAULTS[kind]})
    done = [row for row in scene.environment(ENVIRONMENT).store.find("asyncoperation") if row["statuscode"] == 30]
    short = scene.environment(ENVIRONMENT).settings.job_names_without_async
    name = ACTIONS[mode].removesuffix("Async") if short and mode == "upgrade" else ACTIONS[mode]
    assert len([row for row in done if row["messagename"] == name]) == 1


def test_a_job_that_hangs_is_joined_and_not_started_again(scene: Any, tmp_path: pathlib.Path) -> None:
    scene.restore(ENVIRONMENT)
    scene.clear_faults()
    scene.add_fault({"environment": ENVIRONMENT, "kind": "job_hangs", "operation": ACTIONS["update"]})
    package = release(tmp_path, PACKAGE)
    for _run in range(2):
        result = run(scene, package, "update")
        assert result["failed"]
        assert "still running at 50 %" in result["msg"]
    assert jobs(scene, ACTIONS["update"]) == 1
