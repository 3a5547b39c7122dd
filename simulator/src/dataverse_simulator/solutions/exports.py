# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Making a package of an unmanaged solution.

Source: project references, solutions section 1, sharing 5.2 and 5.3.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..environments.store import Row, Store
from ..packages.manifest import Manifest, MissingDependency, Publisher, RootComponent
from ..packages.package import DESKTOP_FLOW_STUB, Rest, SolutionPackage, read_package, write_package
from ..packages.rows import PackagedRow
from . import components, dependencies
from . import errors as solution_errors
from . import rows as solution_rows
from .components import BY_TABLE

DEFAULT_SOLUTIONS = ("Default", "Active")
#: Types of which exports write both id and name.
_CONNECTORS = (371, 372)


def export(store: Store, unique_name: str, *, managed: bool) -> bytes:
    """The solution as a zip file.

    :raises ODataError: 0x80048037 no such solution, 0x80048036 it is managed, 0x80071158 it is the default solution.
    """
    solution = solution_rows.find(store, unique_name)
    if solution is None:
        raise solution_errors.EXPORT_MISSING()
    if unique_name in DEFAULT_SOLUTIONS:
        raise solution_errors.EXPORT_DEFAULT()
    if solution["ismanaged"]:
        raise solution_errors.EXPORT_MANAGED()
    rows = tuple(_packaged(store, kind, row) for kind, row in _rows(store, solution["solutionid"]))
    kept = read_package(solution["packagerest"]) if solution["packagerest"] else None
    manifest = _manifest(store, solution, rows, managed=managed)
    if kept:
        manifest = replace(
            manifest,
            document=kept.manifest.document,
            missing_dependencies=(*kept.manifest.missing_dependencies, *manifest.missing_dependencies),
        )
    try:
        return write_package(SolutionPackage(manifest, rows, kept.rest if kept else Rest()))
    except ValueError as error:  # characters that XML cannot hold
        raise solution_errors.EXPORT_FAILED(reason=error) from error


def _rows(store: Store, solution_id: str) -> list[tuple[components.ComponentKind, Row]]:
    """The rows of all members, with the binaries of the solution's flows (sub-components)."""
    found = [
        (kind, store.get(kind.table, row_id)) for kind, row_id in solution_rows.modelled_members(store, solution_id)
    ]
    rows = [(kind, row) for kind, row in found if row is not None]
    present = {row[f"{kind.table}id"] for kind, row in rows}
    flows = [row["workflowid"] for kind, row in rows if kind.table == "workflow"]
    binaries = store.find("desktopflowbinary", process=flows) if flows else []
    rows += [(BY_TABLE["desktopflowbinary"], row) for row in binaries if row["desktopflowbinaryid"] not in present]
    return rows


def _packaged(store: Store, kind: components.ComponentKind, row: Row) -> PackagedRow:
    values: dict[str, Any] = components.content_of(kind, row)
    values[kind.row_format.key_column] = row[kind.row_format.key_column]
    if row.get("category") == 6:
        values["clientdata"] = values["clientdata"] or DESKTOP_FLOW_STUB
    if kind.table == "environmentvariabledefinition":
        current = store.first("environmentvariablevalue", environmentvariabledefinitionid=row[f"{kind.table}id"])
        included = current and store.count("solutioncomponent", objectid=current["environmentvariablevalueid"])
        values["value"] = current["value"] if current and included else None
    return PackagedRow(kind.table, str(row[kind.row_format.key_column]), values)


def _manifest(store: Store, solution: Row, rows: tuple[PackagedRow, ...], *, managed: bool) -> Manifest:
    publisher = store.get("publisher", solution["publisherid"])
    assert publisher is not None
    parent = solution["parentsolutionid"] and store.get("solution", solution["parentsolutionid"])
    return Manifest(
        unique_name=solution["uniquename"],
        friendly_name=solution["friendlyname"],
        version=solution["version"],
        managed=managed,
        description=solution["description"] or "",
        parent=parent["uniquename"] if parent else None,
        publisher=Publisher(
            publisher["uniquename"],
            publisher["friendlyname"],
            publisher["customizationprefix"] or "",
            publisher["customizationoptionvalueprefix"] or 10000,
            publisher["description"] or "",
        ),
        root_components=_root_components(store, solution["solutionid"]),
        missing_dependencies=_missing(store, rows),
    )


def _root_components(store: Store, solution_id: str) -> tuple[RootComponent, ...]:
    """Binaries, connection references and work queues are members, but never listed as root components."""
    roots = []
    for member in solution_rows.members(store, solution_id):
        kind = components.kind_of_type(member["componenttype"])
        if kind is None or kind.root:
            by_name = member["schemaname"] is not None and member["componenttype"] not in _CONNECTORS
            roots.append(
                RootComponent(
                    member["componenttype"],
                    None if by_name else member["objectid"],
                    member["schemaname"],
                    member["rootcomponentbehavior"],
                )
            )
    return tuple(sorted(roots, key=lambda root: (root.type, root.schema_name or root.id or "")))


def _missing(store: Store, rows: tuple[PackagedRow, ...]) -> tuple[MissingDependency, ...]:
    """What the flows of the package need and the package does not bring."""
    present = {(row.table, row.key) for row in rows}
    result = []
    for row in rows:
        for dependency in dependencies.of_flow(store, row.values) if row.table == "workflow" else ():
            kind, required = dependency.required
            key = required[kind.row_format.key_column]
            if (kind.table, key) not in present:
                result.append(
                    MissingDependency(
                        {
                            "type": str(kind.type),
                            "schemaName": str(key),
                            "displayName": components.name_of(kind, required),
                            "solution": "Active",
                        },
                        {"type": "29", "displayName": str(row.values["name"]), "id": f"{{{row.key}}}"},
                    )
                )
    return tuple(result)
