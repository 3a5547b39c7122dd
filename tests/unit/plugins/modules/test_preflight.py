# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking at an environment before anything is deployed, against the simulator."""

from __future__ import annotations

import contextlib
import json
import re
from typing import Any
from unittest import mock

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.coe.power_platform.plugins.module_utils._preflight import share_probe
from ansible_collections.coe.power_platform.plugins.module_utils._preflight.checks import Check
from ansible_collections.coe.power_platform.plugins.module_utils._preflight.least_role import LEAST_ROLE
from ansible_collections.coe.power_platform.plugins.module_utils._preflight.probe import probe
from ansible_collections.coe.power_platform.plugins.module_utils._preflight.survey import QUESTIONS
from ansible_collections.coe.power_platform.plugins.module_utils._preflight.tenant import Tenant
from ansible_collections.coe.power_platform.plugins.module_utils._work import Work
from ansible_collections.coe.power_platform.plugins.modules import (
    desktop_flow_share,
    desktop_flow_share_info,
    preflight,
    solution_export,
    solution_import,
)
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.sharing_scenes import give, held, work

ENTRANCE = ["connection", "sign_in", "application_user"]
PRIVILEGES = [f"{operation}_privileges" for operation in LEAST_ROLE]
ASKED = [question.__name__ for question in QUESTIONS]
PROBES = ["note_probe", "revoke_probe", "modify_probe", "grant_probe", "probe_undone"]
FLOW = "Write Log"
GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}", re.IGNORECASE)


@pytest.fixture
def shared(simulator: Any) -> Any:
    """The environment dev, where one flow is shared with a team."""
    environment = simulator.environment("dev")
    team = environment.store.first("team", name="Finance Robotics")
    give(environment, [(flow_id(environment), "team", team["teamid"], 1)])
    return environment


def flow_id(environment: Any, name: str = FLOW) -> str:
    return str(environment.store.first("workflow", name=name)["workflowid"])


def own_team(environment: Any) -> str:
    """The id of the team that the application's business unit has."""
    return str(environment.store.first("team", isdefault=True)["teamid"])


@pytest.fixture(autouse=True)
def complete_shares(simulator: Any) -> None:
    """Let the table of shares show all: two checks tell of one that does not, and who tests them turns the switch."""
    for settings in (simulator.environment(name).settings for name in ("dev", "test")):
        if settings.visible_shares == "own":
            settings.change({"visible_shares": "all"})


def outcomes(result: dict[str, Any]) -> dict[str, str]:
    assert not result.get("failed"), result["msg"]
    return {check["name"]: check["outcome"] for check in result["checks"]}


def found(result: dict[str, Any], name: str) -> dict[str, Any]:
    return next(check for check in result["checks"] if check["name"] == name)


def state(environment: Any) -> dict[str, list[Any]]:
    """All notes and all rows of shares, those of binaries too."""
    return {
        table: sorted(map(repr, environment.store.find(table))) for table in ("annotation", "principalobjectaccess")
    }


@pytest.mark.parametrize(
    ("application", "failed", "unknown"),
    [
        ("deployment", [], ["operation_names"]),
        ("reader", [name for name in PRIVILEGES if name != "audit_privileges"], ["operation_names"]),
        (
            "maker",
            PRIVILEGES,
            ["drafts", "caller_search", "complete_shares", "share_records", "operation_names", "running_operations"],
        ),
        (
            "roleless",
            ["security_roles", *PRIVILEGES],
            [name for name in ASKED if name not in ("certificate", "clock", "latency")],
        ),
    ],
)
def test_each_application_gets_its_own_table(
    simulator: Any, shared: Any, run_module: Any, application: str, failed: list[str], unknown: list[str]
) -> None:
    simulator.environment("dev").settings.change({"clientdata_search": "works"})  # a check of its own tells of others
    result = run_module(preflight, **simulator.connection("dev", application))
    expected = dict.fromkeys([*ENTRANCE, "security_roles", *PRIVILEGES, *ASKED], "passed")
    expected |= dict.fromkeys(failed, "failed") | dict.fromkeys(unknown, "unknown")
    assert outcomes(result) == expected
    assert list(outcomes(result)) == list(expected)
    assert result["ready"] == (not failed)
    assert not result["changed"]
    assert not result["warnings"]
    assert all(check["remedy"] for check in result["checks"] if check["outcome"] == "failed")
    symbols = {"passed": "✔", "failed": "✘", "unknown": "?"}
    lines = [line for line in result["report"].splitlines() if line[0] != " "]
    assert [line[0] for line in lines] == [symbols[outcome] for outcome in expected.values()]
    assert not simulator.journal("dev", writes=True)


