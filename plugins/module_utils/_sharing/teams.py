# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Teams that can hold shares: owner teams and teams of Entra groups, with their security roles.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

from .._dataverse.batch import BatchRequest
from .._dataverse.client import DataverseClient
from .._dataverse.odata import all_of, guid, quote
from .._dataverse.rows import Row
from .._errors import AmbiguousMatchError, NoMatchError, RefusedError
from .._text import listed

COLUMNS = "teamid,name,description,teamtype,membershiptype,azureactivedirectoryobjectid,_businessunitid_value"
ROLES = "teamroles_association($select=roleid,name)"
OWNER_TEAM = 0
MEMBERSHIPS = {"members_and_guests": 0, "members": 1, "owners": 2, "guests": 3}


@dataclasses.dataclass(frozen=True)
class Named:
    """A row that is known by id and name: a business unit or a security role."""

    id: str
    name: str


@dataclasses.dataclass(frozen=True)
class Team:
    """A team. ``id`` is None before it is made, ``entra_group`` for an owner team; ``roles`` are sorted by name."""

    id: str | None
    name: str | None
    description: str | None
    entra_group: str | None
    membership: str
    business_unit: Named | None
    roles: tuple[Named, ...]

    def to_result(self) -> dict[str, Any]:
        """Return the team as modules return it."""
        return {
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "type": "entra_group" if self.entra_group else "owner",
            "entra_group": self.entra_group,
            "membership": self.membership,
            "business_unit": dataclasses.asdict(self.business_unit) if self.business_unit else None,
            "security_roles": [role.name for role in self.roles],
        }


def from_api(row: Row, business_unit: Named) -> Team:
    """Return the team in a row of ``teams``."""
    words = {code: word for word, code in MEMBERSHIPS.items()}
    return Team(
        id=row.guid("teamid"),
        name=row.text("name"),
        description=row.optional_text("description"),
        entra_group=row.optional_guid("azureactivedirectoryobjectid"),
        membership=row.one_of("membershiptype", words),
        business_unit=business_unit,
        roles=in_order(_named(role, "role") for role in row.rows("teamroles_association")),
    )


def _named(row: Row, table: str) -> Named:
    return Named(row.guid(f"{table}id"), row.text("name"))


def in_order(roles: Iterable[Named]) -> tuple[Named, ...]:
    """Return roles sorted by name."""
    return tuple(sorted(roles, key=lambda role: (role.name, role.id)))


