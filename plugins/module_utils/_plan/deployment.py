# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages that are deployed together: how to import each of them, and what to promote afterwards.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from .._errors import ConfigurationError, PowerPlatformError, RefusedError
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
        protects_shares=params["protect_shares"],
    )
    return SolutionImport(work.client, package, bindings, options, planner, work.warn)


@dataclasses.dataclass
class PlannedImport:
    """The import of a package as it is planned: in which ``mode``, and what it would do.

    ``prediction`` is the result of solution_import in check mode; of an import that would be refused it is what is
    known, with ``failed`` and ``msg``, and there is no ``task``.
    """

    package: Package
    mode: str
    task: SolutionImport | None
    prediction: dict[str, Any]

    @property
    def refused(self) -> bool:
        """Whether it must not begin."""
        return self.task is None

    @property
    def acts(self) -> bool:
        """Whether it imports anything."""
        return not self.refused and self.prediction["operation"] != "none"

    @property
    def needed(self) -> bool:
        """Whether it has anything to do, be it to complete what an interrupted upgrade has left."""
        completes = self.prediction["operation"] == "none" and bool(self.prediction.get("shares", {}).get("before"))
        return self.prediction["changed"] or completes

    @property
    def adds_flows(self) -> bool:
        """Whether it brings flows that the environment lacks."""
        return bool(self.prediction["plan"] and self.prediction["plan"]["flows"]["added"])

    def facts(self) -> dict[str, Any]:
        """Return what modules tell of it, but for the prediction."""
        return {
            "name": self.package.unique_name,
            "version": self.package.version,
            "path": self.package.path,
            "import_mode": self.mode,
            "needed": self.needed,
        }


def plan_imports(work: Work, packages: Sequence[Package], *, repair: bool = True) -> list[PlannedImport]:
    """Return the imports of packages in the order of their deployment; nothing is written.

    Unless they are to ``repair``, none is needed only to put back what an interrupted upgrade took.

    Upgrades of several packages are staged, so that nothing is deleted before all callers are there in their new
    version.
    """
    return [_plan_import(work, package, packages, repair=repair) for package in packages]


def plan_promotions(work: Work, packages: Sequence[Package], results: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the upgrades to promote after imports: in reverse order, so that callers go before what they called.

    ``results`` are those of the imports, or their predictions. Each promotion is ``name``, ``version``, and whether it
    is ``staged`` already.
    """
    if work.params["import_mode"] not in _UPGRADING:
        return []
    return [
        {"name": package.unique_name, "version": package.version, "staged": result["operation"] == "none"}
        for package, result in reversed(list(zip(packages, results, strict=True)))
        if (staged := _staged_version(result)) and version_key(staged) == package.version_key
    ]


def refusal(
    work: Work, imports: Sequence[PlannedImport], other: PowerPlatformError | None = None
) -> PowerPlatformError | None:
    """Return one error that names all imports that would be refused, and what else is in the way, or None."""
    refused = [it for it in imports if it.refused]
    if not refused:
        return other
    reasons = sentences([*(it.prediction["msg"] for it in refused), *([str(other)] if other else [])])
    if len(imports) > 1:
        count = f"{len(refused)} of {len(imports)} imports"
        reasons = f"Nothing was imported into {work.client.environment_url}: {count} would be refused. {reasons}"
    names = [it.package.unique_name for it in refused]
    return RefusedError(reasons, refused=names, **(other.details if other else {}))


def _plan_import(work: Work, package: Package, packages: Sequence[Package], *, repair: bool) -> PlannedImport:
    stages_upgrades = len(packages) > 1
    others = [it for it in packages if it is not package]
    mode = work.params["import_mode"]
    task: SolutionImport | None = None
    try:
        task = planned_import(work, package, others, stages_upgrades=stages_upgrades)
        flow_ids = [flow.id for flow in package.desktop_flows]
        prediction = predict_guarded(work, package.unique_name, task, flow_ids, repairs=repair)
    except (ConfigurationError, RefusedError) as error:
        # What goes wrong before the environment is known, a sign-in for example, refuses no import.
        if not error.result.get("operation"):
            raise
        task, prediction = None, {**error.to_result(), "changed": False}
    if stages_upgrades and (mode == "upgrade" or (mode == "auto" and _staged_version(prediction))):
        mode = "stage_for_upgrade"
    return PlannedImport(package, mode, task, prediction)


def _staged_version(result: dict[str, Any]) -> str | None:
    """Return the version that is staged after an import; none after one that would be refused."""
    version: str | None = result.get("solution", {}).get("staged_version")
    return version
