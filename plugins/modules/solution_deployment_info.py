#!/usr/bin/python
# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: solution_deployment_info
short_description: Predict what deploying solution packages would do
version_added: 0.1.0
description:
  - Brings packages into the order of their deployment, as M(coe.power_platform.solution_package_info) does, and
    predicts the import of each as M(coe.power_platform.solution_import) does in check mode, each of them knowing the
    others. Writes nothing.
  - RV(imports) says what to import how, and RV(promotions) what to promote afterwards. The role
    P(coe.power_platform.shared_flow#role) carries this out.
  - Upgrades of several packages are meant to be staged, and promoted when all packages are imported. So nothing is
    deleted before all callers are there in their new version.
  - When an import would be refused, the task fails and names all imports that would be, so that none of them begins.
author:
  - Centre of Excellence (@coe)
extends_documentation_fragment:
  - coe.power_platform.connection
  - coe.power_platform.attributes
  - coe.power_platform.attributes.reader
  - coe.power_platform.import_options
  - coe.power_platform.share_guard
options:
  src:
    description:
      - Paths of the solution packages on the machine that runs the task, in any order. One path can be given without a
        list, unless there is a comma in it.
    type: list
    elements: path
    required: true
  fail_on_refusal:
    description:
      - Whether the task fails when an import would be refused. With V(false) refusals are only told, in RV(imports).
    type: bool
    default: true
notes:
  - The options besides O(src) and O(fail_on_refusal) are to be those of the imports. The settings of all packages stand
    together, and each package takes those that it knows.
  - Nothing is written, so O(protect_shares), O(share_record_path) and O(require_share_record) only say what to predict.
  - What goes wrong before the environment is known, such as a package that cannot be read, is always a failure.
seealso:
  - module: coe.power_platform.solution_import
  - module: coe.power_platform.solution_promote
  - module: coe.power_platform.solution_package_info
"""

EXAMPLES = r"""
- name: Predict a deployment
  coe.power_platform.solution_deployment_info:
    environment_url: https://contoso-prod.crm4.dynamics.com
    tenant_id: 00000000-0000-0000-0000-000000000000
    client_id: 11111111-1111-1111-1111-111111111111
    client_secret: "{{ client_secret }}"
    src:
      - packages/InvoiceProcesses_managed.zip
      - packages/CoESharedFlows_managed.zip
    import_mode: upgrade
  register: deployment

- name: Show the plans to the approver of a workflow
  ansible.builtin.set_stats:
    data:
      plan: "{{ deployment.imports | map(attribute='prediction.plan_text') | join }}"

- name: Tell which packages bring something new, refused ones included
  coe.power_platform.solution_deployment_info:
    environment_url: https://contoso-prod.crm4.dynamics.com
    access_token: "{{ token }}"
    src: packages/CoESharedFlows_managed.zip
    fail_on_refusal: false
  register: planned
"""

RETURN = r"""
imports:
  description: The imports in the order of their deployment, what is called before its callers.
  returned: success, or when an import would be refused
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
      description:
        - The mode to import it with, for O(coe.power_platform.solution_import#module:import_mode).
        - V(stage_for_upgrade) where there are several packages and the package is upgraded, be it asked for or chosen
          by O(import_mode=auto), now or by an earlier run that was interrupted. Otherwise O(import_mode).
      type: str
      sample: stage_for_upgrade
    needed:
      description:
        - Whether M(coe.power_platform.solution_import) has anything to do, which is to import, to write settings, or to
          complete what an interrupted upgrade has left.
      type: bool
    prediction:
      description:
        - What M(coe.power_platform.solution_import) returns with this mode in check mode, C(changed) and C(diff)
          included, for example RV(coe.power_platform.solution_import#module:operation) and
          RV(coe.power_platform.solution_import#module:plan_text).
        - Of an import that would be refused it is what is known, with C(failed), C(msg) and C(failure).
      type: dict
promotions:
  description:
    - The upgrades to apply by M(coe.power_platform.solution_promote) when all packages are imported, in this order,
      what calls before what is called. None with O(import_mode=stage_for_upgrade), which leaves it to you.
    - In check mode only those that are staged already, since its imports stage nothing.
  returned: success, or when an import would be refused
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
      description: Whether it is staged already, by a run that was interrupted. Otherwise its import stages it.
      type: bool
flows_present:
  description:
    - Whether the flows of all packages are there when the imports have run, for tasks that work with them. V(false) in
      check mode if some package adds flows.
  returned: success, or when an import would be refused
  type: bool
failure:
  description: What is known of a failure, C(status), C(code), C(request_id) and the like.
  returned: failure
  type: dict
  contains:
    refused:
      description: Unique names of the solutions whose imports would be refused.
      type: list
      elements: str
"""

from typing import Any

from ..module_utils._module import run_module
from ..module_utils._packages.order import order_packages
from ..module_utils._packages.package import read_package
from ..module_utils._plan.deployment import IMPORT_ARGUMENTS, plan_imports, plan_promotions, refusal
from ..module_utils._sharing.guard import GUARD_ARGUMENTS
from ..module_utils._work import ModuleDefinition, Work


def predict_deployment(work: Work) -> dict[str, Any]:
    """Return what deploying the packages would do."""
    packages = order_packages(map(read_package, work.params["src"]))
    imports = plan_imports(work, packages)
    promotions = plan_promotions(work, packages, (it.prediction for it in imports))
    result = {
        "changed": False,
        "imports": [{**it.facts(), "prediction": it.prediction} for it in imports],
        "promotions": [it for it in promotions if it["staged"] or not work.check_mode],
        "flows_present": not (work.check_mode and any(it.adds_flows for it in imports)),
    }
    if work.params["fail_on_refusal"] and (error := refusal(work, imports)):
        error.result.update(result)
        raise error
    return result


MODULE = ModuleDefinition(
    work=predict_deployment,
    argument_spec={
        "src": {"type": "list", "elements": "path", "required": True},
        "fail_on_refusal": {"type": "bool", "default": True},
        **IMPORT_ARGUMENTS,
        **GUARD_ARGUMENTS,
    },
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
