# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages that are allowed and unusual, and packages that only look sound."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._errors import PackageError
from ansible_collections.coe.power_platform.plugins.module_utils._packages.callers import package_callers
from ansible_collections.coe.power_platform.plugins.module_utils._packages.order import order_packages
from ansible_collections.coe.power_platform.plugins.module_utils._packages.package import Package, read_package
from ansible_collections.coe.power_platform.plugins.module_utils._packages.report import describe
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.package_maker import (
    CONNECTOR,
    DesktopFlow,
    flow_id,
    package_files,
    write_package,
)

VARIABLE = "environmentvariabledefinitions/con_Limit/environmentvariablevalues.json"
Reader = Callable[..., Package]


def two_flows(**content: object) -> dict[str, str]:
    caller = DesktopFlow(flow_id(2), 'Größe 🤖 \'n "quotes"', child_flows=[flow_id(1)])
    return package_files([DesktopFlow(flow_id(1)), caller], **content)


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    """``read(files, "solution.xml", "old", "new")``: the package of the entries, with a text replaced in one."""

    def reader(files: Mapping[str, str], name: str = "", old: str = "", new: str = "") -> Package:
        changed = {**files, name: files[name].replace(old, new)} if name else files
        assert not name or changed != files
        return read_package(write_package(tmp_path / "package.zip", changed))

    return reader


def test_a_desktop_flow_without_a_definition_is_described(read: Reader) -> None:
    files = two_flows()
    files["customizations.xml"] = re.sub("<Definition>.*?</Definition>", "", files["customizations.xml"])

    described = describe(read(files))

    assert [flow["name"] for flow in described["desktop_flows"]] == ["Shared flow", 'Größe 🤖 \'n "quotes"']
    assert described["desktop_flows"][1]["child_flows"] == [{"id": flow_id(1), "name": "Shared flow"}]


def test_all_flows_are_callers_in_the_order_of_the_package(read: Reader) -> None:
    files = two_flows()
    files["customizations.xml"] = re.sub("<Definition>.*?</Definition>", "", files["customizations.xml"], count=1)

    callers = package_callers(read(files))

    assert [(caller.id, caller.calls) for caller in callers] == [(flow_id(1), None), (flow_id(2), ())]


@pytest.mark.parametrize(
    ("value", "has_value"),
    [
        ('{"value": "5"}', True),
        ('{"value": null}', False),
        ('{"iscustomizable": "1"}', False),
        ('[{"value": "5"}, {"value": "6"}]', True),
    ],
)
def test_a_variable_has_the_value_that_stands_there(read: Reader, value: str, has_value: bool) -> None:
    files = two_flows(variables={"con_Limit": ""})
    files[VARIABLE] = json.dumps({"environmentvariablevalues": {"environmentvariablevalue": json.loads(value)}})

    assert describe(read(files))["environment_variables"][0]["has_value"] is has_value


@pytest.mark.parametrize("managed", ["2", "true", "yes"])
def test_a_package_says_whether_it_is_managed(read: Reader, managed: str) -> None:
    with pytest.raises(PackageError, match=f'says "{managed}" where it has to say whether it is managed, 0 or 1'):
        read(two_flows(), "solution.xml", "<Managed>1", f"<Managed>{managed}")


def test_a_package_that_does_not_say_whether_it_is_managed_is_refused(read: Reader) -> None:
    with pytest.raises(PackageError, match=r'its "solution\.xml" has no Managed'):
        read(two_flows(), "solution.xml", "<Managed>1</Managed>", "")


@pytest.mark.parametrize("id_", ["", "{}", "nonsense", f"{flow_id(1)} or category eq 6", f"{flow_id(1)}0"])
def test_the_id_of_a_flow_is_a_guid(read: Reader, id_: str) -> None:
    with pytest.raises(PackageError, match=r'holds the flow "Shared flow" with the id ".*", which is no GUID'):
        read(two_flows(), "customizations.xml", f'WorkflowId="{{{flow_id(1)}}}"', f'WorkflowId="{id_}"')


@pytest.mark.parametrize("id_", ["ABCDEF00-0000-4000-8000-00000000000F", "{ABCDEF00-0000-4000-8000-00000000000F}"])
def test_the_id_of_a_flow_may_stand_without_braces_and_in_capitals(read: Reader, id_: str) -> None:
    package = read(two_flows(), "customizations.xml", f'WorkflowId="{{{flow_id(1)}}}"', f'WorkflowId="{id_}"')

    assert package.flows[0].id == "abcdef00-0000-4000-8000-00000000000f"


def test_a_component_of_a_table_without_a_number_is_counted_by_its_table(read: Reader) -> None:
    root = '<RootComponent type="botcomponent" schemaName="con_topic" /></RootComponents>'

    assert describe(read(two_flows(), "solution.xml", "</RootComponents>", root))["components"] == {
        "workflow": 2,
        "botcomponent": 1,
    }


def test_what_is_missing_by_its_logical_name_comes_from_the_package_that_holds_it(tmp_path: Path) -> None:
    missing = (
        '<MissingDependency><Required type="connectionreference" displayName="Shared" solution="Active" '
        'id.connectionreferencelogicalname="con_shared" /><Dependent type="29" displayName="Pay" /></MissingDependency>'
    )
    caller = write_package(tmp_path / "a.zip", package_files(unique_name="Caller", missing=missing))
    base = write_package(tmp_path / "b.zip", package_files(unique_name="Base", references={"con_shared": CONNECTOR}))

    ordered = order_packages([read_package(caller), read_package(base)])

    assert [package.unique_name for package in ordered] == ["Base", "Caller"]
    assert ordered[1].missing_dependencies[0]["required"]["name"] == "con_shared"


def test_documents_may_be_in_another_encoding(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {**two_flows()}
    for name in ("solution.xml", "customizations.xml"):
        files[name] = f'<?xml version="1.0" encoding="utf-16"?>{files[name]}'.encode("utf-16")

    package = read_package(write_package(tmp_path / "package.zip", files))

    assert [flow.name for flow in package.flows] == ["Shared flow", 'Größe 🤖 \'n "quotes"']


@pytest.mark.parametrize("zip64", [True, False])
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_entries_may_be_stored_deflated_and_of_either_format(tmp_path: Path, method: int, zip64: bool) -> None:
    path = tmp_path / "package.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in two_flows().items():
            with archive.open(name.replace("/", "\\"), "w", force_zip64=zip64) as entry:
                entry.write(content.encode())

    assert len(read_package(str(path)).flows) == 2
