#!/usr/bin/python
# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: solution_export
short_description: Export a solution from an environment to a package file
version_added: 0.1.0
description:
  - Exports an unmanaged solution as a package, managed by default, and writes it to a file.
  - The file is written in one step when the package is complete, and only if its content differs from that of the file
    that is there. Times and other marks of the export itself do not count as content, so a second export of an
    unchanged solution is not a change.
author:
  - Centre of Excellence (@coe)
extends_documentation_fragment:
  - coe.power_platform.connection
  - coe.power_platform.attributes
  - coe.power_platform.wait
attributes:
  check_mode:
    support: partial
    details:
      - Nothing is exported in check mode. The prediction compares name, kind and version of the package in O(dest) with
        those of the solution. It does not see changes that were made without raising the version.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  name:
    description:
      - Unique name of the solution.
    type: str
    required: true
  dest:
    description:
      - Path of the package file to write, on the machine that runs the task. A missing folder is made.
      - If it is a folder, or ends with a slash, the file in it is named as pac does it, for example
        V(CoESharedFlows_1_1_0_0_managed.zip).
    type: path
    required: true
  managed:
    description:
      - Whether to export a managed package, which is what other environments should get, or an unmanaged one.
    type: bool
    default: true
  version:
    description:
      - Version to give the solution in its environment before it is exported. It must not be lower than the
        present one.
      - The version is left as it is when not set.
    type: str
  publish:
    description:
      - Whether to publish all customizations of the environment before exporting. What is not published is not
        exported.
    type: bool
    default: false
  publish_flows:
    description:
      - Whether to publish the drafts of the solution's desktop flows before exporting, and nothing else of the
        environment. A warning names those that stay drafts.
    type: bool
    default: false
  wait_timeout:
    description:
      - Seconds to wait for the end of the export.
    type: int
    default: 3600
seealso:
  - module: coe.power_platform.solution_import
  - module: coe.power_platform.solution_info
"""

EXAMPLES = r"""
- name: Export a solution as a managed package
  coe.power_platform.solution_export:
    environment_url: https://contoso-dev.crm4.dynamics.com
    tenant_id: 00000000-0000-0000-0000-000000000000
    client_id: 11111111-1111-1111-1111-111111111111
    client_secret: "{{ client_secret }}"
    name: CoESharedFlows
    dest: dist/
  register: exported

- name: Say where it is
  ansible.builtin.debug:
    msg: "{{ exported.solution.version }} is in {{ exported.package.path }}"

- name: Publish, raise the version, and export
  coe.power_platform.solution_export:
    environment_url: https://contoso-dev.crm4.dynamics.com
    access_token: "{{ token }}"
    name: CoESharedFlows
    dest: dist/CoESharedFlows.zip
    version: 1.2.0.0
    publish: true

- name: Publish only what is saved of the solution's desktop flows, and export
  coe.power_platform.solution_export:
    environment_url: https://contoso-dev.crm4.dynamics.com
    access_token: "{{ token }}"
    name: CoESharedFlows
    dest: dist/CoESharedFlows.zip
    publish_flows: true
"""

RETURN = r"""
package:
  description: The package file.
  returned: success
  type: dict
  contains:
    path:
      description: Path of the file.
      type: str
      sample: dist/CoESharedFlows_1_1_0_0_managed.zip
    checksum:
      description: SHA-256 of the file. None in check mode when it cannot be known.
      type: str
      sample: 98dd1fd70b8c53f5e5a0e2f1f34dd0dd2c6a5f4c6a1c6a9d70a7a4b1a9c1b2d3
    size:
      description: Size of the file in bytes. None in check mode when it cannot be known.
      type: int
      sample: 127537
solution:
  description: The solution that was exported.
  returned: success, and when the export failed after its version was raised
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
    version:
      description: Version of the package.
      type: str
      sample: 1.1.0.0
    previous_version:
      description: Version that the solution had before.
      type: str
      sample: 1.0.0.0
    managed:
      description: Whether the package is managed.
      type: bool
drafts:
  description:
    - Desktop flows of the solution of which something is saved and not published, each with C(id) and C(name). The
      package holds what is published.
  returned: success
  type: list
  elements: dict
  sample: []
duration:
  description: Seconds that the task took, waiting included. 0 in check mode.
  returned: success
  type: float
  sample: 12.3
failure:
  description: What is known of a failure, C(status), C(code), C(request_id), C(operation_id) and the like.
  returned: failure
  type: dict
"""

from typing import Any

from ..module_utils._arguments import wait_arguments
from ..module_utils._module import run_module
from ..module_utils._solutions.exports import ExportOptions, SolutionExport
from ..module_utils._solutions.operations import operations_of
from ..module_utils._text import listed
from ..module_utils._work import ModuleDefinition, Work


def export_solution(work: Work) -> dict[str, Any]:
    """Export the solution to its file, or predict what that would do."""
    names = ("name", "dest", "managed", "version", "publish", "publish_flows")
    export = SolutionExport(work.client, ExportOptions(**{name: work.params[name] for name in names}))
    result = export.predict() if work.check_mode else export.perform(operations_of(work))
    if result["drafts"]:
        flows = listed((draft["name"] for draft in result["drafts"]), " and ")
        work.warn(
            f"What is saved of {flows} and not published is not in the package: publish it there in Power Automate,"
            " or set publish_flows=true."
        )
    return result


MODULE = ModuleDefinition(
    work=export_solution,
    argument_spec={
        "name": {"type": "str", "required": True},
        "dest": {"type": "path", "required": True},
        "managed": {"type": "bool", "default": True},
        "version": {"type": "str"},
        "publish": {"type": "bool", "default": False},
        "publish_flows": {"type": "bool", "default": False},
        **wait_arguments(3600),
    },
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
