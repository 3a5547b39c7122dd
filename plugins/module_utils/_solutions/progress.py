# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines that tell a person how far a long operation is.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

from collections.abc import Callable

LONGEST_SILENCE = 15.0


def duration_text(seconds: float) -> str:
    """Return seconds as people write them: ``8s``, ``1m20s``, ``1h02m``."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes:02d}m"
    return f"{minutes}m{rest:02d}s" if minutes else f"{rest}s"


class Progress:
    """Says a line when something has changed, and at least every quarter of a minute.

    A line reads ``[prod] CoESharedFlows 1.1.0.0 update: 45 % (1m20s)``.
    """

    def __init__(self, say: Callable[[str], None], environment: str) -> None:
        self._say = say
        self._environment = environment
        self._last_text = ""
        self._last_seconds = 0.0

    def show(self, subject: str, state: str, seconds: float) -> None:
        """Say how a subject stands after so many seconds, unless nothing is new."""
        text = f"[{self._environment}] {subject}: {state}"
        if text == self._last_text and seconds - self._last_seconds < LONGEST_SILENCE:
            return
        self._last_text, self._last_seconds = text, seconds
        self._say(f"{text} ({duration_text(seconds)})")
