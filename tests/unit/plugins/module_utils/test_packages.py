# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read from a package: small made ones, and the public ones where they are at hand."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._errors import PackageError
from ansible_collections.coe.power_platform.plugins.module_utils._packages.package import read_package, version_key
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.package_maker import (
    CONNECTOR,
    CloudFlow,
    DesktopFlow,
    argument,
    flow_id,
    package_files,
    run_desktop_flow,
    schema,
    write_package,
)

BINARY = "711d42a7-cd1a-4247-aa86-64356c383722"


@pytest.mark.parametrize(
    ("version", "key"),
    [
        ("1", (1, 0, 0, 0)),
        ("1.0", (1, 0, 0, 0)),
        ("1.02.3", (1, 2, 3, 0)),
        ("1.1.02411.2210", (1, 1, 2411, 2210)),
        ("10.0.0.0", (10, 0, 0, 0)),
    ],
)
def test_version_has_four_numbers(version: str, key: tuple[int, int, int, int]) -> None:
    assert version_key(version) == key


@pytest.mark.parametrize("version", ["", "1.", "1.0.0.0.0", "v1", "1.0-beta", "-1", "1..2", "9" * 5000, "\u0661.0"])
def test_what_is_no_version_is_refused(version: str) -> None:
    with pytest.raises(ValueError, match="is not a version"):
        version_key(version)


def test_versions_compare_as_numbers() -> None:
    assert version_key("1.10") > version_key("1.9.9.9")


@pytest.fixture
def package_path(tmp_path: Path) -> str:
    shared = DesktopFlow(
        flow_id(1),
        name='Ask "the" user & wait',
        inputs=schema({"Question": argument(), "Timeout": argument("number", optional=True)}),
        outputs=schema({"Answer": argument(optional=None)}),
        child_flows=[flow_id(2).upper()],
        script=f"External.RunFlow FlowId: '{flow_id(2)}' @In: 'ä'",
    )
    cloud = CloudFlow(flow_id(3), actions={"Run": run_desktop_flow(flow_id(1), {"Question": "x"})})
    files = package_files(
        [shared, DesktopFlow(flow_id(2)), cloud],
        version="1.2",
        references={"con_flows": CONNECTOR},
        variables={"con_Address": "https://contoso.example", "con_Empty": None},
        binaries=[BINARY],
        missing='<MissingDependency><Required type="372" schemaName="shared_x" displayName="X" solution="Base (1.0)" '
        'id="{78AC15AE-980A-EF11-9F89-000D3A24F839}"/><Dependent type="29" displayName="Cloud flow"/>'
        "</MissingDependency>",
    )
    return write_package(tmp_path / "package.zip", files)


def test_the_solution_is_described(package_path: str) -> None:
    package = read_package(package_path)

    assert (package.unique_name, package.friendly_name) == ("CoESharedFlows", "CoE shared flows")
    assert (package.version, package.version_key, package.managed) == ("1.2", (1, 2, 0, 0), True)
    assert package.publisher == {"unique_name": "contoso", "friendly_name": "Contoso", "prefix": "con"}
    assert package.checksum == hashlib.sha256(Path(package_path).read_bytes()).hexdigest()
    assert package.size == Path(package_path).stat().st_size


def test_flows_are_told_apart_by_category(package_path: str) -> None:
    package = read_package(package_path)

    assert [flow.id for flow in package.desktop_flows] == [flow_id(1), flow_id(2)]
    assert [flow.id for flow in package.cloud_flows] == [flow_id(3)]


def test_a_flow_brings_its_signature_and_child_flows(package_path: str) -> None:
    flow = read_package(package_path).desktop_flows[0]

    assert flow.name == 'Ask "the" user & wait'
    assert json.loads(flow.inputs or "")["schema"]["required"] == ["Question"]
    assert json.loads(flow.outputs or "")["schema"]["properties"].keys() == {"Answer"}
    assert flow.child_flows == (flow_id(2),)
    assert flow.work_queues == ()


