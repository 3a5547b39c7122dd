# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shares of desktop flows as declared state, against the simulator, through both doors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.coe.power_platform.plugins.modules import desktop_flow_share, desktop_flow_share_info
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.sharing_scenes import make_flows, other_warnings

Share = Callable[..., dict[str, Any]]

PRINCIPALS = [
    ({"user": "john.smith@contoso.example"}, "user", "john.smith@contoso.example"),
    ({"user": "sinead.o'neil@contoso.example"}, "user", "sinead.o'neil@contoso.example"),
    ({"team": "Finance Robotics"}, "team", "Finance Robotics"),
    ({"entra_group": "d0000000-0000-4000-8000-000000000001"}, "entra_group", "Payroll Runners"),
    ({"application": "a0000000-0000-4000-8000-000000000006"}, "application", "# maker"),
]
ROBOTS = {"team": "Finance Robotics", "permission": "user"}
JOHN = {"user": "john.smith@contoso.example", "permission": "co_owner"}


@pytest.fixture
def share(simulator: Any, run_module: Any) -> Share:
    """Run desktop_flow_share in the environment dev."""

    def run(*shares: dict[str, Any], **params: Any) -> dict[str, Any]:
        result: dict[str, Any] = run_module(
            desktop_flow_share, shares=list(shares), **{**simulator.connection("dev"), **params}
        )
        return result

    return run


@pytest.fixture
def held(simulator: Any, run_module: Any) -> Callable[[], list[dict[str, Any]]]:
    """Read the shares of the environment dev with desktop_flow_share_info."""

    def read() -> list[dict[str, Any]]:
        result = run_module(desktop_flow_share_info, **simulator.connection("dev"))
        assert not result.get("failed"), result["msg"]
        shares: list[dict[str, Any]] = result["shares"]
        return shares

    return read


def writes(simulator: Any) -> list[str]:
    return [entry.path.rpartition("/")[2] for entry in simulator.journal(environment="dev", writes=True)]


def requests(simulator: Any) -> int:
    """The requests for data: what travels over the wire, with a batch as one."""
    entries = simulator.journal(environment="dev")
    return len([entry for entry in entries if entry.batch is None])


@pytest.mark.parametrize(
    ("principal", "kind", "name", "permission"),
    [
        (*principal, permission)
        for principal in PRINCIPALS
        for permission in ("user", "co_owner")
        if (principal[1], permission) != ("application", "co_owner")
    ],
)
def test_each_kind_of_principal_goes_through_all_states(
    share: Share,
    held: Callable[[], list[dict[str, Any]]],
    simulator: Any,
    principal: dict[str, str],
    kind: str,
    name: str,
    permission: str,
) -> None:
    """Predict, make, repeat, predict a change, change, repeat, predict the removal, remove, repeat: twelve steps."""
    other = {"user": "co_owner", "co_owner": "user"}[permission] if kind != "application" else "custom"
    change = {"permission": other, **({"access": ["append"]} if other == "custom" else {})}
    present = {"desktop_flow": "Write Log", "principals": [{**principal, "permission": permission}]}
    changed = {"desktop_flow": "Write Log", "principals": [{**principal, **change}]}
    absent = {"desktop_flow": "Write Log", "principals": [principal], "state": "absent"}
    steps = [(present, "grant", "GrantAccess"), (changed, "modify", "ModifyAccess"), (absent, "revoke", "RevokeAccess")]
    for declared, action, message in steps:
        before = held()
        simulator.clear_journal()
        predicted = share(declared, check_mode=True)
        assert writes(simulator) == []
        assert held() == before
        done = share(declared)
        assert writes(simulator) == [message]
        assert (predicted["changed"], predicted["changes"]) == (True, done["changes"])
        assert (predicted["shares"], predicted["diff"]) == (done["shares"], done["diff"])
        assert [(one["action"], one["principal_type"], one["principal"]) for one in done["changes"]] == [
            (action, kind, name)
        ]
        simulator.clear_journal()
        for check_mode in (True, False):
            again = share(declared, check_mode=check_mode)
            assert (again["changed"], again["changes"]) == (False, [])
            assert again["shares"] == done["shares"]
        assert writes(simulator) == []
    assert held() == []


