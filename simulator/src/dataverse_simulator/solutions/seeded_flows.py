# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Flows written by a seed: from a few lines of YAML to the columns that Power Automate fills.

Source: project reference on sharing, 1.4 (inputs and outputs) and 5.2 to 5.5 (layout of desktop and cloud flows).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ..environments.seeding import stable_id
from ..packages.package import DESKTOP_FLOW_STUB
from ..packages.rows import PackagedRow

SCHEMAS = "https://schema.management.azure.com/providers/Microsoft.Logic/schemas"
ROBIN_TYPES = {"string": "String", "number": "Numeric", "boolean": "Bool", "array": "List", "object": "CustomObject"}
_FIXED = {
    "type": 1,
    "subprocess": False,
    "mode": 0,
    "scope": 4,
    "ondemand": False,
    "triggeroncreate": False,
    "triggerondelete": False,
    "asyncautodelete": False,
    "syncworkflowlogonfailure": False,
    "statecode": 1,
    "statuscode": 2,
    "runas": 1,
    "istransacted": True,
    "introducedversion": "1.0",
    "primaryentity": "none",
}


def flow_id(name: str) -> str:
    """Flows keep their id in every environment, so the environment is no part of it."""
    return stable_id("flow", name)


def desktop_flow(entry: Mapping[str, Any], references: Sequence[str]) -> PackagedRow:
    """`entry`: name, and optionally inputs, outputs ({name, type, optional, sensitive}), calls (flow names), script."""
    name = entry["name"]
    children = [flow_id(child) for child in entry.get("calls", ())]
    binaries = [binary.key for binary in binaries_of(name)]
    return PackagedRow(
        "workflow",
        flow_id(name),
        {
            **_FIXED,
            "workflowid": flow_id(name),
            "name": name,
            "category": 6,
            "uiflowtype": 2,
            "clientdata": DESKTOP_FLOW_STUB,
            "inputs": json.dumps(signature(entry.get("inputs", ()), is_input=True), separators=(",", ":")),
            "outputs": json.dumps(signature(entry.get("outputs", ()), is_input=False), separators=(",", ":")),
            "dependencies": json.dumps(
                {"childFlows": children, "workQueues": [], "environmentVariables": [], "requiredBinaries": binaries},
                separators=(",", ":"),
            ),
            "connectionreferences": json.dumps([{"connectionReferenceLogicalName": each} for each in references]),
            "definition": json.dumps(_script(entry, children)),
            "schemaversion": "2022.07",
            "desktopflowmodules": "[]",
            "metadata": json.dumps(
                {"clientversion": "2.52.62.25009", "isvalid": True, "schemaVersion": "ROBIN_20211012"}
            ),
        },
    )


def cloud_flow(entry: Mapping[str, Any]) -> PackagedRow:
    """`entry`: name, connection_reference, runs ({flow, inputs}), optionally environment_variable."""
    name = entry["name"]
    connection = {"connectionReferenceLogicalName": entry["connection_reference"]}
    document = {
        "properties": {
            "connectionReferences": {
                "shared_uiflow": {
                    "runtimeSource": "embedded",
                    "api": {"name": "shared_uiflow"},
                    "connection": connection,
                }
            },
            "definition": _definition(entry),
        },
        "schemaVersion": "1.0.0.0",
    }
    values = {"workflowid": flow_id(name), "name": name, "category": 5, "clientdata": json.dumps(document)}
    return PackagedRow("workflow", flow_id(name), {**_FIXED, **values})


