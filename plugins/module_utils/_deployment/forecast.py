# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the imports of a deployment will change about the desktop flows of an environment.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from .._packages.manifest import holding_solution
from .._plan.deployment import PlannedImport
from .._sharing.forecast import Forecast


def forecast(imports: Sequence[PlannedImport], promoted: Collection[str]) -> Forecast:
    """Return what planned imports leave, and promotions of these solutions (unique names) after them.

    The flows of an upgrade that is only staged are in the holding solution.
    """
    coming = [it for it in imports if it.acts or it.package.unique_name in promoted]
    replacing = [it for it in coming if it.package.unique_name in promoted or it.prediction["operation"] == "upgrade"]
    return Forecast(
        brought={_solution(it, promoted): it.package.desktop_flows for it in coming},
        replaced=frozenset(it.package.unique_name for it in replacing),
        deleted=frozenset(flow_id for it in replacing for flow_id in _deleted(it)),
    )


def _solution(planned: PlannedImport, promoted: Collection[str]) -> str:
    name = planned.package.unique_name
    return holding_solution(name) if planned.prediction["operation"] == "stage" and name not in promoted else name


def _deleted(planned: PlannedImport) -> list[str]:
    plan = planned.prediction["plan"]
    return [flow["id"] for flow in plan["flows"]["deleted"]] if plan else []
