# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tenant: what all environments of one simulator have in common."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path

from .clock import Clock
from .directory import Directory
from .faults import Faults


class Tenant:
    """`folder`: where the files live; without one they live in a temporary folder until `close`."""

    def __init__(self, directory: Directory, clock: Clock, folder: Path | None) -> None:
        self.directory = directory
        self.clock = clock
        self.faults = Faults()
        self.durable = folder is not None
        self._cleanup = ExitStack()
        self.folder = folder or Path(
            self._cleanup.enter_context(tempfile.TemporaryDirectory(prefix="dataverse-simulator-"))
        )
        self.folder.mkdir(parents=True, exist_ok=True)

    def close(self) -> None:
        self._cleanup.close()
