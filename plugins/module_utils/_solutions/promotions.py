# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Applying a staged upgrade.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._dataverse.jobs import PROMOTION
from .._errors import NoMatchError, OperationFailedError, PowerPlatformError, RefusedError
from .._packages.manifest import holding_solution, version_key
from .orders import Order, Run, require_success
from .solutions import Solution, Solutions, checked_version

if TYPE_CHECKING:
    from .._dataverse.client import DataverseClient
    from .operations import Operations


class SolutionPromotion:
    """The staged upgrade of one solution in one environment. ``version`` is the one the user expects, or None."""

    def __init__(self, client: DataverseClient, name: str, version: str | None) -> None:
        self._client = client
        self._name = name
        self._version = checked_version(version)
        self._solutions = Solutions(client)
        self._state: tuple[Solution, Solution | None] | None = None

    @property
    def _installed(self) -> Solution:
        return self._known()[0]

    @property
    def _staged(self) -> Solution | None:
        return self._known()[1]

    def _known(self) -> tuple[Solution, Solution | None]:
        self._state = self._state or self._read()
        return self._state

    def _read(self) -> tuple[Solution, Solution | None]:
        """Return the solution and its staged upgrade; raise ``NoMatchError`` when there is no solution."""
        installed, staged = self._solutions.find_with_staged(self._name)
        if installed is None:
            raise NoMatchError(
                f"{self._client.environment_url} has no solution with the unique name {self._name}:"
                " see coe.power_platform.solution_info for the names there are."
            )
        return installed, staged

    def predict(self) -> dict[str, Any]:
        """Return what ``perform`` would return, without writing anything."""
        promoting = self._plan(None) is not None
        return self._result(changed=promoting, promoted=self._staged)

    def perform(self, operations: Operations) -> dict[str, Any]:
        """Apply the staged upgrade and return the task's result."""
        begin = self._client.clock.monotonic()
        try:
            run = operations.carry_out(self._plan)
            if run is not None and run.job.finished:
                require_success(run, self._label, self._client.environment_url)
                result = self._result(changed=True, promoted=self._verified())
            else:
                result = self._result(changed=run is not None, promoted=None)
        except PowerPlatformError as error:
            if self._state:
                error.result.update(operation="promote", reason=self._reason())
            raise
        return {**result, "duration": self._client.clock.since(begin)}

    def _plan(self, joined: Run | None) -> Order | None:
        """Read the environment and decide; after a promotion that was joined nothing is left to do."""
        if joined:
            return None
        self._state = self._read()
        self._check_version()
        if self._staged is None:
            return None
        parameters = {"UniqueName": self._installed.name}
        names = (self._name, holding_solution(self._name))
        # Source: Web API DeleteAndPromoteAsync.
        return Order(PROMOTION, names, self._label, lambda: parameters, due=self._is_due)

    def _is_due(self) -> bool:
        return self._read() == self._state

    def _check_version(self) -> None:
        wanted, installed, staged = self._version, self._installed, self._staged
        candidate = staged or installed
        if wanted is None or candidate.version_key == version_key(wanted):
            return
        what = (
            f"{staged.name} {staged.version} is staged"
            if staged
            else f"{installed.version} is installed and nothing staged"
        )
        raise RefusedError(
            f"version={wanted} was asked for, but {what} in {self._client.environment_url}: stage {wanted} with"
            " coe.power_platform.solution_import (import_mode=stage_for_upgrade), or correct version."
        )

    @property
    def _label(self) -> str:
        return f"{self._name} {self._staged.version if self._staged else ''} promote".replace("  ", " ")

    def _verified(self) -> Solution:
        """Return the solution as it is now; raise ``OperationFailedError`` unless the staged version took its place."""
        installed, staged = self._read()
        wanted = self._staged
        if not staged and (wanted is None or installed.version_key == wanted.version_key):
            return installed
        rest = f" and {staged.name} {staged.version} is still there" if staged else ""
        raise OperationFailedError(
            f"{self._label} claims success, but {installed.version} is installed{rest} in"
            f" {self._client.environment_url}: see the solution history there, then run the task again."
        )

    def _reason(self) -> str:
        if self._staged:
            return f"{self._staged.name} {self._staged.version} is staged for upgrade"
        return f"{self._name} has no staged upgrade"

    def _result(self, *, changed: bool, promoted: Solution | None) -> dict[str, Any]:
        installed = self._installed
        before = {"version": installed.version, "staged_version": self._staged.version if self._staged else None}
        now = {"version": promoted.version, "staged_version": None} if promoted else before
        return {
            "changed": changed,
            "operation": "promote" if changed else "none",
            "reason": self._reason(),
            "solution": {
                "name": installed.name,
                "friendly_name": installed.friendly_name,
                "managed": installed.managed,
                **now,
                "previous_version": installed.version,
            },
            "duration": 0.0,
            "diff": {"before": before, "after": now},
        }
