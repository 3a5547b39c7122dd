# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The changes that lead from existing shares to declared ones."""

from __future__ import annotations

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._sharing.changes import (
    Change,
    Declaration,
    Holding,
    Share,
    after_changes,
    plan,
    plan_repair,
)
from ansible_collections.coe.power_platform.plugins.module_utils._sharing.permissions import Permissions
from hypothesis import given
from hypothesis import strategies as st

CO_OWNER = 851991
ADA = Holding("flow-1", "systemuser", "ada")
BOB = Holding("flow-1", "systemuser", "bob")
ROBOTS = Holding("flow-2", "team", "robots")
WORDS = Permissions()


def always(share: Share) -> bool:
    return True


@pytest.mark.parametrize(
    ("word", "before", "action", "after"),
    [
        ("user", 0, "grant", 1),
        ("user", CO_OWNER, "modify", 1),
        ("user", 4, "modify", 1),
        ("co_owner", 0, "grant", CO_OWNER),
        ("co_owner", 1, "modify", CO_OWNER),
        ("co_owner", 3, "modify", CO_OWNER),
    ],
)
def test_a_share_that_is_not_as_declared_is_granted_or_modified(
    word: str, before: int, action: str, after: int
) -> None:
    current = [Share(ADA, before)] if before else []
    changes = plan(Declaration(wanted={ADA: WORDS.get(word)}), current, always)
    assert changes == [Change(ADA, before, after)]
    assert changes[0].action == action


def test_what_is_right_or_not_declared_is_left_alone() -> None:
    current = [Share(ADA, 1), Share(BOB, CO_OWNER), Share(ROBOTS, 1)]
    assert plan(Declaration(wanted={ADA: WORDS.get("user")}), current, always) == []


def test_unwanted_shares_are_revoked_and_missing_ones_are_no_change() -> None:
    declaration = Declaration(unwanted=frozenset({ADA, BOB}))
    assert plan(declaration, [Share(ADA, CO_OWNER)], always) == [Change(ADA, CO_OWNER, 0)]


def test_exclusive_flows_lose_what_is_not_declared_and_may_be_removed() -> None:
    declaration = Declaration(wanted={ADA: WORDS.get("user")}, exclusive=frozenset({"flow-1"}))
    current = [Share(ADA, 1), Share(BOB, 1), Share(ROBOTS, 1)]
    assert plan(declaration, current, always) == [Change(BOB, 1, 0)]
    assert plan(declaration, current, lambda share: share.holding != BOB) == []


FLOWS = st.sampled_from(["flow-1", "flow-2", "flow-3"])
HOLDINGS = st.builds(Holding, FLOWS, st.sampled_from(["systemuser", "team"]), st.sampled_from(["a", "b", "c"]))
MASKS = st.sampled_from([1, 3, 4, 23, CO_OWNER, 852023, 1 | 262144])
STATES = st.dictionaries(HOLDINGS, MASKS)
DECLARATIONS = st.builds(
    lambda said, exclusive: Declaration(
        wanted={holding: WORDS.get(word) for holding, word in said.items() if word},
        unwanted=frozenset(holding for holding, word in said.items() if not word),
        exclusive=exclusive,
    ),
    st.dictionaries(HOLDINGS, st.sampled_from(["user", "co_owner", None])),
    st.frozensets(FLOWS),
)


@given(state=STATES, declaration=DECLARATIONS)
def test_from_any_state_to_any_declaration_in_one_step(state: dict[Holding, int], declaration: Declaration) -> None:
    current = [Share(holding, mask) for holding, mask in state.items()]
    changes = plan(declaration, current, always)
    after = after_changes(current, changes)
    assert plan(declaration, after, always) == []
    held = dict(after)
    assert all(permission.met_by(held.get(holding, 0)) for holding, permission in declaration.wanted.items())
    assert not declaration.unwanted & held.keys()
    for change in changes:
        covered = change.holding in declaration.wanted or change.holding in declaration.unwanted
        assert covered or change.holding.flow_id in declaration.exclusive
        assert (change.action == "grant") == (change.before == 0)


@given(state=STATES, missing=STATES, declaration=DECLARATIONS)
def test_what_was_lost_comes_back_unless_the_declaration_says_otherwise(
    state: dict[Holding, int], missing: dict[Holding, int], declaration: Declaration
) -> None:
    current = [Share(holding, mask) for holding, mask in state.items()]
    changes = plan_repair(declaration, current, missing, always)
    after = dict(after_changes(current, changes))
    shares = [Share(holding, mask) for holding, mask in after.items()]
    assert plan(declaration, shares, always) == []
    for holding, mask in missing.items():
        said = holding in declaration.wanted or holding in declaration.unwanted
        if not said and holding.flow_id not in declaration.exclusive:
            assert after[holding] == state.get(holding, mask)
    assert len({change.holding for change in changes}) == len(changes)
    assert plan_repair(declaration, current, {}, always) == plan(declaration, current, always)
