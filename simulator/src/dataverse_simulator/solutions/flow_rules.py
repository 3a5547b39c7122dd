# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens to flows and other solution components when clients create, change, assign or delete them.

Source: project reference on sharing, 1.7 (managed flows cannot be edited), 2.6 (cascades), 4.3 (owner, active flows),
4.4 (unmanaged layer); solutions, section 4 (MSCRM.SolutionUniqueName).
"""

from __future__ import annotations

from ..environments import schema
from ..environments.context import Context
from ..environments.hooks import Change, on
from ..environments.store import new_id
from ..sharing import shares as sharing
from . import components, dependencies, layers
from . import errors as solution_errors
from . import rows as solution_rows
from .components import BY_TABLE, KINDS

ALL_RIGHTS = 852023
#: A managed desktop flow cannot be edited any more.
PROTECTED = frozenset({"definition", "inputs", "outputs"})


def start_unmanaged(context: Context, change: Change) -> None:
    change.values.setdefault("solutionid", layers.ACTIVE_SOLUTION_ID)
    if change.table == "workflow":
        change.values["workflowidunique"] = new_id()


def join_solution(context: Context, change: Change) -> None:
    """A record made with the header MSCRM.SolutionUniqueName becomes a component of that solution."""
    name = context.headers.get("mscrm.solutionuniquename")
    if name and change.row:
        solution = solution_rows.by_name(context.store, name)
        kind = BY_TABLE[change.table]
        row_id, key = change.row[f"{kind.table}id"], change.row[kind.row_format.key_column]
        solution_rows.add_modelled(context.store, solution["solutionid"], kind, row_id, key)
    if change.table == "desktopflowbinary" and change.row:
        sharing.inherit(context.store, change.row)


def protect_managed(context: Context, change: Change) -> None:
    row = change.row or {}
    if row.get("ismanaged") and row.get("category") == 6 and PROTECTED & change.values.keys():
        raise solution_errors.MANAGED_FLOW(name=row["name"])


def note_customisation(context: Context, change: Change) -> None:
    """A change of a managed component's content makes an unmanaged layer."""
    kind = BY_TABLE[change.table]
    row = change.row or {}
    if row.get("ismanaged") and (set(kind.content) - kind.kept) & change.values.keys():
        layers.customise(context.store, kind, row[f"{kind.table}id"], components.content_of(kind, row))


def delete_component(context: Context, change: Change) -> None:
    kind, row = BY_TABLE[change.table], change.row or {}
    type_name = schema.table(change.table).type_name
    if row["ismanaged"]:
        raise solution_errors.MANAGED_COMPONENT(type=type_name, name=components.name_of(kind, row))
    if change.table == "workflow" and row["statecode"] == 1:
        raise solution_errors.ACTIVE_FLOW()
    row_id = row[f"{kind.table}id"]
    blockers = [] if change.table == "workflow" else dependencies.dependents_of(context.store, kind, row_id)
    if blockers:
        raise solution_errors.NEEDED_COMPONENT(table=change.table, id=row_id, count=len(blockers))
    components.delete(context.store, change.table, row_id)


@on("update", "workflow", stage="after")
def cascade_assign(context: Context, change: Change) -> None:
    """Binaries follow their flow to its new owner; the old one keeps a share only if the organization says so."""
    row, previous = change.row, change.previous
    if not row or not previous or row["ownerid"] == previous["ownerid"]:
        return
    owner = {"ownerid": row["ownerid"], "owneridtype": row["owneridtype"]}
    for binary in context.store.find("desktopflowbinary", columns=["desktopflowbinaryid"], process=row["workflowid"]):
        context.store.update("desktopflowbinary", binary["desktopflowbinaryid"], owner)
    if context.environment.organization["sharetopreviousowneronassign"]:
        principal = (previous["owneridtype"], previous["ownerid"])
        sharing.grant(context.store, "workflow", row["workflowid"], principal, ALL_RIGHTS)


for _kind in KINDS:
    on("create", _kind.table)(start_unmanaged)
    on("create", _kind.table, stage="after")(join_solution)
    on("update", _kind.table)(protect_managed)
    on("update", _kind.table, stage="after")(note_customisation)
    on("delete", _kind.table, stage="instead")(delete_component)
