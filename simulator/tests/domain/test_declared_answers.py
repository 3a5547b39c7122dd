# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operations answer what `$metadata` says that they answer, member by member."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from dataverse_simulator.environments import schema
from dataverse_simulator.packages.package import SolutionPackage
from dataverse_simulator.web_api.complex_types import COMPLEX_TYPES, ENUM_TYPES
from dataverse_simulator.web_api.operations import Operation, all_operations, find_operation
from web_api import WebApi, import_parameters, package_file, record

NAME = "CoESharedFlows"
NATIVE = {"Edm.String": str, "Edm.Guid": str, "Edm.Binary": str, "Edm.Boolean": bool, "Edm.Int32": int}


def check(type_name: str, value: Any) -> None:
    """The value is of the type; None is of every type."""
    found, short = re.fullmatch(r"Collection\((.*)\)", type_name), type_name.removeprefix("mscrm.")
    if found and value is not None:
        for item in value:
            check(found[1], item)
    elif short in COMPLEX_TYPES and value is not None:
        assert set(value) == set(COMPLEX_TYPES[short]), short
        for name, of in COMPLEX_TYPES[short].items():
            check(of, value[name])
    elif value is not None:
        check_simple(short, value)


def check_simple(type_name: str, value: Any) -> None:
    if type_name in ENUM_TYPES:
        assert {part.strip() for part in value.split(",")} <= set(ENUM_TYPES[type_name])
    elif type_name in NATIVE:
        assert isinstance(value, NATIVE[type_name]), type_name
    elif type_name != "crmbaseentity":
        assert set(value) <= {*schema.table(type_name).properties, "@odata.etag"}


def check_answer(operation: Operation | None, answer: dict[str, Any] | None) -> None:
    assert operation
    if not operation.response_type:
        assert answer is None
        return
    assert answer
    members = {name: value for name, value in answer.items() if name != "@odata.context"}
    if operation.returns:
        check(operation.returns, members.pop("value"))
    assert set(members) == set(operation.answers), operation.name
    for name, of in operation.answers.items():
        check(of, members[name])


def test_actions_of_solutions(prod: WebApi, package: SolutionPackage) -> None:
    job_id = "8c392640-0000-0000-0000-000000000009"
    first, second = package_file(package), package_file(package, version="2.0.0.0")
    third, fourth = package_file(package, version="3.0.0.0"), package_file(package, version="4.0.0.0")
    promote, uninstall = {"UniqueName": NAME}, {"SolutionUniqueName": NAME}
    for name, parameters in (
        ("StageSolution", {"CustomizationFile": first}),
        ("ImportSolutionAsync", import_parameters(first)),
        ("StageSolution", {"CustomizationFile": package_file(package, managed=False)}),
        ("StageAndUpgradeAsync", import_parameters(second)),
        ("ImportSolutionAsync", import_parameters(third, HoldingSolution=True)),
        ("DeleteAndPromote", promote),
        ("StageAndUpgrade", import_parameters(fourth, ImportJobId=job_id)),
        ("ImportSolution", import_parameters(package_file(package, version="5.0.0.0"), ImportJobId=job_id[:-1] + "8")),
        ("ImportSolutionAsync", import_parameters(package_file(package, version="6.0.0.0"), HoldingSolution=True)),
        ("DeleteAndPromoteAsync", promote),
        ("PublishAllXml", {}),
        ("PublishAllXmlAsync", {}),
        ("PublishXml", {"ParameterXml": "<importexportxml/>"}),
        ("UninstallSolutionAsync", uninstall),
    ):
        answer = prod.call(name, **parameters)
        check_answer(find_operation(name), answer)
        if answer and "AsyncOperationId" in answer:
            assert prod.finish(answer)["statuscode"] == 30
    job = prod.rows("importjobs?$top=1&$filter=data ne null")[0]["importjobid"]
    for name in ("RetrieveSolutionImportResult", "RetrieveFormattedImportJobResults"):
        check_answer(find_operation(name), prod.get(f"{name}(ImportJobId={job})"))


