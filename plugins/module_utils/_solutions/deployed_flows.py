# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the flows in an environment are those of a package.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from .._dataverse.batch import BatchRequest
from .._dataverse.odata import resource
from .._dataverse.rows import Row
from .._errors import UNREADABLE
from .._packages.manifest import UNMANAGED_LAYER, holding_solution
from .._packages.package import CLOUD_FLOW, Package, PackagedFlow
from .._packages.signatures import compare_signatures, parse_signature
from .._sharing.flow_rows import AS_SAVED, RUNNING, Looks, find_flow_rows

if TYPE_CHECKING:
    from .._dataverse.client import DataverseClient

# Scripts may have 16 MB each, so only some are in memory together: so many characters, judging by the package.
_TOGETHER = 8_000_000
NO_LAYERS = "Layers of flows could not be read, so that what an unmanaged layer hides is not told"


@dataclasses.dataclass(frozen=True)
class Difference:
    """A flow that is not the package's. ``layer`` is the solution whose layer lies on top, if another one's does."""

    id: str
    name: str
    parts: tuple[str, ...]
    layer: str | None

    @property
    def upper(self) -> str | None:
        """The managed solution whose layer hides the package's flow, if one does."""
        return None if self.unmanaged else self.layer

    @property
    def unmanaged(self) -> bool:
        """Whether an unmanaged layer hides the package's flow."""
        return self.layer == UNMANAGED_LAYER

    def to_result(self) -> dict[str, Any]:
        """Return the difference as modules return it."""
        return {"id": self.id, "name": self.name, "parts": list(self.parts), "layer": self.layer}

    def __str__(self) -> str:
        """Return one phrase: ``Logger (definition, hidden by an unmanaged layer)``."""
        reason = "missing" if not self.parts else " and ".join(self.parts)
        if self.unmanaged:
            reason += ", hidden by an unmanaged layer"
        elif self.layer:
            reason += f", hidden by the layer of {self.layer}"
        return f"{self.name} ({reason})"


@dataclasses.dataclass(frozen=True)
class FlowRow:
    """A row of the table workflow, with a digest instead of its big text."""

    id: str
    name: str
    category: int
    inputs: str | None
    outputs: str | None
    content: str

    @classmethod
    def from_api(cls, row: Row) -> FlowRow:
        """Return the row with its digest."""
        category = row.number("category")
        big = row.optional_text("clientdata" if category == CLOUD_FLOW else "definition")
        return cls(
            id=row.guid("workflowid"),
            name=row.text("name"),
            category=category,
            inputs=row.optional_text("inputs"),
            outputs=row.optional_text("outputs"),
            content=_fingerprint(big or "", cloud=category == CLOUD_FLOW),
        )


@dataclasses.dataclass(frozen=True)
class Counterpart:
    """A flow of a package and its row in the environment, with the big texts left out of it.

    ``parts`` are the things in which the two differ: definition, signature. ``compared`` says that the package has
    a content to compare: business rules and the like have none.
    """

    flow: PackagedFlow
    row: FlowRow
    parts: tuple[str, ...]
    compared: bool


