# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operations whose start is on its way when their run ends: what is on record stays until they cannot come any more."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._sharing.interruption import LONGEST_START
from ansible_collections.coe.power_platform.plugins.module_utils._solutions import import_orders
from ansible_collections.coe.power_platform.plugins.module_utils._solutions.turns import Turns
from ansible_collections.coe.power_platform.plugins.modules import (
    desktop_flow_share,
    solution,
    solution_import,
    solution_promote,
)
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.sharing_scenes import (
    held,
    make_users,
    other_warnings,
    run,
    taken,
)
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.solution_scenes import (
    NAME,
    accepted,
    put,
    release,
)

PRINCIPALS = [
    {"team": "Finance Robotics", "permission": "user"},
    {"user": "john.smith@contoso.example", "permission": "co_owner"},
]
NOBODY: list[dict[str, Any]] = [{"desktop_flow": "Flow 1", "principals": []}]
HELD = 90.0
JOB_SECONDS = 20.0


@pytest.fixture
def environment(simulator: Any, tmp_path: pathlib.Path) -> Any:
    """The environment test, where version 1.0.0.0 is installed and its flows are shared."""
    environment = simulator.environment("test")
    environment.settings.job_seconds = JOB_SECONDS
    put(simulator, "test", release(tmp_path, "1.0.0.0"))
    run(simulator.connection("test"), [{"solution": NAME, "principals": PRINCIPALS}])
    assert len(held(environment)) == 4
    simulator.clear_journal()
    return environment


def hold(simulator: Any, action: str, seconds: float = HELD) -> None:
    """Let the environment act on the next call of an action only after some time; the client hears nothing."""
    simulator.add_fault({"kind": "hold", "operation": action, "environment": "test", "seconds": seconds})


def notes(environment: Any) -> int:
    return int(environment.store.count("annotation"))


@pytest.mark.parametrize(
    ("module", "action"), [(solution_import, "StageAndUpgradeAsync"), (solution_promote, "DeleteAndPromoteAsync")]
)
def test_what_is_on_record_stays_while_the_operation_may_still_begin(
    environment: Any, simulator: Any, run_module: Any, tmp_path: pathlib.Path, module: Any, action: str
) -> None:
    before, connection = held(environment), simulator.connection("test")
    package = release(tmp_path, "1.1.0.0")
    options: dict[str, Any] = {"src": package, "import_mode": "upgrade"}
    if module is solution_promote:
        put(simulator, "test", package, staged=True)
        options = {"name": NAME}
    hold(simulator, action)
    assert "is unknown" in run_module(module, **options, **connection)["msg"]
    early = run_module(desktop_flow_share, shares=NOBODY, **connection)
    assert any("stay on record" in warning for warning in early["warnings"])
    assert notes(environment) == 1
    simulator.advance(HELD)
    simulator.advance(JOB_SECONDS + 1)
    assert len(held(environment)) == 4 - taken(environment, 4)
    late = run_module(desktop_flow_share, shares=NOBODY, **connection)
    assert len(late["interrupted_upgrade"]["restored"]) == taken(environment, 4)
    assert other_warnings(environment, late) == []
    assert held(environment) == before
    assert notes(environment) == 0


def test_a_record_is_given_up_when_its_operation_cannot_come_any_more(
    environment: Any, simulator: Any, run_module: Any, tmp_path: pathlib.Path
) -> None:
    connection = simulator.connection("test")
    hold(simulator, "StageAndUpgradeAsync", 2 * LONGEST_START)
    run_module(solution_import, src=release(tmp_path, "1.1.0.0"), import_mode="upgrade", **connection)
    for passed in (0.0, LONGEST_START - 120):
        simulator.advance(passed)
        assert run_module(desktop_flow_share, shares=NOBODY, **connection)["warnings"]
        assert notes(environment) == 1
    simulator.advance(120)
    assert other_warnings(environment, run_module(desktop_flow_share, shares=NOBODY, **connection)) == []
    assert notes(environment) == 0


