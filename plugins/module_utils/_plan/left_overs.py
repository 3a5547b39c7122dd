# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an update leaves behind and an upgrade deletes, what still needs it, and which of the two to choose.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from .._packages.callers import Caller
from .._packages.package import Package
from .._solutions.component_names import TABLE
from .._text import listed
from .environment import DeployedComponent, Environment, FlowName
from .matching import PackagedComponents


@dataclasses.dataclass(frozen=True)
class LeftOver:
    """A component that the package lacks.

    ``blocked_by`` is what the platform would not let it go for, ``called_by`` the flows that call it unknown to the
    platform; both in words. ``also_in`` are other managed solutions that hold it, so that an upgrade leaves it.
    """

    component: DeployedComponent
    blocked_by: tuple[str, ...] = ()
    called_by: tuple[str, ...] = ()
    also_in: tuple[str, ...] = ()

    @property
    def needed_by(self) -> tuple[str, ...]:
        return (*self.blocked_by, *self.called_by)

    @property
    def goes(self) -> bool:
        """Whether an upgrade deletes it."""
        return not self.also_in

    def __str__(self) -> str:
        """Return a sentence: ``The table con_Ledger is left over: an upgrade would delete it with all its rows.``"""
        if not self.goes:
            would = f"leave it, since {_all_do(self.also_in, 'hold')} it"
        else:
            would = "delete it with all its rows" if self.component.kind == TABLE else "delete it"
            would += f", but {_all_do(self.needed_by, 'need')} it" if self.needed_by else ""
        return f"The {self.component} is left over: an upgrade would {would}."

    def to_result(self) -> dict[str, Any]:
        return {
            **self.component.to_result(),
            "needed_by": list(self.needed_by),
            "also_in": list(self.also_in),
            "message": str(self),
        }


@dataclasses.dataclass(frozen=True)
class NotComparable:
    """How many components of a kind cannot be compared with the package.

    ``parts`` says that they are parts of tables (columns, forms, views and the like) that the package holds.
    """

    kind: str
    count: int
    parts: bool

    def __str__(self) -> str:
        return f"{self.count} x {self.kind}"

    def to_result(self) -> dict[str, Any]:
        what = "parts of tables that the package holds" if self.parts else "components"
        return {
            "type": self.kind,
            "count": self.count,
            "parts_of_tables": self.parts,
            "message": f"{what.capitalize()} cannot be compared with the package: {self}.",
        }


@dataclasses.dataclass(frozen=True)
class Choice:
    """The mode that import_mode=auto takes, the rule that chose it, and why."""

    mode: Literal["update", "upgrade"]
    rule: Literal["not_installed", "unmanaged", "nothing_to_delete", "safe_to_delete", "still_needed"]
    reason: str

    def to_result(self) -> dict[str, str]:
        return dataclasses.asdict(self)


def _all_do(names: Sequence[str], verb: str) -> str:
    return f"{listed(names, ' and ')} still {verb if len(names) > 1 else verb + 's'}"


def find_left_overs(package: Package, components: Iterable[DeployedComponent]) -> list[DeployedComponent]:
    """List the components of the installed solution that the package lacks, sorted by kind and name.

    Only components that can be told apart for sure count: those that go by one id everywhere, and those whose name
    is known.
    """
    packaged = PackagedComponents(package)
    return sorted(filter(packaged.lack, components), key=lambda component: (component.kind, str(component)))


def find_not_comparable(package: Package, components: Iterable[DeployedComponent]) -> list[NotComparable]:
    """Count the components of which it cannot be told whether the package lacks them, sorted by kind.

    Parts of a table that is left over go with it and do not count.
    """
    packaged = PackagedComponents(package)
    counts: Counter[tuple[str, bool]] = Counter()
    for component in filter(packaged.leave_open, components):
        parts = bool(component.tables) and all(map(packaged.hold_table, component.tables))
        counts[component.kind, parts] += 1
    return [NotComparable(kind, count, parts) for (kind, parts), count in sorted(counts.items())]


def explain_left_overs(package: Package, environment: Environment, callers: Iterable[Caller]) -> list[LeftOver]:
    """List the left-overs with what still needs them, other left-overs aside.

    ``callers`` are the flows that there will be. What depends on a left-over in a component that the package replaces
    is gone with it.
    """
    components = find_left_overs(package, environment.components)
    going = {component.id for component in components} - environment.holders.keys()
    settled = going | _replaced(package, environment)
    callers = [caller for caller in callers if caller.id not in going]
    return [
        LeftOver(
            component,
            blocked_by=tuple(
                it.title
                for it in environment.dependents.get(component.id, ())
                if it.id not in settled and it.parent not in settled
            ),
            called_by=tuple(str(FlowName.of(caller)) for caller in callers if component.id in caller.called),
            also_in=environment.holders.get(component.id, ()),
        )
        for component in components
    ]


def _replaced(package: Package, environment: Environment) -> set[str]:
    """Return the ids of what goes or will be as the package has it: its flows, its components, parts of tables."""
    packaged = PackagedComponents(package)
    replaced = {component.id for component in environment.components if component.tables or packaged.hold(component)}
    return (replaced | {flow.id for flow in package.flows}) - environment.hidden


def choose_mode(
    package: Package, installed_version: str | None, left_overs: Sequence[LeftOver], *, certain: bool = True
) -> Choice:
    """Choose between update and upgrade; the first rule that applies decides.

    ``certain`` says that all components of the solution could be compared.
    """
    going = [left_over for left_over in left_overs if left_over.goes]
    needed = [left_over for left_over in going if left_over.needed_by]
    if installed_version is None:
        return Choice("update", "not_installed", "the solution is not installed, so nothing is replaced")
    if not package.managed:
        return Choice("update", "unmanaged", "an unmanaged solution cannot be upgraded")
    if not going:
        return Choice("update", "nothing_to_delete", _nothing_to_delete(left_overs, certain))
    if needed:
        first = needed[0]
        reason = f"{first.component} would be deleted but {first.needed_by[0]} still needs it"
        return Choice("update", "still_needed", reason)
    reason = f"{len(going)} components are to be deleted and nothing needs them; shares are put back afterwards"
    return Choice("upgrade", "safe_to_delete", reason)


def _nothing_to_delete(left_overs: Sequence[LeftOver], certain: bool) -> str:
    if left_overs:
        return "other managed solutions hold what the package lacks, so nothing is to be deleted, and shares stay"
    doubt = "" if certain else " as far as it can be compared"
    return f"the package lacks nothing that is installed{doubt}, and shares stay"
