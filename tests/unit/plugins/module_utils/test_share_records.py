# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records of shares: as text, cut to the size of notes, and in files."""

from __future__ import annotations

import pathlib
import uuid

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._errors import ConfigurationError
from ansible_collections.coe.power_platform.plugins.module_utils._sharing.changes import Share, ShareKey
from ansible_collections.coe.power_platform.plugins.module_utils._sharing.record_places import FileRecords
from ansible_collections.coe.power_platform.plugins.module_utils._sharing.records import ShareRecord, make_records

NOTE_SIZE = 100_000
URL = "https://contoso.example"


def shares(count: int) -> list[Share]:
    return [Share(ShareKey(str(uuid.uuid4()), "systemuser", str(uuid.uuid4())), 851991) for dummy in range(count)]


def test_a_record_reads_back_as_it_was_written() -> None:
    flow, user, team = (str(uuid.uuid4()) for dummy in range(3))
    held = (Share(ShareKey(flow, "systemuser", user), 1), Share(ShareKey(flow, "team", team), 851991))
    record = ShareRecord("one", "Flöws", 1234.5, held, {flow: 'A "flow"'})
    assert ShareRecord.from_json("one", record.to_json()) == record


def test_every_part_fits_into_a_note_and_none_is_missing() -> None:
    held = shares(2000)
    names = {share.key.flow_id: "ß" * 100 for share in held}
    records = list(make_records("Solution", 0.0, held, names))
    assert all(len(record.to_json()) < NOTE_SIZE for record in records)
    assert sorted(share for record in records for share in record.shares) == sorted(held)
    assert list(make_records("Solution", 0.0, [], {})) == []


def test_a_file_keeps_the_records_of_several_environments_and_goes_with_the_last(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "record.json"
    here, there = FileRecords(str(path), URL), FileRecords(str(path), "https://fabrikam.example")
    held = shares(3)
    record = next(make_records("Solution", 1.0, held, {share.key.flow_id: "Flow" for share in held}))
    assert here.found([]) == []
    here.save([record])
    there.save([record])
    assert path.stat().st_mode & 0o777 == 0o600
    assert here.found([]) == there.found([]) == [record]
    here.remove([record])
    here.remove([record])
    assert (here.found([]), there.found([])) == ([], [record])
    there.remove([record])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content", ["", "{", "\xff", "[]", "{}x", f'{{"{URL}": []}}', f'{{"{URL}": {{"one": "{{}}"}}}}']
)
def test_a_file_that_is_no_record_is_refused(tmp_path: pathlib.Path, content: str) -> None:
    path = tmp_path / "record.json"
    path.write_text(content, encoding="latin-1")
    with pytest.raises(ConfigurationError, match="share_record_path"):
        FileRecords(str(path), URL).found([])
