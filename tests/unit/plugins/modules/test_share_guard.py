# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shares across updates, upgrades and promotions, against the simulator, through both doors."""

from __future__ import annotations

import json
import pathlib
import time
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._errors import ApiError
from ansible_collections.coe.power_platform.plugins.module_utils._sharing import ledger as _share_ledger
from ansible_collections.coe.power_platform.plugins.module_utils._sharing import shares as _sharing
from ansible_collections.coe.power_platform.plugins.modules import (
    desktop_flow_share,
    desktop_flow_share_info,
    solution_import,
    solution_promote,
)
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.package_maker import (
    DesktopFlow,
    flow_id,
    package_files,
    write_package,
)
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.sharing_scenes import (
    give,
    make_users,
    taken,
    work,
)
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.sharing_scenes import (
    held as shares_in,
)
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.solution_scenes import NAME, put, release, writes

ROBOTS = {"team": "Finance Robotics", "permission": "user"}
JOHN = {"user": "john.smith@contoso.example", "permission": "co_owner"}
SHARING = {"GrantAccess", "ModifyAccess", "RevokeAccess"}


@pytest.fixture
def test(simulator: Any, tmp_path: pathlib.Path, run_module: Any) -> dict[str, Any]:
    """The connection to the environment test, where version 1.0.0.0 is installed and its flows are shared."""
    put(simulator, "test", release(tmp_path, "1.0.0.0"))
    connection: dict[str, Any] = simulator.connection("test")
    shares = [{"solution": NAME, "principals": [ROBOTS, JOHN]}]
    result = run_module(desktop_flow_share, shares=shares, **connection)
    assert len(result["changes"]) == 4, result
    simulator.clear_journal()
    return connection


def sharing(simulator: Any) -> list[str]:
    return [path for path in writes(simulator, "test") if path in SHARING]


def held(run_module: Any, connection: dict[str, Any]) -> list[dict[str, Any]]:
    shares: list[dict[str, Any]] = run_module(desktop_flow_share_info, **connection)["shares"]
    return shares


def notes(simulator: Any) -> int:
    return int(simulator.environment("test").store.count("annotation"))


def test_an_update_leaves_the_shares_alone(
    test: dict[str, Any], simulator: Any, run_module: Any, tmp_path: pathlib.Path
) -> None:
    before = held(run_module, test)
    result = run_module(solution_import, src=release(tmp_path, "1.1.0.0"), **test)
    assert result["operation"] == "update"
    assert len(result["shares"]["before"]) == 4
    assert result["shares"]["lost"] == []
    assert result["permission_gap_seconds"] == {"Flow 1": 0.0, "Flow 2": 0.0}
    assert sharing(simulator) == []
    assert held(run_module, test) == before


def test_an_upgrade_puts_the_shares_back_at_once(
    test: dict[str, Any], simulator: Any, run_module: Any, tmp_path: pathlib.Path
) -> None:
    simulator.environment("test").settings.change({"upgrade_keeps_shares": False})  # it is about what is taken
    before = held(run_module, test)
    options = {"src": release(tmp_path, "1.1.0.0"), "import_mode": "upgrade", **test}
    predicted = run_module(solution_import, check_mode=True, **options)
    assert writes(simulator, "test") == []
    result = run_module(solution_import, **options)
    assert result["operation"] == "upgrade"
    assert predicted["shares"] == result["shares"]
    assert len(result["shares"]["lost"]) == 4
    assert result["shares"]["lost"] == result["shares"]["restored"] == result["shares"]["before"]
    assert result["shares"]["failed"] == result["shares"]["deleted"] == []
    assert sharing(simulator) == ["GrantAccess"] * 4
    assert all(0 < gap < 2 for gap in result["permission_gap_seconds"].values())
    assert held(run_module, test) == before
    assert notes(simulator) == 0


@pytest.mark.parametrize("visible", ["by_rights", "own"])
def test_shares_that_the_table_hides_come_back_after_an_upgrade(
    test: dict[str, Any], simulator: Any, run_module: Any, tmp_path: pathlib.Path, visible: str
) -> None:
    simulator.environment("test").settings.change({"upgrade_keeps_shares": False})  # it is about what is taken
    before = held(run_module, test)
    simulator.environment("test").settings.change({"visible_shares": visible})
    options = {"src": release(tmp_path, "1.1.0.0"), "import_mode": "upgrade", **test}
    predicted = run_module(solution_import, check_mode=True, **options)
    result = run_module(solution_import, **options)
    assert predicted["shares"] == result["shares"]
    assert len(result["shares"]["restored"]) == 4
    assert any("flow by flow" in text for text in result["warnings"]) == (visible == "own")
    assert held(run_module, test) == before


