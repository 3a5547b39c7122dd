# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages that are deployed together: how to import each of them, and what to promote afterwards.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from .._errors import ConfigurationError, RefusedError
from .._packages.manifest import version_key
from .._packages.package import Package
from .._solutions.bindings import Bindings
from .._solutions.decision import Wish
from .._solutions.guarded_operations import predict_guarded
from .._solutions.import_orders import ImportOptions
from .._solutions.imports import SolutionImport
from .._solutions.settings import leave_to_others, read_settings, settings_of_package
from .._text import sentences
from .import_planner import ImportPlanner

if TYPE_CHECKING:
    from .._work import Work

# The options that decide what an import does; the documentation fragment import_options describes them.
IMPORT_ARGUMENTS: dict[str, dict[str, Any]] = {
    "import_mode": {"type": "str", "choices": ["update", "upgrade", "stage_for_upgrade", "auto"], "default": "update"},
    "on_contract_break": {"type": "str", "choices": ["fail", "warn", "ignore"]},
    "on_drafts": {"type": "str", "choices": ["fail", "warn"], "default": "fail"},
    "force": {"type": "bool", "default": False},
    "allow_downgrade": {"type": "bool", "default": False},
    "overwrite_customizations": {"type": "bool", "default": False},
    "deployment_settings": {"type": "raw"},
    "connection_references": {"type": "dict"},
    "environment_variables": {"type": "dict"},
    "allow_unbound_references": {"type": "bool"},
}
# The modes after which an upgrade is in effect. The other ones stage none, or leave its promotion to the user.
_UPGRADING = ("upgrade", "auto")


def planned_import(
    work: Work,
    package: Package,
    others: Sequence[Package],
    *,
    stages_upgrades: bool = False,
    publish_workflows: bool = True,
    publish: bool = False,
) -> SolutionImport:
    """Return the import of a package as the options of a task ask for it, each of ``others`` being deployed with it.

    With ``stages_upgrades`` an upgrade, asked for or chosen by ``auto``, is staged only.
    Raises ``ConfigurationError`` for settings that none of the packages knows.
    """
    params = work.params
    mode = params["import_mode"]
    auto = mode == "auto"
    if auto:
        mode = "update"
    elif mode == "upgrade" and stages_upgrades:
        mode = "stage_for_upgrade"
    options = ImportOptions(
        wish=Wish(mode, params["force"], params["allow_downgrade"]),
        overwrite_customizations=params["overwrite_customizations"],
        publish_workflows=publish_workflows,
        publish=publish,
        allow_unbound=params["allow_unbound_references"],
    )
    settings = read_settings(
        params["deployment_settings"], params["connection_references"], params["environment_variables"]
    )
    bindings = Bindings(work.client, package, settings_of_package(leave_to_others(settings, package, others), package))
    planner = ImportPlanner(
        work.client,
        package,
        bindings,
        options,
        work.warn,
        auto=auto,
        stages_upgrades=stages_upgrades,
        on_contract_break=params["on_contract_break"],
        on_drafts=params["on_drafts"],
        companions=others,
    )
    return SolutionImport(work.client, package, bindings, options, planner, work.warn)


def plan_deployment(work: Work, packages: Sequence[Package]) -> dict[str, Any]:
    """Return ``imports``, ``promotions`` and ``flows_present`` of packages in the order of their deployment.

    An import that would be refused is among them, with what is known of it in its ``prediction``.
    Upgrades of several packages are staged, so that nothing is deleted before all callers are there in their new
    version, and promoted in reverse order, so that a flow goes only after the callers that went without it.
    In check mode the imports bring nothing, and what they do not bring is neither promoted nor present.
    Nothing is written.
    """
    imports = [_import(work, package, packages) for package in packages]
    promotions = _promotions(reversed(imports)) if work.params["import_mode"] in _UPGRADING else ()
    return {
        "imports": imports,
        "promotions": [it for it in promotions if it["staged"] or not work.check_mode],
        "flows_present": not (work.check_mode and any(_adds_flows(it["prediction"]) for it in imports)),
    }


def refusal(work: Work, imports: Sequence[dict[str, Any]]) -> RefusedError | None:
    """Return one error that names all imports that would be refused, or None."""
    refused = [it for it in imports if it["prediction"].get("failed")]
    if not refused:
        return None
    reasons = sentences(it["prediction"]["msg"] for it in refused)
    if len(imports) > 1:
        count = f"{len(refused)} of {len(imports)} imports"
        reasons = f"Nothing was imported into {work.client.environment_url}: {count} would be refused. {reasons}"
    return RefusedError(reasons, refused=[it["name"] for it in refused])


def _import(work: Work, package: Package, packages: Sequence[Package]) -> dict[str, Any]:
    stages_upgrades = len(packages) > 1
    prediction = _predict(work, package, [it for it in packages if it is not package], stages_upgrades)
    mode = work.params["import_mode"]
    if stages_upgrades and (mode == "upgrade" or (mode == "auto" and _staged_version(prediction))):
        mode = "stage_for_upgrade"
    return {
        "name": package.unique_name,
        "version": package.version,
        "path": package.path,
        "import_mode": mode,
        "needed": prediction["changed"] or _completes(prediction),
        "prediction": prediction,
    }


def _predict(work: Work, package: Package, others: Sequence[Package], stages_upgrades: bool) -> dict[str, Any]:
    try:
        task = planned_import(work, package, others, stages_upgrades=stages_upgrades)
        return predict_guarded(work, package.unique_name, task, [flow.id for flow in package.desktop_flows])
    except (ConfigurationError, RefusedError) as error:
        # What goes wrong before the environment is known, a sign-in for example, refuses no import.
        if not error.result.get("operation"):
            raise
        return {**error.to_result(), "changed": False}


def _completes(prediction: dict[str, Any]) -> bool:
    """Tell whether an import that has nothing to do finds the record of an upgrade that was interrupted."""
    return prediction["operation"] == "none" and bool(prediction.get("shares", {}).get("before"))


def _adds_flows(prediction: dict[str, Any]) -> bool:
    return bool(prediction["plan"] and prediction["plan"]["flows"]["added"])


def _staged_version(prediction: dict[str, Any]) -> str | None:
    """Return the version that is staged after an import; none after one that would be refused."""
    version: str | None = prediction.get("solution", {}).get("staged_version")
    return version


def _promotions(imports: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    for it in imports:
        staged = _staged_version(it["prediction"])
        if staged and version_key(staged) == version_key(it["version"]):
            already = it["prediction"]["operation"] == "none"
            yield {"name": it["name"], "version": it["version"], "staged": already}
