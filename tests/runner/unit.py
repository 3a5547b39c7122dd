# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stage ``unit``: the collection's unit tests, each module through both of its doors; the coverage of the domain."""

from __future__ import annotations

import pathlib
import sys
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from . import processes, traffic, workspace
from .results import Counts, read_junit

PLACE = workspace.BUILD / "unit"
DOMAIN = pathlib.Path("plugins", "module_utils")
OPTIONS = ("--quiet", "--numprocesses=auto", "--dist=worksteal", "--timeout=900", "--hypothesis-profile=ci")


def run() -> Counts:
    """Run the unit tests with the Python of this run and print how many of the domain's lines they reach."""
    measuring = {"COVERAGE_FILE": str(PLACE / "coverage"), "TRAFFIC": str(traffic.begin("unit"))}
    if sys.version_info >= (3, 12):  # otherwise lines are traced, which takes far longer than their monitoring
        measuring["COVERAGE_CORE"] = "sysmon"
    options = [f"--cov={DOMAIN}", "--cov-report=", "-p", "tests.traffic.plugin"]
    counts = pytest(["tests/unit"], PLACE, options=options, more=measuring)
    percent = processes.check(
        ["coverage", "report", "--format=total"], cwd=PLACE, environment=workspace.variables() | measuring
    )
    print(f"Coverage of {DOMAIN}: {percent.strip()} % of the lines", flush=True)
    return counts


def pytest(
    tests: Sequence[str],
    place: pathlib.Path,
    python: pathlib.Path = workspace.PYTHON,
    options: Sequence[str] = (),
    more: Mapping[str, str] = MappingProxyType({}),
) -> Counts:
    """Run pytest on folders or files of a copy of the checkout, with as many processes as there are processors."""
    collection = workspace.checkout(place)
    report = place / "junit.xml"
    report.unlink(missing_ok=True)
    completed = processes.run(
        [python, "-m", "pytest", *OPTIONS, *options, f"--basetemp={place / 'pytest'}", f"--junit-xml={report}", *tests],
        cwd=collection,
        environment={**variables(place, python), **more},
    )
    return read_junit(filter(pathlib.Path.exists, [report]), completed.returncode)


def variables(place: pathlib.Path, python: pathlib.Path = workspace.PYTHON) -> dict[str, str]:
    """Return the environment variables with which tests find the collection's copy in a place."""
    return workspace.variables(
        python,
        ANSIBLE_COLLECTIONS_PATH=str(place / "checkout"),
        PYTHONPATH=str(place / "checkout"),
        SOLUTION_PACKAGES=str(workspace.PACKAGES),
    )
