# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users, applications and teams: who can hold a share, and how they are named.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from .._dataverse.client import DataverseClient
from .._dataverse.odata import any_of, guid, quote
from .._dataverse.reading import Query, read_together
from .._dataverse.rows import Row, UnreadRows
from .._errors import AmbiguousMatchError, NoMatchError
from .._text import listed

USER_COLUMNS = (
    "systemuserid,domainname,internalemailaddress,fullname,azureactivedirectoryobjectid,applicationid,isdisabled"
)
TEAM_COLUMNS = "teamid,name,teamtype,azureactivedirectoryobjectid,systemmanaged,sharelinkqualifier"
TABLES = {"user": "systemuser", "application": "systemuser", "team": "team", "entra_group": "team"}
OWNER_TEAM, ACCESS_TEAM = 0, 1
AGENT_TEAM = re.compile(r"[0-9a-f]{32}_\d+", re.ASCII | re.IGNORECASE)  # the agent's id, and a number
GROUP_TEAM_TYPES = (2, 3)
NOUNS = {"user": "user", "application": "application user", "team": "team", "entra_group": "team of the Entra group"}
REMEDIES = {
    "user": "check the spelling, or add the user to the environment",
    "application": "check the id, or add the application user to the environment",
    "team": "check the spelling, or make the team with coe.power_platform.team",
    "entra_group": "check the object id, or make the team with coe.power_platform.team",
}


@dataclasses.dataclass(frozen=True)
class Principal:
    """One row of ``systemusers`` or ``teams``.

    ``kind`` is user, application, team or entra_group. ``shareable`` is false for the hidden teams behind shared links
    and for teams that the platform manages: their shares belong to the platform. Access teams cannot own rows, so
    ``can_own`` is false for them. ``platform_made`` are the owner teams that Copilot Studio makes for agents which use
    flows. Sources: Microsoft documentation, Manage teams; for the latter public field notes of 2026.
    """

    id: str
    kind: str
    name: str
    entra_id: str | None = None
    application_id: str | None = None
    disabled: bool = False
    shareable: bool = True
    can_own: bool = True
    platform_made: bool = False

    @property
    def table(self) -> str:
        """The logical name of the principal's table: systemuser or team."""
        return TABLES[self.kind]

    @property
    def designation(self) -> str:
        """What names the principal in any environment: user name, application id, team name, Entra object id."""
        return {"application": self.application_id, "entra_group": self.entra_id}.get(self.kind) or self.name


@dataclasses.dataclass(frozen=True)
class PrincipalReference:
    """How a principal was named: ``kind`` is the option (user, team, entra_group, application), ``text`` its value."""

    kind: str
    text: str

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that may hold the text."""
        by_id, by_name = SEARCHED_COLUMNS[self.kind]
        return by_id if guid(self.text) else by_name

    @property
    def condition(self) -> str:
        """The filter that finds the principal's row."""
        value = guid(self.text) or quote(self.text)
        return " or ".join(f"{column} eq {value}" for column in self.columns)

    def why_not(self, found: Sequence[Principal]) -> str:
        """Return in a phrase why the rows that were found are not exactly one, and what to do."""
        if not found:
            return f"the environment has no {NOUNS[self.kind]} {self.text!r}: {REMEDIES[self.kind]}"
        remedy = "give the id of one" if self.kind != "entra_group" else "name one by team and its id"
        rows = listed(f"{principal.id} ({principal.name})" for principal in found)
        return f"{self.text!r} may mean {len(found)} rows, {remedy}: {rows}"

    def why_unsuitable(self, found: Principal) -> str | None:
        """Return in a phrase why the one row that was found must not be named this way, or None."""
        if found.table == "systemuser" and found.kind != self.kind:
            return f"{self.text!r} is of the kind {found.kind}: name it with {found.kind}"
        if self.kind == "team" and found.kind == "entra_group" and guid(self.text) != found.id:
            return f"{self.text!r} is the team of an Entra group: name it with entra_group: {found.entra_id}"
        if not found.shareable:
            return f"{self.text!r} is a team that the platform manages by itself: name another one"
        return None


def candidates_of(found: Iterable[Principal]) -> list[dict[str, str]]:
    """Return principals as the candidates of an ambiguous name: id and name."""
    return [{"id": principal.id, "name": principal.name} for principal in found]


SEARCHED_COLUMNS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "user": (("systemuserid", "azureactivedirectoryobjectid"), ("domainname", "internalemailaddress")),
    "application": (("applicationid", "systemuserid", "azureactivedirectoryobjectid"), ("fullname",)),
    "team": (("teamid",), ("name",)),
    "entra_group": (("azureactivedirectoryobjectid",), ()),
}


def user_from_api(row: Row) -> Principal:
    """Return the principal in a row of ``systemusers``."""
    id, application = row.guid("systemuserid"), row.optional_guid("applicationid")
    names = [row.optional_text(column) for column in ("domainname", "internalemailaddress", "fullname")]
    return Principal(
        id=id,
        kind="application" if application else "user",
        name=(names[-1] if application else None) or next(filter(None, names), id),
        entra_id=row.optional_guid("azureactivedirectoryobjectid"),
        application_id=application,
        disabled=row.optional_flag("isdisabled") or False,
    )