def test_stranger_is_told_to_make_an_application_user(simulator: Any, run_module: Any) -> None:
    result = run_module(preflight, **simulator.connection("dev", "stranger"))
    assert outcomes(result) == {"connection": "passed", "sign_in": "passed", "application_user": "failed"}
    assert found(result, "application_user")["remedy"].startswith("create an application user for client_id")
    assert len(simulator.journal("dev")) == 1


def test_expired_secret_is_told_before_the_environment_is_asked(simulator: Any, run_module: Any) -> None:
    result = run_module(preflight, **simulator.connection("dev", "expired secret"))
    assert outcomes(result) == {"connection": "unknown", "sign_in": "failed", "application_user": "unknown"}
    assert "has expired" in found(result, "sign_in")["message"]
    assert not simulator.journal("dev")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"ca_path": None}, "does not know the authority that issued the certificate"),
        ({"environment_url": "https://localhost:9/dev"}, "cannot be reached"),
    ],
)
def test_no_connection_is_told_with_its_reason(
    simulator: Any, run_module: Any, options: dict[str, Any], told: str
) -> None:
    result = run_module(preflight, **{**with_token(simulator, simulator.token("dev")), **options})
    assert outcomes(result) == {"connection": "failed", "sign_in": "unknown", "application_user": "unknown"}
    assert told in found(result, "connection")["message"]


def test_a_token_that_the_environment_refuses_shows_that_it_can_be_reached(simulator: Any, run_module: Any) -> None:
    result = run_module(preflight, **with_token(simulator, "e30.e30.x"))
    assert outcomes(result) == {"connection": "passed", "sign_in": "failed", "application_user": "unknown"}


def with_token(simulator: Any, token: str) -> dict[str, Any]:
    connection = simulator.connection("dev")
    return {"access_token": token, **{option: connection[option] for option in ("environment_url", "ca_path")}}


def test_unverified_certificates_are_told(simulator: Any, shared: Any) -> None:
    result = work(preflight, {**simulator.connection("dev"), "validate_certs": False})
    assert outcomes(result)["certificate"] == "failed"


def test_missing_privileges_are_named_by_what_fails(simulator: Any, run_module: Any) -> None:
    result = run_module(preflight, operations=["sharing"], **simulator.connection("dev", "maker"))
    assert [name for name in outcomes(result) if name in PRIVILEGES] == ["sharing_privileges"]
    message = found(result, "sharing_privileges")["message"]
    assert "no share is made, changed or removed without prvShareWorkflow for the organization" in message
    assert result["findings"]["missing_privileges"]["sharing_privileges"][:2] == ["prvReadWorkflow", "prvShareWorkflow"]


def test_each_question_takes_two_requests_at_most(simulator: Any, shared: Any, run_module: Any) -> None:
    run_module(preflight, **simulator.connection("dev"))
    sent = [entry for entry in simulator.journal("dev") if entry.path == "$batch" or not entry.batch]
    assert len(sent) <= len(ENTRANCE) + 2 * len(QUESTIONS)


