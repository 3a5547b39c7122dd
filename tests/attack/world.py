# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulated tenant to attack: one environment, packages, a clock by which nobody waits, and what is in it."""

from __future__ import annotations

import gc
import itertools
import logging
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest import mock

from ansible_collections.coe.power_platform.plugins.module_utils._transport.http import HttpSession
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.clocks import SimulatedClock
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.killer import start_killer
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.sharing_scenes import held, work
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.solution_scenes import put, release
from dataverse_simulator import Simulator

from .limits import OverrunError

ENVIRONMENT = "attacked"
SEED: dict[str, Any] = {
    "settings": {"job_seconds": 2.0, "requests_per_window": 10**9, "execution_seconds_per_window": 1e9},
    "application_users": [{"application": "stranger", "roles": ["System Administrator"]}],
}
LONGEST_PAUSE = 2 * 24 * 3600
ID_OR_TEXT = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|'[^']*'", re.IGNORECASE)
SUCCEEDED = 30
EXPORT = 2


class PatientClock(SimulatedClock):  # type: ignore[misc]
    """The simulator's time, with an end to all patience: a longer pause is a violation."""

    def sleep(self, seconds: float) -> None:
        if not 0 <= seconds <= LONGEST_PAUSE:
            raise OverrunError(f"sleeps for {seconds} s")
        super().sleep(seconds)


