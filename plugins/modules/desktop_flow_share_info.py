#!/usr/bin/python
# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: desktop_flow_share_info
short_description: List who may use desktop flows
version_added: 0.1.0
description:
  - Returns the explicit shares of desktop flows. RV(shares) is valid input of
    M(coe.power_platform.desktop_flow_share), so that a snapshot, a restore and a copy to another environment are one
    task each.
  - Owners, principals that see flows through a security role, inherited rights, and the hidden teams behind shared
    links are no shares and not among them.
author:
  - coe.power_platform contributors (@coe)
extends_documentation_fragment:
  - coe.power_platform.connection
  - coe.power_platform.attributes
  - coe.power_platform.attributes.reader
options:
  desktop_flow:
    description: Return only the shares of the flow with this name or id.
    type: str
  owner:
    description:
      - Return only the shares of this owner's flows, a user (user name, e-mail address or id), a team (name, id or
        Entra group object id) or an application (id or name).
    type: str
  solution:
    description: Return only the shares of the flows in the solution with this unique name.
    type: str
  include_role_readers:
    description:
      - Also return in RV(role_readers) who sees all flows of the environment by a security role. The maker portal shows
        them as co-owners of every flow, although they have no share.
    type: bool
    default: false
notes:
  - Conditions that nothing meets return empty lists.
seealso:
  - module: coe.power_platform.desktop_flow_share
"""

EXAMPLES = r"""
- name: Take a snapshot of all shares
  coe.power_platform.desktop_flow_share_info:
    environment_url: https://contoso-test.crm4.dynamics.com
  register: shares_of_test

- name: Restore the snapshot
  coe.power_platform.desktop_flow_share:
    environment_url: https://contoso-test.crm4.dynamics.com
    shares: "{{ shares_of_test.shares }}"

- name: Look at the shares of one flow
  coe.power_platform.desktop_flow_share_info:
    environment_url: https://contoso-test.crm4.dynamics.com
    desktop_flow: Post invoice
"""

RETURN = r"""
shares:
  description:
    - The shares as valid input of the option O(coe.power_platform.desktop_flow_share#module:shares), sorted by flow.
    - The key C(access) is there where the rights are not those that the collection gives by itself.
    - Flows are named by their name where no other flow bears it, else by their id; users by their user name, teams by
      name, Entra groups by object id, applications by application id.
  returned: success
  type: list
  elements: dict
  sample:
    - desktop_flow: Post invoice
      principals:
        - user: ada@contoso.com
          permission: co_owner
        - team: Invoice robots
          permission: user
role_readers:
  description:
    - The security roles that let their bearers read all flows, sorted by name.
  returned: when O(include_role_readers=true)
  type: list
  elements: dict
  contains:
    security_role:
      description: Name of the role.
      type: str
      returned: success
    principals:
      description:
        - Who bears the role directly, with RV(ignore:principal), RV(ignore:principal_type) and
          RV(ignore:principal_id). Members of teams and disabled users are not listed.
      type: list
      elements: dict
      returned: success
desktop_flows:
  description: The same by flow, with all details; flows without shares are listed too.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Id of the flow.
      type: str
      returned: success
    name:
      description: Name of the flow.
      type: str
      returned: success
    owner:
      description: Owner as RV(ignore:id), RV(ignore:name) and RV(ignore:type).
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
    principals:
      description: Who the flow is shared with.
      type: list
      elements: dict
      returned: success
      contains:
        principal:
          description: Name of the principal, V(null) when the environment no longer lists it.
          type: str
          returned: success
        principal_type:
          description: One of V(user), V(team), V(entra_group), V(application).
          type: str
          returned: success
        principal_id:
          description: C(systemuserid) or C(teamid).
          type: str
          returned: success
        permission:
          description: V(co_owner) with the right V(write), V(user) with V(read) but not V(write), else V(custom).
          type: str
          returned: success
        access:
          description: The rights.
          type: list
          elements: str
          returned: success
        disabled:
          description: Whether the user is disabled.
          type: bool
          returned: success
failure:
  description: What is known of a failure, C(status), C(code), C(request_id) and the like.
  returned: failure
  type: dict
"""

from typing import Any

from ..module_utils._module import run_module
from ..module_utils._sharing.report import ShareReport
from ..module_utils._sharing.role_readers import read_role_readers
from ..module_utils._sharing.selection import FlowSelection, flow_to_result
from ..module_utils._sharing.share_reader import ShareReader
from ..module_utils._work import ModuleDefinition, Work


def list_shares(work: Work) -> dict[str, Any]:
    """Return the shares of the flows that the options choose."""
    params = work.params
    selection = FlowSelection(
        work.client, text=params["desktop_flow"], owner=params["owner"], solution=params["solution"]
    )
    shares = ShareReader(work.client, tolerant=True).read({flow.id for flow in selection.chosen})
    selection.load_principals(shares)
    selection.load_namesakes()
    report = ShareReport(selection.flows, selection.principals)
    holders = report.principals(shares)
    flows = [
        {
            **flow_to_result(flow, selection.principals.get(flow.owner_id)),
            "principals": holders.get(flow.id, []),
        }
        for flow in selection.chosen
    ]
    result = {"changed": False, "shares": report.shares(shares), "desktop_flows": flows}
    if params["include_role_readers"]:
        result["role_readers"] = read_role_readers(work.client, selection.principals)
    return result


MODULE = ModuleDefinition(
    work=list_shares,
    argument_spec={
        **{option: {"type": "str"} for option in ("desktop_flow", "owner", "solution")},
        "include_role_readers": {"type": "bool", "default": False},
    },
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
