# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may use which desktop flow."""

from __future__ import annotations


class ModuleDocFragment:
    """The options of tasks that enforce shares."""

    DOCUMENTATION = r"""
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
            teams that Copilot Studio makes for agents, unless an entry with O(shares[].state=absent) names them;
            RV(coe.power_platform.desktop_flow_share#module:platform_shares) tells them.
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
  verify:
    description:
      - V(written) reads back what was written.
      - V(effective) also asks the platform what each declared principal may really do, one read for each share, and
        warns where a share is without effect because the principal's security roles do not allow it, or where that
        could not be checked.
    type: str
    choices: [written, effective]
    default: written
"""
