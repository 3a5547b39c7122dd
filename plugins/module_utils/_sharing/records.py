# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records of shares that an upgrade may take away, kept where they survive a run that dies.

By default a record is one or more notes (rows of the table ``annotations``) in the environment itself, attached to
nothing: ``subject`` is ``coe.power_platform shares of <solution>``, ``notetext`` is the JSON that ``to_json`` makes.
Each note stands for itself, so that writing or removing several of them may stop anywhere.
This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import json
import os
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from .._dataverse.batch import Operation
from .._dataverse.client import DataverseClient
from .._dataverse.odata import guid, quote
from .._dataverse.reading import Query
from .._errors import ConfigurationError, NotFoundError
from .changes import Holding, Share

MARK = "coe.power_platform shares of "
# 400 shares of 400 flows with the longest names stay below the 100,000 characters that notetext takes.
SHARES_PER_RECORD = 400


@dataclasses.dataclass(frozen=True)
class ShareRecord:
    """Shares as they were at ``recorded_at`` (seconds since 1970), before an upgrade of ``solution`` (unique name)."""

    id: str
    solution: str
    recorded_at: float
    shares: tuple[Share, ...]
    flow_names: Mapping[str, str]

    def with_masks(self, masks: Mapping[Holding, int]) -> ShareRecord:
        """Return the record with those of its shares that have a mask, and with these masks."""
        shares = tuple(Share(holding, masks[holding]) for holding, _mask in self.shares if holding in masks)
        flow_ids = {share.holding.flow_id for share in shares}
        names = {flow_id: name for flow_id, name in self.flow_names.items() if flow_id in flow_ids}
        return dataclasses.replace(self, shares=shares, flow_names=names)

    def to_json(self) -> str:
        """Return the record as text: shares by flow, table and principal."""
        flows: dict[str, dict[str, Any]] = {}
        for (flow_id, table, principal_id), mask in self.shares:
            flow = flows.setdefault(flow_id, {"name": self.flow_names.get(flow_id, "")})
            flow.setdefault(table, {})[principal_id] = mask
        content = {"solution": self.solution, "recorded_at": self.recorded_at, "flows": flows}
        return json.dumps(content, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, record_id: str, text: str) -> ShareRecord:
        """Return the record in a text. Source: ``to_json``.

        Raises ``ValueError``, ``KeyError``, ``TypeError`` or ``AttributeError`` when the text holds something else.
        """
        content = json.loads(text)
        shares = [
            Share(Holding(_checked(flow_id), table, _checked(principal_id)), int(mask))
            for flow_id, flow in content["flows"].items()
            for table in ("systemuser", "team")
            for principal_id, mask in flow.get(table, {}).items()
        ]
        names = {flow_id: str(flow["name"]) for flow_id, flow in content["flows"].items()}
        return cls(record_id, str(content["solution"]), float(content["recorded_at"]), tuple(shares), names)


def _checked(text: str) -> str:
    if not (found := guid(text)):
        raise ValueError(f"{text!r} is no GUID")
    return found


def _read_record(record_id: str, text: str, place: str, remedy: str) -> ShareRecord:
    """Return the record in a text; raise ``ConfigurationError`` that names its place when it is none."""
    try:
        return ShareRecord.from_json(record_id, text)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigurationError(
            f"{place} is no readable record of shares ({type(error).__name__}: {error}): {remedy}, and the shares that"
            " it held must be declared again, if there were any."
        ) from error


def make_records(
    solution: str, recorded_at: float, shares: Iterable[Share], flow_names: Mapping[str, str]
) -> Iterator[ShareRecord]:
    """Yield the records that hold the shares, each small enough for one note."""
    listed = sorted(shares)
    for start in range(0, len(listed), SHARES_PER_RECORD):
        part = tuple(listed[start : start + SHARES_PER_RECORD])
        names = {share.holding.flow_id: flow_names[share.holding.flow_id] for share in part}
        yield ShareRecord(str(uuid.uuid4()), solution, recorded_at, part, names)


class ShareRecords(Protocol):
    """A place for records."""

    query: Query

    def found(self, rows: Iterable[dict[str, Any]]) -> list[ShareRecord]:
        """Return all records of the environment, given the rows that ``query`` brought."""

    def save(self, records: Iterable[ShareRecord]) -> None:
        """Add records, or replace those with the same ids; raises when they are not all safely kept."""

    def remove(self, records: Iterable[ShareRecord]) -> None:
        """Remove records; those that are gone already are no error."""


