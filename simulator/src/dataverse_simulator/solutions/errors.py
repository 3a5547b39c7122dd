# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Codes and texts with which solution operations fail.

Source: Microsoft's list of web service error codes, and the texts observed in public issues (project reference on
solutions, sections 1, 2.5 and 2.7). Not documented, so a choice of this simulator: the codes of MISSING_BASE,
MISSING_PARENT, BOTH_MANAGED, HOLDING_BLOCKS_UPDATE, SYSTEM_SOLUTION_STAYS, MANAGED_SOLUTION and MANAGED_FLOW.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..errors import ODataError


@dataclass(frozen=True)
class Failure:
    """`text` has places for the values that belong into it."""

    code: str
    text: str

    def __call__(self, **values: Any) -> ODataError:
        return ODataError(400, self.code, self.text.format(**values))


EXPORT_MISSING = Failure("0x80048037", "The solution does not exist in this system. Export of solution failed.")
EXPORT_MANAGED = Failure("0x80048036", "Managed solutions cannot be exported.")
EXPORT_DEFAULT = Failure(
    "0x80071158",
    "Exporting the default solution is not supported. To export components, add them to a custom solution.",
)
EXPORT_FAILED = Failure("0x80048035", "An error occurred while exporting a Solution. {reason}")
EXPORT_NOT_THERE = Failure(
    "0x80048035", "An error occurred while exporting a Solution. There is no exported file for the export job {job}."
)
IMPORT_FAILED = Failure("0x80048033", "An error occurred while importing a Solution.")
SYSTEM_SOLUTION = Failure("0x80048046", "System solution cannot be imported.")
SYSTEM_SOLUTION_STAYS = Failure("0x8004F017", "The solution cannot be deleted because it is a system solution.")
MISSING_BASE = Failure(
    "0x80048033",
    "ImportAsHolding failed with exception :Solution manifest import: FAILURE: Cannot create a holding solution for "
    "missing base {name}.",
)
MISSING_PARENT = Failure(
    "0x80048033",
    "Solution manifest import: FAILURE: The parent solution {parent} of the patch {name} is not installed.",
)
BOTH_MANAGED = Failure(
    "0x80048540", "The imported solution and the existing solution must both be managed for upgrade."
)
HOLDING_EXISTS = Failure("0x80048539", "Solution manifest import: FAILURE: Holding solution {name} already exists.")
HOLDING_BLOCKS_UPDATE = Failure(
    "0x80048539", "Solution manifest import: FAILURE: Holding solution {name} exists. Cannot update solution."
)
NOT_HIGHER = Failure(
    "0x80048541", "The import solution must have a higher version than the existing solution it is upgrading."
)
_MODES_MATCH = (
    "The solution is already installed on this system as {was} solution and the package supplied is attempting to "
    "install it in {now} mode. Import can only update solutions when the modes match. Uninstall the current solution "
    "and try again."
)
INSTALLED_UNMANAGED = Failure("0x80048040", _MODES_MATCH.replace("{was}", "an unmanaged").replace("{now}", "managed"))
INSTALLED_MANAGED = Failure("0x80048041", _MODES_MATCH.replace("{was}", "a managed").replace("{now}", "unmanaged"))
WRONG_PUBLISHER = Failure(
    "0x8004801C",
    "The following managed solution cannot be imported: {name}. The publisher name cannot be changed from {before} to "
    "{after}.",
)
INVALID_MANIFEST = Failure(
    "0x8004801A", "The import file is invalid. XSD validation failed with the following error: '{reason}'."
)
NEWER_PACKAGE = Failure(
    "0x80048068",
    "You can only import solutions with a package version of {version} or earlier into this organization. Also, you "
    "can't import any solutions into this organization that were exported from Microsoft Dynamics 365 2011 or earlier.",
)
MISSING_COMPONENT = Failure(
    "0x8004801F", "Cannot add a Root Component {id} of type {type} because it is not in the target system."
)
UNDECLARED_COMPONENT = Failure(
    "0x8004803A",
    "The import has failed because component {id} of type {type} is not declared in the solution file as a root "
    "component. To fix this, import again using the XML file that was generated when you exported the solution.",
)
MISSING_DEPENDENCIES = Failure(
    "0x8004801D", "The following solution cannot be imported: {name}. Some dependencies are missing. {details}"
)
DRAFT_EXISTS = Failure(
    "0x80048033",
    "You are attempting to do a published update of a publishable component in an unmodified active context when there "
    "exists an unpublished active row.",
)
CHECKER_BLOCKS = Failure(
    "0x80048033",
    "The import of the solution {name} was blocked by the solution checker enforcement of this managed environment: it "
    "has critical violations.",
)
MISSING_FILE = Failure(
    "0x8004F066",
    "The customization file is missing. Please provide valid CustomizationFile or StageSolutionUploadId.",
)
NO_SUCH_MEMBER = Failure(
    "0x80048d19",
    "The property '{name}' does not exist on type 'Microsoft.Dynamics.CRM.SolutionParameters'. Make sure to only use "
    "property names that are defined by the type.",
)
NO_UPGRADE = Failure("0x8004853B", "The {name} solution doesn\u2019t have an upgrade that is ready to be applied.")
WRONG_SOLUTION = Failure("0x8004853C", "To use this action, you must first select the old solution and then try again.")
UPGRADE_FAILED = Failure(
    "0x8004F046", "Solution Upgrade action failed after import as holding. InnerException is: {reason}."
)
DEPENDENCIES_EXIST = Failure("0x8004F01F", "{reason}")
NAME_TAKEN = Failure("0x8004F023", "The solution unique name '{name}' is already being used and cannot be used again.")
MANAGED_SOLUTION = Failure(
    "0x8004F012", "You cannot update Solution {name}. Updates cannot be performed when the solution is managed."
)
MANAGED_FLOW = Failure(
    "0x8004F012", "You cannot update Workflow {name}. Updates cannot be performed when a desktop flow is managed."
)
MANAGED_COMPONENT = Failure(
    "0x8004F013", "You cannot delete {type} {name}. Deletion cannot be performed when {type} is managed."
)
ACTIVE_FLOW = Failure("0x8004500F", "Cannot delete an active workflow definition.")
NEEDED_COMPONENT = Failure(
    "0x8004F01F",
    "The {table}({id}) component cannot be deleted because it is referenced by {count} other components. For a list of "
    "referenced components, use the RetrieveDependenciesForDeleteRequest.",
)
INVALID_VERSION = Failure("0x80040203", "Invalid version for a solution: {reason}")
PATCH_VERSION = Failure(
    "0x80040203",
    "The version number of a patch must have the same major and minor version as its parent solution ({version}), and "
    "a higher build or revision.",
)
CLONE_VERSION = Failure(
    "0x80040203",
    "The version number must have a higher major or minor version than the parent solution ({version}).",
)
