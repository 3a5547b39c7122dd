# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Web API of one environment: from a call to the records, operations and definitions it addresses."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from ..environments import drafts, schema
from ..environments.context import Context
from ..environments.schema import Table
from ..errors import DUPLICATE_RECORD, ODataError, not_found, not_modelled
from . import entity_definitions, metadata_document, records
from .addressing import find_key, key_of, key_values
from .answers import PREFIX, Answers, nothing
from .below import answer_below
from .invocation import invoke
from .messages import Answer, Call, json_answer
from .operations import find_operation
from .paths import Segment, parse_path
from .reading import require_message
from .unknowns import looks_at_drafts, refuse_user_by_id


def serve(context: Context, call: Call) -> Answer:
    """Answer one call. Everything it does belongs to the caller's transaction; errors are raised as ODataError."""
    answers = Answers(context, call)
    segments = parse_path(call.path) if call.path.strip("/") else []
    if not segments:
        return _service_document(answers)
    first, rest = segments[0], segments[1:]
    if first.name in entity_definitions.ROOTS:
        answers.require_method("GET")
        return json_answer(200, entity_definitions.answer(call.root, segments, answers.options, context.store))
    if first.name == "$metadata":
        return _metadata_document(answers)
    table = schema.table_of_set(first.name)
    if table is not None:
        with drafts.shown(context.store) if looks_at_drafts(context, table) else nullcontext():
            return _records(answers, table, first, rest)
    operation = find_operation(first.name.removeprefix(PREFIX))
    if operation is None or rest:
        raise answers.unknown(rest[0] if operation else first)
    return invoke(answers, operation, first)


def _metadata_document(answers: Answers) -> Answer:
    answers.require_method("GET")
    accepted = answers.call.headers.get("accept", "")
    if "json" in accepted and "xml" not in accepted and "*" not in accepted:
        raise not_modelled("$metadata as JSON; as XML it is there")
    return Answer(200, {"Content-Type": "application/xml", "OData-Version": "4.0"}, metadata_document.document())


def _service_document(answers: Answers) -> Answer:
    answers.require_method("GET")
    sets = [
        {"name": table.set_name, "kind": "EntitySet", "url": table.set_name}
        for table in schema.all_tables()
        if not table.internal
    ]
    return json_answer(200, {"@odata.context": f"{answers.call.root}$metadata", "value": sets})


def _records(answers: Answers, table: Table, first: Segment, rest: list[Segment]) -> Answer:
    if first.arguments is None:
        return _collection(answers, table, rest)
    if not rest:
        return _record(answers, table, first.arguments)
    row_id = key_of(answers.context, table, first.arguments, answers.options)
    return answer_below(answers, table, row_id, rest)


def _collection(answers: Answers, table: Table, rest: list[Segment]) -> Answer:
    if [segment.name for segment in rest] == ["$count"]:
        return answers.count(table)
    if rest:
        raise answers.unknown(rest[0])
    answers.require_method("GET", "POST")
    if answers.call.method == "POST":
        return _create(answers, table, answers.call.json())
    require_message(table, "RetrieveMultiple")
    return answers.page(table)


def _record(answers: Answers, table: Table, key: str) -> Answer:
    answers.require_method("GET", "PATCH", "DELETE", "PUT")
    if answers.call.method == "PATCH":
        return _upsert(answers, table, key)
    if answers.call.method == "PUT":
        raise not_modelled("PUT of a whole record; PATCH is there")
    row_id = key_of(answers.context, table, key, answers.options)
    if answers.call.method == "DELETE":
        records.delete(answers.context, table, row_id, answers.call.headers.get("if-match", ""))
        return nothing()
    require_message(table, "Retrieve")
    refuse_user_by_id(answers.context, table)
    return answers.record(table, row_id)


def _create(answers: Answers, table: Table, body: dict[str, Any], row_id: str | None = None) -> Answer:
    row = records.create(answers.context, table, body, row_id)
    location = f"{answers.call.root}{table.set_name}({row[table.primary_key]})"
    headers = {"OData-EntityId": location, "Location": location}
    return answers.representation(201, table, row[table.primary_key], headers)


def _upsert(answers: Answers, table: Table, key: str) -> Answer:
    """Update the record, or create it under this key.

    `If-Match: *` (or an etag) forbids the creation, `If-None-Match: *` the update.
    """
    values = key_values(table, key, answers.options)
    row_id = find_key(answers.context, table, values)
    exists = row_id is not None and answers.context.store.count(table.name, **{table.primary_key: row_id}) > 0
    if_match = answers.call.headers.get("if-match", "")
    if exists and answers.call.headers.get("if-none-match") == "*":
        raise ODataError(412, DUPLICATE_RECORD, "A record with matching key values already exists.")
    if not exists and if_match:
        raise not_found(table.type_name, row_id or key)
    if not exists:
        keys = {name: value for name, value in values.items() if name != table.primary_key}
        return _create(answers, table, {**keys, **answers.call.json()}, row_id)
    assert row_id is not None
    records.update(answers.context, table, row_id, answers.call.json(), if_match)
    headers = {"OData-EntityId": f"{answers.call.root}{table.set_name}({row_id})"}
    return answers.representation(200, table, row_id, headers)
