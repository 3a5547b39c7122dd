# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to call components in messages: the platform speaks of them by numbers and ids.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

from .._packages.components import COMPONENT_TYPES

if TYPE_CHECKING:
    from .._dataverse.client import DataverseClient

# Types from here on are numbered by each environment for itself. Source: table solutioncomponent, componenttype.
_FIRST_OWN_TYPE = 1000
# Set, key and naming column of the tables whose components people know by name.
_NAMED = {
    "workflow": ("workflows", "workflowid", "name"),
    "connectionreference": ("connectionreferences", "connectionreferenceid", "connectionreferencelogicalname"),
    "environmentvariabledefinition": (
        "environmentvariabledefinitions",
        "environmentvariabledefinitionid",
        "schemaname",
    ),
}


def component_names(client: DataverseClient, components: Iterable[tuple[int, str]]) -> dict[str, str]:
    """Return names by id for components given as (type, id), for example ``workflow "Write Log"``.

    Source: table solutioncomponentdefinition, and the tables of the components themselves.
    """
    wanted = dict.fromkeys(components)
    kinds = component_kinds(client, {type for type, _id in wanted})
    ids: defaultdict[str, set[str]] = defaultdict(set)
    for type, id in wanted:
        ids[kinds[type]].add(id)
    names = {id: f"{kinds[type]} {id}" for type, id in wanted}
    for kind, (entity_set, key, column) in _NAMED.items():
        conditions = [f"{key} eq {id}" for id in sorted(ids[kind])]
        rows = client.list_matching(entity_set, conditions, select=f"{key},{column}") if conditions else []
        names.update({row[key]: f'{kind} "{row[column]}"' for row in rows})
    return names


def component_kinds(client: DataverseClient, types: set[int]) -> dict[int, str]:
    """Return the logical names of the tables that types of components stand for."""
    known = dict(COMPONENT_TYPES)
    if any(type >= _FIRST_OWN_TYPE for type in types):
        rows = client.list("solutioncomponentdefinitions", select="name,objecttypecode,solutioncomponenttype")
        for row in rows:
            known.update(dict.fromkeys((row["objecttypecode"], row["solutioncomponenttype"]), row["name"]))
    return {type: known.get(type, f"component of type {type}") for type in types}
