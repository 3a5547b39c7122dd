# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The seam between imports and what knows beforehand what they will do.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

from typing import Any, Protocol

from .decision import Decision, Target, Wish


class Planner(Protocol):
    """Decides on an import and judges it before it begins; ``_plan/import_planner.py`` is the one there is."""

    def decide(self, target: Target, wish: Wish) -> Decision:
        """Return the operation that brings the package into the environment, or ``none``, or ``refuse``."""

    def check(self) -> None:
        """Warn of what the decided operation will do; raise ``RefusedError`` when it must not begin."""

    @property
    def left_overs(self) -> list[dict[str, Any]]:
        """What the environment holds of the solution and the package lacks."""

    @property
    def difference(self) -> dict[str, str] | None:
        """The solution before and after, line by line; None when nothing is imported."""

    def to_result(self) -> dict[str, Any]:
        """Return ``plan`` and ``plan_text`` as modules return them."""
