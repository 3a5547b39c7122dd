# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of action and function parameters: declared types, checked and converted before an operation sees them."""

from __future__ import annotations

import base64
import binascii
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..environments import schema


@dataclass(frozen=True)
class Parameter:
    """`type`: Edm.String, Edm.Boolean, Edm.Int32, Edm.Guid, Edm.Binary (→ bytes), "entity" (→ Entity),
    "entities" (→ list[Entity]), "texts" (→ list[str]), "complex" (→ dict) or "enum" (→ str). `edm`: the type's name in
    `$metadata`, where `type` does not say it."""

    type: str
    required: bool = False
    nullable: bool = True
    edm: str = ""

    @property
    def edm_type(self) -> str:
        return self.edm or _EDM_TYPES.get(self.type, self.type)


_EDM_TYPES = {
    "entity": "mscrm.crmbaseentity",
    "entities": "Collection(mscrm.crmbaseentity)",
    "texts": "Collection(Edm.String)",
}


def required(type_name: str, edm: str = "", *, nullable: bool = False) -> Parameter:
    """`nullable`: as `$metadata` has it, although a call without a value fails."""
    return Parameter(type_name, required=True, nullable=nullable, edm=edm)


def optional(type_name: str, edm: str = "", *, nullable: bool = True) -> Parameter:
    return Parameter(type_name, nullable=nullable, edm=edm)


@dataclass
class Entity:
    """A record given as parameter: its table, its id where one was given, and the other columns as sent."""

    table: str
    id: str | None
    values: dict[str, Any] = field(default_factory=dict)


class BadValueError(ValueError):
    """A value is not of its parameter's type; the text says what was expected."""


_REFERENCE = re.compile(r"(?:^|/)(?P<set>[A-Za-z_]\w*)\((?P<id>[0-9A-Fa-f-]{36})\)/?$")


_CANONICAL_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


def as_guid(value: Any) -> str:
    if isinstance(value, str) and _CANONICAL_GUID.fullmatch(value):
        return value
    try:
        return str(uuid.UUID(value))
    except (ValueError, AttributeError, TypeError) as error:
        raise BadValueError(f"Cannot convert the literal '{value}' to the expected type 'Edm.Guid'.") from error


def reference(text: str) -> tuple[schema.Table, str]:
    """`workflows(<guid>)`, relative or as full URL → (table, id)."""
    found = _REFERENCE.search(text)
    table = schema.table_of_set(found["set"]) if found else None
    if found is None or table is None:
        raise BadValueError(f"Resource not found for the segment '{text}'.")
    return table, as_guid(found["id"])


def as_entity(value: Any) -> Entity:
    """`{"@odata.type": "Microsoft.Dynamics.CRM.team", "teamid": …}` or `{"@odata.id": "teams(…)"}`."""
    if not isinstance(value, dict):
        raise BadValueError("An entity was expected, as a JSON object.")
    if "@odata.id" in value:
        table, row_id = reference(str(value["@odata.id"]))
        return Entity(table.name, row_id)
    type_name = str(value.get("@odata.type", "")).lstrip("#").rpartition("Microsoft.Dynamics.CRM.")[2]
    try:
        table = schema.table(type_name)
    except KeyError:
        raise BadValueError(f"A type named '{value.get('@odata.type')}' could not be resolved by the model.") from None
    columns = {name: content for name, content in value.items() if name[:1] != "@"}
    keys = ("ownerid", table.primary_key) if table.name in ("systemuser", "team") else (table.primary_key,)
    for key in keys:
        if key in columns:
            return Entity(table.name, as_guid(columns.pop(key)), columns)
    return Entity(table.name, None, columns)


def convert(parameter: Parameter, value: Any) -> Any:
    """The value as operations get it; BadValueError when it is not of the parameter's type."""
    if value is None:
        if parameter.nullable:
            return None
        raise BadValueError(
            f"A null value was found, which is not allowed for the type '{parameter.type}[Nullable=False]'."
        )
    return CONVERTERS[parameter.type](value)


def _instance(expected: type, name: str) -> Any:
    def check(value: Any) -> Any:
        if isinstance(value, expected) and not (expected is int and isinstance(value, bool)):
            return value
        raise BadValueError(f"Cannot convert the literal '{value}' to the expected type '{name}'.")

    return check


def _binary(value: Any) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, TypeError, ValueError) as error:
        raise BadValueError(
            "Cannot convert the given literal to the expected type 'Edm.Binary': it is not base64."
        ) from error


def _entities(value: Any) -> list[Entity]:
    if not isinstance(value, list):
        raise BadValueError("A collection of entities was expected, as a JSON array.")
    return [as_entity(item) for item in value]


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise BadValueError("A collection of texts was expected, as a JSON array.")
    return value


CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "Edm.String": _instance(str, "Edm.String"),
    "Edm.Boolean": _instance(bool, "Edm.Boolean"),
    "Edm.Int32": _instance(int, "Edm.Int32"),
    "Edm.Guid": as_guid,
    "Edm.Binary": _binary,
    "enum": _instance(str, "enum"),
    "complex": _instance(dict, "complex type"),
    "entity": as_entity,
    "entities": _entities,
    "texts": _texts,
}
