# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The solutions of one environment.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from .._dataverse.odata import all_of, any_of
from .._dataverse.rows import Row
from .._errors import ConfigurationError, NoMatchError, RefusedError
from .._packages.manifest import holding_solution, version_key

if TYPE_CHECKING:
    from .._dataverse.client import DataverseClient

COLUMNS = "solutionid,uniquename,friendlyname,version,ismanaged,description,installedon,modifiedon"
PUBLISHER = "publisherid($select=uniquename,friendlyname,customizationprefix)"


@dataclasses.dataclass(frozen=True)
class Solution:
    """An installed solution; times are ISO 8601 in UTC."""

    id: str
    name: str
    friendly_name: str
    version: str
    managed: bool
    description: str | None
    installed_on: str | None
    modified_on: str | None
    publisher: dict[str, Any]

    @property
    def version_key(self) -> tuple[int, int, int, int]:
        """The version as four numbers."""
        return version_key(self.version)

    def to_result(self) -> dict[str, Any]:
        """Return the solution as modules return it."""
        return dataclasses.asdict(self)


def checked_version(version: str | None) -> str | None:
    """Return the option ``version``; raise ``ConfigurationError`` when it is no version."""
    try:
        version_key(version or "0")
    except ValueError as error:
        raise ConfigurationError(f"version: {error}, give for example 1.2.0.0.") from error
    return version


def from_api(row: Row) -> Solution:
    """Return a row of the table solution in our words. Source: table solution, Web API entity set solutions."""
    publisher = row.row("publisherid")
    return Solution(
        id=row.guid("solutionid"),
        name=row.text("uniquename"),
        friendly_name=row.text("friendlyname"),
        version=row.version("version"),
        managed=row.flag("ismanaged"),
        description=row.optional_text("description"),
        installed_on=row.optional_time("installedon"),
        modified_on=row.optional_time("modifiedon"),
        publisher={
            "name": publisher.optional_text("uniquename"),
            "friendly_name": publisher.optional_text("friendlyname"),
            "prefix": publisher.optional_text("customizationprefix"),
        },
    )


class Solutions:
    """The table of solutions of one environment."""

    def __init__(self, client: DataverseClient) -> None:
        self._client = client

    def list(self, *names: str, managed: bool | None = None) -> list[Solution]:
        """Return the visible solutions in the order of their names, all of them or those with one of the names.

        Of all solutions those that cannot be read are left out.
        """
        conditions = ["isvisible eq true"]
        if names:
            conditions = [any_of("uniquename", names)]
        if managed is not None:
            conditions.append(f"ismanaged eq {str(managed).lower()}")
        rows = self._client.list(
            "solutions",
            select=COLUMNS,
            filter=all_of(*conditions),
            orderby="uniquename",
            expand=PUBLISHER,
        )
        return list(self._client.read_each(from_api, rows, tolerant=not names))

    def find(self, name: str) -> Solution | None:
        """Return the solution with this unique name, or None."""
        return next(iter(self.list(name)), None)

    def find_with_staged(self, name: str) -> tuple[Solution | None, Solution | None]:
        """Return the solution and its staged upgrade each or None, with one request."""
        found = {solution.name.lower(): solution for solution in self.list(name, holding_solution(name))}
        return found.get(name.lower()), found.get(holding_solution(name).lower())

    def get(self, name: str) -> Solution:
        """Return the solution with this unique name; ``NoMatchError`` when there is none."""
        if solution := self.find(name):
            return solution
        raise NoMatchError(
            f"{self._client.environment_url} has no solution with the unique name {name}:"
            " see coe.power_platform.solution_info for the names there are."
        )

    def check_version(self, solution: Solution, version: str) -> None:
        """Raise ``RefusedError`` when a version to set is lower than the one a solution has."""
        if version_key(version) < solution.version_key:
            raise RefusedError(
                f"version={version} is lower than the version {solution.version} of {solution.name} in"
                f" {self._client.environment_url}: choose a higher one."
            )

    def set_version(self, solution: Solution, version: str) -> None:
        """Write the version of an unmanaged solution. Source: table solution, column version (writable)."""
        self.check_version(solution, version)
        self._client.update("solutions", solution.id, {"version": version})

    def names_by_id(self, ids: set[str]) -> dict[str, str]:
        """Return the unique names of the solutions with these ids."""
        conditions = [f"solutionid eq {id}" for id in sorted(ids)]
        rows = self._client.list_matching("solutions", conditions, select="solutionid,uniquename")
        return {row.guid("solutionid"): row.text("uniquename") for row in rows}
