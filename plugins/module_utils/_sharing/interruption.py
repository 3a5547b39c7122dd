# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Upgrades whose end an earlier run did not see: what they may have taken, and what becomes of their records.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from .._dataverse.client import DataverseClient
from .._dataverse.jobs import PROMOTION, UPGRADE, Jobs
from .._errors import NotFoundError
from .changes import Change, Share, ShareKey
from .desktop_flows import DesktopFlows
from .permissions import word_of
from .records import ShareRecord, ShareRecords, reduce
from .report import ShareReport
from .shares import NO_EFFECT, AppliedPlan

# The operations that take shares away, by their names in results.
SHARE_TAKING = {"upgrade": UPGRADE, "promote": PROMOTION}


@dataclasses.dataclass(frozen=True)
class Interruption:
    """What is on record of interrupted upgrades; ``running`` says that one of them may still be taking shares."""

    place: ShareRecords
    records: Sequence[ShareRecord]
    running: bool

    @classmethod
    def look(cls, client: DataverseClient, place: ShareRecords, records: Sequence[ShareRecord]) -> Interruption:
        """Return what is on record; one request, and none without a record.

        To be called before the shares are read: an upgrade that ends in the meantime has its shares put back, or keeps
        its record.
        """
        running = bool(records) and any(not job.finished for job in Jobs(client).recent(SHARE_TAKING.values()))
        return cls(place, records, running)

    @property
    def shares(self) -> dict[ShareKey, int]:
        """The masks of all shares on record."""
        return {key: mask for record in self.records for key, mask in record.shares}

    @property
    def flow_names(self) -> dict[str, str]:
        """The names that the flows of these shares had, by id."""
        return {flow_id: name for record in self.records for flow_id, name in record.flow_names.items()}

    def lost(self, flows: DesktopFlows) -> dict[ShareKey, int]:
        """The masks of the shares that can come back: their flows exist."""
        return {key: mask for key, mask in self.shares.items() if flows.get(key.flow_id)}

    def restores(self, change: Change) -> bool:
        """Tell whether a change puts back what an upgrade took."""
        return not change.before and self.shares.get(change.key) == change.after

    def keep(self, masks: Mapping[ShareKey, int]) -> bool:
        """Leave on record only the shares that have a mask, with these masks; return whether anything is left."""
        return bool(reduce(self.place, self.records, masks))

    def update(self, applied: AppliedPlan, flows: DesktopFlows) -> None:
        """Leave on record what is still missing, and, while an upgrade is running, what it may yet take."""
        masks = {
            change.key: change.after
            for change, error in applied.failed
            if change.after and not isinstance(error, NotFoundError)
        }
        if self.running:
            deleted = {key: mask for key, mask in self.shares.items() if not flows.get(key.flow_id)}
            masks = {**deleted, **masks, **dict(applied.shares)}
        self.keep(masks)

    def to_result(self, applied: AppliedPlan, flows: DesktopFlows, report: ShareReport) -> dict[str, Any] | None:
        """Return what became of the shares that interrupted upgrades took away, or None when there were none."""
        if not self.records:
            return None
        restored = (change for change in applied.done if self.restores(change))
        failed = ((change, error) for change, error in applied.failed if self.restores(change))
        deleted = (share for share in map(Share._make, self.shares.items()) if not flows.get(share.key.flow_id))
        return {
            "solutions": sorted({record.solution for record in self.records}),
            "restored": [_described(Share(change.key, change.after), report) for change in restored],
            "failed": [
                {**_described(Share(change.key, change.after), report), "reason": str(error or NO_EFFECT)}
                for change, error in failed
            ],
            "deleted": [
                {**_described(share, report), "desktop_flow": self.flow_names[share.key.flow_id]}
                for share in sorted(deleted)
            ],
        }


def _described(share: Share, report: ShareReport) -> dict[str, Any]:
    return {**report.place(share.key), "permission": word_of(share.mask)}
