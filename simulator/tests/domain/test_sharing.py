# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sharing of flows: project reference on sharing, sections 2 and 3.4."""

from __future__ import annotations

from typing import Any

import pytest
from dataverse_simulator.packages.package import SolutionPackage
from web_api import MASKS, Refused, WebApi, import_parameters, package_file, record

FLOW = "Read Invoice"
NOBODY = "8c392640-0000-0000-0000-000000000009"


def poa(api: WebApi, condition: str) -> list[dict[str, Any]]:
    select = "objectid,objecttypecode,principalid,principaltypecode,accessrightsmask,inheritedaccessrightsmask"
    return api.rows(f"principalobjectaccessset?$filter={condition}&$select={select}")


def test_grant_adds_rights(dev: WebApi) -> None:
    team = dev.team("Finance Robotics")
    dev.share(FLOW, team, "ReadAccess")
    dev.share(FLOW, team, "WriteAccess, DeleteAccess")
    assert dev.shares(FLOW) == {team[1]: "ReadAccess, WriteAccess, DeleteAccess"}


def test_modify_replaces_rights(dev: WebApi) -> None:
    team = dev.team("Finance Robotics")
    dev.share(FLOW, team, MASKS[851991])
    dev.share(FLOW, team, "ReadAccess", action="ModifyAccess")
    assert dev.shares(FLOW) == {team[1]: "ReadAccess"}


def test_revoke_removes_all_rights(dev: WebApi) -> None:
    user, team = dev.user("john.smith@contoso.example"), dev.team("Payroll Runners")
    dev.share(FLOW, user)
    dev.share(FLOW, team)
    dev.revoke(FLOW, user)
    assert dev.shares(FLOW) == {team[1]: "ReadAccess"}


def test_shares_cascade_to_binaries_as_inherited(dev: WebApi) -> None:
    team = dev.team("Finance Robotics")
    dev.share(FLOW, team, "ReadAccess,WriteAccess")
    flow_id = dev.flow_id(FLOW)
    rows = poa(dev, f"principalid eq {team[1]}")
    masks = sorted((row["objecttypecode"], row["accessrightsmask"], row["inheritedaccessrightsmask"]) for row in rows)
    assert masks == [("desktopflowbinary", 0, 3), ("desktopflowbinary", 0, 3), ("workflow", 3, 0)]
    assert [row["objectid"] for row in poa(dev, "objecttypecode eq 'workflow' and accessrightsmask ne 0")] == [flow_id]
    dev.revoke(FLOW, team)
    assert poa(dev, f"principalid eq {team[1]}") == []


def test_shares_do_not_reach_child_flows(dev: WebApi) -> None:
    dev.share(FLOW, dev.team("Finance Robotics"))
    assert dev.shares("Write Log") == {}


def test_new_binary_inherits_the_shares_of_its_flow(dev: WebApi) -> None:
    team = dev.team("Finance Robotics")
    dev.share(FLOW, team)
    binary = dev.create(
        "desktopflowbinaries",
        {
            "name": "screenshot",
            "type": "ControlRepositoryImageFile",
            "Process@odata.bind": f"workflows({dev.flow_id(FLOW)})",
        },
    )
    assert [
        (row["accessrightsmask"], row["inheritedaccessrightsmask"]) for row in poa(dev, f"objectid eq {binary}")
    ] == [(0, 1)]


def test_deleted_flow_takes_its_shares_along(dev: WebApi) -> None:
    dev.share(FLOW, dev.team("Finance Robotics"))
    flow_id = dev.flow_id(FLOW)
    dev.change(f"workflows({flow_id})", {"statecode": 0})
    dev.delete(f"workflows({flow_id})")
    assert poa(dev, "accessrightsmask ge 0") == []


def test_deleted_team_takes_its_shares_along(dev: WebApi) -> None:
    team = dev.team("Night Shift")
    dev.share(FLOW, team)
    dev.delete(f"teams({team[1]})")
    assert dev.shares(FLOW) == {}


def test_assigned_flow_takes_its_binaries_along(dev: WebApi) -> None:
    flow_id, (dummy, john) = dev.flow_id(FLOW), dev.user("john.smith@contoso.example")
    dev.change(f"workflows({flow_id})", {"ownerid@odata.bind": f"systemusers({john})"})
    owners = {row["_ownerid_value"] for row in dev.rows(f"desktopflowbinaries?$filter=_process_value eq {flow_id}")}
    assert owners == {john}
    assert dev.shares(FLOW) == {}


