#!/usr/bin/python
# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: preflight
short_description: Find out what an environment lets the application do, and how it behaves
version_added: 0.1.0
description:
  - Asks an environment, before any deployment begins, what deployments rely on. Is there a way in, which privileges are
    missing and what fails without them, are there drafts, are shares told completely, is anything running or left over.
  - Each question takes one or two requests and stands for itself. One that the environment does not answer could not be
    told, and stops no other one.
  - Nothing is written unless O(probe=true).
author:
  - coe.power_platform contributors (@coe)
extends_documentation_fragment:
  - coe.power_platform.connection
  - coe.power_platform.attributes
options:
  operations:
    description:
      - The kinds of tasks that the application is meant for. Only their privileges are looked at.
      - V(export) is M(coe.power_platform.solution_export). V(import) is M(coe.power_platform.solution_import),
        M(coe.power_platform.solution_promote) and M(coe.power_platform.solution). V(sharing) is
        M(coe.power_platform.desktop_flow_share). V(notes) are the records of shares that are kept around upgrades,
        unless O(coe.power_platform.solution_import#module:share_record_path) is given. V(audit) is
        M(coe.power_platform.desktop_flow_share_info) and its siblings.
    type: list
    elements: str
    choices: [export, import, sharing, notes, audit]
    default: [export, import, sharing, notes, audit]
  desktop_flow:
    description:
      - Name or id of a desktop flow to look at, best one that is shared with somebody. Needed for O(probe=true).
      - By default some flows are looked at.
    type: str
  probe:
    description:
      - Also find out what only writes can tell. A note is made, read and deleted. A share of O(desktop_flow) with a
        team that has none is revoked, modified and granted. Each write is timed and undone at once, also when something
        fails in between.
      - Meant for a sandbox. Shares that are there already are not touched.
      - Who kills the task in the middle of it may have to remove the note or the share by hand.
    type: bool
    default: false
  probe_team:
    description:
      - Name or id of the team that O(probe=true) shares the flow with for a moment. It must have no share of the flow.
      - By default the team of the application's business unit.
    type: str
attributes:
  check_mode:
    support: partial
    details:
      - With O(probe=true) nothing is tried in check mode, and what only writes can tell could not be told.
  diff_mode:
    support: N/A
    details:
      - This module leaves everything as it was.
  idempotent:
    support: full
notes:
  - A check that fails does not fail the task, which has looked. Use RV(ready) to decide.
seealso:
  - module: coe.power_platform.desktop_flow_share_info
"""

EXAMPLES = r"""
- name: Look before the first deployment
  coe.power_platform.preflight:
    environment_url: https://contoso-test.crm4.dynamics.com
  register: preflight

- name: Show what was found
  ansible.builtin.debug:
    msg: "{{ preflight.report.splitlines() }}"

- name: Go on only when nothing is in the way
  ansible.builtin.assert:
    that: preflight.ready

- name: Look whether an application may export
  coe.power_platform.preflight:
    environment_url: https://contoso-dev.crm4.dynamics.com
    operations: [export]

- name: Find out in a sandbox how the tenant behaves
  coe.power_platform.preflight:
    environment_url: https://contoso-sandbox.crm4.dynamics.com
    desktop_flow: Post invoice
    probe: true
  register: sandbox

- name: Keep what was found for an issue
  ansible.builtin.copy:
    content: "{{ sandbox.findings | to_nice_json }}"
    dest: findings.json
    mode: "0644"
"""

RETURN = r"""
ready:
  description: Whether no check failed. What could not be told does not count.
  returned: success
  type: bool
checks:
  description: What each question came to, in the order of the report.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description:
        - V(connection), V(sign_in), V(application_user), and for who gets in V(security_roles), V(export_privileges)
          and so on, V(user_by_id), V(version_control), V(managed_environment), V(drafts), V(drafts_of_other_tables),
          V(caller_search), V(complete_shares), V(share_masks), V(share_records), V(operation_names),
          V(running_operations), V(certificate), V(clock), V(latency).
        - With O(probe=true) also V(note_probe), V(revoke_probe), V(modify_probe), V(grant_probe), V(probe_undone).
      type: str
      returned: success
      sample: sharing_privileges
    outcome:
      description: V(passed), V(failed), or V(unknown) where it could not be told.
      type: str
      returned: success
      sample: failed
    message:
      description: What was found.
      type: str
      returned: success
      sample: no share is made, changed or removed without prvShareWorkflow
    remedy:
      description: What helps, V(null) where nothing has to be done or RV(checks[].message) says it.
      type: str
      returned: success
report:
  description: The same as a table for people, one line for each check.
  returned: success
  type: str
findings:
  description:
    - What was found, as data that may be attached to an issue. No names or ids of people, applications, teams, flows
      and hosts are in it.
    - The key C(switches) says which switches of the collection's simulator the environment corresponds to, V(null)
      where that could not be told.
  returned: success
  type: dict
  sample:
    collection_version: 0.1.0
    checks: {connection: passed, complete_shares: passed}
    masks: {"desktop flows": {"1": 12, "852023": 3}, "other or unseen flows": {}}
    switches: {visible_shares: all, unpublished_header_refused: false, modify_without_share_fails: true}
failure:
  description: What is known of a failure, C(status), C(code), C(request_id) and the like.
  returned: failure
  type: dict
"""

from typing import Any

from ..module_utils._module import run_module
from ..module_utils._preflight.least_role import LEAST_ROLE
from ..module_utils._preflight.probe import not_probed, probe
from ..module_utils._preflight.report import findings, table
from ..module_utils._preflight.survey import is_inside, survey
from ..module_utils._preflight.tenant import Tenant
from ..module_utils._work import ModuleDefinition, Work


def look_ahead(work: Work) -> dict[str, Any]:
    """Return what the environment says to all questions and, if wanted, does with some writes that are undone."""
    params = work.params
    tenant = Tenant(work.client, work.warn, params["validate_certs"], params["desktop_flow"], params["probe_team"])
    checks = survey(tenant, params["operations"])
    if params["probe"] and is_inside(checks):
        checks += not_probed() if work.check_mode else probe(tenant)
    return {
        "changed": False,
        "ready": all(check.outcome != "failed" for check in checks),
        "checks": [check.to_result() for check in checks],
        "report": table(checks),
        "findings": findings(checks),
    }


MODULE = ModuleDefinition(
    work=look_ahead,
    argument_spec={
        "operations": {"type": "list", "elements": "str", "choices": list(LEAST_ROLE), "default": list(LEAST_ROLE)},
        "desktop_flow": {"type": "str"},
        "probe": {"type": "bool", "default": False},
        "probe_team": {"type": "str"},
    },
    required_if=[("probe", True, ["desktop_flow"])],
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
