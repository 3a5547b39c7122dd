# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Transactions of the store: each for itself, nested, and many with one commit."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from dataverse_simulator.environments import security
from dataverse_simulator.environments.registry import Environments
from dataverse_simulator.environments.store import Store
from dataverse_simulator.tenant.clock import Clock


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store.create(tmp_path / "environment.db", Clock())
    yield store
    store.close()


def note(store: Store, subject: str) -> int:
    """Write a note in a transaction of its own; the subject "bad" undoes it."""
    with contextlib.suppress(LookupError), store.transaction():
        row = store.insert("annotation", {"subject": subject})
        if subject == "bad":
            raise LookupError
    return int(row["versionnumber"])


def subjects(path: Path) -> list[str]:
    """What another connection sees."""
    with contextlib.closing(sqlite3.connect(path)) as other:
        return [row[0] for row in other.execute('SELECT subject FROM "annotation" ORDER BY rowid')]


def test_transactions_with_one_commit_fail_for_themselves(store: Store) -> None:
    with store.one_commit():
        versions = [note(store, subject) for subject in ("a", "bad", "bad", "b")]
        assert subjects(store.path) == []
    assert subjects(store.path) == ["a", "b"]
    assert versions[3] == versions[0] + 1


def test_what_came_before_an_exception_stays(store: Store) -> None:
    with contextlib.suppress(LookupError), store.one_commit():
        version = note(store, "a")
        raise LookupError
    assert subjects(store.path) == ["a"]
    again = Store(store.path, store.clock)
    assert note(again, "b") == version + 1
    again.close()


def test_one_commit_within_a_transaction_shares_its_fate(store: Store) -> None:
    with contextlib.suppress(LookupError), store.transaction():
        with store.one_commit():
            note(store, "a")
        raise LookupError
    assert subjects(store.path) == []


def test_a_durable_store_commits_each_at_once(tmp_path: Path) -> None:
    Store.create(tmp_path / "environment.db", Clock()).close()
    store = Store(tmp_path / "environment.db", Clock(), durable=True)
    with store.one_commit():
        note(store, "a")
        assert subjects(store.path) == ["a"]
    store.close()


def test_privileges_are_as_before_when_a_role_was_taken_in_vain(tmp_path: Path) -> None:
    environments = Environments(folder=tmp_path)
    store = environments.get("test").store
    user = next(row for row in store.find("systemuser") if row["applicationid"])
    assert security.depth(store, user, "prvReadWorkflow")
    with contextlib.suppress(LookupError), store.transaction():
        for row in store.find("systemuserroles", systemuserid=user["systemuserid"]):
            store.delete("systemuserroles", row["systemuserroleid"])
        assert not security.depth(store, user, "prvReadWorkflow")
        raise LookupError
    assert security.depth(store, user, "prvReadWorkflow")
    environments.close()
