# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an import refuses, before it changes anything.

Source: project reference on solutions, 2.5 and 2.7; on sharing, 4.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..environments import drafts
from ..environments.store import Row, Store
from ..packages.manifest import Manifest, MissingDependency
from ..packages.package import SolutionPackage
from . import components
from . import errors as solution_errors
from . import rows as solution_rows
from .rows import HOLDING_SUFFIX, version_key

PACKAGE_VERSION = "9.2"
_BUSINESS_RULE = 2


@dataclass(frozen=True)
class ImportMode:
    """`holding`: into `<name>_Upgrade`; `upgrade`: that and the promotion in one message; neither: update, install."""

    holding: bool = False
    upgrade: bool = False

    @property
    def replaces(self) -> bool:
        return self.holding or self.upgrade

    @property
    def context(self) -> str:
        """The word importjob.importcontext has for it."""
        return "ImportHolding" if self.holding else "ImportUpgrade" if self.upgrade else "ImportInstall"


def check(store: Store, package: SolutionPackage, mode: ImportMode, *, refuse_lower: bool = False) -> None:
    """:raises ODataError: the import fails, with the code and text the service gives."""
    manifest = package.manifest
    installed = solution_rows.find(store, manifest.unique_name)
    if manifest.unique_name in solution_rows.SYSTEM_SOLUTIONS:
        raise solution_errors.SYSTEM_SOLUTION()
    _check_versions(manifest)
    if mode.replaces:
        _check_replacement(store, manifest, installed)
    elif installed:
        _check_update(store, manifest, installed, refuse_lower)
    if manifest.parent and solution_rows.find(store, manifest.parent) is None:
        raise solution_errors.MISSING_PARENT(parent=manifest.parent, name=manifest.unique_name)
    _check_components(store, package)
    missing = missing_dependencies(store, package)
    if missing:
        raise solution_errors.MISSING_DEPENDENCIES(name=manifest.unique_name, details=_describe(missing))


def check_drafts(store: Store, package: SolutionPackage) -> None:
    """:raises ODataError: a flow of the package has a draft here. A known issue, see reference on sharing, 1.8."""
    if package.manifest.managed and drafts.among(store, [row.key for row in package.of("workflow")]):
        raise solution_errors.DRAFT_EXISTS()


def _check_versions(manifest: Manifest) -> None:
    try:
        version_key(manifest.version)
        stated = version_key(manifest.package_version)
        for item in manifest.missing_dependencies:
            _named_solution(item.required)
    except ValueError as error:
        raise solution_errors.INVALID_MANIFEST(reason=error) from error
    if stated[:2] > version_key(PACKAGE_VERSION)[:2]:
        raise solution_errors.NEWER_PACKAGE(version=PACKAGE_VERSION)


def _check_replacement(store: Store, manifest: Manifest, installed: Row | None) -> None:
    if installed is None:
        raise solution_errors.MISSING_BASE(name=manifest.unique_name)
    if not (manifest.managed and installed["ismanaged"]):
        raise solution_errors.BOTH_MANAGED()
    if solution_rows.holding_of(store, manifest.unique_name):
        raise solution_errors.HOLDING_EXISTS(name=manifest.unique_name + HOLDING_SUFFIX)
    if version_key(manifest.version) <= version_key(installed["version"]):
        raise solution_errors.NOT_HIGHER()
    _check_publisher(store, manifest, installed)


def _check_update(store: Store, manifest: Manifest, installed: Row, refuse_lower: bool) -> None:
    if manifest.managed and not installed["ismanaged"]:
        raise solution_errors.INSTALLED_UNMANAGED()
    if installed["ismanaged"] and not manifest.managed:
        raise solution_errors.INSTALLED_MANAGED()
    if solution_rows.holding_of(store, manifest.unique_name):
        raise solution_errors.HOLDING_BLOCKS_UPDATE(name=manifest.unique_name + HOLDING_SUFFIX)
    if refuse_lower and version_key(manifest.version) < version_key(installed["version"]):
        raise solution_errors.NOT_HIGHER()
    if manifest.managed:
        _check_publisher(store, manifest, installed)


def _check_publisher(store: Store, manifest: Manifest, installed: Row) -> None:
    publisher = store.get("publisher", installed["publisherid"])
    after = manifest.publisher.unique_name
    if publisher and publisher["uniquename"] != after:
        raise solution_errors.WRONG_PUBLISHER(name=manifest.unique_name, before=publisher["uniquename"], after=after)


def _check_components(store: Store, package: SolutionPackage) -> None:
    """Root components and contents have to agree, as far as the simulator models the type.

    Business rules come along with their table: public exports do not list them.
    """
    roots = {component.id for component in package.manifest.root_components if component.type == 29}
    flows = {row.key: row.values["category"] for row in package.of("workflow")}
    for missing in sorted(identifier for identifier in roots - flows.keys() if identifier):
        if store.get("workflow", missing) is None:
            raise solution_errors.MISSING_COMPONENT(id=missing, type=29)
    for undeclared in sorted(key for key in flows.keys() - roots if flows[key] != _BUSINESS_RULE):
        raise solution_errors.UNDECLARED_COMPONENT(id=undeclared, type=29)


def missing_dependencies(store: Store, package: SolutionPackage) -> list[MissingDependency]:
    """Those of the manifest that this environment does not fulfil either."""
    return [item for item in package.manifest.missing_dependencies if not _fulfilled(store, item.required)]


def _fulfilled(store: Store, required: dict[str, Any]) -> bool:
    """By the solution that holds it ("Name (1.0.0.0)", at least that version), or by the component itself."""
    name, version = _named_solution(required)
    if name not in ("", "Active"):
        solution = solution_rows.find(store, name)
        return solution is not None and version_key(solution["version"]) >= version
    component_type = int(required["type"]) if required.get("type", "").isdecimal() else 0
    identifier = required.get("id", "").strip("{}").lower()
    if identifier and components.find_by_id(store, component_type, identifier):
        return True
    name = required.get("schemaName") or required.get("id.connectionreferencelogicalname") or ""
    return _held(store, component_type, identifier, name) or _named(store, name)


def _held(store: Store, component_type: int, identifier: str, name: str) -> bool:
    """Whether a solution here holds the component, also one whose content the simulator does not model."""
    by_id = {"objectid": identifier} if identifier else None
    by_name = {"schemaname": name} if name else None
    return any(store.count("solutioncomponent", componenttype=component_type, **key) for key in (by_id, by_name) if key)


def _named(store: Store, name: str) -> bool:
    named = [kind.row_format for kind in components.KINDS if not kind.row_format.key_is_guid]
    return bool(name) and any(store.first(one.table, **{one.key_column: name}) for one in named)


def _named_solution(required: dict[str, Any]) -> tuple[str, tuple[int, int, int, int]]:
    """`Name (1.0.0.0)` as name and version; ValueError when the version is none."""
    name, dummy, version = required.get("solution", "").rstrip(")").partition(" (")
    return name, version_key(version or "0")


def _describe(missing: list[MissingDependency]) -> str:
    items = "".join(
        "<MissingDependency><Required {}/><Dependent {}/></MissingDependency>".format(
            *(" ".join(f'{name}="{value}"' for name, value in end.items()) for end in (item.required, item.dependent))
        )
        for item in missing
    )
    return f"The missing dependencies are : <MissingDependencies>{items}</MissingDependencies>"
