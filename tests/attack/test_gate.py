# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The portion of the attack that runs in the gate: of each part as many placements as it says, the same each time."""

from __future__ import annotations

import pathlib
from collections.abc import Callable

import pytest

from .campaign import PARTS, carry_out, draw
from .world import world_in

SEED = 1


@pytest.mark.parametrize("part", PARTS)
def test_nothing_is_violated(part: str, tmp_path: pathlib.Path, record_property: Callable[..., None]) -> None:
    with world_in(tmp_path) as world:
        tally = carry_out(world, part, draw(world, part, SEED, "gate"))
    record_property("tally", str(tally))
    violated = "\n".join(map(str, tally.violations))
    assert not violated, violated