class DeployedFlows:
    """The flows of one environment beside those of a package."""

    def __init__(self, client: DataverseClient) -> None:
        self._client = client

    def differences(self, package: Package) -> list[Difference]:
        """Return the flows of a package that the environment has otherwise, or not at all.

        Definitions are compared as JSON documents, signatures by their meaning. A cloud flow's definition may be
        completed by the platform, so a difference counts there only below an unmanaged layer.
        Source: tables workflow (definition, clientdata, inputs, outputs) and msdyn_componentlayer.
        """
        # An unmanaged import leaves drafts.
        deployed = self.counterparts(package, RUNNING if package.managed else AS_SAVED)
        found = [Difference(flow.id, flow.name, (), None) for flow in package.flows if flow.id not in deployed]
        differing = [counterpart for counterpart in deployed.values() if counterpart.parts]
        layers = self.top_layers(it.flow.id for it in differing)
        for it in differing:
            layer = layers.get(it.flow.id)
            other = layer if layer and not belongs_to(layer, package) else None
            difference = Difference(it.flow.id, it.flow.name, it.parts, other)
            if it.flow.desktop or difference.unmanaged:
                found.append(difference)
        return found

    def counterparts(self, package: Package, looks: Looks) -> dict[str, Counterpart]:
        """Return the flows of a package that the environment has, by id and in the package's order.

        ``looks`` tells whether what runs counts, or what is saved.
        The number of requests grows with the size of the flows, not with their number.
        """
        sizes, contents = dict.fromkeys((flow.id for flow in package.flows), 0), {}
        for flow, text in package.contents():
            sizes[flow.id], contents[flow.id] = len(text), _fingerprint(text, cloud=flow.cloud)
        rows = {row.id: row for ids in _pages(sizes) for row in self._rows(ids, looks)}
        return {
            flow.id: Counterpart(
                flow, rows[flow.id], _differing_parts(flow, contents.get(flow.id), rows[flow.id]), flow.id in contents
            )
            for flow in package.flows
            if flow.id in rows
        }

    def _rows(self, ids: Collection[str], looks: Looks) -> Iterator[FlowRow]:
        columns = "workflowid,name,category,definition,clientdata,inputs,outputs"
        return map(FlowRow.from_api, find_flow_rows(self._client, ids, columns, looks))

    def top_layers(self, ids: Iterable[str]) -> dict[str, str]:
        """Return the unique name of the solution whose layer lies on top of each flow, as far as it is known.

        An unmanaged layer is that of the solution ``Active``.
        """
        asked = list(ids)
        replies = self._client.batch([BatchRequest("GET", _layers_path(id)) for id in asked]) if asked else []
        layers = {}
        for id, reply in zip(asked, replies, strict=True):
            if reply.error:
                self._client.go_without(reply.error, NO_LAYERS)
            elif found := list(self._client.read_each(_layer, reply.body.rows())):
                layers[id] = max(found)[1]
        return layers


def belongs_to(layer: str, package: Package) -> bool:
    """Tell whether a layer is that of a package's solution, of its staged upgrade, or of one of its patches."""
    name = package.unique_name
    return layer in (name, holding_solution(name)) or layer.startswith(f"{name}_Patch_")


def _pages(sizes: Mapping[str, int]) -> Iterator[list[str]]:
    """Split flows, given by id with their sizes, into groups that are read together."""
    page: list[str] = []
    for id, size in sizes.items():
        if page and sum(sizes[other] for other in page) + size > _TOGETHER:
            yield page
            page = []
        page.append(id)
    if page:
        yield page


def _layers_path(id: str) -> str:
    condition = f"msdyn_componentid eq '{id}' and msdyn_solutioncomponentname eq 'Workflow'"
    return resource("msdyn_componentlayers", {"$select": "msdyn_solutionname,msdyn_order", "$filter": condition})


def _layer(row: Row) -> tuple[int, str]:
    """Return place (the higher the nearer to the top) and solution of a layer."""
    return row.number("msdyn_order"), row.text("msdyn_solutionname")


def _differing_parts(flow: PackagedFlow, content: str | None, row: FlowRow) -> tuple[str, ...]:
    parts = []
    if content is not None and content != row.content:
        parts.append("definition")
    if flow.desktop and _signature_differs(flow, row):
        parts.append("signature")
    return tuple(parts)


def _signature_differs(flow: PackagedFlow, row: FlowRow) -> bool:
    if (flow.inputs, flow.outputs) == (row.inputs, row.outputs):
        return False
    deployed = parse_signature(row.inputs, row.outputs)
    return bool(compare_signatures(deployed, parse_signature(flow.inputs, flow.outputs)))


def _fingerprint(text: str, *, cloud: bool) -> str:
    """Return a digest of what a flow does: spacing, escapes and line ends do not count."""
    try:
        document = json.loads(text)
        content = document["properties"]["definition"] if cloud else document
        told = json.dumps(content.replace("\r\n", "\n") if isinstance(content, str) else content, sort_keys=True)
    except UNREADABLE:
        told = json.dumps(text.replace("\r\n", "\n"))
    return hashlib.sha256(told.encode()).hexdigest()
