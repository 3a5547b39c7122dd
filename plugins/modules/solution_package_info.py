#!/usr/bin/python
# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: solution_package_info
short_description: Tell what solution packages hold, and in which order to deploy them
version_added: 0.1.0
description:
  - Reads solution packages (zip files) without any environment and returns their solution, flows with their inputs
    and outputs, calls between flows, connection references and environment variables.
  - Several packages come back in the order in which they have to be deployed, so that what is called is there before
    its callers. A package comes after another one that holds a component which it declares as missing, or a desktop
    flow that its desktop flows or cloud flows call. Packages that do not need each other stay in the given order.
    Packages that need each other in a circle are an error.
  - A package is read as a stream and nothing is unpacked to disk. A file that is broken or made to do harm, such as
    a zip bomb, is refused.
  - Values that may be secrets are never returned, neither values of environment variables nor defaults of inputs, nor
    are the connections of the people who made the package.
author:
  - Centre of Excellence (@coe)
extends_documentation_fragment:
  - coe.power_platform.attributes
  - coe.power_platform.attributes.reader
attributes:
  action_group:
    support: none
    membership: []
    details:
      - The options of C(group/coe.power_platform.all) describe a connection, which this module does not need.
options:
  src:
    description:
      - Paths of the solution packages on the machine that runs the task. One path can be given without a list, unless
        there is a comma in it.
    type: list
    elements: path
    required: true
seealso:
  - module: coe.power_platform.solution_deployment_info
  - module: coe.power_platform.solution_export
  - module: coe.power_platform.solution_import
"""

EXAMPLES = r"""
- name: Look into a package
  coe.power_platform.solution_package_info:
    src: packages/CoESharedFlows_1_1_0_0_managed.zip
  register: shared_flows

- name: Say which inputs callers must pass
  ansible.builtin.debug:
    msg: "{{ item.name }}: {{ item.inputs | selectattr('required') | map(attribute='name') | join(', ') }}"
  loop: "{{ shared_flows.package.desktop_flows }}"
  loop_control:
    label: "{{ item.name }}"

- name: Insist on a managed package that holds all the desktop flows it calls
  ansible.builtin.assert:
    that:
      - shared_flows.package.managed
      - shared_flows.package.missing_flows == []

- name: Bring packages into the order of their deployment
  coe.power_platform.solution_package_info:
    src:
      - packages/InvoiceProcesses_managed.zip
      - packages/CoESharedFlows_managed.zip
  register: processes

- name: Import the packages, the shared flows before their callers
  coe.power_platform.solution_import:
    environment_url: https://contoso-prod.crm4.dynamics.com
    access_token: "{{ token }}"
    src: "{{ item.path }}"
  loop: "{{ processes.packages }}"
  loop_control:
    label: "{{ item.name }}"
"""

RETURN = r"""
packages:
  description:
    - What the packages hold, in the order in which to deploy them, each as RV(package).
  returned: success
  type: list
  elements: dict
