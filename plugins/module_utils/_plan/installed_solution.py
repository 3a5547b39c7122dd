# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The components of the solution that a package replaces: their names, and what depends on them.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from .._dataverse.batch import BatchRequest
from .._dataverse.client import DataverseClient
from .._dataverse.odata import function_call
from .._dataverse.reading import Query, read_together
from .._dataverse.rows import Row
from .._packages.package import Package
from .._sharing.flow_rows import read_flow_rows
from .._solutions.component_names import NAMED_TABLES, TABLE, component_kinds, component_names, table_names
from .environment import Dependent, DeployedComponent, DeployedFlow

# Rows of the table solutioncomponent, as ``InstalledSolution`` takes them.
MEMBER_COLUMNS = "solutioncomponentid,objectid,componenttype,rootcomponentbehavior,rootsolutioncomponentid"
_WITH_ALL_PARTS = 0
# Columns, relationships, keys, texts, forms, views, ribbons, charts, rules, images: the types of a table's parts.
# Source: table solutioncomponent, column componenttype.
_PARTS = frozenset({2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 14, 18, 22, 24, 26, 46, 47, 50, 55, 59, 60, 65, 68, 431, 432})


@dataclasses.dataclass(frozen=True)
class Member:
    """A row of the table solutioncomponent: ``id`` is the component's, ``root_id`` the ``member_id`` of its root."""

    id: str
    member_id: str
    type: int
    behavior: int | None
    root_id: str | None

    @classmethod
    def from_api(cls, row: Row) -> Member:
        """Return the member in a row."""
        return cls(
            id=row.guid("objectid"),
            member_id=row.guid("solutioncomponentid"),
            type=row.number("componenttype"),
            behavior=row.optional_number("rootcomponentbehavior"),
            root_id=row.optional_guid("rootsolutioncomponentid"),
        )


class InstalledSolution:
    """What an environment holds of a solution: ``flows`` that the package lacks, and all ``components``.

    ``members`` are rows of the table solutioncomponent, ``desktop_flows`` the names of all desktop flows by id.
    Without members nothing is read. Source: tables workflow, desktopflowbinary, solutioncomponentdefinition, those
    whose rows packages know by name, and the definitions of tables.
    """

    def __init__(
        self,
        client: DataverseClient,
        package: Package,
        members: Iterable[Row],
        desktop_flows: Mapping[str, str],
    ) -> None:
        self._client = client
        self._members = {member.id: member for member in map(Member.from_api, members)}
        ids = self._ids_by_kind()
        self._tables = [self._members[id] for id in ids[TABLE]]
        packaged = {component.id for component in package.components}
        flows, (binaries, *named) = read_flow_rows(
            client,
            _flows_query(set(ids["workflow"]) - packaged),
            _binaries_query(set(ids["desktopflowbinary"]) - packaged),
            *(table.query(ids[kind]) for kind, table in NAMED_TABLES.items()),
        )
        self.flows = [DeployedFlow.from_api(row) for row in flows.rows]
        self._titles = {
            **{flow.id: flow.name for flow in self.flows},
            **{row.guid("desktopflowbinaryid"): _binary_title(row, desktop_flows) for row in binaries},
        }
        self._names = self._read_names(ids, named)
        self.components = self._describe(ids)

    def _ids_by_kind(self) -> defaultdict[str, list[str]]:
        kinds = component_kinds(self._client, {member.type for member in self._members.values()})
        ids: defaultdict[str, list[str]] = defaultdict(list)
        for id, member in self._members.items():
            ids[kinds[member.type]].append(id)
        return ids

    def _read_names(self, ids: Mapping[str, Collection[str]], named: Sequence[Iterable[Row]]) -> dict[str, str]:
        names = dict(
            named_row
            for table, rows in zip(NAMED_TABLES.values(), named, strict=True)
            for named_row in self._client.read_each(table.named, rows)
        )
        return {**names, **table_names(self._client, ids[TABLE])}

    def _describe(self, ids: Mapping[str, Iterable[str]]) -> list[DeployedComponent]:
        categories = {flow.id: flow.category for flow in self.flows}
        return [
            DeployedComponent(
                kind,
                id,
                self._names.get(id),
                self._titles.get(id),
                categories.get(id),
                self._tables_of(self._members[id]),
            )
            for kind, of_kind in ids.items()
            for id in of_kind
        ]

    def _tables_of(self, member: Member) -> tuple[str, ...]:
        """Return the tables one of which a component is a part of; none unless the solution holds them in full.

        A part that does not tell its root may belong to any of the solution's tables.
        """
        if member.type not in _PARTS:
            return ()
        tables = [table for table in self._tables if member.root_id in (None, table.member_id)]
        names = [self._names.get(table.id, "") for table in tables]
        in_full = all(table.behavior == _WITH_ALL_PARTS for table in tables)
        return tuple(sorted(names)) if in_full and all(names) else ()

    def dependents(self, components: Sequence[DeployedComponent]) -> dict[str, tuple[Dependent, ...]]:
        """Return what the platform would not let each of the components go for, by their ids.

        Source: Web API RetrieveDependenciesForDelete.
        """
        replies = self._client.batch([self._dependents_request(component.id) for component in components])
        found: dict[str, list[Row]] = {}
        for component, reply in zip(components, replies, strict=True):
            if reply.error:
                raise reply.error
            found[component.id] = reply.body.rows()
        rows = [row for each in found.values() for row in each]
        dependents = ((row.number("dependentcomponenttype"), row.guid("dependentcomponentobjectid")) for row in rows)
        names = component_names(self._client, dependents)
        return {id: tuple(_dependent(row, names) for row in each) for id, each in found.items()}

    def _dependents_request(self, id: str) -> BatchRequest:
        parameters = {"ObjectId": id, "ComponentType": self._members[id].type}
        return BatchRequest("GET", function_call("RetrieveDependenciesForDelete", parameters))


