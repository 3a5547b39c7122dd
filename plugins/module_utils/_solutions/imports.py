# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bringing a package into an environment: decide, validate, import once, and check what came of it.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from .._errors import ConfigurationError, PowerPlatformError, RefusedError
from .._packages.package import Package
from .._text import listed
from .bindings import Bindings
from .decision import Decision, Target
from .import_jobs import ImportJob, ImportJobs
from .import_orders import ImportOptions, ImportOrders
from .orders import Order, Run, publication, require_success
from .planner import Planner
from .solutions import Solutions
from .verification import Verification

if TYPE_CHECKING:
    from .._dataverse.client import DataverseClient
    from .operations import Operations


class SolutionImport:
    """One package on its way into one environment."""

    def __init__(
        self,
        client: DataverseClient,
        package: Package,
        bindings: Bindings,
        options: ImportOptions,
        planner: Planner,
        warn: Callable[[str], None],
    ) -> None:
        self._client = client
        self._package = package
        self._bindings = bindings
        self._options = options
        self._planner = planner
        self._orders = ImportOrders(client, package, bindings, options, warn)
        self._warn = warn
        self._solutions = Solutions(client)
        self._import_jobs = ImportJobs(client)
        self._verification = Verification(client, package)
        self._before = self._target = Target(package.unique_name)
        self._decisions: list[Decision] = []
        self._settings: dict[str, list[str]] = {}
        self._import_job: ImportJob | None = None
        self._planned: Order | None = None

    def predict(self) -> dict[str, Any]:
        """Return what ``perform`` would return, without writing anything."""
        with self._state_in_failures():
            self._planned = self._plan(None)
            decision = self._decisions[-1]
            expected = self._expected(decision)
            if decision.operation == "none":
                self._warn_of_differences(expected)
            return self._result(decision, expected)

    def perform(self, operations: Operations) -> dict[str, Any]:
        """Bring the package and its settings into the environment and return the task's result.

        Right after ``predict`` it begins with what was planned there, and plans anew when it has to wait.
        """
        begin = self._client.clock.monotonic()
        with self._state_in_failures():
            run = operations.carry_out(self._plan)
            if run is None:
                result = self._untouched()
            else:
                result = self._finished(run, operations) if run.job.finished else self._started(run)
        return {**result, "duration": self._client.clock.since(begin)}

    @contextlib.contextmanager
    def _state_in_failures(self) -> Iterator[None]:
        try:
            yield
        except PowerPlatformError as error:
            error.result.update(self._state())
            if isinstance(error, (ConfigurationError, RefusedError)) and self._planner.difference:
                error.result["diff"] = self._planner.difference
            raise

    def _plan(self, joined: Run | None) -> Order | None:
        """Read the environment and decide; an import that was joined has answered the wish to force one."""
        if self._planned:
            order, self._planned = self._planned, None
            return order
        wish = dataclasses.replace(self._options.wish, force=self._options.wish.force and joined is None)
        self._target = self._read()
        decision = self._planner.decide(self._target, wish)
        if not self._decisions:
            self._before = self._target
        self._decisions.append(decision)
        if decision.operation == "refuse":
            raise RefusedError(
                f"{self._package.unique_name} {self._package.version} was not imported into"
                f" {self._client.environment_url}: {decision.reason}."
            )
        self._bindings.check_connectors()
        self._settings = self._settings or self._bindings.changes()
        if decision.operation == "none":
            return None
        if len(self._decisions) == 1:
            self._check_bound()
        self._planner.check()
        return self._orders.order(decision.operation, due=lambda: self._read() == self._target)

    def _read(self) -> Target:
        installed, staged = self._solutions.find_with_staged(self._package.unique_name)
        return Target(self._package.unique_name, installed, staged)

    def _check_bound(self) -> None:
        if not (unbound := self._bindings.unbound()) or self._options.allow_unbound:
            return
        text = f"The connection references {listed(unbound)} of {self._package.unique_name} have no connection"
        if self._options.allow_unbound is None and not self._bindings.mentioned:
            self._warn(f"{text}; flows that use them stay off. Set connection_references to bind them.")
            return
        raise ConfigurationError(
            f"{text} in {self._client.environment_url}: add them to connection_references or deployment_settings,"
            " or set allow_unbound_references=true.",
            unbound_references=unbound,
        )

    def _started(self, run: Run) -> dict[str, Any]:
        """Return the result of an import that nobody waits for."""
        self._import_job = self._import_jobs.describe(run.import_job_id, run.job)
        decision = self._done()
        return self._result(decision, self._expected(decision), run)

    def _untouched(self) -> dict[str, Any]:
        """Apply the settings without an import and return the result."""
        self._bindings.apply()
        self._warn_of_differences(self._target)
        return self._result(self._decisions[-1], self._target)

    def _finished(self, run: Run, operations: Operations) -> dict[str, Any]:
        """Check what came of an import, apply what it left of the settings, and return the result."""
        self._judge(run)
        if self._options.publish and not self._package.managed:
            order = publication(self._package.unique_name)
            require_success(operations.carry_out_one(order), order.label, self._client.environment_url)
        decision, after = self._done(), self._read()
        self._bindings.forget()
        self._bindings.apply()
        result = self._result(decision, after, run)
        if decision.operation == "stage":
            self._verification.require_version(self._label(), after.staged)
            return result
        self._verification.require_version(self._label(), after.installed)
        self._verification.require_flows(self._label())
        return result

    def _warn_of_differences(self, target: Target) -> None:
        """Warn when the version is there but the flows are not the package's; staged flows do not show yet."""
        there = target.installed and target.installed.version_key == self._package.version_key
        if there and (warning := self._verification.warning()):
            self._warn(warning)

    def _done(self) -> Decision:
        """Return the decision that was carried out: after a joined import the last one is to do nothing."""
        return next(decision for decision in reversed(self._decisions) if decision.operation != "none")

    def _judge(self, run: Run) -> None:
        """Read the log of a finished import; raise ``OperationFailedError`` unless it is good."""
        job = self._import_jobs.describe(run.import_job_id, run.job) or ImportJob(run.import_job_id)
        self._import_job = job
        for warning in job.warnings:
            self._warn(warning)
        require_success(run, self._label(), self._client.environment_url, job.errors)

    def _label(self) -> str:
        return f"{self._package.unique_name} {self._package.version} {self._done().operation}"

    def _expected(self, decision: Decision) -> Target:
        """Return what the environment will hold after an operation that went well."""
        before = self._before
        if decision.operation == "none":
            return before
        if decision.operation == "stage":
            return dataclasses.replace(before, staged=self._package)
        return dataclasses.replace(before, installed=self._package, staged=None)

    def _state(self) -> dict[str, Any]:
        """Return what is known so far, for results of failures too."""
        decision = self._decisions[-1] if self._decisions else None
        return {
            "operation": decision.operation if decision else None,
            "reason": decision.reason if decision else None,
            "import_job": self._import_job.to_result() if self._import_job else None,
            **self._planner.to_result(),
        }

    def _result(self, decision: Decision, after: Target, run: Run | None = None) -> dict[str, Any]:
        before, now = _versions(self._before), _versions(after)
        changed = decision.operation != "none" or any(self._settings.values())
        return {
            **self._state(),
            "changed": changed,
            "operation": decision.operation,
            "reason": decision.reason,
            "joined": bool(run and run.joined),
            "solution": {
                "name": self._package.unique_name,
                "friendly_name": self._package.friendly_name,
                "managed": self._package.managed,
                **now,
                "previous_version": before["version"],
            },
            "settings": self._settings,
            "left_overs": self._planner.left_overs if decision.operation == "update" else [],
            "duration": 0.0,
            "diff": self._planner.difference or {"before": before, "after": now},
        }


def _versions(target: Target) -> dict[str, str | None]:
    return {
        "version": target.installed.version if target.installed else None,
        "staged_version": target.staged.version if target.staged else None,
    }
