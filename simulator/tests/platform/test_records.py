# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Create, update, upsert, delete: what comes back, what is checked, who may."""

from __future__ import annotations

from typing import Any
from unittest.mock import ANY

import pytest
from client import Client, error
from dataverse_simulator import Simulator

GUID = "00000000-0000-4000-8000-000000000001"
INVALID, PAYLOAD, QUERY = "0x80040203", "0x80048d19", "0x80060888"


def test_a_new_record_is_named_in_the_answer(api: Client) -> None:
    answer = api.post("annotations", {"subject": "a"})
    location = answer.headers["OData-EntityId"]
    assert (answer.status_code, answer.text) == (204, "")
    assert location.startswith(f"{api.root}annotations(")
    assert api.get(location).json()["subject"] == "a"


def test_a_new_record_comes_back_when_asked_for(api: Client) -> None:
    answer = api.post("annotations?$select=subject", {"subject": "a"}, Prefer="return=representation")
    assert (answer.status_code, answer.json()["subject"], "notetext" in answer.json()) == (201, "a", False)
    assert answer.headers["Preference-Applied"] == "return=representation"


def test_the_client_may_choose_the_id(api: Client) -> None:
    assert api.create("annotations", {"annotationid": GUID, "subject": "a"}) == GUID
    assert error(api.post("annotations", {"annotationid": GUID})) == (412, "0x80040237")


def test_an_update_changes_the_version(api: Client) -> None:
    note = api.create("annotations", {"subject": "a"})
    before = api.get(f"annotations({note})").json()
    answer = api.patch(f"annotations({note})", {"subject": "b"}, Prefer="return=representation")
    assert (answer.status_code, answer.json()["subject"]) == (200, "b")
    assert answer.json()["@odata.etag"] != before["@odata.etag"]


def test_a_stale_version_is_refused(api: Client) -> None:
    note = api.create("annotations", {"subject": "a"})
    etag = api.get(f"annotations({note})").json()["@odata.etag"]
    assert api.patch(f"annotations({note})", {"subject": "b"}, If_Match=etag).status_code == 204
    refused = api.patch(f"annotations({note})", {"subject": "c"}, If_Match=etag)
    assert error(refused) == (412, "0x80060882")
    assert "RowVersion" in refused.json()["error"]["message"]
    assert error(api.send("DELETE", f"annotations({note})", headers={"If-Match": etag})) == (412, "0x80060882")


UPSERTS = [
    # exists, header, status
    (False, {}, 204),
    (True, {}, 204),
    (False, {"If_Match": "*"}, 404),
    (True, {"If_Match": "*"}, 204),
    (False, {"If_None_Match": "*"}, 204),
    (True, {"If_None_Match": "*"}, 412),
]


@pytest.mark.parametrize(("exists", "headers", "status"), UPSERTS)
def test_patch_creates_or_updates(api: Client, exists: bool, headers: dict[str, str], status: int) -> None:
    if exists:
        api.create("annotations", {"annotationid": GUID, "subject": "old"})
    assert api.patch(f"annotations({GUID})", {"subject": "new"}, **headers).status_code == status
    found = api.get(f"annotations({GUID})")
    assert found.json().get("subject") == {204: "new", 404: None, 412: "old"}[status]


def test_patch_by_alternate_key_creates_and_updates(api: Client) -> None:
    path = "connectionreferences(connectionreferencelogicalname='con_ref')"
    assert api.patch(path, {"connectorid": "/a"}).status_code == 204
    assert api.patch(path, {"connectorid": "/b"}).status_code == 204
    rows = api.values("connectionreferences?$filter=connectionreferencelogicalname eq 'con_ref'")
    assert [row["connectorid"] for row in rows] == ["/b"]


def test_a_single_property_is_set_and_cleared(api: Client) -> None:
    note = api.create("annotations", {"subject": "a", "notetext": "x"})
    assert api.send("PUT", f"annotations({note})/subject", json={"value": "b"}).status_code == 204
    assert api.send("DELETE", f"annotations({note})/notetext").status_code == 204
    row = api.get(f"annotations({note})").json()
    assert (row["subject"], row["notetext"]) == ("b", None)


