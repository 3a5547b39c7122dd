# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Upgrades after which single grants go wrong inside the batch that puts the shares back."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._sharing.ledger import ShareLedger
from ansible_collections.coe.power_platform.plugins.module_utils._transport.http import HttpSession
from ansible_collections.coe.power_platform.plugins.modules import solution_import
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.sharing_scenes import give, held, make_users
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.solution_scenes import put, release

FLOWS, USERS = 2, 5
SHARES = FLOWS * USERS


class Scene:
    """An environment with a solution whose flows are shared, and an upgrade of it."""

    def __init__(self, simulator: Any, run_module: Any, folder: pathlib.Path) -> None:
        self.simulator = simulator
        self.environment = simulator.environment("test")
        self.environment.settings.change({"upgrade_keeps_shares": False})  # nothing would have to be put back
        self._run_module = run_module
        put(simulator, "test", release(folder, "1.0.0.0"))
        flows = [row["workflowid"] for row in self.environment.store.find("workflow") if "Flow " in row["name"]]
        users = make_users(self.environment, USERS)
        give(self.environment, ((flow, "systemuser", user, 1) for flow in flows[-FLOWS:] for user in users))
        self.before = held(self.environment)
        self._package = release(folder, "1.1.0.0")

    def upgrade(self) -> dict[str, Any]:
        connection = self.simulator.connection("test")
        result: dict[str, Any] = self._run_module(
            solution_import, src=self._package, import_mode="upgrade", **connection
        )
        return result

    def strike(self, **fault: Any) -> None:
        self.simulator.add_fault({"operation": "GrantAccess", "environment": "test", **fault})

    def records(self) -> int:
        return int(self.environment.store.count("annotation"))