@pytest.mark.parametrize(
    ("mode", "action"),
    [
        ("update", "ImportSolutionAsync"),
        ("upgrade", "StageAndUpgradeAsync"),
        ("stage_for_upgrade", "ImportSolutionAsync"),
    ],
)
def test_an_import_that_is_on_its_way_is_waited_for_and_not_started_again(
    environment: Any, simulator: Any, run_module: Any, tmp_path: pathlib.Path, mode: str, action: str
) -> None:
    before, connection = held(environment), simulator.connection("test")
    options = {"src": release(tmp_path, "1.1.0.0"), "import_mode": mode, **connection}
    hold(simulator, action)
    first = run_module(solution_import, **options)
    assert first["failed"]
    second = run_module(solution_import, **options)
    assert not second.get("failed"), second
    assert accepted(simulator, "test", action) == 1
    assert held(environment) == before
    run_module(solution_import, **options)
    assert notes(environment) == 0


def test_a_note_of_an_import_is_gone_with_its_start(
    environment: Any, simulator: Any, run_module: Any, tmp_path: pathlib.Path
) -> None:
    result = run_module(solution_import, src=release(tmp_path, "1.1.0.0"), wait=False, **simulator.connection("test"))
    assert result["operation"] == "update"
    assert notes(environment) == 0


def masks_after(environment: Any, changes: dict[tuple[str, str], int]) -> None:
    """Give shares (flow and user) by hand, or take them away (mask 0)."""
    from dataverse_simulator.sharing.shares import set_mask

    with environment.lock, environment.store.transaction():
        for (flow, principal), mask in changes.items():
            row = environment.store.first("principalobjectaccess", objectid=flow, principalid=principal)
            table = row["principaltypecode"] if row else "systemuser"
            set_mask(environment.store, "workflow", flow, (table, principal), mask)


@pytest.fixture
def upgrade(environment: Any, simulator: Any, run_module: Any, tmp_path: pathlib.Path) -> dict[str, Any]:
    """The options of an upgrade that takes 20 s."""
    return {"src": release(tmp_path, "1.1.0.0"), "import_mode": "upgrade", **simulator.connection("test")}


@pytest.mark.parametrize("mode", ["update", "upgrade", "stage_for_upgrade"])
def test_a_start_that_is_refused_and_needless_afterwards_leaves_no_note(
    environment: Any,
    simulator: Any,
    run_module: Any,
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
    mode: str,
) -> None:
    package, before = release(tmp_path, "1.1.0.0"), held(environment)

    def overtaken(turns: Turns, label: str, *blockers: Any) -> None:
        put(simulator, "test", package, staged=mode == "stage_for_upgrade")

    monkeypatch.setattr(Turns, "wait_for", overtaken)
    action = "StageAndUpgradeAsync" if mode == "upgrade" else "ImportSolutionAsync"
    simulator.add_fault({"kind": "locked", "operation": action, "environment": "test"})
    connection = simulator.connection("test")
    result = run_module(solution_import, src=package, import_mode=mode, on_contract_break="ignore", **connection)
    assert (result["operation"], notes(environment)) == ("none", 0)
    assert held(environment) == before


def test_a_share_that_is_given_while_an_upgrade_runs_survives_it(
    environment: Any, simulator: Any, simulated_time: Any, run_module: Any, upgrade: dict[str, Any]
) -> None:
    before, (user,) = held(environment), make_users(environment, 1)
    flow = next(iter(before))[0]
    simulated_time.after(5, lambda: masks_after(environment, {(flow, user): 1}))
    result = run_module(solution_import, **upgrade)
    assert held(environment) == {**before, (flow, user): 1}
    assert len(result["shares"]["restored"]) == taken(environment, 5)
    assert notes(environment) == 0


def test_a_share_that_is_given_while_an_upgrade_runs_is_on_record(
    environment: Any, simulator: Any, simulated_time: Any, run_module: Any, upgrade: dict[str, Any]
) -> None:
    before, (user,) = held(environment), make_users(environment, 1)
    flow = next(iter(before))[0]
    simulated_time.after(5, lambda: masks_after(environment, {(flow, user): 1}))
    assert "still running" in run_module(solution_import, **upgrade, wait_timeout=10)["msg"]
    simulator.advance(JOB_SECONDS)
    assert len(held(environment)) == 5 - taken(environment, 5)
    run_module(desktop_flow_share, shares=NOBODY, **simulator.connection("test"))
    assert held(environment) == {**before, (flow, user): 1}
    assert notes(environment) == 0


