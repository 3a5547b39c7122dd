# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that are sent although no document has them, each with its reason. What is newer than the real document is in
the exceptions of the simulator's conformance tests, which name their sources."""

from __future__ import annotations

ON_PURPOSE = {
    "set or operation nothings()": "a unit test of the client asks for a table that does not exist",
}
