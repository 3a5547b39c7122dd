# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m tests.attack [part ...]``: attack, and end with a table of what was tried and violated."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from .campaign import PARTS, carry_out, draw
from .placements import TITLES, Placement, Tally
from .world import world_in


def main() -> int:
    """Return 1 when anything was violated."""
    parser = argparse.ArgumentParser(prog="python -m tests.attack", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], metavar="part")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--share", default="gate", help="full, gate, or how many placements of each part")
    parser.add_argument("--only", help="one placement as it was printed, or a pattern with asterisks")
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}, share {arguments.share}", flush=True)
    tallies = []
    for name in [Placement.parse(arguments.only).part] if arguments.only else arguments.parts or PARTS:
        tallies.append(_attack(name, arguments))
        print(tallies[-1], file=sys.stderr, flush=True)
    print("", TITLES, *tallies, sep="\n")
    return 1 if any(tally.violations for tally in tallies) else 0


def _attack(name: str, arguments: argparse.Namespace) -> Tally:
    with tempfile.TemporaryDirectory(prefix="attack-") as folder, world_in(Path(folder)) as world:
        if arguments.only and "*" not in arguments.only:
            placements = [Placement.parse(arguments.only)]
        else:
            placements = draw(world, name, arguments.seed, arguments.share, arguments.only or "*")
        return carry_out(world, name, placements, lambda violation: print(violation, flush=True))


if __name__ == "__main__":
    sys.exit(main())