def team_from_api(row: Row) -> Principal:
    """Return the principal in a row of ``teams``."""
    type, name = row.number("teamtype"), row.text("name")
    return Principal(
        id=row.guid("teamid"),
        kind="entra_group" if type in GROUP_TEAM_TYPES else "team",
        name=name,
        entra_id=row.optional_guid("azureactivedirectoryobjectid"),
        shareable=not row.optional_flag("systemmanaged") and not row.optional_text("sharelinkqualifier"),
        can_own=type != ACCESS_TEAM,
        platform_made=type == OWNER_TEAM and bool(AGENT_TEAM.fullmatch(name)),
    )


class Principals:
    """Principals of one environment, read in bulk.

    One whose row cannot be read costs only who asks for it: that raises ``AnswerError``. When ``tolerant``, for who
    only tells of principals, it is left out with a warning.
    Source: Web API, tables ``systemusers`` and ``teams``.
    """

    def __init__(self, client: DataverseClient, *, tolerant: bool = False) -> None:
        self._client = client
        tell = client.leave_out if tolerant else None
        self._unread = {"systemuser": UnreadRows(tell), "team": UnreadRows(tell)}
        self._by_id: dict[str, Principal] = {}
        self._by_column: dict[tuple[str, str, str], set[str]] = defaultdict(set)
        self._asked: set[tuple[str, str]] = set()

    def load(self, references: Iterable[PrincipalReference] = (), ids: Iterable[tuple[str, str]] = ()) -> None:
        """Read all rows that the references and the ids (table, id) may mean, in one request."""
        conditions: dict[str, list[str]] = {"systemuser": [], "team": []}
        for reference in sorted(set(references), key=dataclasses.astuple):
            self._asked.add((reference.kind, reference.text.casefold()))
            if reference.columns:
                conditions[TABLES[reference.kind]].append(reference.condition)
        for table, principal_id in sorted(set(ids)):
            conditions[table].append(any_of(f"{table}id", [principal_id]))
        users, teams = read_together(
            self._client,
            Query("systemusers", USER_COLUMNS, conditions["systemuser"]),
            Query("teams", TEAM_COLUMNS, conditions["team"]),
        )
        for table, rows, from_api in (("systemuser", users, user_from_api), ("team", teams, team_from_api)):
            for row, principal in self._unread[table].read(from_api, rows):
                self._add(principal, row, table)

    def load_namesakes(self) -> None:
        """Read all rows that bear the name of one that was read, so that ``designate`` knows which names are unique."""
        self.load(PrincipalReference(principal.kind, principal.designation) for principal in list(self._by_id.values()))

    def _add(self, principal: Principal, row: Row, table: str) -> None:
        self._by_id[principal.id] = principal
        for column, value in row.items():
            if isinstance(value, str):
                self._by_column[table, column, value.casefold()].add(principal.id)

    def get(self, principal_id: str) -> Principal | None:
        """Return a principal that was read, or None."""
        if principal_id not in self._by_id:
            for table, unread in self._unread.items():
                unread.check(f"{table}id", principal_id)
        return self._by_id.get(principal_id)

    def find(self, reference: PrincipalReference) -> list[Principal]:
        """Return the principals that were read and that the reference may mean, sorted by name.

        Teams that cannot be shared with count only when there is no other of the name.
        """
        table, text = TABLES[reference.kind], guid(reference.text) or reference.text.casefold()
        ids: set[str] = set()
        for column in reference.columns:
            self._unread[table].check(column, text)
            ids |= self._by_column.get((table, column, text), set())
        found = sorted((self._by_id[one] for one in ids), key=lambda principal: (principal.name, principal.id))
        return [principal for principal in found if principal.shareable] or found

    def _is_sole(self, principal: Principal, reference: PrincipalReference) -> bool:
        unread = self._unread[principal.table]
        doubtful = any(unread.may_hold(column, reference.text) for column in reference.columns)
        return not doubtful and self.find(reference) == [principal]

    def resolve(self, reference: PrincipalReference, option: str) -> Principal:
        """Return the one principal that a reference in an option means, read at once.

        Raises ``NoMatchError`` or ``AmbiguousMatchError``.
        """
        self.load([reference])
        found = self.find(reference)
        if len(found) == 1:
            return found[0]
        message = f"{option}: {reference.why_not(found)}."
        raise AmbiguousMatchError(message, candidates=candidates_of(found)) if found else NoMatchError(message)

    def designate(self, principal: Principal) -> dict[str, str]:
        """Return the option that names a principal, such as ``{"user": "ada@contoso.com"}``.

        By id unless the name is known to be unique: it was asked for, or is an application id, and means one row.
        """
        kind, text = principal.kind, principal.designation
        certain = (kind, text.casefold()) in self._asked or text == principal.application_id
        if certain and self._is_sole(principal, PrincipalReference(kind, text)):
            return {kind: text}
        return {"team" if principal.table == "team" else kind: principal.id}
