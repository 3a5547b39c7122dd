# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Links between records by $ref."""

from __future__ import annotations

from client import Client, error

GUID = "00000000-0000-4000-8000-000000000001"


def _id(api: Client, table: str, name: str, key: str) -> str:
    return str(api.values(f"{table}?$filter=name eq '{name}'&$select={key}&$orderby=createdon")[0][key])


def _roles(api: Client, team: str) -> list[str]:
    return sorted(row["name"] for row in api.values(f"teams({team})/teamroles_association?$select=name"))


def test_a_team_gets_and_loses_a_role(api: Client) -> None:
    team, role = _id(api, "teams", "Finance Robotics", "teamid"), _id(api, "roles", "Environment Maker", "roleid")
    body = {"@odata.id": f"{api.root}roles({role})"}
    assert api.post(f"teams({team})/teamroles_association/$ref", body).status_code == 204
    assert api.post(f"teams({team})/teamroles_association/$ref", body).status_code == 204
    assert _roles(api, team) == ["Basic User", "Environment Maker"]
    assert api.send("DELETE", f"teams({team})/teamroles_association({role})/$ref").status_code == 204
    assert _roles(api, team) == ["Basic User"]
    assert error(api.send("DELETE", f"teams({team})/teamroles_association({role})/$ref")) == (404, "0x80040217")


def test_a_link_is_removed_by_the_other_form_too(api: Client) -> None:
    team, role = _id(api, "teams", "Finance Robotics", "teamid"), _id(api, "roles", "Basic User", "roleid")
    assert (
        api.send("DELETE", f"teams({team})/teamroles_association/$ref?$id={api.root}roles({role})").status_code == 204
    )
    assert _roles(api, team) == []


def test_the_references_of_a_collection_are_listed(api: Client) -> None:
    team, role = _id(api, "teams", "Finance Robotics", "teamid"), _id(api, "roles", "Basic User", "roleid")
    rows = api.values(f"teams({team})/teamroles_association/$ref")
    assert rows == [{"@odata.id": f"{api.root}roles({role})"}]


def test_giving_a_role_to_an_entra_group_makes_the_team(api: Client) -> None:
    role = _id(api, "roles", "Basic User", "roleid")
    path = "teams(azureactivedirectoryobjectid=d0000000-0000-4000-8000-000000000002,membershiptype=0)"
    assert error(api.get(path)) == (404, "0x80060891")
    answer = api.post(f"{path}/teamroles_association/$ref", {"@odata.id": f"{api.root}roles({role})"})
    assert answer.status_code == 204
    team = api.get(path).json()
    assert (team["name"], team["teamtype"]) == ("RPA Finance", 2)
    assert _roles(api, team["teamid"]) == ["Basic User"]


def test_giving_a_role_to_a_user_who_is_only_in_the_tenant_adds_the_user(api: Client) -> None:
    role = _id(api, "roles", "Basic User", "roleid")
    path = "systemusers(azureactivedirectoryobjectid=e0000000-0000-4000-8000-000000000008)"
    answer = api.post(f"{path}/systemuserroles_association/$ref", {"@odata.id": f"roles({role})"})
    assert answer.status_code == 204
    assert api.get(path).json()["fullname"] == "Petra Pending"


def test_members_come_and_go(api: Client) -> None:
    team = _id(api, "teams", "Night Shift", "teamid")
    jane = api.values("systemusers?$filter=fullname eq 'Jane Doe'")[0]["systemuserid"]
    assert (
        api.post(f"teams({team})/teammembership_association/$ref", {"@odata.id": f"systemusers({jane})"}).status_code
        == 204
    )
    assert api.get(f"teams({team})/teammembership_association/$count").text == "2"
    assert api.send("DELETE", f"teams({team})/teammembership_association({jane})/$ref").status_code == 204


def test_links_that_make_no_sense_are_refused(api: Client) -> None:
    access, group = _id(api, "teams", "Night Shift", "teamid"), _id(api, "teams", "Payroll Runners", "teamid")
    role = _id(api, "roles", "Basic User", "roleid")
    jane = api.values("systemusers?$filter=fullname eq 'Jane Doe'")[0]["systemuserid"]
    roles, members = "teamroles_association/$ref", "teammembership_association/$ref"
    assert error(api.post(f"teams({access})/{roles}", {"@odata.id": f"roles({role})"})) == (400, "0x80040203")
    assert error(api.post(f"teams({group})/{members}", {"@odata.id": f"systemusers({jane})"})) == (400, "0x80040203")
    assert error(api.post(f"teams({group})/{roles}", {"@odata.id": f"systemusers({jane})"})) == (400, "0x80060888")
    assert error(api.post(f"teams({group})/{roles}", {})) == (400, "0x80060888")
    assert error(api.post(f"teams({group})/{roles}", {"@odata.id": f"roles({GUID})"})) == (404, "0x80040217")
    assert error(api.post(f"teams({GUID})/{roles}", {"@odata.id": f"roles({role})"})) == (404, "0x80040217")
    assert error(api.post(f"teams({group})/nonsense/$ref", {"@odata.id": f"roles({role})"})) == (404, "0x8006088a")


def test_a_lookup_is_set_by_reference(api: Client) -> None:
    publishers = [api.create("publishers", {"uniquename": name, "friendlyname": name}) for name in ("a", "b")]
    solution = api.create(
        "solutions",
        {
            "uniquename": "s",
            "friendlyname": "s",
            "publisherid@odata.bind": f"publishers({publishers[0]})",
        },
    )
    answer = api.send(
        "PUT", f"solutions({solution})/publisherid/$ref", json={"@odata.id": f"publishers({publishers[1]})"}
    )
    assert answer.status_code == 204
    assert api.get(f"solutions({solution})/publisherid").json()["uniquename"] == "b"
