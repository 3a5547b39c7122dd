# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Components that a package keeps in folders of their own: binaries of desktop flows, environment variables.

Source: layout of exported solutions: desktopflowbinaries/<id>/desktopflowbinary.xml with data/<file>, and
environmentvariabledefinitions/<schema name>/environmentvariabledefinition.xml with environmentvariablevalues.json.
"""

from __future__ import annotations

import json
import re

from lxml import etree  # type: ignore[import-untyped]

from .rows import DESKTOP_FLOW_BINARY, ENVIRONMENT_VARIABLE, PackagedRow, child, parse_xml, read_row, write_row

BINARIES = "desktopflowbinaries"
VARIABLES = "environmentvariabledefinitions"


def binary_rows(files: dict[str, bytes]) -> list[PackagedRow]:
    rows = []
    for name in [name for name in files if re.fullmatch(rf"{BINARIES}/[^/]+/desktopflowbinary\.xml", name)]:
        element = parse_xml(files.pop(name))
        row = read_row(element, DESKTOP_FLOW_BINARY)
        row.values["process"] = (element.findtext("process/workflowid") or "").strip("{}").lower()
        data = element.find("data")
        if data is not None:
            folder = name.rsplit("/", 1)[0]
            row.values["data_name"] = data.text
            row.values["data_mimetype"] = data.get("mimetype")
            row.values["data"] = files.pop(f"{folder}/data/{data.text}")
        rows.append(row)
    return rows


def binary_files(row: PackagedRow) -> dict[str, bytes]:
    element = write_row(row, DESKTOP_FLOW_BINARY)
    child(child(element, "process"), "workflowid").text = row.values["process"]
    files = {}
    folder = f"{BINARIES}/{row.key}"
    data = element.find("data")
    if row.values.get("data") is not None:
        name = row.values.get("data_name") or f"{row.values['type']}_{row.key}.json"
        if data is None:
            data = etree.Element("data")
            element.insert(0, data)
        data.text = name
        data.set("mimetype", row.values.get("data_mimetype") or row.values.get("mimetype") or "application/json")
        files[f"{folder}/data/{name}"] = row.values["data"]
    elif data is not None:
        element.remove(data)
    return {f"{folder}/desktopflowbinary.xml": bytes(etree.tostring(element, pretty_print=True)), **files}


def variable_rows(files: dict[str, bytes]) -> list[PackagedRow]:
    rows = []
    for name in [
        name for name in files if re.fullmatch(rf"{VARIABLES}/[^/]+/environmentvariabledefinition\.xml", name)
    ]:
        element = parse_xml(files.pop(name))
        row = read_row(element, ENVIRONMENT_VARIABLE)
        display_name = element.find("displayname")
        row.values["displayname"] = None if display_name is None else display_name.get("default")
        values = files.pop(name.rsplit("/", 1)[0] + "/environmentvariablevalues.json", None)
        if values is not None:
            row.values["value"] = _current_value(values)
        rows.append(row)
    return rows


def _current_value(content: bytes) -> str | None:
    """:raises ValueError: not what an export writes; several values stand in a list."""
    document = json.loads(content)
    try:
        found = document["environmentvariablevalues"]["environmentvariablevalue"]
        value = (found[0] if isinstance(found, list) else found).get("value")
    except (AttributeError, IndexError, KeyError, TypeError):
        raise ValueError("environmentvariablevalues.json holds no value.") from None
    return None if value is None else str(value)


def variable_files(row: PackagedRow) -> dict[str, bytes]:
    element = write_row(row, ENVIRONMENT_VARIABLE)
    display_name = element.find("displayname")
    if display_name is not None and row.values.get("displayname"):
        display_name.set("default", row.values["displayname"])
    folder = f"{VARIABLES}/{row.key}"
    files = {f"{folder}/environmentvariabledefinition.xml": bytes(etree.tostring(element, pretty_print=True))}
    if row.values.get("value") is not None:
        value = {"iscustomizable": "1", "value": row.values["value"]}
        document = {"environmentvariablevalues": {"environmentvariablevalue": value}}
        files[f"{folder}/environmentvariablevalues.json"] = json.dumps(document).encode()
    return files
