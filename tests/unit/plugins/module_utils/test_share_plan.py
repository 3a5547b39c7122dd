# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The changes that lead from existing shares to declared ones."""

from __future__ import annotations

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._sharing.changes import (
    Change,
    DesiredShares,
    Share,
    ShareKey,
    after_changes,
    plan,
    plan_repair,
)
from ansible_collections.coe.power_platform.plugins.module_utils._sharing.permissions import Permissions
from hypothesis import given
from hypothesis import strategies as st

CO_OWNER = 851991
ADA = ShareKey("flow-1", "systemuser", "ada")
BOB = ShareKey("flow-1", "systemuser", "bob")
ROBOTS = ShareKey("flow-2", "team", "robots")
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
    changes = plan(DesiredShares(present={ADA: WORDS.get(word)}), current, always)
    assert changes == [Change(ADA, before, after)]
    assert changes[0].action == action


def test_what_is_right_or_not_declared_is_left_alone() -> None:
    current = [Share(ADA, 1), Share(BOB, CO_OWNER), Share(ROBOTS, 1)]
    assert plan(DesiredShares(present={ADA: WORDS.get("user")}), current, always) == []


def test_unwanted_shares_are_revoked_and_missing_ones_are_no_change() -> None:
    declaration = DesiredShares(absent=frozenset({ADA, BOB}))
    assert plan(declaration, [Share(ADA, CO_OWNER)], always) == [Change(ADA, CO_OWNER, 0)]


def test_exclusive_flows_lose_what_is_not_declared_and_may_be_removed() -> None:
    declaration = DesiredShares(present={ADA: WORDS.get("user")}, exclusive=frozenset({"flow-1"}))
    current = [Share(ADA, 1), Share(BOB, 1), Share(ROBOTS, 1)]
    assert plan(declaration, current, always) == [Change(BOB, 1, 0)]
    assert plan(declaration, current, lambda share: share.key != BOB) == []


FLOWS = st.sampled_from(["flow-1", "flow-2", "flow-3"])
HOLDINGS = st.builds(ShareKey, FLOWS, st.sampled_from(["systemuser", "team"]), st.sampled_from(["a", "b", "c"]))
MASKS = st.sampled_from([1, 3, 4, 23, CO_OWNER, 852023, 1 | 262144])
STATES = st.dictionaries(HOLDINGS, MASKS)
DECLARATIONS = st.builds(
    lambda said, exclusive: DesiredShares(
        present={key: WORDS.get(word) for key, word in said.items() if word},
        absent=frozenset(key for key, word in said.items() if not word),
        exclusive=exclusive,
    ),
    st.dictionaries(HOLDINGS, st.sampled_from(["user", "co_owner", None])),
    st.frozensets(FLOWS),
)


@given(state=STATES, declaration=DECLARATIONS)
def test_from_any_state_to_any_declaration_in_one_step(state: dict[ShareKey, int], declaration: DesiredShares) -> None:
    current = [Share(key, mask) for key, mask in state.items()]
    changes = plan(declaration, current, always)
    after = after_changes(current, changes)
    assert plan(declaration, after, always) == []
    held = dict(after)
    assert all(permission.met_by(held.get(key, 0)) for key, permission in declaration.present.items())
    assert not declaration.absent & held.keys()
    for change in changes:
        covered = change.key in declaration.present or change.key in declaration.absent
        assert covered or change.key.flow_id in declaration.exclusive
        assert (change.action == "grant") == (change.before == 0)


@given(state=STATES, missing=STATES, declaration=DECLARATIONS)
def test_what_was_lost_comes_back_unless_the_declaration_says_otherwise(
    state: dict[ShareKey, int], missing: dict[ShareKey, int], declaration: DesiredShares
) -> None:
    current = [Share(key, mask) for key, mask in state.items()]
    changes = plan_repair(declaration, current, missing, always)
    after = dict(after_changes(current, changes))
    shares = [Share(key, mask) for key, mask in after.items()]
    assert plan(declaration, shares, always) == []
    for key, mask in missing.items():
        said = key in declaration.present or key in declaration.absent
        if not said and key.flow_id not in declaration.exclusive:
            assert after[key] == state.get(key, mask)
    assert len({change.key for change in changes}) == len(changes)
    assert plan_repair(declaration, current, {}, always) == plan(declaration, current, always)
