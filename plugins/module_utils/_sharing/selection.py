# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Desktop flows chosen by name or id, owner and solution, and how modules return them.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from .._dataverse.client import DataverseClient
from .._dataverse.reading import Query, read_together
from .._packages.manifest import UNMANAGED_LAYER
from .changes import Share
from .desktop_flows import COLUMNS, DesktopFlow, DesktopFlows, components_query, membership
from .principals import Principal, PrincipalReference, Principals

# Solutions that hold every component and say nothing of where a flow belongs.
COLLECTIVE_SOLUTIONS = {UNMANAGED_LAYER, "Default"}


class FlowSelection:
    """The desktop flows of one environment that meet all given conditions.

    ``text`` is a name or an id, ``owner`` a user, team or application by any of its names or ids, ``solution`` a unique
    name. Names that nothing bears choose nothing.
    """

    def __init__(
        self,
        client: DataverseClient,
        *,
        text: str | None = None,
        owner: str | None = None,
        solution: str | None = None,
        columns: str = COLUMNS,
    ) -> None:
        self._client = client
        self.flows = DesktopFlows(client, columns, tolerant=True)
        self.principals = Principals(client, tolerant=True)
        owner_ids = self._owner_ids(owner) if owner else None
        if solution or text:
            solutions = [solution] if solution else []
            self.flows.load([text] if text else [], read_together(client, components_query(solutions))[0])
        elif owner_ids is None:
            self.flows.load_all()
        else:
            self.flows.load_owned_by(owner_ids)
        named = self.flows.find(text) if text else list(self.flows)
        members = {flow.id for flow in self.flows.of_solution(solution)} if solution else None
        self.chosen = [
            flow
            for flow in named
            if (members is None or flow.id in members) and (owner_ids is None or flow.owner_id in owner_ids)
        ]

    def _owner_ids(self, owner: str) -> set[str]:
        references = [PrincipalReference(kind, owner) for kind in ("user", "application", "team", "entra_group")]
        self.principals.load(references)
        return {principal.id for reference in references for principal in self.principals.find(reference)}

    def load_principals(self, shares: Iterable[Share] = ()) -> None:
        """Read the owners of the chosen flows and the holders of shares."""
        holders = {(share.key.table, share.key.principal_id) for share in shares}
        # A flow does not say whether a user or a team owns it.
        owners = {(table, flow.owner_id) for flow in self.chosen for table in ("systemuser", "team")}
        self.principals.load(ids=holders | owners)

    def load_namesakes(self) -> None:
        """Read what bears the name of a flow or principal that was read, so that it is known which names are unique."""
        self.flows.load_namesakes()
        self.principals.load_namesakes()

    def solutions(self) -> dict[str, list[str]]:
        """Return the unique names of the solutions that each chosen flow is in."""
        conditions = [f"objectid eq {flow.id}" for flow in self.chosen]
        query = Query("solutioncomponents", "objectid", conditions, expand="solutionid($select=uniquename)")
        found: dict[str, set[str]] = defaultdict(set)
        for solution, flow_id in self._client.read_each(membership, read_together(self._client, query)[0]):
            found[flow_id].add(solution)
        return {flow_id: sorted(names - COLLECTIVE_SOLUTIONS) for flow_id, names in found.items()}

    def names_of(self, flow_ids: set[str]) -> dict[str, str]:
        """Return the names of flows, chosen or not; flows that do not exist are left out."""
        flows = DesktopFlows(self._client, tolerant=True)
        flows.load(flow_id for flow_id in flow_ids if not self.flows.get(flow_id))
        found = {flow_id: self.flows.get(flow_id) or flows.get(flow_id) for flow_id in flow_ids}
        return {flow_id: flow.name for flow_id, flow in found.items() if flow}


def flow_to_result(flow: DesktopFlow, owner: Principal | None) -> dict[str, Any]:
    """Return what all modules tell about a flow."""
    return {
        "id": flow.id,
        "name": flow.name,
        "owner": owner_to_result(flow.owner_id, owner),
        "state": flow.state,
        "enabled": flow.state == "activated",
        "managed": flow.managed,
        "modified_on": flow.modified_on,
    }


def owner_to_result(owner_id: str, owner: Principal | None) -> dict[str, Any]:
    """Return an owner; name and type are None when the environment does not list it."""
    return {"id": owner_id, "name": owner.name if owner else None, "type": owner.kind if owner else None}
