#!/usr/bin/python
# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: desktop_flow_share
short_description: Enforce who may use desktop flows
version_added: 0.1.0
description:
  - Gives users, teams, Entra groups and applications the declared permissions on desktop flows, for a whole environment
    in one task.
  - Adds missing shares, raises and lowers existing ones, and removes those that are declared absent or, with
    O(shares[].exclusive), those that are not declared. It writes nothing that is already right.
  - Never touches the owner of a flow, what principals may do by their security roles, inherited rights, and the hidden
    teams behind shared links.
  - All names are resolved before the first write, each to exactly one row. All mistakes are reported at once, each with
    its place in the list.
  - An unchanged environment costs at most four requests (and one more for each further page of 5,000 rows).
author:
  - coe.power_platform contributors (@coe)
extends_documentation_fragment:
  - coe.power_platform.connection
  - coe.power_platform.attributes
  - coe.power_platform.attributes.managed
  - coe.power_platform.shares
options:
  audit:
    description:
      - Write nothing and return the differences in RV(drift). Names that do not resolve and disabled users are
        differences then, and no errors.
    type: bool
    default: false
  fail_on_drift:
    description:
      - Fail an audit that finds differences. RV(drift) is returned all the same.
    type: bool
    default: false
  share_record_path:
    description:
      - File with the shares that an interrupted upgrade may have taken away, when M(coe.power_platform.solution_import)
        or M(coe.power_platform.solution_promote) kept it there. By default it is kept in the environment.
    type: path
notes:
  - Sharing a flow does not share the work queues and credentials that it uses. The module warns of flows with work
    queues when it shares them.
  - Microsoft does not publish the rights that its portal gives to users and co-owners. The defaults are what is known
    to work; O(user_access) and O(co_owner_access) change them.
seealso:
  - module: coe.power_platform.desktop_flow_share_info
  - module: coe.power_platform.team
"""

EXAMPLES = r"""
- name: Give the callers of two flows their permissions, and nobody else
  coe.power_platform.desktop_flow_share:
    environment_url: https://contoso-test.crm4.dynamics.com
    shares:
      - desktop_flow: Post invoice
        exclusive: true
        principals:
          - team: Invoice robots
            permission: user
          - user: ada@contoso.com
            permission: co_owner
      - desktop_flow: Read mailbox
        include_child_flows: true
        principals:
          - entra_group: 6b3ad0c7-6a1f-4b0e-8f3e-0d6c1a2f9b11

- name: Share all desktop flows of a solution with a group
  coe.power_platform.desktop_flow_share:
    environment_url: https://contoso-test.crm4.dynamics.com
    shares:
      - solution: SharedFlows
        principals:
          - entra_group: 6b3ad0c7-6a1f-4b0e-8f3e-0d6c1a2f9b11

- name: Take a share away
  coe.power_platform.desktop_flow_share:
    environment_url: https://contoso-test.crm4.dynamics.com
    shares:
      - desktop_flow: Post invoice
        state: absent
        principals:
          - user: bob@contoso.com

- name: Tell where the environment differs from what is declared
  coe.power_platform.desktop_flow_share:
    environment_url: https://contoso-prod.crm4.dynamics.com
    shares: "{{ flow_permissions }}"
    audit: true
  register: result

- name: Copy the shares of one environment to another
  coe.power_platform.desktop_flow_share:
    environment_url: https://contoso-prod.crm4.dynamics.com
    shares: "{{ shares_of_test.shares }}"
"""

RETURN = r"""
changes:
  description:
    - What was changed, or would be in check mode, sorted by flow and principal.
  returned: when O(audit=false)
  type: list
  elements: dict
  contains:
    desktop_flow:
      description: Name of the flow.
      type: str
      returned: success
    desktop_flow_id:
      description: Id of the flow.
      type: str
      returned: success
    principal:
      description: User name, team name or name of the application. V(null) when the environment does not list it.
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
    action:
      description: V(grant), V(modify) or V(revoke).
      type: str
      returned: success
    before:
      description: Permission before, V(null) when there was no share.
      type: str
      returned: success
    after:
      description: Permission after, V(null) when the share is removed.
      type: str
      returned: success
    before_access:
      description: Rights before.
      type: list
      elements: str
      returned: success
    after_access:
      description: Rights after.
      type: list
      elements: str
      returned: success
shares:
  description:
    - The shares of the declared flows afterwards, as valid input of O(shares). Owners are not among them.
  returned: success
  type: list
  elements: dict
  sample:
    - desktop_flow: Post invoice
      principals:
        - user: ada@contoso.com
          permission: co_owner
