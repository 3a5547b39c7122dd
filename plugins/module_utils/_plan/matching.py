# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding the components of an environment in a package: some go by one id everywhere, some by a name.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

from .._packages.package import Package
from .._solutions.component_names import NAMED_TABLES, TABLE
from .environment import DeployedComponent

# Tables whose rows keep their id from environment to environment, so that packages name them by it.
_SAME_ID = frozenset({"workflow", "desktopflowbinary", "workqueue", "desktopflowmodule", "role"})
# Tables whose rows packages name by a name of their own.
_BY_NAME = frozenset({TABLE, *NAMED_TABLES})
# Tables whose rows come and go with a component that is compared.
_ACCOMPANYING = frozenset({"environmentvariablevalue"})


class PackagedComponents:
    """The components of one package, to look those of environments up in. Names count without regard to case."""

    def __init__(self, package: Package) -> None:
        self._ids = {(it.kind, it.id) for it in package.components if it.id}
        self._names = {(it.kind, it.name.casefold()) for it in package.components if it.name}

    def hold(self, component: DeployedComponent) -> bool:
        """Tell whether the package has a component for sure."""
        if component.kind in _SAME_ID:
            return (component.kind, component.id) in self._ids
        return component.kind in _BY_NAME and (component.kind, (component.name or "").casefold()) in self._names

    def lack(self, component: DeployedComponent) -> bool:
        """Tell whether the package lacks a component for sure."""
        known = component.kind in _SAME_ID or (component.kind in _BY_NAME and component.name)
        return bool(known) and not self.hold(component)

    def leave_open(self, component: DeployedComponent) -> bool:
        """Tell whether a component can neither be found nor missed; those that go along with others do not count."""
        if component.kind in _ACCOMPANYING or self.hold(component) or self.lack(component):
            return False
        return not component.tables or any(self.hold_table(name) for name in component.tables)

    def hold_table(self, name: str) -> bool:
        """Tell whether the package has the table of this name."""
        return (TABLE, name.casefold()) in self._names
