# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands, and the promise that none of them outlives the run."""

from __future__ import annotations

import contextlib
import os
import pathlib
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import IO

LIMIT = 2400
"""Seconds after which a command counts as hung and is stopped: what hangs fails, and the others go on."""

_stopped = threading.Event()
_running: set[subprocess.Popen[bytes]] = set()

Words = Sequence[str | os.PathLike[str]]


@dataclass(frozen=True)
class Completed:
    """A command that has ended; ``output`` (with its errors) only if it was captured."""

    returncode: int
    output: str = ""


def run(command: Words, *, cwd: pathlib.Path, environment: Mapping[str, str], capture: bool = False) -> Completed:
    """Run a command to its end, shown with its output or captured."""
    if not capture:
        print(f"$ {shlex.join([os.fspath(word) for word in command])}", flush=True)
        return Completed(wait(command, cwd=cwd, environment=environment))
    # A file, since whoever inherits a pipe and stays behind would keep it open.
    with tempfile.TemporaryFile("w+") as log:
        returncode = wait(command, cwd=cwd, environment=environment, log=log)
        log.seek(0)
        return Completed(returncode, log.read())


def wait(command: Words, *, cwd: pathlib.Path, environment: Mapping[str, str], log: IO[str] | None = None) -> int:
    """Run a command to its end, its output and errors shown or written to a log; return its exit code."""
    if _stopped.is_set():
        return 1
    process = subprocess.Popen(
        [os.fspath(word) for word in command],
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log and subprocess.STDOUT,
        start_new_session=True,
    )
    _running.add(process)
    try:
        return process.wait(LIMIT)
    except subprocess.TimeoutExpired:
        _kill([process])
        print(f"{command[0]} was stopped after {LIMIT} seconds.", file=log, flush=True)
        return process.wait() or 1
    finally:
        _running.discard(process)


def check(command: Words, *, cwd: pathlib.Path, environment: Mapping[str, str]) -> str:
    """Return the output of a command that has to succeed; otherwise show it and end the run."""
    completed = run(command, cwd=cwd, environment=environment, capture=True)
    if completed.returncode:
        sys.exit(f"{completed.output}\n{os.fspath(command[0])} failed (exit code {completed.returncode}).")
    return completed.output


def stop_on_signals() -> None:
    """Let an interruption end this process together with the commands it runs and with all that they started."""

    def stop(number: int, frame: FrameType | None) -> None:
        _stopped.set()
        _kill(list(_running))
        os._exit(128 + number)

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)


def _kill(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    # Ansible's workers have sessions of their own, so a signal to a process group does not reach them.
    family = [pid for process in processes for pid in (process.pid, *_descendants(process.pid))]
    for deadly in (signal.SIGTERM, signal.SIGKILL):
        for pid in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, deadly)
        for process in processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=5)


def _descendants(pid: int) -> list[int]:
    table = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    children: dict[int, list[int]] = {}
    for line in table.splitlines():
        child, parent = map(int, line.split())
        children.setdefault(parent, []).append(child)
    found = [pid]
    for parent in found:
        found += children.get(parent, [])
    return found[1:]
