# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No share is lost when a run that upgrades a solution is killed, after whichever of its HTTP requests."""

from __future__ import annotations

import itertools
import pathlib
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._sharing.interruption import LONGEST_START
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.killer import Killer, start_killer
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.sharing_scenes import held, run
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.solution_scenes import NAME, put, release

PRINCIPALS = [
    {"team": "Finance Robotics", "permission": "user"},
    {"user": "john.smith@contoso.example", "permission": "co_owner"},
]
ENVIRONMENTS = [f"kill{number}" for number in range(6)]
JOB_SECONDS = 0.4
# It declares next to nothing, so that whatever comes back comes from the record.
DECLARED: list[dict[str, Any]] = [{"desktop_flow": "Flow 1", "principals": []}]


@pytest.fixture(scope="module")
def killer() -> Iterator[Killer]:
    with start_killer() as running:
        yield running


class Scene:
    """Two versions of a solution, and environments in which the first one is shared and the second one is due."""

    def __init__(self, simulator: Any, killer: Killer, folder: pathlib.Path, name: str, next_name: str) -> None:
        self._simulator, self._killer = simulator, killer
        self._old, self._new = release(folder, "1.0.0.0"), release(folder, "1.1.0.0")
        self._name, self._next_name = name, next_name
        self._params: dict[str, dict[str, Any]] = {
            "solution_import": {"src": self._new, "import_mode": "upgrade"},
            "solution_promote": {"name": NAME},
            "desktop_flow_share": {"shares": DECLARED},
        }

    def kill(self, environment_name: str, requests: int) -> tuple[bool, int]:
        """Kill a run and let the next one finish; return whether the run was killed, and how many shares are lost."""
        environment = self._simulator.environment(environment_name)
        connection = self._simulator.connection(environment_name)
        environment.reset()
        environment.settings.job_seconds = JOB_SECONDS
        put(self._simulator, environment_name, self._old)
        run(connection, [{"solution": NAME, "principals": PRINCIPALS}])
        if self._name == "solution_promote":
            put(self._simulator, environment_name, self._new, staged=True)
        before = held(environment)
        assert len(before) == 4
        alive = self._run(self._name, connection, requests)
        if self._next_name == "desktop_flow_share":  # it does not wait for an upgrade that is still running
            time.sleep(2 * JOB_SECONDS)
        self._run(self._next_name, connection)
        lost = sum(held(environment).get(place) != mask for place, mask in before.items())
        # Whoever looks last, when nothing can come any more, tidies up: no record is left behind.
        self._run("desktop_flow_share", connection, ahead=LONGEST_START)
        assert environment.store.count("annotation") == 0, requests
        return alive is None, lost

    def _run(self, name: str, connection: dict[str, Any], requests: int = 0, ahead: float = 0) -> dict[str, Any] | None:
        result = self._killer.run(name, {**self._params[name], **connection}, requests=requests, ahead=ahead)
        assert result is None or not result.get("failed"), (requests, result)
        return result


@pytest.mark.parametrize(
    ("name", "next_name"),
    [
        ("solution_import", "solution_import"),
        ("solution_promote", "solution_promote"),
        ("solution_import", "desktop_flow_share"),
    ],
)
def test_no_share_is_lost_wherever_a_run_is_killed(
    simulator: Any,
    killer: Killer,
    tmp_path: pathlib.Path,
    name: str,
    next_name: str,
    record_property: Callable[..., None],
) -> None:
    for environment in ENVIRONMENTS:
        if environment not in simulator.environments.names():
            simulator.environments.add(environment)
    scene, outcomes = Scene(simulator, killer, tmp_path, name, next_name), [(True, 0)]
    with ThreadPoolExecutor(len(ENVIRONMENTS)) as pool:
        for first in itertools.count(1, len(ENVIRONMENTS)):
            points = range(first, first + len(ENVIRONMENTS))
            outcomes += pool.map(scene.kill, ENVIRONMENTS, points)
            if not outcomes[-1][0]:
                break
    points_killed, lost = sum(was_killed for was_killed, _lost in outcomes) - 1, sum(lost for dummy, lost in outcomes)
    record_property("sum of points where a run was killed in an upgrade or promotion", points_killed)
    record_property("sum of shares lost for good by these kills", lost)
    assert lost == 0
    assert points_killed > 15