def other_holders(
    client: DataverseClient, own: Collection[str], components: Iterable[DeployedComponent]
) -> dict[str, tuple[str, ...]]:
    """Return the unique names of the other managed solutions that hold components, by the components' ids.

    ``own`` are the ids of the solution and of its staged upgrade. These and the patches, which go with the solution, do
    not count. Source: tables solutioncomponent and solution.
    """
    others = " and ".join(f"_solutionid_value ne {id}" for id in sorted(own))
    (rows,) = read_together(
        client,
        Query(
            "solutioncomponents",
            "objectid",
            [f"objectid eq {component.id}" for component in components],
            also=f"solutionid/ismanaged eq true and {others}",
            expand="solutionid($select=uniquename,_parentsolutionid_value)",
        ),
    )
    holders: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows:
        solution = row.row("solutionid")
        if solution.optional_guid("_parentsolutionid_value") not in own:
            holders[row.guid("objectid")].add(solution.text("uniquename"))
    return {id: tuple(sorted(names)) for id, names in holders.items()}


def _dependent(row: Row, names: Mapping[str, str]) -> Dependent:
    id = row.guid("dependentcomponentobjectid")
    return Dependent(id, names[id], row.optional_guid("dependentcomponentparentid"))


def _flows_query(ids: Collection[str]) -> Query:
    conditions = [f"workflowid eq {id}" for id in sorted(ids)]
    return Query("workflows", "workflowid,name,category,inputs,outputs", conditions)


def _binaries_query(ids: Collection[str]) -> Query:
    conditions = [f"desktopflowbinaryid eq {id}" for id in sorted(ids)]
    columns = "desktopflowbinaryid,name,_process_value"
    return Query("desktopflowbinaries", columns, conditions, optional=True)


def _binary_title(row: Row, desktop_flows: Mapping[str, str]) -> str:
    flow = row.optional_guid("_process_value") or ""
    return f"{row.text('name')} of {desktop_flows.get(flow, flow)}"
