# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drafts of desktop flows, and how cloud flows are searched for what they call.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

from .._dataverse.batch import BatchRequest
from .._dataverse.odata import resource
from .._sharing.flow_rows import DRAFTS_TOO, UNPUBLISHED
from .._text import listed
from .checks import Check
from .tenant import Tenant

CLOUD_FLOW = "category eq 5"
OTHER_TABLES = {"connectionreferences": "connectionreferenceid", "desktopflowbinaries": "desktopflowbinaryid"}


def drafts(tenant: Tenant) -> Check:
    """Return which desktop flows have a draft beside what runs."""
    rows = tenant.flows
    found = sorted(row.text("name") for row in rows if row.optional_number("componentstate") == UNPUBLISHED)
    findings = {"desktop_flows": len(rows), "drafts": len(found)}
    if not rows:
        return Check("drafts", "unknown", "could not be told: no desktop flow is seen", findings=findings)
    if not found:
        return Check("drafts", "passed", f"none among {len(rows)} desktop flows", findings=findings)
    remedy = "publish or discard them: an export leaves drafts out, and an import over a draft may fail"
    return Check("drafts", "failed", f"not published: {listed(found)}", remedy, findings)


def drafts_of_other_tables(tenant: Tenant) -> Check:
    """Return what the header that asks for drafts does at tables without any: nothing, or an error. One batch."""
    requests = [_first(table, key, headers) for table, key in OTHER_TABLES.items() for headers in ({}, DRAFTS_TOO)]
    replies = tenant.client.batch(requests)
    refused: list[str] = []
    for table, plain, asking in zip(OTHER_TABLES, replies[::2], replies[1::2], strict=True):
        if plain.error:
            raise plain.error
        if asking.error:
            refused.append(table)
    does = f"is refused by {listed(refused)}" if refused else f"does nothing at {listed(OTHER_TABLES)}"
    findings = {"switches": {"unpublished_header_refused": bool(refused)}}
    return Check("drafts_of_other_tables", "passed", f"the header for drafts {does}", findings=findings)


def _first(
    table: str, columns: str, headers: dict[str, str] | None = None, condition: str | None = None
) -> BatchRequest:
    options = {"$select": columns, "$filter": condition, "$top": 1}
    return BatchRequest("GET", resource(table, options), headers=headers or {})


def caller_search(tenant: Tenant) -> Check:
    """Return whether the service finds cloud flows by their contents. One batch."""
    name = "caller_search"
    # Each cloud flow has a definition.
    condition = f"{CLOUD_FLOW} and contains(clientdata,'definition')"
    search, example = tenant.client.batch(
        [_first("workflows", "workflowid", condition=text) for text in (condition, CLOUD_FLOW)]
    )
    if example.error:
        raise example.error
    if not example.body.rows():
        return Check(name, "unknown", "could not be told: there is no cloud flow to be found")
    word = "refused" if search.error else "works" if search.body.rows() else "finds_nothing"
    findings = {"switches": {"clientdata_search": word}}
    if word == "works":
        return Check(name, "passed", "cloud flows are found by what they call", findings=findings)
    message = f"the search is refused: {search.error}" if search.error else "the search finds nothing"
    remedy = "nothing to be done, plans read the cloud flows themselves, which takes longer"
    return Check(name, "failed", message, remedy, findings)
