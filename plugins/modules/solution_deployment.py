#!/usr/bin/python
# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: solution_deployment
short_description: Deploy solution packages and enforce who may use their desktop flows
version_added: 0.1.0
description:
  - Brings packages into an environment in the order of their dependencies, what is called before its callers, promotes
    the upgrades that this staged, and enforces the permissions on desktop flows. An unchanged environment is only read.
  - All is planned before anything is written. Nothing begins when an import would be refused, or when O(shares) has a
    mistake, held against the flows that the packages bring. All of that is told at once.
  - In check mode the result says what would be imported and promoted, and which shares would be given, changed and
    taken away once that is done.
  - Each package whose import has anything to do is imported as M(coe.power_platform.solution_import) does it. Upgrades
    of several packages are staged and promoted in reverse order when all packages are imported, as
    M(coe.power_platform.solution_promote) does it. So nothing is deleted before all callers are there in their new
    version.
  - The role P(coe.power_platform.shared_flow#role) runs it.
author:
  - coe.power_platform contributors (@coe)
extends_documentation_fragment:
  - coe.power_platform.connection
  - coe.power_platform.attributes
  - coe.power_platform.attributes.managed
  - coe.power_platform.import_options
  - coe.power_platform.share_guard
  - coe.power_platform.shares
  - coe.power_platform.wait
options:
  src:
    description:
      - Paths of the solution packages on the machine that runs the task, in any order. One path can be given without a
        list, unless there is a comma in it.
    type: list
    elements: path
    required: true
  permissions_mode:
    description:
      - Whether to make the shares as O(shares) declares when all packages are there, or with V(audit) only to tell
        where they differ.
    type: str
    choices: [enforce, audit]
    default: enforce
  fail_on_drift:
    description:
      - Fail with O(permissions_mode=audit) when the shares differ from what is declared.
    type: bool
    default: false
  fail_on_refusal:
    description:
      - Whether the task fails in check mode when it would be refused. With V(false) that is only told, in
        RV(imports), RV(permissions) and RV(plan_text). Outside of check mode it fails always.
    type: bool
    default: true
  wait_timeout:
    description:
      - Seconds to wait for the end of each import and of each promotion.
    type: int
    default: 7200
notes:
  - The settings of all packages stand together, and each package takes those that it knows.
  - A run that was interrupted is completed by the next one, staged upgrades and shares that an upgrade took included.
seealso:
  - module: coe.power_platform.solution_deployment_info
  - module: coe.power_platform.solution_import
  - module: coe.power_platform.solution_promote
  - module: coe.power_platform.desktop_flow_share
"""

EXAMPLES = r"""
- name: Deploy a solution with shared desktop flows, and let a team run them
  coe.power_platform.solution_deployment:
    environment_url: https://contoso-prod.crm4.dynamics.com
    tenant_id: 00000000-0000-0000-0000-000000000000
    client_id: 11111111-1111-1111-1111-111111111111
    client_secret: "{{ client_secret }}"
    src: packages/CoESharedFlows_managed.zip
    shares:
      - solution: CoESharedFlows
        principals:
          - team: Invoice robots

- name: Upgrade a solution together with the solution that calls its flows
  coe.power_platform.solution_deployment:
    environment_url: https://contoso-prod.crm4.dynamics.com
    src:
      - packages/InvoiceProcesses_managed.zip
      - packages/CoESharedFlows_managed.zip
    import_mode: upgrade
    shares: "{{ flow_permissions }}"

- name: Tell what that would do
  coe.power_platform.solution_deployment:
    environment_url: https://contoso-prod.crm4.dynamics.com
    src:
      - packages/InvoiceProcesses_managed.zip
      - packages/CoESharedFlows_managed.zip
    import_mode: upgrade
    shares: "{{ flow_permissions }}"
  check_mode: true
  register: planned
"""

RETURN = r"""
imports:
  description: The packages in the order of their deployment, what is called before its callers.
  returned: success, or when the packages could be planned
  type: list
  elements: dict
  contains:
    name:
      description: Unique name of the solution.
      type: str
      sample: CoESharedFlows
    version:
      description: Version of the package.
      type: str
      sample: 1.2.0.0
    path:
      description: Path of the package, as O(src) names it.
      type: str
      sample: packages/CoESharedFlows_managed.zip
    import_mode:
      description: The mode it is imported with, V(stage_for_upgrade) where several packages are upgraded.
      type: str
      sample: update
    needed:
      description: Whether its import has anything to do.
      type: bool
    result:
      description:
        - What M(coe.power_platform.solution_import) returns, C(changed) and C(diff) included. In check mode, and for a
          package that needs no import, it is what it returns in check mode.
        - Of an import that failed or would be refused it is what is known, with C(failed), C(msg) and C(failure).
          V(null) when it was not reached.
      type: dict
promotions:
  description: The upgrades that are promoted when all packages are imported, what calls before what is called.
  returned: success, or when the packages could be planned
  type: list
  elements: dict
  contains:
    name:
      description: Unique name of the solution.
      type: str
      sample: CoESharedFlows
    version:
      description: Version that is promoted.
      type: str
      sample: 1.2.0.0
    staged:
      description: Whether it was staged already, by a run that was interrupted. Otherwise its import stages it.
      type: bool
    result:
      description:
        - What M(coe.power_platform.solution_promote) returns. V(null) when it was not reached, and in check mode for
          what is not staged yet.
      type: dict
permissions:
  description:
    - What M(coe.power_platform.desktop_flow_share) returns for O(shares) when all packages are there, for example
      RV(coe.power_platform.desktop_flow_share#module:changes) and
      RV(coe.power_platform.desktop_flow_share#module:shares), or with O(permissions_mode=audit)
      RV(coe.power_platform.desktop_flow_share#module:drift). In check mode it is what that would be.
    - V(null) when it was not reached.
  returned: success, or when the packages could be planned
  type: dict
plan_text:
  description:
    - The deployment in words, for the person who approves it. The texts of all imports, each as
      RV(coe.power_platform.solution_import#module:plan_text), and what becomes of permissions.
  returned: success, or when the packages could be planned
  type: str
failure:
  description: What is known of a failure, C(status), C(code), C(request_id) and the like.
  returned: failure
  type: dict
  contains:
    refused:
      description: Unique names of the solutions whose imports would be refused.
      type: list
      elements: str
    mistakes:
      description: The mistakes in O(shares), as M(coe.power_platform.desktop_flow_share) returns them.
      type: list
      elements: dict
"""

from typing import Any

from ..module_utils._arguments import wait_arguments
from ..module_utils._deployment.deployment import PERMISSIONS_MODE, Deployment
from ..module_utils._module import run_module
from ..module_utils._packages.order import order_packages
from ..module_utils._packages.package import read_package
from ..module_utils._plan.deployment import IMPORT_ARGUMENTS
from ..module_utils._sharing.declared import VERIFY_ARGUMENTS
from ..module_utils._sharing.entries import PERMISSION_ARGUMENTS, SHARES_ARGUMENT
from ..module_utils._sharing.guard import GUARD_ARGUMENTS
from ..module_utils._solutions.guarded_operations import repairing
from ..module_utils._work import ModuleDefinition, Work


def deploy_solutions(work: Work) -> dict[str, Any]:
    """Bring the packages and the shares into the environment, or predict what that would do."""
    with repairing(work):
        deployment = Deployment(work, order_packages(map(read_package, work.params["src"])))
        refusal = deployment.refusal()
        if refusal and (work.params["fail_on_refusal"] or not work.check_mode):
            raise refusal
    if refusal:
        return refusal.result
    return deployment.predict() if work.check_mode else deployment.apply()


MODULE = ModuleDefinition(
    work=deploy_solutions,
    argument_spec={
        "src": {"type": "list", "elements": "path", "required": True},
        "shares": SHARES_ARGUMENT,
        "permissions_mode": PERMISSIONS_MODE,
        "fail_on_refusal": {"type": "bool", "default": True},
        **PERMISSION_ARGUMENTS,
        **VERIFY_ARGUMENTS,
        **IMPORT_ARGUMENTS,
        **wait_arguments(7200),
        **GUARD_ARGUMENTS,
    },
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