class Teams:
    """Owner teams and Entra group teams of one environment.

    Source: Web API, tables ``teams``, ``roles``, ``businessunits``; Work with group teams.
    """

    def __init__(self, client: DataverseClient) -> None:
        self._client = client

    def find(self, draft: Team) -> Team | None:
        """Return the team of the draft's group and membership, else the owner team with its name, or None.

        Raises ``AmbiguousMatchError`` when owner teams of several business units bear the name, and ``RefusedError``
        when the group's team is in another business unit than the draft.
        """
        if draft.entra_group:
            membership = f"membershiptype eq {MEMBERSHIPS[draft.membership]}"
            condition = all_of(f"azureactivedirectoryobjectid eq {draft.entra_group}", membership)
        else:
            inside = f"_businessunitid_value eq {draft.business_unit.id}" if draft.business_unit else None
            condition = all_of(f"name eq {quote(draft.name or '')}", f"teamtype eq {OWNER_TEAM}", inside)
        rows = list(self._client.list("teams", select=COLUMNS, filter=condition, expand=ROLES))
        if len(rows) > 1:
            found = [(row.guid("teamid"), row.guid("_businessunitid_value")) for row in rows]
            teams = listed(f"{id} (business unit {unit})" for id, unit in found)
            raise AmbiguousMatchError(
                f"name: {len(rows)} teams are named {draft.name!r}, name the business_unit too: {teams}.",
                candidates=[{"id": id, "business_unit_id": unit} for id, unit in found],
            )
        return self._in_unit(self._team(rows[0]), draft.business_unit) if rows else None

    @staticmethod
    def _in_unit(team: Team, wanted: Named | None) -> Team:
        found = team.business_unit
        if wanted and found and found.id != wanted.id:
            raise RefusedError(
                f"business_unit: the team {team.name!r} of the Entra group {team.entra_group} is in the business unit"
                f" {found.name!r} and not in {wanted.name!r}: name that one, or move the team first."
            )
        return team

    def get(self, team_id: str | None) -> Team:
        """Return the team with an id."""
        return self._team(self._client.get(f"teams({team_id})", {"$select": COLUMNS, "$expand": ROLES}))

    def _team(self, row: Row) -> Team:
        return from_api(row, self.business_unit(row.guid("_businessunitid_value")))

    def business_unit(self, text: str | None) -> Named:
        """Return the business unit with a name or id, the root one for None; raises when it is not exactly one."""
        condition = "_parentbusinessunitid_value eq null"
        if text:
            condition = f"businessunitid eq {guid(text)}" if guid(text) else f"name eq {quote(text)}"
        rows = self._client.list("businessunits", select="businessunitid,name", filter=condition)
        units = [_named(row, "businessunit") for row in rows]
        if not units:
            raise NoMatchError(f"business_unit: the environment has no business unit {text!r}: check the spelling.")
        if len(units) > 1:
            ids = listed(unit.id for unit in units)
            raise AmbiguousMatchError(
                f"business_unit: {len(units)} business units are named {text!r}, give the id of one: {ids}.",
                candidates=[dataclasses.asdict(unit) for unit in units],
            )
        return units[0]

    def roles(self, texts: Sequence[str], business_unit: Named) -> tuple[Named, ...]:
        """Return the security roles with names or ids in a business unit; ``NoMatchError`` names all that are missing.

        Each business unit has its own row of a role, and a team takes only those of its own.
        """
        conditions = [f"roleid eq {guid(text)}" if guid(text) else f"name eq {quote(text)}" for text in texts]
        inside = f"_businessunitid_value eq {business_unit.id}"
        rows = self._client.list_matching("roles", conditions, select="roleid,name", also=inside)
        roles = [_named(row, "role") for row in rows]
        found = {key: role for role in roles for key in (role.id, role.name.casefold())}
        missing = [text for text in texts if (guid(text) or text.casefold()) not in found]
        if missing:
            raise NoMatchError(
                f"security_roles: the business unit {business_unit.name} has no role {listed(map(repr, missing))}:"
                " check the spelling, or make the role there.",
                missing_roles=missing,
            )
        return in_order({found[guid(text) or text.casefold()] for text in texts})

    def create(self, team: Team, administrator_id: str) -> Team:
        """Make a team without roles; a group team takes its type, and its name unless one is given, from its group."""
        row = {
            "name": team.name,
            "description": team.description,
            "azureactivedirectoryobjectid": team.entra_group,
            "membershiptype": MEMBERSHIPS[team.membership] if team.entra_group else None,
            "teamtype": None if team.entra_group else OWNER_TEAM,
            "businessunitid@odata.bind": f"/businessunits({team.business_unit.id})" if team.business_unit else None,
            "administratorid@odata.bind": f"/systemusers({administrator_id})",
        }
        given = {column: value for column, value in row.items() if value is not None}
        return dataclasses.replace(team, id=self._client.create("teams", given), roles=())

    def update(self, before: Team, wanted: Team) -> None:
        """Write name, description and security roles where they differ.

        Source: Web API, associate and disassociate by teamroles_association.
        """
        columns = ("name", "description")
        changes = {
            column: getattr(wanted, column) for column in columns if getattr(wanted, column) != getattr(before, column)
        }
        if changes:
            self._client.update("teams", str(before.id), changes)
        link = f"teams({before.id})/teamroles_association"
        role_url = f"{self._client.environment_url}/api/data/v9.2/roles"
        given = set(wanted.roles) - set(before.roles)
        taken = set(before.roles) - set(wanted.roles)
        operations = [
            BatchRequest("POST", f"{link}/$ref", {"@odata.id": f"{role_url}({role.id})"}, idempotent=True)
            for role in given
        ]
        operations += [BatchRequest("DELETE", f"{link}({role.id})/$ref") for role in taken]
        for reply in self._client.batch(operations):
            if reply.error:
                raise reply.error

    def delete(self, team: Team | None) -> None:
        """Delete a team; its shares go with it."""
        if team:
            self._client.delete("teams", str(team.id))
