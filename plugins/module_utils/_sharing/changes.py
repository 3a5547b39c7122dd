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


class ShareKey(NamedTuple):
    """The place of a share: one flow, one principal (``table`` is systemuser or team)."""

    flow_id: str
    table: str
    principal_id: str


class Share(NamedTuple):
    """An explicit share as the platform keeps it."""

    key: ShareKey
    mask: int


@dataclasses.dataclass(frozen=True)
class DesiredShares:
    """What shares should be like, with all names resolved.

    ``present`` maps each declared share to its permission, ``absent`` holds the shares that must not exist, and flows
    in ``exclusive`` must have no share but the present ones.
    """

    flow_ids: frozenset[str] = frozenset()
    present: dict[ShareKey, Permission] = dataclasses.field(default_factory=dict)
    absent: frozenset[ShareKey] = frozenset()
    exclusive: frozenset[str] = frozenset()


@dataclasses.dataclass(frozen=True)
class Change:
    """One write that is needed: masks before and after, 0 for no share."""

    key: ShareKey
    before: int
    after: int

    @property
    def action(self) -> str:
        """The write: GrantAccess only makes, ModifyAccess replaces, RevokeAccess removes."""
        if not self.after:
            return "revoke"
        return "modify" if self.before else "grant"


def plan(desired: DesiredShares, existing: Iterable[Share], removable: Callable[[Share], bool]) -> list[Change]:
    """Return the changes that lead from the existing shares to the declared ones, sorted by flow and principal.

    ``removable`` tells whether an exclusive declaration may remove a share that it does not name.
    """
    held = dict(existing)
    changes = [
        Change(key, held.get(key, 0), permission.mask)
        for key, permission in desired.present.items()
        if not permission.met_by(held.get(key, 0))
    ]
    for key, mask in held.items():
        surplus = key.flow_id in desired.exclusive and removable(Share(key, mask))
        if key in desired.absent or (surplus and key not in desired.present):
            changes.append(Change(key, mask, 0))
    return sorted(changes, key=lambda change: change.key)


def plan_repair(
    desired: DesiredShares,
    existing: Iterable[Share],
    missing: Mapping[ShareKey, int],
    removable: Callable[[Share], bool],
) -> list[Change]:
    """Return the changes of ``plan`` together with those that put ``missing`` shares back.

    What is missing and what the declaration would take away is not given first.
    """
    held = dict(existing)
    complete = [Share(key, mask) for key, mask in {**missing, **held}.items()]
    after = dict(after_changes(complete, plan(desired, complete, removable)))
    return [
        Change(key, held.get(key, 0), after.get(key, 0))
        for key in sorted(held.keys() | after.keys())
        if held.get(key, 0) != after.get(key, 0)
    ]


def after_changes(existing: Iterable[Share], changes: Iterable[Change]) -> list[Share]:
    """Return the shares that exist once the changes are made."""
    held = dict(existing)
    held.update({change.key: change.after for change in changes})
    return [Share(key, mask) for key, mask in held.items() if mask]
