#!/usr/bin/python
# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: desktop_flow_info
short_description: List desktop flows
version_added: 0.1.0
description:
  - Returns the desktop flows of an environment with owner, state, inputs, outputs, the flows that they call, and the
    solutions that they are in. Drafts are included.
author:
  - coe.power_platform contributors (@coe)
extends_documentation_fragment:
  - coe.power_platform.connection
  - coe.power_platform.attributes
  - coe.power_platform.attributes.reader
options:
  name:
    description: Return only the flows with this name.
    type: str
  id:
    description: Return only the flow with this id. The id of a flow is the same in all environments.
    type: str
  owner:
    description:
      - Return only the flows of this owner, a user (user name, e-mail address or id), a team (name, id or Entra group
        object id) or an application (id or name).
    type: str
  solution:
    description: Return only the flows of the solution with this unique name.
    type: str
notes:
  - Conditions that nothing meets return an empty list.
seealso:
  - module: coe.power_platform.desktop_flow
  - module: coe.power_platform.desktop_flow_share_info
"""

EXAMPLES = r"""
- name: List all desktop flows of an environment
  coe.power_platform.desktop_flow_info:
    environment_url: https://contoso-test.crm4.dynamics.com
  register: result

- name: Look at one flow
  coe.power_platform.desktop_flow_info:
    environment_url: https://contoso-test.crm4.dynamics.com
    name: Post invoice

- name: List the flows of a solution
  coe.power_platform.desktop_flow_info:
    environment_url: https://contoso-test.crm4.dynamics.com
    solution: SharedFlows
"""

RETURN = r"""
desktop_flows:
  description: The desktop flows, sorted by name.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Id of the flow, the same in all environments.
      type: str
      returned: success
    name:
      description: Name of the flow.
      type: str
      returned: success
    owner:
      description: Owner as RV(ignore:id), RV(ignore:name) and RV(ignore:type) (V(user), V(team), V(entra_group) or
        V(application)).
      type: dict
      returned: success
    state:
      description: V(activated), V(draft) or V(suspended).
      type: str
      returned: success
    enabled:
      description: Whether the flow is on.
      type: bool
      returned: success
    managed:
      description: Whether the flow came with a managed solution.
      type: bool
      returned: success
    modified_on:
      description: Time of the last change, ISO 8601 in UTC.
      type: str
      returned: success
    inputs:
      description: Inputs with their RV(ignore:name), RV(ignore:type), RV(ignore:required) (V(null) where the flow does
        not say) and RV(ignore:sensitive). V(null) when they cannot be read.
      type: list
      elements: dict
      returned: success
    outputs:
      description: Outputs, as the inputs.
      type: list
      elements: dict
      returned: success
    child_flows:
      description: The flows that the flow calls directly, with RV(ignore:id) and RV(ignore:name) (V(null) when the
        environment has no such flow).
      type: list
      elements: dict
      returned: success
    solutions:
      description: Unique names of the solutions that the flow is in.
      type: list
      elements: str
      returned: success
failure:
  description: What is known of a failure, C(status), C(code), C(request_id) and the like.
  returned: failure
  type: dict
"""

from typing import Any

from ..module_utils._module import run_module
from ..module_utils._packages.signatures import signature_to_result
from ..module_utils._sharing.desktop_flows import ALL_COLUMNS
from ..module_utils._sharing.selection import FlowSelection, flow_to_result
from ..module_utils._work import ModuleDefinition, Work


def list_desktop_flows(work: Work) -> dict[str, Any]:
    """Return the flows that the options choose."""
    params = work.params
    selection = FlowSelection(
        work.client,
        text=params["id"] or params["name"],
        owner=params["owner"],
        solution=params["solution"],
        columns=ALL_COLUMNS,
    )
    selection.load_principals()
    solutions = selection.solutions()
    names = selection.names_of({child for flow in selection.chosen for child in flow.child_flow_ids})
    flows = [
        {
            **flow_to_result(flow, selection.principals.get(flow.owner_id)),
            **signature_to_result(flow.inputs, flow.outputs),
            "child_flows": [{"id": child, "name": names.get(child)} for child in flow.child_flow_ids],
            "solutions": solutions.get(flow.id, []),
        }
        for flow in selection.chosen
    ]
    return {"changed": False, "desktop_flows": flows}


MODULE = ModuleDefinition(
    work=list_desktop_flows,
    argument_spec={option: {"type": "str"} for option in ("name", "id", "owner", "solution")},
    mutually_exclusive=[("name", "id")],
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
