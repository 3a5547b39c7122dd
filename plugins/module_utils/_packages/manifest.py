# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""solution.xml: who a solution package is, and what it says it lacks.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element

from .archive import PackageArchive
from .components import Component, plain_id, type_number

SOLUTION = "solution.xml"
CUSTOMIZATIONS = "customizations.xml"

# A part of a version is a 32-bit number.
_VERSION = re.compile(r"\d{1,10}(\.\d{1,10}){0,3}", re.ASCII)

# The solution whose layer holds what is in no managed solution. Source: table msdyn_componentlayer.
UNMANAGED_LAYER = "Active"

VersionKey = tuple[int, int, int, int]


def version_key(version: str) -> VersionKey:
    """Return a version of one to four numbers as four, comparable: ``"1.02"`` is ``(1, 2, 0, 0)``.

    Raises ValueError when it is not a version.
    """
    if not _VERSION.fullmatch(version):
        raise ValueError(f'"{version}" is not a version of one to four numbers')
    parts = [int(part) for part in version.split(".")]
    major, minor, build, revision = parts + [0] * (4 - len(parts))
    return major, minor, build, revision


def holding_solution(unique_name: str) -> str:
    """Return the unique name that the platform gives to the solution that holds a staged upgrade.

    Source: Web API ImportSolutionAsync, HoldingSolution.
    """
    return f"{unique_name}_Upgrade"


@dataclasses.dataclass(frozen=True)
class Manifest:
    """The members of a Package that stand in solution.xml."""

    unique_name: str
    friendly_name: str
    version: str
    managed: bool
    publisher: dict[str, str]
    missing_dependencies: tuple[dict[str, dict[str, Any]], ...]
    root_components: tuple[Component, ...]


def read_manifest(archive: PackageArchive) -> Manifest:
    """Read solution.xml; raises PackageError when the archive is no solution package."""
    manifest = _manifest_element(archive)
    version, managed = (_required(archive, manifest, tag) for tag in ("Version", "Managed"))
    if not _VERSION.fullmatch(version):
        raise archive.error(f'has the version "{version}", which is not one to four numbers', "export it anew")
    if managed not in ("0", "1"):
        raise archive.error(f'says "{managed}" where it has to say whether it is managed, 0 or 1', "export it anew")
    return Manifest(
        unique_name=_required(archive, manifest, "UniqueName"),
        friendly_name=_label(manifest),
        version=version,
        managed=managed == "1",
        publisher=_publisher(manifest),
        missing_dependencies=tuple(map(_missing, manifest.iterfind("MissingDependencies/MissingDependency"))),
        root_components=tuple(Component.from_root(element) for element in manifest.iterfind("RootComponents/*")),
    )


def _manifest_element(archive: PackageArchive) -> Element:
    for name in (SOLUTION, CUSTOMIZATIONS):
        if name not in archive.names:
            inside = next((entry for entry in archive.names if entry.endswith(f"/{name}")), None)
            remedy = f'zip the content of "{inside[: -len(name) - 1]}", not the folder' if inside else "export it anew"
            raise archive.error(f'is not a solution package: it has no "{name}" at its top', remedy)
    for element in archive.elements(SOLUTION, lambda path: path == ("ImportExportXml", "SolutionManifest")):
        return element
    raise archive.error(f'is not a solution package: its "{SOLUTION}" has no SolutionManifest', "export it anew")


def _required(archive: PackageArchive, manifest: Element, tag: str) -> str:
    if text := manifest.findtext(tag, "").strip():
        return text
    raise archive.error(f'is not a solution package: its "{SOLUTION}" has no {tag}', "export it anew")


def _label(element: Element) -> str:
    label = element.find("LocalizedNames/LocalizedName")
    return label.get("description", "") if label is not None else element.findtext("UniqueName", "")


def _publisher(manifest: Element) -> dict[str, str]:
    publisher = manifest.find("Publisher")
    if publisher is None:
        return {"unique_name": "", "friendly_name": "", "prefix": ""}
    return {
        "unique_name": publisher.findtext("UniqueName", ""),
        "friendly_name": _label(publisher),
        "prefix": publisher.findtext("CustomizationPrefix", ""),
    }


def _missing(element: Element) -> dict[str, dict[str, Any]]:
    missing = {}
    for tag in ("Required", "Dependent"):
        part = element.find(tag)
        attributes = {} if part is None else part.attrib
        missing[tag.lower()] = {
            "type": type_number(attributes.get("type")),
            "id": plain_id(attributes.get("id")),
            "name": attributes.get("schemaName") or _key(attributes),
            "display_name": attributes.get("displayName"),
        }
        if tag == "Required":
            missing["required"]["solution"] = attributes.get("solution")
    return missing


def _key(attributes: Mapping[str, str]) -> str | None:
    """Return the name of a component whose table has no type number: ``id.connectionreferencelogicalname="…"``."""
    return next((value for name, value in attributes.items() if name.startswith("id.")), None)