package:
  description: What the package holds.
  returned: when O(src) names one package
  type: dict
  contains:
    path:
      description: Path of the package, as O(src) names it.
      type: str
      sample: packages/CoESharedFlows_1_1_0_0_managed.zip
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
      description: Whether the package installs a managed solution.
      type: bool
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
    size:
      description: Size of the file in bytes.
      type: int
      sample: 127537
    checksum:
      description: SHA-256 of the file.
      type: str
    desktop_flows:
      description: The desktop flows.
      type: list
      elements: dict
      contains:
        id:
          description: Id of the flow, the same in all environments.
          type: str
          sample: b1b933bf-5746-4c79-9b99-12da65958023
        name:
          description: Name of the flow.
          type: str
        inputs:
          description: Inputs with their RV(ignore:name), RV(ignore:type), RV(ignore:required) (V(null) where the flow
            does not say) and RV(ignore:sensitive). V(null) when they cannot be read.
          type: list
          elements: dict
          sample:
            - name: CustomerNumber
              type: string
              required: true
              sensitive: false
        outputs:
          description: Outputs, as the inputs.
          type: list
          elements: dict
        child_flows:
          description: The desktop flows that the flow calls directly, with RV(ignore:id) and RV(ignore:name) (V(null)
            when the package does not hold the flow).
          type: list
          elements: dict
        work_queues:
          description: Ids of the work queues that the flow uses.
          type: list
          elements: str
    cloud_flows:
      description: The cloud flows.
      type: list
      elements: dict
      contains:
        id:
          description: Id of the flow, the same in all environments.
          type: str
        name:
          description: Name of the flow.
          type: str
        desktop_flow_calls:
          description: Where the flow runs desktop flows. V(null) when its definition cannot be read.
          type: list
          elements: dict
          contains:
            place:
              description: The actions that lead to the call.
              type: str
              sample: Try > Large amount > Run the approval
            id:
              description: Id of the called flow. V(null) when it is decided at run time.
              type: str
            name:
              description: Name of the called flow. V(null) when the package does not hold it.
              type: str
            inputs:
              description: Names of the inputs that the call passes. V(null) when they are decided at run time.
              type: list
              elements: str
            outputs:
              description: Names of the outputs that expressions of the flow read.
              type: list
              elements: str
    connection_references:
      description: The connection references that an environment has to bind.
      type: list
      elements: dict
      contains:
        logical_name:
          description: Logical name of the connection reference.
          type: str
          sample: con_SharedFlows
        connector_id:
          description: Connector that the connection has to be of.
          type: str
          sample: /providers/Microsoft.PowerApps/apis/shared_uiflow
    environment_variables:
      description: The environment variables.
      type: list
      elements: dict
      contains:
        schema_name:
          description: Schema name of the variable.
          type: str
          sample: con_ArchiveAddress
        type:
          description: V(string), V(number), V(boolean), V(json), V(data_source) or V(secret).
          type: str
        has_default_value:
          description: Whether the package brings a default value.
          type: bool
        has_value:
          description: Whether the package brings a current value.
          type: bool
    components:
      description: Number of components by table. A component type without a known table appears by its number.
      type: dict
      sample:
        desktopflowbinary: 61
        workflow: 13
    missing_dependencies:
      description:
        - Components that the solution needs and the package lacks, as the exporting environment declared them. Each has
          RV(ignore:required) and RV(ignore:dependent), both with RV(ignore:type), RV(ignore:id), RV(ignore:name) and
          RV(ignore:display_name), and the first also with RV(ignore:solution).
        - Desktop flows that are called are not declared by environments, see RV(package.missing_flows).
      type: list
      elements: dict
    missing_flows:
      description: Desktop flows that are called and not in the package. The environment has to have them already.
      type: list
      elements: dict
      contains:
        id:
          description: Id of the called flow.
          type: str
        caller:
          description: Name of the flow that calls it.
          type: str
        caller_id:
          description: Id of the flow that calls it.
          type: str
        places:
          description: Where in the calling flow, as far as that can be seen.
          type: list
          elements: str
          sample: [subflow Main]
failure:
  description: What is known of a failure, C(status), C(code), C(request_id) and the like.
  returned: failure
  type: dict
"""

from typing import Any

from ..module_utils._module import run_module
from ..module_utils._packages.order import order_packages
from ..module_utils._packages.package import read_package
from ..module_utils._packages.report import describe
from ..module_utils._work import ModuleDefinition, Work


def read_solution_packages(work: Work) -> dict[str, Any]:
    """Return what the packages hold, in the order of their deployment."""
    packages = [describe(package) for package in order_packages(map(read_package, work.params["src"]))]
    result = {"changed": False, "packages": packages}
    return {**result, "package": packages[0]} if len(packages) == 1 else result


MODULE = ModuleDefinition(
    work=read_solution_packages,
    argument_spec={"src": {"type": "list", "elements": "path", "required": True}},
    needs_environment=False,
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
