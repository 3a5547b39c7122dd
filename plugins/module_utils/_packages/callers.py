# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Flows as callers: of a package or of an environment, which desktop flows they call and which of these are missing.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable
from functools import cached_property
from typing import Any

from .._dataverse.rows import Row
from .calls import Call, cloud_calls, desktop_calls
from .package import CLOUD_FLOW, DESKTOP_FLOW, Package, PackagedFlow, dependency_ids


@dataclasses.dataclass(frozen=True)
class Caller:
    """A flow and the calls in it.

    ``child_flows`` are the desktop flows that a desktop flow declares to call. ``calls`` is None where the content of
    the flow was not looked at or cannot be read: then only ``child_flows`` tell.
    """

    id: str
    name: str
    category: int
    child_flows: tuple[str, ...]
    calls: tuple[Call, ...] | None

    @cached_property
    def called(self) -> frozenset[str]:
        """Ids of all desktop flows that the flow calls, as far as they are written out."""
        written = {call.flow_id for call in self.calls or () if call.flow_id}
        return frozenset(self.child_flows) | written

    @property
    def undetectable(self) -> tuple[Call, ...]:
        """Calls of flows that are decided at run time."""
        return tuple(call for call in self.calls or () if call.flow_id is None)

    def calls_of(self, flow_id: str) -> tuple[Call, ...]:
        return tuple(call for call in self.calls or () if call.flow_id == flow_id)

    @classmethod
    def from_content(cls, id_: str, name: str, category: int, dependencies: str | None, content: str | None) -> Caller:
        """Make one of a flow's dependencies and its script (desktop) or JSON (cloud), where they are known."""
        return cls._with_calls(id_, name, category, dependency_ids(dependencies, "childFlows"), content)

    @classmethod
    def from_row(cls, row: Row) -> Caller:
        """Make one of a row of the table workflow: workflowid, name, category, dependencies, definition, clientdata."""
        category = row.number("category")
        content = row.optional_text("definition" if category == DESKTOP_FLOW else "clientdata")
        child_flows = tuple(child.lower() for child in row.document("dependencies").texts("childFlows"))
        return cls._with_calls(row.guid("workflowid"), row.text("name"), category, child_flows, content)

    @classmethod
    def _with_calls(
        cls, id_: str, name: str, category: int, child_flows: tuple[str, ...], content: str | None
    ) -> Caller:
        read = {DESKTOP_FLOW: desktop_calls, CLOUD_FLOW: cloud_calls}.get(category)
        calls = read(content) if read and content else None
        return cls(id_, name, category, child_flows, None if calls is None else tuple(calls))


@dataclasses.dataclass(frozen=True)
class MissingFlow:
    """A desktop flow that is called but found nowhere: its id, who calls it, and where, as far as that is known."""

    id: str
    caller: Caller
    places: tuple[str, ...]

    def to_result(self) -> dict[str, Any]:
        return {"id": self.id, "caller": self.caller.name, "caller_id": self.caller.id, "places": list(self.places)}


def package_callers(package: Package) -> tuple[Caller, ...]:
    """Return all flows of a package as callers; one flow's content at a time is in memory."""
    read = {flow.id: _caller(flow, content) for flow, content in package.contents()}
    return tuple(read.get(flow.id) or _caller(flow, None) for flow in package.flows)


def _caller(flow: PackagedFlow, content: str | None) -> Caller:
    return Caller.from_content(flow.id, flow.name, flow.category, flow.dependencies, content)


def missing_flows(callers: Iterable[Caller], known: Collection[str]) -> list[MissingFlow]:
    """List the calls of desktop flows that are not known: in the package itself, or in the target."""
    return [
        MissingFlow(id_, caller, tuple(call.place for call in caller.calls_of(id_)))
        for caller in callers
        for id_ in sorted(caller.called - set(known))
    ]
