# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clocks by which nobody has to wait: sleeping moves the time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import requests
from ansible_collections.coe.power_platform.plugins.module_utils._clock import Clock


class ManualClock(Clock):
    """Time that only moves when somebody sleeps; ``pauses`` keeps for how long."""

    def __init__(self) -> None:
        self.now = 100.0
        self.pauses: list[float] = []

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


class SimulatedClock(Clock):
    """The time of a simulator: who sleeps moves its clock. ``after`` lets something happen in some seconds' time."""

    def __init__(self, simulator: Any) -> None:
        self._simulator = simulator
        self._events: list[tuple[float, Callable[[], object]]] = []

    def time(self) -> float:
        return float(self._simulator.clock.time())

    def monotonic(self) -> float:
        return self.time()

    def after(self, seconds: float, event: Callable[[], object]) -> None:
        self._events.append((self.time() + seconds, event))

    def sleep(self, seconds: float) -> None:
        end = self.time() + seconds
        due = sorted((one for one in self._events if one[0] <= end), key=lambda one: one[0])
        self._events = [one for one in self._events if one not in due]
        for moment, event in due:
            self._simulator.advance(max(0.0, moment - self.time()))
            event()
        self._simulator.advance(max(0.0, end - self.time()))


class ServiceClock(Clock):
    """The time of a simulator in another process, whose clock stands still but for pauses; ``control`` is its API."""

    def __init__(self, control: str, ca_path: str, now: float) -> None:
        self._control = control
        self._ca_path = ca_path
        self._now = now

    def time(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        requests.post(f"{self._control}/clock", json={"advance": seconds}, verify=self._ca_path, timeout=60)
        self._now += seconds
