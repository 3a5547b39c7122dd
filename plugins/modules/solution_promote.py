#!/usr/bin/python
# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: solution_promote
short_description: Apply the staged upgrade of a solution
version_added: 0.1.0
description:
  - Replaces a solution by its staged upgrade C(<name>_Upgrade), which deletes the components that the new version
    lacks. The platform removes the shares of the solution's flows.
  - A solution without a staged upgrade is left alone.
  - A promotion that is already running is joined. Afterwards the installed version is read back. A promotion that
    claims success without having replaced the solution is a failure.
author:
  - Centre of Excellence (@coe)
extends_documentation_fragment:
  - coe.power_platform.connection
  - coe.power_platform.attributes
  - coe.power_platform.attributes.managed
  - coe.power_platform.wait
  - coe.power_platform.share_guard
options:
  name:
    description:
      - Unique name of the solution, without C(_Upgrade).
    type: str
    required: true
  version:
    description:
      - Version that the solution is meant to have afterwards. The task fails before it changes anything when another
        version is staged, or when none is staged and another one is installed.
    type: str
  wait:
    description:
      - Whether to wait for the end of the promotion. Without waiting nothing is read back afterwards.
    type: bool
    default: true
  wait_timeout:
    description:
      - Seconds to wait for the end of the promotion. When they are over, the task fails and the promotion goes on. The
        next run joins it.
    type: int
    default: 3600
seealso:
  - module: coe.power_platform.solution_import
"""

EXAMPLES = r"""
- name: Apply the upgrade that was staged before
  coe.power_platform.solution_promote:
    environment_url: https://contoso-prod.crm4.dynamics.com
    tenant_id: 00000000-0000-0000-0000-000000000000
    client_id: 11111111-1111-1111-1111-111111111111
    client_secret: "{{ client_secret }}"
    name: CoESharedFlows
    version: 1.2.0.0
"""

RETURN = r"""
operation:
  description: V(promote), or V(none) when nothing was staged.
  returned: always, once it is decided
  type: str
  sample: promote
reason:
  description: Why this operation.
  returned: always, once it is decided
  type: str
  sample: CoESharedFlows_Upgrade 1.2.0.0 is staged for upgrade
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
      description: Installed version.
      type: str
      sample: 1.2.0.0
    previous_version:
      description: Version that was installed before.
      type: str
      sample: 1.1.0.0
    staged_version:
      description: Version of a staged upgrade, or none.
      type: str
duration:
  description: Seconds that the task took, waiting included. 0 in check mode.
  returned: success
  type: float
  sample: 95.2
failure:
  description: What is known of a failure, C(status), C(code), C(request_id), C(operation_id) and the like.
  returned: failure
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
from ..module_utils._sharing.guard import GUARD_ARGUMENTS
from ..module_utils._solutions.guarded_operations import do_guarded, repairing
from ..module_utils._solutions.promotions import SolutionPromotion
from ..module_utils._work import ModuleDefinition, Work


def promote_solution(work: Work) -> dict[str, Any]:
    """Apply the staged upgrade, or predict what that would do."""
    with repairing(work):
        promotion = SolutionPromotion(work.client, work.params["name"], work.params["version"])
    return do_guarded(work, work.params["name"], promotion)


MODULE = ModuleDefinition(
    work=promote_solution,
    argument_spec={
        "name": {"type": "str", "required": True},
        "version": {"type": "str"},
        "wait": {"type": "bool", "default": True},
        **wait_arguments(3600),
        **GUARD_ARGUMENTS,
    },
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
