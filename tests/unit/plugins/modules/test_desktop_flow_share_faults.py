# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Single changes that go wrong inside a batch: told with principal and flow, the others done, completed by a re-run."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._transport.http import HttpSession
from ansible_collections.coe.power_platform.plugins.modules import desktop_flow_share
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.sharing_scenes import (
    give,
    held,
    make_flows,
    make_users,
)

FLOWS, USERS = 3, 4
STRUCK = 6  # the number of the grant in the batch: changes are sorted by the ids of flow and principal
DECLARED = [
    {"desktop_flow": f"Many {flow}", "principals": [{"user": f"many{user}@contoso.example"} for user in range(USERS)]}
    for flow in range(FLOWS)
]


class Scene:
    """An environment with flows and users and no share of theirs."""

    def __init__(self, simulator: Any, run_module: Any) -> None:
        self.simulator = simulator
        self.environment = simulator.environment("test")
        self.flows = make_flows(self.environment, FLOWS)
        self.users = make_users(self.environment, USERS)
        self._run_module = run_module
        simulator.clear_journal()

    def run(self, **params: Any) -> dict[str, Any]:
        options = {"shares": DECLARED, **self.simulator.connection("test"), **params}
        result: dict[str, Any] = self._run_module(desktop_flow_share, **options)
        return result

    def strike(self, operation: str = "GrantAccess", **fault: Any) -> None:
        self.simulator.add_fault({"operation": operation, "environment": "test", **fault})

    def struck(self) -> tuple[str, str]:
        """The names of the flow and the user whose grant the faults strike."""
        flow, user = sorted((flow, user) for flow in self.flows for user in self.users)[STRUCK - 1]
        return f"Many {self.flows.index(flow)}", f"many{self.users.index(user)}@contoso.example"

    def sent(self, operation: str = "GrantAccess") -> int:
        return len(self.simulator.journal(environment="test", path=operation))

    def held(self) -> set[tuple[str, str]]:
        return set(held(self.environment)) & {(flow, user) for flow in self.flows for user in self.users}