def test_what_share_info_returns_is_valid_input(share: Share, held: Any) -> None:
    principals = [
        {"user": "john.smith@contoso.example", "permission": "co_owner"},
        {"team": "Finance Robotics", "permission": "user"},
        {"entra_group": "d0000000-0000-4000-8000-000000000001", "permission": "user"},
        {"application": "a0000000-0000-4000-8000-000000000006", "permission": "user", "access": ["read", "append"]},
        {"user": "sinead.o'neil@contoso.example", "permission": "custom", "access": ["append"]},
    ]
    share({"desktop_flow": "Write Log", "principals": principals})
    snapshot = held()
    assert [one["desktop_flow"] for one in snapshot] == ["Write Log"]
    assert sorted(snapshot[0]["principals"], key=str) == sorted(principals, key=str)
    assert share(*snapshot)["changed"] is False
    share({"desktop_flow": "Write Log", "exclusive": True, "state": "absent"})
    assert held() == []
    share(*snapshot)
    assert held() == snapshot


def test_exclusive_removes_what_is_not_declared_but_never_the_owner_or_the_platforms_teams(
    share: Share, held: Any, simulator: Any
) -> None:
    environment = simulator.environment("dev")
    flow = environment.store.first("workflow", name="Write Log")
    link = environment.store.first("team", name="SharedLink_workflow")
    share(
        {"desktop_flow": "Write Log", "principals": [{"user": "john.smith@contoso.example"}, {"team": "Night Shift"}]}
    )
    give(simulator, flow["workflowid"], "team", link["teamid"], 1)
    give(simulator, flow["workflowid"], "systemuser", flow["ownerid"], 1)
    kept = {"user": "john.smith@contoso.example", "permission": "user"}
    result = share({"desktop_flow": "Write Log", "exclusive": True, "principals": [kept]})
    assert [(one["action"], one["principal"]) for one in result["changes"]] == [("revoke", "Night Shift")]
    assert held() == [{"desktop_flow": "Write Log", "principals": [kept]}]
    rows = environment.store.find("principalobjectaccess", objectid=flow["workflowid"])
    explicit = {row["principalid"] for row in rows if row["accessrightsmask"]}
    assert {link["teamid"], flow["ownerid"]} < explicit


def make_team(simulator: Any, name: str, **more: Any) -> str:
    """Make a team in the environment dev and return its id."""
    store = simulator.environment("dev").store
    like = store.first("team", name="Finance Robotics")
    team: str = store.insert("team", {"businessunitid": like["businessunitid"], "teamtype": 0, "name": name, **more})[
        "teamid"
    ]
    return team


@pytest.mark.parametrize("name", ["0" * 32 + "_1", "d1ce5b7a9f3e4c21a5b6c7d8e9f00112_1", "D1CE5B7A" * 4 + "_12"])
def test_exclusive_leaves_the_teams_of_agents_and_tells_them_until_they_are_declared_absent(
    share: Share, held: Any, simulator: Any, name: str
) -> None:
    flow = simulator.environment("dev").store.first("workflow", name="Write Log")
    team = make_team(simulator, name)
    give(simulator, flow["workflowid"], "team", team, 852023)
    empty = {"desktop_flow": "Write Log", "exclusive": True, "principals": [{"team": "Finance Robotics"}]}
    first = share(empty)
    told = {"desktop_flow": "Write Log", "principal": name, "principal_id": team, "permission": "co_owner"}
    assert [one["action"] for one in first["changes"]] == ["grant"]
    assert [one.items() >= told.items() for one in first["platform_shares"]] == [True]
    audit = share(empty, audit=True)
    assert (audit["drift"], audit["platform_shares"]) == ([], first["platform_shares"])
    assert share({**empty, "principals": [], "state": "absent"})["changes"][0]["principal"] == "Finance Robotics"
    gone = share({"desktop_flow": "Write Log", "state": "absent", "principals": [{"team": name}]}, empty)
    assert {(one["action"], one["principal"]) for one in gone["changes"]} == {
        ("grant", "Finance Robotics"),
        ("revoke", name),
    }
    assert gone["platform_shares"] == []
    assert share(empty)["changed"] is False