@pytest.mark.parametrize("mode", ["upgrade", "stage_for_upgrade"])
def test_where_upgrades_keep_shares_none_is_written_and_no_record_stays(
    test: dict[str, Any], simulator: Any, run_module: Any, tmp_path: pathlib.Path, mode: str
) -> None:
    before = held(run_module, test)
    simulator.environment("test").settings.change({"upgrade_keeps_shares": True})
    result = run_module(solution_import, src=release(tmp_path, "1.1.0.0"), import_mode=mode, **test)
    if mode == "stage_for_upgrade":
        result = run_module(solution_promote, name=NAME, **test)
    assert result["changed"]
    assert result["shares"]["lost"] == result["shares"]["restored"] == []
    assert sharing(simulator) == []
    assert held(run_module, test) == before
    assert notes(simulator) == 0


def test_an_upgrade_that_the_solution_checker_blocks_leaves_the_shares_alone(
    test: dict[str, Any], simulator: Any, run_module: Any, tmp_path: pathlib.Path
) -> None:
    before = held(run_module, test)
    settings = simulator.environment("test").settings
    settings.change({"checker_blocks_imports": True})
    options = {"src": release(tmp_path, "1.1.0.0"), "import_mode": "upgrade", **test}
    refused = run_module(solution_import, **options)
    assert "solution checker" in refused["msg"]
    assert sharing(simulator) == []
    assert held(run_module, test) == before
    assert notes(simulator) == 0
    settings.change({"checker_blocks_imports": False})
    restored = run_module(solution_import, **options)["shares"]["restored"]
    assert len(restored) == taken(simulator.environment("test"), 4)
    assert held(run_module, test) == before


@pytest.mark.parametrize("visible", ["by_rights", "own"])
@pytest.mark.parametrize("by", ["declaration", "promotion", "import"])
def test_shares_that_the_table_hides_come_back_after_an_interruption(
    test: dict[str, Any], simulator: Any, run_module: Any, tmp_path: pathlib.Path, visible: str, by: str
) -> None:
    before = held(run_module, test)
    simulator.environment("test").settings.change({"visible_shares": visible, "job_seconds": 30.0})
    upgrade = {"src": release(tmp_path, "1.1.0.0"), "import_mode": "upgrade"}
    run_module(solution_import, wait=False, **upgrade, **test)
    simulator.advance(60)
    simulator.clear_journal()
    result = {
        "declaration": lambda: run_module(desktop_flow_share, shares=[{"solution": NAME, "principals": []}], **test),
        "promotion": lambda: run_module(solution_promote, name=NAME, **test),
        "import": lambda: run_module(solution_import, **upgrade, **test),
    }[by]()
    assert not result.get("failed"), result
    grants = taken(simulator.environment("test"), 4)
    assert sharing(simulator) == ["GrantAccess"] * grants  # none is taken for missing again since the table hides it
    assert held(run_module, test) == before
    assert notes(simulator) == 0


def test_the_shares_of_a_deleted_flow_are_reported(
    test: dict[str, Any], simulator: Any, run_module: Any, tmp_path: pathlib.Path
) -> None:
    package = release(tmp_path, "1.1.0.0", flows=(1,))
    result = run_module(solution_import, src=package, import_mode="upgrade", **test)
    assert {one["desktop_flow"] for one in result["shares"]["deleted"]} == {"Flow 2"}
    assert {one["desktop_flow"] for one in result["shares"]["lost"]} >= {"Flow 2"}
    assert {one["desktop_flow"] for one in result["shares"]["restored"]} <= {"Flow 1"}
    assert len(result["shares"]["lost"]) == 2 + taken(simulator.environment("test"), 2)
    assert len(result["shares"]["restored"]) == taken(simulator.environment("test"), 2)
    assert result["shares"]["failed"] == []
    assert list(result["permission_gap_seconds"]) == ["Flow 1"]
    assert notes(simulator) == 0


