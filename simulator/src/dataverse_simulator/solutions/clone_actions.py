# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CloneAsPatch and CloneAsSolution.

Source: Web API reference of these actions; project reference on solutions, section 4 ("Publish / clone").
"""

from __future__ import annotations

from typing import Any

from ..environments.context import Context
from ..environments.store import Row
from ..web_api.operations import action
from ..web_api.parameters import required
from . import errors as solution_errors
from . import jobs
from . import rows as solution_rows
from .rows import stated_version, version_key

_CLONE = {
    "ParentSolutionUniqueName": required("Edm.String"),
    "DisplayName": required("Edm.String"),
    "VersionNumber": required("Edm.String"),
}


@action("CloneAsPatch", _CLONE, answers={"SolutionId": "Edm.Guid"})
def clone_as_patch(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    """An empty patch `<name>_Patch_<token>` of the parent: same major and minor, higher build or revision."""
    parent = _parent(context, parameters)
    wanted, present = stated_version(parameters["VersionNumber"]), version_key(parent["version"])
    if wanted[:2] != present[:2] or wanted <= present:
        raise solution_errors.PATCH_VERSION(version=parent["version"])
    number = len(solution_rows.patches_of(context.store, parent["solutionid"])) + 1
    patch = context.insert(
        "solution",
        {
            **_copied(parent),
            "uniquename": f"{parent['uniquename']}_Patch_{number}",
            "friendlyname": parameters["DisplayName"],
            "version": parameters["VersionNumber"],
            "parentsolutionid": parent["solutionid"],
            "installedon": context.clock.text(),
        },
    )
    return {"SolutionId": patch["solutionid"]}


@action("CloneAsSolution", _CLONE, answers={"SolutionId": "Edm.Guid"})
def clone_as_solution(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    """The parent with its patches rolled up, under a version with a higher major or minor number."""
    parent = _parent(context, parameters)
    if stated_version(parameters["VersionNumber"])[:2] <= version_key(parent["version"])[:2]:
        raise solution_errors.CLONE_VERSION(version=parent["version"])
    for patch in solution_rows.patches_of(context.store, parent["solutionid"]):
        for member in solution_rows.members(context.store, patch["solutionid"]):
            solution_rows.add_component(
                context.store,
                parent["solutionid"],
                member["componenttype"],
                member["objectid"],
                behavior=member["rootcomponentbehavior"],
                schema_name=member["schemaname"],
            )
        solution_rows.remove(context, patch)
    context.update(
        "solution",
        parent["solutionid"],
        {"version": parameters["VersionNumber"], "friendlyname": parameters["DisplayName"]},
    )
    return {"SolutionId": parent["solutionid"]}


def _parent(context: Context, parameters: dict[str, Any]) -> Row:
    jobs.require_free(context.environment)
    context.require_privilege("prvCreateSolution")
    return solution_rows.unmanaged(context.store, parameters["ParentSolutionUniqueName"])


def _copied(parent: Row) -> Row:
    return {name: parent[name] for name in ("publisherid", "organizationid", "ismanaged", "layerorder", "description")}
