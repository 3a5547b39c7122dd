# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which packages hold the same: what an export changes by itself does not count, everything else does."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._errors import PackageError
from ansible_collections.coe.power_platform.plugins.module_utils._packages.content import same_content
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.package_maker import (
    CONNECTOR,
    CloudFlow,
    DesktopFlow,
    flow_id,
    package_files,
    write_package,
)

Files = dict[str, str]
FLOWS = [DesktopFlow(flow_id(1)), DesktopFlow(flow_id(2), name="Other"), CloudFlow(flow_id(3))]
FORM = "<form><tab name='a'/><tab name='b'/></form>"


def files() -> Files:
    made = package_files(FLOWS, references={"con_a": CONNECTOR, "con_b": CONNECTOR}, variables={"con_v": "1"})
    entity = f"<Entities><Entity><Name>con_row</Name><FormXml>{FORM}</FormXml></Entity></Entities>"
    return {**made, "customizations.xml": made["customizations.xml"].replace("<Entities/>", entity)}


def replaced(name: str, old: str, new: str) -> Callable[[Files], Files]:
    def change(made: Files) -> Files:
        assert old in made[name]
        return {**made, name: made[name].replace(old, new)}

    return change


def without(name: str) -> Callable[[Files], Files]:
    return lambda made: {key: value for key, value in made.items() if key != name}


def reordered(made: Files) -> Files:
    return dict(reversed(made.items()))


def flows_reordered(made: Files) -> Files:
    first, second = FLOWS[0].element(), FLOWS[1].element()
    text = made["customizations.xml"].replace(first + second, second + first)
    assert text != made["customizations.xml"]
    return {**made, "customizations.xml": text}


def indented(made: Files) -> Files:
    return {**made, "customizations.xml": made["customizations.xml"].replace("><", ">\n  <")}


SAME = {
    "nothing": lambda made: made,
    "order of entries": reordered,
    "order of flows": flows_reordered,
    "order of root components": replaced(
        "solution.xml",
        f'<RootComponent type="29" id="{{{flow_id(1)}}}" behavior="0" />'
        f'<RootComponent type="29" id="{{{flow_id(2)}}}" behavior="0" />',
        f'<RootComponent behavior="0" type="29" id="{{{flow_id(2)}}}" />'
        f'<RootComponent behavior="0" type="29" id="{{{flow_id(1)}}}" />',
    ),
    "platform version": replaced(
        "solution.xml", '<ImportExportXml version="9.2">', '<ImportExportXml version="9.3" OrganizationVersion="9.3.1">'
    ),
    "platform version of customizations": replaced(
        "customizations.xml", "<ImportExportXml>", '<ImportExportXml OrganizationVersion="9.2.25012.140">'
    ),
    "indentation": indented,
    "content types": replaced("[Content_Types].xml", "<Types/>", "<Types><Default/></Types>"),
    "XML writing": replaced("customizations.xml", "<tab name='a'/>", '<tab name="a"></tab>'),
}
OTHER = {
    "script": replaced("customizations.xml", "SET X TO 1", "SET X TO 2"),
    "name of a flow": replaced("customizations.xml", 'Name="Other"', 'Name="Another"'),
    "order in a form": replaced(
        "customizations.xml", "<tab name='a'/><tab name='b'/>", "<tab name='b'/><tab name='a'/>"
    ),
    "connector": replaced("customizations.xml", "shared_uiflow", "shared_office365"),
    "content of a cloud flow": replaced(FLOWS[2].file_name, '"actions": {}', '"actions": {"A": {}}'),
    "value of a variable": replaced("environmentvariabledefinitions/con_v/environmentvariablevalues.json", "1", "2"),
    "kind": replaced("solution.xml", "<Managed>1</Managed>", "<Managed>0</Managed>"),
    "version": replaced("solution.xml", "1.0.0.0", "1.0.0.1"),
    "missing entry": without("environmentvariabledefinitions/con_v/environmentvariablevalues.json"),
    "component": replaced("solution.xml", f'<RootComponent type="29" id="{{{flow_id(1)}}}" behavior="0" />', ""),
    "text instead of nothing": replaced("customizations.xml", "<tab name='a'/>", "<tab name='a'>x</tab>"),
}


def compared(folder: Path, change: Callable[[Files], Files]) -> bool:
    first = write_package(folder / "first.zip", files())
    second = write_package(folder / "second.zip", change(files()))
    forth, back = (same_content(*pair) for pair in ((first, second), (second, first)))
    assert back == forth
    return forth


@pytest.mark.parametrize("change", SAME)
def test_what_an_export_changes_by_itself_does_not_count(tmp_path: Path, change: str) -> None:
    assert compared(tmp_path, SAME[change])


@pytest.mark.parametrize("change", OTHER)
def test_content_counts(tmp_path: Path, change: str) -> None:
    assert not compared(tmp_path, OTHER[change])


def test_the_zip_itself_does_not_count(tmp_path: Path) -> None:
    first = write_package(tmp_path / "first.zip", files())
    with zipfile.ZipFile(tmp_path / "second.zip", "w", zipfile.ZIP_STORED) as archive:
        for name, content in files().items():
            archive.writestr(zipfile.ZipInfo(name, (2001, 2, 3, 4, 5, 6)), content)

    assert same_content(first, str(tmp_path / "second.zip"))


def test_a_broken_package_is_an_error(tmp_path: Path) -> None:
    first = write_package(tmp_path / "first.zip", files())
    second = write_package(tmp_path / "second.zip", {**files(), "customizations.xml": "<ImportExportXml>"})

    with pytest.raises(PackageError, match="is not well-formed XML"):
        same_content(first, second)


def test_public_packages_equal_themselves_only(packages: Path) -> None:
    paths = [str(path) for path in sorted(packages.glob("*.zip"))]

    assert [[same_content(first, second) for second in paths] for first in paths] == [
        [first == second for second in paths] for first in paths
    ]
