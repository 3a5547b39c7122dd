# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of an import: which action, and with which parameters.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .._dataverse.jobs import IMPORT, UPGRADE
from .._packages.manifest import holding_solution
from .._packages.package import Package
from .bindings import Bindings
from .decision import OperationKind, Wish
from .orders import Order
from .uploads import upload

if TYPE_CHECKING:
    from .._dataverse.client import DataverseClient


@dataclasses.dataclass(frozen=True)
class ImportOptions:
    """How to import. ``allow_unbound`` is None when the user did not say."""

    wish: Wish
    overwrite_customizations: bool = False
    publish_workflows: bool = True
    publish: bool = False
    allow_unbound: bool | None = None


@dataclasses.dataclass(frozen=True)
class ImportOrders:
    """Makes the orders for one package and one environment; ``warn`` takes what the validation has to say."""

    client: DataverseClient
    package: Package
    bindings: Bindings
    options: ImportOptions
    warn: Callable[[str], None]

    def order(self, operation: OperationKind, due: Callable[[], bool]) -> Order:
        """Return the order that carries out a decided operation for as long as it is due."""
        name = self.package.unique_name
        staging = operation == "stage"
        return Order(
            action=UPGRADE if operation == "upgrade" else IMPORT,
            names=(name, holding_solution(name)) if staging else (name,),
            version=self.package.version,
            label=f"{name} {self.package.version} {operation}",
            body=lambda: self._body(staging),
            due=due,
        )

    def _body(self, staging: bool) -> dict[str, Any]:
        """Validate the package in the environment and return the parameters of its import.

        Source: Web API ImportSolutionAsync, StageAndUpgradeAsync.
        """
        validated = upload(self.client, self.package)
        for warning in validated.warnings:
            self.warn(warning)
        parameters = self.bindings.component_parameters()
        return {
            "OverwriteUnmanagedCustomizations": self.options.overwrite_customizations,
            "PublishWorkflows": self.options.publish_workflows,
            **({"HoldingSolution": True} if staging else {}),
            **({"ComponentParameters": parameters} if parameters else {}),
            "SolutionParameters": {"StageSolutionUploadId": validated.id},
        }
