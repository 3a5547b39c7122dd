# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of one environment. No privileges, no rules: what is asked here is done."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache, lru_cache
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any

import sqlalchemy as sa

from ..tenant.clock import Clock
from . import schema
from .database import create_schema, open_connection, sql_table

Row = dict[str, Any]

#: What privileges depend on; a change of one of these empties the store's memory of worked-out privileges.
SECURITY_TABLES = frozenset(
    {
        "systemuser",
        "team",
        "role",
        "privilege",
        "businessunit",
        "systemuserroles",
        "teamroles",
        "teammembership",
        "roleprivileges",
    }
)


def new_id() -> str:
    return str(uuid.uuid4())


class _Undo(Exception):  # noqa: N818 - nothing went wrong
    """Ends a transaction that is only for looking."""


class Store:
    """Rows by logical table and column names, as plain dictionaries.

    Values: Guids as lower-case text, moments as text (2026-01-31T12:00:00Z), choices as numbers, files as bytes.
    Not safe for concurrent use: the environment's lock is held around every use.
    """

    def __init__(self, path: Path, clock: Clock, *, durable: bool = False) -> None:
        self.path = path
        self.clock = clock
        self._durable = durable
        self.connection = open_connection(path, durable=durable)
        """For expressions of SQLAlchemy; everything simpler goes to the driver directly, which is ten times as fast."""
        self._driver: SqliteConnection = self.connection.connection.driver_connection  # type: ignore[assignment]
        self.privileges: dict[Any, Any] = {}
        """Worked-out privileges; forgotten when something they depend on changes."""
        self._security_changes = 0
        self._depth = 0
        self._version = self._stored_version()

    @classmethod
    def create(cls, path: Path, clock: Clock) -> Store:
        """A store with empty tables in a new file."""
        store = cls(path, clock)
        create_schema(store.connection)
        return store

    def close(self) -> None:
        self.connection.close()

    def save_to(self, path: Path) -> None:
        """Write a copy of everything to a new file."""
        with SqliteConnection(path) as target:
            self._driver.backup(target)
        target.close()

    def load_from(self, path: Path) -> None:
        """Replace everything by the content of a file that `save_to` wrote."""
        with SqliteConnection(path) as source:
            source.backup(self._driver)
        source.close()
        self.privileges.clear()
        self._version = self._stored_version()

    def _stored_version(self) -> int:
        return int(self._driver.execute("PRAGMA user_version").fetchone()[0])

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; may be nested (an inner one that fails undoes its own work only)."""
        name, version, security_changes = f"level{self._depth}", self._version, self._security_changes
        self._driver.execute(f"SAVEPOINT {name}" if self._depth else "BEGIN IMMEDIATE")
        self._depth += 1
        try:
            yield
        except BaseException:
            self._depth -= 1
            self._version = version
            if self._security_changes != security_changes:
                self.privileges.clear()
            if self._depth:
                self._driver.execute(f"ROLLBACK TO {name}")
                self._driver.execute(f"RELEASE {name}")  # or it would slow down all that the outer one writes
            else:
                self._driver.execute("ROLLBACK")
            raise
        self._depth -= 1
        if self._depth:
            self._driver.execute(f"RELEASE {name}")
        else:
            self._commit(version)

    @contextmanager
    def rolled_back(self) -> Iterator[None]:
        """Whatever is written in here is gone afterwards."""
        with suppress(_Undo), self.transaction():
            yield
            raise _Undo

    @contextmanager
    def one_commit(self) -> Iterator[None]:
        """Commit the transactions in here together, those before an exception too; each may still fail for itself.

        A durable store commits each at once nevertheless: that is what survives the death of the process.
        """
        if self._durable or self._depth:
            yield
            return
        version = self._version
        self._driver.execute("BEGIN IMMEDIATE")
        self._depth = 1
        try:
            yield
        finally:
            self._depth = 0
            self._commit(version)

    def _commit(self, version: int) -> None:
        """Commit the outermost transaction, which began at this version."""
        if self._version != version:
            self._driver.execute(f"PRAGMA user_version = {self._version}")
        self._driver.execute("COMMIT")

    def get(self, table: str, row_id: str, *, columns: Sequence[str] | None = None) -> Row | None:
        """The row with this primary key, or None."""
        key = schema.table(table).primary_key
        return self.first(table, columns=columns, **{key: row_id})

    def first(self, table: str, *, columns: Sequence[str] | None = None, **equals: Any) -> Row | None:
        return next(iter(self.find(table, columns=columns, **equals)), None)

    def find(self, table: str, *, columns: Sequence[str] | None = None, **equals: Any) -> list[Row]:
        """Rows whose columns equal the given values (a list means: one of), in the order they were inserted.

        `columns` limits what is read; leave the big ones (definition, clientdata, data) out where they are not needed.
        """
        shape, values = _shape(equals)
        statement, names, flags = _statement(table, tuple(columns) if columns else None, shape)
        rows = [dict(zip(names, row, strict=True)) for row in self._driver.execute(statement, values).fetchall()]
        for flag in flags:
            for row in rows:
                row[flag] = None if row[flag] is None else bool(row[flag])
        return rows

    def count(self, table: str, **equals: Any) -> int:
        shape, values = _shape(equals)
        statement = f'SELECT count(*) FROM "{table}"{_where(table, shape)}'
        return int(self._driver.execute(statement, values).fetchone()[0])

    def insert(self, table: str, values: Mapping[str, Any]) -> Row:
        """Insert a row; fills the primary key, defaults, owner columns, createdon, modifiedon and versionnumber."""
        declared = schema.table(table)
        row = dict(_empty_row(table))
        row[declared.primary_key] = new_id()
        if "createdon" in declared.columns:
            row["createdon"] = row["modifiedon"] = self.clock.text()
        row.update(values)
        if table in ("systemuser", "team"):  # both are principals, which are addressed by this name
            row["ownerid"] = row[declared.primary_key]
        self._complete(declared, row)
        self._forget_privileges(table)
        names = tuple(row)
        self._driver.execute(_insert_statement(table, names), tuple(row[name] for name in names))
        return row

    def update(self, table: str, row_id: str, changes: Mapping[str, Any]) -> None:
        """Change columns of one row; a row that is not there is left alone."""
        declared = schema.table(table)
        row = dict(changes)
        if "modifiedon" in declared.columns:
            row.setdefault("modifiedon", self.clock.text())
        self._complete(declared, row)
        self._forget_privileges(table)
        self._driver.execute(_update_statement(table, tuple(row)), (*row.values(), row_id))

    def delete(self, table: str, row_id: str) -> None:
        self._forget_privileges(table)
        where = _where(table, ((schema.table(table).primary_key, "one"),))
        self._driver.execute(f'DELETE FROM "{table}"{where}', (row_id,))

    def _forget_privileges(self, table: str) -> None:
        if table in SECURITY_TABLES:
            self._security_changes += 1
            self.privileges.clear()

    def _complete(self, declared: schema.Table, row: Row) -> None:
        if "versionnumber" in declared.columns:
            self._version += 1
            row["versionnumber"] = self._version
        if row.get("ownerid") and "owninguser" in declared.columns:
            row["owneridtype"] = row.get("owneridtype") or "systemuser"
            is_team = row["owneridtype"] == "team"
            row["owninguser"], row["owningteam"] = (None, row["ownerid"]) if is_team else (row["ownerid"], None)
            owner = self.get(row["owneridtype"], row["ownerid"])
            row["owningbusinessunit"] = owner and owner["businessunitid"]


# Statements on single tables are ready-made text: they run several times in each request, and building and compiling an
# expression for each would cost more than everything else.
Shape = tuple[tuple[str, "str | int"], ...]


def _shape(equals: Mapping[str, Any]) -> tuple[Shape, tuple[Any, ...]]:
    """Which columns are compared how ("null", "one", or a number of values), and the values."""
    values: list[Any] = []
    shape: list[tuple[str, str | int]] = []
    for name, value in equals.items():
        if isinstance(value, (list, tuple, set, frozenset)):
            shape.append((name, len(value)))
            values.extend(value)
        elif value is None:
            shape.append((name, "null"))
        else:
            shape.append((name, "one"))
            values.append(value)
    return tuple(shape), tuple(values)


@lru_cache(maxsize=2000)
def _where(table: str, shape: Shape) -> str:
    target = sql_table(table)
    words = {"null": "IS NULL", "one": "= ?"}
    conditions = [
        f'"{target.c[name].name}" {words[kind] if isinstance(kind, str) else "IN (" + ", ".join("?" * kind) + ")"}'
        for name, kind in shape
    ]
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


@lru_cache(maxsize=2000)
def _statement(table: str, columns: tuple[str, ...] | None, shape: Shape) -> tuple[str, list[str], list[str]]:
    """The query with its column names and those of them that are flags."""
    target = sql_table(table)
    names = list(columns or (column.name for column in target.c))
    flags = [name for name in names if isinstance(target.c[name].type, sa.Boolean)]
    quoted = ", ".join(f'"{name}"' for name in names)
    return f'SELECT {quoted} FROM "{table}"{_where(table, shape)} ORDER BY rowid', names, flags


@lru_cache
def _insert_statement(table: str, names: tuple[str, ...]) -> str:
    columns = ", ".join(f'"{sql_table(table).c[name].name}"' for name in names)
    return f'INSERT INTO "{table}" ({columns}) VALUES ({", ".join("?" * len(names))})'


@lru_cache
def _update_statement(table: str, names: tuple[str, ...]) -> str:
    """Changes the row with the primary key that follows the values."""
    assignments = ", ".join(f'"{sql_table(table).c[name].name}" = ?' for name in names)
    return f'UPDATE "{table}" SET {assignments}{_where(table, ((schema.table(table).primary_key, "one"),))}'


@cache
def _empty_row(table: str) -> Row:
    """Every column with its default; to be copied."""
    columns = schema.table(table).columns
    return {
        column.name: columns[column.name].default if column.name in columns else None for column in sql_table(table).c
    }