def test_actions_of_components(dev: WebApi) -> None:
    flow = dev.flow_id("Read Invoice")
    clone = {"ParentSolutionUniqueName": NAME, "DisplayName": "Patch", "VersionNumber": "1.0.1.0"}
    component = {"solutioncomponentid": flow, "@odata.type": "Microsoft.Dynamics.CRM.solutioncomponent"}
    add = {"ComponentId": flow, "ComponentType": 29, "SolutionUniqueName": NAME, "AddRequiredComponents": False}
    remove = {"SolutionComponent": component, "ComponentType": 29, "SolutionUniqueName": NAME}
    export = {"SolutionName": NAME, "Managed": True}
    for name, parameters in (
        ("ExportSolution", export),
        ("RemoveSolutionComponent", remove),
        ("AddSolutionComponent", add),
        ("CloneAsPatch", clone),
        ("CloneAsSolution", {**clone, "VersionNumber": "1.1.0.0"}),
    ):
        check_answer(find_operation(name), dev.call(name, **parameters))
    started = dev.call("ExportSolutionAsync", **export)
    check_answer(find_operation("ExportSolutionAsync"), started)
    dev.finish(started)
    content = dev.call("DownloadSolutionExportData", ExportJobId=started["ExportJobId"])
    check_answer(find_operation("DownloadSolutionExportData"), content)


def test_sharing_and_bound_operations(dev: WebApi) -> None:
    flow, team = dev.flow_id("Read Invoice"), dev.team("Finance Robotics")
    access = {
        "Target": record("workflow", flow),
        "PrincipalAccess": {"Principal": record(*team), "AccessMask": "ReadAccess"},
    }
    revoke = {"Target": record("workflow", flow), "Revokee": record(*team)}
    for name, parameters in (("GrantAccess", access), ("ModifyAccess", access)):
        check_answer(find_operation(name), dev.call(name, **parameters))
    target = f"@t={{'@odata.id':'workflows({flow})'}}"
    for path in (
        f"RetrieveSharedPrincipalsAndAccess(Target=@t)?{target}",
        f"RetrieveAccessOrigin(ObjectId={flow},LogicalName='workflow',PrincipalId={team[1]})",
    ):
        check_answer(find_operation(path.partition("(")[0]), dev.get(path))
    crm, user = "Microsoft.Dynamics.CRM.", dev.get("WhoAmI")["UserId"]
    for table, row_id, call in (
        ("team", team[1], f"RetrievePrincipalAccess(Target=@t)?{target}"),
        ("systemuser", user, f"RetrievePrincipalAccess(Target=@t)?{target}"),
        ("systemuser", user, "RetrieveUserPrivileges()"),
        ("systemuser", user, "RetrieveUserPrivilegeByPrivilegeName(PrivilegeName='prvReadWorkflow')"),
        ("team", team[1], "RetrieveTeamPrivileges()"),
    ):
        check_answer(find_operation(call.partition("(")[0], table), dev.get(f"{table}s({row_id})/{crm}{call}"))
    children = dev.request("POST", f"workflows({flow})/{crm}ListChildDesktopFlows", {})
    check_answer(find_operation("ListChildDesktopFlows", "workflow"), children)
    check_answer(find_operation("RevokeAccess"), dev.call("RevokeAccess", **revoke))


@pytest.mark.parametrize(
    "call",
    [
        "WhoAmI",
        "RetrieveVersion",
        "RetrieveAvailableLanguages",
        "RetrieveCurrentOrganization(AccessType=Microsoft.Dynamics.CRM.EndpointAccessType'Default')",
        "RetrieveAadUserRoles(DirectoryObjectId=e0000000-0000-4000-8000-000000000001)",
        "RetrieveAadUserPrivileges(DirectoryObjectId=e0000000-0000-4000-8000-000000000001)",
        "RetrieveDependenciesForUninstall(SolutionUniqueName='CoESharedFlows')",
        "RetrieveMissingDependencies(SolutionUniqueName='CoESharedFlows')",
        "RetrieveDependentComponents(ObjectId=@f,ComponentType=29)",
        "RetrieveRequiredComponents(ObjectId=@f,ComponentType=29)",
        "RetrieveDependenciesForDelete(ObjectId=@f,ComponentType=29)",
    ],
)
def test_functions(dev: WebApi, call: str) -> None:
    check_answer(find_operation(call.partition("(")[0]), dev.get(call.replace("@f", dev.flow_id("Pay Invoice"))))


def test_every_operation_is_looked_at() -> None:
    text = Path(__file__).read_text("utf-8")
    assert [one.name for one in all_operations() if one.name not in text] == []
