# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an environment has what an import claims to have brought.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._errors import OperationFailedError
from .._packages.package import Package
from .._text import listed
from .decision import Versioned
from .deployed_flows import DeployedFlows, Difference

if TYPE_CHECKING:
    from .._dataverse.client import DataverseClient


class Verification:
    """One package beside what one environment has of it."""

    def __init__(self, client: DataverseClient, package: Package) -> None:
        self._client = client
        self._package = package
        self._flows = DeployedFlows(client)

    def require_version(self, label: str, found: Versioned | None) -> None:
        """Raise ``OperationFailedError`` unless the solution found is of the package's version."""
        if found and found.version_key == self._package.version_key:
            return
        state = f"has version {found.version}" if found else "does not have it"
        raise OperationFailedError(
            f"{label} claims success, but {self._client.environment_url} {state}: see the solution history of the"
            " environment for what happened, then run the task again."
        )

    def require_flows(self, label: str) -> None:
        """Raise ``OperationFailedError`` unless the flows in the environment are those of the package.

        That other managed solutions lie above is known before, and no failure.
        """
        if differences := [it for it in self._flows.differences(self._package) if not it.upper]:
            raise OperationFailedError(
                f"{label} succeeded, but flows in {self._client.environment_url} are not those of the package:"
                f" {listed(map(str, differences))}; {_remedy(differences)}.",
                flows=[difference.to_result() for difference in differences],
            )

    def warning(self) -> str | None:
        """Return a warning when flows are not the package's although nothing has to be imported, else None.

        Unmanaged solutions live on where they are made, so their flows may differ.
        """
        differences = self._flows.differences(self._package) if self._package.managed else []
        if not differences:
            return None
        return (
            f"{self._client.environment_url} has {self._package.unique_name} {self._package.version} already, but these"
            f" flows there are not those of the package: {listed(map(str, differences))}; {_remedy(differences)}."
        )


def _remedy(differences: list[Difference]) -> str:
    if uppers := sorted({difference.upper for difference in differences if difference.upper}):
        return f"deploy the versions of {listed(uppers, ' and ')} with this content, too: their layers lie above"
    if any(difference.unmanaged for difference in differences):
        return (
            "import again with overwrite_customizations=true and force=true, or remove the unmanaged layer"
            " (maker portal: See solution layers, Remove unmanaged layer; Web API: RemoveActiveCustomizations)"
        )
    return "import the package again with force=true, or raise its version if its content is newer"
