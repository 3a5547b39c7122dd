# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""FetchXML in its simple form, keys and relationships of definitions: what public clients ask first."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from client import Client
from dataverse_simulator import Simulator

CRM = "@Microsoft.Dynamics.CRM."


def fetch(api: Client, table: str, inner: str, attributes: str = "", **options: Any) -> dict[str, Any]:
    text = f"<fetch {attributes}><entity name='{table}'>{inner}</entity></fetch>"
    answer = api.get(f"{table}s?fetchXml={quote(text)}", **options)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def names(api: Client, condition: str, kind: str = "and") -> list[str]:
    inner = f"<attribute name='name'/><order attribute='name'/><filter type='{kind}'>{condition}</filter>"
    return [row["name"] for row in fetch(api, "team", inner)["value"]]


@pytest.mark.parametrize(
    ("condition", "odata"),
    [
        ("<condition attribute='name' operator='eq' value='robotics'/>", "name eq 'Robotics'"),
        ("<condition attribute='name' operator='like' value='%robotics'/>", "contains(name,'Robotics')"),
        ("<condition attribute='name' operator='not-like' value='%robotics%'/>", "not contains(name,'Robotics')"),
        ("<condition attribute='name' operator='begins-with' value='Night'/>", "startswith(name,'Night')"),
        ("<condition attribute='name' operator='ends-with' value='Runners'/>", "endswith(name,'Runners')"),
        (
            "<condition attribute='teamtype' operator='in'><value>1</value><value>2</value></condition>",
            "teamtype in (1,2)",
        ),
        ("<condition attribute='teamtype' operator='not-in'><value>0</value></condition>", "teamtype ne 0"),
        ("<condition attribute='teamtype' operator='ge' value='1'/>", "teamtype ge 1"),
        ("<condition attribute='isdefault' operator='eq' value='1'/>", "isdefault eq true"),
        ("<condition attribute='sharelinkqualifier' operator='not-null'/>", "sharelinkqualifier ne null"),
        ("<condition attribute='sharelinkqualifier' operator='null'/>", "sharelinkqualifier eq null"),
        (
            "<condition attribute='teamtype' operator='eq' value='2'/>"
            "<filter type='or'><condition attribute='name' operator='eq' value='Payroll Runners'/></filter>",
            "teamtype eq 2 and (name eq 'Payroll Runners')",
        ),
    ],
)
def test_conditions_find_what_filters_find(api: Client, condition: str, odata: str) -> None:
    wanted = [row["name"] for row in api.values(f"teams?$select=name&$orderby=name&$filter={odata}")]
    assert wanted
    assert names(api, condition) == wanted


def test_one_of_several_conditions(api: Client) -> None:
    conditions = "".join(f"<condition attribute='teamtype' operator='eq' value='{kind}'/>" for kind in (1, 2))
    assert names(api, conditions, "or") == ["Night Shift", "Payroll Runners", "SharedLink_workflow"]
    assert names(api, conditions) == []
    assert len(names(api, "")) == len(api.values("teams"))


def test_pages_have_a_cookie_until_the_last(api: Client) -> None:
    inner, everyone = "<attribute name='name'/><order attribute='name' descending='true'/>", []
    pages = 0
    more = True
    while more:
        pages += 1
        answer = fetch(api, "team", inner, f"count='3' page='{pages}'")
        everyone += [row["name"] for row in answer["value"]]
        more = answer.get(f"{CRM}morerecords", False)
        assert (f"{CRM}fetchxmlpagingcookie" in answer) is more
    assert everyone == [row["name"] for row in api.values("teams?$select=name&$orderby=name desc")]
    assert pages == 3
    top = fetch(api, "team", inner, "top='2'")
    assert [row["name"] for row in top["value"]] == everyone[:2]
    assert f"{CRM}morerecords" not in top


def test_rows_and_lookups_look_as_without_it(api: Client) -> None:
    whole = fetch(api, "team", "<all-attributes/><order attribute='name'/>")["value"]
    assert whole == api.values("teams?$orderby=name,teamid")
    unit = whole[0]["_businessunitid_value"]
    by_unit = f"<filter><condition attribute='businessunitid' operator='eq' value='{{{unit.upper()}}}'/></filter>"
    assert all(
        row["_businessunitid_value"] == unit for row in fetch(api, "team", f"<all-attributes/>{by_unit}")["value"]
    )


