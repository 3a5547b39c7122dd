# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What importing a package would do, before anything is done: a pure function of package and environment.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from functools import cached_property

from .._packages.callers import Caller, MissingFlow, missing_flows
from .._packages.package import DESKTOP_FLOW, Package
from .._packages.signatures import Signature, parse_signature
from .._solutions.decision import Decision
from .contract import ContractEffect, contract_effects
from .environment import Environment, Flow, FlowName, FlowShare
from .left_overs import Choice, LeftOver, NotComparable, choose_mode, explain_left_overs, find_not_comparable

# Operations that delete what the package lacks, at once or when the staged upgrade is applied.
_DELETING = ("upgrade", "stage")


@dataclasses.dataclass(frozen=True)
class Plan:
    """What an import would do: made of the package, its flows as callers, the environment, and what was decided.

    ``protects_shares`` says that the shares that an upgrade drops are put back, unless their flows go.
    All flows are sorted by name. ``_plan/verdict.py`` says what to think of it.
    """

    package: Package
    package_callers: tuple[Caller, ...]
    environment: Environment
    decision: Decision
    protects_shares: bool = True

    @property
    def acts(self) -> bool:
        """Whether anything is imported at all."""
        return self.decision.operation not in ("none", "refuse")

    @property
    def deletes(self) -> bool:
        """Whether the left-overs go."""
        return self.decision.operation in _DELETING

    @cached_property
    def added(self) -> list[FlowName]:
        """The flows that are new in the environment."""
        deployed = {flow.id for flow in self.environment.flows}
        return _names(flow for flow in self.package.flows if self.acts and flow.id not in deployed)

    @cached_property
    def changed(self) -> list[FlowName]:
        """The flows that the package brings with another definition or signature."""
        known = self._same | self._not_compared
        return _names(flow for flow in self._deployed if self.acts and flow.id not in known)

    @cached_property
    def unchanged(self) -> list[FlowName]:
        """The flows that stay as they are."""
        return _names(flow for flow in self._deployed if not self.acts or flow.id in self._same)

    @cached_property
    def not_compared(self) -> list[FlowName]:
        """The workflows that the package brings with a content that cannot be compared, such as business rules."""
        return _names(flow for flow in self._deployed if self.acts and flow.id in self._not_compared)

    @cached_property
    def left_overs(self) -> list[LeftOver]:
        """The components that the package lacks: they stay after an update, and an upgrade deletes them."""
        return explain_left_overs(self.package, self.environment, (caller for caller, _packaged in self._callers))

    @cached_property
    def not_comparable(self) -> list[NotComparable]:
        """The components of which it cannot be told whether the package lacks them."""
        return find_not_comparable(self.package, self.environment.components)

    @cached_property
    def deleted(self) -> list[FlowName]:
        """The flows among the left-overs, if these go."""
        going = {left_over.component.id for left_over in self.left_overs if self.deletes and left_over.goes}
        return _names(flow for flow in self.environment.flows if flow.id in going)

    @cached_property
    def contract(self) -> list[ContractEffect]:
        """The signatures that change and the callers of their flows."""
        gone = {flow.id for flow in self.deleted}
        return contract_effects(
            [
                (FlowName.of(flow), *self._signatures[flow.id])
                for flow in self.package.desktop_flows
                if flow.id in self._signatures and self._takes(flow.id)
            ],
            [flow for flow in self.deleted if flow.category == DESKTOP_FLOW],
            [(caller, packaged) for caller, packaged in self._callers if caller.id not in gone],
        )

    @cached_property
    def missing_flows(self) -> list[MissingFlow]:
        """Calls in the package of desktop flows that will be neither in it nor in the environment."""
        gone = {flow.id for flow in self.deleted}
        known = (self.environment.desktop_flow_ids - gone) | {flow.id for flow in self.package.flows}
        return missing_flows(self.package_callers, known) if self.acts else []

    @property
    def undetectable(self) -> list[tuple[Caller, str]]:
        """Callers that decide at run time which flow they call, and the place where they do."""
        return [(caller, call.place) for caller, _packaged in self._callers for call in caller.undetectable]

    @property
    def shares_dropped(self) -> list[FlowShare]:
        """The shares that the platform removes with an upgrade, unless they are put back."""
        return sorted(self.environment.shares, key=dataclasses.astuple) if self.deletes else []

    @property
    def shares_restored(self) -> list[FlowShare]:
        """Those of them that are put back."""
        gone = {flow.id for flow in self.deleted}
        return [share for share in self.shares_dropped if self.protects_shares and share.flow_id not in gone]

    @cached_property
    def hidden(self) -> list[FlowName]:
        """The flows whose new version will not show, because of an unmanaged layer on top."""
        return _names(flow for flow in self.package.flows if self.acts and flow.id in self.environment.hidden)

    @cached_property
    def drafts(self) -> list[FlowName]:
        """The flows that the import would publish over something that is saved but not published."""
        return _names(flow for flow in self.package.flows if self.acts and flow.id in self.environment.drafts)

    @property
    def choice(self) -> Choice:
        """What import_mode=auto takes."""
        certain = all(it.parts for it in self.not_comparable)
        return choose_mode(self.package, self.environment.version, self.left_overs, certain=certain)

    @cached_property
    def _deployed(self) -> list[FlowName]:
        there = {flow.id for flow in self.environment.flows}
        return [FlowName.of(flow) for flow in self.package.flows if flow.id in there]

    @cached_property
    def _signatures(self) -> dict[str, tuple[Signature, Signature]]:
        """The signatures before and after, of flows that are there before and after."""
        after = {flow.id: flow for flow in self.package.desktop_flows}
        return {
            flow.id: (
                parse_signature(flow.inputs, flow.outputs),
                parse_signature(after[flow.id].inputs, after[flow.id].outputs),
            )
            for flow in self.environment.flows
            if flow.id in after
        }

    @cached_property
    def _other_signature(self) -> set[str]:
        unknown = {id for id, (before, after) in self._signatures.items() if before == after}
        return {effect.flow.id for effect in self.contract} - unknown

    @cached_property
    def _not_compared(self) -> set[str]:
        return {flow.id for flow in self.environment.flows if flow.same_content is None} - self._other_signature

    @cached_property
    def _same(self) -> set[str]:
        changed = self._other_signature
        return {flow.id for flow in self.environment.flows if flow.same_content and flow.id not in changed}

    @cached_property
    def _callers(self) -> list[tuple[Caller, bool]]:
        """The callers that there will be, with whether the package brings them; hidden ones stay as they are."""
        brought = [caller for caller in self.package_callers if self._takes(caller.id)]
        ids = {caller.id for caller in brought}
        standing = [caller for caller in self.environment.callers if caller.id not in ids]
        return [*((caller, True) for caller in brought), *((caller, False) for caller in standing)]

    def _takes(self, flow_id: str) -> bool:
        """Tell whether the package's version of a flow takes effect."""
        return self.acts and flow_id not in self.environment.hidden


def _names(flows: Iterable[Flow]) -> list[FlowName]:
    return sorted((FlowName.of(flow) for flow in flows), key=lambda flow: (flow.name, flow.id))
