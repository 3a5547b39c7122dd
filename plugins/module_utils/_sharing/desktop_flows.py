# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Desktop flows: rows of the table ``workflows`` with category 6.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence

from .._dataverse.client import DataverseClient
from .._dataverse.odata import guid, quote
from .._dataverse.reading import Query
from .._dataverse.rows import Row, UnreadRows
from .._errors import AmbiguousMatchError, NoMatchError
from .._packages.components import WORKFLOW_TYPE
from .._text import listed
from .flow_rows import read_flow_rows
from .principals import Principal

DESKTOP_FLOW = "category eq 6"
COLUMNS = "workflowid,name,statecode,ismanaged,modifiedon,_ownerid_value,dependencies"
ALL_COLUMNS = f"{COLUMNS},inputs,outputs"
STATES = {0: "draft", 1: "activated", 2: "suspended"}
STATE_CODES = {state: code for code, state in STATES.items()}
# Up to this many flows are asked for one by one; beyond that, one page of all flows costs less.
FEW = 60


@dataclasses.dataclass(frozen=True)
class DesktopFlow:
    """One desktop flow; ``inputs`` and ``outputs`` are the platform's JSON texts, read on demand only."""

    id: str
    name: str
    owner_id: str
    state: str
    managed: bool
    modified_on: str | None
    child_flow_ids: tuple[str, ...]
    uses_work_queues: bool = False
    inputs: str | None = None
    outputs: str | None = None

    def changed(self, owner_id: str | None, enabled: bool | None) -> DesktopFlow:
        """Return the flow with another owner and turned on or off; None leaves a thing as it is."""
        state = self.state
        if enabled is not None and enabled != (state == "activated"):
            state = "activated" if enabled else "draft"
        return dataclasses.replace(self, owner_id=owner_id or self.owner_id, state=state)


def from_api(row: Row) -> DesktopFlow:
    """Return the desktop flow in a row of ``workflows``."""
    dependencies = row.document("dependencies")
    return DesktopFlow(
        id=row.guid("workflowid"),
        name=row.text("name"),
        owner_id=row.guid("_ownerid_value"),
        state=row.one_of("statecode", STATES),
        managed=row.flag("ismanaged"),
        modified_on=row.optional_time("modifiedon"),
        child_flow_ids=tuple(child.lower() for child in dependencies.texts("childFlows")),
        uses_work_queues=bool(dependencies.get("workQueues")),
        inputs=row.optional_text("inputs"),
        outputs=row.optional_text("outputs"),
    )


def membership(row: Row) -> tuple[str, str]:
    """Return solution (unique name) and flow (id) of a row that ``components_query`` brought."""
    return row.row("solutionid").text("uniquename"), row.guid("objectid")


def why_not(text: str, found: Sequence[DesktopFlow]) -> str:
    """Return in a phrase why the flows that were found are not exactly one, and what to do."""
    if not found:
        return (
            f"the environment has no desktop flow with the name or id {text!r}: check the spelling, or import the"
            " solution that brings it (coe.power_platform.desktop_flow_info lists the flows)"
        )
    return f"{len(found)} desktop flows are named {text!r}, give the id of one: {listed(flow.id for flow in found)}"


def candidates_of(found: Iterable[DesktopFlow]) -> list[dict[str, str]]:
    """Return flows as the candidates of an ambiguous name: id and name."""
    return [{"id": flow.id, "name": flow.name} for flow in found]


def components_query(solutions: Sequence[str]) -> Query:
    """Return the query for the flows of solutions (unique names), for ``DesktopFlows.load``.

    Source: Web API, table ``solutioncomponents``; component type 29 holds cloud and desktop flows alike.
    """
    return Query(
        "solutioncomponents",
        "objectid",
        [f"solutionid/uniquename eq {quote(name)}" for name in sorted(set(solutions))],
        also=f"componenttype eq {WORKFLOW_TYPE}",
        expand="solutionid($select=uniquename)",
    )


