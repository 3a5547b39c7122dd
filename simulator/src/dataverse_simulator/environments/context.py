# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operation, a hook or a request handler knows while it works."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..tenant.clock import Clock
from . import schema, security
from .environment import Environment
from .store import Row, Store


@dataclass
class Context:
    """One request inside one environment: who asks, with which headers, and where."""

    environment: Environment
    user: Row
    """The systemuser row the request runs as (the impersonated one, when impersonation is asked for)."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Request headers, names in lower case."""
    method: str = "GET"
    """Method of the request."""
    bound: Row | None = None
    """The row a bound operation was called on."""

    @property
    def store(self) -> Store:
        return self.environment.store

    @property
    def clock(self) -> Clock:
        return self.environment.clock

    @property
    def user_id(self) -> str:
        return str(self.user["systemuserid"])

    def insert(self, table: str, values: Mapping[str, Any]) -> Row:
        """Store a row as made by this user (owner unless one is given, createdby, modifiedby); no privilege check."""
        declared = schema.table(table)
        row: Row = {}
        if "createdby" in declared.columns:
            row["createdby"] = row["modifiedby"] = self.user_id
        if declared.ownership is schema.Ownership.USER:
            row["ownerid"], row["owneridtype"] = self.user_id, "systemuser"
        return self.store.insert(table, {**row, **values})

    def update(self, table: str, row_id: str, changes: Mapping[str, Any]) -> None:
        """Change a row as this user (modifiedby); no privilege check."""
        changed_by = {"modifiedby": self.user_id} if "modifiedby" in schema.table(table).columns else {}
        self.store.update(table, row_id, {**changed_by, **changes})

    def require_privilege(self, name: str) -> None:
        """403 0x80040220 with the service's text when the privilege is missing."""
        security.require(self.store, self.user, name)

    def represent(self, table: str, row: Row) -> dict[str, Any]:
        """The row as JSON members of an answer (no annotations, no etag): lookups as `_x_value`, internals left out."""
        return {
            name: row.get(column.name)
            for name, column in schema.table(table).properties.items()
            if column.kind is not schema.Kind.FILE
        }
