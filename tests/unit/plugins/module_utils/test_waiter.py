# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for long operations."""

from __future__ import annotations

import itertools

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._dataverse.waiter import eager, wait_until
from ansible_collections.coe.power_platform.plugins.module_utils._errors import OperationTimeoutError
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.clocks import ManualClock


def test_value_and_seconds_come_back_when_done() -> None:
    clock, values = ManualClock(), itertools.count()
    value, seconds = wait_until(lambda: next(values), lambda value: value == 3, timeout=60, interval=2, clock=clock)
    assert (value, seconds, clock.pauses) == (3, 6.0, [2, 2, 2])


def test_nothing_is_waited_for_when_done_at_once() -> None:
    clock = ManualClock()
    assert wait_until(lambda: 1, bool, timeout=0, clock=clock) == (1, 0.0)
    assert clock.pauses == []


def test_time_out_looks_once_more_and_carries_the_last_value() -> None:
    clock, values = ManualClock(), itertools.count()
    with pytest.raises(OperationTimeoutError, match="still running after 5 seconds") as caught:
        wait_until(lambda: next(values), lambda value: False, timeout=5, interval=2, clock=clock)
    assert clock.pauses == [2, 2, 1]
    assert caught.value.last == 3


def test_interval_may_depend_on_time_and_value() -> None:
    clock, values = ManualClock(), itertools.count()
    wait_until(
        lambda: next(values),
        lambda value: value == 2,
        timeout=60,
        interval=lambda elapsed, value: 1 + elapsed + value,
        clock=clock,
    )
    assert clock.pauses == [1, 3]


@pytest.mark.parametrize("length", [0.1, 1, 5, 30, 60, 119.9, 600, 3600])
def test_eager_interval_loses_little_time_and_asks_seldom(length: float) -> None:
    clock = ManualClock()
    _value, seconds = wait_until(lambda: clock.now - 100.0, lambda value: value >= length, timeout=7200, clock=clock)
    assert seconds - length <= max(2.0, length / 20)
    assert len(clock.pauses) <= 60 + length / 8


def test_eager_interval_has_bounds() -> None:
    assert (eager(0, None), eager(60, None), eager(10_000, None)) == (0.5, 3.0, 10.0)