@pytest.mark.parametrize(
    "name", ["0" * 32, "0" * 31 + "_1", "0" * 32 + "_x", "g" * 32 + "_1", "Agents " + "0" * 32 + "_1"]
)
def test_exclusive_takes_teams_of_people_whatever_they_are_called(share: Share, simulator: Any, name: str) -> None:
    flow = simulator.environment("dev").store.first("workflow", name="Write Log")
    give(simulator, flow["workflowid"], "team", make_team(simulator, name), 1)
    result = share({"desktop_flow": "Write Log", "exclusive": True, "state": "absent"})
    assert [(one["action"], one["principal"]) for one in result["changes"]] == [("revoke", name)]


@pytest.mark.parametrize("exact", [False, True])
def test_all_rights_are_those_of_a_co_owner_too(share: Share, held: Any, simulator: Any, exact: bool) -> None:
    flow = simulator.environment("dev").store.first("workflow", name="Write Log")
    give(simulator, flow["workflowid"], "team", make_team(simulator, "Portal"), 852023)
    declared = {"desktop_flow": "Write Log", "principals": [{"team": "Portal", "permission": "co_owner"}]}
    result = share(declared, exact=exact)
    assert result["changes"] == []
    assert result["shares"] == held()
    assert "access" not in held()[0]["principals"][0]


def give(simulator: Any, flow_id: str, table: str, principal_id: str, mask: int) -> None:
    """Put a share into the environment dev by hand."""
    simulator.environment("dev").store.insert(
        "principalobjectaccess",
        {
            "objectid": flow_id,
            "objecttypecode": "workflow",
            "principalid": principal_id,
            "principaltypecode": table,
            "accessrightsmask": mask,
        },
    )


def test_the_owner_needs_no_share_and_gets_none(share: Share, simulator: Any) -> None:
    result = share({"desktop_flow": "Write Log", "principals": [{"user": "jane.doe@contoso.example"}]})
    assert (result["changed"], result["changes"], result["shares"]) == (False, [], [])
    assert writes(simulator) == []


def test_all_flows_of_a_solution_and_the_flows_that_a_flow_calls(share: Share) -> None:
    team = {"team": "Finance Robotics", "permission": "user"}
    result = share({"solution": "CoESharedFlows", "principals": [team]}, check_mode=True)
    assert [one["desktop_flow"] for one in result["changes"]] != []
    assert {one["desktop_flow"] for one in result["changes"]} == {"Read Invoice", "Post Booking", "Write Log"}
    alone = share({"desktop_flow": "Read Invoice", "principals": [team]}, check_mode=True)
    assert {one["desktop_flow"] for one in alone["changes"]} == {"Read Invoice"}
    called = share({"desktop_flow": "Read Invoice", "principals": [team], "include_child_flows": True})
    assert {one["desktop_flow"] for one in called["changes"]} == {"Read Invoice", "Write Log"}


def test_entries_on_the_same_flow_add_up(share: Share, held: Any) -> None:
    john = {"user": "john.smith@contoso.example", "permission": "user"}
    team = {"team": "Finance Robotics", "permission": "co_owner"}
    declared = [
        {"desktop_flow": "Write Log", "exclusive": True, "principals": [john]},
        {"solution": "CoESharedFlows", "principals": [team]},
    ]
    share(*declared)
    assert share(*declared)["changed"] is False
    assert {"desktop_flow": "Write Log", "principals": [team, john]} in held()


