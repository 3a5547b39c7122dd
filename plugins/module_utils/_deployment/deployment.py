# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bringing packages and the permissions on their desktop flows into one environment: all planned first, then applied.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from .._errors import PowerPlatformError
from .._packages.package import Package
from .._plan.deployment import PlannedImport, plan_imports, plan_promotions, planned_import, refusal
from .._sharing.declared import enforce_or_audit
from .._sharing.drift import KINDS_OF_MISTAKES
from .._sharing.entries import DeclarationError
from .._sharing.share_state import ShareState, read_state
from .._solutions.guarded_operations import do_guarded
from .._solutions.promotions import SolutionPromotion
from .forecast import forecast
from .report import deployment_text

if TYPE_CHECKING:
    from .._work import Work

PERMISSIONS_MODE: dict[str, Any] = {"type": "str", "choices": ["enforce", "audit"], "default": "enforce"}


@dataclasses.dataclass
class Step:
    """An import or a promotion: what is known of it, how to do it, and its result or prediction once there is one."""

    facts: dict[str, Any]
    perform: Callable[[], dict[str, Any]]
    result: dict[str, Any] | None = None

    def carry_out(self) -> None:
        """Do what is due, or predict it in check mode; the result of a failure is kept, too."""
        try:
            self.result = self.perform()
        except PowerPlatformError as error:
            self.result = error.to_result()
            raise

    def to_result(self) -> dict[str, Any]:
        """Return what is known of the step with its result, None before there is one."""
        return {**self.facts, "result": self.result}


class Deployment:
    """Packages, in the order of their deployment, on their way into one environment.

    All is planned at once: nothing begins unless every import would go and the declaration of shares has no mistake,
    held against the flows that the imports will leave.
    """

    def __init__(self, work: Work, packages: Sequence[Package]) -> None:
        self._work = work
        self._packages = packages
        self._audit = work.params["permissions_mode"] == "audit"
        # Who enforces puts back what an interrupted upgrade took, but for what the declaration forbids.
        self._planned = plan_imports(work, packages, repair=self._audit)
        self._imports = [Step(it.facts(), partial(self._bring, it), it.prediction) for it in self._planned]
        self._promotions = self._due_promotions()
        coming = forecast(self._planned, [step.facts["name"] for step in self._promotions])
        self._state = read_state(work.client, work.params, work.warn, coming)
        self._permissions: dict[str, Any] | None = None
        self._begun = False

    def refusal(self) -> PowerPlatformError | None:
        """Return why it must not begin: some import would be refused, or the declaration of shares has a mistake.

        Its result is the task's.
        """
        mistakes = [it for it in self._state.mistakes if not self._audit or it.kind not in KINDS_OF_MISTAKES]
        mistaken = DeclarationError(mistakes) if mistakes else None
        self._permissions = mistaken.to_result() if mistaken else None
        error = refusal(self._work, self._planned, mistaken)
        if error:
            error.result = {**self._result(), "changed": False}
        return error

    def predict(self) -> dict[str, Any]:
        """Return what ``apply`` would return, without writing anything."""
        with self._told_in_failures():
            for promotion in self._promotions:
                if promotion.facts["staged"]:
                    promotion.carry_out()
            self._share(self._state.repaired() if self._acts else self._state)
        return self._result()

    def apply(self) -> dict[str, Any]:
        """Import what is needed, promote what is staged, enforce or audit the shares, and return the task's result.

        The result of a failure tells how far that went.
        """
        acts, needed = self._acts, [step for step in self._imports if step.facts["needed"]]
        for step in needed:
            step.result = None
        with self._told_in_failures():
            for step in needed:
                step.carry_out()
            self._promotions = self._due_promotions()
            for step in self._promotions:
                step.carry_out()
            self._share(read_state(self._work.client, self._work.params, self._work.warn) if acts else self._state)
        return self._result()

    @contextlib.contextmanager
    def _told_in_failures(self) -> Iterator[None]:
        try:
            yield
        except PowerPlatformError as error:
            error.result = self._result()
            raise

    def _share(self, state: ShareState) -> None:
        try:
            self._permissions = enforce_or_audit(self._work, state, audit=self._audit)
        except PowerPlatformError as error:
            self._permissions = error.to_result()
            raise

    @property
    def _acts(self) -> bool:
        return bool(self._promotions) or any(step.facts["needed"] for step in self._imports)

    def _bring(self, planned: PlannedImport) -> dict[str, Any]:
        """Do an import; all but the first are planned anew, since the environment is another one by then."""
        package, task, self._begun = planned.package, None if self._begun else planned.task, True
        if task is None:
            others = [it for it in self._packages if it is not package]
            task = planned_import(self._work, package, others, stages_upgrades=bool(others))
        return do_guarded(self._work, package.unique_name, task, [flow.id for flow in package.desktop_flows])

    def _due_promotions(self) -> list[Step]:
        """Return the promotions that the imports ask for, by what came or would come of them."""
        due = plan_promotions(self._work, self._packages, [step.result or {} for step in self._imports])
        return [Step(it, partial(self._promote, it["name"], it["version"])) for it in due]

    def _promote(self, name: str, version: str) -> dict[str, Any]:
        return do_guarded(self._work, name, SolutionPromotion(self._work.client, name, version))

    def _result(self) -> dict[str, Any]:
        steps = [*self._imports, *self._promotions]
        done = [step.result for step in steps if step.result] + ([self._permissions] if self._permissions else [])
        return {
            "changed": any(result.get("changed") for result in done),
            "imports": [step.to_result() for step in self._imports],
            "promotions": [step.to_result() for step in self._promotions],
            "permissions": self._permissions,
            "plan_text": deployment_text([step.result for step in self._imports if step.result], self._permissions),
            "diff": [
                *(_headed(step.facts["name"], step.result) for step in steps if step.result),
                *([_headed("permissions", self._permissions)] if self._permissions else []),
            ],
        }


def _headed(name: str, result: dict[str, Any]) -> dict[str, Any]:
    return {"before_header": name, "after_header": name, **result.get("diff", {"before": "", "after": ""})}
