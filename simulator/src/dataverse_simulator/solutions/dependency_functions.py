# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The dependency functions, and what a desktop flow says about its children and connection references.

Source: Web API reference of these functions; project references, solutions section 4, sharing 1.2 and section 6.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ..environments.context import Context
from ..errors import not_modelled
from ..web_api.operations import action, function
from ..web_api.parameters import required
from . import components, dependencies, removal
from . import rows as solution_rows
from .components import ComponentKind
from .dependencies import Dependency
from .named_components import NAMED
from .needs import Need

_COMPONENT = {"ObjectId": required("Edm.Guid"), "ComponentType": required("Edm.Int32")}
_SOLUTION = {"SolutionUniqueName": required("Edm.String")}
_ROWS = "Collection(mscrm.dependency)"
#: Two of the functions are declared so, although they answer the same rows.
_ENTITIES = "Collection(mscrm.crmbaseentity)"


@function("RetrieveDependentComponents", _COMPONENT, returns=_ROWS)
def retrieve_dependent_components(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    return _answer(dependencies.dependents_of(context.store, _kind(parameters), parameters["ObjectId"]))


@function("RetrieveRequiredComponents", _COMPONENT, returns=_ENTITIES)
def retrieve_required_components(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    kind = _kind(parameters)
    row = context.store.get(kind.table, parameters["ObjectId"])
    return _answer(dependencies.required_by(context.store, kind, row) if row else [])


@function("RetrieveDependenciesForDelete", _COMPONENT, returns=_ROWS)
def retrieve_dependencies_for_delete(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    """What blocks the deletion; binaries do not, they are deleted with their flow.

    Nothing that the simulator models needs a table, a web resource or an app.
    """
    if parameters["ComponentType"] in NAMED:
        return _answer([])
    kind = _kind(parameters)
    found = dependencies.dependents_of(context.store, kind, parameters["ObjectId"])
    return _answer([] if kind.table == "workflow" else found)


@function("RetrieveDependenciesForUninstall", _SOLUTION, returns=_ROWS)
def retrieve_dependencies_for_uninstall(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    solution = solution_rows.by_name(context.store, parameters["SolutionUniqueName"])
    return _answer(removal.what_blocks(context, [solution]))


@function("RetrieveMissingDependencies", _SOLUTION, returns=_ENTITIES)
def retrieve_missing_dependencies(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    """What members of the solution need and the solution does not hold."""
    solution = solution_rows.by_name(context.store, parameters["SolutionUniqueName"])
    members = {row["objectid"] for row in solution_rows.members(context.store, solution["solutionid"])}
    found = [
        dependency
        for dependency in dependencies.all_of_flows(context.store)
        if dependency.dependent[1]["workflowid"] in members
        and dependency.row()["requiredcomponentobjectid"] not in members
    ]
    return _answer(found)


@action("ListChildDesktopFlows", bound_to="workflow", answers={"childFlows": "Edm.String"}, writes=False)
def list_child_desktop_flows(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    """Ids and etags of the flows that a desktop flow calls, as a serialised array."""
    assert context.bound is not None
    children = context.store.find(
        "workflow", columns=["workflowid", "versionnumber"], workflowid=dependencies.child_flow_ids(context.bound)
    )
    return {
        "childFlows": json.dumps(
            [{"workflowId": row["workflowid"], "etag": f'W/"{row["versionnumber"]}"'} for row in children]
        )
    }


def _answer(found: Sequence[Dependency | Need]) -> dict[str, Any]:
    return {"value": [dependency.row() for dependency in found]}


def _kind(parameters: dict[str, Any]) -> ComponentKind:
    kind = components.kind_of_type(parameters["ComponentType"])
    if kind is None:
        raise not_modelled(f"dependencies of component type {parameters['ComponentType']}")
    return kind
