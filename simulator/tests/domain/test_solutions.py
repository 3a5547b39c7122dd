# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Solutions themselves: components, clones, dependencies, uninstalling. Project reference on solutions, section 4."""

from __future__ import annotations

import json
from typing import Any

import pytest
from dataverse_simulator.packages.package import SolutionPackage
from web_api import Refused, WebApi, import_parameters, package_file

NAME = "CoESharedFlows"


@pytest.fixture
def installed(prod: WebApi, package: SolutionPackage) -> WebApi:
    prod.run("ImportSolutionAsync", **import_parameters(package_file(package)))
    return prod


def solution_id(api: WebApi, name: str = NAME) -> str:
    found = api.solution(name)
    assert found
    return str(found["solutionid"])


def test_components_of_a_solution_are_listed(installed: WebApi) -> None:
    select = "objectid,componenttype,rootcomponentbehavior,rootsolutioncomponentid,ismetadata"
    condition = f"_solutionid_value eq {solution_id(installed)} and componenttype eq 29"
    rows = installed.rows(f"solutioncomponents?$select={select}&$filter={condition}")
    flows = {row["workflowid"] for row in installed.rows("workflows?$select=workflowid")}
    assert {row["objectid"] for row in rows} == flows
    assert {row["rootcomponentbehavior"] for row in rows} == {0}


def test_component_types_above_thousand_are_resolved_by_name(installed: WebApi) -> None:
    select = "name,objecttypecode,solutioncomponenttype"
    definition = installed.rows(f"solutioncomponentdefinitions?$select={select}&$filter=name eq 'connectionreference'")[
        0
    ]
    condition = (
        f"_solutionid_value eq {solution_id(installed)} and componenttype eq {definition['solutioncomponenttype']}"
    )
    rows = installed.rows(f"solutioncomponents?$filter={condition}")
    assert [row["objectid"] for row in rows] == [installed.rows("connectionreferences")[0]["connectionreferenceid"]]


def test_summaries_of_components(installed: WebApi) -> None:
    condition = f"(msdyn_solutionid eq {solution_id(installed)}) and (msdyn_componenttype eq 29)"
    names = {row["msdyn_name"] for row in installed.rows(f"msdyn_solutioncomponentsummaries?$filter={condition}")}
    assert names == {"Read Invoice", "Post Booking", "Write Log", "Pay Invoice"}
    with pytest.raises(Refused) as refused:
        installed.rows(f"msdyn_solutioncomponentsummaries?$filter={condition} and msdyn_ismanaged eq true")
    assert refused.value.status == 400


def test_history_refuses_conditions_on_times(prod: WebApi) -> None:
    with pytest.raises(Refused, match="msdyn_starttime"):
        prod.rows("msdyn_solutionhistories?$filter=msdyn_starttime ge 2020-01-01T00:00:00Z")
    assert prod.rows("msdyn_solutionhistories?$orderby=msdyn_starttime desc&$top=5") == []


def test_delete_uninstalls(installed: WebApi) -> None:
    installed.delete(f"solutions({solution_id(installed)})")
    assert installed.solution(NAME) is None
    assert installed.rows("workflows") == installed.rows("solutioncomponents") == []


def test_solution_that_is_needed_cannot_be_uninstalled(installed: WebApi) -> None:
    use_reference(installed)
    blockers = installed.rows(f"RetrieveDependenciesForUninstall(SolutionUniqueName='{NAME}')")
    assert [row["requiredcomponentobjectid"] for row in blockers] == [reference_id(installed)]
    with pytest.raises(Refused) as refused:
        installed.delete(f"solutions({solution_id(installed)})")
    assert (refused.value.status, refused.value.code) == (400, "0x8004F01F")
    assert "Solution dependencies exist, cannot uninstall. DependencyCount : 1" in refused.value.message
    assert installed.fails("UninstallSolutionAsync", SolutionUniqueName=NAME)[0] == -2147160033
    assert installed.version(NAME) == "1.0.0.0"