def test_previous_owner_keeps_a_share_when_the_organization_says_so(dev: WebApi) -> None:
    organization = dev.rows("organizations")[0]["organizationid"]
    dev.change(f"organizations({organization})", {"sharetopreviousowneronassign": True})
    flow_id, (dummy, john), (dummy, jane) = (
        dev.flow_id(FLOW),
        dev.user("john.smith@contoso.example"),
        dev.user("jane.doe@contoso.example"),
    )
    dev.change(f"workflows({flow_id})", {"ownerid@odata.bind": f"systemusers({john})"})
    assert list(dev.shares(FLOW)) == [jane]


def test_answer_names_principals_by_ownerid_and_type(dev: WebApi) -> None:
    team = dev.team("Payroll Runners")
    dev.share(FLOW, team)
    path = f'RetrieveSharedPrincipalsAndAccess(Target=@t)?@t={{"@odata.id":"workflows({dev.flow_id(FLOW)})"}}'
    assert dev.get(path)["PrincipalAccesses"] == [
        {"AccessMask": "ReadAccess", "Principal": {"@odata.type": "#Microsoft.Dynamics.CRM.team", "ownerid": team[1]}}
    ]


@pytest.mark.parametrize("form", ["typed", "ownerid", "reference", "absolute reference"])
def test_forms_of_naming_target_and_principal(dev: WebApi, form: str) -> None:
    """2.1: typed keys, ownerid in the principal, @odata.id relative and absolute are all seen in practice."""
    (dummy, team), flow = dev.team("Finance Robotics"), dev.flow_id(FLOW)
    root = f"{dev.url}/api/data/v9.2/" if form == "absolute reference" else ""
    target, principal = {
        "typed": (record("workflow", flow), record("team", team)),
        "ownerid": (record("workflow", flow), {"ownerid": team, "@odata.type": "Microsoft.Dynamics.CRM.team"}),
    }.get(form, ({"@odata.id": f"{root}workflows({flow})"}, {"@odata.id": f"{root}teams({team})"}))
    dev.call("GrantAccess", Target=target, PrincipalAccess={"Principal": principal, "AccessMask": "ReadAccess"})
    assert dev.shares(FLOW) == {team: "ReadAccess"}


ROWS = [
    ("missing record", record("workflow", NOBODY), None, "ReadAccess", 404, "0x80040217"),
    ("missing principal", None, record("team", NOBODY), "ReadAccess", 404, "0x80040217"),
    ("wrong set", "as systemuser", None, "ReadAccess", 404, "0x80040217"),
    ("unknown right", None, None, "RunAccess", 400, "0x80048d19"),
    ("no mask", None, None, None, 400, "0x80048d19"),
    ("principal of another type", None, "the flow", "ReadAccess", 400, "0x80048d19"),
    ("record that nobody owns", "the solution", None, "ReadAccess", 400, "0x80040203"),
]


