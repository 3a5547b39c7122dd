# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shares of desktop flows in the words of a plan.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from .._dataverse.client import DataverseClient
from .._dataverse.reading import Query
from .._packages.components import WORKFLOW_TYPE
from .._sharing.permissions import describe
from .._sharing.principals import Principals
from .._sharing.share_reader import ShareReader
from .environment import FlowShare


def held_flows_query(solution_ids: Collection[str]) -> Query:
    """Return the query for the flows that solutions and their patches hold, which an upgrade replaces with them.

    Source: tables solutioncomponent and solution.
    """
    conditions = [
        f"{column} eq {id}"
        for id in sorted(solution_ids)
        for column in ("_solutionid_value", "solutionid/_parentsolutionid_value")
    ]
    return Query("solutioncomponents", "objectid", conditions, also=f"componenttype eq {WORKFLOW_TYPE}")


def find_flow_shares(
    client: DataverseClient, flow_ids: Collection[str], desktop_flows: Mapping[str, str]
) -> list[FlowShare]:
    """Return the shares of those flows that are desktop flows of the environment.

    ``desktop_flows`` are the names of all desktop flows by id. Source: tables principalobjectaccess (or the function
    RetrieveSharedPrincipalsAndAccess, for who may not read it), systemuser and team.
    """
    shares = ShareReader(client, thorough=False).read(desktop_flows.keys() & flow_ids)
    principals = Principals(client)
    principals.load(ids=((key.table, key.principal_id) for key, _mask in shares))
    found = []
    for key, mask in shares:
        principal = principals.get(key.principal_id)
        who = f"{principal.kind.replace('_', ' ')} {principal.name}" if principal else key.principal_id
        flow_id = key.flow_id.lower()
        found.append(FlowShare(desktop_flows[flow_id], flow_id, who, describe(mask)))
    return found
