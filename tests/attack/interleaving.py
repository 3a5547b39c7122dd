# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Threads that take turns by chance at each request and each pause, so that a race can be run again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from random import Random
from typing import Any, TypeVar
from unittest import mock

from ansible_collections.coe.power_platform.plugins.module_utils._transport.http import HttpSession

from .world import World

Result = TypeVar("Result")


class Turns:
    """Lets one of some threads go on whenever all of them have come to a step."""

    def __init__(self, chance: Random, count: int) -> None:
        self._chance = chance
        self._running = count
        self._waiting: dict[int, int] = {}
        self._next: int | None = None
        self._names: dict[int, int] = {}
        self._changed = threading.Condition()

    def name(self, number: int) -> None:
        """Give this thread its number, by which turns are drawn."""
        self._names[threading.get_ident()] = number

    def step(self) -> None:
        """Wait for the turn of this thread; others than those named just go on."""
        number = self._names.get(threading.get_ident())
        if number is None:
            return
        with self._changed:
            self._running -= 1
            self._waiting[number] = number
            self._draw()
            self._changed.wait_for(lambda: self._next == number)
            self._next = None
            del self._waiting[number]
            self._running += 1

    def end(self) -> None:
        """Take this thread out."""
        with self._changed:
            self._running -= 1
            self._draw()

    def _draw(self) -> None:
        if not self._running and self._waiting:
            self._next = self._chance.choice(sorted(self._waiting))
            self._changed.notify_all()


def interleave(world: World, chance: Random, works: Sequence[Callable[[], Result]]) -> list[Result]:
    """Do several works in threads that take turns, and return their results."""
    turns = Turns(chance, len(works))

    def work(number: int) -> Result:
        turns.name(number)
        try:
            return works[number]()
        finally:
            turns.end()

    with _steps(world, turns), ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(work, range(len(works))))


@contextmanager
def _steps(world: World, turns: Turns) -> Iterator[None]:
    send, sleep = HttpSession._send, world.clock.sleep

    def sent_in_turn(session: Any, *args: Any, **kwargs: Any) -> Any:
        turns.step()
        return send(session, *args, **kwargs)

    def slept_in_turn(seconds: float) -> None:
        turns.step()
        sleep(seconds)

    with mock.patch.object(HttpSession, "_send", sent_in_turn), mock.patch.object(world.clock, "sleep", slept_in_turn):
        yield
