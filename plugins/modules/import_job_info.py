#!/usr/bin/python
# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: import_job_info
short_description: See how far a solution import is, and what it had to say
version_added: 0.1.0
description:
  - Shows the state, the progress and the messages of one solution import, for playbooks that start imports with
    C(wait=false) and wait for them by themselves.
  - The import job of an import that has only just begun may take some seconds to appear. The module waits for it.
author:
  - Centre of Excellence (@coe)
extends_documentation_fragment:
  - coe.power_platform.connection
  - coe.power_platform.attributes
  - coe.power_platform.attributes.reader
options:
  id:
    description:
      - Id of the import job, as RV(coe.power_platform.solution_import#module:import_job.id).
    type: str
    required: true
  operation_id:
    description:
      - Id of the operation that carries out the import, as
        RV(coe.power_platform.solution_import#module:import_job.operation_id).
      - With it the state is certain also for imports that fail before they have an import job.
    type: str
seealso:
  - module: coe.power_platform.solution_import
"""

EXAMPLES = r"""
- name: Start an import without waiting for it
  coe.power_platform.solution_import:
    environment_url: https://contoso-test.crm4.dynamics.com
    access_token: "{{ token }}"
    src: dist/CoESharedFlows_1_1_0_0_managed.zip
    wait: false
  register: started

- name: Wait for its end
  coe.power_platform.import_job_info:
    environment_url: https://contoso-test.crm4.dynamics.com
    access_token: "{{ token }}"
    id: "{{ started.import_job.id }}"
    operation_id: "{{ started.import_job.operation_id }}"
  when: started.import_job  # none where the version was there already
  register: result
  until: result.import_job.state in ['succeeded', 'failed', 'canceled']
  retries: 120
  delay: 15
"""

RETURN = r"""
import_job:
  description: The import job.
  returned: success
  type: dict
  contains:
    id:
      description: Id of the import job.
      type: str
      sample: 3e0f2b4a-15c2-4d6b-8b1f-2f6d0a0c7a11
    operation_id:
      description: Id of the operation that carries out the import, when it is known.
      type: str
      sample: 9b0f6e59-7d5a-4e2c-a6c0-0a8d3c1f5e22
    solution:
      description: Unique name of the solution.
      type: str
      sample: CoESharedFlows
    state:
      description: V(waiting), V(running), V(succeeded), V(failed) or V(canceled).
      type: str
      sample: running
    progress:
      description: How far the import is, in percent.
      type: float
      sample: 45.5
    started_on:
      description: When the import began (ISO 8601, UTC).
      type: str
      sample: "2026-01-31T12:00:00Z"
    finished_on:
      description: When the import ended (ISO 8601, UTC).
      type: str
      sample: "2026-01-31T12:03:10Z"
    warnings:
      description: Warnings of the platform.
      type: list
      elements: str
    errors:
      description: Errors of the platform.
      type: list
      elements: str
failure:
  description: What is known of a failure, C(status), C(code), C(request_id) and the like.
  returned: failure
  type: dict
"""

from typing import Any

from ..module_utils._dataverse.jobs import Jobs
from ..module_utils._dataverse.odata import guid
from ..module_utils._errors import ConfigurationError
from ..module_utils._module import run_module
from ..module_utils._solutions.import_jobs import ImportJobs
from ..module_utils._work import ModuleDefinition, Work


def show_import_job(work: Work) -> dict[str, Any]:
    """Return the import job that the options name."""
    id = checked_id("id", work.params["id"])
    operation_id = work.params["operation_id"]
    operation = Jobs(work.client).find(checked_id("operation_id", operation_id)) if operation_id else None
    job = ImportJobs(work.client).follow(id, operation)
    return {"changed": False, "import_job": job.to_result()}


def checked_id(option: str, value: str) -> str:
    """Return the id that an option gives; raise ``ConfigurationError`` when it is none."""
    if id := guid(value):
        return id
    raise ConfigurationError(f'{option}: "{value}" is no id, take it from import_job of solution_import.')


MODULE = ModuleDefinition(
    work=show_import_job,
    argument_spec={"id": {"type": "str", "required": True}, "operation_id": {"type": "str"}},
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
