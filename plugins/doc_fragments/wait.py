# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a task waits for long-running operations of the environment."""

from __future__ import annotations


class ModuleDocFragment:
    """The options of tasks that wait; the default of O(wait_timeout) stands in the module."""

    DOCUMENTATION = r"""
options:
  lock_timeout:
    description:
      - Seconds to wait for another solution operation in the environment to end before this one can begin.
    type: int
    default: 1800
  progress:
    description:
      - Whether to show lines with the progress of the operation while it runs.
      - They appear only when the task runs inside the controller's worker. They do not affect the result.
    type: bool
    default: true
"""
