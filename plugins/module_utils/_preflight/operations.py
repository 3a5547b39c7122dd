# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Solution operations: how the platform names them, and which are under way or only half done.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

from collections import Counter

from .._dataverse.batch import BatchRequest
from .._dataverse.odata import resource
from .._text import listed
from .checks import Check
from .tenant import RECENT, Tenant

COMPLETED = 3
HISTORY_COMPLETED = 1
KNOWN_WITH_ASYNC = "ImportSolutionAsync"  # observed; of the others nobody knows
STAGED = resource(
    "solutions", {"$select": "uniquename,version", "$filter": "endswith(uniquename,'_Upgrade') and ismanaged eq true"}
)
HISTORY = resource(
    "msdyn_solutionhistories",
    {
        "$select": "msdyn_solutionhistoryid,msdyn_name,msdyn_status,msdyn_operation,msdyn_activityid",
        "$orderby": "msdyn_starttime desc",
        "$top": RECENT,
    },
)


def operation_names(tenant: Tenant) -> Check:
    """Return the names of recent jobs, which differ in whether Async is part of them."""
    counts = Counter(row.text("messagename") for row in tenant.jobs)
    if not counts:
        return Check("operation_names", "unknown", "could not be told: no solution operation is on record")
    doubtful = [name for name in counts if name.removesuffix("Async") + "Async" != KNOWN_WITH_ASYNC]
    without = any(not name.endswith("Async") for name in doubtful) if doubtful else None
    findings = {"operation_names": dict(counts), "switches": {"job_names_without_async": without}}
    message = listed(f"{count} {name}" for name, count in counts.most_common())
    return Check("operation_names", "passed", message, findings=findings)


def running_operations(tenant: Tenant) -> Check:
    """Return what is under way or only staged. One batch. Source: tables solutions, msdyn_solutionhistories."""
    name = "running_operations"
    running = [row.text("messagename") for row in tenant.jobs if row.number("statecode") != COMPLETED]
    staged, history = tenant.client.batch([BatchRequest("GET", path) for path in (STAGED, HISTORY)])
    if staged.error:
        raise staged.error
    waiting = [f"{row.text('uniquename')} {row.text('version')}" for row in staged.body.rows()]
    entries = [] if history.error else history.body.rows()
    jobs = {row.guid("asyncoperationid") for row in tenant.jobs}
    open_entries = [row for row in entries if row.number("msdyn_status") != HISTORY_COMPLETED]
    running += [
        f"an operation on {row.optional_text('msdyn_name')}"
        for row in open_entries
        if row.optional_guid("msdyn_activityid") not in jobs
    ]
    findings = {
        "running": len(running),
        "staged": len(waiting),
        "history_readable": not history.error,
        "history_without_job": sum(row.optional_guid("msdyn_activityid") not in jobs for row in entries),
    }
    if running:
        return Check(name, "failed", f"under way: {listed(running)}", "wait for its end", findings)
    if waiting:
        remedy = "apply it with solution_promote, or remove it"
        return Check(name, "failed", f"staged: {listed(waiting)}", remedy, findings)
    doubt = "; the solution history could not be read" if history.error else ""
    return Check(name, "passed", f"nothing is under way, nothing is staged{doubt}", findings=findings)
