# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages that are allowed and unusual, and packages that only look sound."""

from __future__ import annotations

import base64
import dataclasses
import io
import json
import re
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from dataverse_simulator.packages.manifest import MissingDependency, RootComponent
from dataverse_simulator.packages.package import (
    PackageError,
    SolutionPackage,
    flow_file_name,
    read_package,
    write_package,
)
from dataverse_simulator.packages.rows import PackagedRow
from web_api import Refused, WebApi, import_parameters, package_file

CONNECTOR = "cb7092cf-2276-4eaa-bfcb-510c28921fdb"
VARIABLE = "environmentvariabledefinitions/coe_Limit/"
DEFINITION = (
    b'<environmentvariabledefinition schemaname="coe_Limit"><type>100000000</type></environmentvariabledefinition>'
)


def changed(package: SolutionPackage, name: str, change: Callable[[bytes], bytes | None]) -> bytes:
    """The package with one entry changed (or left out, for None)."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(write_package(package))) as before, zipfile.ZipFile(stream, "w") as after:
        for entry in before.namelist():
            content = change(before.read(entry)) if entry == name else before.read(entry)
            if content is not None:
                after.writestr(entry, content)
    return stream.getvalue()


def with_variable(package: SolutionPackage, values: Any) -> SolutionPackage:
    files = {
        f"{VARIABLE}environmentvariabledefinition.xml": DEFINITION,
        f"{VARIABLE}environmentvariablevalues.json": json.dumps(values).encode(),
    }
    return dataclasses.replace(package, rest=dataclasses.replace(package.rest, files=files))


@pytest.mark.parametrize(
    ("values", "value"),
    [
        ({"value": "5"}, "5"),
        ({"value": 5}, "5"),
        ({"value": None}, None),
        ({}, None),
        ([{"value": "5"}, {"value": "6"}], "5"),
    ],
)
def test_the_current_value_of_a_variable_is_read(package: SolutionPackage, values: Any, value: str | None) -> None:
    document = {"environmentvariablevalues": {"environmentvariablevalue": values}}
    rows = read_package(write_package(with_variable(package, document))).of("environmentvariabledefinition")
    assert next(row for row in rows if row.key == "coe_Limit").values.get("value") == value


@pytest.mark.parametrize("values", [None, [], "x", {"environmentvariablevalues": None}])
def test_values_that_no_export_writes_are_refused(package: SolutionPackage, values: Any) -> None:
    with pytest.raises(PackageError, match=r"environmentvariablevalues\.json holds no value") as refused:
        read_package(write_package(with_variable(package, values)))
    assert refused.value.code == "0x8004801A"


@pytest.mark.parametrize("text", [b"2", b"true", b"x"])
def test_managed_is_zero_or_one(package: SolutionPackage, text: bytes) -> None:
    content = changed(package, "solution.xml", lambda it: it.replace(b"<Managed>1", b"<Managed>" + text))
    with pytest.raises(PackageError, match="The 'Managed' element is invalid") as refused:
        read_package(content)
    assert refused.value.code == "0x8004801A"


def test_space_around_a_version_is_no_part_of_it(package: SolutionPackage) -> None:
    content = changed(package, "solution.xml", lambda it: it.replace(b"<Version>", b"<Version> \n"))
    assert read_package(content).manifest.version == package.manifest.version


@pytest.mark.parametrize(
    ("name", "code", "text"),
    [
        ("customizations.xml", "0x80048060", "The compressed file must contain the following files at its root"),
        ("Workflows", "0x80048000", "The required file Workflows/"),
        ("desktopflowbinaries", "0x80048000", "The required file desktopflowbinaries/"),
    ],
)
def test_the_message_tells_which_file_is_missing(package: SolutionPackage, name: str, code: str, text: str) -> None:
    with zipfile.ZipFile(io.BytesIO(write_package(package))) as archive:
        entry = next(it for it in archive.namelist() if it.startswith(name) and not it.endswith("binary.xml"))
    with pytest.raises(PackageError, match=text) as refused:
        read_package(changed(package, entry, lambda _it: None))
    assert refused.value.code == code


@pytest.mark.parametrize(
    "required",
    [
        {"type": "372", "solution": "Active", "id": f"{{{CONNECTOR}}}"},
        {"type": "372", "solution": "Active", "schemaName": "coe_5Frisk"},
    ],
    ids=["by id", "by name"],
)
def test_a_dependency_on_a_component_without_content_is_fulfilled_by_its_solution(
    prod: WebApi, package: SolutionPackage, required: dict[str, str]
) -> None:
    """A connector travels in a solution of its own, as in the labs of PL-500."""
    root = RootComponent(372, CONNECTOR, "coe_5Frisk")
    bare = dataclasses.replace(package.manifest, unique_name="RiskService", root_components=(root,))
    service = dataclasses.replace(package, manifest=bare, rows=())
    needed = MissingDependency(required, {"type": "29", "displayName": "Pay Invoice"})
    manifest = dataclasses.replace(package.manifest, missing_dependencies=(needed,))
    flows = base64.b64encode(write_package(dataclasses.replace(package, manifest=manifest))).decode()

    before = prod.finish(prod.call("ImportSolutionAsync", **import_parameters(flows)))
    prod.run("ImportSolutionAsync", **import_parameters(package_file(service)))
    after = prod.finish(prod.call("ImportSolutionAsync", **import_parameters(flows)))

    assert (before["statuscode"], after["statuscode"]) == (31, 30)


@pytest.mark.parametrize(
    ("entry", "before", "after", "text"),
    [
        ("solution.xml", b'type="29"', b'type="bot"', "The 'RootComponent/@type' element is invalid"),
        ("customizations.xml", b"<Category>6", b"<Category>x", "The 'Category' element is invalid"),
    ],
)
def test_the_message_names_the_element_that_is_no_number(
    package: SolutionPackage, entry: str, before: bytes, after: bytes, text: str
) -> None:
    with pytest.raises(PackageError, match=text) as refused:
        read_package(changed(package, entry, lambda it: it.replace(before, after, 1)))
    assert refused.value.code == "0x8004801A"
    assert "int()" not in str(refused.value)


@pytest.mark.parametrize("version", ["1.x", "1.0.0.0.0", "1..2", "-1.0", "+1.0", "1_0"])
def test_a_version_is_one_to_four_numbers(dev: WebApi, version: str) -> None:
    publisher = dev.rows("publishers?$select=publisherid&$top=1")[0]["publisherid"]
    solution = {"uniquename": "Odd", "friendlyname": "Odd", "version": version}
    with pytest.raises(Refused, match=f"'{re.escape(version)}' is not a version of one to four numbers"):
        dev.create("solutions", {**solution, "publisherid@odata.bind": f"/publishers({publisher})"})


@pytest.mark.parametrize(
    ("members", "status", "text"),
    [
        ({"DeployMissingPackagesBeforeSolutionImport": True}, 501, "DeployMissingPackagesBeforeSolutionImport"),
        ({"PackageHistoryReference": {}}, 400, "The customization file is missing"),
        ({"Nope": 1}, 400, "The property 'Nope' does not exist"),
    ],
)
def test_solution_parameters_have_the_documented_members(
    prod: WebApi, members: dict[str, Any], status: int, text: str
) -> None:
    parameters = {"OverwriteUnmanagedCustomizations": False, "PublishWorkflows": True, "SolutionParameters": members}
    with pytest.raises(Refused, match=text) as refused:
        prod.call("ImportSolutionAsync", **parameters)
    assert refused.value.status == status


def test_an_export_of_chosen_components_is_not_modelled(dev: WebApi) -> None:
    parameters = {"SolutionName": "CoESharedFlows", "Managed": True, "ExportComponentsParams": {"Any": 1}}
    with pytest.raises(Refused, match="does not model the parameter ExportComponentsParams") as refused:
        dev.call("ExportSolution", **parameters)
    assert refused.value.status == 501


def test_a_solution_that_is_not_there_is_not_exported(dev: WebApi) -> None:
    with pytest.raises(Refused, match=r"The solution does not exist in this system\. Export of solution failed\."):
        dev.call("ExportSolution", SolutionName="Nope", Managed=True)


def test_a_business_rule_is_no_root_component(prod: WebApi, package: SolutionPackage) -> None:
    rule = "ef77a2cd-5bb5-ec11-983e-000d3a09cec6"
    element = f'<Workflow WorkflowId="{{{rule}}}" Name="Rule"><Type>1</Type><Category>2</Category></Workflow>'.encode()
    content = changed(package, "customizations.xml", lambda it: it.replace(b"</Workflows>", element + b"</Workflows>"))
    prod.run("ImportSolutionAsync", **import_parameters(base64.b64encode(content).decode()))
    assert prod.rows(f"workflows?$select=name&$filter=workflowid eq {rule}")[0]["name"] == "Rule"


def test_an_exported_connector_has_its_id_and_its_name(prod: WebApi, package: SolutionPackage) -> None:
    root = RootComponent(372, CONNECTOR, "coe_5Frisk")
    empty = dataclasses.replace(package, rows=())
    file = package_file(empty, root_components=(root,), managed=False, unique_name="RiskService")
    prod.run("ImportSolutionAsync", **import_parameters(file))
    assert prod.export("RiskService", managed=False).manifest.root_components == (root,)


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("Framework_Best-Practice", "Framework_Best-Practice"),
        ("Core | Approval Time-out", "CoreApprovalTime-out"),
        ("Template (WorkQueues)", "TemplateWorkQueues"),
    ],
)
def test_files_of_flows_bear_their_names(name: str, file: str) -> None:
    row = PackagedRow("workflow", CONNECTOR, {"name": name})
    assert flow_file_name(row) == f"Workflows/{file}-{CONNECTOR.upper()}.json"
