# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stage ``lint``: checks of the source, the documentation, the licences and the artifact; each counts as one test.

``python -m tests.runner.lint [check ...]`` runs those named.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import os
import sys
import time
from collections.abc import Callable, Collection
from functools import partial

from . import processes, workspace
from .results import Counts

PLACE = workspace.BUILD / "lint"
STRICTLY_TYPED = ("plugins", "simulator/src", "tests/attack", "tests/runner", "tests/traffic")


def _run(*words: str | os.PathLike[str]) -> processes.Completed:
    folder = PLACE / "checkout"
    variables = workspace.variables(ANSIBLE_COLLECTIONS_PATH=str(folder), ANSIBLE_HOME=str(PLACE / "ansible"))
    return processes.run(words, cwd=folder / workspace.COLLECTION, environment=variables, capture=True)


def _import() -> processes.Completed:
    completed = _run("python", "-m", "galaxy_importer.main", workspace.build(PLACE / "importer"))
    return processes.Completed(int("WARNING" in completed.output) or completed.returncode, completed.output)


CHECKS: dict[str, Callable[[], processes.Completed]] = {
    "ansible-lint": partial(_run, "ansible-lint"),
    "galaxy-importer": _import,
    # What mypy learned of files stays beside the copy of the checkout, which is made anew.
    "mypy": partial(_run, "mypy", f"--cache-dir={PLACE / 'mypy'}", *STRICTLY_TYPED),
    "ruff-check": partial(_run, "ruff", "check", "--no-cache"),
    "ruff-format": partial(_run, "ruff", "format", "--no-cache", "--check", "--diff"),
    "antsibull-docs": partial(_run, "antsibull-docs", "lint-collection-docs", "--plugin-docs", "--skip-rstcheck", "."),
    "antsibull-changelog": partial(_run, "antsibull-changelog", "lint"),
    "reuse": partial(_run, "reuse", "lint"),
}


def run() -> Counts:
    """Run all checks."""
    return run_checks(CHECKS)


def run_checks(names: Collection[str]) -> Counts:
    """Run checks side by side; show the output of those that fail."""
    workspace.checkout(PLACE)
    counts = Counts()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        started = {pool.submit(_timed, CHECKS[name]): name for name in names}
        for future in concurrent.futures.as_completed(started):
            counts += _report(started[future], *future.result())
    return counts


def _timed(check: Callable[[], processes.Completed]) -> tuple[processes.Completed, float]:
    start = time.monotonic()
    return check(), time.monotonic() - start


def _report(name: str, completed: processes.Completed, seconds: float) -> Counts:
    if completed.returncode:
        print(completed.output)
    print(f"{'FAILED' if completed.returncode else 'passed'}  {name} ({seconds:.0f} s)", flush=True)
    return Counts(failed=1) if completed.returncode else Counts(passed=1)


def main() -> int:
    """Run the checks named; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.runner.lint", description=__doc__)
    parser.add_argument("checks", nargs="+", choices=CHECKS, metavar="check")
    processes.stop_on_signals()
    return 1 if run_checks(parser.parse_args().checks).failed else 0


if __name__ == "__main__":
    sys.exit(main())
