# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From names to rows: what the entries of ``shares`` mean in one environment.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .changes import DesiredShares, ShareKey
from .desktop_flows import DesktopFlow, DesktopFlows, why_not
from .desktop_flows import candidates_of as flow_candidates
from .entries import Mistake, PrincipalEntry, ShareEntry
from .permissions import Permission, word_of
from .principals import Principal, Principals, candidates_of


class Resolution:
    """Resolves entries with the flows and principals that were read, and collects all mistakes.

    ``desired`` is complete only when ``mistakes`` is empty.
    """

    def __init__(self, flows: DesktopFlows, principals: Principals, *, allow_disabled: bool = False) -> None:
        self.mistakes: list[Mistake] = []
        self._flows = flows
        self._principals = principals
        self._allow_disabled = allow_disabled
        self._said: dict[ShareKey, tuple[Permission | None, str]] = {}
        self._flow_ids: set[str] = set()
        self._exclusive: set[str] = set()
        self._emptied: dict[str, str] = {}

    @property
    def desired(self) -> DesiredShares:
        """What the entries added so far declare."""
        return DesiredShares(
            flow_ids=frozenset(self._flow_ids),
            present={key: permission for key, (permission, _path) in self._said.items() if permission},
            absent=frozenset(key for key, (permission, _path) in self._said.items() if not permission),
            exclusive=frozenset(self._exclusive),
        )

    def flows_of(self, entry: ShareEntry) -> list[DesktopFlow]:
        """Return the flows that an entry means; none when it is mistaken."""
        named = self._flows.of_solution(entry.text) if entry.kind == "solution" else self._flows.find(entry.text)
        if not named or (entry.kind == "desktop_flow" and len(named) > 1):
            return []
        called = [child for flow in named for child in self._flows.called_by(flow) if entry.include_child_flows]
        return list({flow.id: flow for flow in [*named, *called]}.values())

    def add(self, entries: Iterable[ShareEntry]) -> None:
        """Add what entries declare."""
        for entry in entries:
            flows = self.flows_of(entry)
            self.mistakes += [] if flows else [self._flow_mistake(entry)]
            self._flow_ids |= {flow.id for flow in flows}
            if entry.exclusive:
                self._exclusive |= {flow.id for flow in flows}
            if entry.exclusive and entry.absent:
                self._emptied.update({flow.id: entry.path for flow in flows})
            for principal_entry in entry.principals:
                if principal := self._principal(principal_entry, entry.absent):
                    permission = None if entry.absent else principal_entry.permission
                    self._say(flows, principal, permission, principal_entry.path)
        self.mistakes += self._emptied_mistakes()

    def _say(self, flows: list[DesktopFlow], principal: Principal, permission: Permission | None, path: str) -> None:
        for flow in flows:
            if principal.id == flow.owner_id:
                continue
            key = ShareKey(flow.id, principal.table, principal.id)
            said, said_by = self._said.setdefault(key, (permission, path))
            if said != permission:
                self.mistakes.append(
                    Mistake(
                        path,
                        "contradiction",
                        f"{principal.name} is to have {_phrase(permission)} on {flow.name},"
                        f" but {_phrase(said)} by {said_by}",
                    )
                )

    def _emptied_mistakes(self) -> Iterator[Mistake]:
        for key, (permission, path) in self._said.items():
            if permission and key.flow_id in self._emptied:
                text = f"the same flow is to have no shares at all by {self._emptied[key.flow_id]}"
                yield Mistake(path, "contradiction", text)

    def _flow_mistake(self, entry: ShareEntry) -> Mistake:
        path = f"{entry.path}.{entry.kind}"
        if entry.kind == "solution":
            text = (
                f"the environment has no solution {entry.text!r} with desktop flows: check the spelling, or import it"
                " (coe.power_platform.solution_info lists the solutions)"
            )
            return Mistake(path, "unknown_flow", text, entry.text)
        found = self._flows.find(entry.text)
        kind = "ambiguous_flow" if found else "unknown_flow"
        return Mistake(path, kind, why_not(entry.text, found), entry.text, tuple(flow_candidates(found)))

    def _principal(self, entry: PrincipalEntry, absent: bool) -> Principal | None:
        found = self._principals.find(entry.reference)
        if len(found) != 1:
            kind = "ambiguous_principal" if found else "unknown_principal"
            message, candidates = entry.reference.why_not(found), tuple(candidates_of(found))
            self.mistakes.append(Mistake(entry.path, kind, message, entry.reference.text, candidates))
            return None
        if unsuitable := _why_unsuitable(entry, found[0], absent):
            self.mistakes.append(Mistake(entry.path, "unsuitable_principal", unsuitable, entry.reference.text))
            return None
        if found[0].disabled and not absent and not self._allow_disabled:
            text = f"the user {entry.reference.text!r} is disabled: enable or remove it, or say allow_disabled: true"
            self.mistakes.append(Mistake(entry.path, "disabled_user", text, entry.reference.text))
        return found[0]


def _phrase(permission: Permission | None) -> str:
    return f"the permission {permission.word}" if permission else "no share"


def _why_unsuitable(entry: PrincipalEntry, principal: Principal, absent: bool) -> str | None:
    """Return why a principal cannot be used the way an entry does, or None."""
    if unsuitable := entry.reference.why_unsuitable(principal):
        return unsuitable
    if entry.reference.kind == "application" and not absent and word_of(entry.permission.mask) == "co_owner":
        return (
            f"the application {entry.reference.text!r} cannot be a co-owner: give it the permission user, or make it"
            " the owner"
        )
    return None