MISTAKES = [
    ({"desktop_flow": "Unknown"}, "shares[0].desktop_flow", "has no desktop flow with the name or id 'Unknown'"),
    ({"solution": "Unknown"}, "shares[0].solution", "has no solution 'Unknown' with desktop flows"),
    ({}, "shares[0]", "give either desktop_flow or solution"),
    ({"desktop_flow": "Write Log", "solution": "CoESharedFlows"}, "shares[0]", "give either desktop_flow or solution"),
    ({"desktop_flow": "Write Log", "exclusive": True}, "shares[0]", "say state: absent if that is meant"),
    ({"desktop_flow": "Write Log", "state": "absent"}, "shares[0]", "needs principals, or exclusive"),
    (
        {
            "desktop_flow": "Write Log",
            "state": "absent",
            "exclusive": True,
            "principals": [{"team": "Finance Robotics"}],
        },
        "shares[0]",
        "takes no principals",
    ),
    (
        {"desktop_flow": "Write Log", "principals": [{"user": "nobody@contoso.example"}]},
        "shares[0].principals[0].user",
        "the environment has no user 'nobody@contoso.example'",
    ),
    (
        {"desktop_flow": "Write Log", "principals": [{"team": "Nobody"}]},
        "shares[0].principals[0].team",
        "the environment has no team 'Nobody'",
    ),
    (
        {"desktop_flow": "Write Log", "principals": [{"entra_group": "d0000000-0000-4000-8000-000000000009"}]},
        "shares[0].principals[0].entra_group",
        "make the team with coe.power_platform.team",
    ),
    (
        {"desktop_flow": "Write Log", "principals": [{"entra_group": "RPA Payroll"}]},
        "shares[0].principals[0]",
        "is not the object id of an Entra group",
    ),
    (
        {"desktop_flow": "Write Log", "principals": [{"team": "Payroll Runners"}]},
        "shares[0].principals[0].team",
        "name it with entra_group: d0000000-0000-4000-8000-000000000001",
    ),
    (
        {"desktop_flow": "Write Log", "principals": [{"team": "SharedLink_workflow"}]},
        "shares[0].principals[0].team",
        "the platform manages by itself",
    ),
    (
        {"desktop_flow": "Write Log", "principals": [{"team": "Robotics"}]},
        "shares[0].principals[0].team",
        "'Robotics' may mean 2 rows",
    ),
    (
        {"desktop_flow": "Write Log", "principals": [{"user": "alex.twin@contoso.example"}]},
        "shares[0].principals[0].user",
        "'alex.twin@contoso.example' may mean 2 rows",
    ),
    (
        {"desktop_flow": "Write Log", "principals": [{"user": "dana.disabled@contoso.example"}]},
        "shares[0].principals[0].user",
        "is disabled",
    ),
    (
        {
            "desktop_flow": "Write Log",
            "principals": [{"application": "a0000000-0000-4000-8000-000000000006", "permission": "co_owner"}],
        },
        "shares[0].principals[0].application",
        "cannot be a co-owner",
    ),
    (
        {
            "desktop_flow": "Write Log",
            "principals": [{"user": "a0000000-0000-4000-8000-000000000006@contoso.example"}],
        },
        "shares[0].principals[0].user",
        "name it with application",
    ),
    (
        {"desktop_flow": "Write Log", "principals": [{}]},
        "shares[0].principals[0]",
        "give exactly one of user, team, entra_group, application",
    ),
    (
        {"desktop_flow": "Write Log", "principals": [{"team": "Finance Robotics", "permission": "custom"}]},
        "shares[0].principals[0]",
        "permission: custom needs access",
    ),
    (
        {"desktop_flow": "Write Log", "principals": [{"team": "Finance Robotics", "access": ["read", "write"]}]},
        "shares[0].principals[0]",
        "mean the permission co_owner, not user",
    ),
]


@pytest.mark.parametrize("door", ["module"], indirect=True)
@pytest.mark.parametrize(("entry", "path", "message"), MISTAKES)
def test_a_mistake_is_told_with_its_place_before_anything_is_written(
    share: Share, simulator: Any, entry: dict[str, Any], path: str, message: str
) -> None:
    good = {"desktop_flow": "Read Invoice", "principals": [{"team": "Finance Robotics"}]}
    result = share(entry, good)
    assert result["failed"]
    assert f"{path}: " in result["msg"]
    assert message in result["msg"]
    assert writes(simulator) == []


