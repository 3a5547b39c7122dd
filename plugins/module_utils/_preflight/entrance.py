# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the environment can be reached, whether one can sign in, and as whom one is known there.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

from .._dataverse.remedies import REMEDIES
from .._errors import ApiError, AuthenticationError, PowerPlatformError
from .checks import NO_ROLES, Check
from .tenant import Tenant

ENTRANCE = ("connection", "sign_in", "application_user")
NO_APPLICATION_USER = "0x80072560"
DISABLED = "0x80040225"
UNKNOWN_USER = {
    NO_APPLICATION_USER: "the environment has no user for the application",
    DISABLED: "the application user is disabled",
    NO_ROLES: "the application user has no security role",
}


def enter(tenant: Tenant) -> list[Check]:
    """Return whether one gets in, with one request. Source: Web API function WhoAmI."""
    try:
        tenant.client.identity.guid("UserId")
    except PowerPlatformError as error:
        return _refused(error)
    return [_reached(), _signed_in(), Check("application_user", "passed", "the environment knows who asks")]


def _refused(error: PowerPlatformError) -> list[Check]:
    """Return how far one gets with an error."""
    if isinstance(error, AuthenticationError):
        reached = _reached() if error.details.get("status") else _not_asked("connection", "nobody is signed in")
        failed = Check("sign_in", "failed", str(error))
        return [reached, failed, _not_asked("application_user", "nobody is signed in")]
    if isinstance(error, ApiError) and error.code in UNKNOWN_USER:
        failed = Check("application_user", "failed", UNKNOWN_USER[error.code], REMEDIES[error.code])
        return [_reached(), _signed_in(), failed]
    failed = Check("connection", "failed", str(error))
    return [failed, *(_not_asked(name, "there is no connection") for name in ENTRANCE[1:])]


def _reached() -> Check:
    return Check("connection", "passed", "the environment answers")


def _signed_in() -> Check:
    return Check("sign_in", "passed", "the environment accepts the token")


def _not_asked(name: str, why: str) -> Check:
    return Check(name, "unknown", f"not asked, since {why}")
