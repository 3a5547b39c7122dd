# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of solution components as they stand in customizations.xml, and how each element becomes a row and back.

Source: layout of exported solutions (flows, binaries, connection references, environment variables, work queues).
Elements without a column of their own stay in ``packagexml``, so that an export gives them back.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

PARSER_OPTIONS: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": True,
    "remove_blank_text": True,
}


@dataclass(frozen=True)
class PackagedRow:
    """One component of a package: the table's logical name, its key in the package and its column values.

    ``key`` is the lower-case GUID, or the name for tables that packages identify by name
    (connection references, environment variables).
    """

    table: str
    key: str
    values: dict[str, Any]


@dataclass(frozen=True)
class RowFormat:
    """How one kind of element is written: element and attribute names; ``tag -> (column, type)`` in export order."""

    table: str
    section: str
    element: str
    key_attribute: str
    key_column: str
    fields: dict[str, tuple[str, type]]
    key_is_guid: bool = True
    braces: bool = False
    attributes: dict[str, str] = field(default_factory=dict)
    template: str = ""


def _same(names: str, kind: type = str) -> dict[str, tuple[str, type]]:
    return {name: (name, kind) for name in names.split()}


WORKFLOW = RowFormat(
    table="workflow",
    section="Workflows",
    element="Workflow",
    key_attribute="WorkflowId",
    key_column="workflowid",
    braces=True,
    attributes={"Name": "name"},
    fields={
        "Type": ("type", int),
        "Subprocess": ("subprocess", bool),
        "Category": ("category", int),
        "Mode": ("mode", int),
        "Scope": ("scope", int),
        "OnDemand": ("ondemand", bool),
        "TriggerOnCreate": ("triggeroncreate", bool),
        "TriggerOnDelete": ("triggerondelete", bool),
        "AsyncAutodelete": ("asyncautodelete", bool),
        "SyncWorkflowLogOnFailure": ("syncworkflowlogonfailure", bool),
        "StateCode": ("statecode", int),
        "StatusCode": ("statuscode", int),
        "RunAs": ("runas", int),
        "IsTransacted": ("istransacted", bool),
        "IntroducedVersion": ("introducedversion", str),
        "BusinessProcessType": ("businessprocesstype", int),
        "UIFlowType": ("uiflowtype", int),
        "Metadata": ("metadata", str),
        "Inputs": ("inputs", str),
        "Outputs": ("outputs", str),
        "Dependencies": ("dependencies", str),
        "ConnectionReferences": ("connectionreferences", str),
        "Definition": ("definition", str),
        "SchemaVersion": ("schemaversion", str),
        "DesktopFlowModules": ("desktopflowmodules", str),
        "Claims": ("claims", str),
        "PrimaryEntity": ("primaryentity", str),
    },
    template="<Workflow><JsonFileName/><Type/><Subprocess/><Category/><Mode/><Scope/><OnDemand/><TriggerOnCreate/>"
    "<TriggerOnDelete/><AsyncAutodelete/><SyncWorkflowLogOnFailure/><StateCode/><StatusCode/><RunAs/>"
    "<IsTransacted/><IntroducedVersion/><IsCustomizable>1</IsCustomizable><BusinessProcessType/><UIFlowType/>"
    "<IsCustomProcessingStepAllowedForOtherPublishers>1</IsCustomProcessingStepAllowedForOtherPublishers>"
    "<Metadata/><Inputs/><Outputs/><Dependencies/><ConnectionReferences/><Definition/><SchemaVersion/>"
    "<DesktopFlowModules/><Claims/><PrimaryEntity/><LocalizedNames/></Workflow>",
)

CONNECTION_REFERENCE = RowFormat(
    table="connectionreference",
    section="connectionreferences",
    element="connectionreference",
    key_attribute="connectionreferencelogicalname",
    key_column="connectionreferencelogicalname",
    key_is_guid=False,
    fields={
        **_same("connectionreferencedisplayname connectorid description"),
        **_same("promptingbehavior statecode statuscode", int),
    },
    template="<connectionreference><connectionreferencedisplayname/><connectorid/><description/>"
    "<iscustomizable>1</iscustomizable><promptingbehavior/><statecode/><statuscode/></connectionreference>",
)

WORK_QUEUE = RowFormat(
    table="workqueue",
    section="workqueues",
    element="workqueue",
    key_attribute="workqueueid",
    key_column="workqueueid",
    fields={
        **_same("description name workqueuekey"),
        **_same(
            "inputschematype itemmaxrequeuecount itemmaxretrycount prioritytype statecode statuscode workqueuetype", int
        ),
    },
    template="<workqueue><description/><inputschematype/><iscustomizable>1</iscustomizable><itemmaxrequeuecount/>"
    "<itemmaxretrycount/><name/><prioritytype/><statecode/><statuscode/><workqueuekey/><workqueuetype/>"
    "</workqueue>",
)

