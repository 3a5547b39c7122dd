# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Upgrades whose end an earlier run did not see: what they may have taken, and what becomes of their records.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from .._dataverse.client import DataverseClient
from .._dataverse.jobs import IMPORT, PROMOTION, UPGRADE, Job, Jobs
from .._dataverse.odata import quote
from .._dataverse.reading import Query, read_together
from .._errors import NotFoundError
from .._packages.manifest import holding_solution, version_key
from .changes import Change, Share, ShareKey
from .desktop_flows import DesktopFlows
from .permissions import word_of
from .records import ShareRecord, ShareRecords, reduce
from .report import ShareReport
from .shares import NO_EFFECT, AppliedPlan

# The operations that take shares away, by their names in results.
SHARE_TAKING = {"upgrade": UPGRADE, "promote": PROMOTION}
# The seconds after which an operation that was about to start cannot come any more. The platform ends a request after
# two minutes; the rest is for clocks that differ.
LONGEST_START = 600.0


@dataclasses.dataclass(frozen=True)
class Interruption:
    """What is on record of interrupted operations; ``open`` are those that may still take shares, or begin.

    A record that is not open belongs to an operation that has ended, or that cannot come any more.
    """

    place: ShareRecords
    records: Sequence[ShareRecord]
    open: Sequence[ShareRecord] = ()

    @classmethod
    def look(
        cls,
        client: DataverseClient,
        place: ShareRecords,
        records: Sequence[ShareRecord],
        over: Collection[str] = (),
    ) -> Interruption:
        """Return what is on record; no request without a record, two or three with any.

        To be called before the shares are read: an upgrade that ends in the meantime has its shares put back, or keeps
        its record. ``over`` are the ids of records whose operations the caller saw end.
        """
        undecided = [record for record in records if record.id not in over]
        return cls(place, records, open_records(client, undecided) if undecided else ())

    def warnings(self) -> Iterator[str]:
        """Yield a sentence for each open record of shares: that it is kept, and until when."""
        for solution, version, until in sorted({_promise(record) for record in self.open if record.shares}):
            yield (
                f"An operation on {solution}{version} that takes its shares away was begun and not seen to end, so they"
                f" stay on record, and the next run puts them back; without a trace of it until {until} it counts as"
                " never started."
            )

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

    def keep(
        self, missing: Mapping[ShareKey, int], present: Mapping[ShareKey, int], flow_ids: Collection[str] = ()
    ) -> bool:
        """Leave on record the missing shares and, in open records, also the present ones; return whether any is left.

        Both are masks, and all that there are of ``flow_ids``. What an open record holds of flows that are in none of
        the three is left as it is.
        """
        left = reduce(self.place, [record for record in self.records if record not in self.open], missing)
        seen = {*flow_ids, *(key.flow_id for key in (*missing, *present))}
        unseen = {key: mask for key, mask in self.shares.items() if key.flow_id not in seen}
        renewed = [record.with_present({**unseen, **missing, **present}) for record in self.open]
        if changed := [record for record in renewed if record not in self.open]:
            self.place.save(changed)
        return bool(left or self.open)

    def update(self, applied: AppliedPlan, flow_ids: Collection[str]) -> None:
        """Leave on record what is still missing of flows, and what an operation may yet take that has not ended."""
        missing = {
            change.key: change.after
            for change, error in applied.failed
            if change.after and not isinstance(error, NotFoundError)
        }
        self.keep(missing, dict(applied.shares), flow_ids)

    def to_result(self, applied: AppliedPlan, flows: DesktopFlows, report: ShareReport) -> dict[str, Any] | None:
        """Return what became of the shares that interrupted upgrades took away, or None when there were none."""
        if not self.shares:
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


def open_records(client: DataverseClient, records: Sequence[ShareRecord]) -> list[ShareRecord]:
    """Return the records whose operations are running or may still begin: nothing shows that they ended or cannot come.

    Source: tables asyncoperation, msdyn_solutionhistory, solution.
    """
    jobs = Jobs(client).recent((IMPORT, *SHARE_TAKING.values()))
    oldest = client.clock.time() - LONGEST_START
    new = {record.id: [job for job in jobs if _may_be(job, record)] for record in records}
    running = [record for record in records if any(not job.finished for job in new[record.id])]
    waiting = [record for record in records if record not in running and record.recorded_at > oldest]
    if not waiting:
        return running
    ended = {entry.job_id: entry.solution.casefold() for entry in Jobs(client).history() if not entry.running}
    versions = _versions(client, waiting)
    undecided = [
        record
        for record in waiting
        if _names(record).isdisjoint(ended.get(job.id) for job in new[record.id]) and not _decided(record, versions)
    ]
    return [*running, *undecided]


def _may_be(job: Job, record: ShareRecord) -> bool:
    if record.start is None:
        return job.action in SHARE_TAKING.values()
    return job.action == record.start.action and job.id not in record.start.known


def _names(record: ShareRecord) -> set[str]:
    return {record.solution.casefold(), holding_solution(record.solution).casefold()}


def _versions(client: DataverseClient, records: Sequence[ShareRecord]) -> dict[str, str]:
    names = sorted({name for record in records for name in _names(record)})
    query = Query("solutions", "uniquename,version", [f"uniquename eq {quote(name)}" for name in names])
    return {row.text("uniquename").casefold(): row.version("version") for row in read_together(client, query)[0]}


def _decided(record: ShareRecord, versions: Mapping[str, str]) -> bool:
    """Tell whether the environment holds what the operation was to bring, or lacks what it needs."""
    solution, holding = (versions.get(name) for name in sorted(_names(record), key=len))
    if record.start is None:
        return False
    if record.start.version is None:
        return holding is None
    wanted = version_key(record.start.version)
    held = [version_key(version) for version in (solution, holding) if version]
    if record.start.action == UPGRADE:
        return solution is None or max(held) >= wanted
    return wanted in held


def _promise(record: ShareRecord) -> tuple[str, str, str]:
    """Return solution, version (with a blank before it) and the time after which it cannot come any more."""
    version = record.start.version if record.start else None
    until = datetime.fromtimestamp(record.recorded_at + LONGEST_START, timezone.utc)
    return record.solution, f" {version}" if version else "", until.strftime("%Y-%m-%dT%H:%M:%SZ")


def _described(share: Share, report: ShareReport) -> dict[str, Any]:
    return {**report.place(share.key), "permission": word_of(share.mask)}
