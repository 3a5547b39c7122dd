# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Solution packages: what is in the zip file that an environment exports and another one imports.

Source: layout of solution.xml, customizations.xml and Workflows/ as Dataverse writes them, see "Solution files" in
the Power Platform ALM documentation and public exports. This file is private to the collection and may change
without notice.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

from .._dataverse.odata import guid
from .._errors import UNREADABLE
from .archive import PackageArchive
from .components import (
    Component,
    ConnectionReference,
    EnvironmentVariable,
    is_component_element,
    plain_id,
    read_components,
    read_connection_references,
    read_environment_variables,
    type_number,
)
from .manifest import CUSTOMIZATIONS, VersionKey, read_manifest, version_key

CLOUD_FLOW = 5
DESKTOP_FLOW = 6

_WORKFLOW_PATH = ("ImportExportXml", "Workflows", "Workflow")
_BIG_COLUMNS = frozenset({"Definition", "ClientData", "ConnectionReferences", "DesktopFlowModules", "Metadata", "Xaml"})
_CLIENT_DATA_LIMIT = 64 * 1024 * 1024


@dataclasses.dataclass(frozen=True)
class PackagedFlow:
    """A flow of a package.

    ``id`` is the workflowid (lower case), the same in all environments. ``inputs``, ``outputs`` and ``dependencies``
    are JSON texts of desktop flows as they stand in the columns of the same names (None: the element is missing).
    """

    id: str
    name: str
    category: int
    inputs: str | None
    outputs: str | None
    dependencies: str | None
    file_name: str

    @property
    def desktop(self) -> bool:
        return self.category == DESKTOP_FLOW

    @property
    def cloud(self) -> bool:
        return self.category == CLOUD_FLOW

    @property
    def child_flows(self) -> tuple[str, ...]:
        """Ids of the desktop flows that this desktop flow calls, as its dependencies declare them."""
        return dependency_ids(self.dependencies, "childFlows")

    @property
    def work_queues(self) -> tuple[str, ...]:
        return dependency_ids(self.dependencies, "workQueues")


def dependency_ids(dependencies: str | None, key: str) -> tuple[str, ...]:
    """Return the ids that a flow's dependencies (a JSON text) list under a key; none when they cannot be read."""
    try:
        found = json.loads(dependencies or "{}").get(key)
        return tuple(str(id_).lower() for id_ in found) if isinstance(found, list) else ()
    except UNREADABLE:
        return ()


@dataclasses.dataclass(frozen=True)
class Package:
    """What a solution package holds, without its big texts.

    ``stamp`` tells the file from others, ``checksum`` is its SHA-256. ``publisher`` has ``unique_name``,
    ``friendly_name`` and ``prefix``. ``missing_dependencies`` are dicts ``{"required": {…}, "dependent": {…}}`` with
    ``type``, ``id``, ``name``, ``display_name`` and, for required ones, ``solution``, as the exporting environment
    declared them.
    """

    path: str
    stamp: tuple[int, ...]
    checksum: str
    unique_name: str
    friendly_name: str
    version: str
    managed: bool
    publisher: dict[str, str]
    flows: tuple[PackagedFlow, ...]
    connection_references: tuple[ConnectionReference, ...]
    environment_variables: tuple[EnvironmentVariable, ...]
    missing_dependencies: tuple[dict[str, dict[str, Any]], ...]
    root_components: tuple[Component, ...]
    components: tuple[Component, ...]

    @property
    def size(self) -> int:
        """The size of the file in bytes."""
        return self.stamp[2]

    @property
    def version_key(self) -> VersionKey:
        return version_key(self.version)

    @property
    def desktop_flows(self) -> tuple[PackagedFlow, ...]:
        return tuple(flow for flow in self.flows if flow.desktop)

    @property
    def cloud_flows(self) -> tuple[PackagedFlow, ...]:
        return tuple(flow for flow in self.flows if flow.cloud)

    def contents(self) -> Iterator[tuple[PackagedFlow, str]]:
        """Yield each flow with its big text, one at a time in memory.

        That is the script of a desktop flow (a JSON string, column definition) and the JSON of a cloud flow
        (column clientdata). Raises PackageError when the file is no longer the one that was read.
        """
        flows = {flow.id: flow for flow in self.flows}
        with PackageArchive(self.path) as archive:
            archive.require(self.stamp)
            for id_, text in _definitions(archive):
                yield flows[id_], text
            for flow in self.cloud_flows:
                yield flow, _client_data(archive, flow)


def read_package(path: str) -> Package:
    """Read a solution package; nothing is unpacked to disk and memory stays bounded.

    Raises PackageError when the file is missing, not a solution package, broken, or not safe to read.
    """
    with PackageArchive(path) as archive:
        stamp, checksum = archive.stamp, archive.checksum()
        manifest = read_manifest(archive)
        elements = _customizations(archive)
        flows = tuple(_flow(archive, element) for element in elements if element.tag == "Workflow")
        package = Package(
            path=path,
            stamp=stamp,
            checksum=checksum,
            **{field.name: getattr(manifest, field.name) for field in dataclasses.fields(manifest)},
            flows=flows,
            connection_references=read_connection_references(elements),
            environment_variables=read_environment_variables(archive),
            components=read_components(archive, manifest.root_components, flows, elements),
        )
        archive.require(stamp)
        return package


def _customizations(archive: PackageArchive) -> list[Element]:
    def wanted(path: tuple[str, ...]) -> bool:
        return path == _WORKFLOW_PATH or is_component_element(path)

    return list(archive.elements(CUSTOMIZATIONS, wanted, textless=_BIG_COLUMNS))


def _definitions(archive: PackageArchive) -> Iterator[tuple[str, str]]:
    others = _BIG_COLUMNS - {"Definition"}
    elements = archive.elements(CUSTOMIZATIONS, lambda path: path == _WORKFLOW_PATH, textless=others, keep_all=False)
    for element in elements:
        if (definition := element.findtext("Definition")) is not None:
            yield plain_id(element.get("WorkflowId")) or "", definition


def _client_data(archive: PackageArchive, flow: PackagedFlow) -> str:
    if flow.file_name not in archive.names:
        raise archive.error(f'lacks the content of the cloud flow "{flow.name}" ({flow.file_name})', "export it anew")
    return archive.read(flow.file_name, _CLIENT_DATA_LIMIT).decode("utf-8-sig", "replace")


def _flow(archive: PackageArchive, element: Element) -> PackagedFlow:
    id_, name = plain_id(element.get("WorkflowId")), element.get("Name", "")
    # Environments are asked for flows by this id, so that nothing else may stand there.
    if not id_ or not guid(id_):
        raise archive.error(f'holds the flow "{name}" with the id "{id_ or ""}", which is no GUID', "export it anew")
    return PackagedFlow(
        id=id_,
        name=name,
        category=type_number(element.findtext("Category")) or 0,
        inputs=element.findtext("Inputs"),
        outputs=element.findtext("Outputs"),
        dependencies=element.findtext("Dependencies"),
        file_name=element.findtext("JsonFileName", "").lstrip("/"),
    )
