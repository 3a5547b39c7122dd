# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m tests.runner [stage ...]``: run all stages, or those named, and end with one line of counts."""

from __future__ import annotations

import argparse
import sys
import time

from . import (
    attack,
    docs,
    integration,
    lint,
    processes,
    sanity,
    side_by_side,
    simulator,
    traffic,
    unit,
    versions,
    workspace,
)
from .results import Counts, closing_line

# Begun in this order: the long ones first, so that none is left over in the end.
STAGES = {
    "versions": versions.run,
    "unit": unit.run,
    "integration-module": integration.run_module,
    "sanity": sanity.run,
    "integration-worker": integration.run_worker,
    "attack": attack.run,
    "simulator": simulator.run,
    "demo": traffic.play_demo,
    "lint": lint.run,
    "traffic": traffic.run,
}
AFTERWARDS = "traffic"
"""Compares what the other stages record."""
PREPARATIONS = {
    "build": workspace.build,
    "checkout": workspace.checkout,
    "docs": docs.build,
    "install": workspace.install,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.runner", description=__doc__)
    parser.add_argument("stages", nargs="*", choices=[[], *STAGES, *PREPARATIONS], metavar="stage")
    names = parser.parse_args().stages or list(STAGES)
    processes.stop_on_signals()
    if names[0] in PREPARATIONS:
        print(PREPARATIONS[names[0]]())
        return 0
    if len(names) == 1:
        return 1 if _run(names[0]).failed else 0
    total = side_by_side.run([name for name in names if name != AFTERWARDS])
    if AFTERWARDS in names:
        total += side_by_side.run([AFTERWARDS])
    print(f"\n{total}")
    return 1 if total.failed else 0


def _run(name: str) -> Counts:
    print(f"\n===== {name} =====", flush=True)
    started = time.monotonic()
    counts = STAGES[name]()
    print(closing_line(name, counts, time.monotonic() - started), flush=True)
    return counts


if __name__ == "__main__":
    sys.exit(main())
