# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The components of a solution package: what an environment will list for the solution, and what it must be given.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterable, Sequence
from typing import Protocol
from xml.etree.ElementTree import Element

from .._dataverse.odata import guid
from .._errors import UNREADABLE
from .archive import PackageArchive

# Component types that mean the same in every environment.
# Source: table solutioncomponent, column componenttype, of the Dataverse reference.
COMPONENT_TYPES = {
    1: "entity",
    2: "attribute",
    9: "optionset",
    10: "entityrelationship",
    20: "role",
    26: "savedquery",
    29: "workflow",
    59: "savedqueryvisualization",
    60: "systemform",
    61: "webresource",
    62: "sitemap",
    66: "customcontrol",
    70: "fieldsecurityprofile",
    80: "appmodule",
    91: "pluginassembly",
    92: "sdkmessageprocessingstep",
    95: "serviceendpoint",
    300: "canvasapp",
    371: "connector",
    372: "connector",
    380: "environmentvariabledefinition",
    381: "environmentvariablevalue",
    431: "attributeimageconfig",
    432: "entityimageconfig",
}
WORKFLOW_TYPE = 29
ENVIRONMENT_VARIABLE_TYPES = {
    "100000000": "string",
    "100000001": "number",
    "100000002": "boolean",
    "100000003": "json",
    "100000004": "data_source",
    "100000005": "secret",
}

# Tables whose rows travel in a folder each: desktopflowbinaries/<key>/desktopflowbinary.xml
_ROW_FILE = re.compile(r"(?P<folder>[a-z0-9_]+)/(?P<key>[^/]+)/(?P<table>[a-z0-9_]+)\.xml")
_VARIABLE_LIMIT = 16 * 1024 * 1024


def plain_id(text: str | None) -> str | None:
    """Return ``{GUID}`` in lower case without braces; None for an empty text."""
    return (text or "").strip("{} ").lower() or None


def type_number(text: str | None) -> int | None:
    """Return a small number, None for anything else."""
    return int(text) if text and text.isdecimal() and len(text) < 10 else None


class _Flow(Protocol):
    @property
    def id(self) -> str: ...

    @property
    def name(self) -> str: ...


@dataclasses.dataclass(frozen=True)
class Component:
    """One component: its table (``kind``, empty when not known), its type number where all environments agree on
    one, and its id (lower case) or else the name that identifies it."""

    kind: str
    type: int | None
    id: str | None
    name: str | None

    @classmethod
    def from_root(cls, element: Element) -> Component:
        """Read a RootComponent of solution.xml."""
        type_, told = type_number(element.get("type")), element.get("type", "")
        kind = COMPONENT_TYPES.get(type_, "") if type_ else told.lower()
        return cls(kind, type_, plain_id(element.get("id")), element.get("schemaName"))

    @classmethod
    def from_key(cls, kind: str, key: str, name: str | None = None) -> Component:
        """Make one of a table's name and the key of a row, an id or a name."""
        type_ = next((number for number, known in COMPONENT_TYPES.items() if known == kind), None)
        id_ = guid(key)
        return cls(kind, type_, id_, name if id_ else key)


@dataclasses.dataclass(frozen=True)
class ConnectionReference:
    """A connection reference: its logical name and the id of the connector that a connection must be of."""

    logical_name: str
    connector_id: str


@dataclasses.dataclass(frozen=True)
class EnvironmentVariable:
    """An environment variable definition and, when the package brings one, its current value.

    ``type`` is string, number, boolean, json, data_source or secret; values are texts.
    """

    schema_name: str
    type: str
    default_value: str | None
    value: str | None


def is_component_element(path: tuple[str, ...]) -> bool:
    """Tell whether an element of customizations.xml is a row of a table: ``<workqueues><workqueue …>``."""
    return len(path) == 3 and path[2].islower() and path[1] in (f"{path[2]}s", f"{path[2][:-1]}ies")


def read_connection_references(elements: Iterable[Element]) -> tuple[ConnectionReference, ...]:
    """Read the connection references of customizations.xml; a custom connector's id stands in an element of its own."""
    return tuple(
        ConnectionReference(
            logical_name=element.get("connectionreferencelogicalname", ""),
            connector_id=(element.findtext("connectorid") or element.findtext(".//connectorid") or "").strip(),
        )
        for element in elements
        if element.tag == "connectionreference"
    )


def read_environment_variables(archive: PackageArchive) -> tuple[EnvironmentVariable, ...]:
    """Read environmentvariabledefinitions/<name>/, the definition and the value next to it."""
    variables = []
    for name in sorted(archive.names):
        if (match := _ROW_FILE.fullmatch(name)) and match["table"] == "environmentvariabledefinition":
            for element in archive.elements(name, lambda path: len(path) == 1):
                variables.append(
                    EnvironmentVariable(
                        schema_name=element.get("schemaname", match["key"]),
                        type=ENVIRONMENT_VARIABLE_TYPES.get(element.findtext("type", "100000000"), "string"),
                        default_value=element.findtext("defaultvalue"),
                        value=_current_value(
                            archive, f"{match['folder']}/{match['key']}/environmentvariablevalues.json"
                        ),
                    )
                )
    return tuple(variables)


def _current_value(archive: PackageArchive, name: str) -> str | None:
    if name not in archive.names:
        return None
    try:
        rows = json.loads(archive.read(name, _VARIABLE_LIMIT))["environmentvariablevalues"]["environmentvariablevalue"]
        # A variable that was emptied keeps its row, without a value.
        value = (rows[0] if isinstance(rows, list) else rows).get("value")
        return None if value is None else str(value)
    except UNREADABLE:
        raise archive.error(f'holds a value that cannot be read ("{name}")', "export the solution anew") from None


def read_components(
    archive: PackageArchive, roots: Sequence[Component], flows: Iterable[_Flow], elements: Iterable[Element]
) -> tuple[Component, ...]:
    """List all components that the package names: root components, flows, and rows of tables, each once."""
    found = [Component("workflow", WORKFLOW_TYPE, flow.id, flow.name) for flow in flows]
    for element in elements:
        if element.tag != "Workflow" and element.attrib:
            found.append(Component.from_key(element.tag, next(iter(element.attrib.values())), element.findtext("name")))
    for name in archive.names:
        if match := _ROW_FILE.fullmatch(name):
            found.append(Component.from_key(match["table"], match["key"]))
    known = {(component.kind, component.id or component.name) for component in found}
    found += [root for root in roots if not root.kind or (root.kind, root.id or root.name) not in known]
    return tuple(found)
