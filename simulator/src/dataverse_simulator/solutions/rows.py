# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of solutions, publishers and solution components."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from ..environments.context import Context
from ..environments.store import Row, Store
from ..errors import ODataError
from ..packages.manifest import Manifest, Publisher, RootComponent
from ..packages.package import SolutionPackage, write_package
from . import components, layers, named_components, needs
from . import errors as solution_errors

HOLDING_SUFFIX = "_Upgrade"
#: Solutions that every environment has and nobody removes.
SYSTEM_SOLUTIONS = ("Default", "Active", "Basic", "System")


def version_key(version: str) -> tuple[int, int, int, int]:
    """`1.0` and `1.0.0.0` are the same version; ValueError for anything but one to four numbers."""
    if not re.fullmatch(r"[0-9]+(\.[0-9]+){0,3}", version):
        raise ValueError(f"'{version}' is not a version of one to four numbers.")
    numbers = [int(part) for part in version.split(".")]
    padded = [*numbers, 0, 0, 0]
    return padded[0], padded[1], padded[2], padded[3]


def stated_version(version: str) -> tuple[int, int, int, int]:
    """`version_key` of what a client states; :raises ODataError: it is no version."""
    try:
        return version_key(version)
    except ValueError as error:
        raise solution_errors.INVALID_VERSION(reason=error) from error


def find(store: Store, unique_name: str) -> Row | None:
    return store.first("solution", uniquename=unique_name)


def holding_of(store: Store, unique_name: str) -> Row | None:
    return find(store, unique_name + HOLDING_SUFFIX)


def patches_of(store: Store, solution_id: str) -> list[Row]:
    return store.find("solution", parentsolutionid=solution_id)


def by_name(store: Store, unique_name: str) -> Row:
    """:raises ODataError: 404 0x80040217, the solution is not there."""
    found = find(store, unique_name)
    if found is None:
        raise ODataError(404, "0x80040217", f"Solution with unique name {unique_name} does not exist.")
    return found


def unmanaged(store: Store, unique_name: str) -> Row:
    """:raises ODataError: the solution is not there, or managed."""
    found = by_name(store, unique_name)
    if found["ismanaged"]:
        raise solution_errors.MANAGED_SOLUTION(name=unique_name)
    return found


def install(context: Context, manifest: Manifest, unique_name: str, layer_order: float | None = None) -> Row:
    """The row of a newly installed solution; without `layer_order` its layers lie above all others."""
    store = context.store
    highest = max((row["layerorder"] or 0.0 for row in store.find("solution", columns=["layerorder"])), default=0.0)
    now = store.clock.text()
    parent = find(store, manifest.parent) if manifest.parent else None
    return context.insert(
        "solution",
        {
            "uniquename": unique_name,
            "friendlyname": manifest.friendly_name,
            "version": manifest.version,
            "description": manifest.description,
            "ismanaged": manifest.managed,
            "installedon": now,
            "updatedon": now,
            "publisherid": ensure_publisher(context, manifest.publisher)["publisherid"],
            "solutionpackageversion": "9.2",
            "organizationid": context.environment.organization["organizationid"],
            "parentsolutionid": parent["solutionid"] if parent else None,
            "layerorder": layer_order if layer_order is not None else highest + 1,
        },
    )


def refresh(context: Context, solution: Row, manifest: Manifest) -> None:
    """After an import into an existing solution: its new version and texts."""
    context.update(
        "solution",
        solution["solutionid"],
        {
            "version": manifest.version,
            "friendlyname": manifest.friendly_name,
            "description": manifest.description,
            "updatedon": context.clock.text(),
        },
    )


def ensure_publisher(context: Context, publisher: Publisher) -> Row:
    found = context.store.first("publisher", uniquename=publisher.unique_name)
    return found or context.insert(
        "publisher",
        {
            "uniquename": publisher.unique_name,
            "friendlyname": publisher.friendly_name,
            "description": publisher.description,
            "customizationprefix": publisher.prefix,
            "customizationoptionvalueprefix": publisher.option_value_prefix,
        },
    )


def add_component(
    store: Store,
    solution_id: str,
    component_type: int,
    object_id: str,
    *,
    behavior: int = 0,
    schema_name: str | None = None,
) -> str:
    """The solutioncomponent row of an object, made when it is not there; its id."""
    found = store.first("solutioncomponent", solutionid=solution_id, objectid=object_id)
    row = found or store.insert(
        "solutioncomponent",
        {
            "solutionid": solution_id,
            "objectid": object_id,
            "componenttype": component_type,
            "rootcomponentbehavior": behavior,
            "schemaname": schema_name,
            "ismetadata": component_type in (1, 2),
        },
    )
    return str(row["solutioncomponentid"])


def add_modelled(
    store: Store, solution_id: str, kind: components.ComponentKind, row_id: str, key: str, *, behavior: int = 0
) -> str:
    """The same for a component whose rows the simulator keeps; `key` identifies it in packages."""
    schema_name = None if kind.row_format.key_is_guid else key
    return add_component(store, solution_id, kind.type, row_id, behavior=behavior, schema_name=schema_name)


def add_unmodelled(context: Context, solution_id: str, component: RootComponent) -> None:
    """Keep a root component of a type whose content the simulator does not model (tables, apps, web resources)."""
    object_id = named_components.ensure(context, component)
    add_component(
        context.store,
        solution_id,
        component.type,
        object_id,
        behavior=component.behavior,
        schema_name=component.schema_name,
    )


def keep_rest(store: Store, solution_id: str, package: SolutionPackage) -> None:
    """Remember what the simulator does not model, so that an export gives it back."""
    bare = replace(package, rows=())
    store.update("solution", solution_id, {"packagerest": write_package(bare)})


def members(store: Store, solution_id: str) -> list[Row]:
    return store.find("solutioncomponent", solutionid=solution_id)


def modelled_members(store: Store, solution_id: str) -> list[tuple[components.ComponentKind, str]]:
    """The members whose rows the simulator keeps: (kind, id)."""
    found = [(components.kind_of_type(row["componenttype"]), row["objectid"]) for row in members(store, solution_id)]
    return [(kind, row_id) for kind, row_id in found if kind is not None]


def flow_ids(store: Store, solution_id: str, category: int | None = None) -> list[str]:
    """Ids of the solution's flows (of one category: 5 cloud, 6 desktop)."""
    ids = [row_id for kind, row_id in modelled_members(store, solution_id) if kind.table == "workflow"]
    wanted: dict[str, Any] = {"workflowid": ids, **({} if category is None else {"category": category})}
    return [row["workflowid"] for row in store.find("workflow", columns=["workflowid"], **wanted)]


def remove(context: Context, solution: Row) -> list[str]:
    """Take a solution away: its layers, components nobody else carries, its rows; ids of the deleted components.

    A managed one takes its components along; an unmanaged one is only a container.
    """
    store = context.store
    deleted = []
    if solution["ismanaged"]:
        for kind, row_id in modelled_members(store, solution["solutionid"]):
            layers.drop(store, row_id, solution["solutionid"])
            if store.get(kind.table, row_id) and not layers.settle(store, kind, row_id):
                components.delete(store, kind.table, row_id)
                deleted.append(row_id)
    for member in members(store, solution["solutionid"]):
        store.delete("solutioncomponent", member["solutioncomponentid"])
        if solution["ismanaged"] and named_components.delete_unheld(store, member["componenttype"], member["objectid"]):
            deleted.append(member["objectid"])
    needs.forget(store, solution["solutionid"])
    store.delete("solution", solution["solutionid"])
    return deleted
