# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every table of the simulator; importing this package declares them."""

from __future__ import annotations

from . import components, flows, internal, jobs, principals, solutions

__all__ = ["components", "flows", "internal", "jobs", "principals", "solutions"]
