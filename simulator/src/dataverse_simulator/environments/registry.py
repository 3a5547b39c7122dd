# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All environments of one simulator: made on first use from a prepared file, closed again when many are open."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..tenant.clock import Clock
from ..tenant.directory import Directory
from ..tenant.tenant import Tenant
from .environment import Environment
from .seeding import Template, load_seed
from .settings import Settings

#: Files held open at the same time; an environment that was not used for long is closed and opened again when needed.
OPEN_LIMIT = 64


class Environments:
    """The environments of a seed in a tenant of their own; `folder` and `clock` are the tenant's.

    `settings`: switches of every environment, whatever the seed says.
    """

    def __init__(
        self,
        seed: Mapping[str, Any] | None = None,
        *,
        folder: Path | None = None,
        clock: Clock | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        self._settings = settings or {}
        self._seed = seed or load_seed()
        self.tenant = Tenant(Directory.from_seed(self._seed["tenant"]), clock or Clock(), folder)
        self._template = Template(self.tenant.folder / ".template", self.tenant.clock, self._seed["roles"])
        self._lock = threading.Lock()
        self._used: OrderedDict[str, Environment] = OrderedDict()
        self._all: dict[str, Environment] = {}
        for name, entry in self._seed["environments"].items():
            self.add(name, **(entry or {}))

    def add(
        self, name: str, display_name: str = "", settings: Mapping[str, Any] | None = None, **entries: Any
    ) -> Environment:
        """Declare an environment; its rows are made when it is first used."""
        switches = Settings()
        switches.change({**self._seed.get("settings", {}), **(settings or {}), **self._settings})
        seeds = [self._seed.get("defaults", {}), entries]
        environment = Environment(name, display_name or name, switches, self.tenant, self._template, seeds)
        self._all[name] = environment
        return environment

    def names(self) -> list[str]:
        return list(self._all)

    def find(self, name: str) -> Environment | None:
        return self._all.get(name)

    def get(self, name: str) -> Environment:
        return self._all[name]

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
        self.tenant.close()
