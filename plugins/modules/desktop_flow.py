#!/usr/bin/python
# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: desktop_flow
short_description: Set owner and state of a desktop flow
version_added: 0.1.0
description:
  - Gives a desktop flow its owner and turns it on or off. What is not given, and what is right already, is left alone.
  - Desktop flows are made in Power Automate for desktop and come into an environment with a solution, so this module
    neither creates nor deletes them.
author:
  - coe.power_platform contributors (@coe)
extends_documentation_fragment:
  - coe.power_platform.connection
  - coe.power_platform.attributes
  - coe.power_platform.attributes.managed
options:
  name:
    description:
      - Name of the flow. A name that several flows bear is an error.
      - Exactly one of O(name) and O(id) is needed.
    type: str
  id:
    description: Id of the flow, the same in all environments.
    type: str
  owner:
    description:
      - Who should own the flow. Exactly one of the suboptions is needed.
      - The screenshots and UI elements of the flow change their owner with it. The previous owner may keep a share,
        depending on a setting of the environment.
    type: dict
    suboptions:
      user:
        description: User name (UPN), e-mail address, Entra object id or C(systemuserid) of a user.
        type: str
      team:
        description:
          - Name or C(teamid) of a Dataverse team. Access teams cannot own anything, and not every environment lets
            other teams own flows.
        type: str
      entra_group:
        description: Object id of an Entra group that has a team in the environment.
        type: str
      application:
        description: Application (client) id, Entra object id, C(systemuserid) or name of an application user.
        type: str
  enabled:
    description: Whether the flow should be on.
    type: bool
seealso:
  - module: coe.power_platform.desktop_flow_info
  - module: coe.power_platform.desktop_flow_share
"""

EXAMPLES = r"""
- name: Let the deployment's application own a flow, and turn the flow on
  coe.power_platform.desktop_flow:
    environment_url: https://contoso-prod.crm4.dynamics.com
    name: Post invoice
    owner:
      application: 00000000-1111-2222-3333-444444444444
    enabled: true

- name: Turn a flow off
  coe.power_platform.desktop_flow:
    environment_url: https://contoso-prod.crm4.dynamics.com
    id: 2a80c691-4b22-4c5a-9d2e-7f1a0c3b5d6e
    enabled: false
"""

RETURN = r"""
desktop_flow:
  description: The flow afterwards.
  returned: success
  type: dict
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
failure:
  description: What is known of a failure, C(status), C(code), C(request_id) and the like.
  returned: failure
  type: dict
"""

from typing import Any

from ..module_utils._errors import RefusedError
from ..module_utils._module import run_module
from ..module_utils._sharing.desktop_flows import DesktopFlows
from ..module_utils._sharing.entries import PRINCIPAL_KINDS
from ..module_utils._sharing.principals import Principal, PrincipalReference, Principals
from ..module_utils._sharing.selection import flow_to_result
from ..module_utils._work import ModuleDefinition, Work


def manage_desktop_flow(work: Work) -> dict[str, Any]:
    """Set what differs from the options."""
    params = work.params
    principals, flows = Principals(work.client), DesktopFlows(work.client)
    flow = flows.resolve(params["id"] or params["name"], "id" if params["id"] else "name")
    owner = _owner(principals, params["owner"])
    principals.load(ids=[("systemuser", flow.owner_id), ("team", flow.owner_id)])
    before = flow_to_result(flow, principals.get(flow.owner_id))
    wanted = flow.changed(owner.id if owner else None, params["enabled"])
    after = flow_to_result(wanted, principals.get(wanted.owner_id))
    if wanted != flow and not work.check_mode:
        written = flows.write(flow, wanted, owner)
        after = flow_to_result(written, principals.get(written.owner_id))
    return {"changed": wanted != flow, "desktop_flow": after, "diff": {"before": before, "after": after}}


def _owner(principals: Principals, option: dict[str, Any] | None) -> Principal | None:
    if not option:
        return None
    ((kind, text),) = [(kind, text) for kind, text in option.items() if text]
    reference = PrincipalReference(kind, text)
    owner = principals.resolve(reference, f"owner.{kind}")
    unsuitable = reference.why_unsuitable(owner)
    if owner.disabled:
        unsuitable = f"the user {text!r} is disabled: enable it, or name another owner"
    elif not unsuitable and not owner.can_own:
        unsuitable = f"{text!r} is an access team, which cannot own anything: name an owner team"
    if unsuitable:
        raise RefusedError(f"owner.{kind}: {unsuitable}.")
    return owner


MODULE = ModuleDefinition(
    work=manage_desktop_flow,
    argument_spec={
        "name": {"type": "str"},
        "id": {"type": "str"},
        "owner": {
            "type": "dict",
            "options": {kind: {"type": "str"} for kind in PRINCIPAL_KINDS},
            "mutually_exclusive": [PRINCIPAL_KINDS],
            "required_one_of": [PRINCIPAL_KINDS],
        },
        "enabled": {"type": "bool"},
    },
    mutually_exclusive=[("name", "id")],
    required_one_of=[("name", "id")],
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
