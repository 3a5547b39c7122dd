# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What needs what: hard dependencies, which block deletion, and what RetrieveDependentComponents shows.

Flows need their connection references and (cloud flows) environment variables; binaries need their flow. Calls of
desktop flows are soft: the platform does not know them.
Source: project reference on sharing, section 6 and rule 18; solutions, "Dependency functions".
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..environments.store import Row, Store
from .components import BY_TABLE, ComponentKind, name_of
from .needs import Need

_REFERENCE_NAME = re.compile(r'"connectionReferenceLogicalName"\s*:\s*"([^"]+)"')
_VARIABLE_NAME = re.compile(r'"schemaName"\s*:\s*"([^"]+)"')
_FLOW_COLUMNS = ["workflowid", "name", "solutionid", "ismanaged", "connectionreferences", "clientdata"]


@dataclass(frozen=True)
class Dependency:
    """`dependent` cannot exist without `required`; both as (kind, row)."""

    dependent: tuple[ComponentKind, Row]
    required: tuple[ComponentKind, Row]

    @property
    def id(self) -> str:
        """Stable, so that the same dependency has the same id in every answer."""
        return str(uuid.uuid5(uuid.NAMESPACE_OID, self._id(self.dependent) + self._id(self.required)))

    @staticmethod
    def _id(end: tuple[ComponentKind, Row]) -> str:
        return str(end[1][f"{end[0].table}id"])

    def row(self) -> dict[str, Any]:
        """The dependency as the Web API's functions return it."""
        dependent, required = self.dependent, self.required
        internal = dependent[1]["ismanaged"] and dependent[1]["solutionid"] == required[1]["solutionid"]
        return {
            "dependencyid": self.id,
            "dependencytype": 1 if internal else 2,
            "dependentcomponentobjectid": self._id(dependent),
            "dependentcomponenttype": dependent[0].type,
            "dependentcomponentbasesolutionid": dependent[1]["solutionid"],
            "dependentcomponentparentid": None,
            "requiredcomponentobjectid": self._id(required),
            "requiredcomponenttype": required[0].type,
            "requiredcomponentbasesolutionid": required[1]["solutionid"],
            "requiredcomponentparentid": None,
        }

    def describe(self) -> str:
        def end(label: str, kind: ComponentKind, row: Row) -> str:
            name = "Workflow" if kind.table == "workflow" else kind.table
            return (
                f"{label} details: Type: {name}, DisplayName: {name_of(kind, row)}, "
                f"Id: {row[f'{kind.table}id']}, SolutionId: {row['solutionid']}"
            )

        return f"{end('RequiredComponentObject', *self.required)} {end('DependentComponentObject', *self.dependent)}"


def of_flow(store: Store, flow: Row) -> list[Dependency]:
    """What one flow needs, as far as it exists."""
    found = []
    for table, column, names in (
        ("connectionreference", "connectionreferencelogicalname", reference_names(flow)),
        ("environmentvariabledefinition", "schemaname", variable_names(flow)),
    ):
        for row in store.find(table, **{column: names}) if names else []:
            found.append(Dependency((BY_TABLE["workflow"], flow), (BY_TABLE[table], row)))
    return found


def all_of_flows(store: Store) -> list[Dependency]:
    return [dependency for flow in store.find("workflow", columns=_FLOW_COLUMNS) for dependency in of_flow(store, flow)]


def of_binaries(store: Store, **equals: Any) -> list[Dependency]:
    columns = ["desktopflowbinaryid", "name", "process", "solutionid", "ismanaged"]
    found = []
    for binary in store.find("desktopflowbinary", columns=columns, **equals):
        flow = store.get("workflow", binary["process"])
        if flow:
            found.append(Dependency((BY_TABLE["desktopflowbinary"], binary), (BY_TABLE["workflow"], flow)))
    return found


def dependents_of(store: Store, kind: ComponentKind, row_id: str) -> list[Dependency]:
    """Everything that needs this component."""
    if kind.table == "workflow":
        return of_binaries(store, process=row_id)
    return [
        dependency
        for dependency in all_of_flows(store)
        if dependency.required[0] is kind and dependency.required[1][f"{kind.table}id"] == row_id
    ]


def required_by(store: Store, kind: ComponentKind, row: Row) -> list[Dependency]:
    """Everything this component needs."""
    if kind.table == "workflow":
        return of_flow(store, row)
    return (
        of_binaries(store, desktopflowbinaryid=row["desktopflowbinaryid"]) if kind.table == "desktopflowbinary" else []
    )


def blocking(store: Store, leaving: set[str]) -> list[Dependency]:
    """Dependencies of components that stay on components that would leave (ids)."""
    return [
        dependency
        for dependency in all_of_flows(store)
        if dependency.row()["requiredcomponentobjectid"] in leaving
        and dependency.row()["dependentcomponentobjectid"] not in leaving
    ]


def describe(blockers: Sequence[Dependency | Need]) -> str:
    """Source: text of coe-starter-kit#8063 (reference on sharing, 4.1)."""
    details = " ".join(item.describe() for item in blockers)
    return f"Solution dependencies exist, cannot uninstall. DependencyCount : {len(blockers)} {details}"


def reference_names(flow: Row) -> list[str]:
    """Logical names of the connection references a flow uses."""
    text = f"{flow.get('connectionreferences') or ''}{flow.get('clientdata') or ''}"
    return sorted(set(_REFERENCE_NAME.findall(text)))


def variable_names(flow: Row) -> list[str]:
    """Schema names of the environment variables a cloud flow uses (in the metadata of its parameters)."""
    return sorted(set(_VARIABLE_NAME.findall(flow.get("clientdata") or "")))


def child_flow_ids(flow: Row) -> list[str]:
    """Ids of the desktop flows this one calls, as its soft dependencies name them."""
    try:
        known = json.loads(flow.get("dependencies") or "{}")
    except ValueError:
        return []
    return list(known.get("childFlows") or []) if isinstance(known, dict) else []
