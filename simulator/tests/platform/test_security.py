# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles, ownership and shares: who may see and change what."""

from __future__ import annotations

import pytest
from client import Client, error
from dataverse_simulator import Simulator


@pytest.fixture
def maker(simulator: Simulator) -> Client:
    """An application user with the role Environment Maker: rights on its own flows only."""
    return Client(simulator, "test", "maker")


def share(simulator: Simulator, flow: str, application: str, mask: int) -> None:
    environment = simulator.environment("test")
    with environment.lock:
        user = environment.store.first("systemuser", applicationid=simulator.credentials(application).client_id)
        assert user is not None
        environment.store.insert(
            "principalobjectaccess",
            {
                "objectid": flow,
                "objecttypecode": "workflow",
                "principalid": user["systemuserid"],
                "principaltypecode": "systemuser",
                "accessrightsmask": mask,
            },
        )


def test_a_missing_privilege_is_named(simulator: Simulator) -> None:
    reader = Client(simulator, "test", "reader")
    answer = reader.post("workflows", {"name": "Flow", "category": 6})
    assert error(answer) == (403, "0x80040220")
    message = answer.json()["error"]["message"]
    assert message.startswith("Principal user (Id=")
    assert "type=8, roleCount=1, privilegeCount=" in message
    assert "is missing prvCreateWorkflow privilege (Id=" in message


def test_only_own_and_shared_rows_are_seen_with_basic_depth(simulator: Simulator, api: Client, maker: Client) -> None:
    theirs = api.create("workflows", {"name": "Theirs", "category": 6})
    own = maker.create("workflows", {"name": "Own", "category": 6})
    assert [row["name"] for row in maker.values("workflows?$filter=name eq 'Own' or name eq 'Theirs'")] == ["Own"]
    refused = maker.get(f"workflows({theirs})")
    assert error(refused) == (403, "0x80040220")
    assert "AccessRights: ReadAccess" in refused.json()["error"]["message"]
    share(simulator, theirs, "maker", 1)
    assert maker.get(f"workflows({theirs})?$select=name").json()["name"] == "Theirs"
    assert len(maker.values("workflows?$filter=name eq 'Own' or name eq 'Theirs'")) == 2
    assert {row["workflowid"] for row in api.values("workflows?$select=workflowid")} >= {own, theirs}


@pytest.mark.parametrize(("mask", "changes", "deletes"), [(1, 403, 403), (3, 204, 403), (65539, 204, 204)])
def test_a_share_gives_the_rights_of_its_mask(
    simulator: Simulator, api: Client, maker: Client, mask: int, changes: int, deletes: int
) -> None:
    flow = api.create("workflows", {"name": "Flow", "category": 6})
    share(simulator, flow, "maker", mask)
    assert maker.patch(f"workflows({flow})", {"description": "x"}).status_code == changes
    assert maker.send("DELETE", f"workflows({flow})").status_code == deletes


def test_a_share_without_the_privilege_gives_nothing(simulator: Simulator, api: Client) -> None:
    reader = Client(simulator, "test", "reader")
    flow = api.create("workflows", {"name": "Flow", "category": 6})
    share(simulator, flow, "reader", 3)
    assert error(reader.patch(f"workflows({flow})", {"description": "x"})) == (403, "0x80040220")


def test_giving_a_record_away_needs_the_right_to_assign(simulator: Simulator, api: Client, maker: Client) -> None:
    flow = api.create("workflows", {"name": "Flow", "category": 6})
    share(simulator, flow, "maker", 3)
    team = api.values("teams?$filter=name eq 'Finance Robotics'")[0]["teamid"]
    body = {"ownerid@odata.bind": f"teams({team})"}
    assert maker.patch(f"workflows({flow})", body).status_code == 403
    assert api.patch(f"workflows({flow})", body).status_code == 204
    row = api.get(f"workflows({flow})").json()
    assert (row["_ownerid_value"], row["_owningteam_value"], row["_owninguser_value"]) == (team, team, None)


def test_privileges_by_a_team_count(simulator: Simulator, api: Client) -> None:
    roleless = Client(simulator, "test", "roleless")
    assert roleless.get("workflows?$select=name").status_code == 403
    user = api.values(f"systemusers?$filter=applicationid eq {simulator.credentials('roleless').client_id}")[0][
        "systemuserid"
    ]
    team = api.values("teams?$filter=name eq 'Finance Robotics'")[0]["teamid"]
    link = {"@odata.id": f"systemusers({user})"}
    assert api.post(f"teams({team})/teammembership_association/$ref", link).status_code == 204
    assert roleless.get("workflows?$select=name").status_code == 200


def test_a_new_role_works_at_once(simulator: Simulator, api: Client) -> None:
    reader = Client(simulator, "test", "reader")
    assert reader.post("workflows", {"name": "Flow", "category": 6}).status_code == 403
    user = api.values(f"systemusers?$filter=applicationid eq {simulator.credentials('reader').client_id}")[0][
        "systemuserid"
    ]
    role = api.values("roles?$filter=name eq 'Environment Maker'")[0]["roleid"]
    assert (
        api.post(f"systemusers({user})/systemuserroles_association/$ref", {"@odata.id": f"roles({role})"}).status_code
        == 204
    )
    assert reader.post("workflows", {"name": "Flow", "category": 6}).status_code == 204


def test_giving_roles_needs_its_own_privilege(simulator: Simulator, api: Client, maker: Client) -> None:
    team = api.values("teams?$filter=name eq 'Finance Robotics'")[0]["teamid"]
    role = api.values("roles?$filter=name eq 'Basic User'")[0]["roleid"]
    answer = maker.post(f"teams({team})/teamroles_association/$ref", {"@odata.id": f"roles({role})"})
    assert error(answer) == (403, "0x80040220")
