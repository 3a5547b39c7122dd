# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The components of the solution that a package replaces: their names, their shares, and what depends on them.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from .._dataverse.batch import Operation
from .._dataverse.client import DataverseClient
from .._dataverse.odata import function_call
from .._dataverse.reading import Query, read_together
from .._packages.package import Package
from .._sharing.desktop_flows import DRAFTS_TOO
from .._sharing.permissions import is_usual, to_api, word_of
from .._sharing.principals import Principals
from .._sharing.shares import shares_query
from .._solutions.component_names import component_kinds, component_names
from .environment import Dependent, DeployedComponent, DeployedFlow, FlowShare

# Set, key and naming column of the tables whose components packages know by name.
_NAMED = {
    "connectionreference": ("connectionreferences", "connectionreferenceid", "connectionreferencelogicalname"),
    "environmentvariabledefinition": (
        "environmentvariabledefinitions",
        "environmentvariabledefinitionid",
        "schemaname",
    ),
}


class InstalledSolution:
    """What an environment holds of a solution: ``flows`` that the package lacks, all ``components``, and ``shares``.

    ``members`` are rows of the table solutioncomponent, ``desktop_flows`` the names of all desktop flows by id.
    Without members nothing is read. Source: tables workflow, connectionreference, environmentvariabledefinition,
    principalobjectaccess, solutioncomponentdefinition.
    """

    def __init__(
        self,
        client: DataverseClient,
        package: Package,
        members: Iterable[Mapping[str, Any]],
        desktop_flows: Mapping[str, str],
    ) -> None:
        self._client = client
        self._types = {row["objectid"].lower(): row["componenttype"] for row in members}
        kinds = component_kinds(client, set(self._types.values()))
        ids: defaultdict[str, list[str]] = defaultdict(list)
        for id, type in self._types.items():
            ids[kinds[type]].append(id)
        lacking = set(ids["workflow"]) - {flow.id for flow in package.flows}
        flows, shares, *named = read_together(
            client,
            _by_id("workflows", "workflowid", "name,category,inputs,outputs", lacking),
            shares_query(set(ids["workflow"]) & desktop_flows.keys()),
            *(_by_id(entity_set, key, column, ids[kind]) for kind, (entity_set, key, column) in _NAMED.items()),
        )
        self.flows = [
            DeployedFlow(row["workflowid"].lower(), row["name"], row["category"], row["inputs"], row["outputs"])
            for row in flows
        ]
        self.components = self._describe(ids, named)
        self.shares = self._shares(shares, desktop_flows)

    def _describe(
        self, ids: Mapping[str, Iterable[str]], named: Sequence[Iterable[Mapping[str, Any]]]
    ) -> list[DeployedComponent]:
        names = {
            row[key].lower(): row[column]
            for (_entity_set, key, column), rows in zip(_NAMED.values(), named, strict=True)
            for row in rows
        }
        flows = {flow.id: flow for flow in self.flows}
        return [
            DeployedComponent(kind, id, names.get(id), flow.name if flow else None, flow.category if flow else None)
            for kind, of_kind in ids.items()
            for id in of_kind
            for flow in [flows.get(id)]
        ]

    def _shares(self, rows: Iterable[Mapping[str, Any]], flows: Mapping[str, str]) -> list[FlowShare]:
        found = list(rows)
        principals = Principals(self._client)
        principals.load(ids=((row["principaltypecode"], row["principalid"]) for row in found))
        shares = []
        for row in found:
            principal = principals.get(row["principalid"])
            who = f"{principal.kind.replace('_', ' ')} {principal.name}" if principal else f"{row['principalid']}"
            flow_id = row["objectid"].lower()
            shares.append(FlowShare(flows[flow_id], flow_id, who, _access(row["accessrightsmask"])))
        return shares

    def dependents(self, components: Sequence[DeployedComponent]) -> dict[str, tuple[Dependent, ...]]:
        """Return what the platform would not let each of the components go for, by their ids.

        Source: Web API RetrieveDependenciesForDelete.
        """
        replies = self._client.batch([self._dependents_request(component.id) for component in components])
        found: dict[str, list[tuple[int, str]]] = {}
        for component, reply in zip(components, replies, strict=True):
            if reply.error:
                raise reply.error
            found[component.id] = [
                (row["dependentcomponenttype"], row["dependentcomponentobjectid"].lower())
                for row in reply.body["value"]
            ]
        names = component_names(self._client, (dependent for each in found.values() for dependent in each))
        return {id: tuple(Dependent(other, names[other]) for _type, other in each) for id, each in found.items()}

    def _dependents_request(self, id: str) -> Operation:
        parameters = {"ObjectId": id, "ComponentType": self._types[id]}
        return Operation("GET", function_call("RetrieveDependenciesForDelete", parameters))


def _by_id(entity_set: str, key: str, columns: str, ids: Collection[str]) -> Query:
    conditions = [f"{key} eq {id}" for id in sorted(ids)]
    return Query(entity_set, f"{key},{columns}", conditions, headers=DRAFTS_TOO)


def _access(mask: int) -> str:
    word = word_of(mask) or "nothing"
    return word if is_usual(mask) else f"{word} ({to_api(mask)})"