ineffective:
  description: Declared shares that exist but are without effect.
  returned: when O(verify=effective)
  type: list
  elements: dict
  contains:
    desktop_flow:
      description: Name of the flow.
      type: str
      returned: success
    desktop_flow_id:
      description: Id of the flow.
      type: str
      returned: success
    principal:
      description: Name of the principal.
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
    missing_access:
      description: The rights that are without effect.
      type: list
      elements: str
      returned: success
    privilege:
      description: The privilege that the principal lacks, V(null) when the platform does not tell.
      type: str
      returned: success
    message:
      description: The same as a sentence.
      type: str
      returned: success
unchecked:
  description:
    - Declared shares of which it could not be told whether they have an effect. Each has C(desktop_flow),
      C(desktop_flow_id), C(principal), C(principal_type), C(principal_id), and a C(message) with the reason.
  returned: when O(verify=effective)
  type: list
  elements: dict
interrupted_upgrade:
  description:
    - What became of the shares that an interrupted upgrade took away, V(null) when there was none. They are put back
      together with the changes, save those that O(shares) would take away.
  returned: when O(audit=false)
  type: dict
  contains:
    solutions:
      description: Unique names of the solutions that were upgraded.
      type: list
      elements: str
      returned: success
    restored:
      description: Shares that were put back.
      type: list
      elements: dict
      returned: success
    failed:
      description: Shares that could not be put back; the next run tries again.
      type: list
      elements: dict
      returned: success
    deleted:
      description: Shares of flows that the upgrade deleted.
      type: list
      elements: dict
      returned: success
platform_shares:
  description:
    - Shares of exclusive flows that no entry declares and that stay, since Copilot Studio made the holding teams. Each
      has C(desktop_flow), C(desktop_flow_id), C(principal), C(principal_type), C(principal_id) and C(permission).
  returned: success
  type: list
  elements: dict
drift:
  description:
    - Where the environment differs from the declaration.
  returned: when O(audit=true)
  type: list
  elements: dict
  contains:
    kind:
      description:
        - V(missing), V(wrong_level) or V(surplus) share; V(disabled_user) for a share of a disabled user, or a declared
          one; V(unknown_principal) for a declared principal that the environment does not know, or for a share of one
          that it no longer lists; V(unknown_flow), V(ambiguous_flow), V(ambiguous_principal), V(unsuitable_principal)
          for names that do not do.
      type: str
      returned: success
    desktop_flow:
      description: Name of the flow, or what was declared.
      type: str
      returned: success
    desktop_flow_id:
      description: Id of the flow.
      type: str
      returned: success
    principal:
      description: Name of the principal, or what was declared.
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
    found:
      description: Permission in the environment, V(null) for none.
      type: str
      returned: success
    declared:
      description: Declared permission, V(null) for none.
      type: str
      returned: success
    message:
      description: The same as a sentence.
      type: str
      returned: success
    path:
      description: Place of the name in O(shares).
      type: str
      returned: success
applied:
  description: The changes that were made, as in RV(changes).
  returned: when some changes were refused
  type: list
  elements: dict
not_applied:
  description: The changes that were refused, as in RV(changes), each with RV(ignore:reason) and RV(ignore:code).
  returned: when some changes were refused
  type: list
  elements: dict
failure:
  description: What is known of a failure, C(status), C(code), C(request_id) and the like.
  returned: failure
  type: dict
  contains:
    mistakes:
      description:
        - All mistakes in O(shares), each with C(kind), C(path) (its place, such as C(shares[3].principals[0].team)),
          C(message), and C(candidates) to choose from.
      type: list
      elements: dict
"""

from typing import Any

from ..module_utils._module import run_module
from ..module_utils._sharing.declared import VERIFY_ARGUMENTS, enforce_or_audit
from ..module_utils._sharing.entries import PERMISSION_ARGUMENTS, SHARES_ARGUMENT
from ..module_utils._sharing.guard import GUARD_ARGUMENTS
from ..module_utils._sharing.share_state import read_state
from ..module_utils._solutions.guarded_operations import repairing
from ..module_utils._work import ModuleDefinition, Work


def share_desktop_flows(work: Work) -> dict[str, Any]:
    """Compare the declared shares with those of the environment, and write what is needed."""
    with repairing(work):
        state = read_state(work.client, work.params, work.warn)
    return enforce_or_audit(work, state, audit=work.params["audit"])


MODULE = ModuleDefinition(
    work=share_desktop_flows,
    argument_spec={
        "shares": SHARES_ARGUMENT,
        **PERMISSION_ARGUMENTS,
        **VERIFY_ARGUMENTS,
        "audit": {"type": "bool", "default": False},
        "share_record_path": GUARD_ARGUMENTS["share_record_path"],
    },
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
