# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests that have arrived in full and are carried out later, when nobody waits for their answers any more."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from ..environments.environment import Environment


@dataclass(frozen=True)
class HeldRequest:
    """`due`: seconds since 1970 on the simulator's clock."""

    environment: str
    due: float
    work: Callable[[], None]


class Held:
    """What the fault `hold` held back, in the order in which it falls due."""

    def __init__(self) -> None:
        self._requests: list[HeldRequest] = []
        self._lock = threading.Lock()

    def add(self, request: HeldRequest) -> None:
        with self._lock:
            self._requests.append(request)

    def count(self, environment: str) -> int:
        with self._lock:
            return sum(request.environment == environment for request in self._requests)

    def forget(self, environment: str) -> None:
        self._take(environment, float("inf"))

    def carry_out(self, environment: Environment, until: float | None = None) -> None:
        """Do what is due by now (or by `until`); the environment's lock is held."""
        for request in self._take(environment.name, environment.clock.time() if until is None else until):
            request.work()

    def _take(self, environment: str, until: float) -> list[HeldRequest]:
        with self._lock:
            due = [one for one in self._requests if one.environment == environment and one.due <= until]
            self._requests = [one for one in self._requests if one not in due]
        return sorted(due, key=lambda request: request.due)
