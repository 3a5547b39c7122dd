# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shares of flows: reading them in bulk, writing changes in batches, and applying plans until they are as desired.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from .._dataverse.batch import BatchRequest
from .._dataverse.client import DataverseClient
from .._dataverse.odata import resource
from .._dataverse.reading import FORBIDDEN, Query, read_together
from .._errors import NotFoundError, PowerPlatformError
from .changes import Change, Share, ShareKey
from .permissions import from_api, to_api

ACTIONS = {"grant": "GrantAccess", "modify": "ModifyAccess", "revoke": "RevokeAccess"}
SHARE_COLUMNS = "objectid,principalid,principaltypecode,accessrightsmask,changedon"
# Rows with the mask 0 hold inherited rights only, or are left-overs of removed shares.
EXPLICIT = "objecttypecode eq 'workflow' and accessrightsmask ne 0"
# Another run may write at the same time, and an answer may be lost: read back and write what is still needed.
ROUNDS = 3
NO_EFFECT = "the environment took it but does not show it"


def shares_query(flow_ids: Collection[str]) -> Query:
    """Return the query for the explicit shares of flows. Source: Web API, table ``principalobjectaccess``."""
    conditions = [f"objectid eq {flow_id}" for flow_id in sorted(flow_ids)]
    return Query("principalobjectaccessset", SHARE_COLUMNS, conditions, also=EXPLICIT)


def read_shares(client: DataverseClient, flow_ids: Collection[str]) -> list[Share]:
    """Return the explicit shares of flows, sorted; one request, and one more for each further page of 5,000 shares.

    Who may not read the table of shares asks for the shares of each flow instead, up to 1,000 flows in a request.
    """
    return sorted(read_grants(client, flow_ids))


def read_grants(client: DataverseClient, flow_ids: Collection[str]) -> dict[Share, str]:
    """Return the explicit shares of flows as ``read_shares`` does, each with what tells its grant from a later one.

    That is row and time of the grant, or an empty text for who may not read the table of shares.
    """
    try:
        rows = read_together(client, shares_query(flow_ids))[0]
    except PowerPlatformError as error:
        if error.details.get("status") != FORBIDDEN:
            raise
        return dict.fromkeys(_read_flow_by_flow(client, flow_ids), "")
    return {
        Share(
            ShareKey(row["objectid"], row["principaltypecode"], row["principalid"]), row["accessrightsmask"]
        ): f"{row['principalobjectaccessid']} {row['changedon']}"
        for row in rows
    }


def _read_flow_by_flow(client: DataverseClient, flow_ids: Collection[str]) -> list[Share]:
    """Return the explicit shares of flows. Source: Web API function RetrieveSharedPrincipalsAndAccess, unbound."""
    listed = sorted(flow_ids)
    call = "RetrieveSharedPrincipalsAndAccess(Target=@t)"
    replies = client.batch(
        [BatchRequest("GET", resource(call, {"@t": f'{{"@odata.id":"workflows({flow_id})"}}'})) for flow_id in listed]
    )
    shares = []
    for flow_id, reply in zip(listed, replies, strict=True):
        if reply.error and not isinstance(reply.error, NotFoundError):
            raise reply.error
        shares += [_share_from_api(flow_id, access) for access in reply.body.get("PrincipalAccesses", [])]
    return [share for share in shares if share.mask]


def _share_from_api(flow_id: str, access: dict[str, Any]) -> Share:
    """Return one entry of the function's answer, which calls the id of users and teams alike ownerid."""
    principal = access["Principal"]
    table = principal["@odata.type"].rpartition(".")[2]
    principal_id = principal.get("ownerid") or principal[f"{table}id"]
    return Share(ShareKey(flow_id, table, principal_id), from_api(access["AccessMask"]))


def request_for(change: Change) -> BatchRequest:
    """Return the write of a change; sent twice it leaves the same share behind as sent once.

    Source: Web API actions GrantAccess, ModifyAccess, RevokeAccess, unbound.
    """
    key = change.key
    principal = {f"{key.table}id": key.principal_id, "@odata.type": f"Microsoft.Dynamics.CRM.{key.table}"}
    target = {"workflowid": key.flow_id, "@odata.type": "Microsoft.Dynamics.CRM.workflow"}
    if change.after:
        body = {"Target": target, "PrincipalAccess": {"Principal": principal, "AccessMask": to_api(change.after)}}
    else:
        body = {"Target": target, "Revokee": principal}
    return BatchRequest("POST", ACTIONS[change.action], body, idempotent=True)


@dataclasses.dataclass(frozen=True)
class AppliedPlan:
    """How writing went: changes ``done`` and ``failed`` (with the refusal if there was one), ``shares`` read back."""

    done: list[Change]
    failed: list[tuple[Change, PowerPlatformError | None]]
    shares: list[Share]


def write_changes(client: DataverseClient, changes: Sequence[Change]) -> dict[Change, PowerPlatformError]:
    """Write changes in batches of up to 1,000 and return those that were refused, with the refusal."""
    replies = client.batch([request_for(change) for change in changes])
    return {change: reply.error for change, reply in zip(changes, replies, strict=True) if reply.error}


def apply_plan(
    client: DataverseClient,
    flow_ids: Collection[str],
    existing: list[Share],
    plan: Callable[[Iterable[Share]], list[Change]],
) -> AppliedPlan:
    """Write what the plan asks for and read back, until it asks for nothing more or only for what was refused.

    ``plan`` is asked again with what was read back: whoever wrote at the same time, the end is as planned.
    """
    written: dict[Change, PowerPlatformError | None] = {}
    needed = plan(existing)
    for _round in range(ROUNDS):
        pending = [change for change in needed if written.get(change) is None]
        if not pending:
            break
        refusals = write_changes(client, pending)
        written.update({change: refusals.get(change) for change in pending})
        existing = read_shares(client, flow_ids)
        needed = plan(existing)
    failed = {change: written.get(change) for change in needed}
    done = {change.key: change for change in written if change not in failed}
    return AppliedPlan([done[key] for key in sorted(done)], list(failed.items()), existing)