DESKTOP_FLOW_BINARY = RowFormat(
    table="desktopflowbinary",
    section="",
    element="desktopflowbinary",
    key_attribute="desktopflowbinaryid",
    key_column="desktopflowbinaryid",
    fields={**_same("metadata mimetype name reference type"), **_same("statecode statuscode", int)},
    template="<desktopflowbinary><data/><iscustomizable>1</iscustomizable><metadata/><mimetype/><name/>"
    "<process><workflowid/></process><reference/><statecode/><statuscode/><type/></desktopflowbinary>",
)

ENVIRONMENT_VARIABLE = RowFormat(
    table="environmentvariabledefinition",
    section="",
    element="environmentvariabledefinition",
    key_attribute="schemaname",
    key_column="schemaname",
    key_is_guid=False,
    fields={**_same("defaultvalue introducedversion"), **_same("isrequired", bool), **_same("secretstore type", int)},
    template="<environmentvariabledefinition><defaultvalue/><displayname/><introducedversion/>"
    "<iscustomizable>1</iscustomizable><isrequired/><secretstore/><type/></environmentvariabledefinition>",
)

SECTION_FORMATS = (WORKFLOW, CONNECTION_REFERENCE, WORK_QUEUE)


def parse_xml(content: bytes) -> etree._Element:
    """The root element; a document type definition is refused as broken XML (etree.XMLSyntaxError)."""
    tree = etree.fromstring(content, etree.XMLParser(**PARSER_OPTIONS)).getroottree()
    if tree.docinfo.doctype:
        raise etree.XMLSyntaxError("document type definitions are not allowed", 0, 0, 0)
    return tree.getroot()


def to_text(element: etree._Element) -> str:
    return str(etree.tostring(element, encoding="unicode"))


def read_row(element: etree._Element, row_format: RowFormat) -> PackagedRow:
    """The row of one element; elements that have no column stay in its ``packagexml``."""
    key = element.get(row_format.key_attribute, "")
    if row_format.key_is_guid:
        key = key.strip("{}").lower()
    values: dict[str, Any] = {row_format.key_column: key, "packagexml": _template_of(element, row_format)}
    for attribute, column in row_format.attributes.items():
        values[column] = element.get(attribute)
    for tag, (column, kind) in row_format.fields.items():
        child = element.find(tag)
        values[column] = None if child is None else _read(child.text or "", kind, tag)
    return PackagedRow(row_format.table, key, values)


def write_row(row: PackagedRow, row_format: RowFormat) -> etree._Element:
    """The element of one row: its ``packagexml`` (or the kind's default), filled with the row's values."""
    element = parse_xml((row.values.get("packagexml") or row_format.template).encode())
    element.set(row_format.key_attribute, f"{{{row.key}}}" if row_format.braces else row.key)
    for attribute, column in row_format.attributes.items():
        element.set(attribute, row.values.get(column) or "")
    for tag, (column, _kind) in row_format.fields.items():
        _fill(element, tag, row.values.get(column), row_format)
    return element


def child(element: etree._Element, tag: str) -> etree._Element:
    """The child of this name, made when it is not there."""
    found = element.find(tag)
    return etree.SubElement(element, tag) if found is None else found


def _template_of(element: etree._Element, row_format: RowFormat) -> str:
    """The element without the values that live in columns."""
    template = copy.deepcopy(element)
    template.tail = None
    for tag in row_format.fields:
        child = template.find(tag)
        if child is not None:
            child.text = None
    return to_text(template)


def _fill(element: etree._Element, tag: str, value: Any, row_format: RowFormat) -> None:
    child = element.find(tag)
    if value is None:
        if child is not None:
            element.remove(child)
        return
    if child is None:
        child = etree.Element(tag)
        element.insert(_place(element, tag, row_format), child)
    child.text = str(int(value)) if isinstance(value, bool) else str(value)


def _place(element: etree._Element, tag: str, row_format: RowFormat) -> int:
    """Where a new child belongs: after the last child that stands before it in the kind's default order."""
    order = [child.tag for child in parse_xml(row_format.template.encode())]
    before = set(order[: order.index(tag)]) if tag in order else set(order)
    return max((index + 1 for index, child in enumerate(element) if child.tag in before), default=0)


def _read(text: str, kind: type, tag: str) -> Any:
    if kind is str:
        return text
    if not text.strip():
        return None
    return bool(number(text, tag)) if kind is bool else number(text, tag)


def number(text: str, tag: str) -> int:
    """:raises ValueError: not a whole number; names the element or attribute."""
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"The '{tag}' element is invalid - The value '{text}' is not a number.") from None