@pytest.fixture
def scene(simulator: Any, run_module: Any, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setattr(HttpSession, "pause", lambda self, seconds, reason: None)
    made = Scene(simulator, run_module, tmp_path)
    assert len(made.before) == SHARES
    return made


ONCE: list[dict[str, Any]] = [
    {"kind": "throttled", "seconds": 1},
    {"kind": "error", "status": 429},
    {"kind": "locked"},
    {"kind": "error", "status": 403, "code": "0x80040220"},
    {"kind": "error", "status": 500},
    {"kind": "error", "status": 502},
    {"kind": "error", "status": 503},
    {"kind": "error", "status": 504},
    {"kind": "error_after", "status": 500},
    {"kind": "error_after", "status": 503},
    {"kind": "slow", "seconds": 0.2},
]


def named(fault: dict[str, Any]) -> str:
    return "-".join(str(value) for value in fault.values())


@pytest.mark.parametrize("door", ["worker"], indirect=True)
@pytest.mark.parametrize("fault", ONCE, ids=named)
def test_all_shares_are_back_although_one_grant_failed_once(scene: Scene, fault: dict[str, Any]) -> None:
    scene.strike(nth=SHARES // 2, **fault)
    result = scene.upgrade()
    assert not result.get("failed"), result["msg"]
    assert len(result["shares"]["lost"]) == SHARES
    assert result["shares"]["restored"] == result["shares"]["lost"]
    assert result["shares"]["failed"] == []
    assert all(0 < gap < 5 for gap in result["permission_gap_seconds"].values())
    assert held(scene.environment) == scene.before
    assert scene.records() == 0


@pytest.mark.parametrize("door", ["worker"], indirect=True)
@pytest.mark.parametrize("status", [429, 503])
def test_all_shares_are_back_although_every_grant_failed_once(scene: Scene, status: int) -> None:
    scene.strike(kind="error", status=status, count=SHARES)
    result = scene.upgrade()
    assert not result.get("failed"), result["msg"]
    assert len(result["shares"]["restored"]) == SHARES
    assert held(scene.environment) == scene.before
    assert scene.records() == 0


LASTING = [{"kind": "error", "status": status} for status in (403, 429, 500, 503)]


@pytest.mark.parametrize("door", ["worker"], indirect=True)
@pytest.mark.parametrize("fault", LASTING, ids=named)
def test_grants_that_fail_for_long_are_told_and_the_next_run_completes_them(
    scene: Scene, fault: dict[str, Any]
) -> None:
    scene.strike(nth=SHARES - 1, count=999, **fault)
    result = scene.upgrade()
    assert result["failed"]
    assert "2 shares that the upgrade of SharedFlows removed could not be put back" in result["msg"]
    assert len(result["shares"]["restored"]) == SHARES - 2
    assert {one["principal_type"] for one in result["shares"]["failed"]} == {"user"}
    assert len(held(scene.environment)) == SHARES - 2
    assert scene.records() == 1
    scene.simulator.clear_faults()
    again = scene.upgrade()
    assert (again["operation"], len(again["shares"]["restored"])) == ("none", 2)
    assert held(scene.environment) == scene.before
    assert scene.records() == 0


AFTERWARDS = [
    # what is asked when the upgrade has ended, and which of these requests shall fail
    {"path": "principalobjectaccessset", "nth": 1},
    {"path": "GrantAccess", "count": SHARES},
    {"method": "DELETE", "path": "annotations"},
]


@pytest.mark.parametrize("door", ["worker"], indirect=True)
@pytest.mark.parametrize("names", AFTERWARDS, ids=lambda names: names["path"])
def test_a_failure_right_after_the_upgrade_is_told_as_a_warning_and_made_good(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, names: dict[str, Any]
) -> None:
    restore_all = ShareLedger.restore_all

    def restore_all_with_fault(ledger: ShareLedger) -> None:
        if not scene.simulator.environments.tenant.faults.listing() and ledger.expected:
            scene.simulator.add_fault({"kind": "error", "status": 500, "environment": "test", **names})
        restore_all(ledger)

    monkeypatch.setattr(ShareLedger, "restore_missing", lambda ledger: None)
    monkeypatch.setattr(ShareLedger, "restore_all", restore_all_with_fault)
    result = scene.upgrade()
    assert not result.get("failed"), result["msg"]
    assert result["operation"] == "upgrade"
    assert len(result["shares"]["restored"]) == SHARES
    warned = [text for text in result.get("warnings", []) if "Right after the upgrade of SharedFlows" in text]
    table_is_asked = scene.environment.settings.visible_shares != "own"
    fails = names["path"] == "annotations" or (names["path"] == "principalobjectaccessset" and table_is_asked)
    assert len(warned) == fails
    assert held(scene.environment) == scene.before
    assert scene.records() == 0


@pytest.mark.parametrize("door", ["worker"], indirect=True)
def test_a_failure_right_after_a_failed_upgrade_does_not_hide_why_it_failed(scene: Scene) -> None:
    scene.simulator.add_fault({"kind": "job_fails", "operation": "StageAndUpgradeAsync", "message": "It broke."})
    fault = {"kind": "error", "status": 500, "method": "DELETE", "path": "annotations"}
    scene.simulator.add_fault({**fault, "environment": "test"})
    result = scene.upgrade()
    assert result["failed"]
    assert "It broke" in result["msg"]
    assert held(scene.environment) == scene.before
    scene.simulator.clear_faults()
    assert not scene.upgrade().get("failed")
    assert scene.records() == 0


@pytest.mark.parametrize("door", ["worker"], indirect=True)
def test_what_is_back_leaves_the_record_although_the_rest_is_still_missing(scene: Scene) -> None:
    scene.strike(nth=SHARES, count=999, kind="error", status=403)
    assert len(scene.upgrade()["shares"]["restored"]) == SHARES - 1
    store = scene.environment.store
    revoked = store.find("principalobjectaccess", objecttypecode="workflow")[0]
    store.delete("principalobjectaccess", revoked["principalobjectaccessid"])
    for _again in range(2):
        assert scene.upgrade()["failed"]
        assert scene.records() == 1
    scene.simulator.clear_faults()
    assert len(scene.upgrade()["shares"]["restored"]) == 1
    assert len(held(scene.environment)) == SHARES - 1
    assert scene.records() == 0
