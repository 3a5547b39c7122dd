# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stage ``attack``, the gate's portion; ``python -m tests.runner.attack`` attacks from the working tree by hand."""

from __future__ import annotations

import sys

from . import quick, unit, workspace
from .results import Counts


def run() -> Counts:
    """Run the gate's portion of the attack, with the same seed each time."""
    return unit.pytest(["tests/attack"], workspace.BUILD / "attack")


if __name__ == "__main__":
    quick.become("tests.attack", *sys.argv[1:])
