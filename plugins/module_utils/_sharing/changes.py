# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to change so that the shares of an environment are as declared. Pure functions, no request.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from .permissions import Permission


class Holding(NamedTuple):
    """The place of a share: one flow, one principal (``table`` is systemuser or team)."""

    flow_id: str
    table: str
    principal_id: str


class Share(NamedTuple):
    """An explicit share as the platform keeps it."""

    holding: Holding
    mask: int


@dataclasses.dataclass(frozen=True)
class Declaration:
    """What shares should be like, with all names resolved.

    ``wanted`` maps each declared share to its permission, ``unwanted`` holds the shares that must not exist, and flows
    in ``exclusive`` must have no share but the wanted ones.
    """

    flow_ids: frozenset[str] = frozenset()
    wanted: dict[Holding, Permission] = dataclasses.field(default_factory=dict)
    unwanted: frozenset[Holding] = frozenset()
    exclusive: frozenset[str] = frozenset()


@dataclasses.dataclass(frozen=True)
class Change:
    """One write that is needed: masks before and after, 0 for no share."""

    holding: Holding
    before: int
    after: int

    @property
    def action(self) -> str:
        """The write: GrantAccess only makes, ModifyAccess replaces, RevokeAccess removes."""
        if not self.after:
            return "revoke"
        return "modify" if self.before else "grant"


def plan(declaration: Declaration, current: Iterable[Share], removable: Callable[[Share], bool]) -> list[Change]:
    """Return the changes that lead from the current shares to the declared ones, sorted by flow and principal.

    ``removable`` tells whether an exclusive declaration may remove a share that it does not name.
    """
    held = dict(current)
    changes = [
        Change(holding, held.get(holding, 0), permission.mask)
        for holding, permission in declaration.wanted.items()
        if not permission.met_by(held.get(holding, 0))
    ]
    for holding, mask in held.items():
        surplus = holding.flow_id in declaration.exclusive and removable(Share(holding, mask))
        if holding in declaration.unwanted or (surplus and holding not in declaration.wanted):
            changes.append(Change(holding, mask, 0))
    return sorted(changes, key=lambda change: change.holding)


def plan_repair(
    declaration: Declaration,
    current: Iterable[Share],
    missing: Mapping[Holding, int],
    removable: Callable[[Share], bool],
) -> list[Change]:
    """Return the changes of ``plan`` together with those that put ``missing`` shares back.

    What is missing and what the declaration would take away is not given first.
    """
    held = dict(current)
    complete = [Share(holding, mask) for holding, mask in {**missing, **held}.items()]
    after = dict(after_changes(complete, plan(declaration, complete, removable)))
    return [
        Change(holding, held.get(holding, 0), after.get(holding, 0))
        for holding in sorted(held.keys() | after.keys())
        if held.get(holding, 0) != after.get(holding, 0)
    ]


def after_changes(current: Iterable[Share], changes: Iterable[Change]) -> list[Share]:
    """Return the shares that exist once the changes are made."""
    held = dict(current)
    held.update({change.holding: change.after for change in changes})
    return [Share(holding, mask) for holding, mask in held.items() if mask]
