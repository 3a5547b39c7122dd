# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Entra tenant: its applications with their credentials, its users and groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

FEDERATED_AUDIENCE = "api://AzureADTokenExchange"


@dataclass
class Application:
    client_id: str
    name: str
    secret: str = ""
    secret_expires: datetime | None = None
    certificate: bool = False
    """Accepts the certificate that the simulator makes at start."""
    federated_subject: str = ""
    """Accepts assertions of the simulator's federated issuer for this subject."""
    managed_identity: bool = False
    """The identity of the managed identity endpoint."""


@dataclass
class DirectoryUser:
    id: str
    upn: str
    name: str


@dataclass
class DirectoryGroup:
    id: str
    name: str
    kind: str = "security"
    members: list[str] = field(default_factory=list)
    """User principal names."""


@dataclass
class Directory:
    """Source: the tenant part of a seed file."""

    tenant_id: str
    applications: list[Application]
    users: list[DirectoryUser]
    groups: list[DirectoryGroup]

    @classmethod
    def from_seed(cls, tenant: Mapping[str, Any]) -> Directory:
        return cls(
            tenant_id=str(tenant["id"]),
            applications=[_application(entry) for entry in tenant.get("applications", ())],
            users=[DirectoryUser(**entry) for entry in tenant.get("users", ())],
            groups=[DirectoryGroup(**entry) for entry in tenant.get("groups", ())],
        )

    def application(self, client_id: str) -> Application | None:
        return next((one for one in self.applications if one.client_id == client_id.lower()), None)

    def application_named(self, name: str) -> Application:
        return next(one for one in self.applications if one.name == name)

    def managed_identity(self, client_id: str | None = None) -> Application | None:
        """The identity for the managed identity endpoint: the named one, or the only (first) one."""
        candidates = [one for one in self.applications if one.managed_identity]
        return next((one for one in candidates if client_id in (None, one.client_id)), None)

    def user(self, object_id: str) -> DirectoryUser | None:
        return next((one for one in self.users if one.id == object_id), None)

    def user_by_upn(self, upn: str) -> DirectoryUser:
        return next(one for one in self.users if one.upn == upn)

    def group(self, object_id: str) -> DirectoryGroup | None:
        return next((one for one in self.groups if one.id == object_id), None)


def _application(entry: Mapping[str, Any]) -> Application:
    values = dict(entry)
    federated = values.pop("federated", {})
    expires = values.pop("secret_expires", None)
    moment = datetime.fromisoformat(expires.replace("Z", "+00:00")) if expires else None
    return Application(**values, secret_expires=moment, federated_subject=federated.get("subject", ""))
