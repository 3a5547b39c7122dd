# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The manifest of a solution package (solution.xml): name, version, publisher, root components, missing dependencies.

Source: layout of exported solutions. Everything that has no field here (addresses of the publisher, localised
names in further languages) stays in the original document and is written back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from .rows import child, number, parse_xml

DEFAULT_MANIFEST = """\
<ImportExportXml version="9.2.25012.140" SolutionPackageVersion="9.2" languagecode="1033" generatedBy="CrmLive"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" OrganizationVersion="9.2.25012.140"
 OrganizationSchemaType="Standard" CRMServerServiceabilityVersion="9.2.25012.00148"><SolutionManifest><UniqueName/>
<LocalizedNames/><Descriptions/><Version/><Managed/><Publisher><UniqueName/><LocalizedNames/><Descriptions/>
<EMailAddress xsi:nil="true"/><SupportingWebsiteUrl xsi:nil="true"/><CustomizationPrefix/>
<CustomizationOptionValuePrefix/><Addresses/></Publisher><RootComponents/><MissingDependencies/></SolutionManifest>
</ImportExportXml>"""
_PREFIX = "CustomizationOptionValuePrefix"


class ManifestError(Exception):
    """solution.xml lacks something that every solution has; the text names the element."""


@dataclass(frozen=True)
class Publisher:
    unique_name: str
    friendly_name: str
    prefix: str
    option_value_prefix: int
    description: str = ""


@dataclass(frozen=True)
class RootComponent:
    """A component that the solution holds: by ``id`` (lower-case GUID) or by ``schema_name``."""

    type: int
    id: str | None
    schema_name: str | None
    behavior: int = 0


@dataclass(frozen=True)
class MissingDependency:
    """What the exporting environment knew to be outside the solution: the attributes of both ends, as written."""

    required: dict[str, str]
    dependent: dict[str, str]


@dataclass(frozen=True)
class Manifest:
    unique_name: str
    friendly_name: str
    version: str
    managed: bool
    publisher: Publisher
    description: str = ""
    parent: str | None = None
    root_components: tuple[RootComponent, ...] = ()
    missing_dependencies: tuple[MissingDependency, ...] = ()
    package_version: str = "9.2"
    document: str = field(default=DEFAULT_MANIFEST, repr=False)


def read_manifest(content: bytes) -> Manifest:
    """:raises ManifestError: an element is missing; :raises etree.XMLSyntaxError: not well formed."""
    root = parse_xml(content)
    solution = root.find("SolutionManifest")
    if root.tag != "ImportExportXml" or solution is None:
        raise ManifestError("The element 'SolutionManifest' is missing.")
    publisher = solution.find("Publisher")
    if publisher is None:
        raise ManifestError("The element 'Publisher' is missing.")
    name = _required(solution, "UniqueName")
    return Manifest(
        unique_name=name,
        friendly_name=_label(solution, "LocalizedNames") or name,
        version=_required(solution, "Version"),
        managed=_managed(solution),
        description=_label(solution, "Descriptions"),
        parent=solution.findtext("ParentSolution/UniqueName"),
        publisher=Publisher(
            unique_name=_required(publisher, "UniqueName"),
            friendly_name=_label(publisher, "LocalizedNames") or _required(publisher, "UniqueName"),
            prefix=publisher.findtext("CustomizationPrefix") or "",
            option_value_prefix=number(publisher.findtext(_PREFIX) or "10000", _PREFIX),
            description=_label(publisher, "Descriptions"),
        ),
        root_components=tuple(_root_component(item) for item in solution.iterfind("RootComponents/RootComponent")),
        missing_dependencies=tuple(
            MissingDependency(_attributes(item, "Required"), _attributes(item, "Dependent"))
            for item in solution.iterfind("MissingDependencies/MissingDependency")
        ),
        package_version=root.get("SolutionPackageVersion") or "9.2",
        document=etree.tostring(root, encoding="unicode"),
    )


def write_manifest(manifest: Manifest) -> bytes:
    root = parse_xml(manifest.document.encode())
    solution = root.find("SolutionManifest")
    publisher = solution.find("Publisher")
    child(solution, "UniqueName").text = manifest.unique_name
    child(solution, "Version").text = manifest.version
    child(solution, "Managed").text = str(int(manifest.managed))
    _set_label(solution, "LocalizedNames", "LocalizedName", manifest.friendly_name)
    _set_label(solution, "Descriptions", "Description", manifest.description)
    child(publisher, "UniqueName").text = manifest.publisher.unique_name
    child(publisher, "CustomizationPrefix").text = manifest.publisher.prefix
    child(publisher, _PREFIX).text = str(manifest.publisher.option_value_prefix)
    _set_label(publisher, "LocalizedNames", "LocalizedName", manifest.publisher.friendly_name)
    if manifest.parent and solution.find("ParentSolution") is None:
        child(child(solution, "ParentSolution"), "UniqueName").text = manifest.parent
    _write_components(solution, manifest)
    return bytes(etree.tostring(root, pretty_print=True))


def _write_components(solution: Any, manifest: Manifest) -> None:
    components = _emptied(solution, "RootComponents")
    for component in manifest.root_components:
        etree.SubElement(components, "RootComponent", _identity(component))
    missing = _emptied(solution, "MissingDependencies")
    for dependency in manifest.missing_dependencies:
        element = etree.SubElement(missing, "MissingDependency")
        etree.SubElement(element, "Required", dependency.required)
        etree.SubElement(element, "Dependent", dependency.dependent)


def _identity(component: RootComponent) -> dict[str, str]:
    """The attributes of a root component: connectors have an id and a name, other types one of them."""
    identity = {"id": f"{{{component.id}}}"} if component.id else {}
    if component.schema_name or not component.id:
        identity["schemaName"] = component.schema_name or ""
    return {"type": str(component.type), **identity, "behavior": str(component.behavior)}


def _root_component(element: Any) -> RootComponent:
    identifier = element.get("id")
    return RootComponent(
        number(element.get("type") or "", "RootComponent/@type"),
        identifier.strip("{}").lower() if identifier else None,
        element.get("schemaName"),
        number(element.get("behavior") or "0", "RootComponent/@behavior"),
    )


def _attributes(element: Any, tag: str) -> dict[str, str]:
    found = element.find(tag)
    return {} if found is None else dict(found.attrib)


def _required(element: Any, tag: str) -> str:
    text = (element.findtext(tag) or "").strip()
    if not text:
        raise ManifestError(f"The element '{tag}' is missing.")
    return str(text)


def _managed(solution: Any) -> bool:
    text = _required(solution, "Managed")
    if text not in ("0", "1"):
        raise ManifestError(f"The 'Managed' element is invalid - The value '{text}' is neither 0 nor 1.")
    return text == "1"


def _label(element: Any, tag: str) -> str:
    labels = element.find(tag)
    return "" if labels is None or not len(labels) else str(labels[0].get("description") or "")


def _set_label(element: Any, tag: str, item_tag: str, text: str) -> None:
    labels = child(element, tag)
    if len(labels):
        labels[0].set("description", text)
    elif text:
        etree.SubElement(labels, item_tag, {"description": text, "languagecode": "1033"})


def _emptied(element: Any, tag: str) -> Any:
    found = child(element, tag)
    found[:] = []
    found.text = None
    return found