@pytest.mark.parametrize("status", [403, 404, 429, 500, 501])
@pytest.mark.parametrize(
    ("path", "questions"),
    [
        (r"RetrieveUserPrivileges", PRIVILEGES),
        (r"systemusers\([^)]*\)\?", ["user_by_id"]),
        (r"organizations\?\$select=isdesktop", ["version_control"]),
        (r"organizations\?\$select=orgdb", ["managed_environment"]),
        (r"connectionreferences", ["drafts_of_other_tables"]),
        (r"workflows\?\$select=workflowid&\$filter=category%20eq%205&", ["caller_search"]),
        (r"RetrieveSharedPrincipalsAndAccess", ["complete_shares"]),
        (r"principalobjectaccessset", ["complete_shares", "share_masks"]),
        (r"annotations", ["share_records"]),
        (r"asyncoperations", ["operation_names", "running_operations"]),
        (r"solutions\?", ["running_operations"]),
        (r"RetrieveVersion", ["clock", "latency"]),
    ],
)
def test_a_refused_question_is_told_as_unknown_and_stops_no_other(
    simulator: Any, shared: Any, path: str, questions: list[str], status: int
) -> None:
    connection = simulator.connection("dev")
    before = outcomes(work(preflight, connection))
    fault = {"kind": "error", "status": status, "code": "0x80040220", "message": "No.", "path": path, "count": 99}
    simulator.add_fault(fault)
    warnings: list[str] = []
    after = outcomes(work(preflight, connection, warn=warnings.append))
    if path.startswith("systemusers") and status == 403:
        questions = []  # refused by its id, which is what was asked
    assert after == {**before, **dict.fromkeys(questions, "unknown")}
    assert not warnings


def test_a_malformed_request_is_told_as_a_bug(simulator: Any, shared: Any) -> None:
    simulator.add_fault({"kind": "error", "status": 400, "code": "0x80060888", "path": "annotations", "count": 9})
    warnings: list[str] = []
    result = work(preflight, simulator.connection("dev"), warn=warnings.append)
    assert outcomes(result)["share_records"] == "unknown"
    (warning,) = warnings
    assert warning.startswith("The question share_records was not understood, report it as a bug of the collection")


SWITCHES: list[tuple[str, list[Any]]] = [
    ("modify_without_share_fails", [True, False]),
    ("visible_shares", ["all", "own"]),
    ("unpublished_header_refused", [True, False]),
    ("user_by_id_refused", [True, False]),
    ("clientdata_search", ["works", "refused", "finds_nothing"]),
    ("desktop_flow_version_control", [True, False]),
    ("share_rows_with_numbers", [True, False]),
]


@pytest.mark.parametrize(("switch", "position"), [(switch, one) for switch, all_of in SWITCHES for one in all_of])
def test_findings_tell_the_position_of_each_switch(simulator: Any, shared: Any, switch: str, position: Any) -> None:
    shared.settings.change({switch: position})
    before = state(shared)
    result = work(preflight, {**simulator.connection("dev"), "desktop_flow": FLOW, "probe": True})
    assert result["findings"]["switches"][switch] == position
    expected = "failed" if (switch, position) in FAILING else "passed"
    assert outcomes(result)[FAILING.get((switch, position), "complete_shares")] == expected
    assert state(shared) == before
    assert set(result["findings"]["switches"]) <= vars(shared.settings).keys()


FAILING = {
    ("visible_shares", "own"): "complete_shares",
    ("clientdata_search", "refused"): "caller_search",
    ("clientdata_search", "finds_nothing"): "caller_search",
}


def test_shares_hidden_by_rights_are_told_as_such(simulator: Any, shared: Any) -> None:
    shared.settings.change({"visible_shares": "by_rights"})
    maker = shared.store.first("systemuser", fullname="# maker")
    give(shared, [(flow_id(shared), "systemuser", maker["systemuserid"], 1)])
    result = work(preflight, simulator.connection("dev", "maker"))
    assert outcomes(result)["complete_shares"] == "failed"
    assert "the table of shares tells 1, flow by flow there are 2" in found(result, "complete_shares")["message"]
    assert result["findings"]["switches"]["visible_shares"] == "by_rights"


@pytest.mark.parametrize("plain", [True, False])
def test_names_of_jobs_tell_whether_they_end_in_async(simulator: Any, shared: Any, tmp_path: Any, plain: bool) -> None:
    shared.settings.change({"job_names_without_async": plain})
    exported = work(solution_export, {**simulator.connection("dev"), "name": "CoESharedFlows", "dest": f"{tmp_path}/"})
    assert not exported.get("failed"), exported["msg"]
    result = work(preflight, simulator.connection("dev"))
    names = {"ExportSolution" if plain else "ExportSolutionAsync": 1}
    assert result["findings"]["operation_names"] == names
    assert result["findings"]["switches"]["job_names_without_async"] is plain


