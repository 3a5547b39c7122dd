# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a maker does in the development environment through the Web API, and what then arrives in production."""

from __future__ import annotations

import json

import pytest
from web_api import Refused, WebApi, import_parameters, package_file

NAME = "CoESharedFlows"


def deliver(dev: WebApi, prod: WebApi, action: str = "ImportSolutionAsync") -> None:
    prod.run(action, **import_parameters(package_file(dev.export(NAME))))


def bump(dev: WebApi, version: str) -> None:
    solution = dev.solution(NAME)
    assert solution
    dev.change(f"solutions({solution['solutionid']})", {"version": version})


def test_seeded_solution_is_what_the_demo_needs(dev: WebApi) -> None:
    solution = dev.rows(f"solutions?$filter=uniquename eq '{NAME}'&$expand=publisherid($select=customizationprefix)")[0]
    assert (solution["version"], solution["ismanaged"]) == ("1.0.0.0", False)
    assert solution["publisherid"]["customizationprefix"] == "coe"
    flows = dev.rows("workflows?$filter=category eq 6&$select=workflowid,name,dependencies,ismanaged")
    assert {flow["name"] for flow in flows} == {"Read Invoice", "Post Booking", "Write Log"}
    children = {flow["name"]: json.loads(flow["dependencies"])["childFlows"] for flow in flows}
    assert children["Read Invoice"] == [dev.flow_id("Write Log")]
    callers = dev.rows(f"workflows?$filter=category eq 5 and contains(clientdata,'{dev.flow_id('Read Invoice')}')")
    assert [flow["name"] for flow in callers] == ["Pay Invoice"]
    assert len(dev.rows("desktopflowbinaries?$select=name,_process_value")) == 6
    assert len(dev.rows("connectionreferences")) == len(dev.rows("environmentvariabledefinitions")) == 1


def test_new_edition_of_a_flow_arrives(dev: WebApi, prod: WebApi) -> None:
    deliver(dev, prod)
    dev.change(f"workflows({dev.flow_id('Read Invoice')})", {"definition": '"# 1.1"'})
    bump(dev, "1.1.0.0")
    deliver(dev, prod)
    assert prod.version(NAME) == "1.1.0.0"
    assert prod.get(f"workflows({prod.flow_id('Read Invoice')})?$select=definition")["definition"] == '"# 1.1"'


def test_dropped_flow_is_left_over_after_update_and_gone_after_upgrade(dev: WebApi, prod: WebApi) -> None:
    deliver(dev, prod)
    flow_id = dev.flow_id("Post Booking")
    dev.change(f"workflows({flow_id})", {"statecode": 0})
    dev.delete(f"workflows({flow_id})")
    bump(dev, "1.1.0.0")
    deliver(dev, prod)
    assert prod.flow("Post Booking")
    bump(dev, "1.2.0.0")
    deliver(dev, prod, "StageAndUpgradeAsync")
    assert prod.flow("Post Booking") is None
    assert prod.rows(f"desktopflowbinaries?$filter=_process_value eq {flow_id}") == []


def test_component_can_be_taken_out_of_the_solution_and_put_back(dev: WebApi) -> None:
    flow_id = dev.flow_id("Post Booking")
    component = {"@odata.type": "Microsoft.Dynamics.CRM.solutioncomponent", "solutioncomponentid": flow_id}
    dev.call("RemoveSolutionComponent", SolutionComponent=component, ComponentType=29, SolutionUniqueName=NAME)
    assert flow_id not in {row.key for row in dev.export(NAME).of("workflow")}
    assert dev.flow("Post Booking")
    dev.call(
        "AddSolutionComponent",
        ComponentId=flow_id,
        ComponentType=29,
        SolutionUniqueName=NAME,
        AddRequiredComponents=False,
    )
    assert flow_id in {row.key for row in dev.export(NAME).of("workflow")}


def test_new_flow_joins_the_solution_by_header(dev: WebApi) -> None:
    flow_id = dev.create(
        "workflows",
        {"name": "Archive", "category": 6, "type": 1, "uiflowtype": 2, "definition": '"# x"'},
        MSCRM_SolutionUniqueName=NAME,
    )
    package = dev.export(NAME)
    assert flow_id in {row.key for row in package.of("workflow")}
    assert flow_id in {root.id for root in package.manifest.root_components}


def test_active_flow_cannot_be_deleted(dev: WebApi) -> None:
    with pytest.raises(Refused, match="Cannot delete an active workflow definition"):
        dev.delete(f"workflows({dev.flow_id('Post Booking')})")


@pytest.mark.parametrize("changes", [{"version": "1.2.3.4.5"}, {"version": "new"}])
def test_version_must_be_one(dev: WebApi, changes: dict[str, str]) -> None:
    solution = dev.solution(NAME)
    assert solution
    with pytest.raises(Refused, match="Invalid version"):
        dev.change(f"solutions({solution['solutionid']})", changes)


def test_solution_is_made_by_hand(dev: WebApi) -> None:
    publisher = dev.rows("publishers?$filter=uniquename eq 'coe'")[0]["publisherid"]
    row = {"uniquename": "Second", "friendlyname": "Second", "publisherid@odata.bind": f"/publishers({publisher})"}
    dev.create("solutions", row)
    with pytest.raises(Refused, match="0x8004F023"):
        dev.create("solutions", row)
    assert dev.export("Second").manifest.publisher.prefix == "coe"
