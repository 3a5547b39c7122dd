# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an environment holds of a solution beyond a package, without an import at hand.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

from typing import Any

from .._dataverse.client import DataverseClient
from .._packages.callers import package_callers
from .._packages.package import Package
from .._solutions.decision import Target, Wish, decide
from .._solutions.solutions import Solutions
from .plan import Plan
from .reader import EnvironmentReader


def compare_with_installed(client: DataverseClient, package: Package) -> dict[str, Any]:
    """Return ``left_overs`` and ``not_comparable`` of the solution that a package is of, as modules return them.

    Callers that the package brings count in the package's version if it is higher than the installed one, and as they
    are otherwise. Where the solution is not installed nothing else is read.
    """
    target = Target(package.unique_name, *Solutions(client).find_with_staged(package.unique_name))
    if target.installed is None:
        return {"left_overs": [], "not_comparable": []}
    environment = EnvironmentReader(client, package, None).read(target)
    plan = Plan(package, package_callers(package), environment, decide(package, target, Wish()))
    return {
        "left_overs": [left_over.to_result() for left_over in plan.left_overs],
        "not_comparable": [it.to_result() for it in plan.not_comparable],
    }