@pytest.mark.parametrize(
    ("target", "principal", "mask", "status", "code"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_grant_is_refused(dev: WebApi, target: Any, principal: Any, mask: str | None, status: int, code: str) -> None:
    flow = dev.flow_id(FLOW)
    solution = dev.solution("CoESharedFlows")
    assert solution
    named = {
        "as systemuser": record("systemuser", flow),
        "the flow": record("workflow", flow),
        "the solution": record("solution", solution["solutionid"]),
    }
    chosen_target = named.get(target, target) if isinstance(target, str) else target or record("workflow", flow)
    chosen = named[principal] if isinstance(principal, str) else principal or record(*dev.team("Payroll Runners"))
    with pytest.raises(Refused) as refused:
        dev.call("GrantAccess", Target=chosen_target, PrincipalAccess={"Principal": chosen, "AccessMask": mask})
    assert (refused.value.status, refused.value.code) == (status, code)
    assert dev.shares(FLOW) == {}


def test_shares_of_a_missing_record_are_404(dev: WebApi) -> None:
    with pytest.raises(Refused) as refused:
        dev.get(f"RetrieveSharedPrincipalsAndAccess(Target=@t)?@t={{'@odata.id':'workflows({NOBODY})'}}")
    assert (refused.value.status, refused.value.code) == (404, "0x80040217")
    assert refused.value.message == f"Entity 'Workflow' With Id = {NOBODY} Does Not Exist"


@pytest.mark.parametrize("action", ["ModifyAccess", "RevokeAccess"])
def test_changing_a_share_that_is_not_there(dev: WebApi, action: str) -> None:
    team = dev.team("Payroll Runners")

    def change() -> None:
        if action == "RevokeAccess":
            dev.revoke(FLOW, team)
        else:
            dev.share(FLOW, team, action=action)

    with pytest.raises(Refused, match="is not shared with the principal"):
        change()
    settings = dev.simulator.environment("dev").settings
    settings.modify_without_share_fails = False
    try:
        change()
    finally:
        settings.modify_without_share_fails = True
    assert dev.shares(FLOW) == {}


def test_sharing_needs_the_privilege(dev: WebApi) -> None:
    reader = WebApi(dev.simulator, "dev", "reader")
    with pytest.raises(Refused) as refused:
        reader.share(FLOW, dev.team("Payroll Runners"))
    assert (refused.value.status, refused.value.code) == (403, "0x80040220")
    assert "is missing prvShareWorkflow privilege" in refused.value.message


def test_sharing_needs_the_right_on_the_record(dev: WebApi) -> None:
    """The application `maker` may share its own flows, not Jane's, until Jane's is shared with it so."""
    maker = WebApi(dev.simulator, "dev", "maker")
    flow, team, me = dev.flow_id(FLOW), dev.team("Payroll Runners"), maker.get("WhoAmI")["UserId"]
    access = {"Principal": record(*team), "AccessMask": "ReadAccess"}
    with pytest.raises(Refused) as refused:
        maker.call("GrantAccess", Target=record("workflow", flow), PrincipalAccess=access)
    assert (refused.value.status, refused.value.code) == (403, "0x80040220")
    dev.share(FLOW, ("systemuser", me), "ReadAccess,ShareAccess")
    maker.call("GrantAccess", Target=record("workflow", flow), PrincipalAccess=access)
    assert dev.shares(FLOW)[team[1]] == "ReadAccess"


def rights(api: WebApi, principal: tuple[str, str]) -> str:
    table, row_id = principal
    target = f"{{'@odata.id':'workflows({api.flow_id(FLOW)})'}}"
    answer = api.get(f"{table}s({row_id})/Microsoft.Dynamics.CRM.RetrievePrincipalAccess(Target=@t)?@t={target}")
    return str(answer["AccessRights"])


def test_effective_rights_are_the_union_of_own_and_team_shares(dev: WebApi) -> None:
    john = dev.user("john.smith@contoso.example")
    assert rights(dev, john) == "None"
    dev.share(FLOW, john, "ReadAccess")
    dev.share(FLOW, dev.team("Finance Robotics"), "WriteAccess")
    assert rights(dev, john) == "ReadAccess,WriteAccess"
    assert rights(dev, dev.team("Finance Robotics")) == "WriteAccess"


def test_share_without_privilege_gives_nothing(dev: WebApi) -> None:
    """2.2 and rule 11: Grant answers 204 and stays without effect."""
    rob = dev.user("rob.roleless@contoso.example")
    dev.share(FLOW, rob)
    assert dev.shares(FLOW) == {rob[1]: "ReadAccess"}
    assert rights(dev, rob) == "None"


def test_owner_has_rights_without_a_share(dev: WebApi) -> None:
    assert "WriteAccess" in rights(dev, dev.user("jane.doe@contoso.example"))
    assert dev.shares(FLOW) == {}


def test_role_gives_rights_without_a_share(dev: WebApi) -> None:
    reader = WebApi(dev.simulator, "dev", "reader").get("WhoAmI")["UserId"]
    assert rights(dev, ("systemuser", reader)) == "ReadAccess"


def test_origin_of_access_is_told(dev: WebApi) -> None:
    flow = dev.flow_id(FLOW)

    def origin(principal: tuple[str, str]) -> str:
        query = f"@objectId={flow}&@logicalName='workflow'&@principalId={principal[1]}"
        path = "RetrieveAccessOrigin(ObjectId=@objectId,LogicalName=@logicalName,PrincipalId=@principalId)"
        return str(dev.get(f"{path}?{query}")["Response"])

    jane, john, team = (
        dev.user("jane.doe@contoso.example"),
        dev.user("john.smith@contoso.example"),
        dev.team("Finance Robotics"),
    )
    assert origin(jane) == f"PrincipalId is object owner ({flow})"
    assert origin(john) == "Access origin could not be found. Access does not come from POA table or object ownership."
    dev.share(FLOW, team)
    assert origin(john) == f"PrincipalId is member of team ({team[1]}) who has poa access to object ({flow})"
    dev.share(FLOW, john)
    assert origin(john) == f"PrincipalId has direct poa access to object ({flow})"


def test_uninstalling_removes_flows_and_shares(prod: WebApi, package: SolutionPackage) -> None:
    prod.run("ImportSolutionAsync", **import_parameters(package_file(package)))
    prod.share(FLOW, prod.team("Finance Robotics"))
    prod.run("UninstallSolutionAsync", SolutionUniqueName="CoESharedFlows")
    assert prod.flow(FLOW) is None
    assert poa(prod, "accessrightsmask ge 0") == []
    assert prod.rows("desktopflowbinaries") == prod.rows("connectionreferences") == []
