# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shares of flows as they are: read in bulk, and held against what the flows themselves show.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial

from .._dataverse.batch import BatchRequest, Outcome
from .._dataverse.client import DataverseClient
from .._dataverse.odata import resource
from .._dataverse.reading import FORBIDDEN, Query, read_beside
from .._dataverse.rows import Row
from .._errors import NotFoundError, PowerPlatformError, UnavailableError
from .changes import Share, ShareKey
from .permissions import from_api

PRINCIPAL_TABLES = {"systemuser": "systemuser", "team": "team"}
PRINCIPAL_TYPES = {f"{mark}Microsoft.Dynamics.CRM.{table}": table for mark in ("#", "") for table in PRINCIPAL_TABLES}
SHARE_COLUMNS = "objectid,principalid,principaltypecode,accessrightsmask,changedon"
# Rows with the mask 0 hold inherited rights only, or are left-overs of removed shares.
EXPLICIT = "accessrightsmask ne 0"
SAMPLE = 5  # flows that are asked together with the table
DOUBTFUL = 20  # flows without any row that are asked after it; all of them when there is no row at all
UNCOMPARED = (
    "Whether the table of shares (principalobjectaccess) shows this application all shares could not be told, since the"
    " flows themselves could not be asked"
)
INCOMPLETE = (
    "The table of shares (principalobjectaccess) shows this application fewer shares than the flows themselves do, so"
    " the shares were asked for flow by flow. Give it a security role that reads all of them."
)


def shares_query(flow_ids: Collection[str]) -> Query:
    """Return the query for the explicit shares of flows. Source: Web API, table ``principalobjectaccess``."""
    conditions = [f"objectid eq {flow_id}" for flow_id in sorted(flow_ids)]
    return Query("principalobjectaccessset", SHARE_COLUMNS, conditions, also=EXPLICIT)


class ShareReader:
    """Reads the explicit shares of flows: one request, and one more for each further page of 5,000 shares.

    It is not documented whether a caller without full rights is shown all rows of the table of shares, or fewer. So the
    first read, and each one that is to ``compare``, asks some flows beside it, and when ``thorough`` those that seem to
    have no share, in a request more. Where no flow had a share yet this tells nothing, so flows are asked again when
    the table lacks what was ``written``. As soon as one shows more than the table, or it is refused, all are asked.

    Raises ``AnswerError`` for a share that cannot be read; when ``tolerant``, for who only tells of shares, it is left
    out with a warning.
    Source: Web API, table ``principalobjectaccess``; function RetrieveSharedPrincipalsAndAccess, unbound.
    """

    def __init__(self, client: DataverseClient, *, tolerant: bool = False, thorough: bool = True) -> None:
        self._client = client
        self._tolerant = tolerant
        self._thorough = thorough
        self._compared = False
        self._by_flow = False

    def read(self, flow_ids: Collection[str]) -> list[Share]:
        """Return the explicit shares of flows, sorted."""
        return sorted(self.grants(flow_ids))

    def grants(
        self, flow_ids: Collection[str], *, compare: bool = False, written: Collection[ShareKey] = ()
    ) -> dict[Share, str]:
        """Return the explicit shares of flows, each with what tells its grant from a later one.

        That is row and time of the grant, or an empty text where the flows were asked. ``written`` are shares that the
        environment took and that should show.
        """
        grants = {} if self._by_flow else self._read_table(flow_ids, compare=compare or not self._compared)
        unseen = set() if self._by_flow else set(written) - {share.key for share in grants}
        if unseen:
            self._compare(grants, flow_ids, self._ask(_spread(sorted({key.flow_id for key in unseen}))))
        return dict.fromkeys(self.ask(flow_ids), "") if self._by_flow else grants

    def ask(self, flow_ids: Collection[str]) -> list[Share]:
        """Return the explicit shares that the flows themselves show."""
        return self._shares(self._ask(flow_ids))

    def _read_table(self, flow_ids: Collection[str], *, compare: bool) -> dict[Share, str]:
        sample = _spread(sorted(flow_ids)) if compare else []
        try:
            (rows,), outcomes = read_beside(self._client, [shares_query(flow_ids)], list(map(_question, sample)))
        except PowerPlatformError as error:
            if error.details.get("status") != FORBIDDEN:
                raise
            self._by_flow = True
            return {}
        grants = dict(self._client.read_each(_grant_from_api, rows, tolerant=self._tolerant))
        if sample:
            self._compare(grants, flow_ids, dict(zip(sample, outcomes, strict=True)))
        return grants

    def _compare(self, grants: Collection[Share], flow_ids: Collection[str], asked: dict[str, Outcome]) -> None:
        """Take the table for incomplete when a flow shows a share that it lacks."""
        self._compared = True
        silent = sorted(set(flow_ids) - asked.keys() - {share.key.flow_id for share in grants})
        if self._thorough:
            asked |= self._ask(silent[:DOUBTFUL] if grants else silent)
        for refusal in asked.values():
            if isinstance(refusal, UnavailableError) and not isinstance(refusal, NotFoundError):
                self._client.go_without(refusal, UNCOMPARED)
        told = {flow_id: it for flow_id, it in asked.items() if not isinstance(it, UnavailableError)}
        shown = self._shares(told)
        if {share.key for share in shown} - {share.key for share in grants}:
            self._by_flow = True
            self._client.warn_once(INCOMPLETE)

    def _ask(self, flow_ids: Collection[str]) -> dict[str, Outcome]:
        listed = sorted(flow_ids)
        replies = self._client.batch(list(map(_question, listed)))
        return {flow_id: reply.outcome for flow_id, reply in zip(listed, replies, strict=True)}

    def _shares(self, outcomes: Mapping[str, Outcome]) -> list[Share]:
        shares: list[Share] = []
        for flow_id, outcome in outcomes.items():
            if isinstance(outcome, NotFoundError):
                continue
            if isinstance(outcome, PowerPlatformError):
                raise outcome
            rows = outcome.rows("PrincipalAccesses")
            shares += self._client.read_each(partial(_share_of_flow, flow_id), rows, tolerant=self._tolerant)
        return [share for share in shares if share.mask]


def _spread(flow_ids: list[str]) -> list[str]:
    """Return some of the flows, not all of them neighbours."""
    return flow_ids[:: max(1, -(-len(flow_ids) // SAMPLE))]


def _grant_from_api(row: Row) -> tuple[Share, str]:
    row_id = row.optional_guid("principalobjectaccessid")
    return share_from_api(row), f"{row_id} {row.optional_text('changedon')}" if row_id else ""


def share_from_api(row: Row) -> Share:
    """Return the share in a row of ``principalobjectaccess``."""
    table = row.one_of("principaltypecode", PRINCIPAL_TABLES)
    return Share(ShareKey(row.guid("objectid"), table, row.guid("principalid")), row.number("accessrightsmask"))


def _question(flow_id: str) -> BatchRequest:
    call = "RetrieveSharedPrincipalsAndAccess(Target=@t)"
    return BatchRequest("GET", resource(call, {"@t": f'{{"@odata.id":"workflows({flow_id})"}}'}))


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