def test_a_file_is_uploaded_in_one_request(api: Client) -> None:
    binary = api.create("desktopflowbinaries", {"name": "screenshots"})
    path = f"desktopflowbinaries({binary})/data"
    headers = {"Content-Type": "application/octet-stream", "x-ms-file-name": "screen.png"}
    assert api.send("PATCH", path, data=b"\x89PNG", headers=headers).status_code == 204
    assert api.get(f"{path}/$value").content == b"\x89PNG"
    assert api.get(f"desktopflowbinaries({binary})?$select=data").json()["data_name"] == "screen.png"
    chunked = {**headers, "x-ms-transfer-mode": "chunked"}
    assert api.send("PATCH", path, headers=chunked).status_code == 501
    assert api.send("PATCH", path, data=b"{}", headers={"Content-Type": "application/json"}).status_code == 415


def test_the_state_brings_its_status(api: Client) -> None:
    flow = api.create("workflows", {"name": "Flow", "category": 6})
    assert api.patch(f"workflows({flow})", {"statecode": 1}).status_code == 204
    row = api.get(f"workflows({flow})?$select=statecode,statuscode").json()
    assert (row["statecode"], row["statuscode"]) == (1, 2)


def test_a_deleted_record_is_gone(api: Client) -> None:
    note = api.create("annotations", {"subject": "a"})
    assert api.send("DELETE", f"annotations({note})").status_code == 204
    assert error(api.get(f"annotations({note})")) == (404, "0x80040217")
    assert error(api.send("DELETE", f"annotations({note})")) == (404, "0x80040217")


BODIES: list[tuple[str, str, dict[str, Any], int, str]] = [
    ("unknown column", "annotations", {"nonsense": 1}, 400, PAYLOAD),
    ("unknown navigation", "annotations", {"nonsense@odata.bind": "/teams(1)"}, 400, PAYLOAD),
    ("a lookup written directly", "solutions", {"_publisherid_value": GUID}, 400, QUERY),
    ("a lookup by its logical name", "solutions", {"publisherid": GUID}, 400, QUERY),
    ("a related record in one go", "solutions", {"publisherid": {"uniquename": "x"}}, 501, "0x80060890"),
    ("text for a number", "workflows", {"category": "6"}, 400, PAYLOAD),
    ("number for a text", "annotations", {"subject": 1}, 400, PAYLOAD),
    ("text for a truth value", "annotations", {"isdocument": "true"}, 400, PAYLOAD),
    ("no moment", "workqueues", {"name": 1}, 400, PAYLOAD),
    ("too long a text", "workflows", {"name": "x" * 101}, 400, "0x80044331"),
    ("a choice that is none", "workflows", {"category": 99}, 400, "0x8004431a"),
    ("a read-only column", "solutions", {"ismanaged": True}, 400, INVALID),
    ("no Guid", "teams", {"azureactivedirectoryobjectid": "group"}, 400, PAYLOAD),
    ("a required column is missing", "solutions", {"uniquename": "a", "friendlyname": "a"}, 400, INVALID),
    ("a reference to nothing", "solutions", {"publisherid@odata.bind": f"/publishers({GUID})"}, 404, "0x80040217"),
    ("a reference to another table", "solutions", {"publisherid@odata.bind": "/organizations"}, 404, "0x8006088a"),
    ("an Entra group that is none", "teams", {"azureactivedirectoryobjectid": GUID, "membershiptype": 0}, 400, INVALID),
    ("an application that is none", "systemusers", {"applicationid": GUID}, 400, INVALID),
    ("related records in one go", "publishers", {"publisher_solution": []}, 501, "0x80060890"),
    ("a table without Create", "principalobjectaccessset", {}, 405, "0x80040800"),
]


@pytest.mark.parametrize(("path", "body", "status", "code"), [pytest.param(*row[1:], id=row[0]) for row in BODIES])
def test_a_body_that_does_not_fit_is_refused(
    api: Client, path: str, body: dict[str, Any], status: int, code: str
) -> None:
    before = len(api.values(path))
    assert error(api.post(path, body)) == (status, code)
    assert len(api.values(path)) == before


@pytest.mark.parametrize("body", [b"{", b"[]", b'"text"', b"\xff"])
def test_a_body_that_is_no_object_is_refused(api: Client, body: bytes) -> None:
    answer = api.send("POST", "annotations", data=body, headers={"Content-Type": "application/json"})
    assert error(answer) == (400, PAYLOAD)


