# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Declared shares of one environment: reading what is, planning what is needed, writing it, and telling about it.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .._dataverse.client import DataverseClient
from .._errors import OperationFailedError, PowerPlatformError
from .._text import listed
from .changes import Change, Share, after_changes, plan, plan_repair
from .drift import KINDS_OF_MISTAKES, find_drift, to_result
from .effective_access import find_shortfalls
from .entries import DeclarationError
from .report import ShareReport
from .share_state import ShareState
from .shares import NO_EFFECT, AppliedPlan, apply_plan


class ShareEnforcement:
    """Leads the shares of one environment from what exists to what is desired.

    The shares that an interrupted upgrade took away, as its record tells, are put back together with the changes that
    the declaration asks for. Nothing is written when ``read_only``; ``allow_disabled`` makes disabled users no drift.
    """

    def __init__(
        self, client: DataverseClient, state: ShareState, *, read_only: bool = False, allow_disabled: bool = False
    ) -> None:
        self._client = client
        self._state = state
        self._read_only = read_only
        self._allow_disabled = allow_disabled
        self._report = ShareReport(state.flows, state.principals)
        self._lost = state.lost
        self._existing = state.existing

    def _plan(self, existing: Iterable[Share]) -> list[Change]:
        """Return the changes that lead from the given shares to the desired ones, and put those back that were lost."""
        return plan_repair(self._state.desired, existing, self._lost, self._report.removable)

    def audit(self) -> dict[str, Any]:
        """Return where the environment differs from the declaration: ``drift``, ``shares``.

        Raises ``DeclarationError`` for mistakes of the declaration that no environment can cause.
        """
        state = self._state
        if faults := [mistake for mistake in state.mistakes if mistake.kind not in KINDS_OF_MISTAKES]:
            raise DeclarationError(faults)
        existing = state.of_declared_flows(state.existing)
        changes = plan(state.desired, existing, self._report.removable)
        differences = find_drift(
            changes, existing, state.mistakes, state.principals, allow_disabled=self._allow_disabled
        )
        drift = [to_result(kind, difference, self._report) for kind, difference in differences]
        return {
            "changed": False,
            "drift": drift,
            "shares": self._report.shares(existing),
            "platform_shares": self._platform_shares(existing),
        }

    def enforce(self) -> dict[str, Any]:
        """Make the shares as declared and return ``changes``, ``shares`` and ``diff``; when read-only, only say so.

        Raises ``DeclarationError`` before anything is written but what an interrupted upgrade took, and
        ``OperationFailedError`` when a change was refused.
        """
        state = self._state
        if state.mistakes:
            raise self._declaration_error()
        if self._read_only:
            changes = self._plan(state.existing)
            return self._result(AppliedPlan(changes, [], after_changes(state.existing, changes)))
        applied = apply_plan(self._client, state.reader, state.flow_ids, state.existing, self._plan)
        state.interruption.update(applied, state.flow_ids)
        if any(self._is_declared(change) for change, _error in applied.failed):
            raise self._failure(applied)
        self._existing = applied.shares
        return self._result(applied)

    def _declaration_error(self) -> DeclarationError:
        """Put back what an interrupted upgrade took, whatever is wrong with the declaration, and return the error."""
        state = self._state
        if self._read_only or not state.lost:
            return DeclarationError(state.mistakes)
        applied = apply_plan(self._client, state.reader, state.flow_ids, state.existing, self._plan_repair)
        state.interruption.update(applied, state.flow_ids)
        error = DeclarationError(state.mistakes, restored=len(applied.done))
        restored = state.interruption.to_result(applied, state.flows, self._report)
        error.result.update(changed=bool(applied.done), interrupted_upgrade=restored)
        return error

    def _plan_repair(self, existing: Iterable[Share]) -> list[Change]:
        return [change for change in self._plan(existing) if self._state.interruption.restores(change)]

    def effect(self) -> dict[str, list[dict[str, Any]]]:
        """Return the declared shares that exist but give their principals less than they say: ``ineffective``.

        ``unchecked`` are those of which that could not be told. Each has a message.
        """
        held = dict(self._existing)
        masks = {
            key: permission.mask
            for key, permission in self._state.desired.present.items()
            if permission.met_by(held.get(key, 0))
        }
        shortfalls, unchecked = find_shortfalls(self._client, masks)
        return {
            "ineffective": [self._report.shortfall(key, shortfalls[key]) for key in sorted(shortfalls)],
            "unchecked": [self._report.unchecked(key, unchecked[key]) for key in sorted(unchecked)],
        }

    def flows_with_work_queues(self, changes: Iterable[Mapping[str, Any]]) -> list[str]:
        """Return the names of the flows that are newly shared and use work queues, which are shared separately."""
        granted = {change["desktop_flow_id"] for change in changes if change["action"] == "grant"}
        return [flow.name for flow in self._state.flows if flow.id in granted and flow.uses_work_queues]

    def _is_declared(self, change: Change) -> bool:
        return not self._state.interruption.restores(change) or change.key in self._state.desired.present

    def _result(self, applied: AppliedPlan) -> dict[str, Any]:
        shares = applied.shares
        return {
            "changed": bool(applied.done),
            "interrupted_upgrade": self._state.interruption.to_result(applied, self._state.flows, self._report),
            "changes": self._changes(applied),
            "shares": self._report.shares(self._state.of_declared_flows(shares)),
            "platform_shares": self._platform_shares(shares),
            "diff": {"before": self._report.overview(self._state.existing), "after": self._report.overview(shares)},
        }

    def _platform_shares(self, shares: Iterable[Share]) -> list[dict[str, Any]]:
        """Return the shares that an exclusive declaration would remove if the platform had not made their holders."""
        desired = self._state.desired
        return self._report.platform_shares(
            share for share in shares if share.key.flow_id in desired.exclusive and share.key not in desired.present
        )

    def _changes(self, applied: AppliedPlan) -> list[dict[str, Any]]:
        restores = self._state.interruption.restores
        return [self._report.change(change) for change in applied.done if not restores(change)]

    def _failure(self, applied: AppliedPlan) -> OperationFailedError:
        failed = [(change, error) for change, error in applied.failed if self._is_declared(change)]
        refused = [self._refused(change, error) for change, error in failed]
        causes = (
            f"{one['action']} for {one['principal_type']} {one['principal']} on {one['desktop_flow']}: {one['reason']}"
            for one in refused
        )
        done = self._changes(applied)
        first = failed[0][1]
        return OperationFailedError(
            f"{len(refused)} of {len(refused) + len(done)} changes of shares failed, {len(done)} are done; run the task"
            f" again when the cause is gone: {listed(causes, '; ')}.",
            result={**self._result(applied), "applied": done, "not_applied": refused},
            **(first.details if first else {}),
        )

    def _refused(self, change: Change, error: PowerPlatformError | None) -> dict[str, Any]:
        code = error.details.get("code") if error else None
        return {**self._report.change(change), "reason": str(error or NO_EFFECT).rstrip("."), "code": code}
