# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AddSolutionComponent, RemoveSolutionComponent, and the rules of solution rows themselves.

Source: Web API reference of these actions; project reference on solutions, section 4.
"""

from __future__ import annotations

from typing import Any

from ..environments.context import Context
from ..environments.hooks import Change, on
from ..environments.store import Row
from ..errors import ODataError, not_found
from ..web_api.operations import action
from ..web_api.parameters import optional, required
from . import components, dependencies, jobs
from . import errors as solution_errors
from . import rows as solution_rows


@action(
    "AddSolutionComponent",
    {
        "ComponentId": required("Edm.Guid"),
        "ComponentType": required("Edm.Int32"),
        "SolutionUniqueName": required("Edm.String"),
        "AddRequiredComponents": required("Edm.Boolean"),
        "DoNotIncludeSubcomponents": optional("Edm.Boolean"),
        "IncludedComponentSettingsValues": optional("texts"),
    },
    answers={"id": "Edm.Guid"},
)
def add_solution_component(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    jobs.require_free(context.environment)
    solution = solution_rows.unmanaged(context.store, parameters["SolutionUniqueName"])
    component_type, object_id = parameters["ComponentType"], parameters["ComponentId"]
    kind = components.kind_of_type(component_type)
    row = context.store.get(kind.table, object_id) if kind else None
    if kind is None or row is None:
        raise ODataError(404, "0x80040217", f"The component {object_id} of type {component_type} does not exist.")
    if parameters["AddRequiredComponents"]:
        for dependency in dependencies.required_by(context.store, kind, row):
            _add(context, solution, *dependency.required)
    behavior = 1 if parameters.get("DoNotIncludeSubcomponents") else 0
    return {"id": _add(context, solution, kind, row, behavior)}


@action(
    "RemoveSolutionComponent",
    {
        "SolutionComponent": required("entity", "mscrm.solutioncomponent"),
        "ComponentType": required("Edm.Int32"),
        "SolutionUniqueName": required("Edm.String"),
    },
    answers={"id": "Edm.Guid"},
)
def remove_solution_component(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    """The component may be named by its solutioncomponentid or by the id of the component itself."""
    jobs.require_free(context.environment)
    solution = solution_rows.unmanaged(context.store, parameters["SolutionUniqueName"])
    wanted = parameters["SolutionComponent"].id
    for member in solution_rows.members(context.store, solution["solutionid"]):
        same = wanted in (member["solutioncomponentid"], member["objectid"])
        if same and member["componenttype"] == parameters["ComponentType"]:
            context.store.delete("solutioncomponent", member["solutioncomponentid"])
            return {"id": member["solutioncomponentid"]}
    raise not_found("SolutionComponent", str(wanted))


@on("create", "solution")
def start_solution(context: Context, change: Change) -> None:
    """A solution made by a client is unmanaged."""
    name = change.values.get("uniquename", "")
    if solution_rows.find(context.store, name):
        raise solution_errors.NAME_TAKEN(name=name)
    solution_rows.stated_version(change.values.get("version", "1.0.0.0"))
    now = context.clock.text()
    change.values.update(
        {
            "ismanaged": False,
            "installedon": now,
            "updatedon": now,
            "layerorder": 0.0,
            "solutionpackageversion": "9.2",
            "organizationid": context.environment.organization["organizationid"],
        }
    )


@on("update", "solution")
def change_solution(context: Context, change: Change) -> None:
    row = change.row or {}
    if row.get("ismanaged"):
        raise solution_errors.MANAGED_SOLUTION(name=row["uniquename"])
    if "version" in change.values:
        solution_rows.stated_version(change.values["version"])


def _add(context: Context, solution: Row, kind: components.ComponentKind, row: Row, behavior: int = 0) -> str:
    row_id, key = row[f"{kind.table}id"], row[kind.row_format.key_column]
    return solution_rows.add_modelled(context.store, solution["solutionid"], kind, row_id, key, behavior=behavior)
