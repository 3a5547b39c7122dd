# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m tests.runner.target name ... [--door worker|module]``: integration targets by their names, at once."""

from __future__ import annotations

import argparse
import sys

from tests.traffic.recorder import recording

from . import integration, processes, traffic, workspace
from .results import Counts


def main() -> int:
    """Run targets from a copy of the working tree, not from an installed artifact; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.runner.target", description=__doc__)
    parser.add_argument("names", nargs="+")
    parser.add_argument("--door", choices=["worker", "module"])
    arguments = parser.parse_args()
    processes.stop_on_signals()
    counts = Counts()
    for door in [arguments.door] if arguments.door else ["worker", "module"]:
        collection = workspace.checkout(workspace.BUILD / "target")
        with recording(traffic.begin(f"target-{door}")):
            counts += integration.run_targets(collection, *arguments.names, in_worker=door == "worker")
    print(f"\n{counts}")
    return 1 if counts.failed else 0


if __name__ == "__main__":
    sys.exit(main())
