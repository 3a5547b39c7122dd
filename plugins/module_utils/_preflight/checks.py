# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one question about a tenant came to.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from .._errors import ApiError, PowerPlatformError
from .._sharing.effective_access import PRIVILEGE

if TYPE_CHECKING:
    from .tenant import Tenant

Outcome = Literal["passed", "failed", "unknown"]

NO_ROLES = "0x80042F09"
# What a service answers to who may not ask, and to what it does not have. Any other refusal means a malformed request.
UNAVAILABLE_STATUSES = frozenset({401, 403, 404, 405, 429, 500, 501, 502, 503, 504})


@dataclasses.dataclass(frozen=True)
class Check:
    """A question's name, how it came out, in a sentence, and what helps when it failed.

    ``findings`` are what others may learn of the tenant: no names and ids of people, applications, teams or flows.
    """

    name: str
    outcome: Outcome
    message: str
    remedy: str | None = None
    findings: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def to_result(self) -> dict[str, Any]:
        """Return it as modules return it."""
        return {"name": self.name, "outcome": self.outcome, "message": self.message, "remedy": self.remedy}


Question = Callable[["Tenant"], Check]


def ask(question: Question, tenant: Tenant) -> Check:
    """Return what a question came to; one that the service refuses could not be told, which stops no other one.

    Warns of a refusal that says that the request itself is wrong.
    """
    name = question.__name__
    try:
        return question(tenant)
    except PowerPlatformError as error:
        status = error.details.get("status")
        if isinstance(error, ApiError) and status not in UNAVAILABLE_STATUSES:
            tenant.warn(f"The question {name} was not understood, report it as a bug of the collection: {error}")
        return unanswered(name, error)


def unanswered(name: str, error: PowerPlatformError) -> Check:
    """Return the check for a question that was answered with an error."""
    found = {key: error.details.get(key) for key in ("status", "code") if error.details.get(key)}
    return Check(name, "unknown", f"could not be told{_why(error)}", None, {"refused": {name: found}})


def _why(error: PowerPlatformError) -> str:
    """Return why something could not be told: what is missing, or else the whole error."""
    if privilege := PRIVILEGE.search(str(error)):
        return f" without {privilege[1]}"
    if error.details.get("code") == NO_ROLES:
        return " without a security role"
    return f": {str(error).rstrip('.')}"