def test_drafts_are_named_with_what_they_do_to_deployments(simulator: Any, shared: Any) -> None:
    shared.load({"drafts": [{"flow": FLOW, "inputs": "{}"}]})
    result = work(preflight, simulator.connection("dev"))
    assert outcomes(result)["drafts"] == "failed"
    assert found(result, "drafts")["message"] == f"not published: {FLOW}"
    assert result["findings"]["drafts"] == 1


def test_what_an_upgrade_left_on_record_is_told(simulator: Any, shared: Any) -> None:
    user = shared.store.first("systemuser", fullname="# deployment")["systemuserid"]
    note = {"subject": "coe.power_platform shares of CoESharedFlows", "notetext": "{}", "createdby": user}
    shared.store.insert("annotation", {**note, "ownerid": user, "owneridtype": "systemuser"})
    result = work(preflight, simulator.connection("dev"))
    assert found(result, "share_records")["outcome"] == "failed"
    assert "1 of this application, from operations on CoESharedFlows" in found(result, "share_records")["message"]


def test_unusual_rights_are_counted(simulator: Any, shared: Any) -> None:
    teams = [row["teamid"] for row in shared.store.find("team", name="Robotics")]
    give(shared, [(flow_id(shared), "team", teams[0], 852023), (flow_id(shared, "Pay Invoice"), "team", teams[1], 5)])
    result = work(preflight, simulator.connection("dev"))
    masks = {"desktop flows": {"1": 1, "852023": 1}, "other or unseen flows": {"5": 1}}
    assert result["findings"]["masks"] == masks
    assert found(result, "share_masks")["remedy"] is None
    give(shared, [(flow_id(shared), "team", teams[1], 5)])
    assert "co_owner_access" in found(work(preflight, simulator.connection("dev")), "share_masks")["remedy"]


def test_blocked_customizations_and_kept_shares_of_owners_are_told(simulator: Any, shared: Any) -> None:
    row = shared.store.first("organization")
    settings = (
        "<OrgSettings><IsLockdownOfUnmanagedCustomizationEnabled>true</IsLockdownOfUnmanagedCustomizationEnabled>"
    )
    changes = {"orgdborgsettings": settings + "</OrgSettings>", "sharetopreviousowneronassign": True}
    shared.store.update("organization", row["organizationid"], changes)
    result = work(preflight, simulator.connection("dev"))
    message = found(result, "managed_environment")["message"]
    assert message.startswith("unmanaged changes are blocked; previous owners keep a share; ")


@pytest.mark.parametrize(("seconds", "told"), [(600, "seconds ahead of"), (-600, "seconds behind")])
def test_clock_that_goes_wrong_is_told(simulator: Any, shared: Any, seconds: float, told: str) -> None:
    simulator.clock.advance(seconds)
    result = work(preflight, simulator.connection("dev"))
    assert found(result, "clock")["outcome"] == "failed"
    assert told in found(result, "clock")["message"]
    assert result["findings"]["clock_difference"] == pytest.approx(-seconds, abs=30)


def test_probe_leaves_everything_as_it_was(simulator: Any, shared: Any, run_module: Any) -> None:
    before = state(shared)
    options = {"desktop_flow": FLOW, "probe": True}
    result = run_module(preflight, **options, **simulator.connection("dev"))
    assert [outcomes(result)[name] for name in PROBES] == ["passed"] * len(PROBES)
    assert state(shared) == before
    writes = [(entry.method, entry.path.partition("(")[0]) for entry in simulator.journal("dev", writes=True)]
    notes = [("PATCH", "annotations"), ("DELETE", "annotations")]
    shares = ["RevokeAccess", "ModifyAccess", "GrantAccess", "RevokeAccess"]
    assert writes == [*notes, *(("POST", action) for action in shares)]
    assert result["findings"]["grant_shows"] == [True, True]
    assert result["findings"]["files_of_flow"] == 2
    assert not result["changed"]


