# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker's door of solution_deployment."""

from __future__ import annotations

from ..modules.solution_deployment import MODULE
from ..plugin_utils import _worker


class ActionModule(_worker.ActionModule):
    """Do the work of solution_deployment in the worker."""

    definition = MODULE
