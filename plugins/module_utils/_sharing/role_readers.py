# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who sees all flows by a security role, without any share.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import Any

from .._dataverse.client import DataverseClient
from .._dataverse.reading import Query, read_together
from .._dataverse.rows import Row
from .principals import Principals

READ_FLOWS = "prvReadWorkflow"
WHOLE_ORGANIZATION = 8


def read_role_readers(client: DataverseClient, principals: Principals) -> list[dict[str, Any]]:
    """Return the security roles that let their bearers read all flows, with those who bear them directly.

    Members of a team that bears such a role are not listed one by one. Costs four requests.
    Source: Web API, tables ``privileges``, ``roleprivilegescollection`` (privilegedepthmask 8 is the whole
    organization), ``roles``, ``systemuserrolescollection``, ``teamrolescollection``.
    """
    (privileges,) = read_together(client, Query("privileges", "privilegeid", [f"name eq '{READ_FLOWS}'"]))
    granted, roles = read_together(
        client,
        Query(
            "roleprivilegescollection",
            "roleid",
            [f"privilegeid eq {row.guid('privilegeid')}" for row in privileges],
            also=f"privilegedepthmask eq {WHOLE_ORGANIZATION}",
        ),
        Query("roles", "roleid,name,_parentrootroleid_value", None),
    )
    granting = set(client.read_each(_role_id, granted))
    # Each business unit has a copy of a role; the privileges may be kept with the root role only.
    known = client.read_each(_role, roles)
    names = {role_id: name for role_id, root_id, name in known if granting & {role_id, root_id}}
    bearers = _bearers(client, sorted(names))
    principals.load(ids={bearer for listed in bearers.values() for bearer in listed})
    by_name: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for role_id, listed in bearers.items():
        by_name[names[role_id]] |= listed
    return [
        {"security_role": name, "principals": _described(principals, listed)}
        for name, listed in sorted(by_name.items())
    ]


def _bearers(client: DataverseClient, role_ids: list[str]) -> dict[str, set[tuple[str, str]]]:
    """Return the bearers (table, id) of roles, by role."""
    conditions = [f"roleid eq {role_id}" for role_id in role_ids]
    users, teams = read_together(
        client,
        Query("systemuserrolescollection", "roleid,systemuserid", conditions),
        Query("teamrolescollection", "roleid,teamid", conditions),
    )
    bearers: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for table, rows in (("systemuser", users), ("team", teams)):
        for role_id, bearer_id in client.read_each(partial(_assignment, f"{table}id"), rows):
            bearers[role_id].add((table, bearer_id))
    return bearers


def _role_id(row: Row) -> str:
    return row.guid("roleid")


def _role(row: Row) -> tuple[str, str | None, str]:
    return _role_id(row), row.optional_guid("_parentrootroleid_value"), row.text("name")


def _assignment(key: str, row: Row) -> tuple[str, str]:
    return _role_id(row), row.guid(key)


def _described(principals: Principals, bearers: set[tuple[str, str]]) -> list[dict[str, Any]]:
    found = (principals.get(principal_id) for dummy, principal_id in bearers)
    listed = sorted(
        (principal for principal in found if principal), key=lambda principal: (principal.name, principal.id)
    )
    return [
        {"principal": principal.name, "principal_type": principal.kind, "principal_id": principal.id}
        for principal in listed
        if not principal.disabled
    ]
