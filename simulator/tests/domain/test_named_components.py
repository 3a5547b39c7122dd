# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables, web resources, custom controls, apps: known by name, kept by an update, deleted by an upgrade."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import pytest
from dataverse_simulator.packages.manifest import RootComponent
from dataverse_simulator.packages.package import SolutionPackage
from web_api import Refused, WebApi, import_parameters, package_file

NAME = "CoESharedFlows"
NAMES = {
    61: ("webresourceset", "webresourceid", "name", "coe_/scripts/Form.js"),
    62: ("sitemaps", "sitemapid", "sitemapnameunique", "coe_Books"),
    66: ("customcontrols", "customcontrolid", "name", "coe_CoE.Ledger"),
    80: ("appmodules", "appmoduleid", "uniquename", "coe_Books"),
    300: ("canvasapps", "canvasappid", "name", "coe_books_1a2b3"),
}
TABLE = RootComponent(1, None, "coe_Ledger")
MORE = (TABLE, *(RootComponent(type_, None, name) for type_, (*_columns, name) in NAMES.items()))


def bring(api: WebApi, package: SolutionPackage, version: str, more: Sequence[RootComponent], *, by: str) -> None:
    roots = (*package.manifest.root_components, *more)
    api.run(by, **import_parameters(package_file(package, version=version, root_components=roots)))


def object_ids(api: WebApi, component_type: int) -> list[str]:
    solution = api.solution(NAME)
    assert solution
    condition = f"_solutionid_value eq {solution['solutionid']} and componenttype eq {component_type}"
    return [row["objectid"] for row in api.rows(f"solutioncomponents?$select=objectid&$filter={condition}")]


@pytest.mark.parametrize("component_type", NAMES)
def test_a_component_is_found_by_its_id_until_an_upgrade_drops_it(
    prod: WebApi, package: SolutionPackage, component_type: int
) -> None:
    entity_set, key, column, name = NAMES[component_type]
    bring(prod, package, "1.0.0.0", MORE, by="ImportSolutionAsync")
    (object_id,) = object_ids(prod, component_type)
    path = f"{entity_set}?$select={column}&$filter={key} eq {object_id}"
    assert [row[column] for row in prod.rows(path)] == [name]
    bring(prod, package, "1.1.0.0", (), by="ImportSolutionAsync")
    assert object_ids(prod, component_type) == [object_id]
    bring(prod, package, "1.2.0.0", (), by="StageAndUpgradeAsync")
    assert prod.rows(path) == []


def test_a_custom_table_has_a_definition_until_an_upgrade_drops_it(prod: WebApi, package: SolutionPackage) -> None:
    bring(prod, package, "1.0.0.0", [TABLE], by="ImportSolutionAsync")
    (object_id,) = object_ids(prod, 1)
    assert prod.get(f"EntityDefinitions({object_id})?$select=LogicalName")["LogicalName"] == "coe_ledger"
    assert prod.get("EntityDefinitions(LogicalName='coe_ledger')")["MetadataId"] == object_id
    with pytest.raises(Refused, match="501"):
        prod.get(f"EntityDefinitions({object_id})/Attributes")
    assert prod.rows(f"RetrieveDependenciesForDelete(ObjectId={object_id},ComponentType=1)") == []
    bring(prod, package, "1.1.0.0", [], by="StageAndUpgradeAsync")
    with pytest.raises(Refused, match="404"):
        prod.get(f"EntityDefinitions({object_id})")


def test_a_component_that_another_solution_holds_stays(prod: WebApi, package: SolutionPackage) -> None:
    bring(prod, package, "1.0.0.0", [TABLE], by="ImportSolutionAsync")
    (object_id,) = object_ids(prod, 1)
    prod.run(
        "ImportSolutionAsync",
        **import_parameters(
            package_file(dataclasses.replace(package, rows=()), unique_name="Ledgers", root_components=(TABLE,))
        ),
    )
    bring(prod, package, "1.1.0.0", [], by="StageAndUpgradeAsync")
    assert prod.get(f"EntityDefinitions({object_id})")["LogicalName"] == "coe_ledger"


def test_a_table_of_the_platform_keeps_its_own_definition(prod: WebApi, package: SolutionPackage) -> None:
    bring(prod, package, "1.0.0.0", [RootComponent(1, None, "workflow")], by="ImportSolutionAsync")
    (object_id,) = object_ids(prod, 1)
    assert prod.get(f"EntityDefinitions({object_id})")["EntitySetName"] == "workflows"
