# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The least security role stands in the permissions guide as the domain knows it."""

from __future__ import annotations

import itertools
import pathlib
from collections.abc import Iterator

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._preflight.least_role import LEAST_ROLE, WORDS, Need

GUIDE = pathlib.Path(__file__).parents[4] / "docs" / "docsite" / "rst" / "permissions_guide.rst"


def rows() -> Iterator[str]:
    """Yield the rows of the guide's table."""
    for operation, needs in LEAST_ROLE.items():
        for (depth, certain, reason), group in itertools.groupby(
            needs, lambda need: (need.depth, need.certain, need.reason)
        ):
            names = ", ".join(f"``{need.privilege}``" for need in group)
            doubt = "" if certain else " (not confirmed)"
            yield f"   * - {operation}\n     - {names}\n     - {WORDS[depth]}\n     - {reason}{doubt}\n"


@pytest.mark.skipif(not GUIDE.is_file(), reason="the guide is not part of what is tested")
def test_guide_shows_the_least_role() -> None:
    assert "".join(rows()) in GUIDE.read_text(encoding="utf-8")


@pytest.mark.parametrize("operation", LEAST_ROLE)
def test_each_privilege_is_named_once_for_each_kind_of_task(operation: str) -> None:
    names = [need.privilege for need in LEAST_ROLE[operation]]
    assert len(names) == len(set(names))
    assert all(isinstance(need, Need) and need.reason and need.depth in WORDS for need in LEAST_ROLE[operation])
