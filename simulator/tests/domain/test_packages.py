# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading and writing packages, with what Power Platform really exports."""

from __future__ import annotations

import dataclasses
import io
import zipfile
from collections.abc import Callable

import pytest
from dataverse_simulator.packages.package import PackageError, SolutionPackage, read_package, write_package
from lxml import etree  # type: ignore[import-untyped]

REAL = [
    "PADFramework_1_1_02411_2210",
    "PADFramework_1_1_12501_241",
    "ConstructionFunding_1_0_0_2",
    "ConstructionFunding_1_0_0_3",
]
Loader = Callable[[str], SolutionPackage]


@pytest.mark.parametrize("name", REAL)
def test_what_was_read_is_written_back(name: str, real_package: Loader) -> None:
    package = real_package(name)
    again = read_package(write_package(package))
    assert again.rows == package.rows
    assert again.rest == package.rest
    assert again.manifest.root_components == package.manifest.root_components
    assert again.manifest.missing_dependencies == package.manifest.missing_dependencies


def test_flows_and_binaries_of_a_real_package_are_found(real_package: Loader) -> None:
    package = real_package("PADFramework_1_1_12501_241")
    assert [
        len(package.of(table)) for table in ("workflow", "desktopflowbinary", "connectionreference", "workqueue")
    ] == [13, 61, 3, 1]


def test_the_same_package_gives_the_same_bytes(package: SolutionPackage) -> None:
    assert write_package(package) == write_package(read_package(write_package(package)))


def test_a_file_outside_the_model_survives(package: SolutionPackage) -> None:
    rest = dataclasses.replace(package.rest, files={"WebResources/coe_Icon": b"\x89PNG"})
    assert read_package(write_package(dataclasses.replace(package, rest=rest))).rest.files == rest.files


@pytest.mark.parametrize(
    ("files", "code"),
    [
        (None, "0x80048000"),
        ({"customizations.xml": b"<ImportExportXml/>"}, "0x80048060"),
        ({"solution.xml": b"<ImportExportXml>", "customizations.xml": b"<ImportExportXml/>"}, "0x8004802C"),
        ({"solution.xml": b"<ImportExportXml/>", "customizations.xml": b"<ImportExportXml/>"}, "0x8004801A"),
        (
            {"solution.xml": b'<!DOCTYPE x [<!ENTITY e "x">]><ImportExportXml/>', "customizations.xml": b"<a/>"},
            "0x8004802C",
        ),
    ],
    ids=["not a zip", "no solution.xml", "broken XML", "no manifest", "document type"],
)
def test_a_file_that_is_no_solution_is_refused(files: dict[str, bytes] | None, code: str) -> None:
    content = b"not a zip" if files is None else _zip(files)
    with pytest.raises(PackageError) as refused:
        read_package(content)
    assert refused.value.code == code


def test_a_component_keeps_elements_without_a_column(real_package: Loader) -> None:
    package = real_package("PADFramework_1_1_12501_241")
    with zipfile.ZipFile(io.BytesIO(write_package(package))) as archive:
        document = etree.fromstring(archive.read("customizations.xml"))
    flow = document.find("Workflows/Workflow")
    assert flow.findtext("IsCustomProcessingStepAllowedForOtherPublishers") == "1"
    assert [child.tag for child in flow][:5] == ["JsonFileName", "Type", "Subprocess", "Category", "Mode"]


def _zip(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()
