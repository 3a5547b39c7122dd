# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shares of flows: writing changes in batches, and applying plans until they are as desired.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Sequence

from .._dataverse.batch import BatchRequest
from .._dataverse.client import DataverseClient
from .._errors import OutcomeUnknownError, PowerPlatformError
from .changes import Change, Share
from .permissions import to_api
from .share_reader import ShareReader

ACTIONS = {"grant": "GrantAccess", "modify": "ModifyAccess", "revoke": "RevokeAccess"}
# Another run may write at the same time, and an answer may be lost: read back and write what is still needed.
ROUNDS = 3
NO_EFFECT = "the environment took it but does not show it"


def request_for(change: Change) -> BatchRequest:
    """Return the write of a change; sent twice it leaves the same share behind as sent once.

    It is written to the rows of the flow's files, too, so a batch of many may take minutes.

    Source: Web API actions GrantAccess, ModifyAccess, RevokeAccess, unbound.
    """
    key = change.key
    principal = {f"{key.table}id": key.principal_id, "@odata.type": f"Microsoft.Dynamics.CRM.{key.table}"}
    target = {"workflowid": key.flow_id, "@odata.type": "Microsoft.Dynamics.CRM.workflow"}
    if change.after:
        body = {"Target": target, "PrincipalAccess": {"Principal": principal, "AccessMask": to_api(change.after)}}
    else:
        body = {"Target": target, "Revokee": principal}
    return BatchRequest("POST", ACTIONS[change.action], body, idempotent=True, costly=True)


@dataclasses.dataclass(frozen=True)
class AppliedPlan:
    """How writing went: changes ``done`` and ``failed`` (with the refusal if there was one), ``shares`` read back."""

    done: list[Change]
    failed: list[tuple[Change, PowerPlatformError | None]]
    shares: list[Share]


def write_changes(client: DataverseClient, changes: Sequence[Change]) -> dict[Change, PowerPlatformError]:
    """Write changes in batches and return those that were refused or whose answer is lost, with the error."""
    replies = client.batch([request_for(change) for change in changes])
    return {change: reply.error for change, reply in zip(changes, replies, strict=True) if reply.error}


def _is_refused(error: PowerPlatformError | None) -> bool:
    return error is not None and not isinstance(error, OutcomeUnknownError)


def apply_plan(
    client: DataverseClient,
    reader: ShareReader,
    flow_ids: Collection[str],
    existing: list[Share],
    plan: Callable[[Iterable[Share]], list[Change]],
) -> AppliedPlan:
    """Write what the plan asks for and read back, until it asks for nothing more or only for what was refused.

    ``plan`` is asked again with what was read back: whoever wrote at the same time, the end is as planned. What an
    answer that is lost has written is read back, too, and only the rest is written again.
    """
    written: dict[Change, PowerPlatformError | None] = {}
    needed = plan(existing)
    for _round in range(ROUNDS):
        pending = [change for change in needed if not _is_refused(written.get(change))]
        if not pending:
            break
        refusals = write_changes(client, pending)
        written.update({change: refusals.get(change) for change in pending})
        granted = {change.key for change, error in written.items() if change.after and not error}
        existing = sorted(reader.grants(flow_ids, written=granted))
        needed = plan(existing)
    failed = {change: written.get(change) for change in needed}
    done = {change.key: change for change in written if change not in failed}
    return AppliedPlan([done[key] for key in sorted(done)], list(failed.items()), existing)
