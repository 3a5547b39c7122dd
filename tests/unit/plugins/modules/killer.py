# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of modules in processes that die by SIGKILL on the way."""

from __future__ import annotations

import json
import os
import pathlib
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

DRIVER = pathlib.Path(__file__).with_name("killed_run.py")


class Killer:
    """Speaks with the process that forks for each run."""

    def __init__(self, port: int) -> None:
        self._port = port

    def run(self, module: str, params: dict[str, Any], **order: Any) -> dict[str, Any] | None:
        """Run a module as ``killed_run.py`` says; return its result, or None when it died."""
        line = json.dumps({"module": module, "params": params, **order})
        with socket.create_connection(("127.0.0.1", self._port)) as connection, connection.makefile("rw") as stream:
            stream.write(f"{line}\n")
            stream.flush()
            answer = stream.read()
        if answer == "killed":
            return None
        result: dict[str, Any] = json.loads(answer)
        return result


@contextmanager
def start_killer() -> Iterator[Killer]:
    """Start a process that has imported everything, and forks for each run."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, str(DRIVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True
    ) as process:
        assert process.stdout
        yield Killer(int(process.stdout.readline()))
