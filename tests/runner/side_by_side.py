# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stages side by side, each in a process of its own: while one waits or works on one processor, another goes on."""

from __future__ import annotations

import concurrent.futures
import os
import pathlib
import re
import time
from collections.abc import Iterable, Sequence

from . import processes, workspace
from .results import Counts, read_closing_line

FAILURE = re.compile(r"^(?:FAILED(?! - RETRYING)|ERROR|fatal: (?!.*\n\.\.\.ignoring)).*", re.MULTILINE)
"""What the tools of the stages begin the line with that names a failure."""

LANES = 2
"""Stages at a time. More would make the machine so busy that tests which measure time fail."""


def run(names: Sequence[str]) -> Counts:
    """Run stages, begun in the order of their names, and show what each prints in one piece and in this order."""
    folder = workspace.BUILD / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    logs = [folder / f"{name}.txt" for name in names]
    for log in logs:
        log.write_text("")
    counts = []
    with concurrent.futures.ThreadPoolExecutor(LANES) as pool:
        stages = [pool.submit(_run, name, log) for name, log in zip(names, logs, strict=True)]
        for stage, log in zip(stages, logs, strict=True):
            counts.append(_show(stage, log))
    _repeat_failures(log for log, each in zip(logs, counts, strict=True) if each.failed)
    return sum(counts, Counts())


def _run(name: str, log: pathlib.Path) -> None:
    with log.open("w") as output:
        processes.wait(
            [workspace.PYTHON, "-m", "tests.runner", name], cwd=workspace.ROOT, environment=os.environ, log=output
        )


def _repeat_failures(logs: Iterable[pathlib.Path]) -> None:
    """Print the lines that name what failed once more, since the end of a long output is what is kept and read."""
    for log in logs:
        print(f"\n===== failures of {log.stem} =====")
        for line in FAILURE.findall(log.read_text(errors="replace"))[-40:]:
            print(line[:1000])


def _show(stage: concurrent.futures.Future[None], log: pathlib.Path) -> Counts:
    """Print what a stage prints until it has ended; return the counts of its closing line."""
    with log.open(errors="replace") as text:
        while not stage.done():
            print(text.read(), end="", flush=True)
            time.sleep(0.2)
        print(text.read(), end="", flush=True)
    stage.result()
    return read_closing_line(log.read_text(errors="replace"))
