# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which shares somebody took away while an upgrade was running, by what a series of looks shows."""

from __future__ import annotations

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._sharing.changes import Share, ShareKey
from ansible_collections.coe.power_platform.plugins.module_utils._sharing.departures import Departures
from hypothesis import given
from hypothesis import strategies as st

FLOW = "flow"
Look = tuple[float, dict[str, str]]


def judged(looks: list[Look]) -> set[str]:
    """Return the principals whose shares were taken away; the first look is from before, a grant is its number."""
    grants = [
        (moment, {Share(ShareKey(FLOW, "team", name), 1): grant for name, grant in shares.items()})
        for moment, shares in looks
    ]
    departures = Departures({FLOW}, grants[0][1])
    expected: set[ShareKey] = set()
    for number, (moment, shares) in enumerate(grants):
        expected |= {share.key for share in shares}
        expected -= departures.judge(expected, shares, moment, final=number == len(grants) - 1)
    return {key.principal_id for key in departures.taken}


BOTH = {"a": "1", "b": "1"}


@pytest.mark.parametrize(
    ("looks", "taken"),
    [
        pytest.param([(0, BOTH), (1, {"a": "1"}), (2, {"a": "1"})], {"b"}, id="one of two, and the other one stays"),
        pytest.param([(0, BOTH), (1, {"a": "1"}), (2, {"a": "1"}), (3, {})], {"b"}, id="one long before all"),
        pytest.param([(0, BOTH), (1, {"a": "1"}), (1.5, {}), (3, {})], set(), id="one shortly before all"),
        pytest.param([(0, BOTH), (1, {}), (2, {})], set(), id="all at once"),
        pytest.param([(0, BOTH), (1, {"a": "2"}), (2, {"a": "2"})], set(), id="all, and one is granted anew at once"),
        pytest.param([(0, BOTH), (1, {"a": ""}), (2, {"a": ""})], set(), id="grants cannot be told from later ones"),
        pytest.param([(0, {"b": "1"}), (1, {}), (2, {})], set(), id="the only one"),
        pytest.param([(0, BOTH), (1, {"a": "1"}), (1.5, BOTH), (9, BOTH)], set(), id="one that comes back"),
        pytest.param([(0, {"b": "1"}), (1, {"c": "2"}), (2, {"c": "2"})], set(), id="all, and a new one is granted"),
        pytest.param([(0, BOTH), (1, {**BOTH, "c": "2"}), (2, BOTH), (4, BOTH)], {"c"}, id="given and taken again"),
    ],
)
def test_somebody_took_away_what_left_the_others_as_they_were(looks: list[Look], taken: set[str]) -> None:
    assert judged(looks) == taken


@given(
    names=st.sets(st.sampled_from("abcdef"), min_size=1),
    dropped_in_parts=st.lists(st.sampled_from("abcdef"), max_size=6),
    granted_anew=st.sets(st.sampled_from("abcdef")),
    step=st.floats(0.1, 0.9),
)
def test_a_drop_within_a_second_takes_nothing_for_taken_away(
    names: set[str], dropped_in_parts: list[str], granted_anew: set[str], step: float
) -> None:
    looks: list[Look] = [(0.0, dict.fromkeys(names, "1"))]
    left = set(names)
    for number, name in enumerate(dropped_in_parts, start=1):
        left -= {name}
        looks.append((10 + number * step / 6, dict.fromkeys(left, "1")))
    looks += [(moment, dict.fromkeys(granted_anew & names, "2")) for moment in (11.0, 12.0, 30.0)]
    assert judged(looks) == set()
