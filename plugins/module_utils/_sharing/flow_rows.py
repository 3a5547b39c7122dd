# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of the table ``workflows``: as the flows run, and what is saved of them but not published.

A flow that runs may have a draft beside it, which the header shows instead of what runs; a flow that was never
published is a draft only.
Sources: Power Automate, Work with desktop flows using code; Version control for desktop flows.
This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping, Sequence

from .._dataverse.client import DataverseClient
from .._dataverse.reading import Query, read_together
from .._dataverse.rows import Row

# Other tables may refuse the header.
DRAFTS_TOO = {"MSCRM.IncludeUnpublished": "true"}
UNPUBLISHED = 1  # a value of componentstate
Looks = Sequence[Mapping[str, str]]
"""Headers of reads, one after the other; each brings what those before did not."""
RUNNING: Looks = ({},)
RUNNING_OR_NEW: Looks = ({}, DRAFTS_TOO)
AS_SAVED: Looks = (DRAFTS_TOO,)


@dataclasses.dataclass(frozen=True)
class FlowRows:
    """The rows of flows as they run, and of flows that were never published as they are.

    ``drafts`` are the ids of running flows beside which something is saved, if the query asked for ``componentstate``.
    """

    rows: list[Row]
    drafts: frozenset[str]


def read_flow_rows(client: DataverseClient, query: Query, *others: Query) -> tuple[FlowRows, list[list[Row]]]:
    """Return the flows of a query, and the rows of other queries, all with one request as ``read_together`` does."""
    running, saved, *found = read_together(client, query, dataclasses.replace(query, headers=DRAFTS_TOO), *others)
    ids = set(map(_key, running))
    drafts = (row for row in saved if row.get("componentstate") == UNPUBLISHED and _key(row) in ids)
    new = [row for row in saved if _key(row) not in ids]
    return FlowRows([*running, *new], frozenset(row.guid("workflowid") for row in drafts)), found


def find_flow_rows(client: DataverseClient, ids: Collection[str], columns: str, looks: Looks) -> Iterator[Row]:
    """Yield the rows of flows by id, without a request where none are left to be found."""
    missing = set(ids)
    for headers in looks:
        conditions = [f"workflowid eq {id}" for id in sorted(missing)]
        for row in client.list_matching("workflows", conditions, select=columns, headers=headers):
            missing.discard(_key(row))
            yield row


def _key(row: Row) -> str:
    """Return the id in a row, whatever it is: who reads the row sees to it."""
    return str(row.get("workflowid"))
