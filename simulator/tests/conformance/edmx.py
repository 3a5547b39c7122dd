# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The names that an EDMX document holds, each with its type, as one flat mapping that can be compared."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

EDM = "{http://docs.oasis-open.org/odata/ns/edm}"
#: Parts of the alternate keys of solution components that no client gives.
_OF_COMPONENTS = ("componentstate", "overwritetime")
_NAMESPACE = re.compile(r"\b(?:mscrm|Microsoft\.Dynamics\.CRM)\.")


def names_of(document: bytes) -> dict[str, str]:
    """Name → type: `set workflows`, `column workflow.name`, `key team`, `alternate key …`, `navigation …`, `action …`,
    `parameter …`, `answer of …`, `member …` of complex and enumeration types. Of overloads the first counts.
    """
    root = etree.fromstring(document)
    found: dict[str, str] = {}
    for name, type_name in _all(root):
        found.setdefault(name, _NAMESPACE.sub("", type_name))
    return found


def _all(root: Any) -> Iterator[tuple[str, str]]:
    for tag, names in _OF_TAG.items():
        for one in root.iter(f"{EDM}{tag}"):
            yield from names(one)


def _of_set(one: Any) -> Iterator[tuple[str, str]]:
    yield f"set {one.get('Name')}", one.get("EntityType")


def _of_enum(one: Any) -> Iterator[tuple[str, str]]:
    for member in one.iterfind(f"{EDM}Member"):
        yield f"member {one.get('Name')}.{member.get('Name')}", member.get("Value")


def _of_type(one: Any) -> Iterator[tuple[str, str]]:
    name = one.get("Name")
    yield f"type {name}", one.get("BaseType", "")
    key = [part.get("Name") for part in one.iterfind(f"{EDM}Key/{EDM}PropertyRef")]
    if key:
        yield f"key {name}", ",".join(key)
    for record in one.iterfind(f"{EDM}Annotation[@Term='Keys.AlternateKeys']/{EDM}Collection/{EDM}Record"):
        parts = {part.get("PropertyPath") for part in record.iter(f"{EDM}PropertyValue")} - {None, *_OF_COMPONENTS}
        yield f"alternate key {name}({', '.join(sorted(parts))})", ""
    for part in one.iterfind(f"{EDM}Property"):
        yield f"column {name}.{part.get('Name')}", part.get("Type")
    for part in one.iterfind(f"{EDM}NavigationProperty"):
        yield f"navigation {name}.{part.get('Name')}", part.get("Type")


def _of_operation(one: Any) -> Iterator[tuple[str, str]]:
    kind = one.tag.removeprefix(EDM).lower()
    parameters = list(one.iterfind(f"{EDM}Parameter"))
    bound = _NAMESPACE.sub("", parameters.pop(0).get("Type")) if one.get("IsBound") == "true" else ""
    name = f"{one.get('Name')}({bound})"
    answer = one.find(f"{EDM}ReturnType")
    yield f"{kind} {name}", ""
    yield f"answer of {name}", "" if answer is None else answer.get("Type")
    for part in parameters:
        optional = "" if part.get("Nullable") == "false" else "?"
        yield f"parameter {name}.{part.get('Name')}", part.get("Type") + optional


def _of_import(one: Any) -> Iterator[tuple[str, str]]:
    kind = one.tag.removeprefix(EDM).removesuffix("Import")
    yield f"import of {kind.lower()} {one.get('Name')}", one.get(kind)


_OF_TAG: dict[str, Callable[[Any], Iterator[tuple[str, str]]]] = {
    "EntitySet": _of_set,
    "EntityType": _of_type,
    "ComplexType": _of_type,
    "EnumType": _of_enum,
    "Action": _of_operation,
    "Function": _of_operation,
    "ActionImport": _of_import,
    "FunctionImport": _of_import,
}
