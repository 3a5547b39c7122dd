# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading: filters, order, pages, counts, expanded and single rows, annotations."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import quote

import pytest
from client import Client, error
from dataverse_simulator import Simulator
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


@pytest.fixture
def publishers(api: Client) -> Client:
    """Five publishers with prefixes p0…p4; p3 and p4 have no description."""
    for number in range(5):
        body: dict[str, Any] = {
            "uniquename": f"p{number}",
            "friendlyname": f"Publisher {4 - number}",
            "customizationprefix": f"p{number}",
        }
        if number < 3:
            body |= {"description": f"It's {number}", "customizationoptionvalueprefix": 10000 + number}
        api.create("publishers", body)
    return api


FILTERS = [
    ("uniquename eq 'p1'", ["p1"]),
    ("uniquename eq 'P1'", ["p1"]),
    ("uniquename ne 'p1' and startswith(uniquename,'p')", ["p0", "p2", "p3", "p4"]),
    ("description ne 'It''s 1' and startswith(uniquename,'p')", ["p0", "p2", "p3", "p4"]),
    ("description eq null and startswith(uniquename,'p')", ["p3", "p4"]),
    ("not (description eq null) and startswith(uniquename,'p')", ["p0", "p1", "p2"]),
    ("contains(description,'''s 2')", ["p2"]),
    ("endswith(friendlyname,'4')", ["p0"]),
    ("uniquename in ('p1','p3')", ["p1", "p3"]),
    ("customizationoptionvalueprefix gt 10000 and customizationoptionvalueprefix le 10002", ["p1", "p2"]),
    ("(uniquename eq 'p1' or uniquename eq 'p2') and customizationoptionvalueprefix eq 10002", ["p2"]),
    ("Microsoft.Dynamics.CRM.In(PropertyName='uniquename',PropertyValues=['p0','p4'])", ["p0", "p4"]),
    ("Microsoft.Dynamics.CRM.In(PropertyName='uniquename',PropertyValues=['p4'])", ["p4"]),
    ("Microsoft.Dynamics.CRM.In(PropertyName='customizationoptionvalueprefix',PropertyValues=['10001','7'])", ["p1"]),
    ("uniquename in ('p3')", ["p3"]),
    ("customizationoptionvalueprefix in (10002)", ["p2"]),
    ("uniquename eq 'in (x)' or uniquename in ( 'p3' )", ["p3"]),
    ("tolower(uniquename) eq 'p1'", ["p1"]),
    ("contains(uniquename,'%')", []),
    ("createdon gt 2000-01-01T00:00:00Z and uniquename eq 'p1'", ["p1"]),
    ("createdon lt 2000-01-01T00:00:00Z", []),
    ("year(createdon) gt 2000 and uniquename eq 'p1'", ["p1"]),
]


@pytest.mark.parametrize(("condition", "expected"), FILTERS)
def test_a_filter_finds_its_rows(publishers: Client, condition: str, expected: list[str]) -> None:
    rows = publishers.values(f"publishers?$select=uniquename&$orderby=uniquename&$filter={quote(condition)}")
    assert [row["uniquename"] for row in rows if row["uniquename"].startswith("p")] == expected


def test_a_parameter_alias_stands_for_its_value(publishers: Client) -> None:
    rows = publishers.values("publishers?$select=uniquename&$filter=uniquename eq @p1&@p1='p1'")
    assert [row["uniquename"] for row in rows] == ["p1"]


def test_guids_compare_without_regard_to_case(api: Client) -> None:
    user = api.values("systemusers?$filter=domainname eq 'jane.doe@contoso.example'&$select=systemuserid")[0]
    found = api.values(f"systemusers?$filter=systemuserid eq {user['systemuserid'].upper()}&$select=fullname")
    assert [row["fullname"] for row in found] == ["Jane Doe"]


