# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which security roles the application has, and which privileges its tasks lack.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from .._dataverse.odata import any_of
from .._errors import ApiError, PowerPlatformError, UnavailableError
from .._text import listed
from .checks import NO_ROLES, Check, unanswered
from .least_role import LEAST_ROLE, WORDS, Need
from .tenant import Tenant

FORBIDDEN = 403
GIVE_ROLE = (
    "give the application user a security role with all that it needs: the permissions guide shows the least one,"
    " System Administrator has everything"
)


def security_roles(tenant: Tenant) -> Check:
    """Return as whom one is signed in, and with which roles. Source: Web API, table ``systemusers``."""
    try:
        user = tenant.user
    except ApiError as error:
        if error.code == NO_ROLES:
            return Check("security_roles", "failed", "the application user has no security role", GIVE_ROLE)
        raise
    if user is None:
        return Check("security_roles", "unknown", "could not be told: the environment does not list who asks")
    kind = "application" if user.optional_guid("applicationid") else "person"
    roles = sorted(role.text("name") for role in user.rows("systemuserroles_association"))
    message = (
        f"{kind} {user.optional_text('fullname')} with {listed(roles) or 'no role of its own, only those of teams'}"
    )
    findings = {"kind_of_user": kind, "access_mode": user.optional_number("accessmode"), "number_of_roles": len(roles)}
    return Check("security_roles", "passed", message, findings=findings)


def user_by_id(tenant: Tenant) -> Check:
    """Return whether the row of a user can be read by its id, which some applications are refused."""
    try:
        tenant.client.get(f"systemusers({tenant.client.identity.guid('UserId')})", {"$select": "systemuserid"})
    except ApiError as error:
        if error.status != FORBIDDEN or tenant.user is None:
            raise
        message, refused = "users are refused by their id, and found by conditions", True
    else:
        message, refused = "users are found by their id", False
    return Check("user_by_id", "passed", message, findings={"switches": {"user_by_id_refused": refused}})


def check_privileges(tenant: Tenant, operations: Collection[str]) -> list[Check]:
    """Return for each kind of task whether the application may do it, with two requests for all of them."""
    wanted = {f"{operation}_privileges": needs for operation, needs in LEAST_ROLE.items() if operation in operations}
    try:
        ids = _ids(tenant, {need.privilege for needs in wanted.values() for need in needs})
        held = _Held(tenant.depths, ids, _has_own_roles(tenant))
    except PowerPlatformError as error:
        return [unanswered(name, error) for name in wanted]
    return [_compare(name, needs, held) for name, needs in wanted.items()]


@dataclasses.dataclass(frozen=True)
class _Held:
    """Depths of privileges by id and by name in lower case, and the ids of those that exist, None when nobody tells.

    ``whole`` is false when there may be more privileges than are told.
    """

    depths: Mapping[str, int]
    ids: Mapping[str, str] | None
    whole: bool

    def depth(self, need: Need) -> int:
        name = need.privilege.lower()
        return max(self.depths.get(name, 0), self.depths.get((self.ids or {}).get(name, ""), 0))

    def exists(self, need: Need) -> bool:
        return self.ids is None or need.privilege.lower() in self.ids

    def is_certain(self, need: Need) -> bool:
        """Tell whether a lack does harm: a document says so, the privilege exists, and it would have been told."""
        return need.certain and self.whole and self.exists(need)


def _ids(tenant: Tenant, names: Collection[str]) -> dict[str, str] | None:
    """Return the ids of the privileges that exist, None for who may not ask. Source: Web API, table ``privileges``."""
    try:
        rows = tenant.client.list_matching(
            "privileges", [any_of("name", [name]) for name in sorted(names)], select="privilegeid,name"
        )
    except UnavailableError:
        return None
    return {row.text("name").lower(): row.guid("privilegeid") for row in rows}


def _has_own_roles(tenant: Tenant) -> bool:
    """Tell whether privileges come by roles of one's own: of those by teams the function may not tell all."""
    try:
        return tenant.user is None or bool(tenant.user.rows("systemuserroles_association"))
    except UnavailableError:
        return True


def _compare(name: str, needs: Sequence[Need], held: _Held) -> Check:
    # What nobody documents and the environment does not know cannot be needed there.
    counting = [need for need in needs if need.certain or held.exists(need)]
    lacking = [need for need in counting if held.depth(need) < need.depth]
    certain = [need for need in lacking if held.is_certain(need)]
    findings = {"missing_privileges": {name: [need.privilege for need in lacking]}} if lacking else {}
    if certain:
        return Check(name, "failed", _told(certain, held), GIVE_ROLE, findings)
    if lacking:
        message = f"could not be told whether something fails: {_told(lacking, held)}"
        return Check(name, "unknown", message, None, findings)
    return Check(name, "passed", f"all {len(counting)} privileges are there")


def _told(needs: Sequence[Need], held: _Held) -> str:
    """Return what fails and without which privileges, some of which may be there for fewer rows than is needed."""
    by_reason: dict[tuple[str, str], list[str]] = defaultdict(list)
    for need in needs:
        reach = f" for the {WORDS[need.depth]}" if held.depth(need) else ""
        by_reason[need.reason, reach].append(need.privilege)
    return "; ".join(f"{reason} without {', '.join(names)}{reach}" for (reason, reach), names in by_reason.items())
