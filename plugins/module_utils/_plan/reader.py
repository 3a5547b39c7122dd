# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading of an environment what a plan needs: the requests grow with pages, not with flows.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping

from .._dataverse.client import DataverseClient
from .._dataverse.reading import Query
from .._dataverse.rows import Row
from .._packages.callers import Caller
from .._packages.manifest import UNMANAGED_LAYER
from .._packages.package import Package
from .._sharing.desktop_flows import DESKTOP_FLOW
from .._sharing.flow_rows import RUNNING_OR_NEW, find_flow_rows, read_flow_rows
from .._solutions.bindings import Bindings
from .._solutions.component_names import WORKFLOW
from .._solutions.decision import Target
from .._solutions.deployed_flows import Counterpart, DeployedFlows, belongs_to
from .._solutions.solutions import Solution
from .cloud_callers import TOGETHER, find_cloud_callers
from .environment import DeployedFlow, Environment
from .flow_shares import find_flow_shares, held_flows_query
from .installed_solution import MEMBER_COLUMNS, InstalledSolution, other_holders
from .left_overs import find_left_overs

_FLOW_COLUMNS = "workflowid,name,category,dependencies"


@dataclasses.dataclass(frozen=True)
class EnvironmentReader:
    """Reads an environment for the plan of one package.

    Without ``bindings`` connections and values are left out. ``overwrites`` says that the import removes unmanaged
    layers.

    The shares are those that an upgrade takes away: of the flows of the solution, of its staged upgrade, of its patches
    and of the package. Where the solution is not installed there are none.

    Source: tables workflow, solutioncomponent and msdyn_componentlayer, and those of ``InstalledSolution`` and
    ``find_flow_shares``.
    """

    client: DataverseClient
    package: Package
    bindings: Bindings | None
    overwrites: bool = False

    def read(self, target: Target) -> Environment:
        """Return what a plan needs to know: of flows what runs, and flows that were never published as they are."""
        installed = target.installed
        own = [it.id for it in (installed, target.staged) if isinstance(it, Solution)]
        of_solution = [f"_solutionid_value eq {installed.id}"] if isinstance(installed, Solution) else []
        found, (members, held) = read_flow_rows(
            self.client,
            Query("workflows", f"{_FLOW_COLUMNS},componentstate", None, also=DESKTOP_FLOW),
            Query("solutioncomponents", MEMBER_COLUMNS, of_solution),
            held_flows_query(own),
        )
        desktop_flows = dict(self.client.read_each(WORKFLOW.named, found.rows))
        solution = InstalledSolution(self.client, self.package, members, desktop_flows)
        left_overs = find_left_overs(self.package, solution.components)
        counterparts = DeployedFlows(self.client).counterparts(self.package, RUNNING_OR_NEW)
        hidden = self._hidden(counterparts)
        in_doubt = {id for id, counterpart in counterparts.items() if "signature" in counterpart.parts}
        packaged = {flow.id for flow in self.package.flows}
        shared = packaged | {row.guid("objectid") for row in held} if own else set()
        cloud_callers, unsearched = find_cloud_callers(self.client)
        return Environment(
            version=installed.version if installed else None,
            flows=(*map(_deployed, counterparts.values()), *solution.flows),
            components=tuple(solution.components),
            dependents=solution.dependents(left_overs),
            holders=other_holders(self.client, own, left_overs),
            callers=(
                *self._desktop_callers(
                    found.rows, in_doubt | {component.id for component in left_overs}, packaged - hidden.keys()
                ),
                *cloud_callers,
            ),
            callers_unknown=str(unsearched) if unsearched else None,
            lacking=self.client.lacking_privileges,
            drafts=frozenset(packaged & found.drafts),
            desktop_flow_ids=frozenset(desktop_flows),
            shares=tuple(find_flow_shares(self.client, shared, desktop_flows)),
            hidden=frozenset(hidden),
            upper={id: layer for id, layer in hidden.items() if layer != UNMANAGED_LAYER},
            unbound_references=tuple(self.bindings.unbound()) if self.bindings else (),
            variables_without_value=tuple(self.bindings.valueless()) if self.bindings else (),
        )

    def _hidden(self, counterparts: Mapping[str, Counterpart]) -> dict[str, str]:
        """Return the flows that a layer of another solution keeps as they are; only those that are to change matter."""
        if not self.package.managed:
            return {}
        differing = [id for id, counterpart in counterparts.items() if counterpart.parts]
        layers = DeployedFlows(self.client).top_layers(differing)
        removed = {UNMANAGED_LAYER} if self.overwrites else set()
        return {
            id: layer for id, layer in layers.items() if layer not in removed and not belongs_to(layer, self.package)
        }

    def _desktop_callers(
        self, rows: Iterable[Row], in_doubt: Collection[str], replaced: Collection[str]
    ) -> list[Caller]:
        """Return the desktop flows that call others; with their calls, if they call a flow in doubt and stay."""
        callers = {caller.id: caller for caller in self.client.read_each(Caller.from_row, rows) if caller.child_flows}
        ids = [
            caller.id
            for caller in callers.values()
            if caller.id not in replaced and not caller.called.isdisjoint(in_doubt)
        ]
        for start in range(0, len(ids), TOGETHER):
            some = ids[start : start + TOGETHER]
            known = find_flow_rows(self.client, some, f"{_FLOW_COLUMNS},definition", RUNNING_OR_NEW)
            callers.update((caller.id, caller) for caller in self.client.read_each(Caller.from_row, known))
        return list(callers.values())


def _deployed(counterpart: Counterpart) -> DeployedFlow:
    row = counterpart.row
    same_content = "definition" not in counterpart.parts if counterpart.compared else None
    return DeployedFlow(row.id, row.name, row.category, row.inputs, row.outputs, same_content)
