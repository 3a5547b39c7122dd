# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All environments of one simulator: made on first use from a prepared file, closed again when many are open."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..entra.directory import Directory
from ..serving.faults import Faults
from .clock import Clock
from .environment import Environment
from .seeding import EnvironmentSeeder, known_sections, load_seed, run_seeders, seed_template
from .settings import Settings
from .store import Store

#: Files held open at the same time; an environment that was not used for long is closed and opened again when needed.
OPEN_LIMIT = 64


class Environments:
    """`folder`: where the database files live; without one they live in a temporary folder as long as this object."""

    def __init__(
        self, seed: Mapping[str, Any] | None = None, *, folder: Path | None = None, clock: Clock | None = None
    ) -> None:
        self.seed = dict(seed or load_seed())
        self.clock = clock or Clock()
        self.durable = folder is not None
        self._temporary = None if folder else tempfile.TemporaryDirectory(prefix="dataverse-simulator-")
        self.folder = folder or Path(self._temporary.name)  # type: ignore[union-attr]
        self.folder.mkdir(parents=True, exist_ok=True)
        self.directory = Directory.from_seed(self.seed["tenant"])
        self.faults = Faults()
        self._lock = threading.Lock()
        self._template: Path | None = None
        self._used: OrderedDict[str, Environment] = OrderedDict()
        self._all: dict[str, Environment] = {}
        for name, entry in self.seed["environments"].items():
            self.add(name, **(entry or {}))

    def add(
        self, name: str, display_name: str = "", settings: Mapping[str, Any] | None = None, **entries: Any
    ) -> Environment:
        """Declare an environment; its rows are made when it is first used."""
        switches = Settings()
        switches.change({**self.seed.get("settings", {}), **(settings or {})})
        environment = Environment(name, display_name or name, self, switches)
        self._all[name] = environment
        if entries:
            self.seed["environments"][name] = entries
        return environment

    def names(self) -> list[str]:
        return list(self._all)

    def find(self, name: str) -> Environment | None:
        return self._all.get(name)

    def get(self, name: str) -> Environment:
        return self._all[name]

    def prepare(self, environment: Environment, unfinished: Path) -> None:
        """Write a file with the environment's own rows; those of other sections follow when its store is open."""
        shutil.copyfile(self._template_file(), unfinished)
        store = Store(unfinished, self.clock)
        with store.transaction():
            seeder = EnvironmentSeeder(store, environment.name, self.directory)
            seeder.begin(environment.display_name)
            for entries in self.sections(environment):
                seeder.apply(entries)
        store.close()

    def sections(self, environment: Environment) -> list[Mapping[str, Any]]:
        """The seeds an environment starts from."""
        return [self.seed.get("defaults", {}), self.seed["environments"].get(environment.name) or {}]

    def load(self, environment: Environment, entries: Mapping[str, Any]) -> None:
        """Add the rows of a seed to an environment; KeyError names a section that nobody knows."""
        unknown = set(entries) - known_sections()
        if unknown:
            raise KeyError(", ".join(sorted(unknown)))
        with environment.lock, environment.store.transaction():
            EnvironmentSeeder(environment.store, environment.name, self.directory).apply(entries)
            run_seeders(environment, entries)

    def used(self, environment: Environment) -> None:
        """Note the use and close those that were not used for longest; called after each request."""
        with self._lock:
            self._used[environment.name] = environment
            self._used.move_to_end(environment.name)
            for name in list(self._used)[: max(0, len(self._used) - OPEN_LIMIT)]:
                idle = self._used[name]
                if idle.lock.acquire(blocking=False):
                    idle.close()
                    idle.lock.release()
                    del self._used[name]

    def close(self) -> None:
        for environment in self._all.values():
            with environment.lock:
                environment.close()
        if self._temporary is not None:
            self._temporary.cleanup()

    def _template_file(self) -> Path:
        with self._lock:
            if self._template is None:
                path = self.folder / ".template"
                path.unlink(missing_ok=True)
                store = Store.create(path, self.clock)
                with store.transaction():
                    seed_template(store, self.seed["roles"])
                store.close()
                self._template = path
            return self._template
