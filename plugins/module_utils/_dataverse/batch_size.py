# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many operations go into one batch.

A batch is answered when its last operation is done, and a grant, for one, writes a row for each file of the flow: what
is quick in one environment runs into the time-out in another. Source: Microsoft documentation, Service protection API
limits (begin with few operations, and raise them while it pays); Execute batch operations (1,000 at most).
This file is private to the collection and may change without notice.
"""

from __future__ import annotations

FIRST_BATCH = 100
LARGEST_BATCH = 1000
# The part of the time-out within which an answer is quick, and the one after which it comes near to it.
QUICK = 0.1
NEAR = 0.4


class BatchSize:
    """Grows while answers stay well below the time-out, and shrinks when they come near to it or are lost."""

    def __init__(self, operations: int = FIRST_BATCH) -> None:
        self.operations = operations

    def answered(self, operations: int, seconds: float, timeout: float) -> None:
        """Take note that a batch of so many operations was answered after so many seconds."""
        if seconds > timeout * NEAR:
            self.operations = max(1, min(self.operations, operations) // 2)
        elif seconds < timeout * QUICK and operations == self.operations:
            self.operations = min(2 * self.operations, LARGEST_BATCH)

    def lost(self, operations: int, seconds: float, timeout: float) -> None:
        """Take note that an answer is lost after so many seconds; one that breaks off at once tells nothing."""
        if seconds >= timeout * QUICK:
            self.operations = max(1, min(self.operations, operations) // 4)
