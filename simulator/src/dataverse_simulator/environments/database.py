# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The declared tables as SQLAlchemy tables of one shared MetaData, and connections to the file of one environment."""

from __future__ import annotations

import sqlite3
import threading
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import NullPool

from . import schema, tables
from .schema import Column, Kind

__all__ = ["create_schema", "open_connection", "sql_table", "tables"]

#: Texts compare without regard to case, in all alphabets; SQLite's own NOCASE knows A to Z only, enough for Guids.
TEXT_COLLATION = "DATAVERSE"

_TYPES: dict[Kind, sa.types.TypeEngine[Any]] = {
    Kind.GUID: sa.String(36, collation="NOCASE"),
    Kind.TEXT: sa.Text(collation=TEXT_COLLATION),
    Kind.INTEGER: sa.Integer(),
    Kind.BIG: sa.BigInteger(),
    Kind.DOUBLE: sa.Float(),
    Kind.DECIMAL: sa.Float(),
    Kind.MANAGED: sa.Boolean(),
    Kind.FLAG: sa.Boolean(),
    Kind.MOMENT: sa.String(20),
    Kind.CHOICE: sa.Integer(),
    Kind.LOOKUP: sa.String(36, collation="NOCASE"),
    Kind.FILE: sa.LargeBinary(),
    Kind.BLOB: sa.LargeBinary(),
}


def _columns(declared: Column, is_key: bool) -> list[sa.Column[object]]:
    columns: list[sa.Column[object]] = [sa.Column(declared.name, _TYPES[declared.kind], primary_key=is_key)]
    if declared.polymorphic:
        columns.append(sa.Column(f"{declared.name}type", sa.Text()))
    if declared.kind is Kind.FILE:
        columns.append(sa.Column(f"{declared.name}_name", sa.Text()))
    return columns


@cache
def metadata() -> sa.MetaData:
    result = sa.MetaData()
    for table in schema.all_tables():
        columns = [
            made
            for declared in table.columns.values()
            for made in _columns(declared, declared.name == table.primary_key)
        ]
        indexes = [sa.Index(f"ix_{table.name}_{names.replace(',', '_')}", *names.split(",")) for names in table.indexes]
        sa.Table(table.name, result, *columns, *indexes)
    return result


@cache
def sql_table(name: str) -> sa.Table:
    return metadata().tables[name]


def create_schema(connection: Connection) -> None:
    metadata().create_all(connection)


# One engine for all files: statements are compiled once for all environments, not once for each.
_opening = threading.Lock()
_path_to_open: list[Path] = []


def _connect() -> sqlite3.Connection:
    made = sqlite3.connect(_path_to_open[0], check_same_thread=False, isolation_level=None, cached_statements=64)
    made.create_collation(TEXT_COLLATION, _compare)
    return made


def _compare(left: str, right: str) -> int:
    folded, other = left.casefold(), right.casefold()
    return (folded > other) - (folded < other)


@cache
def _engine() -> Engine:
    return sa.create_engine("sqlite://", creator=_connect, poolclass=NullPool, isolation_level="AUTOCOMMIT")


def open_connection(path: Path, *, durable: bool) -> Connection:
    """A connection that may be used from any thread, one at a time.

    `durable`: a commit survives the death of the process at any moment (write-ahead log); otherwise the file lives
    only as long as the process, and speed comes first.
    """
    with _opening:
        _path_to_open[:] = [path]
        connection = _engine().connect()
    connection.exec_driver_sql(f"PRAGMA journal_mode = {'WAL' if durable else 'MEMORY'}")
    connection.exec_driver_sql(f"PRAGMA synchronous = {'NORMAL' if durable else 'OFF'}")
    connection.exec_driver_sql("PRAGMA cache_size = -1000")
    return connection
