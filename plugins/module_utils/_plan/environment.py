# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a plan needs to know of an environment: plain data, read elsewhere.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Protocol

from .._dataverse.rows import Row
from .._packages.callers import Caller
from .._packages.package import CLOUD_FLOW, DESKTOP_FLOW

FLOW_TYPES = {CLOUD_FLOW: "cloud", DESKTOP_FLOW: "desktop"}
# What people call the tables of components, where it is not the table's own name.
_WORDS = {
    "desktopflowbinary": "desktop flow binary",
    "entity": "table",
    "webresource": "web resource",
    "sitemap": "site map",
    "customcontrol": "custom control",
    "appmodule": "model-driven app",
    "canvasapp": "canvas app",
}


@dataclasses.dataclass(frozen=True)
class DeployedFlow:
    """A flow of the environment; ``same_content`` tells whether its definition is the package's, None if nobody can."""

    id: str
    name: str
    category: int
    inputs: str | None = None
    outputs: str | None = None
    same_content: bool | None = False

    @classmethod
    def from_api(cls, row: Row) -> DeployedFlow:
        """Return the flow in a row of the table workflow."""
        inputs, outputs = row.optional_text("inputs"), row.optional_text("outputs")
        return cls(row.guid("workflowid"), row.text("name"), row.number("category"), inputs, outputs)


@dataclasses.dataclass(frozen=True)
class DeployedComponent:
    """A component of the installed solution: its table, its id, and its name where components of it go by name.

    ``title`` is what to call it in messages; ``category`` tells desktop from cloud flows. ``tables`` are tables that
    the solution holds with all their parts, if the component is a part of one of them for sure.
    """

    kind: str
    id: str
    name: str | None = None
    title: str | None = None
    category: int | None = None
    tables: tuple[str, ...] = ()

    def __str__(self) -> str:
        flow = FLOW_TYPES.get(self.category or 0)
        kind = f"{flow} flow" if flow else _WORDS.get(self.kind, self.kind)
        return f"{kind} {self.title or self.name or self.id}"

    def to_result(self) -> dict[str, Any]:
        kind = FLOW_TYPES.get(self.category or 0, self.kind)
        return {"type": kind, "id": self.id, "name": self.title or self.name}


@dataclasses.dataclass(frozen=True)
class Dependent:
    """A component that the platform would not let another one go for, in words: ``workflow "Nightly"``.

    ``parent`` is the id of the component that it is a part of, the table of a column for example.
    """

    id: str
    title: str
    parent: str | None = None


@dataclasses.dataclass(frozen=True)
class FlowShare:
    """A share of a flow: with whom, in words, and as what (user, co_owner, or a mask)."""

    flow: str
    flow_id: str
    principal: str
    access: str


@dataclasses.dataclass(frozen=True)
class Environment:
    """The target of an import, as far as its plan needs it.

    ``version`` is that of the installed solution, None when it is not installed. ``flows`` are those of the package
    and of the installed solution that exist. ``components`` are those of the installed solution, ``dependents``
    what the platform says of the left-overs among them (by id), ``holders`` the other managed solutions that hold
    these too (by id). ``callers`` are all flows of the environment that call desktop flows. ``desktop_flow_ids``
    are all desktop flows. ``shares`` are those that an upgrade would take away. ``hidden`` are flows of the package
    with another layer on top, ``upper`` tells by id of those whose layer is managed the solution, ``drafts`` are
    those beside which something is saved that is not published. ``callers_unknown`` tells why callers could not be
    looked for, if they could not. ``lacking`` are those of the privileges to import and to share that the
    application does not have, None when that could not be told. ``companions`` are solutions that are deployed
    together with the package.
    """

    version: str | None = None
    flows: tuple[DeployedFlow, ...] = ()
    components: tuple[DeployedComponent, ...] = ()
    dependents: Mapping[str, tuple[Dependent, ...]] = dataclasses.field(default_factory=dict)
    holders: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    callers: tuple[Caller, ...] = ()
    desktop_flow_ids: frozenset[str] = frozenset()
    shares: tuple[FlowShare, ...] = ()
    hidden: frozenset[str] = frozenset()
    upper: Mapping[str, str] = dataclasses.field(default_factory=dict)
    drafts: frozenset[str] = frozenset()
    callers_unknown: str | None = None
    lacking: frozenset[str] | None = None
    unbound_references: tuple[str, ...] = ()
    variables_without_value: tuple[str, ...] = ()
    companions: frozenset[str] = frozenset()


class Flow(Protocol):
    """What has the identity of a flow: packaged, deployed, or as a caller."""

    @property
    def id(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def category(self) -> int: ...


@dataclasses.dataclass(frozen=True)
class FlowName:
    """A flow in a plan."""

    id: str
    name: str
    category: int

    @classmethod
    def of(cls, flow: Flow) -> FlowName:
        """Take the name of a packaged, deployed or calling flow."""
        return cls(flow.id, flow.name, flow.category)

    def __str__(self) -> str:
        return f"{self.to_result()['type']} flow {self.name}"

    def to_result(self) -> dict[str, str]:
        return {"id": self.id, "name": self.name, "type": FLOW_TYPES.get(self.category, "other")}
