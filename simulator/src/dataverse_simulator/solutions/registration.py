# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Importing this module registers every operation and hook of the solution and sharing domain."""

from __future__ import annotations

from ..sharing import actions as sharing_actions
from . import clone_actions as solution_cloning
from . import component_actions as solution_components
from . import dependency_functions, flow_rules, virtual_tables
from . import export_actions as solution_exports
from . import import_actions as solution_imports
from . import publish_actions as solution_publishing
from . import removal_actions as solution_removals
from . import result_functions as solution_results
from . import seed as solution_seed
from . import stage_action as solution_stage

__all__ = [
    "dependency_functions",
    "flow_rules",
    "sharing_actions",
    "solution_cloning",
    "solution_components",
    "solution_exports",
    "solution_imports",
    "solution_publishing",
    "solution_removals",
    "solution_results",
    "solution_seed",
    "solution_stage",
    "virtual_tables",
]
