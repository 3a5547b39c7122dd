# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables without rows of their own: component layers, summaries of a solution's components, the solution history.

Their rows are written just before they are read. Like the service's virtual tables they accept few conditions.
Source: project references, solutions section 4, sharing 4.4. The literal 'Workflow' for flows is not confirmed.
"""

from __future__ import annotations

import json
import re
from typing import Any

from ..environments import schema
from ..environments.context import Context
from ..environments.hooks import Change, on
from ..environments.store import Row
from ..errors import invalid_argument
from . import layers
from . import rows as solution_rows
from .components import KINDS, ComponentKind, content_of, name_of
from .layers import ACTIVE, Layer

_LAYER_ID = re.compile(r"msdyn_componentid eq '([0-9a-fA-F-]{36})'")
_LAYER_KIND = re.compile(r"msdyn_solutioncomponentname eq '(\w+)'")
_SOLUTION_ID = re.compile(r"msdyn_solutionid eq '?([0-9a-fA-F-]{36})'?")
_CONDITION = re.compile(r"\b(msdyn_\w+|_msdyn_\w+)\b")
HISTORY_CONDITIONS = {"msdyn_name", "msdyn_solutionid"}


@on("query", "msdyn_componentlayer")
def show_layers(context: Context, change: Change) -> None:
    """The stack of the one component that the filter names."""
    if change.row is not None:
        return
    condition = change.options.get("$filter", "")
    found, kind_name = _LAYER_ID.search(condition), _LAYER_KIND.search(condition)
    if not found or not kind_name:
        raise invalid_argument(
            "A filter on msdyn_componentid and msdyn_solutioncomponentname is required to retrieve component layers."
        )
    _clear(context, "msdyn_componentlayer")
    kind = next((one for one in KINDS if one.layer_name.lower() == kind_name[1].lower()), None)
    row = kind and context.store.get(kind.table, found[1].lower())
    if kind and row:
        for order, layer in enumerate(_stack(context, kind, row), start=1):
            context.store.insert("msdyn_componentlayer", _layer_row(context, kind, row, layer, order, kind_name[1]))


@on("query", "msdyn_solutioncomponentsummary")
def show_summaries(context: Context, change: Change) -> None:
    """The components of the one solution that the filter names."""
    if change.row is not None:
        return
    condition = change.options.get("$filter", "")
    found = _SOLUTION_ID.search(condition)
    if not found or re.search(r"\beq (true|false)\b", condition):
        raise invalid_argument(
            "A filter on msdyn_solutionid is required, and conditions on booleans are not supported."
        )
    _clear(context, "msdyn_solutioncomponentsummary")
    for kind, row_id in solution_rows.modelled_members(context.store, found[1].lower()):
        row = context.store.get(kind.table, row_id)
        if row:
            context.store.insert("msdyn_solutioncomponentsummary", _summary_row(kind, row, found[1].lower()))


@on("query", "msdyn_solutionhistory")
def limit_history_conditions(context: Context, change: Change) -> None:
    """The virtual table takes conditions on the name, not on times or activities."""
    used = set(_CONDITION.findall(change.options.get("$filter", "")))
    if used - HISTORY_CONDITIONS:
        raise invalid_argument(
            f"Conditions on {', '.join(sorted(used - HISTORY_CONDITIONS))} are not supported by msdyn_solutionhistory."
        )


def _clear(context: Context, table: str) -> None:
    for row in context.store.find(table, columns=[f"{table}id"]):
        context.store.delete(table, row[f"{table}id"])


def _stack(context: Context, kind: ComponentKind, row: Row) -> list[Layer]:
    stack = layers.layers_of(context.store, kind, row[f"{kind.table}id"])
    return stack or [Layer("", None, content_of(kind, row), True)]


def _layer_row(context: Context, kind: ComponentKind, row: Row, layer: Layer, order: int, kind_name: str) -> Row:
    solution = layer.solution
    publisher = context.store.get("publisher", solution["publisherid"]) if solution else None
    return {
        "msdyn_componentid": row[f"{kind.table}id"],
        "msdyn_solutioncomponentname": kind_name,
        "msdyn_name": name_of(kind, row),
        "msdyn_order": order,
        "msdyn_solutionname": solution["uniquename"] if solution else ACTIVE,
        "msdyn_publishername": publisher["friendlyname"] if publisher else "Default Publisher",
        "msdyn_componentjson": json.dumps(
            {
                "LogicalName": kind.table,
                "Id": row[f"{kind.table}id"],
                "Attributes": [
                    {"Key": name, "Value": _shown(value)}
                    for name, value in layer.content.items()
                    if name != "packagexml" and not isinstance(value, bytes)
                ],
            }
        ),
    }


def _summary_row(kind: ComponentKind, row: Row, solution_id: str) -> Row:
    return {
        "msdyn_solutionid": solution_id,
        "msdyn_objectid": row[f"{kind.table}id"],
        "msdyn_componenttype": kind.type,
        "msdyn_componenttypename": schema.table(kind.table).type_name,
        "msdyn_componentlogicalname": kind.table,
        "msdyn_name": name_of(kind, row),
        "msdyn_displayname": name_of(kind, row),
        "msdyn_workflowcategory": None if row.get("category") is None else str(row["category"]),
        "msdyn_ismanaged": str(bool(row["ismanaged"])),
    }


def _shown(value: Any) -> Any:
    return {"Value": value} if isinstance(value, int) and not isinstance(value, bool) else value
