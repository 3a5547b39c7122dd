# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connection references and environment variables of an import: project reference on solutions, section 5."""

from __future__ import annotations

from typing import Any

import pytest
from dataverse_simulator.errors import signed
from dataverse_simulator.packages.package import SolutionPackage
from web_api import Refused, WebApi, import_parameters, package_file

CONNECTION = {
    "@odata.type": "Microsoft.Dynamics.CRM.connectionreference",
    "connectionreferencelogicalname": "coe_DesktopFlows",
    "connectionid": "shared-uiflow-1",
    "connectorid": "/providers/Microsoft.PowerApps/apis/shared_uiflow",
    "connectionreferencedisplayname": "",
    "description": "",
}
VALUE = {
    "@odata.type": "Microsoft.Dynamics.CRM.environmentvariablevalue",
    "schemaname": "coe_InvoiceFolder",
    "value": "D:\\Invoices",
}


def install(api: WebApi, package: SolutionPackage, *settings: dict[str, Any], version: str = "1.0.0.0") -> None:
    api.run(
        "ImportSolutionAsync",
        **import_parameters(package_file(package, version=version), ComponentParameters=list(settings)),
    )


def values(api: WebApi) -> list[str]:
    return [row["value"] for row in api.rows("environmentvariablevalues")]


def test_import_takes_connections_and_values(prod: WebApi, package: SolutionPackage) -> None:
    install(prod, package, CONNECTION, VALUE)
    reference = prod.rows("connectionreferences")[0]
    assert (reference["connectionid"], reference["connectionreferencedisplayname"]) == (
        "shared-uiflow-1",
        "Desktop flows",
    )
    definition = prod.rows(
        "environmentvariabledefinitions?$expand=environmentvariabledefinition_environmentvariablevalue"
    )[0]
    assert definition["defaultvalue"] == "C:\\Invoices"
    assert values(prod) == ["D:\\Invoices"]


def test_import_without_settings_leaves_them_open(prod: WebApi, package: SolutionPackage) -> None:
    install(prod, package)
    assert prod.rows("connectionreferences")[0]["connectionid"] is None
    assert values(prod) == []


def test_update_keeps_and_changes_them(prod: WebApi, package: SolutionPackage) -> None:
    install(prod, package, CONNECTION, VALUE)
    install(prod, package, {**VALUE, "value": "E:\\Invoices"}, version="1.1.0.0")
    assert prod.rows("connectionreferences")[0]["connectionid"] == "shared-uiflow-1"
    assert values(prod) == ["E:\\Invoices"]


def test_upgrade_keeps_them(prod: WebApi, package: SolutionPackage) -> None:
    install(prod, package, CONNECTION, VALUE)
    prod.run("StageAndUpgradeAsync", **import_parameters(package_file(package, version="2.0.0.0")))
    assert prod.rows("connectionreferences")[0]["connectionid"] == "shared-uiflow-1"
    assert values(prod) == ["D:\\Invoices"]


def test_setting_for_something_unknown_fails_the_import(prod: WebApi, package: SolutionPackage) -> None:
    parameters = import_parameters(package_file(package), ComponentParameters=[{**VALUE, "schemaname": "coe_Nothing"}])
    code, message = prod.fails("ImportSolutionAsync", **parameters)
    assert code == signed("0x80040217")
    assert "coe_Nothing" in message
    assert prod.solution("CoESharedFlows") is None


def test_setting_of_an_unknown_type_is_refused(prod: WebApi, package: SolutionPackage) -> None:
    parameters = import_parameters(
        package_file(package), ComponentParameters=[{"@odata.type": "Microsoft.Dynamics.CRM.x"}]
    )
    with pytest.raises(Refused, match="0x80048d19"):
        prod.call("ImportSolutionAsync", **parameters)


def test_staged_package_is_imported_by_its_upload_id(prod: WebApi, package: SolutionPackage) -> None:
    """The request of Microsoft's Terraform provider, 2.1."""
    results = prod.call("StageSolution", CustomizationFile=package_file(package))["StageSolutionResults"]
    assert (results["StageSolutionStatus"], results["SolutionValidationResults"]) == ("Passed", [])
    assert results["SolutionDetails"]["PreviousSolutionVersion"] is None
    assert {item["ComponentTypeName"]: item["IsPresentInOrg"] for item in results["SolutionComponentsDetails"]} == {
        "connectionreference": "False",
        "environmentvariabledefinition": "False",
    }
    prod.run(
        "ImportSolutionAsync",
        PublishWorkflows=True,
        OverwriteUnmanagedCustomizations=True,
        SkipProductUpdateDependencies=False,
        ComponentParameters=[CONNECTION],
        SolutionParameters={"StageSolutionUploadId": results["StageSolutionUploadId"]},
    )
    again = prod.call("StageSolution", CustomizationFile=package_file(package, version="1.1"))["StageSolutionResults"]
    details = again["SolutionDetails"]
    assert (details["PreviousSolutionVersion"], details["PreviousIsManaged"], details["HasPendingUpgrade"]) == (
        "1.0.0.0",
        True,
        False,
    )


def test_stage_tells_what_would_fail(prod: WebApi, package: SolutionPackage) -> None:
    prod.run("ImportSolutionAsync", **import_parameters(package_file(package)))
    results = prod.call("StageSolution", CustomizationFile=package_file(package, managed=False))["StageSolutionResults"]
    assert results["StageSolutionStatus"] == "Failed"
    assert [item["ErrorCode"] for item in results["SolutionValidationResults"]] == [signed("0x80048041")]
