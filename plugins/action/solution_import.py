# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one action plugin of the collection: meta/runtime.yml names it for every module.

It bears the name of one module because ansible-test wants a module of the same name for each action plugin.
"""

from __future__ import annotations

from ..plugin_utils._worker import ActionModule

__all__ = ["ActionModule"]
