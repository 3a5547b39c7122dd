# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where records of shares are kept: as notes in the environment itself, or in a file.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import contextlib
import json
import os
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from .._clock import Clock
from .._dataverse.batch import BatchRequest
from .._dataverse.client import DataverseClient
from .._dataverse.odata import quote
from .._dataverse.reading import Query, read_together
from .._dataverse.rows import Row
from .._errors import UNREADABLE, ConfigurationError, NotFoundError
from .._files import locked, read_regular
from .records import ShareRecord, ShareRecords, read_record

MARK = "coe.power_platform shares of "


def records_of(client: DataverseClient, params: Mapping[str, Any], warn: Callable[[str], None]) -> ShareRecords:
    """Return the place of records that the options choose; ``warn`` is told of records that do not count."""
    if path := params["share_record_path"]:
        return FileRecords(path, client.environment_url, client.clock)
    return NoteRecords(client, warn)


class NoteRecords:
    """Records as notes in the environment itself, attached to nothing; who may not read notes sees none.

    ``subject`` is ``coe.power_platform shares of <solution>``, ``notetext`` the JSON of ``ShareRecord.to_json``.
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

    def read(self) -> list[ShareRecord]:
        """Return the records in the notes there are."""
        return self.found(read_together(self._client, self.query)[0])

    def found(self, rows: Iterable[Row]) -> list[ShareRecord]:
        """Return the records in rows that ``query`` brought; who asks is looked up only when there are any."""
        return [
            read_record(id, note.optional_text("notetext") or "", f"The note {id}", "delete the note")
            for note in rows
            if (id := self._own(note))
        ]

    def _own(self, note: Row) -> str | None:
        """Return the id of a note that counts, None for any other one."""
        note_id = note.guid("annotationid")
        if {note.guid("_createdby_value"), note.guid("_modifiedby_value")} == {self._client.identity.guid("UserId")}:
            return note_id
        if note_id not in self._warned:
            self._warned.add(note_id)
            self._warn(
                f"The note {note_id} looks like a record of shares, but another user than this application made or"
                " changed it, so it is ignored. Run the task as the application that began the upgrade, or delete the"
                " note."
            )
        return None

    def save(self, records: Iterable[ShareRecord]) -> None:
        """Add notes in one request; their ids are given, so that a repeated request makes no second note."""
        notes = [
            (record.id, {"subject": f"{MARK}{record.solution}", "notetext": record.to_json()}) for record in records
        ]
        for reply in self._client.batch(
            [BatchRequest("PATCH", f"annotations({note_id})", note, idempotent=True) for note_id, note in notes]
        ):
            if reply.error:
                raise reply.error

    def remove(self, records: Iterable[ShareRecord]) -> None:
        """Remove notes."""
        for reply in self._client.batch([BatchRequest("DELETE", f"annotations({record.id})") for record in records]):
            if reply.error and not isinstance(reply.error, NotFoundError):
                raise reply.error


class FileRecords:
    """Records in a JSON file on the machine that runs the task, for all environments and tasks that use the file."""

    query = Query("annotations", "annotationid", [])

    def __init__(self, path: str, environment_url: str, clock: Clock | None = None) -> None:
        self._path = Path(path)
        self._environment_url = environment_url
        self._clock = clock or Clock()

    def found(self, rows: Iterable[Row]) -> list[ShareRecord]:
        """Return the records in the file; there are no rows."""
        return self.read()

    def read(self) -> list[ShareRecord]:
        """Return the records in the file."""
        place, remedy = f"An entry of the file share_record_path={self._path}", "delete the file"
        return [
            read_record(key, text, f"{place} ({key})", remedy)
            for key, text in self._content()[self._environment_url].items()
        ]

    def save(self, records: Iterable[ShareRecord]) -> None:
        """Add records to the file."""
        with self._changed() as kept:
            kept.update({record.id: record.to_json() for record in records})

    def remove(self, records: Iterable[ShareRecord]) -> None:
        """Remove records from the file, and the file with its last record."""
        with self._changed() as kept:
            for record in records:
                kept.pop(record.id, None)

    @contextlib.contextmanager
    def _changed(self) -> Iterator[dict[str, str]]:
        """Give the environment's records to be changed, and write them before another task may read them for that."""
        try:
            # By all its names the file has one lock, and stays where it is.
            path = Path(os.path.realpath(self._path))
            with locked(path, self._clock):
                content = self._content()
                yield content[self._environment_url]
                _write(path, {environment: records for environment, records in content.items() if records})
        except OSError as error:
            raise ConfigurationError(
                f"The file share_record_path={self._path} cannot be written: {error.strerror}."
            ) from error

    def _content(self) -> defaultdict[str, dict[str, str]]:
        try:
            content = json.loads(read_regular(self._path).decode())
            if not all(isinstance(text, str) for records in content.values() for text in records.values()):
                raise ValueError("a text is expected")
            return defaultdict(dict, content)
        except FileNotFoundError:
            return defaultdict(dict)
        except (OSError, *UNREADABLE) as error:
            reason = error.strerror if isinstance(error, OSError) else "it holds no records of shares"
            raise ConfigurationError(
                f"The file share_record_path={self._path} cannot be read: {reason}; name the file of earlier runs,"
                " or one that does not exist yet."
            ) from error


def _write(path: Path, content: Mapping[str, dict[str, str]]) -> None:
    """Put content into a file in one step; without any there is no file."""
    if not content:
        path.unlink(missing_ok=True)
        return
    unfinished = path.with_name(f".{path.name}.{uuid.uuid4()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file)
        file.flush()
        os.fsync(descriptor)
    unfinished.replace(path)
