# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What new signatures do to the flows that call: by flow, by caller, by argument.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from .._packages.callers import Caller
from .._packages.calls import Breakage, broken_arguments
from .._packages.signatures import ContractChange, Signature, compare_signatures
from .._text import listed, sentences
from .environment import FlowName

Status = Literal["breaks", "fits", "unknown"]

_DELETED = ContractChange("flow_deleted", "", "breaking", "The flow is deleted.")


@dataclasses.dataclass(frozen=True)
class AffectedCaller:
    """A flow that calls a changed flow. ``breakages`` are pairs of a place in the caller and what breaks there.

    ``status`` is unknown where the caller's content or its arguments cannot be seen, or where outputs of which some
    change are handed on as a whole.
    """

    caller: Caller
    packaged: bool
    status: Status
    breakages: tuple[tuple[str, Breakage], ...]

    def to_result(self) -> dict[str, Any]:
        return {
            **FlowName.of(self.caller).to_result(),
            "in_package": self.packaged,
            "status": self.status,
            "breaks": [
                {"place": place, "argument": breakage.argument, "reason": breakage.reason}
                for place, breakage in self.breakages
            ],
        }

    def __str__(self) -> str:
        """Return the caller and what becomes of it: ``"Nightly" (passes the input "Old", which is gone)``."""
        what = {"fits": "its arguments fit", "unknown": "arguments not visible"}.get(self.status)
        what = what or listed((breakage.reason for _place, breakage in self.breakages), "; ")
        return f'"{self.caller.name}" ({"in the package, " if self.packaged else ""}{what})'


@dataclasses.dataclass(frozen=True)
class ContractEffect:
    """What changes in the signature of one flow, and for whom."""

    flow: FlowName
    changes: tuple[ContractChange, ...]
    callers: tuple[AffectedCaller, ...]

    @property
    def breaking(self) -> bool:
        return any(change.breaking for change in self.changes)

    @property
    def concerns_callers(self) -> bool:
        """Whether somebody has to see to callers: there are some besides those that the package brings and that fit."""
        return any(not caller.packaged or caller.status != "fits" for caller in self.callers)

    def to_result(self) -> dict[str, Any]:
        return {
            **self.flow.to_result(),
            "breaking": self.breaking,
            "changes": [change.to_result() for change in self.changes],
            "callers": [caller.to_result() for caller in self.callers],
        }

    def __str__(self) -> str:
        """Return a sentence for messages: which flow, what breaks, and whom."""
        breaking = sentences(change.detail for change in self.changes if change.breaking)
        callers = listed(map(str, self.callers))
        told = f"Callers: {callers}." if callers else "No caller of it is known."
        return f'The contract of "{self.flow.name}" breaks. {breaking} {told}'


def contract_effects(
    flows: Iterable[tuple[FlowName, Signature, Signature]],
    deleted: Iterable[FlowName],
    callers: Sequence[tuple[Caller, bool]],
) -> list[ContractEffect]:
    """List the flows whose signature changes, or that are deleted while someone calls them.

    ``flows`` are triples of a flow and its signatures before and after; ``callers`` are those that there will be, with
    whether the package brings them.
    """
    effects = []
    for flow, before, after in flows:
        if changes := compare_signatures(before, after):
            affected = [_affected(caller, packaged, flow.id, before, after) for caller, packaged in callers]
            effects.append(ContractEffect(flow, tuple(changes), tuple(filter(None, affected))))
    for flow in deleted:
        calling = [_orphaned(caller, packaged, flow.id) for caller, packaged in callers if flow.id in caller.called]
        if calling:
            effects.append(ContractEffect(flow, (_DELETED,), tuple(calling)))
    return effects


def _affected(
    caller: Caller, packaged: bool, flow_id: str, before: Signature, after: Signature
) -> AffectedCaller | None:
    if flow_id not in caller.called:
        return None
    calls = caller.calls_of(flow_id)
    breakages = tuple((call.place, breakage) for call in calls for breakage in broken_arguments(call, before, after))
    visible = bool(calls) and all(call.inputs is not None for call in calls)
    visible = visible and None not in (before.inputs, before.outputs, after.inputs, after.outputs)
    if any(call.whole for call in calls) and _harms_readers(before, after):
        visible = False
    status: Status = "breaks" if breakages else "fits" if visible else "unknown"
    return AffectedCaller(caller, packaged, status, breakages)


def _harms_readers(before: Signature, after: Signature) -> bool:
    sides = (Signature((), signature.outputs) for signature in (before, after))
    return any(change.breaking for change in compare_signatures(*sides))


def _orphaned(caller: Caller, packaged: bool, flow_id: str) -> AffectedCaller:
    places = [call.place for call in caller.calls_of(flow_id)] or [""]
    breakage = Breakage("", "calls the flow")
    return AffectedCaller(caller, packaged, "breaks", tuple((place, breakage) for place in places))
