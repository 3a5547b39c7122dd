# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stage ``lint``: checks of the source, the documentation, the licences and the artifact; each counts as one test."""

from __future__ import annotations

import concurrent.futures
import os
import time
from collections.abc import Callable

from . import processes, workspace
from .results import Counts

STRICTLY_TYPED = ("plugins", "simulator/src", "tests/runner")


def run() -> Counts:
    """Run the checks side by side; show the output of those that fail."""
    artifact = workspace.build()
    collection = workspace.BUILD / "checkout" / workspace.COLLECTION
    variables = workspace.variables(
        ANSIBLE_COLLECTIONS_PATH=str(workspace.BUILD / "checkout"), ANSIBLE_HOME=str(workspace.BUILD / "ansible")
    )

    def command(*words: str | os.PathLike[str]) -> Callable[[], processes.Completed]:
        return lambda: processes.run(words, cwd=collection, environment=variables, capture=True)

    def importer() -> processes.Completed:
        completed = command("python", "-m", "galaxy_importer.main", artifact)()
        return processes.Completed(int("WARNING" in completed.output) or completed.returncode, completed.output)

    checks = {
        "ansible-lint (profile production)": command("ansible-lint"),
        "mypy --strict": command("mypy", *STRICTLY_TYPED),
        "galaxy-importer without a warning": importer,
        "ruff check": command("ruff", "check", "--no-cache"),
        "ruff format": command("ruff", "format", "--no-cache", "--check", "--diff"),
        "antsibull-docs lint-collection-docs": command(
            "antsibull-docs", "lint-collection-docs", "--plugin-docs", "--skip-rstcheck", "."
        ),
        "antsibull-changelog lint": command("antsibull-changelog", "lint"),
        "reuse lint": command("reuse", "lint"),
    }
    counts = Counts()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        started = {pool.submit(_timed, check): name for name, check in checks.items()}
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
