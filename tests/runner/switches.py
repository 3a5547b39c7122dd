# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m tests.runner.switches [switch ...]``: the tests that a switch bears on, in each of its positions.

A switch of the simulator stands for something that is unknown of a real tenant; ``switches.yml`` names the tests.
"""

from __future__ import annotations

import argparse
import functools
import json
import pathlib
import sys
from collections.abc import Iterator

import yaml

from . import processes, unit, workspace
from .results import Counts

TABLE = yaml.safe_load(pathlib.Path(__file__).with_suffix(".yml").read_text(encoding="utf-8"))
PLACE = workspace.BUILD / "switches"


def main() -> int:
    """Run them and print a table; the exit code is 1 when a test has failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.runner.switches", description=__doc__)
    parser.add_argument("switches", nargs="*", choices=[[], *TABLE["switches"]], metavar="switch")
    parser.add_argument("--also", action="append", default=[], choices=TABLE["areas"], help="one more area of tests")
    options = parser.parse_args()
    processes.stop_on_signals()
    rows = [row for switch in options.switches or TABLE["switches"] for row in positions(switch, options.also)]
    print("\n| Switch | Position | Passed | Failed | Skipped |\n| --- | --- | --: | --: | --: |")
    for switch, position, counts in rows:
        print(f"| {switch} | {position} | {counts.passed} | {counts.failed} | {counts.skipped} |")
    return 1 if any(counts.failed for _switch, _position, counts in rows) else 0


def positions(switch: str, also: list[str]) -> Iterator[tuple[str, str, Counts]]:
    """Run the tests of a switch in its default and in each other position."""
    areas = [*TABLE["switches"][switch]["areas"], *also]
    yield switch, "default", count(areas, {})
    for other in TABLE["switches"][switch]["others"]:
        yield switch, json.dumps(other).strip('"'), count(areas, {switch: other})


def count(areas: list[str], settings: dict[str, object]) -> Counts:
    """Run areas of tests with switches turned; each once, though several switches bear on it."""
    return sum((_run(area, json.dumps(settings)) for area in areas), Counts())


@functools.cache
def _run(area: str, settings: str) -> Counts:
    files = [f"tests/unit/plugins/{name}" for name in TABLE["areas"][area]]
    print(f"\n===== {area} {settings} =====", flush=True)
    return unit.pytest(files, PLACE, more={"DATAVERSE_SIMULATOR_SETTINGS": settings})


if __name__ == "__main__":
    sys.exit(main())
