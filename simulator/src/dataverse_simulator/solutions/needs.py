# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What installed solutions need of others, as the MissingDependencies of their packages name it.

It holds components of every type, also those whose content the simulator does not model (connectors, tables), and
keeps the solution that brings them from being removed.
Source: layout of solution.xml; "Dependency tracking for solution components"; 0x8004F01F.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..environments.store import Row, Store
from ..environments.tables.solutions import COMPONENT_TYPE
from ..packages.manifest import Manifest
from .components import kind_of_type


@dataclass(frozen=True)
class Need:
    """`required`, `dependent`: attributes of a MissingDependency; `holders`: members of solutions that fulfil it."""

    solution_id: str
    required: dict[str, str]
    dependent: dict[str, str]
    holders: tuple[Row, ...]

    def row(self) -> dict[str, Any]:
        """The dependency as the Web API's functions return it."""
        required_id = self.holders[0]["objectid"] if self.holders else _identifier(self.required)
        return {
            "dependencyid": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self.dependent}{self.required}")),
            "dependencytype": 2,
            "dependentcomponentobjectid": _identifier(self.dependent),
            "dependentcomponenttype": _type(self.dependent),
            "dependentcomponentbasesolutionid": self.solution_id,
            "dependentcomponentparentid": None,
            "requiredcomponentobjectid": required_id,
            "requiredcomponenttype": _type(self.required),
            "requiredcomponentbasesolutionid": self.holders[0]["solutionid"] if self.holders else None,
            "requiredcomponentparentid": None,
        }

    def describe(self) -> str:
        solution_id = self.holders[0]["solutionid"] if self.holders else ""
        required = _words("RequiredComponentObject", self.required, solution_id)
        return f"{required} {_words('DependentComponentObject', self.dependent, self.solution_id)}"


def remember(store: Store, solution_id: str, manifest: Manifest) -> None:
    """What this version of a solution needs, in place of what an earlier one needed."""
    forget(store, solution_id)
    for item in manifest.missing_dependencies:
        if kind_of_type(_type(item.required)) is None:  # the others are found in the flows themselves
            ends = {"required": item.required, "dependent": item.dependent}
            store.insert("_need", {"solutionid": solution_id, "content": json.dumps(ends)})


def forget(store: Store, solution_id: str) -> None:
    for row in store.find("_need", columns=["needid"], solutionid=solution_id):
        store.delete("_need", row["needid"])


def blocking(store: Store, going: Sequence[Row], *, replaced: bool = False) -> list[Need]:
    """Needs of solutions that stay and that only the solutions in `going` fulfil.

    `replaced`: a newer version takes their place, which fulfils what asks for the solution by its name.
    """
    ids = {solution["solutionid"] for solution in going}
    names = set() if replaced else {solution["uniquename"] for solution in going}
    found = []
    for row in store.find("_need"):
        need = Need(row["solutionid"], **json.loads(row["content"]), holders=())
        holders = _holders(store, need.required)
        named = need.required.get("solution", "").partition(" (")[0] in names
        lost = all(holder["solutionid"] in ids for holder in holders) if holders else named
        if lost and need.solution_id not in ids:
            found.append(Need(need.solution_id, need.required, need.dependent, holders))
    return found


def _holders(store: Store, required: dict[str, str]) -> tuple[Row, ...]:
    component_type, identifier, name = _type(required), _identifier(required), required.get("schemaName")
    by_id = store.find("solutioncomponent", componenttype=component_type, objectid=identifier) if identifier else []
    by_name = store.find("solutioncomponent", componenttype=component_type, schemaname=name) if name else []
    return (*by_id, *(row for row in by_name if row not in by_id))


def _type(end: dict[str, str]) -> int:
    return int(end["type"]) if end.get("type", "").isdecimal() else 0


def _identifier(end: dict[str, str]) -> str | None:
    return end.get("id", "").strip("{}").lower() or None


def _words(label: str, end: dict[str, str], solution_id: str) -> str:
    name = end.get("displayName") or end.get("schemaName") or ""
    type_name = COMPONENT_TYPE.get(_type(end), str(_type(end)))
    return f"{label} details: Type: {type_name}, DisplayName: {name}, Id: {_identifier(end)}, SolutionId: {solution_id}"