def reduce(records: ShareRecords, found: Iterable[ShareRecord], masks: Mapping[Holding, int]) -> list[ShareRecord]:
    """Leave in records only the shares that have a mask, with these masks, and return what is left of the records."""
    before = list(found)
    after = [record.with_masks(masks) for record in before]
    if changed := [new for old, new in zip(before, after, strict=True) if new.shares and new != old]:
        records.save(changed)
    if done := [record for record in after if not record.shares]:
        records.remove(done)
    return [record for record in after if record.shares]


class NoteRecords:
    """Records as notes in the environment itself; who may not read notes sees none.

    Only notes that this very application made, and that nobody else changed, count: many may write notes, and what a
    record says is granted. Source: Web API, table ``annotations``, function WhoAmI.
    """

    query = Query(
        "annotations",
        "annotationid,notetext,_createdby_value,_modifiedby_value",
        [f"startswith(subject,{quote(MARK)})"],
        optional=True,
    )

    def __init__(self, client: DataverseClient, warn: Callable[[str], None]) -> None:
        self._client = client
        self._warn = warn
        self._warned: set[str] = set()

    def found(self, rows: Iterable[dict[str, Any]]) -> list[ShareRecord]:
        """Return the records in rows that ``query`` brought; who asks is looked up only when there are any."""
        return [
            _read_record(note["annotationid"], note["notetext"], f"The note {note['annotationid']}", "delete the note")
            for note in rows
            if self._is_own(note)
        ]

    def _is_own(self, note: Mapping[str, Any]) -> bool:
        if {note["_createdby_value"], note["_modifiedby_value"]} == {self._own_id}:
            return True
        note_id = note["annotationid"]
        if note_id not in self._warned:
            self._warned.add(note_id)
            self._warn(
                f"The note {note_id} looks like a record of shares, but another user than this application made or"
                " changed it, so it is ignored. Run the task as the application that began the upgrade, or delete the"
                " note."
            )
        return False

    @cached_property
    def _own_id(self) -> str:
        return str(self._client.function("WhoAmI")["UserId"])

    def save(self, records: Iterable[ShareRecord]) -> None:
        """Add notes in one request; their ids are given, so that a repeated request makes no second note."""
        notes = [
            (record.id, {"subject": f"{MARK}{record.solution}", "notetext": record.to_json()}) for record in records
        ]
        for reply in self._client.batch(
            [Operation("PATCH", f"annotations({note_id})", note, idempotent=True) for note_id, note in notes]
        ):
            if reply.error:
                raise reply.error

    def remove(self, records: Iterable[ShareRecord]) -> None:
        """Remove notes."""
        for reply in self._client.batch([Operation("DELETE", f"annotations({record.id})") for record in records]):
            if reply.error and not isinstance(reply.error, NotFoundError):
                raise reply.error


class FileRecords:
    """Records in a JSON file on the machine that runs the task, for all environments that use the file."""

    query = Query("annotations", "annotationid", [])

    def __init__(self, path: str, environment_url: str) -> None:
        self._path = Path(path)
        self._environment_url = environment_url

    def found(self, rows: Iterable[dict[str, Any]]) -> list[ShareRecord]:
        """Return the records in the file; there are no rows."""
        place, remedy = f"An entry of the file share_record_path={self._path}", "delete the file"
        return [
            _read_record(key, text, f"{place} ({key})", remedy)
            for key, text in self._content()[self._environment_url].items()
        ]

    def save(self, records: Iterable[ShareRecord]) -> None:
        """Add records to the file."""
        content = self._content()
        content[self._environment_url].update({record.id: record.to_json() for record in records})
        self._write(content)

    def remove(self, records: Iterable[ShareRecord]) -> None:
        """Remove records from the file, and the file with its last record."""
        content = self._content()
        for record in records:
            content[self._environment_url].pop(record.id, None)
        self._write(content)

    def _content(self) -> defaultdict[str, dict[str, str]]:
        try:
            text = self._path.read_text(encoding="utf-8")
            content = json.loads(text)
            if not isinstance(content, dict) or not all(isinstance(records, dict) for records in content.values()):
                raise ValueError("it holds no records of shares")
            return defaultdict(dict, content)
        except FileNotFoundError:
            return defaultdict(dict)
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"The file share_record_path={self._path} cannot be read: {error}.") from error

    def _write(self, content: Mapping[str, dict[str, str]]) -> None:
        kept = {environment: records for environment, records in content.items() if records}
        unfinished = self._path.with_name(f".{self._path.name}.{uuid.uuid4()}")
        try:
            if not kept:
                self._path.unlink(missing_ok=True)
                return
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(json.dumps(kept, ensure_ascii=False))
                file.flush()
                os.fsync(descriptor)
            unfinished.replace(self._path)
        except OSError as error:
            raise ConfigurationError(f"The file share_record_path={self._path} cannot be written: {error}.") from error
