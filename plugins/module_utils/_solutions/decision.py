# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which operation brings a package into an environment: a pure function of package, environment and wish.

The service never decides this: it fails an upgrade where nothing is installed, an upgrade to the same version, and an
import beside a staged upgrade, and it lowers a version without a word.
This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
from typing import Literal, Protocol

from .._packages.manifest import holding_solution

Mode = Literal["update", "upgrade", "stage_for_upgrade"]
OperationKind = Literal["install", "update", "upgrade", "stage", "none", "refuse"]


class Versioned(Protocol):
    """A solution as far as the decision needs it; a package and an installed solution are both one."""

    @property
    def version(self) -> str:
        """The version as written, for example ``1.2.0.0``."""

    @property
    def version_key(self) -> tuple[int, int, int, int]:
        """The version as four numbers, so that ``1.0`` equals ``1.0.0.0``."""

    @property
    def managed(self) -> bool:
        """Whether the solution is managed."""


@dataclasses.dataclass(frozen=True)
class Target:
    """What an environment holds of a solution: the installed one and its staged upgrade."""

    name: str
    installed: Versioned | None = None
    staged: Versioned | None = None

    @property
    def staged_name(self) -> str:
        """The unique name of the staged upgrade."""
        return holding_solution(self.name)


@dataclasses.dataclass(frozen=True)
class Wish:
    """What the user asked for."""

    mode: Mode = "update"
    force: bool = False
    allow_downgrade: bool = False


@dataclasses.dataclass(frozen=True)
class Decision:
    """The operation to carry out, and why in one sentence."""

    operation: OperationKind
    reason: str


def decide(package: Versioned, target: Target, wish: Wish) -> Decision:
    """Return the operation that brings the package into the environment, or ``none``, or ``refuse``."""
    installed = target.installed
    if installed is None:
        return _upgrade_pending(package, target, wish) or Decision("install", f"{target.name} is not installed")
    return (
        _other_kind(package, target, installed)
        or _already_installed(package, target, installed, wish)
        or _upgrade_pending(package, target, wish)
        or _lower(package, installed, wish)
        or _same_again(package, installed, wish)
        or _higher(package, target, installed, wish)
    )


def _kind(solution: Versioned) -> str:
    return "managed" if solution.managed else "unmanaged"


def _other_kind(package: Versioned, target: Target, installed: Versioned) -> Decision | None:
    """The platform refuses with 0x80048040 or 0x80048041, after the upload."""
    if installed.managed == package.managed:
        return None
    remedy = (
        "remove the unmanaged solution and its components from the environment first, or choose another environment"
        if package.managed
        else "export the package as managed"
    )
    return Decision(
        "refuse",
        f"the package of {target.name} is {_kind(package)} but {target.name} {installed.version} is installed"
        f" {_kind(installed)}: {remedy}",
    )


def _already_installed(package: Versioned, target: Target, installed: Versioned, wish: Wish) -> Decision | None:
    if wish.force or installed.version_key != package.version_key:
        return None
    reason = f"version {installed.version} is installed already"
    if target.staged:
        reason += f"; the staged upgrade {target.staged_name} {target.staged.version} was left as it is"
    return Decision("none", reason)


def _upgrade_pending(package: Versioned, target: Target, wish: Wish) -> Decision | None:
    """The platform refuses any import beside a staged upgrade with 0x80048539."""
    staged = target.staged
    if staged is None:
        return None
    if wish.mode == "stage_for_upgrade" and not wish.force and staged.version_key == package.version_key:
        return Decision("none", f"version {staged.version} is staged for upgrade already")
    return Decision(
        "refuse",
        f"{target.staged_name} {staged.version} is staged for upgrade and blocks every import of {target.name}:"
        f" apply it with coe.power_platform.solution_promote (name={target.name}), or remove it with"
        f" coe.power_platform.solution (name={target.staged_name}, state=absent)",
    )


def _lower(package: Versioned, installed: Versioned, wish: Wish) -> Decision | None:
    if package.version_key >= installed.version_key:
        return None
    versions = f"the package's version {package.version} is lower than the installed version {installed.version}"
    if wish.mode != "update":
        return Decision("refuse", f"{versions}: choose a newer package; only import_mode=update can go back")
    if not wish.allow_downgrade:
        return Decision("refuse", f"{versions}: choose a newer package, or set allow_downgrade=true")
    return Decision("update", f"{versions}, and allow_downgrade is set")


def _same_again(package: Versioned, installed: Versioned, wish: Wish) -> Decision | None:
    """The platform refuses an upgrade to the same version with 0x80048541, a plain import passes."""
    if package.version_key != installed.version_key:
        return None
    reason = f"version {installed.version} is installed already and is imported again because force is set"
    if wish.mode != "update":
        reason += f" (as an update: {wish.mode} needs a higher version)"
    return Decision("update", reason)


def _higher(package: Versioned, target: Target, installed: Versioned, wish: Wish) -> Decision:
    reason = f"version {package.version} is higher than the installed version {installed.version}"
    if wish.mode == "update":
        return Decision("update", reason)
    if not package.managed:
        return Decision(
            "refuse",
            f"{target.name} is unmanaged and import_mode={wish.mode} needs a managed solution:"
            " set import_mode=update, or export the package as managed",
        )
    return Decision("upgrade" if wish.mode == "upgrade" else "stage", reason)