def test_a_body_of_another_type_is_refused(api: Client) -> None:
    answer = api.send(
        "POST", "annotations", data=b"subject=a", headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert answer.status_code == 415


def test_fixed_columns_stay_as_they_are(api: Client) -> None:
    team = api.values("teams?$filter=name eq 'Payroll Runners'")[0]["teamid"]
    assert error(api.patch(f"teams({team})", {"teamtype": 0})) == (400, INVALID)
    assert error(api.patch(f"teams({team})", {"azureactivedirectoryobjectid": GUID})) == (400, INVALID)


def test_shares_cannot_be_written_directly(api: Client) -> None:
    assert error(api.patch(f"principalobjectaccessset({GUID})", {"accessrightsmask": 1})) == (405, "0x80040800")
    assert error(api.send("DELETE", f"principalobjectaccessset({GUID})")) == (405, "0x80040800")


def test_a_request_that_is_too_large_is_refused(simulator: Simulator, api: Client) -> None:
    settings = simulator.environment("test").settings
    settings.max_body_bytes = 1000
    try:
        assert api.post("annotations", {"notetext": "x" * 2000}).status_code == 413
    finally:
        settings.max_body_bytes = 128 * 1024 * 1024


def test_a_group_team_takes_name_and_kind_from_the_group(api: Client) -> None:
    group = "d0000000-0000-4000-8000-000000000002"
    team = api.create("teams", {"azureactivedirectoryobjectid": group, "membershiptype": 0})
    row = api.get(f"teams({team})?$expand=teammembership_association($select=domainname)").json()
    assert (row["name"], row["teamtype"]) == ("RPA Finance", 2)
    assert [one["domainname"] for one in row["teammembership_association"]] == ["john.smith@contoso.example"]
    assert error(api.post("teams", {"azureactivedirectoryobjectid": group, "membershiptype": 0})) == (412, "0x80040237")


def test_an_office_group_becomes_an_office_team(api: Client) -> None:
    team = api.create(
        "teams", {"azureactivedirectoryobjectid": "d0000000-0000-4000-8000-000000000003", "membershiptype": 1}
    )
    assert api.get(f"teams({team})").json()["teamtype"] == 3


def test_names_of_teams_are_unique_in_a_business_unit(api: Client) -> None:
    assert error(api.post("teams", {"name": "Night Shift"})) == (412, "0x80040237")


def test_an_application_user_is_made_by_its_application_id(simulator: Simulator, api: Client) -> None:
    unit = api.get("WhoAmI").json()["BusinessUnitId"]
    stranger = simulator.credentials("stranger").client_id
    assert error(Client(simulator, "test", "stranger").get("WhoAmI")) == (403, "0x80072560")
    body = {"applicationid": stranger, "businessunitid@odata.bind": f"businessunits({unit})", "accessmode": 4}
    api.create("systemusers", body)
    assert Client(simulator, "test", "stranger").get("WhoAmI").status_code == 200


def test_a_note_is_bound_by_the_name_of_its_table(api: Client) -> None:
    flow = api.create("workflows", {"name": "Noted", "category": 6})
    assert error(api.post("annotations", {"subject": "a", "objectid@odata.bind": f"workflows({flow})"})) == (
        400,
        PAYLOAD,
    )
    api.create("annotations", {"subject": "a", "objectid_workflow@odata.bind": f"/workflows({flow})"})
    assert [row["subject"] for row in api.values(f"workflows({flow})/Workflow_Annotation")] == ["a"]
    assert api.values(f"annotations?$filter=_objectid_value eq {flow}&$expand=objectid_workflow($select=name)")[0][
        "objectid_workflow"
    ] == {"@odata.etag": ANY, "name": "Noted", "workflowid": flow}


def test_managed_properties_are_objects(api: Client) -> None:
    flow = api.create("workflows", {"name": "Fixed", "category": 6, "iscustomizable": {"Value": False}})
    shown = api.get(f"workflows({flow})?$select=iscustomizable").json()["iscustomizable"]
    assert (shown["Value"], shown["CanBeChanged"]) == (False, True)
    assert api.get(f"workflows({flow})/iscustomizable").json()["Value"] is False
    assert [row["name"] for row in api.values("workflows?$filter=iscustomizable/Value eq false")] == ["Fixed"]
    assert error(api.get("workflows?$filter=iscustomizable eq false")) == (400, "0x80060888")
    assert error(api.patch(f"workflows({flow})", {"iscustomizable": True})) == (400, PAYLOAD)


def test_etags_of_rows_without_a_version_column(api: Client) -> None:
    """Of roletemplates, jobs and virtual tables `versionnumber` does not show."""
    assert error(api.get("asyncoperations?$select=versionnumber")) == (400, "0x80060888")
    assert error(api.get("organizations?$select=uniquename")) == (400, "0x80060888")
    assert api.values("organizations?$select=name,versionnumber")[0]["@odata.etag"]
