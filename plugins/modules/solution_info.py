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
  - Given a package, it also tells what the environment still has of the solution although the package lacks it. An
    update leaves such components behind, and an upgrade deletes them.
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
      - With O(package) it is the name of the package's solution by default, and must not be another one.
    type: str
  package:
    description:
      - Path of a package of the solution (a zip file) on the machine that runs the task, usually the one that was
        imported last. The installed solution is compared with it (see RV(left_overs)).
    type: path
  managed:
    description:
      - Whether to list only managed (V(true)) or only unmanaged solutions (V(false)). Both when not set.
      - It has no influence on RV(left_overs).
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

- name: See what updates have left over
  coe.power_platform.solution_info:
    environment_url: https://contoso-test.crm4.dynamics.com
    access_token: "{{ token }}"
    package: packages/CoESharedFlows_managed.zip
  register: compared

- name: Say what an upgrade would remove, and what still needs it
  ansible.builtin.debug:
    msg: "{{ compared.left_overs | map(attribute='message') }}"

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
left_overs:
  description:
    - What the solution has in the environment although O(package) lacks it, in the order of kinds and names.
    - Compared are flows, desktop flow binaries, work queues, security roles, connection references, environment
      variables, tables, web resources, site maps, custom controls, model-driven apps and canvas apps.
  returned: when O(package) is given
  type: list
  elements: dict
  contains:
    id:
      description: Id of the component.
      type: str
    name:
      description: Name of the component, if it is known.
      type: str
      sample: Post invoice
    type:
      description: V(desktop) or V(cloud) for flows, the name of the table for other components.
      type: str
      sample: desktop
    needed_by:
      description: What still needs it, in words, so that an upgrade would stop half-way or break callers.
      type: list
      elements: str
      sample: [cloud flow Nightly]
    also_in:
      description: Unique names of other managed solutions that hold it too. Then an upgrade leaves it.
      type: list
      elements: str
    message:
      description: What an upgrade would do with it, in a sentence.
      type: str
      sample: >-
        The desktop flow Post invoice is left over: an upgrade would delete it, but cloud flow Nightly still needs it.
not_comparable:
  description:
    - Components of the solution of which it cannot be told whether the package lacks them, counted by kind.
  returned: when O(package) is given
  type: list
  elements: dict
  contains:
    type:
      description: Name of the table, or the number of the type.
      type: str
      sample: pluginassembly
    count:
      description: How many there are.
      type: int
      sample: 1
    parts_of_tables:
      description: Whether they are parts (columns, forms, views and the like) of tables that the package holds.
      type: bool
    message:
      description: The same in a sentence.
      type: str
failure:
  description: What is known of a failure, C(status), C(code), C(request_id) and the like.
  returned: failure
  type: dict
"""

from typing import Any

from ..module_utils._errors import ConfigurationError
from ..module_utils._module import run_module
from ..module_utils._packages.package import Package, read_package
from ..module_utils._plan.comparison import compare_with_installed
from ..module_utils._solutions.solutions import Solutions
from ..module_utils._work import ModuleDefinition, Work


def list_solutions(work: Work) -> dict[str, Any]:
    """Return the solutions that the options ask for, and how the installed one differs from a package."""
    package = read_package(work.params["package"]) if work.params["package"] else None
    name = _name(work.params["name"], package)
    solutions = Solutions(work.client).list(*filter(None, [name]), managed=work.params["managed"])
    compared = compare_with_installed(work.client, package) if package else {}
    return {"changed": False, "solutions": [solution.to_result() for solution in solutions], **compared}


def _name(name: str | None, package: Package | None) -> str | None:
    """Return the name of the solution to list; raise ``ConfigurationError`` when the package is of another one."""
    if name and package and name.lower() != package.unique_name.lower():
        raise ConfigurationError(
            f"name={name} is another solution than {package.unique_name}, which the package {package.path} is of: leave"
            " out name, or give a package of that solution."
        )
    return package.unique_name if package else name


MODULE = ModuleDefinition(
    work=list_solutions,
    argument_spec={"name": {"type": "str"}, "managed": {"type": "bool"}, "package": {"type": "path"}},
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
