# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stage ``unit``: the collection's unit tests, each module through both of its doors."""

from __future__ import annotations

import pathlib

from . import processes, workspace
from .results import Counts, read_junit

PLACE = workspace.BUILD / "unit"
OPTIONS = ("--quiet", "--numprocesses=auto", "--dist=worksteal", "--timeout=900", "--hypothesis-profile=ci")


def run() -> Counts:
    """Run the unit tests with the Python of this run."""
    return pytest("tests/unit", PLACE)


def pytest(
    tests: str,
    place: pathlib.Path,
    python: pathlib.Path = workspace.PYTHON,
) -> Counts:
    """Run pytest on a folder of a copy of the checkout, with as many processes as there are processors."""
    collection = workspace.checkout(place)
    report = place / "junit.xml"
    report.unlink(missing_ok=True)
    completed = processes.run(
        [python, "-m", "pytest", *OPTIONS, f"--basetemp={place / 'pytest'}", f"--junit-xml={report}", tests],
        cwd=collection,
        environment=variables(place, python),
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
