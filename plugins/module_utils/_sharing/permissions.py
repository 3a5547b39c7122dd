# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Permission words (user, co-owner) and the access masks of the platform behind them.

The masks that the portal writes for "User" and "Co-owner" are not published, so both are options.
This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from .._errors import ConfigurationError

# Source: Web API enumeration type AccessRights. The platform has no right with the value 8.
RIGHTS = {
    "read": 1,
    "write": 2,
    "append": 4,
    "append_to": 16,
    "create": 32,
    "delete": 65536,
    "share": 262144,
    "assign": 524288,
}
USER_ACCESS = ("read",)
CO_OWNER_ACCESS = ("read", "write", "append", "append_to", "delete", "share", "assign")


def mask_of(rights: Iterable[str]) -> int:
    """Return the access mask of rights by our names: ``["read", "write"]`` is 3."""
    return sum({RIGHTS[right] for right in rights})


def rights_of(mask: int) -> list[str]:
    """Return the rights in a mask by our names, in the platform's order; bits without a name are left out."""
    return [right for right, bit in RIGHTS.items() if mask & bit]


def to_api(mask: int) -> str:
    """Return a mask as the Web API takes it: ``ReadAccess,WriteAccess``, without blanks."""
    return ",".join(_api_name(right) for right in rights_of(mask)) or "None"


def from_api(text: str) -> int:
    """Return the mask in an answer of the Web API, which puts a blank after the comma or does not."""
    bits = {_api_name(right): bit for right, bit in RIGHTS.items()}
    return sum({bits.get(name.strip(), 0) for name in text.split(",")})


def _api_name(right: str) -> str:
    return "".join(word.capitalize() for word in right.split("_")) + "Access"


# What co-owners of flows were seen to have (public field notes of 2026): all rights, the one to create rows as well.
ALL_RIGHTS = mask_of(RIGHTS)


def is_usual(mask: int) -> bool:
    """Tell whether a mask is the one that this collection or the portal gives to its word unless told otherwise."""
    return mask in (mask_of(USER_ACCESS), mask_of(CO_OWNER_ACCESS), ALL_RIGHTS)


def word_of(mask: int) -> str | None:
    """Return what a mask means: ``co_owner`` with write, ``user`` with read but not write, else ``custom``.

    None stands for no right at all.
    """
    if not mask:
        return None
    if mask & RIGHTS["write"]:
        return "co_owner"
    return "user" if mask & RIGHTS["read"] else "custom"


def describe(mask: int) -> str:
    """Return a mask for readers: its word, and its rights where they are not the word's usual ones."""
    return str(word_of(mask)) if is_usual(mask) else f"{word_of(mask)} ({', '.join(rights_of(mask))})"


@dataclasses.dataclass(frozen=True)
class Permission:
    """A permission that somebody should have: its word, its mask, and whether other bits are tolerated."""

    word: str
    mask: int
    exact: bool = False

    def met_by(self, mask: int) -> bool:
        """Tell whether a mask is this permission: the same word and at least its rights, or the very mask.

        The portal's usual mask of a co-owner is as good as ours, lest two tools change it to and fro.
        """
        if self.exact:
            return mask == self.mask or (self.mask == mask_of(CO_OWNER_ACCESS) and mask == ALL_RIGHTS)
        return word_of(mask) == self.word and mask & self.mask == self.mask


class Permissions:
    """The meaning of the permission words in one task: options ``user_access``, ``co_owner_access``, ``exact``."""

    def __init__(
        self, user: Iterable[str] = USER_ACCESS, co_owner: Iterable[str] = CO_OWNER_ACCESS, exact: bool = False
    ):
        self._masks = {"user": mask_of(user), "co_owner": mask_of(co_owner)}
        self._exact = exact
        for word, mask in self._masks.items():
            if word_of(mask) != word or not mask & RIGHTS["read"]:
                raise ConfigurationError(
                    f"The option {word}_access must hold the right read, and {'also' if word == 'co_owner' else 'not'}"
                    " the right write, which tells the two permissions apart."
                )

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> Permissions:
        """Return the meaning that a task's options give to the words."""
        return cls(params["user_access"], params["co_owner_access"], params["exact"])

    def get(self, word: str, access: Iterable[str] | None = None) -> Permission:
        """Return the permission for a word, with the rights in ``access`` instead of the usual ones, if given."""
        return Permission(word, mask_of(access) if access else self._masks[word], self._exact)