def test_a_promotion_puts_the_shares_back_and_staging_leaves_them(
    test: dict[str, Any], simulator: Any, run_module: Any, tmp_path: pathlib.Path
) -> None:
    before = held(run_module, test)
    package = release(tmp_path, "1.1.0.0")
    staged = run_module(solution_import, src=package, import_mode="stage_for_upgrade", **test)
    assert staged["operation"] == "stage"
    assert staged["shares"]["lost"] == []
    result = run_module(solution_promote, name=NAME, **test)
    assert len(result["shares"]["restored"]) == taken(simulator.environment("test"), 4)
    assert held(run_module, test) == before
    assert notes(simulator) == 0


@pytest.mark.parametrize("required", [True, False])
def test_no_upgrade_starts_without_the_record_unless_told_so(
    test: dict[str, Any], simulator: Any, run_module: Any, tmp_path: pathlib.Path, required: bool
) -> None:
    before = held(run_module, test)
    result = run_module(
        solution_import,
        src=release(tmp_path, "1.1.0.0"),
        import_mode="upgrade",
        share_record_path=str(tmp_path / "missing" / "record.json"),
        require_share_record=required,
        **test,
    )
    if required:
        assert result["failed"]
        assert "was not started" in result["msg"]
        assert "share_record_path" in result["msg"]
        assert "StageAndUpgradeAsync" not in writes(simulator, "test")
    else:
        assert any("could not be recorded" in warning for warning in result["warnings"])
        assert len(result["shares"]["restored"]) == taken(simulator.environment("test"), 4)
    assert held(run_module, test) == before


def test_a_file_may_keep_the_record(
    test: dict[str, Any], simulator: Any, run_module: Any, tmp_path: pathlib.Path
) -> None:
    path = tmp_path / "record.json"
    options = {"src": release(tmp_path, "1.1.0.0"), "import_mode": "upgrade", "share_record_path": str(path)}
    simulator.environment("test").settings.job_seconds = 3.0
    started = run_module(solution_import, **options, wait=False, **test)
    assert started["shares"]["lost"] == []
    assert path.stat().st_mode & 0o777 == 0o600
    simulator.advance(10)
    result = run_module(solution_import, **options, **test)
    assert result["operation"] == "none"
    assert len(result["shares"]["restored"]) == taken(simulator.environment("test"), 4)
    assert not path.exists()
    assert notes(simulator) == 0


@pytest.mark.parametrize("ended", [True, False])
def test_the_next_run_of_desktop_flow_share_completes_an_interrupted_upgrade(
    test: dict[str, Any], simulator: Any, run_module: Any, tmp_path: pathlib.Path, ended: bool
) -> None:
    before = held(run_module, test)
    simulator.environment("test").settings.job_seconds = 30.0
    package = release(tmp_path, "1.1.0.0")
    run_module(solution_import, src=package, import_mode="upgrade", wait=False, **test)
    assert notes(simulator) == 1
    if ended:
        simulator.advance(60)
    declared = [{"desktop_flow": "Flow 1", "principals": [ROBOTS]}]
    predicted = run_module(desktop_flow_share, shares=declared, check_mode=True, **test)
    result = run_module(desktop_flow_share, shares=declared, **test)
    if ended and simulator.environment("test").settings.visible_shares == "own":
        assert "flow by flow" in result["warnings"].pop()  # known only to who has written, as nobody has a share
    assert predicted == result
    assert result["interrupted_upgrade"]["solutions"] == [NAME]
    assert len(result["interrupted_upgrade"]["restored"]) == (taken(simulator.environment("test"), 4) if ended else 0)
    assert result["changes"] == []
    assert held(run_module, test) == before
    assert notes(simulator) == (0 if ended else 1)
    if not ended:
        simulator.advance(60)
        run_module(solution_promote, name=NAME, **test)
        assert held(run_module, test) == before
        assert notes(simulator) == 0


def test_a_deliberate_removal_is_not_undone_twice(
    test: dict[str, Any], simulator: Any, run_module: Any, tmp_path: pathlib.Path
) -> None:
    package = release(tmp_path, "1.1.0.0")
    run_module(solution_import, src=package, import_mode="upgrade", wait=False, **test)
    simulator.advance(60)
    run_module(desktop_flow_share, shares=[{"desktop_flow": "Flow 2", "principals": [ROBOTS]}], **test)
    removal = [{"desktop_flow": "Flow 1", "principals": [JOHN], "state": "absent"}]
    assert run_module(desktop_flow_share, shares=removal, **test)["changed"]
    after = held(run_module, test)
    for _again in range(2):
        result = run_module(solution_import, src=package, import_mode="upgrade", **test)
        assert result["shares"]["restored"] == []
        assert held(run_module, test) == after


