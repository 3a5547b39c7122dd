# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access masks: the names of the rights in the Web API, and texts made of them.

Source: AccessRights enum of the Web API; project reference on sharing, 2.3.
"""

from __future__ import annotations

from ..environments.security import RIGHTS
from ..errors import ODataError

NAMES = {f"{verb}Access": right for verb, right in RIGHTS.items()}


def parse(text: str) -> int:
    """`ReadAccess, WriteAccess` → 3, with or without blanks; `None` → 0.

    :raises ODataError: 400, a name that does not exist.
    """
    mask = 0
    for name in (part.strip() for part in text.split(",")):
        if name == "None":
            continue
        if name not in NAMES:
            raise ODataError(
                400,
                "0x80048d19",
                f"The string '{text}' is not a valid enumeration type constant of "
                "'Microsoft.Dynamics.CRM.AccessRights'.",
            )
        mask |= NAMES[name]
    return mask


def as_text(mask: int, separator: str = ", ") -> str:
    return separator.join(name for name, right in NAMES.items() if mask & right) or "None"
