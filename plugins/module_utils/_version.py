# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection's version, as the User-Agent tells it; a test compares it with galaxy.yml.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

VERSION = "0.1.0"
