# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cloud flows of an environment that call desktop flows.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

from collections.abc import Iterator

from .._dataverse.client import DataverseClient
from .._errors import ApiError, PowerPlatformError, TransportError
from .._packages.callers import Caller

COLUMNS = "workflowid,name,category,clientdata"
CLOUD_FLOWS = "category eq 5"
# The words of calls, so that the contents of other cloud flows need not be read. All contents hold "properties": one in
# which the environment does not find that word is kept in a form, compressed for example, that it cannot search.
CALLERS = f"{CLOUD_FLOWS} and (contains(clientdata,'RunUIFlow') or not contains(clientdata,'properties'))"
# Flows with their contents that are read together. Contents have megabytes sometimes, and kilobytes mostly.
TOGETHER = 200
REFUSALS = (400, 501)  # a condition that is not supported


def find_cloud_callers(client: DataverseClient) -> tuple[list[Caller], PowerPlatformError | None]:
    """Return the cloud flows that call desktop flows or may do so, and why that could not be told, if it could not.

    Only what is published runs, so only that is asked for. Where the contents cannot be searched, all are read, one
    page in memory at a time.
    Source: table workflow, column clientdata. Whether conditions on it are supported everywhere is not documented.
    """
    try:
        return list(_callers(client, CALLERS)), None
    except (ApiError, TransportError) as error:
        if not _is_about_searching(error):
            raise
    try:
        return list(_callers(client, CLOUD_FLOWS)), None
    except (ApiError, TransportError) as error:
        if not _is_overload(error):
            raise
        return [], error


def _callers(client: DataverseClient, condition: str) -> Iterator[Caller]:
    rows = client.list("workflows", select=COLUMNS, filter=condition, page_size=TOGETHER)
    return (caller for caller in client.read_each(Caller.from_row, rows) if caller.calls or caller.calls is None)


def _is_about_searching(error: PowerPlatformError) -> bool:
    return error.details.get("status") in REFUSALS or _is_overload(error)


def _is_overload(error: PowerPlatformError) -> bool:
    """Tell whether the environment did not get to an answer, which a search through contents may be the cause of."""
    return isinstance(error, TransportError) or int(error.details.get("status") or 0) >= 500
