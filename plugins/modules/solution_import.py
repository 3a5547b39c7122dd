#!/usr/bin/python
# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: solution_import
short_description: Import a solution package into an environment
version_added: 0.1.0
description:
  - Brings a solution package into an environment, whatever state the environment is in. A solution that is not
    installed is installed, a lower version is replaced as O(import_mode) says, the same version is left alone,
    and a higher version is never lowered silently.
  - The package is validated by the environment before anything changes. Missing dependencies and validation errors
    come back as lists in RV(failure).
  - The import is started exactly once. An import of the same package and version that is already running, started by
    an earlier run or another machine, is joined. When the answer to the start is lost, the import is looked for
    in the environment instead of being started again.
  - An operation of someone else that occupies the environment is waited for, up to O(lock_timeout).
  - Before it begins, the import is planned, and refused where it would break callers (O(on_contract_break)), where
    flows of the package call desktop flows that are neither in it nor in the environment, and where the platform would
    stop an upgrade half-way because something still needs what the upgrade deletes.
  - Afterwards the installed version and the flows are read back. An import that claims success without having
    changed the version is a failure, and so is a desktop flow whose definition or signature is not the package's.
author:
  - Centre of Excellence (@coe)
extends_documentation_fragment:
  - coe.power_platform.connection
  - coe.power_platform.attributes
  - coe.power_platform.attributes.managed
  - coe.power_platform.import_options
  - coe.power_platform.wait
  - coe.power_platform.share_guard
options:
  src:
    description:
      - Path of the solution package (a zip file) on the machine that runs the task.
    type: path
    required: true
  together_with:
    description:
      - Paths of the packages that are deployed in the same run. The package O(src) may be among them.
      - Desktop flows in these packages count as being in the environment already, and callers in them count in place of
        their older versions, when it is told beforehand what the import will do. This lets a package be checked before
        the packages that it needs are imported.
      - Settings that the package does not know are no mistake if one of these packages knows them.
    type: list
    elements: path
    default: []
  publish_workflows:
    description:
      - Whether to activate processes and plug-in steps after the import.
    type: bool
    default: true
  publish:
    description:
      - Whether to publish all customizations of the environment after the import of an unmanaged package, which leaves
        drafts. Managed packages arrive published.
      - Needs O(wait=true).
    type: bool
    default: false
  wait:
    description:
      - Whether to wait for the end of the import. Use M(coe.power_platform.import_job_info) to follow it otherwise.
      - Without waiting nothing is read back afterwards. RV(import_job) is none when there was nothing to import.
    type: bool
    default: true
  wait_timeout:
    description:
      - Seconds to wait for the end of the import. When they are over, the task fails and the import goes on. The next
        run joins it.
    type: int
    default: 7200
