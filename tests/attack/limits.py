# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much time and memory a run may take under attack."""

from __future__ import annotations

import signal
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

MEBIBYTE = 1024 * 1024


class OverrunError(Exception):
    """A run took more than it may. No error that anybody foresees, so that it comes out as a violation."""


@contextmanager
def bounded(seconds: float, mebibytes: float) -> Iterator[None]:
    """Raise ``OverrunError`` when what is done meanwhile takes more time, or took more memory; main thread only."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise OverrunError(f"takes more than {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    left, _interval = signal.setitimer(signal.ITIMER_REAL, seconds)
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1] / MEBIBYTE
    finally:
        tracemalloc.stop()
        signal.signal(signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, left)
    if peak > mebibytes:
        raise OverrunError(f"takes {peak:.0f} MiB instead of {mebibytes} MiB at most")
