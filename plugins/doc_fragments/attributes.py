# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules support."""

from __future__ import annotations


class ModuleDocFragment:
    """Attributes that modules share: of readers, of managed objects, and of all."""

    DOCUMENTATION = r"""
attributes:
  check_mode:
    description: Can run in check mode and predict its result without writing anything.
  diff_mode:
    description: Returns details of what has changed, or would change in check mode, in diff mode.
  idempotent:
    description: When run twice in a row, with the same arguments, the second run does not change anything.
  action_group:
    description: Use C(group/coe.power_platform.all) in C(module_defaults) to set the connection options once.
    support: full
    membership:
      - coe.power_platform.all
"""

    READER = r"""
attributes:
  check_mode:
    support: full
    details:
      - This module only reads.
  diff_mode:
    support: N/A
    details:
      - This module only reads.
  idempotent:
    support: full
    details:
      - This module only reads.
"""

    MANAGED = r"""
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
"""