notes:
  - In check mode nothing is written and the result is that of the real run, with the same RV(plan). To have the plan
    only, for example to show RV(plan_text) to an approver, run the task with C(check_mode=true). For packages that are
    deployed together M(coe.power_platform.solution_deployment_info) predicts the same, and the playbook
    C(coe.power_platform.plan_deployment) tells it for every target.
  - The plan reads all desktop flows of the environment, the cloud flows that run desktop flows, and the installed
    solution, page by page. Nothing is read when the version is installed already. Then
    M(coe.power_platform.solution_info) with its option O(coe.power_platform.solution_info#module:package) tells
    what earlier updates have left over.
  - With C(diff=true) a refused import returns the difference that it would have made, too.
  - Settings that differ while the version does not are written to their rows directly, without importing the package
    again. This touches nothing else, and the task is changed.
  - The settings of a package that is imported go with it, so that its flows start with them.
seealso:
  - module: coe.power_platform.solution_deployment_info
  - module: coe.power_platform.solution_promote
  - module: coe.power_platform.solution_export
  - module: coe.power_platform.import_job_info
"""

EXAMPLES = r"""
- name: Install a solution, or update it to the version of the package
  coe.power_platform.solution_import:
    environment_url: https://contoso-prod.crm4.dynamics.com
    tenant_id: 00000000-0000-0000-0000-000000000000
    client_id: 11111111-1111-1111-1111-111111111111
    client_secret: "{{ client_secret }}"
    src: dist/CoESharedFlows_1_1_0_0_managed.zip

- name: Upgrade, and bind connections and variables
  coe.power_platform.solution_import:
    environment_url: https://contoso-prod.crm4.dynamics.com
    access_token: "{{ token }}"
    src: dist/CoESharedFlows_1_2_0_0_managed.zip
    import_mode: upgrade
    connection_references:
      coe_sharepoint: 4f0b6a2f7d3c4f2b9a0e5a1c8d7e6f01
    environment_variables:
      coe_Mailbox: shared-flows@contoso.com

- name: Tell what an import would do
  coe.power_platform.solution_import:
    environment_url: https://contoso-prod.crm4.dynamics.com
    access_token: "{{ token }}"
    src: dist/CoESharedFlows_1_2_0_0_managed.zip
    import_mode: auto
  check_mode: true
  diff: true
  register: planned

- name: Show it to the approver of a workflow
  ansible.builtin.set_stats:
    data:
      plan: "{{ planned.plan_text }}"

- name: Import although callers have to be adapted afterwards
  coe.power_platform.solution_import:
    environment_url: https://contoso-prod.crm4.dynamics.com
    access_token: "{{ token }}"
    src: dist/CoESharedFlows_2_0_0_0_managed.zip
    on_contract_break: warn

- name: Use the settings file that pac has made
  coe.power_platform.solution_import:
    environment_url: https://contoso-prod.crm4.dynamics.com
    access_token: "{{ token }}"
    src: dist/CoESharedFlows_1_2_0_0_managed.zip
    deployment_settings: settings/prod.json

- name: Stage an upgrade for the maintenance window
  coe.power_platform.solution_import:
    environment_url: https://contoso-prod.crm4.dynamics.com
    access_token: "{{ token }}"
    src: dist/CoESharedFlows_1_2_0_0_managed.zip
    import_mode: stage_for_upgrade
"""

RETURN = r"""
operation:
  description:
    - V(install), V(update), V(upgrade), V(stage), or V(none) when the package was there already.
    - V(refuse) in failures, when nothing of these can bring the package into the environment.
  returned: always, once it is decided
  type: str
  sample: update
reason:
  description: Why this operation.
  returned: always, once it is decided
  type: str
  sample: version 1.1.0.0 is higher than the installed version 1.0.0.0
solution:
  description: The solution after the operation.
  returned: success
  type: dict
  contains:
    name:
      description: Unique name of the solution.
      type: str
      sample: CoESharedFlows
    friendly_name:
      description: Name that people see.
      type: str
      sample: CoE shared flows
    managed:
      description: Whether the solution is managed.
      type: bool
    version:
      description: Installed version. None when it is not installed.
      type: str
      sample: 1.1.0.0
    previous_version:
      description: Version that was installed before.
      type: str
      sample: 1.0.0.0
    staged_version:
      description: Version of a staged upgrade, or none.
      type: str
      sample: 1.2.0.0
import_job:
  description: The import job. None when nothing was imported.
  returned: always, once the package is read
  type: dict
  contains:
    id:
      description: Id of the import job, for M(coe.power_platform.import_job_info).
      type: str
      sample: 3e0f2b4a-15c2-4d6b-8b1f-2f6d0a0c7a11
    operation_id:
      description: Id of the operation that carries out the import.
      type: str
      sample: 9b0f6e59-7d5a-4e2c-a6c0-0a8d3c1f5e22
    solution:
      description: Unique name of the solution.
      type: str
      sample: CoESharedFlows
    state:
      description: V(waiting), V(running), V(succeeded), V(failed) or V(canceled).
      type: str
      sample: succeeded
    progress:
      description: How far the import is, in percent.
      type: float
      sample: 100.0
    started_on:
      description: When the import began (ISO 8601, UTC).
      type: str
      sample: "2026-01-31T12:00:00Z"
    finished_on:
      description: When the import ended (ISO 8601, UTC).
      type: str
      sample: "2026-01-31T12:03:10Z"
    warnings:
      description: Warnings of the platform. They are warnings of the task too.
      type: list
      elements: str
    errors:
      description: Errors of the platform.
      type: list
      elements: str
joined:
  description: Whether the import was started by an earlier run or by someone else.
  returned: success
  type: bool
settings:
  description: Names of the settings that were changed, never their values.
  returned: success
  type: dict
  contains:
    connection_references:
      description: Logical names of connection references.
      type: list
      elements: str
      sample: [coe_sharepoint]
    environment_variables:
      description: Schema names of environment variables.
      type: list
      elements: str
      sample: [coe_Mailbox]
left_overs:
  description:
    - What the solution has in the environment although the package lacks it, after an update. An upgrade would delete
      it, unless another managed solution holds it too.
    - Compared are flows, desktop flow binaries, work queues, security roles, connection references, environment
      variables, tables, web resources, site maps, custom controls, model-driven apps and canvas apps. The other kinds
      are counted in RV(plan.not_comparable).
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Id of the component.
      type: str
    name:
      description: Name of the component, if it is known.
      type: str
    type:
      description: V(desktop) or V(cloud) for flows, the name of the table for other components.
      type: str
    needed_by:
      description: What still needs it, in words.
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
      sample: "The desktop flow Post invoice is left over: an upgrade would delete it."
plan:
  description:
    - What the import does, as planned before it began; the same in check mode and in a real run.
    - None when nothing is imported, or when the version or the kind of the solution forbids it.
  returned: always, once it is decided
  type: dict
  contains:
    operation:
      description: The operation, as RV(operation).
      type: str
    reason:
      description: Why this operation.
      type: str
    auto:
      description:
        - What O(import_mode=auto) takes, with C(mode), C(rule) and C(reason).
        - The rules are V(not_installed), V(unmanaged), V(nothing_to_delete), V(still_needed) and V(safe_to_delete).
      type: dict
    recommendation:
      description:
        - What to do, as C(action) and C(reason). V(hold) means that something has to be put right first, V(update) and
          V(upgrade) are modes.
      type: dict
      sample: {action: update, reason: "the package lacks nothing that is installed, and shares stay"}
    flows:
      description:
        - The flows C(added), C(changed), C(unchanged) and C(deleted), each with C(id), C(name) and C(type).
        - Those C(not_compared) are there already, and packages hold no content of theirs that could be compared, for
          example of business rules.
      type: dict
    left_overs:
      description: What the installed solution has and the package lacks, as RV(left_overs).
      type: list
      elements: dict
    deletes_left_overs:
      description: Whether the operation deletes them, apart from those that other managed solutions hold too.
      type: bool
    not_comparable:
      description:
        - Components of the installed solution of which it cannot be told whether the package lacks them, counted by
          kind, with C(type), C(count), C(message) and C(parts_of_tables). The latter says that they are parts (columns,
          forms, views and the like) of tables that the package holds.
        - An operation that deletes what the package lacks warns of the others.
      type: list
      elements: dict
    contract_changes:
      description:
        - Flows whose inputs or outputs change, with C(breaking), C(changes) and C(callers).
        - Each change has C(kind), C(argument), C(detail) and C(effect), which is V(breaking), V(warning), V(compatible)
          or V(unknown). Inputs or outputs that cannot be read are V(unknown), never equal.
        - Each caller has C(in_package), C(status), which is V(breaks), V(fits) or V(unknown), and C(breaks) with the
          place in the caller, the argument and the reason.
      type: list
      elements: dict
    missing_flows:
      description: Calls in the package of desktop flows that are neither in it nor in the environment.
      type: list
      elements: dict
    undetectable_calls:
      description: Calls of desktop flows that are decided at run time only.
      type: list
      elements: dict
    shares_dropped:
      description:
        - Shares that the platform removes with the upgrade, with C(flow), C(flow_id), C(principal) and C(access). They
          are put back with O(protect_shares=true).
      type: list
      elements: dict
    drafts:
      description: Desktop flows of the package of which the environment holds drafts, see O(on_drafts).
      type: list
      elements: dict
    callers_unknown:
      description: Why callers among the cloud flows could not be looked for, V(null) when they were.
      type: str
    lacking_privileges:
      description:
        - Those of the privileges to import solutions and to share flows that the application does not have, V(null)
          when that could not be told.
      type: list
      elements: str
      sample: []
    hidden_flows:
      description: Flows whose new version an unmanaged layer would hide.
      type: list
      elements: dict
    unbound_references:
      description: Connection references that have no connection.
      type: list
      elements: str
    variables_without_value:
      description: Environment variables that have no value.
      type: list
      elements: str
    stops:
      description: Why the import does not begin; empty when it does.
      type: list
      elements: str
    warnings:
      description: What to know. These are warnings of the task too.
      type: list
      elements: str
plan_text:
  description: The plan in words, for the person who approves it.
  returned: always, once it is decided
  type: str
  sample: |
    CoESharedFlows 1.2.0.0: update, because version 1.2.0.0 is higher than the installed version 1.1.0.0.
    Installed: 1.1.0.0. Recommended: update, because the package lacks nothing that is installed, and shares stay.
    Changed:
      - desktop flow Post invoice
duration:
  description: Seconds that the task took, waiting included. 0 in check mode.
  returned: success
  type: float
  sample: 190.4
failure:
  description: What is known of a failure.
  returned: failure
  type: dict
  contains:
    status:
      description: HTTP status of the refusal.
      type: int
    code:
      description: Code of the platform.
      type: str
      sample: "0x8004801D"
    request_id:
      description: Id of the request, for Microsoft's support.
      type: str
    missing_dependencies:
      description: Components that the package needs and the environment lacks, with solution and version.
      type: list
      elements: dict
    validation_errors:
      description: What the environment finds wrong with the package.
      type: list
      elements: dict
    stops:
      description: Why the plan does not allow the import.
      type: list
      elements: str
    flows:
      description: Flows that are not those of the package after the import.
      type: list
      elements: dict
    import_job_id:
      description: Id of the import job that failed or is still running.
      type: str
    operation_id:
      description: Id of the operation that failed or is still running.
      type: str
    blocked_by:
      description: The operation that kept the import from beginning within O(lock_timeout).
      type: dict
shares:
  description:
    - The shares of the solution's flows across the operation. Also those that an interrupted earlier run had left to
      be put back.
    - Each is a dictionary with C(desktop_flow), C(desktop_flow_id), C(principal), C(principal_type), C(principal_id)
      and C(permission).
  returned: when O(protect_shares=true)
  type: dict
  contains:
    before:
      description: Shares that existed before.
      type: list
      elements: dict
    lost:
      description: Shares that vanished.
      type: list
      elements: dict
    restored:
      description: Shares that were put back.
      type: list
      elements: dict
    failed:
      description: Shares that could not be put back, each with C(reason). The next run tries again.
      type: list
      elements: dict
    deleted:
      description: Shares of flows that the operation deleted; they are not put back.
      type: list
      elements: dict
permission_gap_seconds:
  description:
    - For each flow with shares the seconds for which it missed one, at most; from the last look that found the share to
      the answer that it is back. Zero when nothing was missing.
  returned: when O(protect_shares=true)
  type: dict
  sample: {Post invoice: 0.8}
"""

from typing import Any

from ..module_utils._arguments import wait_arguments
from ..module_utils._module import run_module
from ..module_utils._packages.package import read_package
from ..module_utils._plan.deployment import IMPORT_ARGUMENTS, planned_import
from ..module_utils._sharing.guard import GUARD_ARGUMENTS
from ..module_utils._solutions.guarded_operations import do_guarded, repairing
from ..module_utils._work import ModuleDefinition, Work


def import_solution(work: Work) -> dict[str, Any]:
    """Bring the package into the environment, or predict what that would do."""
    params = work.params
    publishing = {"publish_workflows": params["publish_workflows"], "publish": params["publish"]}
    package = read_package(params["src"])
    others = [it for it in map(read_package, params["together_with"]) if it.unique_name != package.unique_name]
    with repairing(work):
        solution_import = planned_import(work, package, others, **publishing)
    flow_ids = [flow.id for flow in package.desktop_flows]
    return do_guarded(work, package.unique_name, solution_import, flow_ids)


MODULE = ModuleDefinition(
    work=import_solution,
    argument_spec={
        "src": {"type": "path", "required": True},
        "together_with": {"type": "list", "elements": "path", "default": []},
        **IMPORT_ARGUMENTS,
        "publish_workflows": {"type": "bool", "default": True},
        "publish": {"type": "bool", "default": False},
        "wait": {"type": "bool", "default": True},
        **wait_arguments(7200),
        **GUARD_ARGUMENTS,
    },
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