def test_a_share_that_an_enforcement_gives_while_nobody_watches_an_upgrade_survives_it(
    environment: Any, simulator: Any, run_module: Any, upgrade: dict[str, Any]
) -> None:
    connection = simulator.connection("test")
    make_users(environment, 1)
    run_module(solution_import, **upgrade, wait=False)
    declared = [{"desktop_flow": "Flow 1", "principals": [{"user": "many0@contoso.example", "permission": "user"}]}]
    run_module(desktop_flow_share, shares=declared, **connection)
    after = held(environment)
    assert len(after) == 5
    simulator.advance(JOB_SECONDS + 1)
    assert len(held(environment)) == len(after) - taken(environment, len(after))
    run_module(desktop_flow_share, shares=NOBODY, **connection)
    assert held(environment) == after


def test_what_an_enforcement_takes_away_while_nobody_watches_an_upgrade_stays_away(
    environment: Any, simulator: Any, run_module: Any, upgrade: dict[str, Any]
) -> None:
    connection = simulator.connection("test")
    run_module(solution_import, **upgrade, wait=False)
    principals = [{"team": "Finance Robotics"}, {"user": "john.smith@contoso.example"}]
    nobody = [{"desktop_flow": "Flow 1", "state": "absent", "principals": principals}]
    assert len(run_module(desktop_flow_share, shares=nobody, **connection)["changes"]) == 2
    after = held(environment)
    assert len(after) == 2
    simulator.advance(JOB_SECONDS + 1)
    assert len(held(environment)) == len(after) - taken(environment, len(after))
    run_module(desktop_flow_share, shares=NOBODY, **connection)
    assert held(environment) == after
    assert notes(environment) == 0


def test_a_share_that_somebody_takes_away_before_the_upgrade_does_stays_away(
    environment: Any, simulator: Any, simulated_time: Any, run_module: Any, upgrade: dict[str, Any]
) -> None:
    # Without rows of the table nothing tells a share that stayed from one that was given anew: it would be put back.
    environment.settings.change({"visible_shares": "all"})
    before = held(environment)
    revoked = next(iter(before))
    simulated_time.after(5, lambda: masks_after(environment, {revoked: 0}))
    result = run_module(solution_import, **upgrade)
    assert held(environment) == {place: mask for place, mask in before.items() if place != revoked}
    assert len(result["shares"]["lost"]) == 1 + taken(environment, 3)
    assert len(result["shares"]["restored"]) == taken(environment, 3)
    assert any("1 shares" in warning and "stay removed" in warning for warning in result["warnings"])
    assert notes(environment) == 0


def test_what_cannot_be_told_apart_is_put_back(
    environment: Any, simulator: Any, simulated_time: Any, run_module: Any, upgrade: dict[str, Any]
) -> None:
    environment.settings.change({"upgrade_keeps_shares": False})  # what stays can be told apart
    before = held(environment)

    def shortly_before_the_upgrade_drops_the_rest() -> None:
        ends_at = max(job["endsat"] for job in environment.store.find("_job"))
        left = ends_at - simulated_time.time() - 0.3
        simulated_time.after(left, lambda: masks_after(environment, {next(iter(before)): 0}))

    simulated_time.after(5, shortly_before_the_upgrade_drops_the_rest)
    flow = next(reversed(before))[0]
    simulated_time.after(5, lambda: masks_after(environment, {it: 0 for it in before if it[0] == flow}))
    result = run_module(solution_import, **upgrade)
    assert held(environment) == before
    assert len(result["shares"]["restored"]) == 4


@pytest.fixture
def interrupted(environment: Any, simulator: Any, run_module: Any, upgrade: dict[str, Any]) -> dict[str, Any]:
    """The shares that an upgrade without anybody watching took away, what it left, and the connection."""
    before = held(environment)
    run_module(solution_import, **upgrade, wait=False)
    simulator.advance(JOB_SECONDS + 1)
    left = held(environment)
    assert len(left) == 4 - taken(environment, 4)
    return {"before": before, "left": left, "connection": simulator.connection("test")}


