# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What no source tells for certain about reading: here the switches of an environment decide."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from ..environments import schema, security
from ..environments.context import Context
from ..environments.database import sql_table
from ..errors import MESSAGE_NOT_SUPPORTED, ODataError, invalid_argument

POA = "principalobjectaccess"


def wants_unpublished(context: Context, table: schema.Table) -> bool:
    """Whether the header asks for rows that are not published, and the table has such.

    Source: the messages of the tables; that the header does nothing elsewhere is not confirmed.
    """
    return _asked_for_unpublished(context) and table.messages >= schema.UNPUBLISHED


def looks_at_drafts(context: Context, table: schema.Table) -> bool:
    return context.method == "GET" and wants_unpublished(context, table)


def _asked_for_unpublished(context: Context) -> bool:
    return context.headers.get("mscrm.includeunpublished", "").lower() == "true"


def refuse_unpublished(context: Context, table: schema.Table) -> None:
    """405 for the header `MSCRM.IncludeUnpublished` at other tables (switch `unpublished_header_refused`)."""
    refused = context.environment.settings.unpublished_header_refused
    if refused and _asked_for_unpublished(context) and not schema.UNPUBLISHED & table.messages:
        text = f"The 'RetrieveUnpublishedMultiple' method does not support entities of type '{table.name}'."
        raise ODataError(405, MESSAGE_NOT_SUPPORTED, text)


def refuse_user_by_id(context: Context, table: schema.Table) -> None:
    """403 for an application that addresses a user by id (switch `user_by_id_refused`)."""
    refused = context.environment.settings.user_by_id_refused
    if refused and table.name == "systemuser" and context.user["applicationid"]:
        raise security.refusal(context.store, context.user, "prvReadUser")


def unsearchable(context: Context, table: schema.Table) -> dict[str, ODataError | None]:
    """Columns whose contents a condition cannot look into: the refusal, or None when it just finds nothing."""
    mode = context.environment.settings.clientdata_search
    if table.name != "workflow" or mode == "works":
        return {}
    text = "Conditions on the contents of the column 'clientdata' are not supported."
    return {"clientdata": invalid_argument(text) if mode == "refused" else None}


def seen_shares(context: Context, table: schema.Table) -> sa.ColumnElement[bool] | None:
    """The condition for the shares that the switch `visible_shares` lets the user see; None = all."""
    mode = context.environment.settings.visible_shares
    if table.name != POA or mode == "all":
        return None
    share = sql_table(POA).c
    own = share.principalid.in_([context.user_id, *security.team_ids(context.store, context.user_id)])
    return own if mode == "own" else sa.or_(own, share.objecttypecode.in_(_tables_read_in_full(context)))


def _tables_read_in_full(context: Context) -> list[str]:
    return [
        table.name
        for table in schema.all_tables()
        if table.ownership is schema.Ownership.USER
        and security.depth(context.store, context.user, security.privilege_name("Read", table)) == security.GLOBAL
    ]


def shape(context: Context, table: schema.Table, shown: list[dict[str, Any]]) -> None:
    """Turn what rows show: the tables of shares into numbers, the mark of compressed contents."""
    settings = context.environment.settings
    if table.name == POA and settings.share_rows_with_numbers:
        for one in shown:
            if "objecttypecode" in one:
                one["objecttypecode"] = schema.table(one["objecttypecode"]).object_type_code
    if table.name == "workflow" and settings.clientdata_search == "finds_nothing":
        for one in shown:
            if "clientdataiscompressed" in one:
                one["clientdataiscompressed"] = True