def test_all_mistakes_are_told_at_once_and_ambiguous_names_with_candidates(share: Share, simulator: Any) -> None:
    entries = [entry for entry, _path, _message in MISTAKES]
    result = share(*entries)
    mistakes = result["failure"]["mistakes"]
    assert len(mistakes) >= len(MISTAKES)
    for index, (_entry, path, message) in enumerate(MISTAKES):
        own = [one for one in mistakes if one["path"].startswith(path.replace("[0]", f"[{index}]", 1))]
        assert any(message in one["message"] for one in own), (path, own)
    candidates = [one["candidates"] for one in mistakes if one["kind"] == "ambiguous_principal"]
    assert [len(listed) for listed in candidates] == [2, 2]
    assert writes(simulator) == []


def test_two_permissions_for_one_principal_on_one_flow_contradict_each_other(share: Share) -> None:
    result = share(
        {"desktop_flow": "Write Log", "principals": [{"team": "Finance Robotics", "permission": "co_owner"}]},
        {"solution": "CoESharedFlows", "principals": [{"team": "Finance Robotics"}]},
    )
    assert "shares[1].principals[0].team: Finance Robotics is to have the permission user on Write Log" in result["msg"]
    assert "co_owner by shares[0].principals[0].team" in result["msg"]
    emptied = share(
        {"desktop_flow": "Write Log", "exclusive": True, "state": "absent"},
        {"solution": "CoESharedFlows", "principals": [{"team": "Finance Robotics"}]},
    )
    assert "no shares at all by shares[0]" in emptied["msg"]


def test_a_disabled_user_may_be_allowed_and_may_always_be_removed(share: Share) -> None:
    dana = {"desktop_flow": "Write Log", "principals": [{"user": "dana.disabled@contoso.example"}]}
    assert share(dana, allow_disabled=True)["changed"]
    assert share({**dana, "state": "absent"})["changed"]


def test_an_unchanged_environment_costs_four_requests_at_most(share: Share, simulator: Any) -> None:
    simulator.environment("dev").settings.change({"visible_shares": "all"})  # others cost a question to the flows
    principals = [{**one} for one, _kind, _name in PRINCIPALS]
    declared = [
        {"solution": "CoESharedFlows", "principals": principals},
        {"desktop_flow": "Write Log", "exclusive": True, "include_child_flows": True, "principals": principals},
    ]
    share(*declared)
    simulator.clear_journal()
    result = share(*declared)
    assert result.get("changed") is False, result
    assert requests(simulator) == 4, simulator.journal(environment="dev")
    assert writes(simulator) == []


@pytest.mark.parametrize("visible", ["all", "by_rights", "own"])
def test_the_first_shares_of_all_are_seen_though_the_table_hides_them(
    share: Share, simulator: Any, visible: str
) -> None:
    """Before them neither the table nor the flows have shown any, so that nothing told whether it is complete."""
    environment = simulator.environment("dev")
    with environment.store.transaction():
        for row in environment.store.find("principalobjectaccess"):
            environment.store.delete("principalobjectaccess", row["principalobjectaccessid"])
    environment.settings.change({"visible_shares": visible})
    result = share({"solution": "CoESharedFlows", "principals": [ROBOTS]})
    assert not result.get("failed"), result
    assert len(result["shares"]) == len(result["changes"]) > 0
    assert [path for path in writes(simulator) if path != "GrantAccess"] == []
    assert len(writes(simulator)) == len(result["changes"])
    assert any("flow by flow" in text for text in result["warnings"]) == (visible == "own")


def test_what_is_refused_is_told_what_is_not_is_done_and_a_repetition_completes(share: Share, simulator: Any) -> None:
    maker = "a0000000-0000-4000-8000-000000000006"
    may_share = {"application": maker, "permission": "user", "access": ["read", "share"]}
    share(
        {"desktop_flow": "Write Log", "principals": [{"application": maker}]},
        {"desktop_flow": "Read Invoice", "principals": [may_share]},
    )
    declared = [
        {"desktop_flow": name, "principals": [{"user": "john.smith@contoso.example"}]}
        for name in ("Read Invoice", "Write Log")
    ]
    result = share(*declared, **simulator.connection("dev", "maker"))
    assert result["failed"]
    assert "1 of 2 changes of shares failed, 1 are done" in result["msg"]
    assert "grant for user john.smith@contoso.example on Write Log" in result["msg"]
    assert [(one["desktop_flow"], one["code"]) for one in result["not_applied"]] == [("Write Log", "0x80040220")]
    assert [one["desktop_flow"] for one in result["applied"]] == ["Read Invoice"]
    assert (result["failure"]["status"], result["failure"]["code"]) == (403, "0x80040220")
    again = share(*declared)
    assert [one["desktop_flow"] for one in again["changes"]] == ["Write Log"]


