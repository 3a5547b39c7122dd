#!/usr/bin/python
# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: solution
short_description: Remove a solution from an environment
version_added: 0.1.0
description:
  - Removes a solution. Use M(coe.power_platform.solution_import) to bring one into an environment.
  - A managed solution goes with its components and their data. Of an unmanaged solution only the container goes and its
    components stay, of which the task warns.
  - Components of other solutions that still need the solution keep it from being removed. They are listed in
    RV(failure).
author:
  - Centre of Excellence (@coe)
extends_documentation_fragment:
  - coe.power_platform.connection
  - coe.power_platform.attributes
  - coe.power_platform.attributes.managed
  - coe.power_platform.wait
options:
  name:
    description:
      - Unique name of the solution. A staged upgrade is a solution of its own, named C(<name>_Upgrade).
    type: str
    required: true
  state:
    description:
      - The solution should not be there. There is no default, so that nothing is removed by an omission.
    type: str
    choices: [absent]
    required: true
  wait:
    description:
      - Whether to wait for the end of the removal.
    type: bool
    default: true
  wait_timeout:
    description:
      - Seconds to wait for the end of the removal. When they are over, the task fails and the removal goes on. The next
        run joins it.
    type: int
    default: 3600
seealso:
  - module: coe.power_platform.solution_info
"""

EXAMPLES = r"""
- name: Remove a solution with everything in it
  coe.power_platform.solution:
    environment_url: https://contoso-test.crm4.dynamics.com
    tenant_id: 00000000-0000-0000-0000-000000000000
    client_id: 11111111-1111-1111-1111-111111111111
    client_secret: "{{ client_secret }}"
    name: CoESharedFlows
    state: absent

- name: Give up a staged upgrade
  coe.power_platform.solution:
    environment_url: https://contoso-test.crm4.dynamics.com
    access_token: "{{ token }}"
    name: CoESharedFlows_Upgrade
    state: absent
"""

RETURN = r"""
solution:
  description: The solution as it was. None when it was not there.
  returned: success
  type: dict
  contains:
    id:
      description: Id of the solution in this environment.
      type: str
    name:
      description: Unique name of the solution.
      type: str
      sample: CoESharedFlows
    friendly_name:
      description: Name that people see.
      type: str
    version:
      description: Version of the solution.
      type: str
      sample: 1.1.0.0
    managed:
      description: Whether the solution was managed.
      type: bool
    description:
      description: What the solution was for.
      type: str
    installed_on:
      description: When the solution was installed first (ISO 8601, UTC).
      type: str
    modified_on:
      description: When the solution was changed last (ISO 8601, UTC).
      type: str
    publisher:
      description: Who published the solution, as in RV(coe.power_platform.solution_info#module:solutions[].publisher).
      type: dict
duration:
  description: Seconds that the task took, waiting included. 0 in check mode.
  returned: success
  type: float
  sample: 48.7
failure:
  description: What is known of a failure, C(status), C(code), C(request_id), C(operation_id) and the like.
  returned: failure
  type: dict
  contains:
    dependencies:
      description: What in other solutions needs this one (C(dependent), C(dependent_solution), C(required)).
      type: list
      elements: dict
"""

from typing import Any

from ..module_utils._arguments import wait_arguments
from ..module_utils._module import run_module
from ..module_utils._solutions.operations import operations_of
from ..module_utils._solutions.removals import SolutionRemoval
from ..module_utils._work import ModuleDefinition, Work


def manage_solution(work: Work) -> dict[str, Any]:
    """Remove the solution, or predict what that would do."""
    removal = SolutionRemoval(work.client, work.params["name"])
    if removal.keeps_components:
        work.warn(f"{work.params['name']} is unmanaged: its container is removed, its components stay.")
    return removal.predict() if work.check_mode else removal.perform(operations_of(work))


MODULE = ModuleDefinition(
    work=manage_solution,
    argument_spec={
        "name": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["absent"], "required": True},
        "wait": {"type": "bool", "default": True},
        **wait_arguments(3600),
    },
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
