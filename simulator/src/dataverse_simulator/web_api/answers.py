# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows and errors as answers to one call: pages, single records, representations, and what is not there."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from ..environments.context import Context
from ..environments.schema import Column, Table
from ..errors import SEGMENT_NOT_FOUND, UNKNOWN_PARAMETER, ODataError, not_modelled
from .fetch_xml import FetchXml
from .messages import Answer, Call, json_answer
from .operations import operation_names
from .options import KNOWN, page_size, read_query
from .paths import Segment, parse_query
from .reading import Listing, retrieve
from .representation import Renderer
from .unknowns import refuse_unpublished

PREFIX = "Microsoft.Dynamics.CRM."


class Answers:
    """Makes the answers to one call; `options` are its query options."""

    def __init__(self, context: Context, call: Call) -> None:
        self.context = context
        self.call = call
        self.options = parse_query(call.query)
        self.renderer = Renderer(context.store, call.prefer)

    def require_method(self, *methods: str) -> None:
        """405 for any other method."""
        if self.call.method not in methods:
            text = f"The requested resource does not support http method '{self.call.method}'."
            raise ODataError(405, "0x80060888", text, headers={"Allow": ", ".join(methods)})

    def unknown(self, segment: Segment) -> ODataError:
        """501 for what looks like an operation that the service may have; 404 as the service words it otherwise."""
        name = segment.name.removeprefix(PREFIX)
        like_operation = segment.name != name or segment.arguments is not None or name[:1].isupper()
        if name not in operation_names() and (like_operation or self.call.method == "POST"):
            return not_modelled(f"'{segment.name}'")
        return ODataError(404, SEGMENT_NOT_FOUND, f"Resource not found for the segment '{segment.name}'.")

    def metadata_url(self, of: str, select: list[Column] | None = None) -> str:
        names = f"({','.join(column.property_name for column in select)})" if select is not None else ""
        return f"{self.call.root}$metadata#{of}{names}"

    def page(self, table: Table, extra: list[sa.ColumnElement[bool]] | None = None) -> Answer:
        """A page of a table's rows, those that fulfil `extra`."""
        refuse_unpublished(self.context, table)
        if "fetchXml" in self.options and not extra:
            return self._fetched(table)
        query = read_query(table, self.options)
        listing = Listing(self.context, table, query, self.renderer, page_size(self.call.prefer))
        content = {
            "@odata.context": self.metadata_url(table.set_name, query.select),
            **listing.answer(self._own_url(), extra),
        }
        return json_answer(200, content, self._applied("odata.maxpagesize", "odata.include-annotations"))

    def _fetched(self, table: Table) -> Answer:
        """What FetchXML asks for, which goes with no other query option."""
        for name in self.options:
            if name != "fetchXml":
                raise ODataError(400, UNKNOWN_PARAMETER, f"The query parameter {name} is not supported")
        found = FetchXml(self.context, table, self.options["fetchXml"]).answer(self.renderer)
        content = {"@odata.context": self.metadata_url(table.set_name), **found}
        return json_answer(200, content, self._applied("odata.include-annotations"))

    def _own_url(self) -> str:
        """This call's URL without a paging cookie."""
        cookies = ("$skiptoken=", "%24skiptoken=")
        kept = "&".join(part for part in self.call.query.split("&") if part and not part.startswith(cookies))
        return f"{self.call.root}{self.call.path}{'?' if kept else ''}{kept}"

    def count(self, table: Table, extra: list[sa.ColumnElement[bool]] | None = None) -> Answer:
        """The number of rows as plain text, 5,000 at most."""
        self.require_method("GET")
        refuse_unpublished(self.context, table)
        listing = Listing(self.context, table, read_query(table, self.options), self.renderer, 1)
        text = str(min(listing.total(listing.conditions(extra)), 5000))
        return Answer(200, {"Content-Type": "text/plain", "OData-Version": "4.0"}, text.encode())

    def record(self, table: Table, row_id: str) -> Answer:
        """One record; 304 when the caller has this version already."""
        refuse_unpublished(self.context, table)
        shown, url = self._shown(table, row_id)
        etag = shown.get("@odata.etag")
        if etag and self.call.headers.get("if-none-match") == etag:
            return Answer(304, {"OData-Version": "4.0"})
        headers = {**self._applied("odata.include-annotations"), **({"ETag": etag} if etag else {})}
        return json_answer(200, {"@odata.context": url, **shown}, headers)

    def representation(self, status: int, table: Table, row_id: str, headers: dict[str, str]) -> Answer:
        """The answer to a write: the record when `Prefer: return=representation` asks for it, else 204."""
        if "return=representation" not in self.call.prefer.replace(" ", ""):
            return nothing(headers)
        shown, url = self._shown(table, row_id)
        applied = self._applied("return", "odata.include-annotations")
        return json_answer(status, {"@odata.context": url, **shown}, {**headers, **applied})

    def _shown(self, table: Table, row_id: str) -> tuple[dict[str, Any], str]:
        options = {name: value for name, value in self.options.items() if name in KNOWN or not name.startswith("@")}
        query = read_query(table, options)
        shown = retrieve(self.context, table, row_id, query, self.renderer)
        return shown, f"{self.metadata_url(table.set_name, query.select)}/$entity"

    def require_readable(self, table: Table, row_id: str) -> None:
        """404 or 403 unless the user may read the record."""
        query = read_query(table, {"$select": table.primary_key})
        retrieve(self.context, table, row_id, query, Renderer(self.context.store))

    def _applied(self, *names: str) -> dict[str, str]:
        applied = [part.strip() for part in self.call.prefer.split(",") if part.strip().startswith(names)]
        return {"Preference-Applied": ",".join(applied)} if applied else {}


def nothing(headers: dict[str, str] | None = None) -> Answer:
    """204."""
    return Answer(204, {"OData-Version": "4.0", **(headers or {})})