def test_shares_are_found_by_the_number_of_the_table(simulator: Simulator, api: Client) -> None:
    flow = api.create("workflows", {"name": "Shared", "category": 6})
    team = api.values("teams?$filter=name eq 'Night Shift'")[0]["teamid"]
    target = {"workflowid": flow, "@odata.type": "Microsoft.Dynamics.CRM.workflow"}
    principal = {"teamid": team, "@odata.type": "Microsoft.Dynamics.CRM.team"}
    body = {"Target": target, "PrincipalAccess": {"Principal": principal, "AccessMask": "ReadAccess"}}
    assert api.post("GrantAccess", body).status_code == 204
    for code in ("9", "team"):
        text = (
            "<fetch><entity name='principalobjectaccess'><attribute name='objectid'/><filter>"
            f"<condition attribute='principaltypecode' operator='eq' value='{code}'/></filter></entity></fetch>"
        )
        assert [row["objectid"] for row in api.values(f"principalobjectaccessset?fetchXml={quote(text)}")] == [flow]


def test_rights_and_drafts_hold(simulator: Simulator) -> None:
    """The maker sees own rows only, and published ones unless the header asks for more."""
    maker = Client(simulator, "dev", "maker")
    assert fetch(maker, "workflow", "<attribute name='name'/>")["value"] == []
    simulator.environment("dev").load({"drafts": [{"flow": "Read Invoice", "inputs": "draft"}]})
    inner = "<attribute name='name'/><filter><condition attribute='inputs' operator='eq' value='draft'/></filter>"
    deployment = Client(simulator, "dev")
    assert fetch(deployment, "workflow", inner)["value"] == []
    found = fetch(deployment, "workflow", inner, headers={"MSCRM.IncludeUnpublished": "true"})["value"]
    assert [row["name"] for row in found] == ["Read Invoice"]
    simulator.reset("dev")


def test_contents_that_cannot_be_searched(simulator: Simulator) -> None:
    api, settings = Client(simulator, "dev"), simulator.environment("dev").settings
    inner = "<filter><condition attribute='clientdata' operator='like' value='%RunUIFlow%'/></filter>"
    text = f"<fetch><entity name='workflow'><attribute name='name'/>{inner}</entity></fetch>"
    for position, found in (("works", 1), ("finds_nothing", 0), ("refused", None)):
        settings.change({"clientdata_search": position})
        answer = api.get(f"workflows?fetchXml={quote(text)}")
        assert (len(answer.json()["value"]) if answer.ok else None) == found
    settings.change({"clientdata_search": "works"})


def test_keys_and_relationships_of_definitions(api: Client) -> None:
    keys = api.values("EntityDefinitions(LogicalName='team')/Keys?$select=KeyAttributes")
    assert [key["KeyAttributes"] for key in keys] == [["azureactivedirectoryobjectid", "membershiptype"]]
    path = "EntityDefinitions(LogicalName='workflow')/OneToManyRelationships"
    found = {one["SchemaName"]: one for one in api.values(path)}
    binaries = found["workflow_desktopflowbinary_Process"]
    assert (binaries["ReferencingEntity"], binaries["ReferencingAttribute"]) == ("desktopflowbinary", "process")
    assert binaries["ReferencingEntityNavigationPropertyName"] == "Process"
    one = api.values(f"{path}?$filter=ReferencingEntity eq 'annotation'&$select=SchemaName")
    assert [row["SchemaName"] for row in one] == ["Workflow_Annotation"]
    row = api.get(
        "EntityDefinitions(LogicalName='desktopflowbinary')?$select=LogicalName&$expand=ManyToOneRelationships"
    )
    assert binaries["MetadataId"] in {part["MetadataId"] for part in row.json()["ManyToOneRelationships"]}
    roles = api.values("EntityDefinitions(LogicalName='role')/ManyToManyRelationships")
    assert {row["IntersectEntityName"] for row in roles} == {"systemuserroles", "teamroles", "roleprivileges"}


def test_available_languages(api: Client) -> None:
    assert api.get("RetrieveAvailableLanguages").json()["LocaleIds"] == [1033]
