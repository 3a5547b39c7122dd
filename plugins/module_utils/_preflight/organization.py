# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of the environment that decide what imports and shares do.

Source: Web API, table ``organizations``; of its column orgdborgsettings, XML, only what was seen in public code.
This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import re

from .._dataverse.rows import Row
from .._errors import ApiError
from .checks import Check
from .tenant import Tenant

UNKNOWN_PROPERTY = "0x80060888"
LOCKDOWN = re.compile(r"<IsLockdownOfUnmanagedCustomizationEnabled>\s*(\w+)\s*<", re.IGNORECASE)
NOT_READABLE = "the solution checker and sharing limits are told by the admin center only"


def version_control(tenant: Tenant) -> Check:
    """Return whether desktop flows have drafts beside what runs, and which schema they have."""
    try:
        row = _organization(tenant, "isdesktopflowversioncontrolenabled,isdesktopflowschemav2enabled")
    except ApiError as error:
        if error.code != UNKNOWN_PROPERTY:
            raise
        return Check("version_control", "unknown", "could not be told: the environment is older than the setting")
    enabled, second = (
        row.optional_flag(column) for column in ("isdesktopflowversioncontrolenabled", "isdesktopflowschemav2enabled")
    )
    findings = {"schema_v2": second, "switches": {"desktop_flow_version_control": enabled}}
    schema = {True: "schema v2", False: "schema v1", None: "an unknown schema"}[second]
    if enabled is None:
        return Check("version_control", "unknown", f"could not be told: not set; flows have {schema}", None, findings)
    state = "on, flows may have drafts beside what runs" if enabled else "off"
    return Check("version_control", "passed", f"{state}; flows have {schema}", findings=findings)


def managed_environment(tenant: Tenant) -> Check:
    """Return what of the settings of a managed environment can be read with a token for the environment itself."""
    row = _organization(tenant, "orgdborgsettings,sharetopreviousowneronassign")
    found = LOCKDOWN.search(row.optional_text("orgdborgsettings") or "")
    blocked = found[1].lower() == "true" if found else None
    kept = row.optional_flag("sharetopreviousowneronassign")
    changes = "blocked" if blocked else "allowed"
    owners = "keep a share" if kept else "keep no share"
    message = f"unmanaged changes are {changes}; previous owners {owners}; {NOT_READABLE}"
    findings = {"unmanaged_customizations_blocked": blocked, "share_to_previous_owner": kept}
    return Check("managed_environment", "passed", message, findings=findings)


def _organization(tenant: Tenant, columns: str) -> Row:
    answer = tenant.client.get("organizations", {"$select": columns})
    rows = answer.rows()
    if not rows:
        raise answer.odd("value", "a list of one organization")
    return rows[0]
