# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an update leaves behind and an upgrade deletes, what still needs it, and which of the two to choose.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from .._packages.call_graph import Caller
from .._packages.package import Package
from .environment import DeployedComponent, Environment, FlowName

# Tables whose rows keep their id from environment to environment, so that packages name them by it.
_SAME_ID = frozenset({"workflow", "desktopflowbinary", "workqueue", "desktopflowmodule", "role"})
# Tables whose rows packages name by a name of their own.
_BY_NAME = frozenset({"connectionreference", "environmentvariabledefinition", "entity", "canvasapp", "webresource"})


@dataclasses.dataclass(frozen=True)
class LeftOver:
    """A component that the package lacks.

    ``blocked_by`` is what the platform would not let it go for, ``called_by`` the flows that call it unknown to the
    platform; both in words.
    """

    component: DeployedComponent
    blocked_by: tuple[str, ...] = ()
    called_by: tuple[str, ...] = ()

    @property
    def needed_by(self) -> tuple[str, ...]:
        return (*self.blocked_by, *self.called_by)

    def to_result(self) -> dict[str, Any]:
        return {**self.component.to_result(), "needed_by": list(self.needed_by)}


@dataclasses.dataclass(frozen=True)
class Choice:
    """The mode that import_mode=auto takes, the rule that chose it, and why."""

    mode: Literal["update", "upgrade"]
    rule: Literal["not_installed", "unmanaged", "nothing_to_delete", "safe_to_delete", "still_needed"]
    reason: str

    def to_result(self) -> dict[str, str]:
        return dataclasses.asdict(self)


def find_left_overs(package: Package, components: Iterable[DeployedComponent]) -> list[DeployedComponent]:
    """List the components of the installed solution that the package lacks, sorted by kind and name.

    Only components that can be told apart for sure count: those that go by one id everywhere, and those whose name
    is known.
    """
    ids = {(component.kind, component.id) for component in package.components if component.id}
    names = {(component.kind, component.name.casefold()) for component in package.components if component.name}
    found = [
        component
        for component in components
        if (component.kind in _SAME_ID and (component.kind, component.id) not in ids)
        or (component.kind in _BY_NAME and component.name and (component.kind, component.name.casefold()) not in names)
    ]
    return sorted(found, key=lambda component: (component.kind, str(component)))


def explain_left_overs(package: Package, environment: Environment, callers: Iterable[Caller]) -> list[LeftOver]:
    """List the left-overs with what still needs them, other left-overs aside.

    ``callers`` are the flows that there will be. What depends on a left-over in a flow that the package replaces is
    gone with it.
    """
    components = find_left_overs(package, environment.components)
    going = {component.id for component in components}
    settled = going | ({flow.id for flow in package.flows} - environment.hidden)
    callers = [caller for caller in callers if caller.id not in going]
    return [
        LeftOver(
            component,
            blocked_by=tuple(it.title for it in environment.dependents.get(component.id, ()) if it.id not in settled),
            called_by=tuple(str(FlowName.of(caller)) for caller in callers if component.id in caller.called),
        )
        for component in components
    ]


def choose_mode(package: Package, installed_version: str | None, left_overs: Sequence[LeftOver]) -> Choice:
    """Choose between update and upgrade; the first rule that applies decides."""
    needed = [left_over for left_over in left_overs if left_over.needed_by]
    if installed_version is None:
        return Choice("update", "not_installed", "the solution is not installed, so nothing is replaced")
    if not package.managed:
        return Choice("update", "unmanaged", "an unmanaged solution cannot be upgraded")
    if not left_overs:
        return Choice("update", "nothing_to_delete", "the package lacks nothing that is installed, and shares stay")
    if needed:
        first = needed[0]
        reason = f"{first.component} would be deleted but {first.needed_by[0]} still needs it"
        return Choice("update", "still_needed", reason)
    reason = f"{len(left_overs)} components are to be deleted and nothing needs them; shares are put back afterwards"
    return Choice("upgrade", "safe_to_delete", reason)