def test_shares_without_effect_are_told_when_asked_for(share: Share, simulator: Any) -> None:
    principals = [
        {"user": "rob.roleless@contoso.example", "permission": "user"},
        {"user": "john.smith@contoso.example", "permission": "user"},
        {"team": "Finance Robotics", "permission": "co_owner"},
    ]
    declared = {"desktop_flow": "Write Log", "principals": principals}
    result = share(declared, verify="effective")
    assert len(result["changes"]) == 3
    (ineffective,) = result["ineffective"]
    assert ineffective["principal"] == "rob.roleless@contoso.example"
    assert ineffective["missing_access"] == ["read"]
    assert any("rob.roleless@contoso.example is without effect" in warning for warning in result["warnings"])
    assert result["unchecked"] == []
    again = share(declared, verify="effective", audit=True)
    assert again["ineffective"] == result["ineffective"]


CALLER = "Principal user (Id=11111111-2222-3333-4444-555555555555, type=8), is missing prvReadUser privilege (Id=1)"


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        (403, "0x80040220", CALLER),
        (403, None, ""),
        (404, "0x80040217", "Entity 'SystemUser' Does Not Exist"),
        (429, "0x80072322", "Number of requests exceeded the limit of 6000."),
        (500, "0x80040216", "An unexpected error occurred."),
        (503, None, ""),
        (501, None, ""),
    ],
)
def test_a_share_whose_effect_cannot_be_told_is_no_share_without_effect(
    share: Share, simulator: Any, status: int, code: str | None, message: str
) -> None:
    declared = {"desktop_flow": "Write Log", "principals": [{"user": "john.smith@contoso.example"}]}
    fault = {"kind": "error", "status": status, "message": message, "path": "RetrievePrincipalAccess", "count": 99}
    simulator.add_fault({**fault, "code": code} if code else fault)
    result = share(declared, verify="effective")
    assert result["ineffective"] == []
    (unchecked,) = result["unchecked"]
    assert unchecked["principal"] == "john.smith@contoso.example"
    assert (
        "whether the share of the user john.smith@contoso.example has an effect could not be checked: GET"
        in (unchecked["message"])
    )
    assert any("could not be checked" in warning for warning in result["warnings"])


def test_a_malformed_question_for_the_effect_of_a_share_is_an_error(share: Share, simulator: Any) -> None:
    simulator.add_fault({"kind": "error", "status": 400, "path": "RetrievePrincipalAccess", "count": 99})
    declared = {"desktop_flow": "Write Log", "principals": [{"user": "john.smith@contoso.example"}]}
    result = share(declared, verify="effective")
    assert result["failed"]
    assert "RetrievePrincipalAccess" in result["msg"]


def test_an_audit_tells_all_drift_as_data_and_writes_nothing(share: Share, simulator: Any) -> None:
    environment = simulator.environment("dev")
    flow = environment.store.first("workflow", name="Write Log")
    share(
        {
            "desktop_flow": "Write Log",
            "principals": [
                {"user": "john.smith@contoso.example", "permission": "co_owner"},
                {"team": "Night Shift"},
                {"user": "dana.disabled@contoso.example"},
            ],
        },
        allow_disabled=True,
    )
    give(simulator, flow["workflowid"], "systemuser", "00000000-0000-0000-0000-00000000dead", 1)
    declared = [
        {
            "desktop_flow": "Write Log",
            "exclusive": True,
            "principals": [
                {"user": "john.smith@contoso.example", "permission": "user"},
                {"team": "Finance Robotics"},
                {"team": "Robotics"},
                {"user": "nobody@contoso.example"},
                {"user": "dana.disabled@contoso.example"},
            ],
        },
        {"desktop_flow": "Unknown", "principals": [{"team": "Finance Robotics"}]},
    ]
    simulator.clear_journal()
    result = share(*declared, audit=True)
    assert result["changed"] is False
    assert writes(simulator) == []
    found = sorted((one["kind"], one["principal"] or one["desktop_flow"] or "") for one in result["drift"])
    assert found == [
        ("ambiguous_principal", "Robotics"),
        ("disabled_user", "dana.disabled@contoso.example"),
        ("missing", "Finance Robotics"),
        ("surplus", "Night Shift"),
        ("unknown_flow", "Unknown"),
        ("unknown_principal", "Write Log"),
        ("unknown_principal", "nobody@contoso.example"),
        ("wrong_level", "john.smith@contoso.example"),
    ]
    wrong = next(one for one in result["drift"] if one["kind"] == "wrong_level")
    assert (wrong["found"], wrong["declared"]) == ("co_owner", "user")
    assert len({frozenset(one) for one in result["drift"]}) == 1


