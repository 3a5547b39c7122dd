# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small solution packages for tests, in the layout that Dataverse writes."""

from __future__ import annotations

import dataclasses
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

CONNECTOR = "/providers/Microsoft.PowerApps/apis/shared_uiflow"


def flow_id(number: int) -> str:
    """Return a workflowid that is easy to tell from others."""
    return f"{number:08d}-0000-4000-8000-000000000000"


def argument(type_: str = "string", *, optional: bool | None = False, sensitive: bool = False) -> dict[str, Any]:
    """Return one input or output as newer clients write it; ``optional=None`` as older clients do."""
    shape = {
        "default": "",
        "description": "",
        "format": "password" if sensitive else None,
        "type": type_,
        "value": None,
    }
    return shape if optional is None else {"isOptional": optional, **shape}


def schema(arguments: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the JSON text of the columns inputs and outputs; newer clients add the names that are required."""
    properties = {name: {**shape, "title": name} for name, shape in arguments.items()}
    body: dict[str, Any] = {"properties": properties, "type": "object"}
    if any("isOptional" in shape for shape in arguments.values()):
        body["required"] = [name for name, shape in arguments.items() if not shape.get("isOptional")]
    return json.dumps({"schema": body})


@dataclasses.dataclass(frozen=True)
class DesktopFlow:
    """A desktop flow to pack; ``inputs`` and ``outputs`` are JSON texts."""

    id: str
    name: str = "Shared flow"
    inputs: str = '{"schema":null}'
    outputs: str = '{"schema":null}'
    child_flows: Sequence[str] = ()
    script: str = "SET X TO 1\r\n"

    @property
    def file_name(self) -> str:
        return f"Workflows/{''.join(filter(str.isalnum, self.name))}-{self.id.upper()}.json"

    def element(self) -> str:
        dependencies = json.dumps({"childFlows": list(self.child_flows), "workQueues": []})
        references = json.dumps([{"connectionDisplayName": "maker@contoso.example", "name": "89ff8ce0"}])
        return (
            f'<Workflow WorkflowId="{{{self.id}}}" Name={quoteattr(self.name)}>'
            f"<JsonFileName>/{self.file_name}</JsonFileName><Type>1</Type><Category>6</Category>"
            f"<UIFlowType>2</UIFlowType><Inputs>{escape(self.inputs)}</Inputs>"
            f"<Outputs>{escape(self.outputs)}</Outputs><Dependencies>{dependencies}</Dependencies>"
            f"<ConnectionReferences>{references}</ConnectionReferences>"
            f"<Definition>{escape(json.dumps(self.script))}</Definition></Workflow>"
        )

    def content(self) -> str:
        return json.dumps({"properties": {"definition": {"package": ""}}, "schemaversion": "ROBIN_202208_DVRS"})


@dataclasses.dataclass(frozen=True)
class CloudFlow:
    """A cloud flow to pack; ``actions`` are those of its definition."""

    id: str
    name: str = "Cloud flow"
    actions: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def file_name(self) -> str:
        return f"Workflows/{''.join(filter(str.isalnum, self.name))}-{self.id.upper()}.json"

    def element(self) -> str:
        return (
            f'<Workflow WorkflowId="{{{self.id}}}" Name={quoteattr(self.name)}>'
            f"<JsonFileName>/{self.file_name}</JsonFileName><Type>1</Type><Category>5</Category></Workflow>"
        )

    def content(self) -> str:
        return json.dumps({"properties": {"definition": {"actions": self.actions}}, "schemaVersion": "1.0.0.0"})


def run_desktop_flow(flow: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the action of a cloud flow that runs a desktop flow."""
    parameters = {"uiFlowId": flow, "runMode": "attended", **{f"item/{k}": v for k, v in arguments.items()}}
    host = {"connectionName": "shared_uiflow", "operationId": "RunUIFlow_V2", "apiId": CONNECTOR}
    return {"type": "OpenApiConnection", "inputs": {"host": host, "parameters": parameters}}


def solution_xml(
    unique_name: str = "CoESharedFlows",
    version: str = "1.0.0.0",
    *,
    managed: bool = True,
    roots: Sequence[str] = (),
    named: Sequence[tuple[int, str]] = (),
    missing: str = "",
) -> str:
    """Return the text of solution.xml; ``roots`` are ids of flows, ``named`` other components by type and name."""
    components = "".join(f'<RootComponent type="29" id="{{{root}}}" behavior="0" />' for root in roots)
    components += "".join(f'<RootComponent type="{type_}" schemaName="{name}" behavior="0" />' for type_, name in named)
    return (
        '<ImportExportXml version="9.2"><SolutionManifest>'
        f"<UniqueName>{unique_name}</UniqueName>"
        '<LocalizedNames><LocalizedName description="CoE shared flows" languagecode="1033" /></LocalizedNames>'
        f"<Version>{version}</Version><Managed>{int(managed)}</Managed>"
        '<Publisher><UniqueName>contoso</UniqueName><LocalizedNames><LocalizedName description="Contoso" '
        'languagecode="1033" /></LocalizedNames><CustomizationPrefix>con</CustomizationPrefix></Publisher>'
        f"<RootComponents>{components}</RootComponents><MissingDependencies>{missing}</MissingDependencies>"
        "</SolutionManifest></ImportExportXml>"
    )


def package_files(
    flows: Sequence[DesktopFlow | CloudFlow] = (),
    *,
    references: Mapping[str, str] | None = None,
    variables: Mapping[str, str | None] | None = None,
    binaries: Sequence[str] = (),
    **manifest: Any,
) -> dict[str, str]:
    """Return the entries of a package by name; ``references`` maps logical names to connector ids, ``variables``
    schema names to current values, ``binaries`` are ids of desktop flow binaries."""
    rows = "".join(
        f'<connectionreference connectionreferencelogicalname="{name}"><connectorid>{connector}</connectorid>'
        f"</connectionreference>"
        for name, connector in (references or {}).items()
    )
    files = {
        "[Content_Types].xml": "<Types/>",
        "solution.xml": solution_xml(roots=[flow.id for flow in flows], **manifest),
        "customizations.xml": (
            f"<ImportExportXml><Entities/><Workflows>{''.join(flow.element() for flow in flows)}</Workflows>"
            f"<connectionreferences>{rows}</connectionreferences></ImportExportXml>"
        ),
    }
    files.update({flow.file_name: flow.content() for flow in flows})
    for name, value in (variables or {}).items():
        folder = f"environmentvariabledefinitions/{name}"
        files[f"{folder}/environmentvariabledefinition.xml"] = (
            f'<environmentvariabledefinition schemaname="{name}"><type>100000000</type></environmentvariabledefinition>'
        )
        if value is not None:
            files[f"{folder}/environmentvariablevalues.json"] = json.dumps(
                {"environmentvariablevalues": {"environmentvariablevalue": {"value": value}}}
            )
    for binary in binaries:
        files[f"desktopflowbinaries/{binary}/desktopflowbinary.xml"] = (
            f'<desktopflowbinary desktopflowbinaryid="{binary}"><type>ManifestFile</type></desktopflowbinary>'
        )
    return files


def write_package(path: Path, files: Mapping[str, str | bytes]) -> str:
    """Write entries to a zip file and return its path as text."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return str(path)
