# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One Dataverse environment: its name, its rows, its clock, its switches, and the lock that orders its requests."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from ..entra.directory import Directory
from ..serving.faults import Faults
from . import hooks
from .clock import Clock
from .seeding import run_seeders
from .settings import Settings
from .store import Row, Store

if TYPE_CHECKING:
    from .registry import Environments

__all__ = ["Environment", "Settings"]


class Environment:
    """`store` opens on first use. Hold `lock` around everything that uses the store from outside a request."""

    def __init__(self, name: str, display_name: str, owner: Environments, settings: Settings) -> None:
        self.name = name
        self.display_name = display_name
        self.settings = settings
        self.lock = threading.RLock()
        self.owner = owner
        self._store: Store | None = None
        self._snapshot: Path | None = None

    @property
    def clock(self) -> Clock:
        return self.owner.clock

    @property
    def path(self) -> Path:
        return self.owner.folder / f"{self.name}.db"

    @property
    def store(self) -> Store:
        if self._store is None:
            with self.lock:
                if not self.path.exists():
                    self._make()
                if self._store is None:
                    self._store = Store(self.path, self.clock, durable=self.owner.durable)
        return self._store

    def _make(self) -> None:
        """Make the file in full under another name first: a killed process never leaves half an environment."""
        unfinished = self.path.with_suffix(".unfinished")
        self.owner.prepare(self, unfinished)
        self._store = Store(unfinished, self.clock)
        with self._store.transaction():
            for entries in self.owner.sections(self):
                run_seeders(self, entries)
        self.close()
        unfinished.replace(self.path)

    @property
    def directory(self) -> Directory:
        """The Entra tenant."""
        return self.owner.directory

    @property
    def faults(self) -> Faults:
        return self.owner.faults

    @property
    def is_open(self) -> bool:
        return self._store is not None

    @property
    def organization(self) -> Row:
        return self.store.find("organization")[0]

    def tick(self) -> None:
        """Let everything that is due by the clock happen (jobs that finish)."""
        hooks.tick(self)

    def close(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None

    def snapshot(self) -> None:
        """Remember the present content; one snapshot an environment."""
        with self.lock:
            self._snapshot = self.path.with_suffix(".snapshot")
            self._snapshot.unlink(missing_ok=True)
            self.store.save_to(self._snapshot)

    def restore(self) -> None:
        """Back to the snapshot; LookupError when there is none."""
        with self.lock:
            if self._snapshot is None:
                raise LookupError(f"Environment {self.name} has no snapshot to restore.")
            self.store.load_from(self._snapshot)

    def reset(self) -> None:
        """Back to the seed."""
        with self.lock:
            self.close()
            self.path.unlink(missing_ok=True)