@pytest.mark.parametrize("missing", [1, 7])
def test_an_audit_that_is_to_fail_tells_the_first_differences_and_returns_all(share: Share, missing: int) -> None:
    declared = {"desktop_flow": "Write Log", "principals": [{"user": f"{it}@contoso.example"} for it in range(missing)]}
    result = share(declared, audit=True, fail_on_drift=True)
    assert result["failed"]
    assert result["drift"] == share(declared, audit=True)["drift"]
    told = [one["message"] in result["msg"] for one in result["drift"]]
    assert told == [position < 5 for position in range(missing)]
    assert result["msg"].endswith("And 2 more.") == (missing > 5)


def test_an_audit_that_is_to_fail_finds_nothing(share: Share) -> None:
    declared = {"desktop_flow": "Write Log", "principals": [{"user": "john.smith@contoso.example"}]}
    share(declared, fail_on_drift=True)
    assert share(declared, audit=True, fail_on_drift=True)["drift"] == []


def test_an_audit_tells_a_declared_disabled_user_who_holds_nothing(share: Share) -> None:
    declared = {"desktop_flow": "Write Log", "principals": [{"user": "dana.disabled@contoso.example"}]}
    (drift,) = share(declared, audit=True)["drift"]
    assert (drift["kind"], drift["path"]) == ("disabled_user", "shares[0].principals[0].user")
    share(declared, allow_disabled=True)
    (drift,) = share(declared, audit=True)["drift"]
    assert (drift["kind"], drift["found"], drift["desktop_flow"]) == ("disabled_user", "user", "Write Log")


def test_an_audit_still_refuses_a_declaration_that_contradicts_itself(share: Share) -> None:
    entry = {"desktop_flow": "Write Log", "principals": [{"team": "Finance Robotics", "permission": "co_owner"}]}
    result = share(entry, {"solution": "CoESharedFlows", "principals": [{"team": "Finance Robotics"}]}, audit=True)
    assert result["failed"]


def test_masks_may_be_other_ones_and_exact(share: Share, simulator: Any) -> None:
    john = {"desktop_flow": "Write Log", "principals": [{"user": "john.smith@contoso.example"}]}
    share(john, user_access=["read", "append"])
    assert share(john)["changed"] is False
    assert share(john, exact=True)["changes"][0]["after_access"] == ["read"]
    refused = share(john, user_access=["read", "write"])
    assert "user_access must hold the right read" in refused["msg"]


def test_who_may_not_read_the_table_of_shares_is_served_flow_by_flow(share: Share, simulator: Any) -> None:
    declared = {"solution": "CoESharedFlows", "exclusive": True, "principals": [ROBOTS, JOHN]}
    first = share(declared)
    forbidden = {"kind": "error", "status": 403, "code": "0x80040220", "path": "principalobjectaccessset", "count": 9}
    simulator.add_fault(forbidden)
    again = share(declared)
    assert again["changed"] is False
    assert again["shares"] == first["shares"]
    lowered = share({**declared, "principals": [JOHN]})
    assert [one["action"] for one in lowered["changes"]] == ["revoke"] * 3


