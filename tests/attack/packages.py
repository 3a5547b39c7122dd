# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""To come."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

from .placements import Placement
from .world import World

GATE = 0


def placements(world: World, chance: Random) -> list[Placement]:
    return []


def attack(world: World, placement: Placement) -> Iterable[str]:
    return []
