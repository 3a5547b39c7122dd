# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Uploading a package for validation, before anything in the environment changes.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .._dataverse.rows import Row
from .._errors import RefusedError
from .._packages.components import COMPONENT_TYPES, type_number
from .._packages.manifest import UNMANAGED_LAYER
from .._packages.package import Package
from .._text import listed

if TYPE_CHECKING:
    from .._dataverse.client import DataverseClient

_SOLUTION_WITH_VERSION = re.compile(r"(?P<name>.*\S)\s*\((?P<version>[\d.]+)\)")
_MISSING_XML = "<MissingDependency"


@dataclasses.dataclass(frozen=True)
class Upload:
    """A package that the environment has validated and keeps for one import."""

    id: str
    warnings: tuple[str, ...]


def upload(client: DataverseClient, package: Package) -> Upload:
    """Upload a package; the environment validates it and changes nothing.

    Raises ``RefusedError`` with ``validation_errors`` and ``missing_dependencies`` when it does not pass, and
    ``PackageError`` when the file is no longer the one that was read.
    Source: Web API StageSolution. Sending it twice leaves one unused upload behind and does no harm.
    """
    answer = client.call_with_file(
        "StageSolution", {}, "CustomizationFile", package.path, checksum=package.checksum, idempotent=True
    )
    results = answer.row("StageSolutionResults")
    if results.text("StageSolutionStatus") != "Passed":
        raise _refusal(package, results)
    messages = results.optional_rows("SolutionValidationResults")
    return Upload(
        id=results.guid("StageSolutionUploadId"),
        warnings=tuple(it.text("Message") for it in messages if it.text("SolutionValidationResultType") == "Warning"),
    )


def _refusal(package: Package, results: Row) -> RefusedError:
    errors = [_validation_error(message) for message in results.optional_rows("SolutionValidationResults")]
    missing = [_missing_dependency(row) for row in results.optional_rows("MissingDependencies")]
    details = results.row("SolutionDetails") if results.get("SolutionDetails") else {}
    # What is missing comes twice: in a list, and as XML in the message of an error.
    told = [error["message"].rstrip(".") for error in errors if not (missing and _MISSING_XML in error["message"])]
    absent = (f"{row['component']} ({row['type']}) is missing{_from(row)}" for row in missing)
    reasons = [*told, *dict.fromkeys(absent)]
    return RefusedError(
        f"The environment refuses the package {package.unique_name} {package.version}:"
        f" {listed(reasons, '; ') or 'it gives no reason'}. Nothing was changed; {_remedy(missing)}.",
        code=next((error["code"] for error in errors if error["code"]), None),
        validation_errors=errors,
        missing_dependencies=missing,
        pending_upgrade=bool(details.get("HasPendingUpgrade")),
    )


def _remedy(missing: Sequence[dict[str, Any]]) -> str:
    """Return what helps: what was unmanaged is in no solution that could be imported first."""
    unmanaged = [str(row["component"]) for row in missing if row["solution"] == UNMANAGED_LAYER]
    remedies = []
    if unmanaged:
        names = listed(dict.fromkeys(unmanaged), " and ")
        remedies.append(
            f"where the package was made, add {names} to its solution, or to one that is imported before, and export"
            " again"
        )
    if len(unmanaged) < len(missing):
        remedies.append("import the solutions that are missing first")
    return "; ".join(remedies) or "correct the package and export it again"


def _from(row: dict[str, Any]) -> str:
    if row["solution"] == UNMANAGED_LAYER:
        return ", it was unmanaged where the package was exported"
    return f", it is in {' '.join(filter(None, [row['solution'], row['version']]))}" if row["solution"] else ""


def _validation_error(message: Row) -> dict[str, Any]:
    return {
        "level": message.text("SolutionValidationResultType").lower(),
        "message": message.text("Message"),
        "code": message.error_code("ErrorCode"),
        "details": message.optional_text("AdditionalInfo"),
    }


def _missing_dependency(row: Row) -> dict[str, Any]:
    """Return what is missing, where it is found, and what needs it."""
    solution = row.optional_text("RequiredSolutionName") or ""
    match = _SOLUTION_WITH_VERSION.fullmatch(solution)
    name, dependent = row.optional_text("RequiredComponentSchemaName"), "DependentComponent"
    return {
        "component": row.optional_text("RequiredComponentDisplayName") or name,
        "name": name,
        "type": _type_name(row.get("RequiredComponentType")),
        "id": row.optional_text("RequiredComponentId"),
        "solution": match["name"] if match else solution or None,
        "version": match["version"] if match else None,
        "needed_by": row.optional_text(f"{dependent}DisplayName") or row.optional_text(f"{dependent}SchemaName"),
    }


def _type_name(type: object) -> str | None:
    """Return the name of a component type; the platform tells names or numbers."""
    number = type_number(str(type))
    return str(type) if type is not None and number not in COMPONENT_TYPES else COMPONENT_TYPES.get(number or 0)
