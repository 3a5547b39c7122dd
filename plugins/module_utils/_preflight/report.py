# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a survey came to: as a table for people, and as data that may be attached to an issue.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .._text import shown
from .._version import VERSION
from .checks import Check

SYMBOLS = {"passed": "✔", "failed": "✘", "unknown": "?"}


def table(checks: Iterable[Check]) -> str:
    """Return one line for each check, and below those that failed what helps."""
    lines: list[str] = []
    for check in checks:
        lines.append(f"{SYMBOLS[check.outcome]} {check.name.replace('_', ' '):<24} {shown(check.message)}")
        lines += [f"  {'':<24} -> {shown(check.remedy)}"] if check.remedy else []
    return "\n".join(lines)


def findings(checks: Iterable[Check]) -> dict[str, Any]:
    """Return what the checks found, merged; without names and ids of people, applications, teams, flows and hosts.

    What could not be told is left out or None.
    """
    found: dict[str, Any] = {"collection_version": VERSION, "checks": {}}
    for check in checks:
        found["checks"][check.name] = check.outcome
        for key, value in check.findings.items():
            if isinstance(value, dict):
                found[key] = {**found.get(key, {}), **value}
            else:
                found[key] = value
    return found