@pytest.fixture
def scene(simulator: Any, run_module: Any, monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setattr(HttpSession, "pause", lambda self, seconds, reason: None)
    return Scene(simulator, run_module)


LASTING = [
    # fault, what the message says
    ({"kind": "error", "status": 500}, "An unexpected error occurred"),
    ({"kind": "error", "status": 403, "code": "0x80040220", "message": "You may not."}, "You may not"),
    ({"kind": "error", "status": 400, "code": "0x80040203", "message": "It is odd."}, "It is odd"),
    ({"kind": "not_found"}, "Does Not Exist"),
]


@pytest.mark.parametrize(("fault", "reason"), LASTING, ids=lambda value: str(value) if isinstance(value, str) else "")
def test_a_refused_grant_is_told_the_others_are_done_and_a_rerun_completes(
    scene: Scene, fault: dict[str, Any], reason: str
) -> None:
    scene.strike(nth=STRUCK, **fault)
    result = scene.run()
    assert result["failed"]
    assert result["changed"]
    flow, user = scene.struck()
    assert f"1 of {FLOWS * USERS} changes of shares failed, {FLOWS * USERS - 1} are done" in result["msg"]
    assert f"grant for user {user} on {flow}" in result["msg"]
    assert [(one["desktop_flow"], one["principal"]) for one in result["not_applied"]] == [(flow, user)]
    assert reason in result["not_applied"][0]["reason"]
    assert len(result["applied"]) == len(scene.held()) == FLOWS * USERS - 1
    assert scene.sent() == FLOWS * USERS
    again = scene.run()
    assert [(one["desktop_flow"], one["principal"]) for one in again["changes"]] == [(flow, user)]
    assert len(scene.held()) == FLOWS * USERS
    assert scene.run()["changed"] is False


TEMPORARY = [
    {"kind": "throttled", "seconds": 1},
    {"kind": "error", "status": 429},
    {"kind": "error", "status": 502},
    {"kind": "error", "status": 503},
    {"kind": "error", "status": 504},
    {"kind": "error_after", "status": 503},
]


def named(fault: dict[str, Any]) -> str:
    return "-".join(str(value) for value in fault.values())


@pytest.mark.parametrize("fault", TEMPORARY, ids=named)
def test_a_grant_that_is_refused_for_a_moment_goes_out_again_alone(scene: Scene, fault: dict[str, Any]) -> None:
    scene.strike(nth=STRUCK, count=2, **fault)
    result = scene.run()
    assert not result.get("failed"), result["msg"]
    assert len(result["changes"]) == len(scene.held()) == FLOWS * USERS
    assert scene.sent() == FLOWS * USERS + 2


@pytest.mark.parametrize("fault", [fault for fault in TEMPORARY if fault["kind"] != "error_after"], ids=named)
def test_a_grant_that_is_refused_for_long_is_told_and_a_rerun_completes(scene: Scene, fault: dict[str, Any]) -> None:
    first = scene.struck()
    scene.strike(nth=STRUCK, **fault)
    scene.strike(nth=FLOWS * USERS + 1, count=99, **fault)
    result = scene.run()
    assert result["failed"]
    assert [(one["desktop_flow"], one["principal"]) for one in result["not_applied"]] == [first]
    assert len(result["applied"]) == len(scene.held()) == FLOWS * USERS - 1
    scene.simulator.clear_faults()
    assert [(one["desktop_flow"], one["principal"]) for one in scene.run()["changes"]] == [first]
    assert len(scene.held()) == FLOWS * USERS


@pytest.mark.parametrize("status", [500, 503])
def test_a_grant_that_was_done_although_it_was_answered_with_an_error_is_done(scene: Scene, status: int) -> None:
    scene.strike(kind="error_after", status=status, nth=STRUCK)
    result = scene.run()
    assert not result.get("failed"), result["msg"]
    assert len(result["changes"]) == len(scene.held()) == FLOWS * USERS


@pytest.mark.parametrize(
    ("fault", "sent"),
    [
        ({"kind": "reset_after"}, 1),
        ({"kind": "truncated"}, 1),
        ({"kind": "error_after", "status": 504}, 1),
        ({"kind": "reset_before"}, 1),
        ({"kind": "error", "status": 503}, 1),
        ({"kind": "reset_after", "count": 2}, 1),
        ({"kind": "throttled", "seconds": 1}, 1),
    ],
    ids=lambda value: named(value) if isinstance(value, dict) else "",
)
def test_what_a_lost_answer_has_written_is_read_back_before_the_rest_is_written(
    scene: Scene, fault: dict[str, Any], sent: int
) -> None:
    scene.simulator.environment("test").settings.change({"visible_shares": "all"})  # what is hidden is written again
    scene.run(check_mode=True)
    before = len(scene.simulator.journal(environment="test", path="$batch"))
    scene.simulator.clear_journal()
    scene.strike("$batch", nth=before + 1, **fault)
    result = scene.run()
    assert not result.get("failed"), result["msg"]
    assert len(result["changes"]) == len(scene.held()) == FLOWS * USERS
    granted = [entry.status for entry in scene.simulator.journal(environment="test", path="GrantAccess")]
    assert granted == [204] * FLOWS * USERS * sent
    assert scene.run()["changed"] is False


def test_a_lasting_loss_of_answers_is_told_and_a_rerun_completes(scene: Scene) -> None:
    scene.run(check_mode=True)
    before = len(scene.simulator.journal(environment="test", path="$batch"))
    scene.strike("$batch", nth=before + 1, kind="reset_before", count=99)
    result = scene.run()
    assert result["failed"]
    assert "is unknown" in result["msg"]
    scene.simulator.clear_faults()
    assert len(scene.run()["changes"]) == len(scene.held()) == FLOWS * USERS


def test_a_refused_removal_is_told_and_the_grants_of_the_same_batch_are_done(scene: Scene) -> None:
    stranger = scene.environment.store.first("systemuser", domainname="john.smith@contoso.example")["systemuserid"]
    give(scene.environment, [(flow, "systemuser", stranger, 1) for flow in scene.flows])
    exclusive = [{**entry, "exclusive": True} for entry in DECLARED]
    scene.strike("RevokeAccess", kind="error", status=403, nth=2)
    result = scene.run(shares=exclusive)
    assert result["failed"]
    flow = f"Many {scene.flows.index(sorted(scene.flows)[1])}"
    assert f"revoke for user john.smith@contoso.example on {flow}" in result["msg"]
    assert len(scene.held()) == FLOWS * USERS
    assert [one["action"] for one in scene.run(shares=exclusive)["changes"]] == ["revoke"]


def test_a_read_inside_a_batch_that_is_refused_for_a_moment_goes_out_again(scene: Scene) -> None:
    declared = [{**DECLARED[0], "principals": [*DECLARED[0]["principals"], {"team": "Finance Robotics"}]}]
    scene.run(shares=declared)
    scene.simulator.clear_journal()
    expected = scene.run(shares=declared)
    inner = [entry.path for entry in scene.simulator.journal(environment="test") if entry.batch]
    assert "teams" in inner, "users and teams are read by one batch"
    scene.strike("teams", kind="error", status=503)
    assert scene.run(shares=declared) == expected
