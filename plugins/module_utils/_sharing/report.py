# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shares and changes in the words of the modules' results.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from .._errors import PowerPlatformError
from .changes import Change, Share, ShareKey
from .desktop_flows import DesktopFlow, DesktopFlows
from .effective_access import Shortfall
from .permissions import describe, is_usual, rights_of, word_of
from .principals import Principal, Principals


class ShareReport:
    """Describes shares with the names of the flows and principals that were read."""

    def __init__(self, flows: DesktopFlows, principals: Principals) -> None:
        self._flows = flows
        self._principals = principals

    def belongs(self, share: Share) -> bool:
        """Tell whether a share may be declared: not the owner's or the platform's own, and of a known principal."""
        return bool(self._known([share]))

    def removable(self, share: Share) -> bool:
        """Tell whether a share may be removed unnamed: it may be declared, and the platform did not make its holder."""
        return any(not principal.platform_made for _flow, principal, _mask in self._known([share]))

    def platform_shares(self, shares: Iterable[Share]) -> list[dict[str, Any]]:
        """Return those of the shares whose holders the platform made: each its key and the permission word."""
        return [
            {**self.place(share.key), "permission": word_of(share.mask)}
            for share in sorted(shares)
            if self.belongs(share) and not self.removable(share)
        ]

    def place(self, key: ShareKey) -> dict[str, Any]:
        """Return the flow and the principal of a share by name and id."""
        flow, principal = self._flows.get(key.flow_id), self._principals.get(key.principal_id)
        return {
            "desktop_flow": flow.name if flow else None,
            "desktop_flow_id": key.flow_id,
            "principal": principal.name if principal else None,
            "principal_type": principal.kind if principal else {"systemuser": "user"}.get(key.table, key.table),
            "principal_id": key.principal_id,
        }

    def change(self, change: Change) -> dict[str, Any]:
        """Return a change: its key, the action, the permission words and the rights before and after."""
        return {
            **self.place(change.key),
            "action": change.action,
            "before": word_of(change.before),
            "after": word_of(change.after),
            "before_access": rights_of(change.before),
            "after_access": rights_of(change.after),
        }

    def shortfall(self, key: ShareKey, shortfall: Shortfall) -> dict[str, Any]:
        """Return a share that is without effect: its key, the rights, the privilege if known, and a sentence."""
        described, missing = self.place(key), rights_of(shortfall.missing)
        who = f"the {described['principal_type']} {described['principal']}"
        lacks = f"the privilege {shortfall.privilege}" if shortfall.privilege else "a security role that gives them"
        return {
            **described,
            "missing_access": missing,
            "privilege": shortfall.privilege,
            "message": f"On {described['desktop_flow']}, the share of {who} is without effect for {', '.join(missing)}:"
            f" {who} lacks {lacks}.",
        }

    def unchecked(self, key: ShareKey, error: PowerPlatformError) -> dict[str, Any]:
        """Return a share of which it is not known whether it has an effect: its key, and a sentence."""
        described = self.place(key)
        return {
            **described,
            "message": f"On {described['desktop_flow']}, whether the share of the {described['principal_type']}"
            f" {described['principal']} has an effect could not be checked: {error}",
        }

    def shares(self, shares: Iterable[Share]) -> list[dict[str, Any]]:
        """Return shares as valid input of desktop_flow_share, flows and principals sorted by name."""
        by_flow: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for flow, principal, mask in self._known(shares):
            access = {} if is_usual(mask) else {"access": rights_of(mask)}
            by_flow[flow.id].append({**self._principals.designate(principal), "permission": word_of(mask), **access})
        return [
            {"desktop_flow": self._flows.designate(flow), "principals": by_flow[flow.id]}
            for flow in self._flows
            if flow.id in by_flow
        ]

    def principals(self, shares: Iterable[Share]) -> dict[str, list[dict[str, Any]]]:
        """Return who holds shares and with which rights, by flow id; sorted by name, unlisted holders first."""
        by_flow: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for share in shares:
            principal = self._principals.get(share.key.principal_id)
            if principal is None or self.belongs(share):
                by_flow[share.key.flow_id].append(
                    {
                        **{key: text for key, text in self.place(share.key).items() if key.startswith("principal")},
                        "permission": word_of(share.mask),
                        "access": rights_of(share.mask),
                        "disabled": bool(principal and principal.disabled),
                    }
                )
        return {flow_id: sorted(rows, key=lambda row: row["principal"] or "") for flow_id, rows in by_flow.items()}

    def overview(self, shares: Iterable[Share]) -> dict[str, dict[str, str]]:
        """Return shares for the diff: what each principal may do, by flow."""
        by_flow: dict[str, dict[str, str]] = defaultdict(dict)
        for flow, principal, mask in self._known(shares):
            label = flow.name if self._flows.is_sole(flow) else f"{flow.name} ({flow.id})"
            by_flow[label][f"{principal.kind} {principal.name}"] = describe(mask)
        return dict(sorted(by_flow.items()))

    def _known(self, shares: Iterable[Share]) -> list[tuple[DesktopFlow, Principal, int]]:
        found = ((self._flows.get(key.flow_id), self._principals.get(key.principal_id), mask) for key, mask in shares)
        known = [
            (flow, principal, mask)
            for flow, principal, mask in found
            if flow and principal and principal.shareable and principal.id != flow.owner_id
        ]
        return sorted(known, key=lambda one: (one[0].id, one[1].kind, one[1].name.casefold(), one[1].id))
