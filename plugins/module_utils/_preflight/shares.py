# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the environment tells of shares: all of them or not, with which rights, and what upgrades left on record.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Collection
from typing import Any

from .._dataverse.reading import read_together
from .._errors import NoMatchError
from .._sharing.changes import Share
from .._sharing.desktop_flows import DesktopFlows
from .._sharing.permissions import describe, is_usual
from .._sharing.record_places import MARK, NoteRecords
from .._sharing.share_reader import ShareReader, share_from_api, shares_query
from .._text import listed
from .checks import Check
from .least_role import GLOBAL
from .tenant import Tenant

SAMPLE = 10


def complete_shares(tenant: Tenant) -> Check:
    """Return whether both ways to read the shares of flows tell the same. Two requests, for the flow or a sample.

    Source: Web API, table ``principalobjectaccessset``, function RetrieveSharedPrincipalsAndAccess.
    """
    name = "complete_shares"
    flow_ids = [flow_of(tenant)] if tenant.flow else _sample(tenant)
    by_table, by_function = read_both_ways(tenant, flow_ids)
    hidden, surplus = by_function - by_table, by_table - by_function
    findings: dict[str, Any] = {"shares_by_table": len(by_table), "shares_by_function": len(by_function)}
    if not by_function | by_table:
        message = f"could not be told: none of the {len(flow_ids)} desktop flows looked at is shared"
        return Check(name, "unknown", message, "share a desktop flow and ask again", findings)
    findings |= {"switches": {"visible_shares": _visible(tenant) if hidden else "all"}}
    if not hidden | surplus:
        message = f"both ways tell the same: {len(by_table)} shares of {len(flow_ids)} desktop flows"
        return Check(name, "passed", message, findings=findings)
    message = f"the table of shares tells {len(by_table)}, flow by flow there are {len(by_function)}"
    remedy = "give the application user a security role that reads the Process rows of the whole organization"
    return Check(name, "failed", message, remedy, findings)


def _visible(tenant: Tenant) -> str:
    """Return by what the table of shares leaves out rows: of who may read all flows, those of others are left out."""
    return "own" if tenant.depths.get("prvreadworkflow") == GLOBAL else "by_rights"


def read_both_ways(tenant: Tenant, flow_ids: Collection[str]) -> tuple[set[Share], set[Share]]:
    """Return the shares of flows as the table tells them, and as the function does, with two requests."""
    rows = read_together(tenant.client, shares_query(flow_ids))[0]
    return set(map(share_from_api, rows)), set(ShareReader(tenant.client).ask(flow_ids))


def flow_of(tenant: Tenant) -> str:
    """Return the id of the desktop flow that the task names. Raises ``NoMatchError`` or ``AmbiguousMatchError``."""
    return DesktopFlows(tenant.client).resolve(tenant.flow or "", "desktop_flow").id


def _sample(tenant: Tenant) -> list[str]:
    """Return some desktop flows: half of them such that the table tells shares of."""
    flow_ids = {row.guid("workflowid") for row in tenant.flows}
    if not flow_ids:
        raise NoMatchError("no desktop flow is seen.")
    shared = {row.guid("objectid") for row in tenant.shares.rows()} & flow_ids
    half = sorted(shared)[: SAMPLE // 2]
    return half + sorted(flow_ids - set(half))[: SAMPLE - len(half)]


def share_masks(tenant: Tenant) -> Check:
    """Return which rights shares of flows have, and how often. No further request."""
    rows = tenant.shares.rows()
    desktop = {row.guid("workflowid") for row in tenant.flows}
    counts = {kind: Counter[int]() for kind in ("desktop flows", "other or unseen flows")}
    for row in rows:
        kind = "desktop flows" if row.guid("objectid") in desktop else "other or unseen flows"
        counts[kind][row.number("accessrightsmask")] += 1
    more = tenant.shares.get("@odata.nextLink") is not None
    findings = {
        "masks": {kind: {str(mask): count for mask, count in sorted(found.items())} for kind, found in counts.items()},
        "switches": {
            "share_rows_with_numbers": any(isinstance(row.get("objecttypecode"), int) for row in rows) if rows else None
        },
    }
    told = [f"{kind}: {_told(found)}" for kind, found in counts.items() if found]
    message = ("the first of them: " if more else "") + ("; ".join(told) or "no share is seen")
    unusual = sorted(mask for mask in counts["desktop flows"] if not is_usual(mask))
    remedy = "set user_access and co_owner_access to what is usual here before exact: true is used" if unusual else None
    return Check("share_masks", "passed", message, remedy, findings)


def _told(counts: Counter[int]) -> str:
    return listed(f"{count} {describe(mask)}" for mask, count in counts.most_common())


def share_records(tenant: Tenant) -> Check:
    """Return whether an operation left shares on record that nobody has put back yet. Source: table ``annotations``."""
    query = dataclasses.replace(NoteRecords.query, columns="annotationid,subject,_createdby_value", optional=False)
    notes = read_together(tenant.client, query)[0]
    own = [note for note in notes if note.optional_guid("_createdby_value") == tenant.client.identity.guid("UserId")]
    findings = {"share_records": len(notes), "share_records_of_others": len(notes) - len(own)}
    if not notes:
        return Check("share_records", "passed", "none is left over", findings=findings)
    solutions = sorted({(note.optional_text("subject") or "").removeprefix(MARK) for note in notes})
    who = "this application" if own else "another application"
    message = f"{len(notes)} of {who}, from operations on {listed(solutions)} that run or were interrupted"
    remedy = (
        "unless one is running, deploy or enforce again as the application that began: it puts back what is missing"
    )
    return Check("share_records", "failed", message, remedy, findings)
