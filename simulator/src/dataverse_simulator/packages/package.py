# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading and writing solution packages (zip files).

Source: layout of exported solutions: solution.xml, customizations.xml, [Content_Types].xml, Workflows/*.json,
desktopflowbinaries/<id>/, environmentvariabledefinitions/<schema name>/. Sections and files that the simulator does
not model are carried in the ``rest`` of a package and written back unchanged.
"""

from __future__ import annotations

import io
import json
import re
import struct
import zipfile
import zlib
from dataclasses import dataclass, field
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from .files import binary_files, binary_rows, variable_files, variable_rows
from .manifest import Manifest, ManifestError, read_manifest, write_manifest
from .rows import (
    DESKTOP_FLOW_BINARY,
    ENVIRONMENT_VARIABLE,
    SECTION_FORMATS,
    WORKFLOW,
    PackagedRow,
    RowFormat,
    child,
    parse_xml,
    read_row,
    to_text,
    write_row,
)

SIZE_LIMIT = 200 * 1024 * 1024
DEFAULT_CUSTOMIZATIONS = """\
<ImportExportXml xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" OrganizationVersion="9.2.25012.140"
 OrganizationSchemaType="Standard" CRMServerServiceabilityVersion="9.2.25012.00148"><Entities/><Roles/><Workflows/>
<FieldSecurityProfiles/><Templates/><EntityMaps/><EntityRelationships/><OrganizationSettings/><optionsets/>
<CustomControls/><EntityDataProviders/><Languages><Language>1033</Language></Languages></ImportExportXml>"""
#: What stands in the file of a desktop flow, whose content is in customizations.xml.
DESKTOP_FLOW_STUB = json.dumps(
    {
        "properties": {
            "definition": {"package": ""},
            "inputs": {"schema": {"required": None, "properties": {}, "type": "object"}},
            "outputs": {"schema": {"properties": {}, "type": "object"}},
        },
        "schemaversion": "ROBIN_202208_DVRS",
    },
    separators=(",", ":"),
)
#: Source: Microsoft knowledge base article 4456506.
ROOT_FILES_MISSING = (
    "The solution file is invalid. The compressed file must contain the following files at its root: solution.xml, "
    "customizations.xml, and [Content_Types].xml. Customization files exported from previous versions of Microsoft "
    "Dynamics 365 are not supported."
)
#: What the zip library raises for damaged archives.
UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    ValueError,
    OSError,
)


class PackageError(Exception):
    """A file that cannot be imported: ``code`` is the platform's error code, the text its message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Rest:
    """What the simulator does not model: customizations.xml without the known rows, and further files by name."""

    customizations: str = DEFAULT_CUSTOMIZATIONS
    files: dict[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class SolutionPackage:
    manifest: Manifest
    rows: tuple[PackagedRow, ...] = ()
    rest: Rest = field(default_factory=Rest, repr=False)

    def of(self, table: str) -> list[PackagedRow]:
        return [row for row in self.rows if row.table == table]


def read_package(content: bytes) -> SolutionPackage:
    """:raises PackageError: 0x80048000 no zip file or an entry missing, 0x80048060 no solution, 0x8004802C broken XML,
    0x8004801A incomplete XML."""
    files = _unzip(content)
    if "solution.xml" not in files or "customizations.xml" not in files:
        raise PackageError("0x80048060", ROOT_FILES_MISSING)
    try:
        manifest = read_manifest(files.pop("solution.xml"))
        customizations = parse_xml(files.pop("customizations.xml"))
        rows = [*_section_rows(customizations, files), *binary_rows(files), *variable_rows(files)]
    except KeyError as error:
        raise PackageError(
            "0x80048000", f"Invalid Import File: The required file {error.args[0]} is missing."
        ) from error
    except etree.XMLSyntaxError as error:
        raise PackageError(
            "0x8004802C", f"This solution package cannot be imported because it contains invalid XML. {error}"
        ) from error
    except (ManifestError, ValueError) as error:
        raise PackageError(
            "0x8004801A", f"The import file is invalid. XSD validation failed with the following error: '{error}'."
        ) from error
    files.pop("[Content_Types].xml", None)
    return SolutionPackage(manifest, tuple(rows), Rest(to_text(customizations), files))


def write_package(package: SolutionPackage) -> bytes:
    """A zip as the service writes it; the same package gives the same bytes."""
    files: dict[str, bytes] = {"solution.xml": write_manifest(package.manifest)}
    customizations = parse_xml(package.rest.customizations.encode())
    for row_format in SECTION_FORMATS:
        _write_section(customizations, row_format, package)
    files["customizations.xml"] = bytes(etree.tostring(customizations, pretty_print=True))
    for row in package.of(WORKFLOW.table):
        if row.values.get("clientdata") is not None:
            files[flow_file_name(row)] = row.values["clientdata"].encode()
    for row in package.of(DESKTOP_FLOW_BINARY.table):
        files.update(binary_files(row))
    for row in package.of(ENVIRONMENT_VARIABLE.table):
        files.update(variable_files(row))
    files.update(package.rest.files)
    files["[Content_Types].xml"] = _content_types(files)
    return _zip(files)


def flow_file_name(row: PackagedRow) -> str:
    """The flow's file in the package, e.g. ``Workflows/Sendmailnow-0DCBAB93-….json`` for "Send mail, now"."""
    name = re.sub(r"[^A-Za-z0-9_-]", "", row.values.get("name") or "")
    return f"Workflows/{name}-{row.key.upper()}.json"


def _unzip(content: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(item.file_size for item in archive.infolist()) > SIZE_LIMIT:
                raise PackageError("0x80048000", "Decompressed data too big, it must be within 200 MB.")
            return {item.filename: archive.read(item) for item in archive.infolist() if not item.is_dir()}
    except UNREADABLE as error:
        raise PackageError("0x80048000", "Invalid Import File") from error


def _section_rows(customizations: Any, files: dict[str, bytes]) -> list[PackagedRow]:
    """The rows of the known sections, which are taken out of the document."""
    rows = []
    for row_format in SECTION_FORMATS:
        section = customizations.find(row_format.section)
        if section is None:
            continue
        for element in section.findall(row_format.element):
            row = read_row(element, row_format)
            if element.find("JsonFileName") is not None:
                name = (element.findtext("JsonFileName") or "").lstrip("/")
                row.values["clientdata"] = files.pop(name).decode("utf-8-sig")
            rows.append(row)
        section[:] = []
        section.text = None
    return rows


def _write_section(customizations: Any, row_format: RowFormat, package: SolutionPackage) -> None:
    rows = package.of(row_format.table)
    section = customizations.find(row_format.section)
    if section is None:
        if not rows:
            return
        section = etree.Element(row_format.section)
        languages = customizations.find("Languages")
        customizations.insert(len(customizations) if languages is None else customizations.index(languages), section)
    for row in rows:
        element = write_row(row, row_format)
        if row_format is WORKFLOW:
            _write_flow_names(element, row)
        section.append(element)


def _write_flow_names(element: Any, row: PackagedRow) -> None:
    """The name of the flow's file, where it has one, and its label."""
    file_name = element.find("JsonFileName")
    if row.values.get("clientdata") is not None:
        child(element, "JsonFileName").text = "/" + flow_file_name(row)
    elif file_name is not None:
        element.remove(file_name)
    labels = child(element, "LocalizedNames")
    label = labels[0] if len(labels) else etree.SubElement(labels, "LocalizedName", {"languagecode": "1033"})
    label.set("description", row.values.get("name") or "")


def _content_types(files: dict[str, bytes]) -> bytes:
    extensions = sorted({name.rsplit(".", 1)[1] for name in files if "." in name.rsplit("/", 1)[-1]})
    defaults = "".join(
        f'<Default Extension="{extension}" ContentType="application/octet-stream" />' for extension in extensions
    )
    return (
        '﻿<?xml version="1.0" encoding="utf-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/'
        f'content-types">{defaults}</Types>'
    ).encode()


def _zip(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()