def test_a_share_that_vanishes_while_the_upgrade_is_running_is_back_before_its_end(
    test: dict[str, Any], simulator: Any, run_module: Any, simulated_time: Any, tmp_path: pathlib.Path
) -> None:
    simulator.environment("test").settings.change({"upgrade_keeps_shares": False})  # it is about what is taken
    environment = simulator.environment("test")
    environment.settings.job_seconds = 4.0
    simulated_time.after(2.0, lambda: remove_all_shares(environment))
    result = run_module(solution_import, src=release(tmp_path, "1.1.0.0"), import_mode="upgrade", **test)
    entries = simulator.journal(environment="test")
    granted = [entry.seq for entry in entries if entry.path == "GrantAccess"]
    looks = [entry.seq for entry in entries if entry.path.startswith("importjobs")]
    assert len(granted) == 8, "four when they vanished, four after the upgrade took them"
    assert granted[3] < looks[-1]
    assert all(0 < gap < 4 for gap in result["permission_gap_seconds"].values())
    assert len(held(run_module, test)) == 2


def remove_all_shares(environment: Any) -> None:
    with environment.lock, environment.store.transaction():
        for row in environment.store.find("principalobjectaccess"):
            environment.store.delete("principalobjectaccess", row["principalobjectaccessid"])


@pytest.mark.parametrize("door", ["worker"], indirect=True)
@pytest.mark.parametrize(("flows", "principals"), [(1, 1), (5, 10), (40, 50)])
def test_however_many_shares_come_back(
    simulator: Any, run_module: Any, tmp_path: pathlib.Path, flows: int, principals: int
) -> None:
    environment, connection = simulator.environment("test"), simulator.connection("test")
    numbers = tuple(range(1, flows + 1))
    put(simulator, "test", release(tmp_path, "1.0.0.0", flows=numbers))
    users = make_users(environment, principals)
    ids = [row["workflowid"] for row in environment.store.find("workflow") if row["name"].startswith("Flow ")]
    give(environment, ((flow, "systemuser", user, 1) for flow in ids for user in users))
    before = shares_in(environment)
    assert len(before) == flows * principals
    package = release(tmp_path, "1.1.0.0", flows=numbers)
    result = run_module(solution_import, src=package, import_mode="upgrade", **connection)
    assert not result.get("failed"), result["msg"]
    assert len(result["shares"]["restored"]) == taken(environment, flows * principals)
    assert shares_in(environment) == before
    assert notes(simulator) == 0


