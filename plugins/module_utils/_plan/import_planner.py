# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Planning an import before it begins: the same in check mode and in a real run.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from .._dataverse.client import DataverseClient
from .._errors import RefusedError
from .._packages.callers import Caller, package_callers
from .._packages.package import Package
from .._solutions.bindings import Bindings
from .._solutions.decision import Decision, Mode, Target, Wish, decide
from .._solutions.import_orders import ImportOptions
from .._text import sentences, shown
from .companions import with_companions
from .environment import Environment
from .plan import Plan
from .reader import EnvironmentReader
from .report import plan_difference, plan_text, plan_to_result
from .verdict import OnContractBreak, OnDrafts, Verdict, judge


class ImportPlanner:
    """The planner of ``SolutionImport``: decides, and plans what is more than nothing.

    ``auto`` lets the plan choose between update and upgrade instead of the wish, and with ``stages_upgrades`` between
    update and staging an upgrade. Nothing is read of the environment where nothing is to be imported.
    """

    def __init__(
        self,
        client: DataverseClient,
        package: Package,
        bindings: Bindings,
        options: ImportOptions,
        warn: Callable[[str], None],
        *,
        auto: bool = False,
        stages_upgrades: bool = False,
        on_contract_break: OnContractBreak | None = None,
        on_drafts: OnDrafts = "fail",
        companions: Sequence[Package] = (),
        protects_shares: bool = True,
    ) -> None:
        self._client = client
        self._package = package
        self._reader = EnvironmentReader(client, package, bindings, options.overwrite_customizations)
        self._warn = warn
        self._auto = auto
        self._upgrade: Mode = "stage_for_upgrade" if stages_upgrades else "upgrade"
        self._on_contract_break = on_contract_break
        self._on_drafts = on_drafts
        self._companions = companions
        self._protects_shares = protects_shares
        self._decision: Decision | None = None
        self._judged: tuple[Plan, Verdict] | None = None
        self._told: set[str] = set()

    def decide(self, target: Target, wish: Wish) -> Decision:
        """Return the operation that brings the package into the environment, or ``none``, or ``refuse``."""
        if self._auto and target.staged:
            # An earlier run has chosen to upgrade, and was interrupted.
            wish = dataclasses.replace(wish, mode=self._upgrade)
        decision = decide(self._package, target, wish)
        if decision.operation not in ("none", "refuse"):
            plan = Plan(self._package, self._callers, self._read(target), decision, self._protects_shares)
            plan = self._settle(plan, target, wish)
            self._judged = plan, judge(plan, self._on_contract_break, self._on_drafts)
            decision = plan.decision
        # An import that was joined leaves nothing to do; what it did is what was decided before.
        if self._judged is None or decision.operation != "none":
            self._decision = decision
        return decision

    def _read(self, target: Target) -> Environment:
        return with_companions(self._reader.read(target), self._companion_flows, self._companions)

    @cached_property
    def _companion_flows(self) -> list[Caller]:
        return [flow for companion in self._companions for flow in package_callers(companion)]

    @cached_property
    def _callers(self) -> tuple[Caller, ...]:
        return package_callers(self._package)

    def _settle(self, plan: Plan, target: Target, wish: Wish) -> Plan:
        """Let import_mode=auto choose, where there is a choice."""
        lower = target.installed and self._package.version_key < target.installed.version_key
        if not self._auto or not target.installed or lower:
            return plan
        choice = plan.choice
        mode = self._upgrade if choice.mode == "upgrade" else choice.mode
        decision = decide(self._package, target, dataclasses.replace(wish, mode=mode))
        reason = f"{decision.reason}, and {choice.reason}"
        return dataclasses.replace(plan, decision=Decision(decision.operation, reason))

    def check(self) -> None:
        """Warn of what the decided operation will do; raise ``RefusedError`` when it must not begin."""
        if self._judged is None:
            return
        verdict = self._judged[1]
        for warning in verdict.warnings:
            if warning not in self._told:
                self._warn(warning)
        self._told.update(verdict.warnings)
        if verdict.stops:
            raise RefusedError(
                f"{self._package.unique_name} {self._package.version} was not imported into"
                f" {self._client.environment_url}: {sentences(verdict.stops)}",
                stops=list(verdict.stops),
            )

    @property
    def left_overs(self) -> list[dict[str, Any]]:
        """What the environment holds of the solution and the package lacks, with what needs it."""
        return [left_over.to_result() for left_over in self._judged[0].left_overs] if self._judged else []

    @property
    def difference(self) -> dict[str, str] | None:
        """The solution before and after, line by line; None when nothing is imported."""
        return plan_difference(self._judged[0]) if self._judged else None

    def to_result(self) -> dict[str, Any]:
        """Return ``plan`` (None without one) and ``plan_text`` as modules return them."""
        if self._judged:
            return {"plan": plan_to_result(*self._judged), "plan_text": plan_text(*self._judged)}
        told = f"{self._decision.operation}, because {self._decision.reason}" if self._decision else "not decided"
        text = shown(f"{self._package.unique_name} {self._package.version}: {told}.")
        return {"plan": None, "plan_text": f"{text}\n"}
