# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shares that should exist while an upgrade goes on: which vanished, which came back, and how long they were gone.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from .._dataverse.client import DataverseClient
from .._errors import NotFoundError, PowerPlatformError
from .changes import Change, Share, ShareKey
from .departures import Departures
from .desktop_flows import DesktopFlows
from .permissions import word_of
from .principals import Principals
from .records import ShareRecord
from .report import ShareReport
from .share_reader import ShareReader
from .shares import apply_plan, write_changes

# Small batches give the first flows their shares back before the last ones are written.
SHARES_AT_ONCE = 250


class ShareLedger:
    """Shares and what became of them; times in seconds since 1970.

    ``before`` were seen before they vanished, ``expected`` ones should exist, ``present`` ones did at the last look. Of
    the shares some are ``lost``, ``restored`` or ``failed``, and some were ``taken`` away by somebody. Only expected
    shares are put back.
    """

    def __init__(self, client: DataverseClient) -> None:
        self._client = client
        self._reader = ShareReader(client)
        self.before: dict[ShareKey, int] = {}
        self.expected: dict[ShareKey, int] = {}
        self.present: dict[ShareKey, int] = {}
        self.deleted: dict[ShareKey, int] = {}
        self.lost: set[ShareKey] = set()
        self.restored: set[ShareKey] = set()
        self.failed: dict[ShareKey, PowerPlatformError | None] = {}
        self.gaps: dict[ShareKey, float] = defaultdict(float)
        self._seen: dict[ShareKey, float] = {}
        self._observed = Departures((), {})
        self._departures = Departures((), {})

    def expect(self, shares: Iterable[Share], seen_at: float) -> None:
        """Add shares that should exist and when they were last seen; one that was observed keeps its mask."""
        for key, mask in shares:
            self.expected.setdefault(key, mask)
            self._seen.setdefault(key, seen_at)

    def expect_recorded(self, records: Iterable[ShareRecord]) -> None:
        """Add shares that are on record; one that was observed keeps its mask."""
        for record in records:
            self.expect(record.shares, record.recorded_at)

    def observe_flows(self, flow_ids: Collection[str]) -> list[Share]:
        """Read the shares of flows as they are now, and return them."""
        begin = self._client.clock.time()
        grants = self._reader.grants(flow_ids, compare=True)
        self._observed = Departures(set(flow_ids), grants)
        shares = sorted(grants)
        self._observe(shares, begin)
        return shares

    def guard(self, shares: Iterable[Share]) -> None:
        """Expect the shares of the flows that were observed, and all that they are given from now on."""
        self._departures = self._observed
        self.expect(shares, self._client.clock.time())

    @property
    def guarded(self) -> list[Share]:
        """The expected shares of guarded flows."""
        guarded = self._departures.flow_ids
        return [Share(key, mask) for key, mask in self.expected.items() if key.flow_id in guarded]

    @property
    def taken(self) -> Collection[ShareKey]:
        """The shares of guarded flows that somebody took away before an operation did."""
        return self._departures.taken

    def _observe(self, shares: Iterable[Share], seen_at: float) -> None:
        """Take shares as they are now: their masks count, whatever an older record says."""
        present = dict(shares)
        self.before.update(present)
        self.expected.update({key: mask for key, mask in present.items() if key in self.expected})
        self._seen.update(dict.fromkeys(present, seen_at))

    @property
    def unfinished(self) -> dict[ShareKey, int]:
        """The shares that could not be put back but may be some other time: their flow and principal still exist."""
        return {key: self.expected[key] for key, error in self.failed.items() if not isinstance(error, NotFoundError)}

    @property
    def flow_ids(self) -> set[str]:
        """The flows of the expected shares, and those that are guarded."""
        return {key.flow_id for key in self.expected}.union(self._departures.flow_ids)

    def restore_missing(self) -> None:
        """Look once, and write what is missing once; what is refused because its flow is gone is not tried again."""
        missing = [change for change in self._look() if not isinstance(self.failed.get(change.key), NotFoundError)]
        for start in range(0, len(missing), SHARES_AT_ONCE):
            part = missing[start : start + SHARES_AT_ONCE]
            self._note(part, write_changes(self._client, part))

    def restore_all(self) -> None:
        """Write what is missing until nothing is, or only what is refused; read back."""
        existing = self._read(final=True)
        applied = apply_plan(self._client, self._reader, self.flow_ids, existing, self._missing)
        self.present = dict(applied.shares)
        self._note(applied.done, {})
        self._note([change for change, _error in applied.failed], dict(applied.failed))

    def forget_deleted(self) -> None:
        """Expect no longer what was refused because its flow is gone; should the flow come back, it is a new one."""
        refused = {key for key, error in self.failed.items() if isinstance(error, NotFoundError)}
        if not refused:
            return
        flows = DesktopFlows(self._client)
        flows.load({key.flow_id for key in refused})
        for key in refused:
            if not flows.get(key.flow_id):
                self.deleted[key] = self.expected.pop(key)
                del self.failed[key]

    def predict_repair(self) -> None:
        """Take what is missing now for lost, and for restored at once."""
        self.lost = {change.key for change in self._look()}
        self.restored = set(self.lost)

    def predict_loss(self, deleted: Collection[str]) -> None:
        """Take all shares for lost, and for restored at once unless their flows (ids) are deleted."""
        masks = {**self.expected, **self.before}
        self.lost = set(masks)
        self.deleted = {key: mask for key, mask in masks.items() if key.flow_id in deleted}
        self.restored = self.lost - self.deleted.keys()

    def find_vanished(self) -> set[ShareKey]:
        """Return the shares of before that are gone, note them as lost, and leave it at that."""
        present = {share.key for share in self._reader.read({key.flow_id for key in self.before})}
        vanished = self.before.keys() - present
        self.lost |= vanished
        return vanished

    def _look(self) -> list[Change]:
        return self._missing(self._read())

    def _read(self, *, final: bool = False) -> list[Share]:
        begin = self._client.clock.time()
        grants = self._reader.grants(self.flow_ids, written=self.restored & self.expected.keys())
        shares = sorted(grants)
        self.expect((share for share in shares if share.key.flow_id in self._departures.flow_ids), begin)
        for key in self._departures.judge(self.expected, grants, begin, final=final):
            self.lost.add(key)
            del self.expected[key]
        for key in self.failed.keys() & {share.key for share in shares}:
            # The refusal came after the work was done, or somebody else has given the share.
            self._note_return(key, begin)
        self._observe([share for share in shares if share.key in self.expected], begin)
        return shares

    def _missing(self, existing: Iterable[Share]) -> list[Change]:
        """Return the grants of what is gone; a share that exists is right whatever its rights are now."""
        settled = {share.key for share in existing}.union(self._departures.undecided)
        return [Change(key, 0, mask) for key, mask in self.expected.items() if key not in settled]

    def _note(self, changes: Iterable[Change], refusals: Mapping[Change, PowerPlatformError | None]) -> None:
        now = self._client.clock.time()
        for change in changes:
            self.lost.add(change.key)
            if change in refusals:
                self.failed[change.key] = refusals[change]
            else:
                self._note_return(change.key, now)

    def _note_return(self, key: ShareKey, now: float) -> None:
        self.failed.pop(key, None)
        self.restored.add(key)
        self.gaps[key] += now - self._seen[key]
        self._seen[key] = now

    def to_result(self, flow_names: Mapping[str, str]) -> dict[str, Any]:
        """Return the shares ``before``, ``lost``, ``restored`` and ``failed``, those of flows that are ``deleted``, and
        the seconds for which each flow missed a share. ``flow_names`` are those from before the operation,
        which may rename flows and delete some.
        """
        flows, principals = DesktopFlows(self._client, tolerant=True), Principals(self._client, tolerant=True)
        known = self.before.keys() | self.expected.keys() | self.deleted.keys()
        flows.load({key.flow_id for key in known})
        principals.load(ids={(key.table, key.principal_id) for key in known})
        report = ShareReport(flows, principals)

        def listed(keys: Iterable[ShareKey]) -> list[dict[str, Any]]:
            return [self._describe(key, report, flow_names) for key in sorted(keys)]

        deleted = {key for key in self.lost if not flows.lists(key.flow_id)} | self.deleted.keys()
        shares = {
            "before": listed(known),
            "lost": listed(self.lost),
            "restored": listed(self.restored - self.failed.keys() - deleted),
            "failed": [
                {**self._describe(key, report, flow_names), "reason": str(self.failed[key] or "unknown")}
                for key in sorted(self.failed.keys() - deleted)
            ],
            "deleted": listed(deleted),
        }
        gaps: dict[str, float] = {}
        for key in known - deleted:
            name = flow_names.get(key.flow_id) or key.flow_id
            gaps[name] = max(gaps.get(name, 0.0), round(self.gaps[key], 2))
        return {"shares": shares, "permission_gap_seconds": dict(sorted(gaps.items()))}

    def _describe(self, key: ShareKey, report: ShareReport, flow_names: Mapping[str, str]) -> dict[str, Any]:
        described = report.place(key)
        described["desktop_flow"] = flow_names.get(key.flow_id) or described["desktop_flow"]
        described["permission"] = word_of({**self.deleted, **self.before, **self.expected}[key])
        return described
