# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading several tables with one request.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

from .._errors import ApiError, PowerPlatformError
from .batch import BatchRequest, Outcome
from .client import LONGEST_QUERY, PAGE, DataverseClient
from .odata import all_of, joined, resource
from .rows import Row

FORBIDDEN = 403


@dataclasses.dataclass(frozen=True)
class Query:
    """The rows of a table for which one of ``conditions`` holds, and ``also``.

    ``conditions`` None asks for all rows, an empty list for none. When ``optional``, a caller who lacks the privilege
    gets no rows and a warning instead of an error.
    """

    entity_set: str
    columns: str
    conditions: Sequence[str] | None
    also: str | None = None
    expand: str | None = None
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    optional: bool = False

    @property
    def requests(self) -> list[BatchRequest]:
        """The reads that bring the rows: one, or several when the conditions make too long a URL."""
        filters = [None] if self.conditions is None else joined(self.conditions, LONGEST_QUERY)
        return [
            BatchRequest("GET", self._path(all_of(text, self.also) or None), headers={**PAGE, **self.headers})
            for text in filters
        ]

    def _path(self, condition: str | None) -> str:
        options = {"$select": self.columns, "$filter": condition, "$expand": self.expand}
        return resource(self.entity_set, options)


def read_together(client: DataverseClient, *queries: Query) -> list[list[Row]]:
    """Return the rows of each query, all with one request and one more for each further page of 5,000 rows.

    A single read is a plain GET, several are one $batch. A row that meets several conditions may come twice.
    Source: Web API, Execute batch operations; Page results.
    """
    return read_beside(client, queries, [])[0]


def read_beside(
    client: DataverseClient, queries: Sequence[Query], reads: Sequence[BatchRequest]
) -> tuple[list[list[Row]], list[Outcome]]:
    """Return the rows of each query as ``read_together`` does, and what came of other reads that went out with them."""
    requests = [query.requests for query in queries]
    outcomes = _outcomes(client, [*(request for group in requests for request in group), *reads])
    found: list[list[Row]] = []
    for query, group in zip(queries, requests, strict=True):
        rows: list[Row] = []
        for request in group:
            page = next(outcomes)
            if not isinstance(page, PowerPlatformError):
                rows += client.rows(page, request.headers)
            elif not query.optional or page.details.get("status") != FORBIDDEN:
                raise page
            else:
                client.go_without(page, f"Rows of {query.entity_set} are left out, which the application may not read")
        found.append(rows)
    return found, list(outcomes)


def _outcomes(client: DataverseClient, requests: list[BatchRequest]) -> Iterator[Outcome]:
    if len(requests) == 1:
        try:
            yield client.get(requests[0].path, headers=requests[0].headers)
        except ApiError as error:
            yield error
    else:
        for reply in client.batch(requests):
            yield reply.outcome
