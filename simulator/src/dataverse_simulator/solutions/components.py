# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of solution components the simulator models, and finding, making and deleting rows of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..environments import drafts, schema
from ..environments.context import Context
from ..environments.store import Row, Store, new_id
from ..packages.rows import (
    CONNECTION_REFERENCE,
    DESKTOP_FLOW_BINARY,
    ENVIRONMENT_VARIABLE,
    WORK_QUEUE,
    WORKFLOW,
    PackagedRow,
    RowFormat,
)
from ..sharing import shares as sharing


@dataclass(frozen=True)
class ComponentKind:
    """`extra` are content columns that packages keep outside the row's element, `kept` those an update leaves alone."""

    row_format: RowFormat
    extra: tuple[str, ...] = ()
    kept: frozenset[str] = frozenset()
    root: bool = False
    layer_name: str = ""

    @property
    def table(self) -> str:
        return self.row_format.table

    @property
    def type(self) -> int:
        """The component type: 29 for every flow; tables without a fixed number use their object type code."""
        return 29 if self.table == "workflow" else schema.table(self.table).object_type_code

    @property
    def content(self) -> tuple[str, ...]:
        columns = (column for column, _kind in self.row_format.fields.values())
        return (*self.row_format.attributes.values(), *columns, *self.extra, "packagexml")


#: In the order in which an import creates them: what others need comes first.
KINDS = (
    ComponentKind(CONNECTION_REFERENCE, root=False, layer_name="connectionreference"),
    ComponentKind(ENVIRONMENT_VARIABLE, ("displayname",), root=True, layer_name="environmentvariabledefinition"),
    ComponentKind(WORK_QUEUE, layer_name="workqueue"),
    ComponentKind(WORKFLOW, ("clientdata",), frozenset({"statecode", "statuscode"}), root=True, layer_name="Workflow"),
    ComponentKind(
        DESKTOP_FLOW_BINARY, ("process", "data", "data_name", "data_mimetype"), layer_name="desktopflowbinary"
    ),
)
BY_TABLE = {kind.table: kind for kind in KINDS}


def kind_of_type(component_type: int) -> ComponentKind | None:
    return next((kind for kind in KINDS if kind.type == component_type), None)


def locate(store: Store, packaged: PackagedRow) -> Row | None:
    """The row of this environment that the packaged row stands for: same GUID, or same name."""
    return store.first(packaged.table, **{BY_TABLE[packaged.table].row_format.key_column: packaged.key})


def create(context: Context, packaged: PackagedRow) -> str:
    """A new row with the packaged content, owned by the importing user; its id."""
    kind = BY_TABLE[packaged.table]
    values = {name: packaged.values.get(name) for name in kind.content}
    values[kind.row_format.key_column] = packaged.key
    if packaged.table == "workflow":
        values["workflowidunique"] = new_id()
    row = context.insert(packaged.table, {name: value for name, value in values.items() if value is not None})
    row_id = str(row[schema.table(packaged.table).primary_key])
    if packaged.table == "desktopflowbinary":
        sharing.inherit(context.store, row)
    return row_id


def content_of(kind: ComponentKind, values: Row) -> dict[str, Any]:
    return {name: values.get(name) for name in kind.content}


def delete(store: Store, table: str, row_id: str) -> None:
    """Delete a component's row with everything that goes with it: binaries, drafts, values, shares, layers,
    memberships.
    """
    if table == "workflow":
        for binary in store.find("desktopflowbinary", columns=["desktopflowbinaryid"], process=row_id):
            delete(store, "desktopflowbinary", binary["desktopflowbinaryid"])
        drafts.discard(store, row_id)
    if table == "environmentvariabledefinition":
        for value in store.find("environmentvariablevalue", environmentvariabledefinitionid=row_id):
            store.delete("environmentvariablevalue", value["environmentvariablevalueid"])
    sharing.forget(store, row_id)
    for layer in store.find("_layer", columns=["layerid"], componentid=row_id):
        store.delete("_layer", layer["layerid"])
    for member in store.find("solutioncomponent", columns=["solutioncomponentid"], objectid=row_id):
        store.delete("solutioncomponent", member["solutioncomponentid"])
    store.delete(table, row_id)


def find_by_id(store: Store, component_type: int, row_id: str) -> Row | None:
    kind = kind_of_type(component_type)
    return None if kind is None else store.get(kind.table, row_id)


def name_of(kind: ComponentKind, row: Row) -> str:
    """What people call the component: its display or primary name."""
    return str(row.get(schema.table(kind.table).primary_name) or row[kind.row_format.key_column])
