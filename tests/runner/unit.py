# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stage ``unit``: the collection's unit tests, each module through both of its doors."""

from __future__ import annotations

import pathlib

from . import processes, workspace
from .results import Counts, read_junit


def run() -> Counts:
    """Run the unit tests with the Python of this run."""
    return run_with(workspace.PYTHON)


def run_with(python: pathlib.Path) -> Counts:
    """Run the unit tests in a virtual environment, given by its Python."""
    return pytest(workspace.checkout() / "tests" / "unit", python)


def pytest(tests: pathlib.Path, python: pathlib.Path = workspace.PYTHON) -> Counts:
    """Run pytest on a folder of a copy of the checkout, with as many processes as there are processors."""
    report = workspace.BUILD / "junit" / f"{tests.name}-{python.parents[1].name}.xml"
    report.unlink(missing_ok=True)
    options = ["--quiet", "--numprocesses=auto", "--dist=worksteal", "--timeout=900", "--hypothesis-profile=ci"]
    completed = processes.run(
        [python, "-m", "pytest", *options, f"--junit-xml={report}", tests],
        cwd=tests.parent,
        environment=workspace.variables(
            python,
            ANSIBLE_COLLECTIONS_PATH=str(workspace.BUILD / "checkout"),
            PYTHONPATH=str(workspace.BUILD / "checkout"),
            SOLUTION_PACKAGES=str(workspace.PACKAGES),
        ),
    )
    return read_junit(filter(pathlib.Path.exists, [report]), completed.returncode)
