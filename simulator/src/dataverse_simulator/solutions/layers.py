# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers: which solution says what about a component, and which of them is seen.

Flows are not merged: the top layer wins as a whole. Managed layers lie in the order in which their solutions were
installed; the unmanaged layer ("Active") lies on top of them. A component that no managed solution holds has an
unmanaged layer only, which is its row itself and is written down when a managed one joins it.
Source: "Solution layers" in the ALM documentation; project reference on sharing, 4.4.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from ..environments.store import Row, Store
from . import components
from .components import ComponentKind

ACTIVE = "Active"
#: The same in every environment.
ACTIVE_SOLUTION_ID = "fd140aae-4df4-11dd-bd17-0019b9312238"


@dataclass(frozen=True)
class Layer:
    """`solution` is None for the unmanaged layer; `origin`: the component was made by this (unmanaged) layer."""

    id: str
    solution: Row | None
    content: dict[str, Any]
    origin: bool


def layers_of(store: Store, kind: ComponentKind, row_id: str) -> list[Layer]:
    """Bottom first."""
    found = [
        Layer(
            row["layerid"],
            row["solutionid"] and store.get("solution", row["solutionid"]),
            decode(row["content"]),
            row["origin"],
        )
        for row in store.find("_layer", componenttable=kind.table, componentid=row_id)
    ]
    return sorted(found, key=lambda layer: layer.solution["layerorder"] if layer.solution else float("inf"))


def put_managed(store: Store, kind: ComponentKind, row_id: str, solution_id: str, content: dict[str, Any]) -> None:
    """Give (or replace) the solution's layer. An unmanaged component first gets its own content written down."""
    if not store.count("_layer", componentid=row_id):
        current = store.get(kind.table, row_id)
        if current and not current["ismanaged"]:
            _insert(store, kind, row_id, None, components.content_of(kind, current), origin=True)
    _put(store, kind, row_id, solution_id, content)


def customise(store: Store, kind: ComponentKind, row_id: str, content: dict[str, Any]) -> None:
    """An unmanaged change of a component: an Active layer, when there are managed ones below it."""
    if store.count("_layer", componentid=row_id):
        _put(store, kind, row_id, None, content)


def drop(store: Store, row_id: str, solution_id: str | None) -> None:
    """Take one layer away; an unmanaged one that made the component stays."""
    for row in store.find("_layer", columns=["layerid", "origin"], componentid=row_id, solutionid=solution_id):
        if not row["origin"]:
            store.delete("_layer", row["layerid"])


def settle(store: Store, kind: ComponentKind, row_id: str) -> bool:
    """Show the top layer in the component's row. False when no layer carries the component any more."""
    stack = layers_of(store, kind, row_id)
    managed = [layer for layer in stack if layer.solution]
    if not managed and not any(layer.origin for layer in stack):
        return False
    current = store.get(kind.table, row_id) or {}
    content = {name: value for name, value in stack[-1].content.items() if name not in kind.kept}
    base = managed[-1].solution if managed else None
    changes = {**content, "ismanaged": bool(base), "solutionid": base["solutionid"] if base else ACTIVE_SOLUTION_ID}
    if any(current.get(name) != value for name, value in changes.items()):
        store.update(kind.table, row_id, changes)
    return True


def encode(content: dict[str, Any]) -> bytes:
    return json.dumps(content, default=lambda value: {"base64": base64.b64encode(value).decode()}).encode()


def decode(content: bytes) -> dict[str, Any]:
    def restore(value: dict[str, Any]) -> Any:
        return base64.b64decode(value["base64"]) if value.keys() == {"base64"} else value

    result: dict[str, Any] = json.loads(content, object_hook=restore)
    return result


def _put(store: Store, kind: ComponentKind, row_id: str, solution_id: str | None, content: dict[str, Any]) -> None:
    found = store.find("_layer", columns=["layerid"], componentid=row_id, solutionid=solution_id)
    if found:
        store.update("_layer", found[0]["layerid"], {"content": encode(content)})
    else:
        _insert(store, kind, row_id, solution_id, content)


def _insert(
    store: Store,
    kind: ComponentKind,
    row_id: str,
    solution_id: str | None,
    content: dict[str, Any],
    origin: bool = False,
) -> None:
    store.insert(
        "_layer",
        {
            "componenttable": kind.table,
            "componentid": row_id,
            "solutionid": solution_id,
            "content": encode(content),
            "origin": origin,
        },
    )


def carried_without(store: Store, row_id: str, solution_ids: set[str]) -> bool:
    """Would the component still exist if these solutions were gone?"""
    rows = store.find("_layer", columns=["solutionid", "origin"], componentid=row_id)
    return any(row["origin"] or (row["solutionid"] and row["solutionid"] not in solution_ids) for row in rows)
