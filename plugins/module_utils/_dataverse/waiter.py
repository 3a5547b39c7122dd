# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for a long operation, in one place.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from .._clock import Clock
from .._errors import OperationTimeoutError

T = TypeVar("T")


def eager(elapsed: float, value: object) -> float:
    """Return the seconds until the next look: a twentieth of the time waited so far, between one half and ten.

    So at most the twentieth part of an operation is lost to waiting, and a long one is asked about every ten seconds.
    """
    return min(max(0.5, elapsed / 20), 10.0)


def wait_until(
    fetch: Callable[[], T],
    is_done: Callable[[T], bool],
    *,
    clock: Clock,
    timeout: float,
    interval: float | Callable[[float, T], float] = eager,
) -> tuple[T, float]:
    """Fetch until the value is done; return it and the seconds it took.

    ``interval`` is the pause in seconds, or a function of the seconds elapsed and the value. The last look happens
    at the end of ``timeout``. Raises ``OperationTimeoutError``, whose ``last`` is the last value.
    """
    start = clock.monotonic()
    while True:
        value = fetch()
        elapsed = clock.monotonic() - start
        if is_done(value):
            return value, elapsed
        if elapsed >= timeout:
            raise OperationTimeoutError(f"The operation is still running after {timeout:g} seconds.", last=value)
        pause = interval(elapsed, value) if callable(interval) else interval
        clock.sleep(min(pause, timeout - elapsed))
