# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws the placements of parts by a seed, carries them out, and reports what each of them violated."""

from __future__ import annotations

import random
import time
import traceback
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from random import Random
from typing import Protocol

from . import answers, check_mode, concurrency, faults, kills, packages, sign_in
from .placements import Placement, Tally, Violation
from .world import World


class Part(Protocol):
    """A module of this package; ``GATE`` is how many placements run in the gate."""

    GATE: int

    def placements(self, world: World, chance: Random) -> list[Placement]:
        """Return every single placement, and as many combinations drawn by chance."""

    def attack(self, world: World, placement: Placement) -> Iterable[str]:
        """Carry out one placement and tell what was violated."""


PARTS: dict[str, Part] = {
    "faults": faults,
    "kills": kills,
    "answers": answers,
    "packages": packages,
    "secrets": sign_in,
    "concurrency": concurrency,
    "check-mode": check_mode,
}


def draw(world: World, name: str, seed: int, share: str, pattern: str = "*") -> list[Placement]:
    """Return the placements of a part that fit a pattern: all (``full``), the gate's number, or a number of them."""
    chance = Random(f"{seed} {name}")
    everything = [one for one in PARTS[name].placements(world, chance) if fnmatchcase(str(one), pattern)]
    if share == "full":
        return everything
    wanted = PARTS[name].GATE if share == "gate" else int(share)
    return chance.sample(everything, min(wanted, len(everything)))


def carry_out(
    world: World, name: str, placements: list[Placement], tell: Callable[[Violation], object] = lambda violation: None
) -> Tally:
    """Attack with all these placements of a part; ``tell`` gets each violation at once."""
    start, violations = time.monotonic(), []
    for placement in placements:
        for violation in strike(world, placement):
            violations.append(violation)
            tell(violation)
    return Tally(name, len(placements), violations, time.monotonic() - start)


def strike(world: World, placement: Placement) -> list[Violation]:
    """Attack once; an error that nobody foresaw is a violation, with its traceback."""
    world.begin()
    random.seed(str(placement))  # the jitter of pauses
    try:
        found = list(PARTS[placement.part].attack(world, placement))
    except Exception as error:
        found = [_told(error)]
    finally:
        world.simulator.clear_faults()
    return [Violation(placement, what) for what in found]


def _told(error: Exception) -> str:
    """Tell an error nobody foresaw, with the last places that it came through."""
    places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    return "\n  ".join([f"a traceback: {type(error).__name__}: {str(error)[:300]}", *places[-5:]])
