# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A deployment in words, for the person who approves it.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .._text import shown

SENTENCES = {
    "grant": "{desktop_flow}: {principal_type} {principal} gets the permission {after}",
    "modify": "{desktop_flow}: {principal_type} {principal} gets the permission {after} in place of {before}",
    "revoke": "{desktop_flow}: {principal_type} {principal} loses the permission {before}",
}


def deployment_text(imports: Sequence[Mapping[str, Any]], permissions: Mapping[str, Any] | None) -> str:
    """Return in words what imports do, and what becomes of permissions.

    Both are as solution_import and desktop_flow_share return them, failures included; permissions are None when they
    were not reached.
    """
    texts = [it["plan_text"] for it in imports if "plan_text" in it]
    return "\n".join([*texts, *([_permissions_text(permissions)] if permissions else [])])


def _permissions_text(permissions: Mapping[str, Any]) -> str:
    title = "Permissions stand in the way" if permissions.get("failed") else "Permissions"
    lines = [f"  - {shown(line)}\n" for line in _lines(permissions)]
    return "".join([f"{title}:\n", *lines]) if lines else f"{title}: nothing to change.\n"


def _lines(permissions: Mapping[str, Any]) -> Iterator[str]:
    mistakes = permissions.get("failure", {}).get("mistakes", [])
    yield from (f"{mistake['path']}: {mistake['message']}" for mistake in mistakes)
    yield from (difference["message"] for difference in permissions.get("drift", []))
    yield from (SENTENCES[change["action"]].format_map(change) for change in permissions.get("changes", []))
    if permissions.get("failed") and not mistakes:
        yield permissions["msg"]
