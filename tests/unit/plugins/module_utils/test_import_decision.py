# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every cell of (state of the environment, import mode, package, switches) and what is decided for it."""

from __future__ import annotations

import dataclasses
import itertools

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._solutions.decision import (
    Decision,
    Target,
    Wish,
    decide,
)

MODES = ("update", "upgrade", "stage_for_upgrade")


@dataclasses.dataclass(frozen=True)
class Release:
    """A solution in one version."""

    version: str
    managed: bool = True

    @property
    def version_key(self) -> tuple[int, int, int, int]:
        return tuple(int(part) for part in self.version.split("."))


PACKAGE = Release("2.0.0.0")
INSTALLED = {
    "absent": None,
    "lower": Release("1.0.0.0"),
    "same": Release("2.0.0.0"),
    "higher": Release("3.0.0.0"),
}
STAGED = {"nothing": None, "this version": Release("2.0.0.0"), "another version": Release("2.5.0.0")}


def decision(
    installed: str, staged: str, mode: str, *, managed: bool = True, same_kind: bool = True, **switches: bool
) -> Decision:
    """Decide for one cell."""
    there = INSTALLED[installed]
    if there:
        there = dataclasses.replace(there, managed=managed == same_kind)
    package = dataclasses.replace(PACKAGE, managed=managed)
    return decide(package, Target("Shared", there, STAGED[staged]), Wish(mode, **switches))


# installed, staged -> operation for update, upgrade, stage_for_upgrade (managed package, no switches)
MANAGED = {
    ("absent", "nothing"): ("install", "install", "install"),
    ("absent", "this version"): ("refuse", "refuse", "none"),
    ("absent", "another version"): ("refuse", "refuse", "refuse"),
    ("lower", "nothing"): ("update", "upgrade", "stage"),
    ("lower", "this version"): ("refuse", "refuse", "none"),
    ("lower", "another version"): ("refuse", "refuse", "refuse"),
    ("same", "nothing"): ("none", "none", "none"),
    ("same", "this version"): ("none", "none", "none"),
    ("same", "another version"): ("none", "none", "none"),
    ("higher", "nothing"): ("refuse", "refuse", "refuse"),
    ("higher", "this version"): ("refuse", "refuse", "none"),
    ("higher", "another version"): ("refuse", "refuse", "refuse"),
}
FORCED = {
    **dict.fromkeys(MANAGED, ("refuse", "refuse", "refuse")),
    ("absent", "nothing"): ("install", "install", "install"),
    ("lower", "nothing"): ("update", "upgrade", "stage"),
    ("same", "nothing"): ("update", "update", "update"),
}
DOWNGRADE = {**MANAGED, ("higher", "nothing"): ("update", "refuse", "refuse")}
FORCED_DOWNGRADE = {**FORCED, ("higher", "nothing"): ("update", "refuse", "refuse")}
UNMANAGED = {
    ("absent", "nothing"): ("install", "install", "install"),
    ("lower", "nothing"): ("update", "refuse", "refuse"),
    ("same", "nothing"): ("none", "none", "none"),
    ("higher", "nothing"): ("refuse", "refuse", "refuse"),
}


def cells(table: dict[tuple[str, str], tuple[str, str, str]]) -> list[tuple[str, str, str, str]]:
    """Return (installed, staged, mode, expected operation) for a table."""
    return [(*state, mode, row[column]) for state, row in table.items() for column, mode in enumerate(MODES)]


def test_the_tables_have_every_cell() -> None:
    assert set(MANAGED) == set(FORCED) == set(DOWNGRADE) == set(itertools.product(INSTALLED, STAGED))


@pytest.mark.parametrize(("installed", "staged", "mode", "expected"), cells(MANAGED))
def test_managed_package(installed: str, staged: str, mode: str, expected: str) -> None:
    assert decision(installed, staged, mode).operation == expected


@pytest.mark.parametrize(("installed", "staged", "mode", "expected"), cells(FORCED))
def test_force(installed: str, staged: str, mode: str, expected: str) -> None:
    assert decision(installed, staged, mode, force=True).operation == expected


@pytest.mark.parametrize(("installed", "staged", "mode", "expected"), cells(DOWNGRADE))
def test_allow_downgrade(installed: str, staged: str, mode: str, expected: str) -> None:
    assert decision(installed, staged, mode, allow_downgrade=True).operation == expected


@pytest.mark.parametrize(("installed", "staged", "mode", "expected"), cells(FORCED_DOWNGRADE))
def test_force_and_allow_downgrade(installed: str, staged: str, mode: str, expected: str) -> None:
    assert decision(installed, staged, mode, force=True, allow_downgrade=True).operation == expected


@pytest.mark.parametrize(("installed", "staged", "mode", "expected"), cells(UNMANAGED))
def test_unmanaged_package(installed: str, staged: str, mode: str, expected: str) -> None:
    assert decision(installed, staged, mode, managed=False).operation == expected


@pytest.mark.parametrize("switch", ["force", "allow_downgrade"])
@pytest.mark.parametrize("managed", [True, False])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("installed", ["lower", "same", "higher"])
def test_managed_and_unmanaged_never_mix(installed: str, mode: str, managed: bool, switch: str) -> None:
    refused = decision(installed, "nothing", mode, managed=managed, same_kind=False, **{switch: True})
    assert refused.operation == "refuse"
    assert "managed" in refused.reason
    assert "Shared" in refused.reason


def test_a_downgrade_is_refused_with_both_versions() -> None:
    reason = decision("higher", "nothing", "update").reason
    assert "2.0.0.0" in reason
    assert "3.0.0.0" in reason
    assert "allow_downgrade" in reason


def test_a_staged_upgrade_is_refused_with_both_remedies() -> None:
    reason = decision("lower", "another version", "update").reason
    assert "Shared_Upgrade 2.5.0.0" in reason
    assert "solution_promote" in reason
    assert "state=absent" in reason


def test_versions_are_compared_as_numbers() -> None:
    @dataclasses.dataclass(frozen=True)
    class Short(Release):
        @property
        def version_key(self) -> tuple[int, int, int, int]:
            return (2, 0, 0, 0)

    assert decide(PACKAGE, Target("Shared", Short("2.0")), Wish()).operation == "none"
