# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The time of a task: one clock, given from the top, so that tests need not wait.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import time


class Clock:
    """The machine's time, in seconds."""

    def time(self) -> float:
        """Return the seconds since 1970."""
        return time.time()

    def monotonic(self) -> float:
        """Return the seconds since some moment in the past, which nobody sets back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    def since(self, begin: float) -> float:
        """Return the seconds since a time of ``monotonic`` as modules return durations, to a tenth."""
        return round(self.monotonic() - begin, 1)
