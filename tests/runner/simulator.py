# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stage ``simulator``: the simulator's own tests."""

from __future__ import annotations

from . import unit, workspace
from .results import Counts


def run() -> Counts:
    """Run the simulator's tests with the Python of this run."""
    return unit.pytest(["simulator/tests"], workspace.BUILD / "simulator")
