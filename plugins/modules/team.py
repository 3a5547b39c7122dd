#!/usr/bin/python
# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: team
short_description: Manage a team that can hold shares
version_added: 0.1.0
description:
  - Makes, changes or deletes an owner team, or the team of a Microsoft Entra group, with its security roles.
  - A share has an effect only where the principal's security roles give it at least read access to processes, so a team
    that flows are shared with needs such a role.
author:
  - coe.power_platform contributors (@coe)
extends_documentation_fragment:
  - coe.power_platform.connection
  - coe.power_platform.attributes
  - coe.power_platform.attributes.managed
options:
  name:
    description:
      - Name of the team. Needed for owner teams.
      - The team of a group gets the group's name unless this is given. The platform never changes it when the group is
        renamed.
    type: str
  entra_group:
    description:
      - Object id of a Microsoft Entra group, to manage the team of that group.
    type: str
  membership:
    description:
      - Who of the group belongs to the team. Only with O(entra_group); a group may have one team for each value.
    type: str
    choices: [members_and_guests, members, owners, guests]
    default: members_and_guests
  description:
    description: What the team is for. Left as it is when not given.
    type: str
  business_unit:
    description:
      - Name or id of the business unit of the team. A new team goes to the root business unit when this is not given.
      - The team of an existing name is looked for in this business unit only, or in all when this is not given.
      - The team of a group that is in another business unit is an error, since this module does not move teams.
    type: str
  administrator:
    description:
      - User name (UPN), e-mail address or id of the user who administers a new team, by default the user of the
        connection.
    type: str
  security_roles:
    description:
      - Names or ids of the security roles that the team should have, in its business unit.
    type: list
    elements: str
  exclusive:
    description: Take away security roles that are not in O(security_roles), which is needed then.
    type: bool
    default: false
  state:
    description:
      - Whether the team should exist. The shares of a team go with it, and do not come back with a new team of the same
        name or group.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: coe.power_platform.desktop_flow_share
"""

EXAMPLES = r"""
- name: Make a team for the machines that run flows
  coe.power_platform.team:
    environment_url: https://contoso-prod.crm4.dynamics.com
    name: Invoice robots
    security_roles:
      - Desktop Flows Machine User

- name: Make the team of an Entra group, so that flows can be shared with the group
  coe.power_platform.team:
    environment_url: https://contoso-prod.crm4.dynamics.com
    entra_group: 6b3ad0c7-6a1f-4b0e-8f3e-0d6c1a2f9b11
    security_roles:
      - Basic User

- name: Delete a team
  coe.power_platform.team:
    environment_url: https://contoso-prod.crm4.dynamics.com
    name: Invoice robots
    state: absent
"""

RETURN = r"""
team:
  description: The team afterwards, V(null) when it does not exist.
  returned: success
  type: dict
  contains:
    id:
      description: Id of the team (C(teamid)), V(null) in check mode for a new one.
      type: str
      returned: success
    name:
      description: Name of the team.
      type: str
      returned: success
    description:
      description: What the team is for.
      type: str
      returned: success
    type:
      description: V(owner) or V(entra_group).
      type: str
      returned: success
    entra_group:
      description: Object id of the group, V(null) for owner teams.
      type: str
      returned: success
    membership:
      description: Who of the group belongs to the team.
      type: str
      returned: success
    business_unit:
      description: Business unit with RV(ignore:id) and RV(ignore:name).
      type: dict
      returned: success
    security_roles:
      description: Names of the security roles.
      type: list
      elements: str
      returned: success
failure:
  description: What is known of a failure, C(status), C(code), C(request_id) and the like.
  returned: failure
  type: dict
"""

import dataclasses
from typing import Any

from ..module_utils._dataverse.odata import guid
from ..module_utils._errors import ConfigurationError
from ..module_utils._module import run_module
from ..module_utils._sharing.principals import PrincipalReference, Principals
from ..module_utils._sharing.teams import MEMBERSHIPS, Team, Teams, in_order
from ..module_utils._work import ModuleDefinition, Work


def manage_team(work: Work) -> dict[str, Any]:
    """Make the team as the options say."""
    params, teams = work.params, Teams(work.client)
    unit = teams.business_unit(params["business_unit"]) if params["business_unit"] else None
    draft = Team(
        id=None,
        name=params["name"],
        description=None,
        entra_group=_group_id(params["entra_group"]),
        membership=params["membership"],
        business_unit=unit,
        roles=(),
    )
    before = teams.find(draft)
    after = _wanted(teams, params, before or draft) if params["state"] == "present" else None
    changed = after != before
    if changed and not work.check_mode:
        after = _write(work, teams, before, after)
    return {
        "changed": changed,
        "team": after.to_result() if after else None,
        "diff": {"before": before.to_result() if before else {}, "after": after.to_result() if after else {}},
    }


def _group_id(text: str | None) -> str | None:
    if text and not guid(text):
        raise ConfigurationError(
            f"entra_group: {text!r} is not the object id of an Entra group: copy it from the group's page in Entra."
        )
    return guid(text) if text else None


def _wanted(teams: Teams, params: dict[str, Any], team: Team) -> Team:
    """Return the team as it should be."""
    unit = team.business_unit or teams.business_unit(None)
    roles = team.roles
    if params["security_roles"] is not None:
        named = teams.roles(params["security_roles"], unit)
        roles = named if params["exclusive"] else in_order({*named, *team.roles})
    given = {key: params[key] for key in ("name", "description") if params[key] is not None}
    return dataclasses.replace(team, business_unit=unit, roles=roles, **given)


def _write(work: Work, teams: Teams, before: Team | None, wanted: Team | None) -> Team | None:
    """Write what differs and return the team as read back."""
    if wanted is None:
        teams.delete(before)
        return None
    if before is None:
        before = teams.create(wanted, _administrator_id(work))
    teams.update(before, wanted)
    return teams.get(before.id)


def _administrator_id(work: Work) -> str:
    if not work.params["administrator"]:
        return work.client.identity.guid("UserId")
    administrator = PrincipalReference("user", work.params["administrator"])
    return Principals(work.client).resolve(administrator, "administrator").id


MODULE = ModuleDefinition(
    work=manage_team,
    argument_spec={
        "name": {"type": "str"},
        "entra_group": {"type": "str"},
        "membership": {"type": "str", "choices": list(MEMBERSHIPS), "default": "members_and_guests"},
        "description": {"type": "str"},
        "business_unit": {"type": "str"},
        "administrator": {"type": "str"},
        "security_roles": {"type": "list", "elements": "str"},
        "exclusive": {"type": "bool", "default": False},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    },
    required_one_of=[("name", "entra_group")],
    required_if=[("exclusive", True, ["security_roles"])],
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