@pytest.mark.parametrize(
    ("module", "options"),
    [
        (
            desktop_flow_share,
            {"shares": [{"desktop_flow": "No such flow", "principals": [{"user": "nobody@x.example"}]}]},
        ),
        (desktop_flow_share, {"shares": [{"desktop_flow": "Flow 1", "principals": [{"user": "nobody@x.example"}]}]}),
        (desktop_flow_share, {"shares": []}),
        (desktop_flow_share, {"shares": [], "user_access": ["write"]}),
        (solution_promote, {"name": "NoSuchSolution"}),
        (solution_promote, {"name": NAME, "version": "9.9"}),
        (solution_promote, {"name": NAME, "version": "nine"}),
        (solution_import, {"version": "1.2.0.0", "connection_references": {"con_unknown": "x"}}),
        (solution_import, {"version": "1.2.0.0", "deployment_settings": "/no/such/file"}),
        (solution_import, {"version": "1.0.0.0"}),
        (solution_import, {"version": "1.0.0.0", "import_mode": "upgrade"}),
        (solution_import, {"version": "1.2.0.0", "managed": False}),
    ],
)
def test_what_was_taken_comes_back_whatever_is_in_the_way_of_the_task(
    environment: Any,
    interrupted: dict[str, Any],
    run_module: Any,
    tmp_path: pathlib.Path,
    module: Any,
    options: dict[str, Any],
) -> None:
    if "version" in options and module is solution_import:
        package = release(tmp_path, options["version"], managed=options.get("managed", True))
        options = {"src": package, **{key: it for key, it in options.items() if key not in ("version", "managed")}}
    predicted = run_module(module, check_mode=True, **options, **interrupted["connection"])
    assert held(environment) == interrupted["left"]
    result = run_module(module, **options, **interrupted["connection"])
    assert predicted.get("failed") == result.get("failed") == (None if options == {"shares": []} else True), result
    assert held(environment) == interrupted["before"]
    assert notes(environment) == 0


def test_a_declaration_with_a_mistake_gives_nothing_back_that_it_takes_away(
    environment: Any, interrupted: dict[str, Any], run_module: Any
) -> None:
    away = {"desktop_flow": "Flow 1", "state": "absent", "principals": [{"team": "Finance Robotics"}]}
    wrong = {"desktop_flow": "No such flow", "principals": []}
    result = run_module(desktop_flow_share, shares=[away, wrong], **interrupted["connection"])
    assert result["failed"]
    assert len(result["interrupted_upgrade"]["restored"]) == taken(environment, 3)
    assert len(held(environment)) == 4 - taken(environment, 1)


def test_shares_of_a_solution_that_was_removed_meanwhile_are_told_and_stop_no_installation(
    environment: Any, interrupted: dict[str, Any], simulator: Any, run_module: Any, tmp_path: pathlib.Path
) -> None:
    removed = run_module(solution, name=NAME, state="absent", **interrupted["connection"])
    assert removed["changed"]
    options = {"src": release(tmp_path, "1.1.0.0"), "import_mode": "upgrade", **interrupted["connection"]}
    result = run_module(solution_import, **options)
    assert not result.get("failed"), result
    assert result["operation"] == "install"
    assert len(result["shares"]["deleted"]) == 4
    assert result["shares"]["failed"] == result["shares"]["restored"] == []
    assert notes(environment) == 0
    assert not run_module(solution_import, **options)["changed"]


@pytest.mark.parametrize("other", ["1.1.0.0", "1.2.0.0"])
def test_an_import_that_another_controller_overtakes_is_decided_anew(
    environment: Any, simulator: Any, run_module: Any, tmp_path: pathlib.Path, monkeypatch: Any, other: str
) -> None:
    upload = import_orders.upload

    def overtaken(*arguments: Any) -> Any:
        if not simulator.environment("test").store.first("solution", uniquename=f"{NAME}_Upgrade"):
            put(simulator, "test", release(tmp_path, other), staged=True)
        return upload(*arguments)

    monkeypatch.setattr(import_orders, "upload", overtaken)
    options = {"src": release(tmp_path, "1.1.0.0"), "import_mode": "stage_for_upgrade", **simulator.connection("test")}
    result = run_module(solution_import, **options)
    assert accepted(simulator, "test", "ImportSolutionAsync") == 0
    if other == "1.1.0.0":
        assert result["operation"] == "none", result
    else:
        assert "1.2.0.0 is staged for upgrade and blocks every import" in result["msg"]