@pytest.mark.parametrize("visible", ["all", "own"])
def test_a_table_that_hides_shares_is_no_proof_that_there_are_none(
    share: Share, held: Any, simulator: Any, visible: str
) -> None:
    share({"solution": "CoESharedFlows", "principals": [ROBOTS, JOHN]})
    before = held()
    simulator.environment("dev").settings.change({"visible_shares": visible})
    assert held() == before
    declared = {"solution": "CoESharedFlows", "exclusive": True, "principals": [JOHN]}
    audit = share(declared, audit=True)
    assert [one["kind"] for one in audit["drift"]] == ["surplus"] * 3
    result = share(declared)
    assert [one["action"] for one in result["changes"]] == ["revoke"] * 3
    assert ["shows this application fewer shares" in text for text in result["warnings"]] == [True] * (visible == "own")
    simulator.clear_journal()
    assert share(declared)["changed"] is False
    assert writes(simulator) == []
    assert requests(simulator) == (4 if visible == "all" else 5)


@pytest.mark.parametrize("visible", ["all", "own"])
def test_where_nothing_is_shared_one_request_more_makes_sure_of_it(share: Share, simulator: Any, visible: str) -> None:
    simulator.environment("dev").settings.change({"visible_shares": visible})
    simulator.clear_journal()
    nothing = {"solution": "CoESharedFlows", "exclusive": True, "state": "absent"}
    assert share(nothing)["changed"] is False
    assert requests(simulator) <= 5


@pytest.mark.parametrize(("count", "shown"), [(1, 0), (2, 1), (3, 1), (7, 2), (23, 2), (61, 0), (120, 0)])
def test_a_single_share_that_the_table_hides_is_found_among_flows_without_any(
    share: Share, simulator: Any, count: int, shown: int
) -> None:
    environment = simulator.environment("dev")
    flows = sorted(make_flows(environment, count))
    team = environment.store.first("team", name="Finance Robotics")["teamid"]
    own = environment.store.first("systemuser", applicationid=simulator.connection("dev")["client_id"])["systemuserid"]
    for flow in flows[:shown]:
        give(simulator, flow, "systemuser", own, 1)
    give(simulator, flows[-2 if count > 1 else 0], "team", team, 1)
    environment.settings.change({"visible_shares": "own"})
    declared = [{"desktop_flow": flow, "exclusive": True, "state": "absent"} for flow in flows]
    assert len(share(*declared)["changes"]) == shown + 1


def test_a_guest_is_found_by_the_user_name(share: Share) -> None:
    guest = {"user": "alex.twin_partner.example#EXT#@contoso.example"}
    result = share({"desktop_flow": "Write Log", "principals": [guest]})
    assert [one["principal"] for one in result["changes"]] == [guest["user"]]


def test_flows_with_work_queues_are_warned_of_when_they_are_shared(share: Share, simulator: Any) -> None:
    store = simulator.environment("dev").store
    flow = store.first("workflow", name="Write Log")
    store.update("workflow", flow["workflowid"], {"dependencies": '{"childFlows":[],"workQueues":["a"]}'})
    declared = {"desktop_flow": "Write Log", "principals": [ROBOTS]}
    assert any("work queues" in warning and "Write Log" in warning for warning in share(declared)["warnings"])
    assert other_warnings(simulator.environment("dev"), share(declared)) == []


def test_shares_are_valid_input_also_where_a_holder_who_was_not_declared_has_a_namesake(
    share: Share, simulator: Any
) -> None:
    store = simulator.environment("dev").store
    flow = store.first("workflow", name="Write Log")
    twin, john = store.first("team", name="Robotics"), store.first("systemuser", domainname=JOHN["user"])
    give(simulator, flow["workflowid"], "team", twin["teamid"], 1)
    give(simulator, flow["workflowid"], "systemuser", john["systemuserid"], 1)
    declared = {"desktop_flow": "Write Log", "principals": [ROBOTS]}
    predicted, done = share(declared, check_mode=True), share(declared)
    assert predicted["shares"] == done["shares"]
    (entry,) = done["shares"]
    assert {"team": twin["teamid"], "permission": "user"} in entry["principals"]
    assert ROBOTS in entry["principals"]
    again = share(*done["shares"])
    assert (again["changed"], len(again["shares"][0]["principals"])) == (False, 3)
