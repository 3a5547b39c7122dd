# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers of flows: project reference on sharing, 4.4; and what uninstalling reveals."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from dataverse_simulator.packages.package import SolutionPackage
from dataverse_simulator.packages.rows import PackagedRow
from web_api import Refused, WebApi, import_parameters, package_file

FLOW = "Write Log"


def edited(package: SolutionPackage, definition: str, **manifest: Any) -> str:
    """The package with another definition of the flow, as file."""

    def change(row: PackagedRow) -> PackagedRow:
        values = {**row.values, "definition": definition} if row.values.get("name") == FLOW else row.values
        return dataclasses.replace(row, values=values)

    return package_file(dataclasses.replace(package, rows=tuple(change(row) for row in package.rows)), **manifest)


def definition(api: WebApi) -> str:
    return str(api.get(f"workflows({api.flow_id(FLOW)})?$select=definition")["definition"])


def stack(api: WebApi) -> list[str]:
    condition = f"msdyn_componentid eq '{api.flow_id(FLOW)}' and msdyn_solutioncomponentname eq 'Workflow'"
    return [
        row["msdyn_solutionname"] for row in api.rows(f"msdyn_componentlayers?$filter={condition}&$orderby=msdyn_order")
    ]


@pytest.fixture
def two(prod: WebApi, package: SolutionPackage) -> WebApi:
    """Two managed solutions with the same flows, First and then Second."""
    for name in ("First", "Second"):
        prod.run("ImportSolutionAsync", **import_parameters(edited(package, f'"# {name}"', unique_name=name)))
    return prod


def test_last_solution_wins(two: WebApi) -> None:
    assert stack(two) == ["First", "Second"]
    assert definition(two) == '"# Second"'
    assert len(two.rows(f"workflows?$filter=name eq '{FLOW}'")) == 1


def test_update_of_the_lower_solution_stays_hidden(two: WebApi, package: SolutionPackage) -> None:
    two.run(
        "ImportSolutionAsync", **import_parameters(edited(package, '"# First 2"', unique_name="First", version="2.0"))
    )
    assert definition(two) == '"# Second"'
    two.run("UninstallSolutionAsync", SolutionUniqueName="Second")
    assert definition(two) == '"# First 2"'


def test_upgrade_of_the_lower_solution_stays_below(two: WebApi, package: SolutionPackage) -> None:
    two.run(
        "StageAndUpgradeAsync", **import_parameters(edited(package, '"# First 2"', unique_name="First", version="2.0"))
    )
    assert stack(two) == ["First", "Second"]
    assert definition(two) == '"# Second"'


def test_uninstalling_one_leaves_the_flow_to_the_other(two: WebApi) -> None:
    two.share(FLOW, two.team("Finance Robotics"))
    shares = two.shares(FLOW)
    two.run("UninstallSolutionAsync", SolutionUniqueName="First")
    assert stack(two) == ["Second"]
    assert two.shares(FLOW) == shares
    two.run("UninstallSolutionAsync", SolutionUniqueName="Second")
    assert two.flow(FLOW) is None


def test_unmanaged_layer_hides_the_update(prod: WebApi, package: SolutionPackage) -> None:
    prod.run("ImportSolutionAsync", **import_parameters(edited(package, '"# 1"')))
    prod.change(f"workflows({prod.flow_id(FLOW)})", {"description": "mine", "clientdata": "{}"})
    assert stack(prod) == ["CoESharedFlows", "Active"]
    answer = prod.call("ImportSolutionAsync", **import_parameters(edited(package, '"# 2"', version="2.0")))
    prod.finish(answer)
    assert definition(prod) == '"# 1"'
    result = prod.get(f"RetrieveSolutionImportResult(ImportJobId={answer['ImportJobKey']})")["SolutionOperationResult"]
    assert "unmanaged customizations" in result["WarningMessages"][0]
    prod.run(
        "ImportSolutionAsync",
        **{**import_parameters(edited(package, '"# 3"', version="3.0")), "OverwriteUnmanagedCustomizations": True},
    )
    assert definition(prod) == '"# 3"'
    assert stack(prod) == ["CoESharedFlows"]


