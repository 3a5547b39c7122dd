# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""StageSolution: upload a package and learn what an import would meet.

Source: recorded answer of StageSolution; project reference on solutions, 2.3.
"""

from __future__ import annotations

from typing import Any

from ..environments.context import Context
from ..environments.store import Row, Store
from ..errors import ODataError
from ..packages.manifest import Manifest, MissingDependency
from ..packages.package import SolutionPackage
from ..web_api.operations import action
from ..web_api.parameters import required
from . import components
from . import parameters as solution_parameters
from . import rows as solution_rows
from .import_checks import ImportMode, check, missing_dependencies


@action(
    "StageSolution",
    {"CustomizationFile": required("Edm.Binary")},
    answers={"StageSolutionResults": "mscrm.StageSolutionResults"},
)
def stage_solution(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    context.require_privilege("prvImportCustomization")
    content = parameters["CustomizationFile"]
    package = solution_parameters.parse_package(content)
    findings = _findings(context.store, package)
    upload = context.insert(
        "stagesolutionupload",
        {
            "name": package.manifest.unique_name,
            "solutionuniquename": package.manifest.unique_name,
            "solutionfile": content,
            "validated": not findings,
        },
    )
    return {
        "StageSolutionResults": {
            "StageSolutionUploadId": upload["stagesolutionuploadid"],
            "StageSolutionStatus": "Failed" if findings else "Passed",
            "SolutionValidationResults": findings,
            "MissingDependencies": [_missing(item) for item in missing_dependencies(context.store, package)],
            "SolutionDetails": _details(context.store, package.manifest),
            "SolutionComponentsDetails": [
                _component(context.store, row)
                for row in package.rows
                if row.table in ("connectionreference", "environmentvariabledefinition")
            ],
        }
    }


def _findings(store: Store, package: SolutionPackage) -> list[dict[str, Any]]:
    try:
        check(store, package, ImportMode())
    except ODataError as error:
        return [
            {
                "SolutionValidationResultType": "Error",
                "Message": error.message,
                "ErrorCode": error.number,
                "AdditionalInfo": "",
            }
        ]
    return []


def _details(store: Store, manifest: Manifest) -> dict[str, Any]:
    previous: Row = solution_rows.find(store, manifest.unique_name) or {}
    publisher = store.get("publisher", previous["publisherid"]) if previous else None
    patches = solution_rows.patches_of(store, previous["solutionid"]) if previous else []
    return {
        "SolutionUniqueName": manifest.unique_name,
        "SolutionFriendlyName": manifest.friendly_name,
        "SolutionDescription": manifest.description or None,
        "PublisherUniqueName": manifest.publisher.unique_name,
        "PublisherFriendlyName": manifest.publisher.friendly_name,
        "PreviousSolutionUniqueName": previous.get("uniquename"),
        "PreviousSolutionFriendlyName": previous.get("friendlyname"),
        "PreviousPublisherUniqueName": publisher["uniquename"] if publisher else None,
        "PreviousPublisherFriendlyName": publisher["friendlyname"] if publisher else None,
        "IsPatchSolution": manifest.parent is not None,
        "IsManaged": manifest.managed,
        "PreviousIsManaged": bool(previous.get("ismanaged")),
        "SolutionVersion": manifest.version,
        "PreviousSolutionVersion": previous.get("version"),
        "PreviousPatchSolutionsNames": [patch["uniquename"] for patch in patches],
        "IsPrerequisitesExport": False,
        "HasPendingUpgrade": solution_rows.holding_of(store, manifest.unique_name) is not None,
    }


def _missing(item: MissingDependency) -> dict[str, Any]:
    required_end, dependent = item.required, item.dependent
    result = {}
    for label, end in (("Required", required_end), ("Dependent", dependent)):
        result.update(
            {
                f"{label}ComponentSchemaName": end.get("schemaName"),
                f"{label}ComponentDisplayName": end.get("displayName"),
                f"{label}ComponentParentSchemaName": end.get("parentSchemaName"),
                f"{label}ComponentParentDisplayName": end.get("parentDisplayName"),
                f"{label}ComponentId": end.get("id", "").strip("{}") or None,
                f"{label}SolutionName": end.get("solution"),
                f"{label}ComponentType": end.get("type"),
            }
        )
    return result


def _component(store: Store, row: Any) -> dict[str, Any]:
    column = components.BY_TABLE[row.table].row_format.key_column
    shown = {name: str(value) for name, value in row.values.items() if value is not None and name != "packagexml"}
    return {
        "ComponentName": row.key,
        "ComponentTypeName": row.table,
        "IsPresentInOrg": "True" if store.first(row.table, **{column: row.key}) else "False",
        "Attributes": {"Count": len(shown), "Keys": list(shown), "Values": list(shown.values())},
    }
