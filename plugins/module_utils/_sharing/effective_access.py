# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What principals may really do with flows: a share gives nothing to whom a security role denies the table.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping

from .._dataverse.batch import BatchRequest
from .._dataverse.client import DataverseClient
from .._dataverse.odata import resource
from .._errors import PowerPlatformError, UnavailableError
from .changes import ShareKey
from .permissions import from_api

_TOO_MANY = 429
PRIVILEGE = re.compile(r"is missing (prv\w+) privilege")
# Whom a refusal speaks of: the principal who was asked about, or the caller.
SUBJECT = re.compile(r"(?:Principal \w+ \(Id=|The user with id )([0-9a-f-]{36})", re.IGNORECASE)


@dataclasses.dataclass(frozen=True)
class Shortfall:
    """The rights of a share that have no effect, and the missing privilege, if the platform tells."""

    missing: int
    privilege: str | None = None


def find_shortfalls(
    client: DataverseClient, masks: Mapping[ShareKey, int]
) -> tuple[dict[ShareKey, Shortfall], dict[ShareKey, PowerPlatformError]]:
    """Return the shares whose rights are not all in effect, and those of which it could not be told, with the reason.

    One read for each share, many in a request. Raises the error that says that the request itself is wrong.

    Source: Web API function RetrievePrincipalAccess, bound to the principal. It returns effective rights, from roles,
    ownership and teams too, so it says nothing of the share itself.
    """
    replies = client.batch([_request(key) for key in masks])
    shortfalls: dict[ShareKey, Shortfall] = {}
    unchecked: dict[ShareKey, PowerPlatformError] = {}
    for (key, mask), reply in zip(masks.items(), replies, strict=True):
        if reply.error is None:
            if missing := mask & ~from_api(reply.body.text("AccessRights")):
                shortfalls[key] = Shortfall(missing)
        elif _denies_all(reply.error, key.principal_id):
            privilege = PRIVILEGE.search(str(reply.error))
            shortfalls[key] = Shortfall(mask, privilege[1] if privilege else None)
        elif isinstance(reply.error, UnavailableError) or reply.status == _TOO_MANY or reply.status >= 500:
            unchecked[key] = reply.error
        else:
            raise reply.error
    return shortfalls, unchecked


def _denies_all(error: PowerPlatformError, principal_id: str) -> bool:
    """Tell whether a refusal (403) is that of the principal itself and not that of the caller who asks."""
    subject = SUBJECT.search(str(error))
    return isinstance(error, UnavailableError) and subject is not None and subject[1].lower() == principal_id


def _request(key: ShareKey) -> BatchRequest:
    call = f"{key.table}s({key.principal_id})/Microsoft.Dynamics.CRM.RetrievePrincipalAccess(Target=@tid)"
    return BatchRequest("GET", resource(call, {"@tid": f"{{'@odata.id':'workflows({key.flow_id})'}}"}))
