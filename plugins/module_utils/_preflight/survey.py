# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All questions about a tenant, in the order in which they are told.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from . import exchange, flows, operations, organization, privileges, shares
from .checks import Check, Question, ask
from .entrance import ENTRANCE, enter
from .least_role import LEAST_ROLE
from .tenant import Tenant

QUESTIONS: tuple[Question, ...] = (
    privileges.user_by_id,
    organization.version_control,
    organization.managed_environment,
    flows.drafts,
    flows.drafts_of_other_tables,
    flows.caller_search,
    shares.complete_shares,
    shares.share_masks,
    shares.share_records,
    operations.operation_names,
    operations.running_operations,
    exchange.certificate,
    exchange.clock,
    exchange.latency,
)


def survey(tenant: Tenant, kinds: Collection[str] = tuple(LEAST_ROLE)) -> list[Check]:
    """Return what all questions came to; ``kinds`` are the kinds of tasks whose privileges are looked at.

    Who cannot get in is asked nothing more. No question stops another one.
    """
    entrance = enter(tenant)
    if not is_inside(entrance):
        return entrance
    roles = ask(privileges.security_roles, tenant)
    rights = privileges.check_privileges(tenant, kinds)
    return [*entrance, roles, *rights, *(ask(question, tenant) for question in QUESTIONS)]


def is_inside(checks: Iterable[Check]) -> bool:
    """Tell whether somebody got in, so that more can be asked."""
    return all(check.outcome == "passed" for check in checks if check.name in ENTRANCE)