def test_probe_in_check_mode_writes_nothing(simulator: Any, shared: Any, run_module: Any) -> None:
    options = {"desktop_flow": FLOW, "probe": True}
    result = run_module(preflight, check_mode=True, **options, **simulator.connection("dev"))
    assert [outcomes(result)[name] for name in PROBES[:-1]] == ["unknown"] * 4
    assert not simulator.journal("dev", writes=True)


def test_probe_of_one_who_may_not_write_is_told_as_unknown(simulator: Any, shared: Any) -> None:
    before = state(shared)
    options = {"desktop_flow": FLOW, "probe": True}
    result = work(preflight, {**simulator.connection("dev", "reader"), **options})
    assert [outcomes(result)[name] for name in PROBES] == ["unknown"] * 4 + ["passed"]
    assert state(shared) == before


@pytest.mark.parametrize("named", [True, False])
def test_probe_touches_no_share_that_is_there(simulator: Any, shared: Any, named: bool) -> None:
    if not named:
        give(shared, [(flow_id(shared), "team", own_team(shared), 1)])
    before = state(shared)
    options = {"desktop_flow": FLOW, "probe": True, **({"probe_team": "Finance Robotics"} if named else {})}
    result = work(preflight, {**simulator.connection("dev"), **options})
    assert [outcomes(result)[name] for name in PROBES] == ["passed", "unknown", "unknown", "unknown", "passed"]
    assert "has a share of the flow already, which is not touched" in found(result, "grant_probe")["message"]
    assert state(shared) == before
    assert not [entry for entry in simulator.journal("dev", writes=True) if entry.path.endswith("Access")]


def test_probe_takes_the_team_that_is_named(simulator: Any, shared: Any) -> None:
    options = {"desktop_flow": FLOW, "probe": True, "probe_team": "Night Shift"}
    result = work(preflight, {**simulator.connection("dev"), **options})
    assert outcomes(result)["grant_probe"] == "passed"
    options["probe_team"] = "SharedLink_workflow"
    result = work(preflight, {**simulator.connection("dev"), **options})
    assert "is a team that the platform manages by itself" in found(result, "grant_probe")["message"]


@pytest.mark.parametrize("kind", ["error", "error_after", "reset_before", "reset_after"])
def test_probe_is_undone_whichever_request_fails(simulator: Any, shared: Any, kind: str) -> None:
    before = held(shared), shared.store.count("annotation")
    inside = kind.startswith("error")
    fault = {"kind": kind, "environment": "dev", "path": "." if inside else "", **({"status": 500} if inside else {})}
    struck, nth = True, 0
    while struck:
        nth += 1
        simulator.clear_faults()
        simulator.clear_journal()
        simulator.add_fault({**fault, "nth": nth})
        checks = try_writes(simulator)
        struck = any(entry.fault for entry in simulator.journal("dev"))
        assert (held(shared), shared.store.count("annotation")) == before
        assert checks[-1] == Check("probe_undone", "passed", "all is as it was before")
    assert nth > 15


