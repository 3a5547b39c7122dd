# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shares of flows: reading them in bulk, writing changes in batches, and applying plans until they are as desired.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial

from .._dataverse.batch import BatchRequest
from .._dataverse.client import DataverseClient
from .._dataverse.odata import resource
from .._dataverse.reading import FORBIDDEN, Query, read_together
from .._dataverse.rows import Row
from .._errors import NotFoundError, PowerPlatformError
from .changes import Change, Share, ShareKey
from .permissions import from_api, to_api

ACTIONS = {"grant": "GrantAccess", "modify": "ModifyAccess", "revoke": "RevokeAccess"}
PRINCIPAL_TABLES = {"systemuser": "systemuser", "team": "team"}
PRINCIPAL_TYPES = {f"{mark}Microsoft.Dynamics.CRM.{table}": table for mark in ("#", "") for table in PRINCIPAL_TABLES}
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


def read_shares(client: DataverseClient, flow_ids: Collection[str], *, tolerant: bool = False) -> list[Share]:
    """Return the explicit shares of flows, sorted; one request, and one more for each further page of 5,000 shares.

    Raises ``AnswerError`` for one that cannot be read; when ``tolerant``, for who only tells of shares, it is left out.
    Who may not read the table of shares asks for the shares of each flow instead, up to 1,000 flows in a request.
    """
    return sorted(read_grants(client, flow_ids, tolerant=tolerant))


def read_grants(client: DataverseClient, flow_ids: Collection[str], *, tolerant: bool = False) -> dict[Share, str]:
    """Return the explicit shares of flows as ``read_shares`` does, each with what tells its grant from a later one.

    That is row and time of the grant, or an empty text for who may not read the table of shares.
    """
    try:
        rows = read_together(client, shares_query(flow_ids))[0]
    except PowerPlatformError as error:
        if error.details.get("status") != FORBIDDEN:
            raise
        return dict.fromkeys(_read_flow_by_flow(client, flow_ids, tolerant=tolerant), "")
    return dict(client.read_each(_grant_from_api, rows, tolerant=tolerant))


def _grant_from_api(row: Row) -> tuple[Share, str]:
    row_id = row.optional_guid("principalobjectaccessid")
    return share_from_api(row), f"{row_id} {row.optional_text('changedon')}" if row_id else ""


def share_from_api(row: Row) -> Share:
    """Return the share in a row of ``principalobjectaccess``."""
    table = row.one_of("principaltypecode", PRINCIPAL_TABLES)
    return Share(ShareKey(row.guid("objectid"), table, row.guid("principalid")), row.number("accessrightsmask"))


def _read_flow_by_flow(client: DataverseClient, flow_ids: Collection[str], *, tolerant: bool) -> list[Share]:
    """Return the explicit shares of flows. Source: Web API function RetrieveSharedPrincipalsAndAccess, unbound."""
    listed = sorted(flow_ids)
    call = "RetrieveSharedPrincipalsAndAccess(Target=@t)"
    replies = client.batch(
        [BatchRequest("GET", resource(call, {"@t": f'{{"@odata.id":"workflows({flow_id})"}}'})) for flow_id in listed]
    )
    shares: list[Share] = []
    for flow_id, reply in zip(listed, replies, strict=True):
        if reply.error and not isinstance(reply.error, NotFoundError):
            raise reply.error
        rows = [] if reply.error else reply.body.rows("PrincipalAccesses")
        shares += client.read_each(partial(_share_of_flow, flow_id), rows, tolerant=tolerant)
    return [share for share in shares if share.mask]


def _share_of_flow(flow_id: str, row: Row) -> Share:
    """Return one entry of the function's answer, which calls the id of users and teams alike ownerid."""
    principal = row.row("Principal")
    table = principal.one_of("@odata.type", PRINCIPAL_TYPES)
    principal_id = principal.optional_guid("ownerid") or principal.guid(f"{table}id")
    rights = row.text("AccessMask")
    # Rights that nobody knows are rights all the same.
    if not (mask := from_api(rights)) and rights.strip() not in ("", "None"):
        raise row.odd("AccessMask", "a list of known rights")
    return Share(ShareKey(flow_id, table, principal_id), mask)


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