def test_desktop_callers_do_not_block(installed: WebApi) -> None:
    """Calls are soft dependencies (sharing, rule 18)."""
    called = installed.flow_id("Write Log")
    installed.create(
        "workflows", {"name": "Caller", "category": 6, "type": 1, "dependencies": json.dumps({"childFlows": [called]})}
    )
    assert installed.rows(f"RetrieveDependenciesForUninstall(SolutionUniqueName='{NAME}')") == []
    installed.delete(f"solutions({solution_id(installed)})")


def test_dependents_of_a_flow_are_its_binaries(dev: WebApi) -> None:
    flow = dev.flow_id("Read Invoice")
    binaries = {row["desktopflowbinaryid"] for row in dev.rows(f"desktopflowbinaries?$filter=_process_value eq {flow}")}
    rows = dev.rows(f"RetrieveDependentComponents(ObjectId={flow},ComponentType=29)")
    assert {row["dependentcomponentobjectid"] for row in rows} == binaries
    aliased = dev.rows(f"RetrieveDependentComponents(ObjectId=@p1,ComponentType=@p2)?@p1={flow}&@p2=29")
    assert aliased == rows
    assert dev.rows(f"RetrieveDependenciesForDelete(ObjectId={flow},ComponentType=29)") == []


def test_cloud_flow_requires_its_reference_and_variable(dev: WebApi) -> None:
    rows = dev.rows(f"RetrieveRequiredComponents(ObjectId={dev.flow_id('Pay Invoice')},ComponentType=29)")
    assert {row["requiredcomponenttype"] for row in rows} == {10121, 380}


def test_component_that_is_needed_cannot_be_deleted(dev: WebApi) -> None:
    with pytest.raises(Refused, match="0x8004F01F"):
        dev.delete(f"connectionreferences({reference_id(dev)})")


def test_missing_dependencies_of_a_solution(dev: WebApi) -> None:
    assert dev.rows(f"RetrieveMissingDependencies(SolutionUniqueName='{NAME}')") == []
    component = {"@odata.type": "Microsoft.Dynamics.CRM.solutioncomponent", "solutioncomponentid": reference_id(dev)}
    dev.call("RemoveSolutionComponent", SolutionComponent=component, ComponentType=10121, SolutionUniqueName=NAME)
    rows = dev.rows(f"RetrieveMissingDependencies(SolutionUniqueName='{NAME}')")
    assert [row["requiredcomponentobjectid"] for row in rows] == [reference_id(dev)]
    exported = dev.export(NAME).manifest.missing_dependencies
    assert [item.required["schemaName"] for item in exported] == ["coe_DesktopFlows"]


def test_package_that_lacks_a_reference_fails_until_it_is_there(dev: WebApi, prod: WebApi) -> None:
    component = {"@odata.type": "Microsoft.Dynamics.CRM.solutioncomponent", "solutioncomponentid": reference_id(dev)}
    dev.call("RemoveSolutionComponent", SolutionComponent=component, ComponentType=10121, SolutionUniqueName=NAME)
    file = package_file(dev.export(NAME))
    results = prod.call("StageSolution", CustomizationFile=file)["StageSolutionResults"]
    assert results["StageSolutionStatus"] == "Failed"
    assert [item["RequiredComponentSchemaName"] for item in results["MissingDependencies"]] == ["coe_DesktopFlows"]
    assert prod.fails("ImportSolutionAsync", **import_parameters(file))[0] == -2147188707
    prod.create(
        "connectionreferences",
        {"connectionreferencelogicalname": "coe_DesktopFlows", "connectionreferencedisplayname": "Desktop flows"},
    )
    prod.run("ImportSolutionAsync", **import_parameters(file))


def test_child_flows_are_listed(dev: WebApi) -> None:
    flow = dev.flow_id("Read Invoice")
    answer = dev.request("POST", f"workflows({flow})/Microsoft.Dynamics.CRM.ListChildDesktopFlows", {})
    assert [child["workflowId"] for child in json.loads(answer["childFlows"])] == [dev.flow_id("Write Log")]