def test_what_cannot_be_put_back_fails_the_task_and_is_tried_again(
    test: dict[str, Any], simulator: Any, run_module: Any, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulator.environment("test").settings.change({"upgrade_keeps_shares": False})  # it is about what is taken
    before = held(run_module, test)
    package = release(tmp_path, "1.1.0.0")
    refusal = ApiError("The service refused it.", status=403, code="0x80040220")
    with monkeypatch.context() as patch:
        patch.setattr(_sharing, "write_changes", lambda client, changes: dict.fromkeys(changes, refusal))
        patch.setattr(_share_ledger, "write_changes", lambda client, changes: dict.fromkeys(changes, refusal))
        result = run_module(solution_import, src=package, import_mode="upgrade", **test)
    assert result["failed"]
    assert "4 shares that the upgrade of SharedFlows removed could not be put back" in result["msg"]
    assert "The service refused it." in result["msg"]
    assert len(result["shares"]["failed"]) == 4
    assert result["operation"] == "upgrade"
    assert notes(simulator) == 1
    again = run_module(solution_import, src=package, import_mode="upgrade", **test)
    assert (again["operation"], len(again["shares"]["restored"])) == ("none", 4)
    assert held(run_module, test) == before
    assert notes(simulator) == 0


def test_a_failed_upgrade_leaves_shares_and_no_record(
    test: dict[str, Any], simulator: Any, run_module: Any, tmp_path: pathlib.Path
) -> None:
    before = held(run_module, test)
    simulator.add_fault({"kind": "job_fails", "operation": "StageAndUpgradeAsync", "message": "It broke."})
    result = run_module(solution_import, src=release(tmp_path, "1.1.0.0"), import_mode="upgrade", **test)
    assert result["failed"]
    assert result["shares"]["lost"] == []
    assert held(run_module, test) == before
    assert notes(simulator) == 0


def test_an_upgrade_that_is_refused_leaves_no_record(
    test: dict[str, Any], simulator: Any, run_module: Any, tmp_path: pathlib.Path
) -> None:
    simulator.add_fault({"kind": "error", "status": 400, "operation": "StageAndUpgradeAsync"})
    result = run_module(solution_import, src=release(tmp_path, "1.1.0.0"), import_mode="upgrade", **test)
    assert result["failed"]
    assert notes(simulator) == 0


def test_without_protection_the_shares_are_gone(
    test: dict[str, Any], simulator: Any, run_module: Any, tmp_path: pathlib.Path
) -> None:
    package = release(tmp_path, "1.1.0.0")
    result = run_module(solution_import, src=package, import_mode="upgrade", protect_shares=False, **test)
    assert "shares" not in result
    assert len(shares_in(simulator.environment("test"))) == 4 - taken(simulator.environment("test"), 4)


@pytest.mark.usefixtures("real_time")
def test_two_upgrades_and_a_sharing_run_at_the_same_time_end_well(
    test: dict[str, Any], simulator: Any, tmp_path: pathlib.Path
) -> None:
    environment = simulator.environment("test")
    environment.settings.job_seconds = 3.0
    before = shares_in(environment)
    upgrade = {"src": release(tmp_path, "1.1.0.0"), "import_mode": "upgrade"}
    sharing_run = {"shares": [{"solution": NAME, "principals": [ROBOTS, JOHN]}]}
    runs = [(0.0, solution_import, upgrade), (1.0, solution_import, upgrade), (1.5, desktop_flow_share, sharing_run)]

    def start(later: tuple[float, ModuleType, dict[str, Any]]) -> dict[str, Any]:
        seconds, module, params = later
        time.sleep(seconds)
        return work(module, {**params, **test})

    with ThreadPoolExecutor(len(runs)) as pool:
        results = list(pool.map(start, runs))
    assert [result.get("msg") for result in results] == [None] * 3
    assert [result["joined"] for result in results[:2]] == [False, True]
    assert shares_in(environment) == before
    assert notes(simulator) == 0
    assert writes(simulator, "test").count("StageAndUpgradeAsync") == 1


def test_the_shares_of_flows_that_only_the_staged_version_holds_are_protected_too(
    test: dict[str, Any], simulator: Any, run_module: Any, tmp_path: pathlib.Path
) -> None:
    simulator.environment("test").settings.change({"upgrade_keeps_shares": False})  # it is about what is taken
    package = release(tmp_path, "1.1.0.0", flows=(1, 2, 3))
    run_module(solution_import, src=package, import_mode="stage_for_upgrade", **test)
    run_module(desktop_flow_share, shares=[{"desktop_flow": flow_id(3), "principals": [ROBOTS]}], **test)
    before = shares_in(simulator.environment("test"))
    assert len(before) == 5
    predicted = run_module(solution_promote, check_mode=True, name=NAME, **test)
    result = run_module(solution_promote, name=NAME, **test)
    assert len(result["shares"]["restored"]) == 5
    assert predicted["shares"] == result["shares"]
    assert shares_in(simulator.environment("test")) == before


def test_the_shares_of_a_flow_that_moves_in_from_another_solution_are_protected_too(
    test: dict[str, Any], simulator: Any, run_module: Any, tmp_path: pathlib.Path
) -> None:
    simulator.environment("test").settings.change({"upgrade_keeps_shares": False})  # it is about what is taken
    other = package_files([DesktopFlow(flow_id(3), "Flow 3")], version="1.0.0.0", managed=True, unique_name="Other")
    put(simulator, "test", write_package(tmp_path / "other.zip", other))
    run_module(desktop_flow_share, shares=[{"desktop_flow": flow_id(3), "principals": [ROBOTS]}], **test)
    before = shares_in(simulator.environment("test"))
    options = {"src": release(tmp_path, "1.1.0.0", flows=(1, 2, 3)), "import_mode": "upgrade", **test}
    predicted = run_module(solution_import, check_mode=True, **options)
    result = run_module(solution_import, **options)
    assert len(result["shares"]["restored"]) == 5
    assert predicted["shares"] == result["shares"]
    assert shares_in(simulator.environment("test")) == before


@pytest.mark.parametrize("repaired", [True, False])
def test_an_old_record_does_not_raise_a_permission_that_was_lowered_since(
    test: dict[str, Any], simulator: Any, run_module: Any, simulated_time: Any, tmp_path: pathlib.Path, repaired: bool
) -> None:
    environment = simulator.environment("test")
    environment.settings.job_seconds = 30.0
    run_module(solution_import, src=release(tmp_path, "1.1.0.0"), import_mode="upgrade", wait=False, **test)
    john = environment.store.first("systemuser", domainname="john.smith@contoso.example")["systemuserid"]
    if repaired:
        simulator.advance(60)
        give(environment, [(flow_id(number), "systemuser", john, 1) for number in (1, 2)])
    else:
        for number in (1, 2):
            row = environment.store.first("principalobjectaccess", objectid=flow_id(number), principalid=john)
            environment.store.update("principalobjectaccess", row["principalobjectaccessid"], {"accessrightsmask": 1})
    environment.settings.job_seconds = 0.0 if repaired else 30.0
    if not repaired:  # a second run joins the upgrade and sees the lower permission
        simulated_time.after(2.0, lambda: simulator.advance(60))
    version = "1.2.0.0" if repaired else "1.1.0.0"
    result = run_module(solution_import, src=release(tmp_path, version), import_mode="upgrade", **test)
    assert not result.get("failed"), result["msg"]
    masks = {mask for (_flow, principal), mask in shares_in(environment).items() if principal == john}
    assert masks == {1}
    assert len(shares_in(environment)) == 4
    assert notes(simulator) == 0


def test_what_somebody_revokes_during_an_update_stays_revoked(
    test: dict[str, Any], simulator: Any, run_module: Any, simulated_time: Any, tmp_path: pathlib.Path
) -> None:
    environment = simulator.environment("test")
    environment.settings.job_seconds = 4.0
    simulated_time.after(2.0, lambda: remove_all_shares(environment))
    result = run_module(solution_import, src=release(tmp_path, "1.1.0.0"), **test)
    assert result["operation"] == "update"
    assert (len(result["shares"]["before"]), len(result["shares"]["lost"])) == (4, 4)
    assert result["shares"]["restored"] == result["shares"]["failed"] == []
    assert any("stay removed" in warning for warning in result["warnings"])
    assert sharing(simulator) == []
    assert shares_in(environment) == {}


@pytest.mark.parametrize("forged", ["created", "changed"])
def test_a_note_that_another_user_wrote_or_changed_grants_nothing(
    test: dict[str, Any], simulator: Any, run_module: Any, forged: str
) -> None:
    environment = simulator.environment("test")
    own = environment.store.first("systemuser", applicationid=test["client_id"])["systemuserid"]
    jane = environment.store.first("systemuser", domainname="jane.doe@contoso.example")["systemuserid"]
    attacker = make_users(environment, 1)[0]
    record = {"solution": NAME, "recorded_at": 1.0, "flows": {flow_id(1): {"name": "", "systemuser": {attacker: 1}}}}
    writers = {"createdby": jane if forged == "created" else own, "modifiedby": jane}
    subject = f"coe.power_platform shares of {NAME}"
    note = {"subject": subject, "notetext": json.dumps(record), **writers}
    note_id = environment.store.insert("annotation", note)["annotationid"]
    before = shares_in(environment)
    declared = [{"desktop_flow": "Flow 2", "principals": [ROBOTS]}]
    result = run_module(desktop_flow_share, shares=declared, **test)
    promoted = run_module(solution_promote, name=NAME, **test)
    assert result["interrupted_upgrade"] is None
    assert shares_in(environment) == before
    assert notes(simulator) == 1
    for done in (result, promoted):
        assert not done["changed"]
        assert sum(note_id in warning for warning in done["warnings"]) == 1


@pytest.mark.parametrize("text", ["", None, "no json", "[]", "{}", '{"flows": []}', '{"flows": {"x": {"name": ""}}}'])
def test_a_malformed_note_is_named_with_the_remedy(
    test: dict[str, Any], simulator: Any, run_module: Any, text: str | None
) -> None:
    environment = simulator.environment("test")
    own = environment.store.first("systemuser", applicationid=test["client_id"])["systemuserid"]
    note = {"subject": f"coe.power_platform shares of {NAME}", "notetext": text, "createdby": own, "modifiedby": own}
    note_id = environment.store.insert("annotation", note)["annotationid"]
    result = run_module(desktop_flow_share, shares=[{"desktop_flow": "Flow 2", "principals": [ROBOTS]}], **test)
    assert result["failed"]
    assert f"The note {note_id} is no readable record of shares" in result["msg"]
    assert "delete the note" in result["msg"]


@pytest.mark.parametrize("module", [solution_import, solution_promote])
def test_completing_an_interrupted_upgrade_is_a_change_and_check_mode_predicts_it(
    test: dict[str, Any], simulator: Any, run_module: Any, tmp_path: pathlib.Path, module: ModuleType
) -> None:
    simulator.environment("test").settings.change({"upgrade_keeps_shares": False})  # it is about what is taken
    environment = simulator.environment("test")
    before = shares_in(environment)
    environment.settings.job_seconds = 30.0
    package = release(tmp_path, "1.1.0.0")
    run_module(solution_import, src=package, import_mode="upgrade", wait=False, **test)
    simulator.advance(60)
    options = {"name": NAME} if module is solution_promote else {"src": package, "import_mode": "upgrade"}
    simulator.clear_journal()
    predicted = run_module(module, check_mode=True, **options, **test)
    assert writes(simulator, "test") == []
    result = run_module(module, **options, **test)
    assert (predicted["changed"], result["changed"]) == (True, True)
    assert result["operation"] == "none"
    assert predicted["shares"] == result["shares"]
    assert len(result["shares"]["restored"]) == 4
    assert shares_in(environment) == before
    assert not run_module(module, **options, **test)["changed"]


@pytest.mark.parametrize(
    ("entry", "restored", "actions", "left"),
    [
        ({"solution": NAME, "principals": []}, 4, [], 4),
        ({"solution": NAME, "exclusive": True, "principals": [ROBOTS]}, 2, [], 2),
        ({"solution": NAME, "state": "absent", "principals": [{"user": JOHN["user"]}]}, 2, [], 2),
        ({"desktop_flow": "Flow 1", "principals": [{**JOHN, "permission": "user"}]}, 3, ["grant"], 4),
    ],
)
def test_what_the_declaration_forbids_is_not_given_back_first(
    test: dict[str, Any],
    simulator: Any,
    run_module: Any,
    tmp_path: pathlib.Path,
    entry: dict[str, Any],
    restored: int,
    actions: list[str],
    left: int,
) -> None:
    environment = simulator.environment("test")
    environment.settings.job_seconds = 30.0
    run_module(solution_import, src=release(tmp_path, "1.1.0.0"), import_mode="upgrade", wait=False, **test)
    simulator.advance(60)
    simulator.clear_journal()
    predicted = run_module(desktop_flow_share, check_mode=True, shares=[entry], **test)
    result = run_module(desktop_flow_share, shares=[entry], **test)
    if environment.settings.visible_shares == "own":
        assert "flow by flow" in result["warnings"].pop()  # known only to who has written, as nobody has a share
    assert predicted == result
    assert len(result["interrupted_upgrade"]["restored"]) == taken(environment, restored)
    if taken(environment, left):
        assert [change["action"] for change in result["changes"]] == actions
        assert sharing(simulator) == ["GrantAccess"] * left
    assert len(shares_in(environment)) == left
    assert notes(simulator) == 0
    assert not run_module(desktop_flow_share, shares=[entry], **test)["changed"]


def test_what_is_revoked_while_an_upgrade_is_running_leaves_its_record(
    test: dict[str, Any], simulator: Any, run_module: Any, tmp_path: pathlib.Path
) -> None:
    environment = simulator.environment("test")
    environment.settings.job_seconds = 30.0
    package = release(tmp_path, "1.1.0.0")
    run_module(solution_import, src=package, import_mode="upgrade", wait=False, **test)
    removal = [{"solution": NAME, "state": "absent", "principals": [{"user": JOHN["user"]}]}]
    assert len(run_module(desktop_flow_share, shares=removal, **test)["changes"]) == 2
    after = shares_in(environment)
    assert (len(after), notes(simulator)) == (2, 1)
    simulator.advance(60)
    result = run_module(solution_import, src=package, import_mode="upgrade", **test)
    assert len(result["shares"]["restored"]) == taken(environment, 2)
    assert shares_in(environment) == after
    assert notes(simulator) == 0
