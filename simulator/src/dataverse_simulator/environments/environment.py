# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One Dataverse environment: its name, its rows, its switches, and the lock that orders its requests."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..tenant.tenant import Tenant
from .seeding import PLAIN_SECTIONS, EnvironmentSeeder, Template
from .settings import Settings
from .store import Row, Store

Seeder = Callable[["Environment", Any], None]
_seeders: dict[str, Seeder] = {}


def seeder(section: str) -> Callable[[Seeder], Seeder]:
    """Register `function(environment, entries)` for a section of an environment's seed (`solutions:`, `shares:`).

    Sections are seeded after the plain rows, in the order of registration.
    """

    def decorate(work: Seeder) -> Seeder:
        _seeders[section] = work
        return work

    return decorate


class Environment:
    """`store` opens on first use. Hold `lock` around everything that uses the store from outside a request.

    `seeds`: the parts of the seed that it starts from.
    """

    def __init__(
        self,
        name: str,
        display_name: str,
        settings: Settings,
        tenant: Tenant,
        template: Template,
        seeds: Sequence[Mapping[str, Any]],
    ) -> None:
        self.name = name
        self.display_name = display_name
        self.settings = settings
        self.tenant = tenant
        self.clock = tenant.clock
        self.path = tenant.folder / f"{name}.db"
        self.lock = threading.RLock()
        self._template = template
        self._seeds = seeds
        self._store: Store | None = None
        self._snapshot: Path | None = None

    @property
    def store(self) -> Store:
        if self._store is None:
            with self.lock:
                if not self.path.exists():
                    self._make()
                if self._store is None:
                    self._store = Store(self.path, self.clock, durable=self.tenant.durable)
        return self._store

    def _make(self) -> None:
        """Make the file in full under another name first: a killed process never leaves half an environment."""
        unfinished = self.path.with_suffix(".unfinished")
        self._template.copy_to(unfinished)
        self._store = Store(unfinished, self.clock)
        try:
            with self._store.transaction():
                EnvironmentSeeder(self._store, self.name, self.tenant.directory).begin(self.display_name)
                self._seed(*self._seeds)
        finally:
            self.close()
        unfinished.replace(self.path)

    def _seed(self, *seeds: Mapping[str, Any]) -> None:
        """Add the plain rows of all these seeds, then what other sections make."""
        rows = EnvironmentSeeder(self.store, self.name, self.tenant.directory)
        for entries in seeds:
            rows.apply(entries)
        for entries in seeds:
            for section, work in _seeders.items():
                if section in entries:
                    work(self, entries[section])

    def load(self, entries: Mapping[str, Any]) -> None:
        """Add the rows of a seed; KeyError names a section that nobody knows."""
        unknown = set(entries) - PLAIN_SECTIONS - set(_seeders)
        if unknown:
            raise KeyError(", ".join(sorted(unknown)))
        with self.lock, self.store.transaction():
            self._seed(entries)

    @property
    def is_open(self) -> bool:
        return self._store is not None

    @property
    def organization(self) -> Row:
        return self.store.find("organization")[0]

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
