# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of environment variables, as users write them and as the platform keeps them: texts.

Source: Power Apps documentation, Use environment variables in solutions; Use environment variables for Azure Key Vault
secrets. This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import json
import re
from typing import Any

from .._errors import UNREADABLE

_BOOLEANS = {
    **dict.fromkeys(("yes", "true", "on", "1", "y", "t"), "yes"),
    **dict.fromkeys(("no", "false", "off", "0", "n", "f"), "no"),
}
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_SECRET = re.compile(
    r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.KeyVault/vaults/[^/]+/secrets/[^/]+(/[^/]+)?",
    re.IGNORECASE,
)
_EXPECTED = {
    "number": "a number with a point, such as 1234.5",
    "boolean": "yes or no",
    "json": "JSON",
    "secret": "the path of an Azure Key Vault secret: /subscriptions/…/resourceGroups/…/providers/Microsoft.KeyVault"
    "/vaults/…/secrets/…",
}


def value_text(value: Any, type: str) -> str:
    """Return a value as the platform keeps it: texts as they are, ``yes`` and ``no`` for booleans, else JSON.

    ``type`` is that of an ``EnvironmentVariable``. Raises ValueError with a phrase that says what is expected; it never
    tells the value, which may be a secret.
    """
    if value == "":
        raise ValueError("is an empty text, which the platform does not take: leave it out")
    if type == "boolean":
        text = _BOOLEANS.get(str(value).strip().lower())
    elif type == "number":
        text = None if isinstance(value, bool) else _fitting(_NUMBER, _json(value).strip('"').strip())
    elif type == "secret":
        text = _fitting(_SECRET, value.strip() if isinstance(value, str) else "")
    else:
        text = value if isinstance(value, str) else _json(value)
        if type == "json" and not _is_json(text):
            text = None
    if text is None:
        raise ValueError(f"is to be {_EXPECTED[type]}")
    return text


def _fitting(pattern: re.Pattern[str], text: str) -> str | None:
    return text if pattern.fullmatch(text) else None


def _json(value: Any) -> str:
    try:
        return json.dumps(value, allow_nan=False)
    except UNREADABLE as error:
        raise ValueError("cannot be expressed in JSON (too deep, or an endless number): give it as a text") from error


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except UNREADABLE:
        return False
    return True