class World:
    """What a part needs to attack; ``told`` is every warning and line of progress since ``begin``."""

    def __init__(self, simulator: Simulator, folder: Path, resources: ExitStack) -> None:
        self.simulator = simulator
        self.folder = folder
        self.clock = PatientClock(simulator)
        self.told: list[str] = []
        self._resources = resources
        self._prepared = ""
        self._packages: dict[tuple[str, bool], str] = {}
        simulator.environments.add(ENVIRONMENT, **SEED)

    @property
    def environment(self) -> Any:
        """The environment under attack."""
        return self.simulator.environment(ENVIRONMENT)

    @cached_property
    def killer(self) -> Any:
        """Runs modules in processes that can be killed."""
        return self._resources.enter_context(start_killer())

    def begin(self) -> None:
        """Forget what earlier attacks left outside the environment."""
        self.told.clear()
        self.simulator.clear_faults()

    def stage(self, name: str, prepare: Callable[[World], None]) -> None:
        """Bring the environment into the state that ``prepare`` makes, which goes by a name."""
        if self._prepared != name:
            self.simulator.reset(ENVIRONMENT)
            prepare(self)
            self.simulator.snapshot(ENVIRONMENT)
            self._prepared = name
        self.simulator.restore(ENVIRONMENT)
        self.simulator.clear_journal()

    def install(self, version: str, *, staged: bool = False, managed: bool = True) -> None:
        """Put a version of the solution into the environment, past all that is under attack."""
        put(self.simulator, ENVIRONMENT, self.package(version, managed=managed), staged=staged)

    def package(self, version: str, *, managed: bool = True) -> str:
        """Return the path of the solution's package in a version; the file is written once."""
        if (version, managed) not in self._packages:
            self._packages[version, managed] = str(release(self.folder, version, managed=managed))
        return self._packages[version, managed]

    def connection(self, application: str = "") -> dict[str, Any]:
        """The connection options, by default those of the deployment application."""
        return dict(self.simulator.connection(ENVIRONMENT, application))

    def run(self, module: str, params: dict[str, Any], *, check_mode: bool = False) -> dict[str, Any]:
        """Do the work of a module in this process."""
        plugin = import_module(f"ansible_collections.coe.power_platform.plugins.modules.{module}")
        connection = self.connection() if plugin.MODULE.needs_environment else {}
        telling = {"warn": self.told.append, "report": self.told.append, "clock": self.clock}
        result: dict[str, Any] = work(plugin, {**connection, **params}, check_mode=check_mode, **telling)
        return result

    def kill(self, module: str, params: dict[str, Any], *, requests: int = 0, unanswered: bool = False) -> bool:
        """Do the work of a module in a process that is killed, by the simulator's clock; tell whether it was."""
        control = f"{self.simulator.base_url}/_simulator"
        clock = {"control": control, "ca_path": self.simulator.ca_path, "now": self.clock.time()}
        options = {**self.connection(), **params}
        return self.killer.run(module, options, requests=requests, unanswered=unanswered, clock=clock) is None

    @contextmanager
    def before_request(self, number: int, event: Callable[[], object]) -> Iterator[None]:
        """Let something happen before a request of this process goes out, counted from now on."""
        send, numbers = HttpSession._send, itertools.count(1)

        def counted(session: Any, *args: Any, **kwargs: Any) -> Any:
            if next(numbers) == number:
                event()
            return send(session, *args, **kwargs)

        with mock.patch.object(HttpSession, "_send", counted):
            yield

    @contextmanager
    def after_requests(self, event: Callable[[str], object]) -> Iterator[None]:
        """Tell ``event`` of each request of this process when it was answered: its URL, and what a batch holds."""
        send = HttpSession._send

        def told(session: Any, url: str, exchange: Any, *args: Any) -> Any:
            answer = send(session, url, exchange, *args)
            batch = b"".join(exchange.body).decode() if url.endswith("$batch") else ""
            event(f"{url} {batch}")
            return answer

        with mock.patch.object(HttpSession, "_send", told):
            yield

    def strike(self, **fault: Any) -> None:
        """Let something go wrong in the environment."""
        self.simulator.add_fault({"environment": ENVIRONMENT, **fault})

    def requests(self) -> list[Any]:
        """The journal's entries of whole requests, those inside batches left out."""
        return [entry for entry in self.simulator.journal(ENVIRONMENT) if entry.batch is None]

    def writing_requests(self) -> list[int]:
        """The numbers of the requests that wrote, alone or as batches."""
        entries = self.simulator.journal(ENVIRONMENT)
        writing = {entry.batch or entry.seq for entry in entries if entry.write}
        return [number for number, entry in enumerate(self.requests(), 1) if entry.seq in writing]

    def alike_requests(self) -> list[list[int]]:
        """The numbers of the requests, grouped by what differs in ids and texts only, such as the polls of a job."""
        numbers = {entry.seq: number for number, entry in enumerate(self.requests(), 1)}
        asked: dict[int, list[str]] = defaultdict(list)
        for entry in self.simulator.journal(ENVIRONMENT):
            asked[numbers[entry.batch or entry.seq]].append(f"{entry.method} {ID_OR_TEXT.sub('', entry.path)}")
        alike: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for number, what in sorted(asked.items()):
            alike[tuple(dict.fromkeys(what))].append(number)
        return list(alike.values())

    def shares(self) -> dict[tuple[str, str], int]:
        """The masks of all explicit shares by the ids of flow and principal."""
        return dict(held(self.environment))

    def state(self) -> set[str]:
        """What runs are about, a line each: shares, solutions, teams with their roles, and records that are left."""
        store = self.environment.store
        names = {row["systemuserid"]: row["fullname"] for row in store.find("systemuser")}
        names |= {row["teamid"]: row["name"] for row in store.find("team")}
        names |= {row["workflowid"]: row["name"] for row in store.find("workflow")}
        roles = {row["roleid"]: row["name"] for row in store.find("role")}
        return {
            *(f"share {mask} of {names[flow]} for {names[who]}" for (flow, who), mask in self.shares().items()),
            *(f"solution {row['uniquename']} {row['version']}" for row in store.find("solution")),
            *(f"team {row['name']}" for row in store.find("team")),
            *(f"role {roles[row['roleid']]} of {names[row['teamid']]}" for row in store.find("teamroles")),
            *(f"record {row['subject']}" for row in store.find("annotation")),
        }

    def accepted(self) -> Counter[str]:
        """How often each operation with each version ended well, as the environment's history tells; exports may."""
        store = self.environment.store
        ended = {row["asyncoperationid"] for row in store.find("asyncoperation", statuscode=SUCCEEDED)}
        return Counter(
            f"operation {row['msdyn_operation']}.{row['msdyn_suboperation']} of {row['msdyn_solutionversion']}"
            for row in store.find("msdyn_solutionhistory")
            if row["msdyn_activityid"] in ended and row["msdyn_operation"] != EXPORT
        )

    def revocations(self) -> int:
        """How many calls took a share away or made it smaller."""
        entries = self.simulator.journal(ENVIRONMENT, writes=True)
        return sum(1 for entry in entries if "RevokeAccess" in entry.path and 200 <= entry.status < 300)


@contextmanager
def world_in(folder: Path) -> Iterator[World]:
    """Make a world that keeps its files in a folder; that connections break is no news there."""
    gc.set_threshold(100_000)  # a tenth of the time would go into looking for garbage among what stays
    with ExitStack() as resources:
        simulator = resources.enter_context(Simulator(manual_clock=True))
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        yield World(simulator, folder, resources)
