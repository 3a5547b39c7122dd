# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How shares are protected around operations that take them away."""

from __future__ import annotations


class ModuleDocFragment:
    """The options of tasks that may upgrade a solution."""

    DOCUMENTATION = r"""
options:
  protect_shares:
    description:
      - Put back the shares of the solution's desktop flows when an upgrade removes them, as soon as they are gone.
      - They are recorded before the upgrade starts, so that a run that dies is completed by the next one of
        M(coe.power_platform.solution_import), M(coe.power_platform.solution_promote),
        M(coe.power_platform.solution_deployment) or M(coe.power_platform.desktop_flow_share). The next run must have at
        least the rights of this one.
      - With O(coe.power_platform.solution_import#module:wait=false) this run does not wait for the end of the upgrade,
        and the next one puts the shares back.
    type: bool
    default: true
  share_record_path:
    description:
      - File for the record of shares, on the machine that runs the task. It is readable for its owner only, and gone
        when all shares are back. Tasks that run at the same time may share it, for any environments; each locks it
        for the moment of a change.
      - By default the record is kept as notes (table C(annotation)) in the environment itself, whose subject begins
        with C(coe.power_platform shares of).
    type: path
  require_share_record:
    description:
      - Whether an upgrade must not start when the record cannot be written. With V(false) the task only warns then.
    type: bool
    default: true
"""
