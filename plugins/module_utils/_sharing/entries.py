# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The option ``shares`` as users write it: its argument specification, its entries, and the mistakes in its form.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .._dataverse.odata import guid
from .._errors import ConfigurationError
from .._text import listed
from .permissions import CO_OWNER_ACCESS, RIGHTS, USER_ACCESS, Permission, Permissions, mask_of, word_of
from .principals import PrincipalReference

PRINCIPAL_KINDS = ("user", "team", "entra_group", "application")
FLOW_KINDS = ("desktop_flow", "solution")
STATE: dict[str, Any] = {"type": "str", "choices": ["present", "absent"], "default": "present"}

SHARES_ARGUMENT: dict[str, Any] = {
    "type": "list",
    "elements": "dict",
    "required": True,
    "options": {
        **{kind: {"type": "str"} for kind in FLOW_KINDS},
        "principals": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                **{kind: {"type": "str"} for kind in PRINCIPAL_KINDS},
                "permission": {"type": "str", "choices": ["user", "co_owner", "custom"], "default": "user"},
                "access": {"type": "list", "elements": "str", "choices": list(RIGHTS), "default": []},
            },
        },
        "exclusive": {"type": "bool", "default": False},
        "include_child_flows": {"type": "bool", "default": False},
        "state": STATE,
    },
}
PERMISSION_ARGUMENTS: dict[str, dict[str, Any]] = {
    "user_access": {"type": "list", "elements": "str", "choices": list(RIGHTS), "default": list(USER_ACCESS)},
    "co_owner_access": {"type": "list", "elements": "str", "choices": list(RIGHTS), "default": list(CO_OWNER_ACCESS)},
    "exact": {"type": "bool", "default": False},
}


@dataclasses.dataclass(frozen=True)
class Mistake:
    """Something in the declaration that cannot be enforced.

    ``path`` is its place, such as ``shares[3].principals[0].team``; ``kind`` says what it is, for programs;
    ``candidates`` are the objects that an ambiguous name may mean.
    """

    path: str
    kind: str
    message: str
    value: str | None = None
    candidates: tuple[dict[str, str], ...] = ()

    @property
    def place(self) -> list[int]:
        """The numbers in the path, for sorting."""
        return [int(number) for number in re.findall(r"\d+", self.path)]


class DeclarationError(ConfigurationError):
    """All mistakes of a declaration at once; nothing was written but shares that an interrupted upgrade took."""

    def __init__(self, mistakes: Sequence[Mistake], restored: int = 0) -> None:
        told = listed((f"{mistake.path}: {mistake.message}" for mistake in mistakes), "; ")
        count = f"{len(mistakes)} mistakes" if len(mistakes) > 1 else "a mistake"
        but = f" but that {restored} shares came back, which an interrupted upgrade had taken" if restored else ""
        super().__init__(
            f"The option shares has {count}, nothing was changed{but}: {told}.",
            mistakes=[dataclasses.asdict(mistake) for mistake in mistakes],
        )


@dataclasses.dataclass(frozen=True)
class PrincipalEntry:
    """One element of ``principals``."""

    path: str
    reference: PrincipalReference
    permission: Permission


@dataclasses.dataclass(frozen=True)
class ShareEntry:
    """One element of ``shares``; ``kind`` is desktop_flow or solution, ``text`` its value."""

    path: str
    kind: str
    text: str
    principals: tuple[PrincipalEntry, ...]
    exclusive: bool
    include_child_flows: bool
    absent: bool


def read_entries(
    shares: Iterable[Mapping[str, Any]], permissions: Permissions
) -> tuple[list[ShareEntry], list[Mistake]]:
    """Return the entries that make sense by themselves, and the mistakes in the form of the others."""
    entries: list[ShareEntry] = []
    mistakes: list[Mistake] = []
    for index, share in enumerate(shares):
        path = f"shares[{index}]"
        found = [
            _principal_mistakes(f"{path}.principals[{place}]", row) for place, row in enumerate(share["principals"])
        ]
        mistakes += [*_share_mistakes(path, share), *(mistake for listed in found for mistake in listed)]
        if kind := _only(share, FLOW_KINDS):
            principals = tuple(
                _principal_entry(f"{path}.principals[{place}]", row, permissions)
                for place, row in enumerate(share["principals"])
                if not found[place]
            )
            entries.append(
                ShareEntry(
                    path,
                    kind,
                    share[kind],
                    principals,
                    share["exclusive"],
                    share["include_child_flows"],
                    share["state"] == "absent",
                )
            )
    return entries, mistakes


def _only(row: Mapping[str, Any], kinds: Sequence[str]) -> str | None:
    given = [kind for kind in kinds if row.get(kind)]
    return given[0] if len(given) == 1 else None


def _principal_entry(path: str, row: Mapping[str, Any], permissions: Permissions) -> PrincipalEntry:
    kind = _only(row, PRINCIPAL_KINDS) or ""
    permission = permissions.get(row["permission"], row["access"])
    return PrincipalEntry(f"{path}.{kind}", PrincipalReference(kind, row[kind].strip()), permission)


def _share_mistakes(path: str, share: Mapping[str, Any]) -> list[Mistake]:
    texts = []
    if not _only(share, FLOW_KINDS):
        texts.append("give either desktop_flow or solution")
    absent, exclusive, named = share["state"] == "absent", share["exclusive"], bool(share["principals"])
    if exclusive and not named and not absent:
        texts.append("exclusive without principals would remove every share: say state: absent if that is meant")
    if absent and exclusive and named:
        texts.append("exclusive with state: absent removes every share and takes no principals")
    if absent and not exclusive and not named:
        texts.append("state: absent needs principals, or exclusive: true to remove every share")
    return [Mistake(path, "invalid", text) for text in texts]


def _principal_mistakes(path: str, row: Mapping[str, Any]) -> list[Mistake]:
    kind = _only(row, PRINCIPAL_KINDS)
    texts = []
    if not kind:
        texts.append(f"give exactly one of {', '.join(PRINCIPAL_KINDS)}")
    if kind == "entra_group" and not guid(row[kind]):
        texts.append(f"{row[kind]!r} is not the object id of an Entra group: copy it from the group's page in Entra")
    access, word = row["access"], row["permission"]
    if word == "custom" and not access:
        texts.append("permission: custom needs access")
    if access and word_of(mask_of(access)) != word:
        texts.append(f"the rights in access mean the permission {word_of(mask_of(access))}, not {word}")
    return [Mistake(path, "invalid", text) for text in texts]
