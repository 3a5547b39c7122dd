# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From any state to any declaration in one run, also with others writing at the same time, at a bounded cost."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._sharing import shares as _sharing
from ansible_collections.coe.power_platform.plugins.module_utils._sharing.permissions import word_of
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.sharing_scenes import (
    give,
    held,
    make_flows,
    make_users,
    run,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

CO_OWNER = 851991
WANTED = {"user": 1, "co_owner": CO_OWNER}
FLOWS, USERS = 4, 5
PLACES = st.tuples(st.integers(0, FLOWS - 1), st.integers(0, USERS - 1))
STATES = st.dictionaries(PLACES, st.sampled_from([1, 3, 4, 23, CO_OWNER, 852023, 1 | 262144]))
DECLARED = st.dictionaries(
    st.integers(0, FLOWS - 1),
    st.tuples(st.booleans(), st.dictionaries(st.integers(0, USERS - 1), st.sampled_from([*WANTED, "absent"]))),
)


class Scene:
    """The environment prod with some flows and users, by number."""

    def __init__(self, simulator: Any) -> None:
        self.simulator = simulator
        self.environment = simulator.environment("prod")
        self.connection = simulator.connection("prod")
        self.flows = make_flows(self.environment, FLOWS)
        self.users = make_users(self.environment, USERS)

    def set(self, state: dict[tuple[int, int], int]) -> None:
        """Replace all shares."""
        with self.environment.store.transaction():
            for row in self.environment.store.find("principalobjectaccess"):
                self.environment.store.delete("principalobjectaccess", row["principalobjectaccessid"])
        give(self.environment, ((self.flows[f], "systemuser", self.users[u], mask) for (f, u), mask in state.items()))

    def state(self) -> dict[tuple[int, int], int]:
        """Return all shares."""
        return {(self.flows.index(f), self.users.index(u)): mask for (f, u), mask in held(self.environment).items()}

    def shares(self, declared: dict[int, tuple[bool, dict[int, str]]]) -> list[dict[str, Any]]:
        """Return a declaration as the option ``shares``; an entry for each flow and state."""
        return list(self._entries(declared))

    def _entries(self, declared: dict[int, tuple[bool, dict[int, str]]]) -> Iterator[dict[str, Any]]:
        for flow, (exclusive, users) in declared.items():
            present = {user: word for user, word in users.items() if word != "absent"}
            absent = [{"user": f"many{user}@contoso.example"} for user in users if user not in present]
            yield {
                "desktop_flow": f"Many {flow}",
                "exclusive": exclusive and bool(present),
                "principals": [
                    {"user": f"many{user}@contoso.example", "permission": word} for user, word in present.items()
                ],
            }
            if absent:
                yield {"desktop_flow": f"Many {flow}", "principals": absent, "state": "absent"}

    def requests(self) -> int:
        """Return the requests since the journal was cleared; a batch is one."""
        return sum(entry.batch is None for entry in self.simulator.journal(environment="prod"))

    def asking(self, changed: bool = False) -> int:
        """The requests more where the table hides shares: some flows are asked, after writing as well, then all."""
        return (2 + changed) if self.environment.settings.visible_shares == "own" else 0


@pytest.fixture
def scene(simulator: Any) -> Scene:
    return Scene(simulator)


def expected(
    state: dict[tuple[int, int], int], declared: dict[int, tuple[bool, dict[int, str]]]
) -> dict[tuple[int, int], int]:
    """Say what must come out, by a model of its own: place by place."""
    result = {}
    for place in {*state, *((flow, user) for flow, (dummy, users) in declared.items() for user in users)}:
        flow, user = place
        exclusive, users = declared.get(flow, (False, {}))
        exclusive = exclusive and any(word != "absent" for word in users.values())
        mask = state.get(place, 0)
        if users.get(user) in WANTED:
            wanted = WANTED[users[user]]
            right = word_of(mask) == users[user] and mask & wanted == wanted
            result[place] = mask if right else wanted
        elif user not in users and not exclusive:
            result[place] = mask
    return {place: mask for place, mask in result.items() if mask}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(state=STATES, declared=DECLARED)
def test_one_run_leads_from_any_state_to_any_declaration(
    scene: Scene, state: dict[tuple[int, int], int], declared: dict[int, tuple[bool, dict[int, str]]]
) -> None:
    scene.set(state)
    shares = scene.shares(declared)
    scene.simulator.clear_journal()
    first = run(scene.connection, shares)
    assert not first.get("failed"), first
    assert scene.state() == expected(state, declared)
    assert first["changed"] is (scene.state() != state)
    assert scene.requests() <= (6 if first["changed"] else 4) + scene.asking(first["changed"])
    scene.simulator.clear_journal()
    assert run(scene.connection, shares)["changed"] is False
    assert scene.requests() <= 4 + scene.asking()
    assert scene.simulator.journal(environment="prod", writes=True) == []


def test_another_run_at_the_same_time_leaves_the_declared_state_and_no_error(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared = {0: (True, {0: "co_owner", 1: "user"}), 1: (True, {2: "user"}), 2: (False, {3: "absent"})}
    scene.set({(0, 0): 1, (0, 2): 1, (1, 2): CO_OWNER, (1, 3): 1, (2, 3): 1})
    write, met = _sharing.write_changes, []

    def let_another_run_go_first(*args: Any) -> Any:
        if not met:
            met.append(True)
            assert not run(scene.connection, scene.shares(declared)).get("failed")
        return write(*args)

    monkeypatch.setattr(_sharing, "write_changes", let_another_run_go_first)
    result = run(scene.connection, scene.shares(declared))
    assert not result.get("failed"), result
    assert scene.state() == {(0, 0): CO_OWNER, (0, 1): 1, (1, 2): 1}


def test_a_share_that_another_one_removes_or_raises_in_between_comes_out_as_declared(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, met = _sharing.write_changes, []

    def let_a_person_go_first(*args: Any) -> Any:
        if not met:
            met.append(True)
            scene.set({(0, 1): CO_OWNER})
        return write(*args)

    monkeypatch.setattr(_sharing, "write_changes", let_a_person_go_first)
    scene.set({(0, 0): CO_OWNER})
    declared = {0: (False, {0: "user", 1: "user"})}
    result = run(scene.connection, scene.shares(declared))
    assert not result.get("failed"), result
    assert scene.state() == {(0, 0): 1, (0, 1): 1}


def test_many_runs_at_the_same_time_end_with_the_declared_state(scene: Scene) -> None:
    declared = {flow: (True, dict.fromkeys(range(3), "user")) for flow in range(FLOWS)}
    scene.set({(flow, user): CO_OWNER for flow in range(FLOWS) for user in range(2, USERS)})
    results: list[dict[str, Any]] = []
    runs = [
        threading.Thread(target=lambda: results.append(run(scene.connection, scene.shares(declared))))
        for dummy in range(4)
    ]
    for one in runs:
        one.start()
    for one in runs:
        one.join()
    assert [result.get("msg") for result in results] == [None] * 4
    assert scene.state() == {(flow, user): 1 for flow in range(FLOWS) for user in range(3)}


@pytest.mark.parametrize("lost", ["reset_after", "truncated", "error_after"])
def test_a_lost_answer_to_the_changes_does_no_harm(scene: Scene, lost: str) -> None:
    scene.set({(0, 0): CO_OWNER, (0, 1): 1})
    declared = {0: (True, {0: "user", 2: "user"})}
    shares = scene.shares(declared)
    fault = {"kind": lost, "path": r"\$batch", "nth": 2, **({"status": 503} if lost == "error_after" else {})}
    scene.simulator.add_fault(fault)
    result = run(scene.connection, shares)
    assert not result.get("failed"), result
    assert scene.state() == {(0, 0): 1, (0, 2): 1}


def test_five_thousand_shares_cost_four_requests_and_each_further_page_one(scene: Scene) -> None:
    flows, users = make_flows(scene.environment, 101)[1:], make_users(scene.environment, 51)[1:]
    give(scene.environment, ((flow, "systemuser", user, 1) for flow in flows for user in users))
    declared = [{"desktop_flow": flow, "principals": [{"user": user} for user in users]} for flow in flows]
    scene.simulator.clear_journal()
    assert run(scene.connection, declared)["changed"] is False
    assert scene.requests() <= 4 + scene.asking()
    team = scene.environment.store.first("team", name="Finance Robotics")["teamid"]
    give(scene.environment, ((flow, "team", team, 1) for flow in flows))
    scene.simulator.clear_journal()
    assert run(scene.connection, declared)["changed"] is False
    assert scene.requests() <= 5 + scene.asking()
