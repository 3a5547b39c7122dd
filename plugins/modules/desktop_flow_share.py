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
options:
  shares:
    description:
      - Who has which permission on which flow.
      - Several entries may concern the same flow; what they say is added up. Naming a principal with two different
        permissions on one flow is an error.
    type: list
    elements: dict
    required: true
    suboptions:
      desktop_flow:
        description:
          - Name or id of a desktop flow. A name that several flows bear is an error.
          - Exactly one of O(shares[].desktop_flow) and O(shares[].solution) is needed.
        type: str
      solution:
        description: Unique name of a solution, for all desktop flows in it.
        type: str
      principals:
        description:
          - Who the flow is shared with, or no longer shared with, when O(shares[].state=absent).
          - Exactly one of V(user), V(team), V(entra_group) and V(application) is needed in each element.
        type: list
        elements: dict
        default: []
        suboptions:
          user:
            description: User name (UPN), e-mail address, Entra object id or C(systemuserid) of a user.
            type: str
          team:
            description:
              - Name or C(teamid) of a Dataverse team.
              - The team of an Entra group is named with O(shares[].principals[].entra_group) instead, since its name
                may differ from the group's; by its C(teamid) it may be named here.
            type: str
          entra_group:
            description:
              - Object id of an Entra group. The group must have a team in the environment, see
                M(coe.power_platform.team).
            type: str
          application:
            description: Application (client) id, Entra object id, C(systemuserid) or name of an application user.
            type: str
          permission:
            description:
              - V(user) may run the flow, V(co_owner) may also edit, share and delete it.
              - V(custom) is any other set of rights, given in O(shares[].principals[].access).
              - An application cannot be V(co_owner).
            type: str
            choices: [user, co_owner, custom]
            default: user
          access:
            description:
              - The rights instead of those in O(user_access) or O(co_owner_access). Rights with V(write) mean
                V(co_owner), with V(read) but not V(write) V(user), all others V(custom).
            type: list
            elements: str
            choices: [read, write, append, append_to, create, delete, share, assign]
            default: []
      exclusive:
        description:
          - Remove all shares of the flow that no entry declares.
          - Shares of principals that the environment no longer lists stay, they give nobody access. So do those of the
            teams that Copilot Studio makes for agents, which are told in RV(platform_shares), unless an entry with
            O(shares[].state=absent) names them.
          - With O(shares[].state=absent) and no principals, all shares of the flow are removed.
        type: bool
        default: false
      include_child_flows:
        description:
          - Apply the entry also to the flows that the flow calls, directly or through others. Sharing a flow does not
            share the flows that it calls.
        type: bool
        default: false
      state:
        description: Whether the principals should have their permission, or no share at all.
        type: str
        choices: [present, absent]
        default: present
  user_access:
    description:
      - The rights behind the permission V(user). Must hold V(read) and must not hold V(write).
    type: list
    elements: str
    choices: [read, write, append, append_to, create, delete, share, assign]
    default: [read]
  co_owner_access:
    description:
      - The rights behind the permission V(co_owner). Must hold V(read) and V(write).
    type: list
    elements: str
    choices: [read, write, append, append_to, create, delete, share, assign]
    default: [read, write, append, append_to, delete, share, assign]
  exact:
    description:
      - What counts as right. By default a share is right when it means the declared permission (a share with V(write)
        means V(co_owner), one with V(read) but not V(write) means V(user)) and has at least the permission's rights.
      - With V(true) it must have exactly the permission's rights. Beside the default of O(co_owner_access) all rights,
        V(create) included, are right too, as the portal gives them.
    type: bool
    default: false
  allow_disabled:
    description:
      - Take disabled users for any others. By default declaring one is an error.
    type: bool
    default: false
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
  verify:
    description:
      - V(written) reads back what was written.
      - V(effective) also asks the platform what each declared principal may really do, one read for each share, and
        warns where a share is without effect because the principal's security roles do not allow it, or where that
        could not be checked.
    type: str
    choices: [written, effective]
    default: written
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

from ..module_utils._errors import DriftError
from ..module_utils._module import run_module
from ..module_utils._sharing.enforcement import ShareEnforcement
from ..module_utils._sharing.entries import PERMISSION_ARGUMENTS, SHARES_ARGUMENT
from ..module_utils._sharing.guard import GUARD_ARGUMENTS
from ..module_utils._sharing.share_state import read_state
from ..module_utils._solutions.guarded_operations import repairing
from ..module_utils._text import listed, sentences
from ..module_utils._work import ModuleDefinition, Work


def share_desktop_flows(work: Work) -> dict[str, Any]:
    """Compare the declared shares with those of the environment, and write what is needed."""
    audit = work.params["audit"]
    with repairing(work):
        state = read_state(work.client, work.params, work.warn)
    for warning in state.interruption.warnings():
        work.warn(warning)
    enforcement = ShareEnforcement(
        work.client,
        state,
        read_only=work.check_mode or audit,
        allow_disabled=work.params["allow_disabled"],
    )
    result = enforcement.audit() if audit else enforcement.enforce()
    if queues := enforcement.flows_with_work_queues(result.get("changes", [])):
        work.warn(f"Sharing a flow does not share the work queues that it uses, share those of {listed(queues)} too.")
    if work.params["verify"] == "effective":
        result.update(effect := enforcement.effect())
        for one in (*effect["ineffective"], *effect["unchecked"]):
            work.warn(one["message"])
    if work.params["fail_on_drift"] and (drift := result.get("drift")):
        told = sentences(difference["message"] for difference in drift)
        raise DriftError(f"{work.environment_name} differs from what is declared. {told}", result=result)
    return result


MODULE = ModuleDefinition(
    work=share_desktop_flows,
    argument_spec={
        "shares": SHARES_ARGUMENT,
        **PERMISSION_ARGUMENTS,
        "allow_disabled": {"type": "bool", "default": False},
        "audit": {"type": "bool", "default": False},
        "fail_on_drift": {"type": "bool", "default": False},
        "verify": {"type": "str", "choices": ["written", "effective"], "default": "written"},
        "share_record_path": GUARD_ARGUMENTS["share_record_path"],
    },
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