def _definition(entry: Mapping[str, Any]) -> dict[str, Any]:
    parameters: dict[str, Any] = {
        "$connections": {"defaultValue": {}, "type": "Object"},
        "$authentication": {"defaultValue": {}, "type": "SecureObject"},
    }
    if "environment_variable" in entry:
        variable = entry["environment_variable"]
        value = {"defaultValue": "", "type": "String", "metadata": {"schemaName": variable}}
        parameters[f"{variable} ({variable})"] = value
    return {
        "$schema": f"{SCHEMAS}/2016-06-01/workflowdefinition.json#",
        "contentVersion": "1.0.0.0",
        "parameters": parameters,
        "triggers": {"manual": {"type": "Request", "kind": "Button"}},
        "actions": {"Run_a_flow_built_with_Power_Automate_for_desktop": _run_action(entry["runs"])},
    }


def _run_action(run: Mapping[str, Any]) -> dict[str, Any]:
    host = {
        "connectionName": "shared_uiflow",
        "operationId": "RunUIFlow_V2",
        "apiId": "/providers/Microsoft.PowerApps/apis/shared_uiflow",
    }
    inputs = {f"item/{name}": value for name, value in run.get("inputs", {}).items()}
    parameters = {"uiFlowId": flow_id(run["flow"]), "runMode": "unattended", **inputs}
    return {"type": "OpenApiConnection", "runAfter": {}, "inputs": {"host": host, "parameters": parameters}}


def binaries_of(name: str) -> list[PackagedRow]:
    """A manifest and a UI element repository, as every desktop flow has them."""
    return [
        _binary(name, "ManifestFile", "flow.manifest", "Desktop flow manifest"),
        _binary(name, "ControlRepository", "controlRepo.appmask", "Desktop flow ui elements"),
    ]


def signature(fields: Sequence[Mapping[str, Any]], *, is_input: bool) -> dict[str, Any]:
    """The inputs or outputs column, in the form of PAD 2.49 and later."""
    if not fields:
        return {"schema": None}
    properties = {field["name"]: _property(field, is_input) for field in fields}
    schema: dict[str, Any] = {"properties": properties, "type": "object"}
    if is_input:
        schema = {"required": [field["name"] for field in fields if not field.get("optional")], **schema}
    return {"schema": schema}


def _property(field: Mapping[str, Any], is_input: bool) -> dict[str, Any]:
    optional = {"isOptional": bool(field.get("optional"))} if is_input else {}
    return {
        **optional,
        "default": "",
        "description": field.get("description", ""),
        "format": "password" if field.get("sensitive") else None,
        "title": field["name"],
        "type": field.get("type", "string"),
        "value": None if field.get("sensitive") else "",
    }


def _script(entry: Mapping[str, Any], children: Sequence[str]) -> str:
    lines = ["@@ConnectionString: ''", "@@Type: 'Local'", "IMPORT 'controlRepo.appmask' AS appmask"]
    for keyword, fields in (("@INPUT", entry.get("inputs", ())), ("@OUTPUT", entry.get("outputs", ()))):
        for field in fields:
            optional = f", 'IsOptional': {bool(field.get('optional'))}" if keyword == "@INPUT" else ""
            lines.append(
                f"{keyword} {field['name']} : {{ 'Description': '{field.get('description', '')}', "
                f"'FriendlyName': '{field['name']}', 'Type': '{ROBIN_TYPES[field.get('type', 'string')]}'"
                f"{optional} }}"
            )
    lines += [f"External.RunFlow FlowId: '{child}'" for child in children]
    lines.append(entry.get("script", "# nothing to do"))
    return "\r\n".join(lines)


def _binary(flow: str, kind: str, reference: str, name: str) -> PackagedRow:
    key = stable_id("binary", flow, kind)
    content = json.dumps({"flow": flow, "kind": kind}).encode()
    return PackagedRow(
        "desktopflowbinary",
        key,
        {
            "desktopflowbinaryid": key,
            "process": flow_id(flow),
            "type": kind,
            "reference": reference,
            "name": name,
            "mimetype": "application/json",
            "metadata": "{}",
            "statecode": 0,
            "statuscode": 1,
            "data": content,
            "data_name": f"{kind}_{key}.json",
            "data_mimetype": "application/json",
        },
    )