def test_texts_compare_without_regard_to_case_in_every_alphabet(api: Client) -> None:
    api.create("annotations", {"subject": "Größe ÉCOLE"})
    assert len(api.values("annotations?$filter=subject eq 'GRÖSSE école'&$select=subject")) == 1
    assert not api.values("annotations?$filter=subject eq 'Grosse ecole'&$select=subject")


def test_members_of_definitions_that_are_not_modelled_are_named(api: Client) -> None:
    path = "EntityDefinitions(LogicalName='workflow')/Attributes?$select=LogicalName,"
    assert api.get(f"{path}AttributeOf").status_code == 501
    assert "AttributeOf" in api.get(f"{path}AttributeOf").text
    assert api.get(f"{path}Nonsense").status_code == 400


def test_plus_and_percent_encoded_blanks_are_blanks(api: Client) -> None:
    for encoded in ("fullname+eq+'Jane+Doe'", "fullname%20eq%20%27Jane%20Doe%27", "fullname eq 'Jane Doe'"):
        assert len(api.values(f"systemusers?$filter={encoded}")) == 1
    assert not api.values("systemusers?$filter=fullname eq 'Jane%2BDoe'")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]), min_size=1, max_size=40))
def test_any_text_comes_back_and_is_found(api: Client, text: str) -> None:
    marker = str(uuid.uuid4())
    row_id = api.create("annotations", {"subject": text, "filename": marker})
    assert api.get(f"annotations({row_id})?$select=subject").json()["subject"] == text
    literal = text.replace("'", "''")
    found = api.get("annotations", params={"$filter": f"subject eq '{literal}' and filename eq '{marker}'"}).json()[
        "value"
    ]
    assert [row["annotationid"] for row in found] == [row_id]


def test_order_goes_by_several_columns_and_nothing_comes_first(publishers: Client) -> None:
    mine = quote("startswith(uniquename,'p')")
    rows = publishers.values(f"publishers?$select=uniquename&$filter={mine}&$orderby=description asc,uniquename desc")
    assert [row["uniquename"] for row in rows] == ["p4", "p3", "p0", "p1", "p2"]


PAGED_ORDERS = ["uniquename desc", "description", "description desc,friendlyname", "friendlyname"]


@pytest.mark.parametrize("order", PAGED_ORDERS)
def test_pages_together_are_the_whole(publishers: Client, order: str) -> None:
    path = f"publishers?$select=uniquename&$orderby={order}"
    whole = [row["uniquename"] for row in publishers.values(path)]
    collected: list[str] = []
    url = path
    while url:
        answer = publishers.get(url, headers={"Prefer": "odata.maxpagesize=2"}).json()
        assert len(answer["value"]) <= 2
        collected += [row["uniquename"] for row in answer["value"]]
        url = answer.get("@odata.nextLink", "")
    assert collected == whole


def test_a_page_continues_where_it_stopped_although_rows_before_it_went(publishers: Client) -> None:
    headers = {"Prefer": "odata.maxpagesize=3"}
    first = publishers.get(
        "publishers?$select=uniquename&$orderby=uniquename&$filter=startswith(uniquename,'p')", headers=headers
    ).json()
    publishers.send("DELETE", f"publishers({first['value'][0]['publisherid']})")
    second = publishers.get(first["@odata.nextLink"], headers=headers).json()
    assert [row["uniquename"] for row in second["value"]] == ["p3", "p4"]


def test_the_count_comes_with_the_rows_and_alone(publishers: Client) -> None:
    answer = publishers.get("publishers?$count=true&$top=1&$filter=startswith(uniquename,'p')").json()
    assert (answer["@odata.count"], len(answer["value"])) == (5, 1)
    assert publishers.get("publishers/$count?$filter=startswith(uniquename,'p')").text == "5"


