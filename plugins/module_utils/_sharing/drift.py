# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where an environment differs from the declared shares, as data for an audit. Pure functions, no request.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .changes import Change, Share
from .entries import Mistake
from .permissions import word_of
from .principals import PrincipalReference, Principals
from .report import ShareReport

KEYS = (
    "desktop_flow",
    "desktop_flow_id",
    "principal",
    "principal_type",
    "principal_id",
    "found",
    "declared",
    "message",
    "path",
)
KIND_OF_ACTION = {"grant": "missing", "modify": "wrong_level", "revoke": "surplus"}
SENTENCES = {
    "missing": "{principal_type} {principal} has no share of {desktop_flow}; declared is {declared}.",
    "wrong_level": "{principal_type} {principal} has {found} on {desktop_flow}; declared is {declared}.",
    "surplus": "{principal_type} {principal} has {found} on {desktop_flow}; nothing is declared.",
    "disabled_user": "{principal_type} {principal} is disabled and has {found} on {desktop_flow}.",
    "unknown_principal": "{principal_type} {principal_id}, which the environment no longer lists, has {found} on"
    " {desktop_flow}.",
}
# Mistakes that come from the environment; all others are faults of the declaration and no drift.
KINDS_OF_MISTAKES = frozenset(
    [
        "unknown_flow",
        "ambiguous_flow",
        "unknown_principal",
        "ambiguous_principal",
        "unsuitable_principal",
        "disabled_user",
    ]
)


def find_drift(
    changes: Iterable[Change],
    shares: Iterable[Share],
    mistakes: Iterable[Mistake],
    principals: Principals,
    *,
    allow_disabled: bool,
) -> Iterator[tuple[str, Share | Change | Mistake]]:
    """Yield each difference with its kind.

    From the changes that would be needed: ``missing``, ``wrong_level``, ``surplus``. From the shares that exist:
    ``disabled_user`` and ``unknown_principal`` (the environment no longer lists the holder). From the declaration:
    the kind of the mistake, such as ``unknown_flow``. A share of a disabled user is told once, as that, also when it is
    declared.
    """
    disabled = set()
    for share in shares:
        principal = principals.get(share.key.principal_id)
        if principal is None:
            yield "unknown_principal", share
        elif principal.disabled and not allow_disabled:
            disabled.add(principal.id)
            yield "disabled_user", share
    for change in changes:
        principal = principals.get(change.key.principal_id)
        if allow_disabled or not (principal and principal.disabled):
            yield KIND_OF_ACTION[change.action], change
    for mistake in mistakes:
        if mistake.kind != "disabled_user" or _meant(mistake, principals).isdisjoint(disabled):
            yield mistake.kind, mistake


def _meant(mistake: Mistake, principals: Principals) -> set[str]:
    """Return the ids of the principals that a mistaken entry means."""
    kind = mistake.path.rpartition(".")[2]
    return {principal.id for principal in principals.find(PrincipalReference(kind, mistake.value or ""))}


def to_result(kind: str, difference: Share | Change | Mistake, report: ShareReport) -> dict[str, Any]:
    """Return a difference as a dict; all have the same keys, None where a key says nothing, and a ``message``."""
    result: dict[str, Any] = {"kind": kind, **dict.fromkeys(KEYS)}
    if isinstance(difference, Mistake):
        side = "desktop_flow" if kind.endswith("_flow") else "principal"
        return {**result, side: difference.value, "message": difference.message, "path": difference.path}
    result.update(report.place(difference.key))
    if isinstance(difference, Change):
        result.update(found=word_of(difference.before), declared=word_of(difference.after))
    else:
        result["found"] = word_of(difference.mask)
    return {**result, "message": SENTENCES[kind].format_map(result)}