def test_big_texts_are_read_when_asked_for(package_path: str) -> None:
    package = read_package(package_path)

    contents = list(package.contents())

    assert [flow for flow, _text in contents] == list(package.flows)
    first, second, cloud = (text for _flow, text in contents)
    assert first == json.dumps(f"External.RunFlow FlowId: '{flow_id(2)}' @In: 'ä'")
    assert second == '"SET X TO 1\\r\\n"'
    assert json.loads(cloud)["properties"]["definition"]["actions"].keys() == {"Run"}


def test_connection_references_name_their_connector_only(package_path: str) -> None:
    package = read_package(package_path)

    assert [(it.logical_name, it.connector_id) for it in package.connection_references] == [("con_flows", CONNECTOR)]
    assert "maker@contoso.example" not in repr(package)


def test_a_custom_connector_is_found(tmp_path: Path) -> None:
    files = package_files()
    files["customizations.xml"] = (
        '<ImportExportXml><connectionreferences><connectionreference connectionreferencelogicalname="con_own">'
        "<customconnectorid><connectorid>shared_own</connectorid></customconnectorid></connectionreference>"
        "</connectionreferences></ImportExportXml>"
    )

    package = read_package(write_package(tmp_path / "package.zip", files))

    assert package.connection_references[0].connector_id == "shared_own"


def test_environment_variables_come_with_their_values(package_path: str) -> None:
    variables = read_package(package_path).environment_variables

    assert [(variable.schema_name, variable.type, variable.value) for variable in variables] == [
        ("con_Address", "string", "https://contoso.example"),
        ("con_Empty", "string", None),
    ]


def test_declared_missing_dependencies_are_listed(package_path: str) -> None:
    (missing,) = read_package(package_path).missing_dependencies

    assert missing["required"] == {
        "type": 372,
        "id": "78ac15ae-980a-ef11-9f89-000d3a24f839",
        "name": "shared_x",
        "display_name": "X",
        "solution": "Base (1.0)",
    }
    assert missing["dependent"]["display_name"] == "Cloud flow"


def test_components_list_each_row_once(package_path: str) -> None:
    components = read_package(package_path).components

    assert sorted((it.kind, it.id or it.name or "") for it in components) == [
        ("connectionreference", "con_flows"),
        ("desktopflowbinary", BINARY),
        ("environmentvariabledefinition", "con_Address"),
        ("environmentvariabledefinition", "con_Empty"),
        ("workflow", flow_id(1)),
        ("workflow", flow_id(2)),
        ("workflow", flow_id(3)),
    ]


def test_a_flow_without_its_file_is_named(tmp_path: Path) -> None:
    cloud = CloudFlow(flow_id(3))
    files = package_files([cloud])
    del files[cloud.file_name]
    package = read_package(write_package(tmp_path / "package.zip", files))

    with pytest.raises(PackageError, match='lacks the content of the cloud flow "Cloud flow"'):
        list(package.contents())


@pytest.mark.parametrize(
    ("name", "unique_name", "version", "desktop", "cloud", "binaries"),
    [
        ("ConstructionFunding_1_0_0_2", "ConstructionFunding", (1, 0, 0, 2), 2, 1, 42),
        ("ConstructionFunding_1_0_0_3", "ConstructionFunding", (1, 0, 0, 3), 2, 5, 42),
        ("PADFramework_1_1_02411_2210", "PADFramework", (1, 1, 2411, 2210), 13, 0, 61),
        ("PADFramework_1_1_12501_241", "PADFramework", (1, 1, 12501, 241), 13, 0, 61),
    ],
)
def test_public_packages_are_read(
    packages: Path,
    name: str,
    unique_name: str,
    version: tuple[int, int, int, int],
    desktop: int,
    cloud: int,
    binaries: int,
) -> None:
    package = read_package(str(packages / f"{name}.zip"))

    assert (package.unique_name, package.version_key, package.managed) == (unique_name, version, False)
    assert (len(package.desktop_flows), len(package.cloud_flows)) == (desktop, cloud)
    assert Counter(component.kind for component in package.components)["desktopflowbinary"] == binaries
    assert all(text for _flow, text in package.contents())


def test_public_packages_show_no_connection_of_their_makers(packages: Path) -> None:
    package = read_package(str(packages / "PADFramework_1_1_12501_241.zip"))

    assert "@" not in repr(package)
    assert package.desktop_flows[0].child_flows