def test_upgrade_does_not_overwrite_the_unmanaged_layer(prod: WebApi, package: SolutionPackage) -> None:
    prod.run("ImportSolutionAsync", **import_parameters(edited(package, '"# 1"')))
    prod.change(f"workflows({prod.flow_id(FLOW)})", {"clientdata": "{}"})
    prod.run("StageAndUpgradeAsync", **import_parameters(edited(package, '"# 2"', version="2.0")))
    assert definition(prod) == '"# 1"'
    assert stack(prod) == ["CoESharedFlows", "Active"]


def test_owner_state_and_shares_make_no_layer(prod: WebApi, package: SolutionPackage) -> None:
    prod.run("ImportSolutionAsync", **import_parameters(package_file(package)))
    dummy, jane = prod.user("jane.doe@contoso.example")
    prod.change(f"workflows({prod.flow_id(FLOW)})", {"ownerid@odata.bind": f"systemusers({jane})"})
    prod.change(f"workflows({prod.flow_id(FLOW)})", {"statecode": 0})
    prod.share(FLOW, prod.team("Finance Robotics"))
    assert stack(prod) == ["CoESharedFlows"]


def test_managed_desktop_flow_cannot_be_edited(prod: WebApi, package: SolutionPackage) -> None:
    prod.run("ImportSolutionAsync", **import_parameters(package_file(package)))
    with pytest.raises(Refused, match="You cannot update Workflow Write Log"):
        prod.change(f"workflows({prod.flow_id(FLOW)})", {"definition": '"# mine"'})


def test_managed_flow_cannot_be_deleted(prod: WebApi, package: SolutionPackage) -> None:
    prod.run("ImportSolutionAsync", **import_parameters(package_file(package)))
    with pytest.raises(Refused, match="0x8004F013"):
        prod.delete(f"workflows({prod.flow_id(FLOW)})")


def test_promoting_reveals_nothing_old(prod: WebApi, package: SolutionPackage) -> None:
    prod.run("ImportSolutionAsync", **import_parameters(edited(package, '"# 1"')))
    prod.run("ImportSolutionAsync", **import_parameters(edited(package, '"# 2"', version="2.0"), HoldingSolution=True))
    assert stack(prod) == ["CoESharedFlows", "CoESharedFlows_Upgrade"]
    assert definition(prod) == '"# 2"'
    prod.run("DeleteAndPromoteAsync", UniqueName="CoESharedFlows")
    assert stack(prod) == ["CoESharedFlows"]
    assert definition(prod) == '"# 2"'


def test_deleting_the_holding_solution_goes_back(prod: WebApi, package: SolutionPackage) -> None:
    prod.run("ImportSolutionAsync", **import_parameters(edited(package, '"# 1"')))
    prod.share(FLOW, prod.team("Finance Robotics"))
    prod.run("ImportSolutionAsync", **import_parameters(edited(package, '"# 2"', version="2.0"), HoldingSolution=True))
    holding = prod.solution("CoESharedFlows_Upgrade")
    assert holding
    prod.delete(f"solutions({holding['solutionid']})")
    assert definition(prod) == '"# 1"'
    assert len(prod.shares(FLOW)) == 1
    assert prod.version("CoESharedFlows") == "1.0.0.0"


def test_layers_are_asked_for_one_component(prod: WebApi) -> None:
    with pytest.raises(Refused, match="A filter on msdyn_componentid"):
        prod.rows("msdyn_componentlayers")


def test_unmanaged_solution_is_a_container_only(dev: WebApi) -> None:
    solution = dev.solution("CoESharedFlows")
    assert solution
    dev.delete(f"solutions({solution['solutionid']})")
    assert dev.solution("CoESharedFlows") is None
    assert dev.flow(FLOW)