def test_expanding_follows_lookups_and_collections(api: Client) -> None:
    publisher = api.create("publishers", {"uniquename": "contoso", "friendlyname": "Contoso"})
    for name in ("a", "b"):
        api.create(
            "solutions",
            {"uniquename": name, "friendlyname": name, "publisherid@odata.bind": f"/publishers({publisher})"},
        )
    rows = api.values("solutions?$select=uniquename&$filter=uniquename eq 'a'&$expand=publisherid($select=uniquename)")
    assert rows[0]["publisherid"]["uniquename"] == "contoso"
    one = api.get(
        f"publishers({publisher})?$expand=publisher_solution($select=uniquename;$orderby=uniquename "
        "desc;$filter=uniquename ne 'x')"
    )
    assert [row["uniquename"] for row in one.json()["publisher_solution"]] == ["b", "a"]
    related = api.values(f"publishers({publisher})/publisher_solution?$select=uniquename&$orderby=uniquename")
    assert [row["uniquename"] for row in related] == ["a", "b"]
    assert api.get(f"publishers({publisher})/publisher_solution/$count").text == "2"
    solution = api.values("solutions?$filter=publisherid/uniquename eq 'contoso' and uniquename eq 'b'")[0][
        "solutionid"
    ]
    assert api.get(f"solutions({solution})/publisherid?$select=uniquename").json()["uniquename"] == "contoso"


def test_many_to_many_relationships_are_read_both_ways(api: Client) -> None:
    team = api.values(
        "teams?$filter=name eq 'Finance "
        "Robotics'&$expand=teammembership_association($select=fullname;$orderby=fullname)"
    )[0]
    assert [row["fullname"] for row in team["teammembership_association"]] == ["Jane Doe", "John Smith"]
    user = api.values(
        "systemusers?$filter=fullname eq 'Jane Doe' and systemuserroles_association/any(r:r/name eq "
        "'Environment Maker')"
    )
    assert len(user) == 1
    assert not api.values(
        "systemusers?$filter=fullname eq 'Jane Doe' and systemuserroles_association/any(r:r/name eq 'Basic User')"
    )


def test_single_properties_come_as_json_and_as_text(api: Client) -> None:
    schema = '{"schema":{"properties":{}}}'
    flow = api.create("workflows", {"name": "Flow", "category": 6, "inputs": schema})
    raw = api.get(f"workflows({flow})/inputs/$value")
    assert (raw.text, raw.headers["Content-Type"]) == (schema, "text/plain; charset=utf-8")
    assert api.get(f"workflows({flow})/name").json()["value"] == "Flow"
    assert api.get(f"workflows({flow})/outputs/$value").status_code == 204


def test_annotations_come_when_asked_for(api: Client) -> None:
    flow = api.create("workflows", {"name": "Flow", "category": 6})
    path = f"workflows({flow})?$select=category,_ownerid_value"
    assert not [name for name in api.get(path).json() if "FormattedValue" in name]
    row = api.get(path, headers={"Prefer": 'odata.include-annotations="*"'}).json()
    assert row["category@OData.Community.Display.V1.FormattedValue"] == "Desktop Flow"
    assert row["_ownerid_value@OData.Community.Display.V1.FormattedValue"] == "# deployment"
    assert row["_ownerid_value@Microsoft.Dynamics.CRM.lookuplogicalname"] == "systemuser"
    only = api.get(path, headers={"Prefer": 'odata.include-annotations="Microsoft.Dynamics.CRM.*"'}).json()
    assert not [name for name in only if "FormattedValue" in name]
    assert "_ownerid_value@Microsoft.Dynamics.CRM.lookuplogicalname" in only


def test_alternate_keys_address_a_record(api: Client) -> None:
    jane = "e0000000-0000-4000-8000-000000000001"
    assert (
        api.get(f"systemusers(azureactivedirectoryobjectid={jane})?$select=fullname").json()["fullname"] == "Jane Doe"
    )
    group = "d0000000-0000-4000-8000-000000000001"
    team = api.get(f"teams(azureactivedirectoryobjectid={group},membershiptype=0)?$select=name")
    assert team.json()["name"] == "Payroll Runners"
    assert error(api.get(f"teams(azureactivedirectoryobjectid={group},membershiptype=2)")) == (404, "0x80060891")


