# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shares across an upgrade: recorded before it, watched while it runs, put back as soon as the platform drops them.

Importing with Upgrade removes the shares of the solution's flows, and so does applying a staged upgrade.
This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping
from typing import Any

from .._dataverse.client import DataverseClient
from .._dataverse.privileges import SHARE, remedy
from .._dataverse.reading import read_together
from .._errors import OperationFailedError, PowerPlatformError, RefusedError
from .._packages.manifest import holding_solution
from .changes import Share
from .desktop_flows import DesktopFlow, DesktopFlows, components_query
from .interruption import Interruption
from .ledger import ShareLedger
from .records import ShareRecord, ShareRecords, Start, make_records, mark_of, reduce

GUARD_ARGUMENTS: dict[str, dict[str, Any]] = {
    "protect_shares": {"type": "bool", "default": True},
    "share_record_path": {"type": "path"},
    "require_share_record": {"type": "bool", "default": True},
}


# The longest pause in seconds between two looks at the shares while an operation is running.
WATCH_INTERVAL = 0.5


class ShareGuard:
    """Protects the shares of a solution's desktop flows around an operation that takes them away.

    Protected are the flows of the solution, of its staged upgrade, and ``flow_ids``, those of the package to come: the
    platform drops the shares of flows that only the new version holds, too.

    ``complete`` finishes what an earlier run left, ``record`` comes before the operation, ``watch`` again and again
    while it runs, ``restore`` after it; ``to_result`` tells what happened. A run may die anywhere: the record stays
    until the shares are back.
    """

    def __init__(
        self,
        client: DataverseClient,
        solution: str,
        records: ShareRecords,
        *,
        flow_ids: Collection[str] = (),
        required: bool = True,
        warn: Callable[[str], None],
    ) -> None:
        self._client = client
        self._solution = solution
        self._package_flow_ids = flow_ids
        self._records = records
        self._required = required
        self._warn = warn
        self._ledger = ShareLedger(client)
        self._kept: list[ShareRecord] = []
        self._flow_names: dict[str, str] = {}
        self._confirmed = False
        self._guarding = False
        self._over = True
        self._job_id: str | None = None
        self._left_over = False
        self._found = Interruption(records, ())

    def complete(self) -> None:
        """Finish what an earlier run left, of this solution and of others."""
        over = [record.id for record in self._kept] if self._over else []
        self._found = Interruption.look(self._client, self._records, self._read_records(), over)
        self._left_over = bool(self._found.records)
        if self._left_over:
            self._ledger.expect_recorded(self._found.records)
            self._ledger.restore_all()
            self._ledger.forget_deleted()
            self._left_over = self._found.keep(self._ledger.unfinished, self._ledger.present)

    def possible_start(self) -> ShareRecord | None:
        """Return the record of an earlier run's operation on this solution that may still begin, or None."""
        if self._found.open:
            self.complete()
        own = {record.id for record in self._kept}
        others = (it for it in self._found.open if it.id not in own and self._is_of_solution(it))
        return next((it for it in others if not (it.start and it.start.job_id)), None)

    def _is_of_solution(self, record: ShareRecord) -> bool:
        return record.solution.casefold() == self._solution.casefold()

    def _read_records(self) -> list[ShareRecord]:
        found = self._records.read()
        for record in found:
            self._flow_names.update(record.flow_names)
        return found

    def observe(self) -> list[Share]:
        """Read the shares of the solution's desktop flows as they are now, and return them."""
        names = {flow.id: flow.name for flow in self._flows()}
        self._flow_names.update(names)
        return self._ledger.observe_flows(names.keys())

    def _flows(self) -> list[DesktopFlow]:
        names = [self._solution, holding_solution(self._solution)]
        flows = DesktopFlows(self._client)
        flows.load(self._package_flow_ids, read_together(self._client, components_query(names))[0])
        to_come = (flows.get(flow_id) for flow_id in self._package_flow_ids)
        return [*(flow for name in names for flow in flows.of_solution(name)), *(flow for flow in to_come if flow)]

    def record(self, start: Start, *, takes_shares: bool) -> None:
        """Note, where it survives this run, what is about to start, and the shares that it takes away.

        Raises ``RefusedError`` when shares cannot be noted and that is required.
        """
        shares = self.observe()
        self._guarding |= takes_shares
        if takes_shares:
            self._require_right(shares)
            self._ledger.guard(shares)
        try:
            self._keep(shares if takes_shares else [], start)
        except PowerPlatformError as error:
            self._warn_or_refuse(error, takes_shares=takes_shares)
            self._kept = []
        self._over = False

    def _require_right(self, shares: Collection[object]) -> None:
        """Raise ``RefusedError`` when shares would be lost that the application may not put back."""
        if shares and SHARE in (self._client.lacking_privileges or ()):
            raise RefusedError(
                f"The upgrade of {self._solution} removes {len(shares)} shares, and the application may not put them"
                f" back, so it was not started. {remedy(SHARE)} To lose the shares on purpose, set protect_shares to"
                " false."
            )

    def _warn_or_refuse(self, error: PowerPlatformError, *, takes_shares: bool) -> None:
        if takes_shares and self._required:
            raise RefusedError(
                f"The shares of {self._solution} could not be recorded, so its upgrade, which removes them, was not"
                f" started: {error} Give the right to make notes, name a file by share_record_path, or set"
                " require_share_record to false."
            ) from error
        what = "The shares" if takes_shares else "The start of an operation"
        self._warn(f"{what} of {self._solution} could not be recorded: {error}")

    def _keep(self, shares: list[Share], start: Start) -> None:
        now = self._client.clock.time()
        same = list(filter(self._is_of_solution, self._read_records())) if self._guarding else self._kept
        recorded = {share.key for record in same for share in record.shares}
        new = [share for share in shares if share.key not in recorded]
        renewed = [
            dataclasses.replace(
                record.with_masks({**dict(record.shares), **dict(shares)}), recorded_at=now, start=start
            )
            for record in same
        ]
        self._ledger.expect_recorded(same)
        made = list(make_records(self._solution, now, new, self._flow_names, start))
        # Known before it is written: what was written although the answer was lost can be found again.
        self._kept = [*renewed, *made] or [mark_of(self._solution, now, start)]
        self._records.save(self._kept)

    def started(self, job_id: str) -> None:
        """Take note that the operation shows in the environment; one that takes no shares needs no record then."""
        self._job_id = job_id
        self._remove_mark()

    def _remove_mark(self) -> None:
        if self._guarding:
            return
        try:
            self._records.remove(self._kept)
        except PowerPlatformError as error:
            self._warn(f"The record of the start of an operation on {self._solution} could not be removed: {error}")
        self._kept = []

    def leave(self) -> None:
        """Finish what can be finished when the task fails; the record of a running operation says which it is."""
        if self._over:
            self.complete()
        elif self._job_id and (kept := [record.with_job(self._job_id) for record in self._kept]):
            self._records.save(kept)

    def refused(self) -> None:
        """Take the operation for one that cannot come any more; one that takes no shares needs no record then."""
        self._over = True
        self._remove_mark()

    def watch(self) -> None:
        """Put back what is gone while the operation is still running.

        A failure here does not end the wait for the operation: ``restore`` tries again and tells.
        """
        try:
            self._confirm()
            self._ledger.restore_missing()
            self._renew()
        except PowerPlatformError as error:
            self._warn(f"While the upgrade was running, its shares could not be watched for a moment: {error}")

    def _confirm(self) -> None:
        """Write the record again if another run changed it: it saw no upgrade between our record and our start."""
        if self._kept and not self._confirmed:
            present = self._read_records()
            self._records.save([record for record in self._kept if record not in present])
        self._confirmed = True

    def _renew(self) -> None:
        """Put on record what is given, changed or taken away while the operation is running."""
        if not self._kept:
            return
        recorded = {share.key for record in self._kept for share in record.shares}
        given = [share for share in self._ledger.guarded if share.key not in recorded]
        made = list(
            make_records(self._solution, self._client.clock.time(), given, self._flow_names, self._kept[0].start)
        )
        if made:
            self._records.save(made)
        marks = [record for record in self._kept if not record.shares]
        holding = [record for record in self._kept if record.shares]
        self._kept = [*marks, *reduce(self._records, holding, self._ledger.expected), *made]

    def restore(self) -> None:
        """Put back what is gone after the operation has ended, and remove the record when all is back.

        A failure here does not hide how the operation ended: ``conclude`` or the next run tries again and tells.
        """
        try:
            self._restore()
        except PowerPlatformError as error:
            self._warn(f"Right after the upgrade of {self._solution}, its shares could not be seen to: {error}")

    def _restore(self) -> None:
        self._over = True
        try:
            # Another run of ours may have given shares in the meantime, and put them on record.
            self._ledger.expect_recorded(filter(self._is_of_solution, self._read_records()))
        finally:
            self._ledger.restore_all()
        self._kept = reduce(self._records, self._kept, self._ledger.unfinished)

    def conclude(self) -> None:
        """Look a last time at the shares: after an operation that takes them away, and at what an earlier run left.

        An operation that takes none has nothing put back after it: what is gone then, somebody removed on purpose.
        """
        if self._left_over:
            self.complete()
            for warning in self._found.warnings():
                self._warn(warning)
        elif self._guarding:
            self._restore()
        looked = self._left_over or self._guarding
        if removed := self._ledger.taken if looked else self._ledger.find_vanished():
            self._warn(
                f"{len(removed)} shares of {self._solution} were removed by somebody else while the task was running;"
                " they are in shares.lost and stay removed."
            )

    def prediction(self, *, repairs: bool, taking: bool, deleted: Collection[str]) -> dict[str, Any]:
        """Return what ``to_result`` would return after an operation that takes the shares away, or leaves them.

        ``deleted`` are the ids of the flows that go with it, whose shares do not come back. What an earlier run left is
        taken for completed when the operation ``repairs`` it. Raises ``RefusedError`` when they could not be put back.
        """
        if repairs and (found := self._read_records()):
            self._ledger.expect_recorded(found)
            self._ledger.predict_repair()
        if taking:
            self._require_right(self._ledger.before)
            self._ledger.predict_loss(deleted)
        return self.to_result()

    def to_result(self) -> dict[str, Any]:
        """Return ``shares`` and ``permission_gap_seconds`` as modules return them."""
        return self._ledger.to_result(self._flow_names)

    def check(self, result: Mapping[str, Any]) -> None:
        """Raise ``OperationFailedError`` with a module's result when shares could not be put back."""
        failed = result["shares"]["failed"]
        if failed:
            first = failed[0]
            raise OperationFailedError(
                f"{len(failed)} shares that the upgrade of {self._solution} removed could not be put back; run the task"
                f" again when the cause is gone. The first is {first['principal_type']} {first['principal']} on"
                f" {first['desktop_flow']}: {first['reason']}",
                result=result,
            )
