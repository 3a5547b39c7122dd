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
from .changes import ShareKey
from .permissions import from_api

PRIVILEGE = re.compile(r"is missing (prv\w+) privilege")


@dataclasses.dataclass(frozen=True)
class Shortfall:
    """The rights of a share that have no effect, and the missing privilege and the reason, if the platform tells."""

    missing: int
    privilege: str | None = None
    reason: str | None = None


def find_shortfalls(client: DataverseClient, masks: Mapping[ShareKey, int]) -> dict[ShareKey, Shortfall]:
    """Return the shares whose rights are not all in effect; one read for each share, up to 1,000 in a request.

    Source: Web API function RetrievePrincipalAccess, bound to the principal. It returns effective rights, from roles,
    ownership and teams too, so it says nothing of the share itself.
    """
    replies = client.batch([_request(key) for key in masks])
    shortfalls: dict[ShareKey, Shortfall] = {}
    for (key, mask), reply in zip(masks.items(), replies, strict=True):
        if reply.error:
            privilege = PRIVILEGE.search(str(reply.error))
            shortfalls[key] = Shortfall(mask, privilege[1] if privilege else None, str(reply.error))
        elif missing := mask & ~from_api(reply.body.text("AccessRights")):
            shortfalls[key] = Shortfall(missing)
    return shortfalls


def _request(key: ShareKey) -> BatchRequest:
    call = f"{key.table}s({key.principal_id})/Microsoft.Dynamics.CRM.RetrievePrincipalAccess(Target=@tid)"
    return BatchRequest("GET", resource(call, {"@tid": f"{{'@odata.id':'workflows({key.flow_id})'}}"}))
