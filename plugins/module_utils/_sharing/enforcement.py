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
from .._dataverse.jobs import Jobs
from .._dataverse.reading import read_together
from .._errors import NotFoundError, OperationFailedError, PowerPlatformError
from .changes import Change, Holding, Share, after_changes, plan, plan_repair
from .declaration import Resolution
from .desktop_flows import DesktopFlows, components_query
from .drift import KINDS_OF_MISTAKES, find_drift, to_result
from .effective_access import find_shortfalls
from .entries import DeclarationError, ShareEntry, read_entries
from .guard import UPGRADES, records_of
from .permissions import Permissions, word_of
from .principals import Principals
from .records import reduce
from .report import ShareReport
from .shares import Settlement, read_shares, settle

SHOWN_FAILURES = 5
NO_EFFECT = "the environment took it but does not show it"


class ShareEnforcement:
    """The declared shares of one environment, and those that exist.

    Making one reads four times at most (plus further pages): components of solutions with the records of interrupted
    upgrades, flows, shares, and users with teams. ``mistakes`` holds all that is wrong with the declaration.
    The shares that an interrupted upgrade took away, as its record tells, are put back together with the changes that
    the declaration asks for. Nothing is written when ``read_only``.
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
        self._found = self._records.found(notes)
        recorded = {holding: mask for record in self._found for holding, mask in record.shares}
        self._running = bool(self._found) and any(not job.finished for job in Jobs(self._client).recent(UPGRADES))
        names = [entry.text for entry in entries if entry.kind == "desktop_flow"]
        with_callees = any(entry.include_child_flows for entry in entries)
        self._flows.load([*names, *{holding.flow_id for holding in recorded}], components, with_callees=with_callees)
        self._deleted = {key: mask for key, mask in recorded.items() if not self._flows.get(key.flow_id)}
        self._recorded = {key: mask for key, mask in recorded.items() if key not in self._deleted}
        declared = {flow.id for entry in entries for flow in resolution.flows_of(entry)}
        shares = read_shares(self._client, declared | {holding.flow_id for holding in self._recorded})
        self._principals.load(
            (principal.reference for entry in entries for principal in entry.principals),
            ((key.table, key.principal_id) for key in {*recorded, *(share.holding for share in shares)}),
        )
        return shares

    def plan(self, current: Iterable[Share]) -> list[Change]:
        """Return the changes that lead from the given shares to the declared ones, and those that were lost back."""
        return plan_repair(self._declaration, current, self._recorded, self._report.belongs)

    def audit(self) -> dict[str, Any]:
        """Return where the environment differs from the declaration: ``drift``, ``shares``.

        Raises ``DeclarationError`` for mistakes of the declaration that no environment can cause.
        """
        if faults := [mistake for mistake in self.mistakes if mistake.kind not in KINDS_OF_MISTAKES]:
            raise DeclarationError(faults)
        current = self._of_declared_flows(self.current)
        changes = plan(self._declaration, current, self._report.belongs)
        differences = find_drift(changes, current, self.mistakes, self._principals, allow_disabled=self._allow_disabled)
        drift = [to_result(kind, difference, self._report) for kind, difference in differences]
        return {"changed": False, "drift": drift, "shares": self._report.shares(current)}

    def enforce(self) -> dict[str, Any]:
        """Make the shares as declared and return ``changes``, ``shares`` and ``diff``; when read-only, only say so.

        Raises ``DeclarationError`` before anything is written, ``OperationFailedError`` when a change was refused.
        """
        if self.mistakes:
            raise DeclarationError(self.mistakes)
        changes = self.plan(self.current)
        if self._read_only:
            return self._result(Settlement(changes, [], after_changes(self.current, changes)))
        flow_ids = self._declaration.flow_ids | {holding.flow_id for holding in self._recorded}
        settlement = settle(self._client, flow_ids, self.current, self.plan)
        self._update_records(settlement)
        if any(self._is_declared(change) for change, _error in settlement.failed):
            raise self._failure(settlement)
        result = self._result(settlement)
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

    def _of_declared_flows(self, shares: Iterable[Share]) -> list[Share]:
        return [share for share in shares if share.holding.flow_id in self._declaration.flow_ids]

    def _restores(self, change: Change) -> bool:
        """Tell whether a change puts back what an upgrade took."""
        return not change.before and self._recorded.get(change.holding) == change.after

    def _is_declared(self, change: Change) -> bool:
        return not self._restores(change) or change.holding in self._declaration.wanted

    def _update_records(self, settlement: Settlement) -> None:
        """Leave on record what is still missing, and, while an upgrade is running, what it may yet take."""
        masks = {
            change.holding: change.after
            for change, error in settlement.failed
            if change.after and not isinstance(error, NotFoundError)
        }
        if self._running:
            masks = {**self._deleted, **masks, **dict(settlement.shares)}
        reduce(self._records, self._found, masks)

    def _interruption(self, settlement: Settlement) -> dict[str, Any] | None:
        """Return what became of the shares that interrupted upgrades took away, or None when there were none."""
        if not self._found:
            return None
        failed = ((change, error) for change, error in settlement.failed if self._restores(change))
        names = {flow_id: name for record in self._found for flow_id, name in record.flow_names.items()}
        return {
            "solutions": sorted({record.solution for record in self._found}),
            "restored": [
                self._described(change.holding, change.after) for change in settlement.applied if self._restores(change)
            ],
            "failed": [
                {**self._described(change.holding, change.after), "reason": str(error or NO_EFFECT)}
                for change, error in failed
            ],
            "deleted": [
                {**self._described(holding, mask), "desktop_flow": names[holding.flow_id]}
                for holding, mask in sorted(self._deleted.items())
            ],
        }

    def _described(self, holding: Holding, mask: int) -> dict[str, Any]:
        return {**self._report.holding(holding), "permission": word_of(mask)}

    def _result(self, settlement: Settlement) -> dict[str, Any]:
        shares = settlement.shares
        return {
            "changed": bool(settlement.applied),
            "interrupted_upgrade": self._interruption(settlement),
            "changes": self._changes(settlement),
            "shares": self._report.shares(self._of_declared_flows(shares)),
            "diff": {"before": self._report.overview(self.current), "after": self._report.overview(shares)},
        }

    def _changes(self, settlement: Settlement) -> list[dict[str, Any]]:
        return [self._report.change(change) for change in settlement.applied if not self._restores(change)]

    def _failure(self, settlement: Settlement) -> OperationFailedError:
        failed = [(change, error) for change, error in settlement.failed if self._is_declared(change)]
        refused = [self._refused(change, error) for change, error in failed]
        shown = [
            f"{one['action']} for {one['principal_type']} {one['principal']} on {one['desktop_flow']}: {one['reason']}"
            for one in refused[:SHOWN_FAILURES]
        ]
        more = [f"and {len(refused) - len(shown)} more"] if len(refused) > len(shown) else []
        done = self._changes(settlement)
        first = failed[0][1]
        return OperationFailedError(
            f"{len(refused)} of {len(refused) + len(done)} changes of shares failed, {len(done)} are done; run the task"
            f" again when the cause is gone: {'; '.join([*shown, *more])}.",
            result={**self._result(settlement), "applied": done, "not_applied": refused},
            **(first.details if first else {}),
        )

    def _refused(self, change: Change, error: PowerPlatformError | None) -> dict[str, Any]:
        code = error.details.get("code") if error else None
        return {**self._report.change(change), "reason": str(error or NO_EFFECT).rstrip("."), "code": code}
