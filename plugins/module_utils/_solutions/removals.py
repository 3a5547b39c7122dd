# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Removing a solution.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._dataverse.jobs import REMOVAL
from .._errors import OperationFailedError, RefusedError
from .._text import listed
from .component_names import component_names
from .orders import Order, Run, require_success
from .solutions import Solution, Solutions

if TYPE_CHECKING:
    from .._dataverse.client import DataverseClient
    from .operations import Operations


class SolutionRemoval:
    """One solution that shall not be in one environment."""

    def __init__(self, client: DataverseClient, name: str) -> None:
        self._client = client
        self._name = name
        self._solutions = Solutions(client)
        self._before = self._solutions.find(name)

    @property
    def keeps_components(self) -> bool:
        """Whether the components stay: the removal of an unmanaged solution takes its container only."""
        return self._before is not None and not self._before.managed

    def predict(self) -> dict[str, Any]:
        """Return what ``perform`` would return, without writing anything."""
        self._plan(None)
        return self._result()

    def perform(self, operations: Operations) -> dict[str, Any]:
        """Remove the solution and return the task's result."""
        begin = self._client.clock.monotonic()
        run = operations.carry_out(self._plan)
        if run is not None and run.job.finished:
            require_success(run, self._label, self._client.environment_url)
            if self._solutions.find(self._name):
                raise OperationFailedError(
                    f"{self._label} claims success, but {self._client.environment_url} still has {self._name}: see the"
                    " solution history of the environment for what happened, then run the task again."
                )
        return {**self._result(), "duration": self._client.clock.since(begin)}

    def _plan(self, joined: Run | None) -> Order | None:
        """Read the environment and decide; Source: Web API UninstallSolutionAsync."""
        solution = self._solutions.find(self._name)
        if solution is None:
            return None
        if blocking := self._blocking(solution):
            needs = listed((f"{row['dependent']} needs {row['required']}" for row in blocking), "; ")
            raise RefusedError(
                f"{solution.name} cannot be removed from {self._client.environment_url}, nothing was changed:"
                f" {needs}. Remove or change the components that need it first.",
                dependencies=blocking,
            )
        parameters = {"SolutionUniqueName": solution.name}
        return Order(
            REMOVAL,
            (solution.name,),
            self._label,
            lambda: parameters,
            due=lambda: self._solutions.find(self._name) == solution,
        )

    @property
    def _label(self) -> str:
        return f"{self._name} {self._before.version if self._before else ''} removal".replace("  ", " ")

    def _blocking(self, solution: Solution) -> list[dict[str, Any]]:
        """Return what in other solutions needs this one. Source: Web API RetrieveDependenciesForUninstall."""
        answer = self._client.function("RetrieveDependenciesForUninstall", SolutionUniqueName=solution.name)
        rows = answer.rows()
        names = component_names(
            self._client,
            (
                (row.number(f"{side}componenttype"), row.guid(f"{side}componentobjectid"))
                for row in rows
                for side in ("dependent", "required")
            ),
        )
        owners = [row.optional_guid("dependentcomponentbasesolutionid") for row in rows]
        solutions = self._solutions.names_by_id(set(filter(None, owners))) if any(owners) else {}
        return [
            {
                "dependent": names[row.guid("dependentcomponentobjectid")],
                "dependent_solution": solutions.get(owner) if owner else None,
                "required": names[row.guid("requiredcomponentobjectid")],
            }
            for row, owner in zip(rows, owners, strict=True)
        ]

    def _result(self) -> dict[str, Any]:
        before = self._before
        return {
            "changed": before is not None,
            "solution": before.to_result() if before else None,
            "duration": 0.0,
            "diff": {
                "before": {"name": before.name, "version": before.version} if before else {},
                "after": {},
            },
        }
