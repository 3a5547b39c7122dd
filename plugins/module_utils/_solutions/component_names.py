# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to call components in messages: the platform speaks of them by numbers and ids.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from .._dataverse.batch import BatchRequest
from .._dataverse.odata import resource
from .._dataverse.reading import Query, read_together
from .._dataverse.rows import Row
from .._packages.components import COMPONENT_TYPES

if TYPE_CHECKING:
    from .._dataverse.client import DataverseClient

# Types from here on are numbered by each environment for itself. Source: table solutioncomponent, componenttype.
_FIRST_OWN_TYPE = 1000
_NOT_FOUND = 404
# What the platform calls a component that is a table. Source: COMPONENT_TYPES.
TABLE = "entity"


@dataclasses.dataclass(frozen=True)
class NamedTable:
    """A table whose rows go by a name: its set, its key, and the column that holds the name.

    When ``optional``, a caller who may not read it gets no names instead of an error.
    """

    entity_set: str
    key: str
    column: str
    optional: bool = False

    def query(self, ids: Collection[str]) -> Query:
        """Return the query for the names of rows."""
        conditions = [f"{self.key} eq {id}" for id in sorted(ids)]
        return Query(self.entity_set, f"{self.key},{self.column}", conditions, optional=self.optional)

    # Tables whose rows packages know by a name. Source: the reference of these tables.
    def named(self, row: Row) -> tuple[str, str]:
        """Return id and name of a row that ``query`` brought."""
        return row.guid(self.key), row.text(self.column)


NAMED_TABLES = {
    "connectionreference": NamedTable(
        "connectionreferences", "connectionreferenceid", "connectionreferencelogicalname"
    ),
    "environmentvariabledefinition": NamedTable(
        "environmentvariabledefinitions", "environmentvariabledefinitionid", "schemaname"
    ),
    "webresource": NamedTable("webresourceset", "webresourceid", "name", optional=True),
    "sitemap": NamedTable("sitemaps", "sitemapid", "sitemapnameunique", optional=True),
    "customcontrol": NamedTable("customcontrols", "customcontrolid", "name", optional=True),
    "appmodule": NamedTable("appmodules", "appmoduleid", "uniquename", optional=True),
    "canvasapp": NamedTable("canvasapps", "canvasappid", "name", optional=True),
}
WORKFLOW = NamedTable("workflows", "workflowid", "name")


def component_names(client: DataverseClient, components: Iterable[tuple[int, str]]) -> dict[str, str]:
    """Return names by id for components given as (type, id), for example ``workflow "Write Log"``.

    Source: table solutioncomponentdefinition, and the tables of the components themselves.
    """
    wanted = dict.fromkeys(components)
    kinds = component_kinds(client, {type for type, _id in wanted})
    ids: defaultdict[str, set[str]] = defaultdict(set)
    for type, id in wanted:
        ids[kinds[type]].add(id)
    tables = {kind: table for kind, table in {"workflow": WORKFLOW, **NAMED_TABLES}.items() if ids[kind]}
    found = read_together(client, *(table.query(ids[kind]) for kind, table in tables.items()))
    names = {id: f"{kinds[type]} {id}" for type, id in wanted}
    names.update({id: f'table "{name}"' for id, name in table_names(client, ids[TABLE]).items()})
    for (kind, table), rows in zip(tables.items(), found, strict=True):
        names.update({id: f'{kind} "{name}"' for id, name in client.read_each(table.named, rows)})
    return names


def table_names(client: DataverseClient, ids: Collection[str]) -> dict[str, str]:
    """Return the logical names of tables by the ids of their definitions, as far as the caller may read them.

    All with one request. Source: Web API, Query table definitions; a definition by its MetadataId.
    """
    asked = sorted(ids)
    paths = [resource(f"EntityDefinitions({id})", {"$select": "LogicalName"}) for id in asked]
    names = {}
    for id, reply in zip(asked, client.batch([BatchRequest("GET", path) for path in paths]), strict=True):
        if reply.error is None:
            names[id] = reply.body.text("LogicalName")
        elif reply.status != _NOT_FOUND:
            client.go_without(reply.error, "Some tables are told by their ids, as their names could not be read")
    return names


def component_kinds(client: DataverseClient, types: set[int]) -> dict[int, str]:
    """Return the logical names of the tables that types of components stand for."""
    known = dict(COMPONENT_TYPES)
    if any(type >= _FIRST_OWN_TYPE for type in types):
        rows = client.list("solutioncomponentdefinitions", select="name,objecttypecode,solutioncomponenttype")
        for codes, name in client.read_each(_kind, rows):
            known.update(dict.fromkeys(codes, name))
    return {type: known.get(type, f"component of type {type}") for type in types}


def _kind(row: Row) -> tuple[tuple[int, int], str]:
    return (row.number("objecttypecode"), row.number("solutioncomponenttype")), row.text("name")
