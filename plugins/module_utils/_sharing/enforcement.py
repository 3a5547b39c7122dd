# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Declared shares of one environment: reading what is, planning what is needed, writing it, and telling about it.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .._dataverse.client import DataverseClient
from .._dataverse.reading import read_together
from .._errors import OperationFailedError, PowerPlatformError
from .changes import Change, Share, after_changes, plan
from .declaration import Resolution
from .desktop_flows import DesktopFlows, components_query
from .drift import KINDS_OF_MISTAKES, find_drift, to_result
from .effective_access import find_shortfalls
from .entries import DeclarationError, ShareEntry, read_entries
from .guard import complete, records_of
from .ledger import ShareLedger
from .permissions import Permissions
from .principals import Principals
from .records import ShareRecord
from .report import ShareReport
from .shares import Settlement, read_shares, settle

SHOWN_FAILURES = 5
NO_EFFECT = "the environment took it but does not show it"


class ShareEnforcement:
    """The declared shares of one environment, and those that exist.

    Making one reads four times at most (plus further pages): components of solutions with the records of interrupted
    upgrades, flows, shares, and users with teams. ``mistakes`` holds all that is wrong with the declaration.
    Unless ``read_only``, the shares that an interrupted upgrade took away are put back first.
    """

    def __init__(
        self, client: DataverseClient, params: Mapping[str, Any], *, read_only: bool, warn: Callable[[str], None]
    ) -> None:
        self._client = client
        self._read_only = read_only
        self._records = records_of(client, params, warn)
        self._allow_disabled = params["allow_disabled"]
        self._flows = DesktopFlows(client)
        self._principals = Principals(client)
        self._report = ShareReport(self._flows, self._principals)
        entries, mistakes = read_entries(params["shares"], Permissions.from_params(params))
        resolution = Resolution(self._flows, self._principals, allow_disabled=self._allow_disabled)
        self.current = self._read(entries, resolution)
        resolution.add(entries)
        self.mistakes = sorted([*mistakes, *resolution.mistakes], key=lambda mistake: mistake.place)
        self._declaration = resolution.declaration

    def _read(self, entries: list[ShareEntry], resolution: Resolution) -> list[Share]:
        solutions = [entry.text for entry in entries if entry.kind == "solution"]
        components, notes = read_together(self._client, components_query(solutions), self._records.query)
        self.interrupted = self._complete(self._records.found(notes))
        names = [entry.text for entry in entries if entry.kind == "desktop_flow"]
        self._flows.load(names, components, with_callees=any(entry.include_child_flows for entry in entries))
        shares = read_shares(self._client, {flow.id for entry in entries for flow in resolution.flows_of(entry)})
        self._principals.load(
            (principal.reference for entry in entries for principal in entry.principals),
            ((share.holding.table, share.holding.principal_id) for share in shares),
        )
        return shares

    def _complete(self, found: list[ShareRecord]) -> dict[str, Any] | None:
        """Put back what interrupted upgrades took away; return what became of it, or None when there were none."""
        if not found:
            return None
        if self._read_only:
            return {"solutions": sorted({record.solution for record in found})}
        ledger = ShareLedger(self._client)
        complete(self._client, self._records, found, ledger)
        names = {flow_id: name for record in found for flow_id, name in record.flow_names.items()}
        shares = ledger.to_result(names)["shares"]
        return {
            "solutions": sorted({record.solution for record in found}),
            **{key: shares[key] for key in ("restored", "failed", "deleted")},
        }

    def plan(self, current: Iterable[Share]) -> list[Change]:
        """Return the changes that lead from the given shares to the declared ones."""
        return plan(self._declaration, current, self._report.belongs)

    def audit(self) -> dict[str, Any]:
        """Return where the environment differs from the declaration: ``drift``, ``shares``.

        Raises ``DeclarationError`` for mistakes of the declaration that no environment can cause.
        """
        if faults := [mistake for mistake in self.mistakes if mistake.kind not in KINDS_OF_MISTAKES]:
            raise DeclarationError(faults)
        differences = find_drift(
            self.plan(self.current), self.current, self.mistakes, self._principals, allow_disabled=self._allow_disabled
        )
        drift = [to_result(kind, difference, self._report) for kind, difference in differences]
        return {"changed": False, "drift": drift, "shares": self._report.shares(self.current)}

    def enforce(self) -> dict[str, Any]:
        """Make the shares as declared and return ``changes``, ``shares`` and ``diff``; when read-only, only say so.

        Raises ``DeclarationError`` before anything is written, ``OperationFailedError`` when a change was refused.
        """
        if self.mistakes:
            raise DeclarationError(self.mistakes)
        changes = self.plan(self.current)
        if self._read_only or not changes:
            return self._result(changes, after_changes(self.current, changes))
        settlement = settle(self._client, self._declaration.flow_ids, self.current, self.plan)
        if settlement.failed:
            raise self._failure(changes, settlement)
        result = self._result(settlement.applied, settlement.shares)
        self.current = settlement.shares
        return result

    def ineffective(self) -> list[dict[str, Any]]:
        """Return the declared shares that exist but give their principals less than they say, each with a message."""
        held = dict(self.current)
        masks = {
            holding: permission.mask
            for holding, permission in self._declaration.wanted.items()
            if permission.met_by(held.get(holding, 0))
        }
        shortfalls = find_shortfalls(self._client, masks)
        return [self._report.shortfall(holding, shortfall) for holding, shortfall in sorted(shortfalls.items())]

    def flows_with_work_queues(self, changes: Iterable[Mapping[str, Any]]) -> list[str]:
        """Return the names of the flows that are newly shared and use work queues, which are shared separately."""
        granted = {change["desktop_flow_id"] for change in changes if change["action"] == "grant"}
        return [flow.name for flow in self._flows if flow.id in granted and flow.uses_work_queues]

    def _result(self, changes: list[Change], shares: list[Share]) -> dict[str, Any]:
        return {
            "changed": bool(changes or (self.interrupted or {}).get("restored")),
            "interrupted_upgrade": self.interrupted,
            "changes": [self._report.change(change) for change in changes],
            "shares": self._report.shares(shares),
            "diff": {"before": self._report.overview(self.current), "after": self._report.overview(shares)},
        }

    def _failure(self, changes: list[Change], settlement: Settlement) -> OperationFailedError:
        refused = [self._refused(change, error) for change, error in settlement.failed]
        shown = [
            f"{one['action']} for {one['principal_type']} {one['principal']} on {one['desktop_flow']}: {one['reason']}"
            for one in refused[:SHOWN_FAILURES]
        ]
        more = [f"and {len(refused) - len(shown)} more"] if len(refused) > len(shown) else []
        done = [self._report.change(change) for change in settlement.applied]
        first = settlement.failed[0][1]
        return OperationFailedError(
            f"{len(refused)} of {len(changes)} changes of shares failed, {len(done)} are done; run the task again when"
            f" the cause is gone: {'; '.join([*shown, *more])}.",
            result={**self._result(settlement.applied, settlement.shares), "applied": done, "not_applied": refused},
            **(first.details if first else {}),
        )

    def _refused(self, change: Change, error: PowerPlatformError | None) -> dict[str, Any]:
        code = error.details.get("code") if error else None
        return {**self._report.change(change), "reason": str(error or NO_EFFECT).rstrip("."), "code": code}
