# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records of shares: as text, cut to the size of notes, and in files."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import subprocess
import sys
import uuid

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._clock import Clock
from ansible_collections.coe.power_platform.plugins.module_utils._errors import ConfigurationError
from ansible_collections.coe.power_platform.plugins.module_utils._files import locked
from ansible_collections.coe.power_platform.plugins.module_utils._sharing.changes import Share, ShareKey
from ansible_collections.coe.power_platform.plugins.module_utils._sharing.record_places import FileRecords
from ansible_collections.coe.power_platform.plugins.module_utils._sharing.records import ShareRecord, make_records
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.clocks import ManualClock
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.unusual_files import unusual_file

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


WORK = """
import os, signal, sys, threading, uuid
from pathlib import Path
from ansible_collections.coe.power_platform.plugins.module_utils._clock import Clock
from ansible_collections.coe.power_platform.plugins.module_utils._files import locked
from ansible_collections.coe.power_platform.plugins.module_utils._sharing.record_places import FileRecords
from ansible_collections.coe.power_platform.plugins.module_utils._sharing.records import ShareRecord

def work(environment):
    records = FileRecords(path, f"https://e{environment}.example")
    mine = [ShareRecord(str(uuid.uuid4()), "Solution", 1.0, (), {}) for dummy in range(10)]
    for record in mine:
        records.save([record])
    if {record.id for record in mine} <= {record.id for record in records.read()}:
        for record in mine[::2]:
            records.remove([record])

path = sys.argv[1]
if sys.argv[2:] == ["die"]:
    with locked(Path(path), Clock()):
        os.kill(os.getpid(), signal.SIGKILL)
threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
for thread in threads:
    thread.start()
"""


def start(path: pathlib.Path, *arguments: str) -> subprocess.Popen[bytes]:
    """Start a process in which four tasks save records for one environment each, read, and remove every other one."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen([sys.executable, "-c", WORK, str(path), *arguments], env=environment)


@pytest.mark.parametrize("alias", [False, True])
def test_tasks_at_the_same_time_lose_no_record_of_any_environment(tmp_path: pathlib.Path, alias: bool) -> None:
    path = tmp_path / "record.json"
    other = path
    if alias:
        (other := tmp_path / "alias.json").symlink_to(path)
    tasks = [start((path, other)[number % 2]) for number in range(4)]
    assert [task.wait() for task in tasks] == [0] * 4
    assert [len(FileRecords(str(path), f"https://e{number}.example").read()) for number in range(4)] == [20] * 4
    assert {one.name for one in tmp_path.iterdir()} == {"record.json"} | ({"alias.json"} if alias else set())


def test_a_task_that_is_killed_keeps_nobody_waiting(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "record.json"
    assert start(path, "die").wait() == -signal.SIGKILL
    assert list(tmp_path.iterdir()) == [tmp_path / ".record.json.lock"]
    clock = ManualClock()
    FileRecords(str(path), URL, clock).save([ShareRecord("one", "Solution", 1.0, (), {})])
    assert clock.pauses == []
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_stays_locked_is_an_error(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "record.json"
    records = FileRecords(str(path), URL, ManualClock())
    with locked(path, Clock()):
        assert records.read() == []
        with pytest.raises(ConfigurationError, match=r"share_record_path=.*/record\.json .* locked for 60 s"):
            records.save([ShareRecord("one", "Solution", 1.0, (), {})])
    records.save([ShareRecord("one", "Solution", 1.0, (), {})])
    assert len(records.read()) == 1


def test_a_file_of_an_earlier_version_is_read_and_changed(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "record.json"
    old = ShareRecord("old", "Flöws", 1.0, (), {})
    path.write_text(json.dumps({URL: {old.id: old.to_json()}}, ensure_ascii=False), encoding="utf-8")
    new = ShareRecord("new", "Lone \ud800", 2.0, (), {})
    records = FileRecords(str(path), URL)
    records.save([new])
    assert records.read() == [old, new]


@pytest.mark.parametrize("kind", ["fifo", "folder", "device", "huge", "socket"])
def test_a_record_lies_in_a_regular_file_of_bounded_size(tmp_path: pathlib.Path, kind: str) -> None:
    path = unusual_file(tmp_path, kind)
    for attempt in (FileRecords(path, URL).read, lambda: FileRecords(path, URL).save([])):
        with pytest.raises(ConfigurationError, match="share_record_path"):
            attempt()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "\xff",
        "[]",
        "5",
        "{}x",
        f'{{"{URL}": []}}',
        f'{{"{URL}": {{"one": "{{}}"}}}}',
        f'{{"{URL}": {{"one": {{}}}}}}',
        "[" * 100_000,
        json.dumps({URL: {"one": "[" * 100_000}}),
        json.dumps({URL: {"one": '{"solution": "S", "recorded_at": 1%s, "flows": {}}' % ("0" * 400)}}),
        json.dumps({URL: {"one": '{"solution": "S", "recorded_at": 1%s, "flows": {}}' % ("0" * 5000)}}),
    ],
)
def test_a_file_that_is_no_record_is_refused(tmp_path: pathlib.Path, content: str) -> None:
    path = tmp_path / "record.json"
    path.write_text(content, encoding="latin-1")
    with pytest.raises(ConfigurationError, match="share_record_path"):
        FileRecords(str(path), URL).found([])
