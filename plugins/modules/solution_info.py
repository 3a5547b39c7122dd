#!/usr/bin/python
# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: solution_info
short_description: List the solutions of an environment
version_added: 0.1.0
description:
  - Lists the visible solutions of an environment with their versions.
author:
  - Centre of Excellence (@coe)
extends_documentation_fragment:
  - coe.power_platform.connection
  - coe.power_platform.attributes
  - coe.power_platform.attributes.reader
options:
  name:
    description:
      - Unique name of the solution to list. A solution that does not exist gives an empty list.
      - A staged upgrade of a solution is a solution of its own, named C(<name>_Upgrade).
    type: str
  managed:
    description:
      - Whether to list only managed (V(true)) or only unmanaged solutions (V(false)). Both when not set.
    type: bool
seealso:
  - module: coe.power_platform.solution_import
  - module: coe.power_platform.solution_export
"""

EXAMPLES = r"""
- name: See which version of a solution is installed
  coe.power_platform.solution_info:
    environment_url: https://contoso-test.crm4.dynamics.com
    tenant_id: 00000000-0000-0000-0000-000000000000
    client_id: 11111111-1111-1111-1111-111111111111
    client_secret: "{{ client_secret }}"
    name: CoESharedFlows
  register: installed

- name: Say which version it is
  ansible.builtin.debug:
    msg: "{{ installed.solutions | map(attribute='version') | first | default('not installed') }}"

- name: List all managed solutions
  coe.power_platform.solution_info:
    environment_url: https://contoso-test.crm4.dynamics.com
    access_token: "{{ token }}"
    managed: true
"""

RETURN = r"""
solutions:
  description: The solutions, in the order of their names.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Id of the solution in this environment.
      type: str
      sample: 5a1f1d3c-7a43-4d3c-9f58-1c0f7a7bb0f1
    name:
      description: Unique name of the solution.
      type: str
      sample: CoESharedFlows
    friendly_name:
      description: Name that people see.
      type: str
      sample: CoE shared flows
    version:
      description: Version of the solution.
      type: str
      sample: 1.1.0.0
    managed:
      description: Whether the solution is managed.
      type: bool
    description:
      description: What the solution is for.
      type: str
    installed_on:
      description: When the solution was installed first (ISO 8601, UTC).
      type: str
      sample: "2026-01-31T12:00:00Z"
    modified_on:
      description: When the solution was changed last (ISO 8601, UTC).
      type: str
      sample: "2026-03-02T08:15:00Z"
    publisher:
      description: Who publishes the solution.
      type: dict
      contains:
        name:
          description: Unique name of the publisher.
          type: str
          sample: contoso
        friendly_name:
          description: Name that people see.
          type: str
          sample: Contoso
        prefix:
          description: Prefix of the publisher's components.
          type: str
          sample: con
"""

from typing import Any

from ..module_utils._module import run_module
from ..module_utils._solutions.solutions import Solutions
from ..module_utils._work import ModuleDefinition, Work


def list_solutions(work: Work) -> dict[str, Any]:
    """Return the solutions that the options ask for."""
    names = [work.params["name"]] if work.params["name"] else []
    solutions = Solutions(work.client).list(*names, managed=work.params["managed"])
    return {"changed": False, "solutions": [solution.to_result() for solution in solutions]}


MODULE = ModuleDefinition(work=list_solutions, argument_spec={"name": {"type": "str"}, "managed": {"type": "bool"}})


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
