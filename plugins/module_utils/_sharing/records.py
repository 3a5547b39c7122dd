# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records of shares that an upgrade may take away: what they hold, and what their place has to offer.

Each record stands for itself, so that writing or removing several of them may stop anywhere.
This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple, Protocol

from .._dataverse.odata import guid
from .._dataverse.reading import Query
from .._dataverse.rows import Row
from .._errors import UNREADABLE, ConfigurationError
from .._packages.manifest import version_key
from .changes import Share, ShareKey

# 400 shares of 400 flows with the longest names stay below the 100,000 characters that notetext takes.
SHARES_PER_RECORD = 400


class Start(NamedTuple):
    """An operation that is about to be started.

    Its Web API action, the version that it brings (None when it brings none), and the ids of the operations that the
    environment knew before, so that no clock has to be trusted to tell them from it. ``job_id`` is its own id, once a
    run that ends without it has learned that.
    """

    action: str
    version: str | None
    known: tuple[str, ...] = ()
    job_id: str | None = None


@dataclasses.dataclass(frozen=True)
class ShareRecord:
    """Shares as they were at ``recorded_at`` (seconds since 1970), before an operation on ``solution`` (unique name).

    Without shares it only tells that the operation may be on its way. ``start`` is None in records of old versions.
    """

    id: str
    solution: str
    recorded_at: float
    shares: tuple[Share, ...]
    flow_names: Mapping[str, str]
    start: Start | None = None

    def with_masks(self, masks: Mapping[ShareKey, int]) -> ShareRecord:
        """Return the record with those of its shares that have a mask, and with these masks."""
        shares = tuple(Share(key, masks[key]) for key, _mask in self.shares if key in masks)
        flow_ids = {share.key.flow_id for share in shares}
        names = {flow_id: name for flow_id, name in self.flow_names.items() if flow_id in flow_ids}
        return dataclasses.replace(self, shares=shares, flow_names=names)

    def with_present(self, masks: Mapping[ShareKey, int]) -> ShareRecord:
        """Return the record with all the shares of its flows that have a mask."""
        shares = tuple(Share(key, mask) for key, mask in sorted(masks.items()) if key.flow_id in self.flow_names)
        return dataclasses.replace(self, shares=shares)

    def with_job(self, job_id: str) -> ShareRecord:
        """Return the record with the id of its operation."""
        return dataclasses.replace(self, start=self.start and self.start._replace(job_id=job_id))

    def to_json(self) -> str:
        """Return the record as text: shares by flow, table and principal."""
        flows: dict[str, dict[str, Any]] = {}
        for (flow_id, table, principal_id), mask in self.shares:
            flow = flows.setdefault(flow_id, {"name": self.flow_names.get(flow_id, "")})
            flow.setdefault(table, {})[principal_id] = mask
        content = {"solution": self.solution, "recorded_at": self.recorded_at, "flows": flows, "start": self.start}
        return json.dumps(content, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, record_id: str, text: str) -> ShareRecord:
        """Return the record in a text. Source: ``to_json``.

        Raises one of ``UNREADABLE`` when the text holds something else.
        """
        content = json.loads(text)
        shares = [
            Share(ShareKey(_checked(flow_id), table, _checked(principal_id)), int(mask))
            for flow_id, flow in content["flows"].items()
            for table in ("systemuser", "team")
            for principal_id, mask in flow.get(table, {}).items()
        ]
        names = {flow_id: str(flow["name"]) for flow_id, flow in content["flows"].items()}
        start = _start_from_json(content.get("start"))
        return cls(record_id, str(content["solution"]), float(content["recorded_at"]), tuple(shares), names, start)


def _start_from_json(content: Any) -> Start | None:
    if content is None:
        return None
    action, version, known, job_id = content
    if version is not None:
        version_key(version)
    return Start(str(action), version, tuple(map(str, known)), job_id)


def _checked(text: str) -> str:
    if not (found := guid(text)):
        raise ValueError(f"{text!r} is no GUID")
    return found


def read_record(record_id: str, text: str, place: str, remedy: str) -> ShareRecord:
    """Return the record in a text; raise ``ConfigurationError`` that names its place when it is none."""
    try:
        return ShareRecord.from_json(record_id, text)
    except UNREADABLE as error:
        raise ConfigurationError(
            f"{place} is no readable record of shares ({type(error).__name__}: {error}): {remedy}, and the shares that"
            " it held must be declared again, if there were any."
        ) from error


def make_records(
    solution: str,
    recorded_at: float,
    shares: Iterable[Share],
    flow_names: Mapping[str, str],
    start: Start | None = None,
) -> Iterator[ShareRecord]:
    """Yield the records that hold the shares, each small enough for one note."""
    listed = sorted(shares)
    for first in range(0, len(listed), SHARES_PER_RECORD):
        part = tuple(listed[first : first + SHARES_PER_RECORD])
        names = {share.key.flow_id: flow_names[share.key.flow_id] for share in part}
        yield ShareRecord(str(uuid.uuid4()), solution, recorded_at, part, names, start)


def mark_of(solution: str, recorded_at: float, start: Start) -> ShareRecord:
    """Return the record of an operation that takes no shares, or finds none."""
    return ShareRecord(str(uuid.uuid4()), solution, recorded_at, (), {}, start)


class ShareRecords(Protocol):
    """A place for records, where they survive a run that dies."""

    query: Query

    def read(self) -> list[ShareRecord]:
        """Return all records of the environment."""

    def found(self, rows: Iterable[Row]) -> list[ShareRecord]:
        """Return all records of the environment, given the rows that ``query`` brought."""

    def save(self, records: Iterable[ShareRecord]) -> None:
        """Add records, or replace those with the same ids; raises when they are not all safely kept."""

    def remove(self, records: Iterable[ShareRecord]) -> None:
        """Remove records; those that are gone already are no error."""


def reduce(records: ShareRecords, found: Iterable[ShareRecord], masks: Mapping[ShareKey, int]) -> list[ShareRecord]:
    """Leave in records only the shares that have a mask, with these masks, and return what is left of the records."""
    before = list(found)
    after = [record.with_masks(masks) for record in before]
    if changed := [new for old, new in zip(before, after, strict=True) if new.shares and new != old]:
        records.save(changed)
    if done := [record for record in after if not record.shares]:
        records.remove(done)
    return [record for record in after if record.shares]
