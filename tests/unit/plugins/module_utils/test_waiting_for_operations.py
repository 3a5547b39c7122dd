# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much time is lost to waiting between two looks, and how many looks there are."""

from __future__ import annotations

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._solutions.following import pause

SECONDS = [0.2, 1, 3, 9.7, 20, 45, 60, 119, 300, 754, 1800, 3600, 7199]


def follow(length: float, *, steady: bool) -> tuple[float, int]:
    """Look at an operation until it has ended; return the seconds lost and the number of looks."""
    now, looks = 0.0, 1
    while now < length:
        progress = min(99.0, 100 * now / length) if steady else None
        now += pause(now, progress)
        looks += 1
    return now - length, looks


@pytest.mark.parametrize("steady", [True, False])
@pytest.mark.parametrize("length", SECONDS)
def test_at_most_two_seconds_or_a_twentieth_are_lost(length: float, steady: bool) -> None:
    lost, _looks = follow(length, steady=steady)
    assert lost <= max(2.0, length / 20)


@pytest.mark.parametrize("length", SECONDS)
def test_the_load_is_bounded(length: float) -> None:
    _lost, looks = follow(length, steady=True)
    assert looks <= 100 + length / 8


def test_an_operation_that_stands_still_near_its_end_is_not_hammered() -> None:
    assert pause(600, 99.9) >= 0.5
