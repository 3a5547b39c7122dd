# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is saved of a solution's desktop flows and not published: an export leaves it out.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._dataverse.reading import Query, read_together
from .._sharing.desktop_flows import DESKTOP_FLOW, components_query, membership
from .._sharing.flow_rows import UNPUBLISHED, read_flow_rows
from .component_names import WORKFLOW

if TYPE_CHECKING:
    from .._dataverse.client import DataverseClient


def find_drafts(client: DataverseClient, solution: str) -> dict[str, str]:
    """Return the names of a solution's flows, by id, of which something is saved and not published; two requests.

    Source: tables solutioncomponents and workflows; Power Automate, Version control for desktop flows.
    """
    components = client.read_each(membership, read_together(client, components_query([solution]))[0])
    conditions = [f"workflowid eq {flow_id}" for _solution, flow_id in components]
    query = Query("workflows", "workflowid,name,componentstate", conditions, also=DESKTOP_FLOW)
    found, _others = read_flow_rows(client, query)
    saved = (
        row for row in found.rows if row.get("componentstate") == UNPUBLISHED or row.guid("workflowid") in found.drafts
    )
    return dict(client.read_each(WORKFLOW.named, saved))


def publish_drafts(client: DataverseClient, solution: str, drafts: dict[str, str]) -> dict[str, str]:
    """Publish drafts and return those that are left: it is not documented for flows everywhere.

    Source: Web API PublishXml, which does no harm when it is sent twice.
    """
    flows = "".join(f"<workflow>{{{flow_id}}}</workflow>" for flow_id in sorted(drafts))
    xml = f"<importexportxml><workflows>{flows}</workflows></importexportxml>"
    client.call("PublishXml", {"ParameterXml": xml}, idempotent=True)
    return find_drafts(client, solution)