def test_probe_is_undone_when_the_task_is_interrupted(
    simulator: Any, shared: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state(shared)
    monkeypatch.setattr(share_probe, "read_both_ways", mock.Mock(side_effect=KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        try_writes(simulator)
    assert [entry.path for entry in simulator.journal("dev", writes=True)][-2:] == ["GrantAccess", "RevokeAccess"]
    assert state(shared) == before


def try_writes(simulator: Any) -> list[Check]:
    """Do the part of a probe that writes, without the other questions."""
    validation = ArgumentSpecValidator(**preflight.MODULE.validation()).validate(simulator.connection("dev"))
    task = Work(validation.validated_parameters)
    with contextlib.closing(task):
        return probe(Tenant(task.client, task.warn, flow=FLOW))


@pytest.mark.parametrize(
    ("method", "path", "what"), [("DELETE", "annotations", "the note "), ("POST", "Revoke", "the sh")]
)
def test_what_cannot_be_undone_is_told(simulator: Any, shared: Any, method: str, path: str, what: str) -> None:
    fault = {"kind": "error", "status": 403, "code": "0x80040220", "message": "No.", "count": 99}
    simulator.add_fault({**fault, "method": method, "path": path})
    warnings: list[str] = []
    options = {"desktop_flow": FLOW, "probe": True}
    result = work(preflight, {**simulator.connection("dev"), **options}, warn=warnings.append)
    assert found(result, "probe_undone")["outcome"] == "failed"
    assert found(result, "probe_undone")["message"].startswith(f"left behind: {what}")
    assert not result["ready"]
    assert any(what in warning and "could not be removed, remove it by hand" in warning for warning in warnings)


def test_findings_hold_no_names_and_ids(simulator: Any, shared: Any) -> None:
    shared.load({"drafts": [{"flow": FLOW, "inputs": "{}"}]})
    for application in ("", "maker", "roleless", "stranger"):
        connection = simulator.connection("dev", application)
        options = {"desktop_flow": FLOW, "probe": True}
        text = json.dumps(work(preflight, {**connection, **options})["findings"])
        assert not GUID.search(text)
        names = [row[column] for table, column in NAMED for row in shared.store.find(table) if row[column]]
        assert not [name for name in [*names, "localhost"] if name in text]


NAMED = [
    ("systemuser", "fullname"),
    ("systemuser", "domainname"),
    ("team", "name"),
    ("workflow", "name"),
    ("role", "name"),
    ("solution", "uniquename"),
]


def test_least_role_is_enough_for_all_that_it_promises(simulator: Any, shared: Any, tmp_path: Any) -> None:
    """An application with the privileges of the least role exports, imports, upgrades, shares and audits."""
    for name in ("dev", "test"):
        give_least_role(simulator.environment(name))
    connections = {name: simulator.connection(name, "roleless") for name in ("dev", "test")}
    for connection in connections.values():
        result = work(preflight, connection)
        assert [outcomes(result)[name] for name in PRIVILEGES] == ["passed"] * len(PRIVILEGES)
        assert result["findings"].get("missing_privileges") is None
    exported = work(solution_export, {**connections["dev"], "name": "CoESharedFlows", "dest": f"{tmp_path}/"})
    options = {"src": exported["package"]["path"], "connection_references": {"coe_DesktopFlows": "c0ffee"}}
    imported = work(solution_import, {**connections["test"], **options})
    assert not imported.get("failed"), imported["msg"]
    shares = [{"desktop_flow": FLOW, "principals": [{"team": "Finance Robotics", "permission": "co_owner"}]}]
    given = work(desktop_flow_share, {**connections["test"], "shares": shares})
    assert not given.get("failed"), given["msg"]
    listed = work(desktop_flow_share_info, {**connections["test"], "include_role_readers": True})
    assert listed["shares"] == shares
    probed = work(preflight, {**connections["test"], "desktop_flow": FLOW, "probe": True})
    assert [outcomes(probed)[name] for name in PROBES] == ["passed"] * len(PROBES)


def give_least_role(environment: Any) -> None:
    """Give the application without a role one that holds just what the domain's table asks for."""
    store = environment.store
    known = {row["name"].lower(): row["privilegeid"] for row in store.find("privilege")}
    depths: dict[str, int] = {}
    for needs in LEAST_ROLE.values():
        for need in needs:
            key = need.privilege.lower()
            assert key in known or not need.certain
            depths[key] = max(depths.get(key, 0), need.depth)
    unit = store.first("businessunit", parentbusinessunitid=None)["businessunitid"]
    user = store.first("systemuser", fullname="# roleless")["systemuserid"]
    with store.transaction():
        role = store.insert("role", {"name": "Least", "businessunitid": unit})["roleid"]
        for name in depths.keys() & known.keys():
            values = {"roleid": role, "privilegeid": known[name], "privilegedepthmask": depths[name]}
            store.insert("roleprivileges", values)
        store.insert("systemuserroles", {"systemuserid": user, "roleid": role})