class DesktopFlows:
    """Desktop flows of one environment, read in bulk.

    A flow whose row cannot be read costs only who asks for it: that raises ``AnswerError``. When ``tolerant``, for who
    only tells of flows, it is left out with a warning.
    Source: Web API, table ``workflows``.
    """

    def __init__(self, client: DataverseClient, columns: str = COLUMNS, *, tolerant: bool = False) -> None:
        self._client = client
        self._tolerant = tolerant
        self._unread = UnreadRows(client.leave_out if tolerant else None)
        self._columns = columns
        self._by_id: dict[str, DesktopFlow] = {}
        self._by_name: dict[str, list[DesktopFlow]] = defaultdict(list)
        self._by_solution: dict[str, list[str]] = defaultdict(list)
        self._names_asked: set[str] | None = set()

    def load(self, texts: Iterable[str], components: Iterable[Row] = (), *, with_callees: bool = False) -> None:
        """Read the flows that names or ids may mean and those of solutions, in one request.

        ``components`` are the rows that ``components_query`` brought; ``with_callees`` reads all flows of the
        environment, since the flows that a flow calls are known only from the flows themselves.
        """
        for solution, flow_id in self._client.read_each(membership, components, tolerant=self._tolerant):
            self._by_solution[solution.casefold()].append(flow_id)
        ids = {found for listed in self._by_solution.values() for found in listed}
        wanted = {guid(text) or text for text in texts}
        names = {text for text in wanted if not guid(text)}
        ids |= wanted - names
        conditions = [f"workflowid eq {flow_id}" for flow_id in sorted(ids)]
        conditions += [f"name eq {quote(name)}" for name in sorted(names)]
        if with_callees or len(conditions) > FEW:
            self.load_all()
        else:
            self._names_asked = {name.casefold() for name in names}
            self._read(conditions)

    def load_all(self) -> None:
        """Read all desktop flows, those included that were never published; one request for 5,000 of them."""
        self._names_asked = None
        self._read(None)

    def load_owned_by(self, owner_ids: Collection[str]) -> None:
        """Read the desktop flows of owners."""
        self._read([f"_ownerid_value eq {owner_id}" for owner_id in sorted(owner_ids)])

    def load_namesakes(self) -> None:
        """Read all flows with the name of one that was read, so that ``designate`` knows which names are unique."""
        if self._names_asked is not None:
            self.load(flow.name for flow in list(self))

    def _read(self, conditions: list[str] | None) -> None:
        found, _others = read_flow_rows(self._client, Query("workflows", self._columns, conditions, also=DESKTOP_FLOW))
        for _row, flow in self._unread.read(from_api, found.rows):
            self.put(flow)

    def put(self, flow: DesktopFlow) -> None:
        """Count a flow among those that were read, in place of an earlier one with its id."""
        self.drop(flow.id)
        self._by_id[flow.id] = flow
        self._by_name[flow.name.casefold()].append(flow)

    def drop(self, flow_id: str) -> None:
        """Take a flow out of those that were read, if it is among them."""
        if known := self._by_id.pop(flow_id, None):
            self._by_name[known.name.casefold()].remove(known)

    def assign(self, solution: str, flow_ids: Iterable[str], *, only: bool) -> None:
        """Count flows among those of a solution (unique name), which has no others if they are the ``only`` ones."""
        members = [] if only else self._by_solution[solution.casefold()]
        self._by_solution[solution.casefold()] = sorted({*members, *flow_ids})

    def __iter__(self) -> Iterator[DesktopFlow]:
        return iter(sorted(self._by_id.values(), key=lambda flow: (flow.name, flow.id)))

    def get(self, flow_id: str) -> DesktopFlow | None:
        """Return a flow that was read, or None."""
        if flow_id not in self._by_id:
            self._unread.check("workflowid", flow_id)
        return self._by_id.get(flow_id)

    def read(self, flow_id: str) -> DesktopFlow | None:
        """Return a flow that was read, or None; also for one whose row cannot be read."""
        return self._by_id.get(flow_id)

    def lists(self, flow_id: str) -> bool:
        """Tell whether a flow exists, also one whose row cannot be read."""
        return flow_id in self._by_id or self._unread.may_hold("workflowid", flow_id)

    def find(self, text: str) -> list[DesktopFlow]:
        """Return the flows with this name or id, sorted by id."""
        if flow_id := guid(text):
            return [flow for flow in [self.get(flow_id)] if flow]
        self._unread.check("name", text)
        return sorted(self._by_name.get(text.casefold(), ()), key=lambda flow: flow.id)

    def of_solution(self, unique_name: str) -> list[DesktopFlow]:
        """Return the desktop flows of a solution; none when there is no such solution."""
        found = [self.get(flow_id) for flow_id in self._by_solution.get(unique_name.casefold(), ())]
        return sorted((flow for flow in found if flow), key=lambda flow: (flow.name, flow.id))

    def called_by(self, flow: DesktopFlow) -> list[DesktopFlow]:
        """Return the flows that a flow calls, directly or through others, without itself."""
        found: dict[str, DesktopFlow] = {}
        waiting = list(flow.child_flow_ids)
        while waiting:
            child = self.get(waiting.pop())
            if child and child.id not in found:
                found[child.id] = child
                waiting += child.child_flow_ids
        found.pop(flow.id, None)
        return sorted(found.values(), key=lambda child: (child.name, child.id))

    def resolve(self, text: str, option: str) -> DesktopFlow:
        """Return the one flow with the name or id in an option, read at once.

        Raises ``NoMatchError`` or ``AmbiguousMatchError``.
        """
        self.load([text])
        found = self.find(text)
        if len(found) == 1:
            return found[0]
        message = f"{option}: {why_not(text, found)}."
        raise AmbiguousMatchError(message, candidates=candidates_of(found)) if found else NoMatchError(message)

    def write(self, before: DesktopFlow, wanted: DesktopFlow, owner: Principal | None) -> DesktopFlow:
        """Write owner and state where they differ, and return the flow as read back.

        Source: Web API, table ``workflows``, PATCH of ownerid and of statecode with statuscode.
        """
        if owner and wanted.owner_id != before.owner_id:
            self._client.update("workflows", wanted.id, {"ownerid@odata.bind": f"/{owner.table}s({owner.id})"})
        if wanted.state != before.state:
            code = STATE_CODES[wanted.state]
            self._client.update("workflows", wanted.id, {"statecode": code, "statuscode": code + 1})
        return self.resolve(wanted.id, "id")

    def designate(self, flow: DesktopFlow) -> str:
        """Return what names a flow in a declaration: its name where that is known to be unique, else its id."""
        certain = self._names_asked is None or flow.name.casefold() in self._names_asked
        return flow.name if certain and self.is_sole(flow) else flow.id

    def is_sole(self, flow: DesktopFlow) -> bool:
        """Tell whether no other flow that was read bears a flow's name, as far as all could be read."""
        return len(self._by_name[flow.name.casefold()]) == 1 and not self._unread.may_hold("name", flow.name)
