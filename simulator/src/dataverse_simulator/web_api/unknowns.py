# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What no source tells for certain about reading: here the switches of an environment decide."""

from __future__ import annotations

import sqlalchemy as sa

from ..environments import schema, security
from ..environments.context import Context
from ..environments.database import sql_table

POA = "principalobjectaccess"


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