@pytest.mark.parametrize(
    ("action", "version", "fine"),
    [
        ("CloneAsPatch", "1.0.0.1", True),
        ("CloneAsPatch", "1.1.0.0", False),
        ("CloneAsPatch", "1.0.0.0", False),
        ("CloneAsSolution", "1.1.0.0", True),
        ("CloneAsSolution", "1.0.1.0", False),
        ("CloneAsSolution", "x", False),
    ],
)
def test_versions_of_clones(dev: WebApi, action: str, version: str, fine: bool) -> None:
    parameters = {"ParentSolutionUniqueName": NAME, "DisplayName": "Clone", "VersionNumber": version}
    if fine:
        assert dev.call(action, **parameters)["SolutionId"]
    else:
        with pytest.raises(Refused, match="0x80040203"):
            dev.call(action, **parameters)


def test_clone_actions_are_unbound(dev: WebApi) -> None:
    with pytest.raises(Refused) as refused:
        dev.request("POST", f"solutions({solution_id(dev)})/Microsoft.Dynamics.CRM.CloneAsPatch", {})
    assert refused.value.status == 404


def test_patch_is_installed_beside_its_parent_and_rolled_up_by_an_upgrade(
    dev: WebApi, prod: WebApi, package: SolutionPackage
) -> None:
    patch_id = dev.call("CloneAsPatch", ParentSolutionUniqueName=NAME, DisplayName="Patch", VersionNumber="1.0.0.1")[
        "SolutionId"
    ]
    patch = dev.get(f"solutions({patch_id})")["uniquename"]
    dev.call(
        "AddSolutionComponent",
        ComponentId=dev.flow_id("Write Log"),
        ComponentType=29,
        SolutionUniqueName=patch,
        AddRequiredComponents=False,
    )
    file = package_file(dev.export(patch))
    assert "parent solution" in prod.fails("ImportSolutionAsync", **import_parameters(file))[1]
    prod.run("ImportSolutionAsync", **import_parameters(package_file(package)))
    prod.run("ImportSolutionAsync", **import_parameters(file))
    assert prod.solution(patch)["_parentsolutionid_value"] == solution_id(prod)  # type: ignore[index]
    details = prod.call("StageSolution", CustomizationFile=file)["StageSolutionResults"]["SolutionDetails"]
    assert details["IsPatchSolution"]
    prod.run("StageAndUpgradeAsync", **import_parameters(package_file(package, version="2.0.0.0")))
    assert prod.solution(patch) is None
    assert prod.flow("Write Log")


@pytest.mark.parametrize(
    ("action", "parameters"),
    [
        ("ExportSolution", {"SolutionName": NAME, "Managed": True}),
        ("PublishAllXml", {}),
        ("UninstallSolutionAsync", {"SolutionUniqueName": NAME}),
        ("DeleteAndPromoteAsync", {"UniqueName": NAME}),
        ("StageSolution", {"CustomizationFile": "AAAA"}),
        ("ImportSolutionAsync", import_parameters("AAAA")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_solution_operations_need_their_privilege(dev: WebApi, action: str, parameters: dict[str, Any]) -> None:
    reader = WebApi(dev.simulator, "dev", "reader")
    with pytest.raises(Refused) as refused:
        reader.call(action, **parameters)
    assert (refused.value.status, refused.value.code) == (403, "0x80040220")


def reference_id(api: WebApi) -> str:
    return str(api.rows("connectionreferences")[0]["connectionreferenceid"])


def use_reference(api: WebApi) -> None:
    """A local flow that uses the solution's connection reference."""
    connection = {"connection": {"connectionReferenceLogicalName": "coe_DesktopFlows"}}
    api.create(
        "workflows",
        {
            "name": "Local flow",
            "category": 5,
            "type": 1,
            "clientdata": json.dumps({"properties": {"connectionReferences": {"x": connection}}}),
        },
    )
