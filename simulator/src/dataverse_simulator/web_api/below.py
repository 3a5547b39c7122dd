# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is addressed below a record: properties, related records, references, bound operations."""

from __future__ import annotations

from base64 import b64encode

import sqlalchemy as sa

from ..environments import schema, security
from ..environments.database import sql_table
from ..environments.schema import Column, Kind, Table
from ..errors import ODataError, invalid_query, not_modelled
from . import associations, records
from .addressing import key_of
from .answers import PREFIX, Answers, nothing
from .filters import related
from .invocation import invoke
from .messages import Answer, json_answer
from .operations import find_operation
from .options import read_query
from .paths import Segment
from .reading import Listing, belonging, require_message
from .representation import managed_property


def answer_below(answers: Answers, table: Table, row_id: str, rest: list[Segment]) -> Answer:
    """`rest`: the segments after the record."""
    first, tail = rest[0], [segment.name for segment in rest[1:]]
    name = first.name
    if name.startswith(PREFIX):
        return _bound_operation(answers, table, row_id, first, tail)
    if tail == ["$ref"]:
        return _reference(answers, table, row_id, first)
    if first.arguments is None and name in table.properties and tail in ([], ["$value"]):
        return _property(answers, table, row_id, table.properties[name], bool(tail))
    if first.arguments is None and name in table.navigations and not tail:
        return _single(answers, table, row_id, table.navigations[name])
    if first.arguments is None and related(table, name) is not None and tail in ([], ["$count"]):
        return _collection(answers, table, row_id, name, bool(tail))
    raise answers.unknown(first)


def _bound_operation(answers: Answers, table: Table, row_id: str, segment: Segment, tail: list[str]) -> Answer:
    operation = find_operation(segment.name.removeprefix(PREFIX), table.name)
    if operation is None or tail:
        raise answers.unknown(segment)
    answers.context.bound = records.existing(answers.context, table, row_id)
    return invoke(answers, operation, segment)


def _property(answers: Answers, table: Table, row_id: str, column: Column, raw: bool) -> Answer:
    """`raw`: the bare value (`/$value`)."""
    if answers.call.method in ("PUT", "DELETE") and not raw:
        value = answers.call.json().get("value") if answers.call.method == "PUT" else None
        records.update(answers.context, table, row_id, {column.property_name: value})
        return nothing()
    if answers.call.method == "PATCH" and column.kind is Kind.FILE and not raw:
        return _upload(answers, table, row_id, column)
    answers.require_method("GET")
    require_message(table, "Retrieve")
    answers.require_readable(table, row_id)
    source = sql_table(table.name).c
    statement = sa.select(source[column.name]).where(source[table.primary_key] == row_id)
    content = answers.context.store.connection.execute(statement).scalar_one()
    if content is None:
        return nothing()
    if column.kind in (Kind.FILE, Kind.BLOB):
        return Answer(200, {"Content-Type": "application/octet-stream", "OData-Version": "4.0"}, content)
    if raw:
        text = str(content).lower() if isinstance(content, bool) else str(content)
        return Answer(200, {"Content-Type": "text/plain; charset=utf-8", "OData-Version": "4.0"}, text.encode())
    url = answers.metadata_url(f"{table.set_name}({row_id})/{column.property_name}")
    if column.kind is Kind.MANAGED:
        return json_answer(200, {"@odata.context": url, **(managed_property(content) or {})})
    return json_answer(200, {"@odata.context": url, "value": content})


def _upload(answers: Answers, table: Table, row_id: str, column: Column) -> Answer:
    """A file in one request. Source: Web API, "Use file column data"."""
    headers = answers.call.headers
    if "x-ms-transfer-mode" in headers:
        raise not_modelled("uploading a file in chunks")
    if "octet-stream" not in headers.get("content-type", ""):
        raise ODataError(415, "0x80060888", "A file is sent with the Content-Type application/octet-stream.")
    records.update(answers.context, table, row_id, {column.property_name: b64encode(answers.call.body).decode()})
    name = headers.get("x-ms-file-name", column.name)
    answers.context.store.update(table.name, row_id, {f"{column.name}_name": name})
    return nothing()


def _single(answers: Answers, table: Table, row_id: str, column: Column) -> Answer:
    """The one record a lookup refers to."""
    answers.require_method("GET")
    context = answers.context
    row = records.existing(context, table, row_id)
    security.require_right(context.store, context.user, "Read", table, row)
    if not row[column.name]:
        return nothing()
    target = schema.table(row[f"{column.name}type"] if column.polymorphic else column.targets[0])
    return answers.record(target, row[column.name])


def _collection(answers: Answers, table: Table, row_id: str, navigation: str, count: bool) -> Answer:
    answers.require_method("GET")
    answers.require_readable(table, row_id)
    other, belongs = belonging(table, row_id, navigation)
    return answers.count(other, [belongs]) if count else answers.page(other, [belongs])


def _reference(answers: Answers, table: Table, row_id: str, segment: Segment) -> Answer:
    answers.require_method("GET", "POST", "PUT", "DELETE")
    name, context = segment.name, answers.context
    if answers.call.method == "POST":
        associations.associate(context, table, row_id, name, answers.call.json())
    elif answers.call.method == "PUT":
        associations.set_reference(context, table, row_id, name, answers.call.json())
    elif answers.call.method == "DELETE":
        _remove_reference(answers, table, row_id, segment)
    else:
        return _list_references(answers, table, row_id, segment)
    return nothing()


def _remove_reference(answers: Answers, table: Table, row_id: str, segment: Segment) -> None:
    if segment.name in table.navigations:
        records.update(answers.context, table, row_id, {segment.name: None})
        return
    found = related(table, segment.name)
    if found is None:
        raise answers.unknown(segment)
    other_id = _other_id(answers, found[0], segment)
    associations.disassociate(answers.context, table, row_id, segment.name, other_id)


def _other_id(answers: Answers, other: Table, segment: Segment) -> str:
    """The record to unlink: `…/teamroles_association(<id>)/$ref` or `…/teamroles_association/$ref?$id=<url>`."""
    if segment.arguments is not None:
        return key_of(answers.context, other, segment.arguments, answers.options)
    reference = answers.options.get("$id")
    if not reference:
        raise invalid_query("The record to disassociate has to be given as key or as '$id'.")
    return records.referenced(answers.context, reference)[1]


def _list_references(answers: Answers, table: Table, row_id: str, segment: Segment) -> Answer:
    if related(table, segment.name) is None:
        raise answers.unknown(segment)
    other, belongs = belonging(table, row_id, segment.name)
    listing = Listing(answers.context, other, read_query(other, answers.options), answers.renderer, 5000)
    rows = listing.answer("", [belongs])["value"]
    references = [{"@odata.id": f"{answers.call.root}{other.set_name}({row[other.primary_key]})"} for row in rows]
    return json_answer(200, {"@odata.context": answers.metadata_url("Collection($ref)"), "value": references})
