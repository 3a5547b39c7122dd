# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The desktop flows that imports to come will leave behind, so that permissions can be planned before them.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence

from .._packages.package import PackagedFlow
from .desktop_flows import DesktopFlow, DesktopFlows


@dataclasses.dataclass(frozen=True)
class Forecast:
    """What imports will change about desktop flows.

    ``brought`` are the desktop flows that packages bring, by the unique name of the solution. In ``replaced`` solutions
    there is nothing else afterwards, and the flows ``deleted`` (ids) go.
    """

    brought: Mapping[str, Sequence[PackagedFlow]] = dataclasses.field(default_factory=dict)
    replaced: frozenset[str] = frozenset()
    deleted: frozenset[str] = frozenset()

    @property
    def flow_ids(self) -> list[str]:
        """The ids of the flows that are brought."""
        return [flow.id for flows in self.brought.values() for flow in flows]

    def change(self, flows: DesktopFlows, importer: Callable[[], str]) -> frozenset[str]:
        """Make of the flows that were read those that there will be; return the ids of the new ones.

        New flows are on and belong to who imports them, whose id ``importer`` returns.
        """
        new = frozenset(flow_id for flow_id in self.flow_ids if not flows.lists(flow_id))
        for solution, packaged in self.brought.items():
            flows.assign(solution, [flow.id for flow in packaged], only=solution in self.replaced)
            for flow in packaged:
                if flow.id in new:
                    flows.put(DesktopFlow(flow.id, flow.name, importer(), "activated", True, None, ()))
                if existing := flows.read(flow.id):
                    flows.put(_changed(flow, existing))
        for flow_id in self.deleted:
            flows.drop(flow_id)
        return new


NOTHING_TO_COME = Forecast()


def _changed(flow: PackagedFlow, existing: DesktopFlow) -> DesktopFlow:
    queues = bool(flow.work_queues)
    return dataclasses.replace(existing, name=flow.name, child_flow_ids=flow.child_flows, uses_work_queues=queues)