def test_a_user_of_the_tenant_appears_when_first_mentioned(api: Client) -> None:
    pending = "e0000000-0000-4000-8000-000000000008"
    assert not api.values(f"systemusers?$filter=azureactivedirectoryobjectid eq {pending}")
    assert (
        api.get(f"systemusers(azureactivedirectoryobjectid={pending})").json()["domainname"]
        == "petra.pending@contoso.example"
    )
    assert len(api.values(f"systemusers?$filter=azureactivedirectoryobjectid eq {pending}")) == 1


def test_drafts_show_only_when_asked_for(simulator: Simulator, api: Client) -> None:
    environment = simulator.environment("test")
    flow = api.create("workflows", {"name": "Draft", "category": 6})
    with environment.lock:
        environment.store.update("workflow", flow, {"componentstate": 1})
    assert error(api.get(f"workflows({flow})")) == (404, "0x80040217")
    assert not api.values("workflows?$filter=name eq 'Draft'")
    drafts = api.get("workflows?$filter=name eq 'Draft'", headers={"MSCRM.IncludeUnpublished": "true"}).json()["value"]
    assert len(drafts) == 1


def test_an_unchanged_record_answers_304(api: Client) -> None:
    team = api.values("teams?$filter=name eq 'Night Shift'")[0]
    path = f"teams({team['teamid']})"
    assert api.get(path, headers={"If-None-Match": team["@odata.etag"]}).status_code == 304
    assert api.get(path, headers={"If-None-Match": "null"}).status_code == 200


def test_entity_definitions_tell_set_names_and_columns(api: Client) -> None:
    row = api.get("EntityDefinitions(LogicalName='desktopflowbinary')?$select=EntitySetName,PrimaryIdAttribute").json()
    assert row["EntitySetName"] == "desktopflowbinaries"
    found = api.values("EntityDefinitions?$select=LogicalName&$filter=EntitySetName eq 'principalobjectaccessset'")
    assert [one["LogicalName"] for one in found] == ["principalobjectaccess"]
    picklists = "EntityDefinitions(LogicalName='workflow')/Attributes/Microsoft.Dynamics.CRM.PicklistAttributeMetadata"
    choices = api.values(
        f"{picklists}?$select=LogicalName&$expand=OptionSet($select=Options)&$filter=LogicalName eq 'category'"
    )
    labels = {one["Value"]: one["Label"]["UserLocalizedLabel"]["Label"] for one in choices[0]["OptionSet"]["Options"]}
    assert labels[6] == "Desktop Flow"
    name = api.get("EntityDefinitions(LogicalName='workflow')/Attributes(LogicalName='name')?$select=MaxLength").json()
    assert name["MaxLength"] == 100
    names = {one["LogicalName"]: one for one in api.values("EntityDefinitions(LogicalName='team')/Attributes")}
    assert names["businessunitid"]["Targets"] == ["businessunit"]


def test_functions_of_the_platform_answer(api: Client) -> None:
    me = api.get("WhoAmI()").json()
    detail = api.get(
        "RetrieveCurrentOrganization(AccessType=@p)?@p=Microsoft.Dynamics.CRM.EndpointAccessType'Default'"
    ).json()
    assert detail["Detail"]["OrganizationId"] == me["OrganizationId"]
    inline = api.get("RetrieveCurrentOrganization(AccessType='Default')").json()
    assert inline["Detail"]["UrlName"] == "test"
    rights = api.get(
        f"systemusers({me['UserId']})/Microsoft.Dynamics.CRM.RetrieveUserPrivilegeByPrivilegeName(PrivilegeName='prvReadWorkflow')"
    )
    assert rights.json()["RolePrivileges"][0]["Depth"] == "Global"
    roles = api.get("RetrieveAadUserRoles(DirectoryObjectId=e0000000-0000-4000-8000-000000000001)").json()["value"]
    assert "Environment Maker" in [role["name"] for role in roles]
