# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Components of which the simulator keeps the name only: tables, web resources, site maps, custom controls and apps.

Packages identify them by `schemaName`, environments by an id of their own.
Source: layout of solution.xml in public exports;
reference/entities/{webresource,sitemap,customcontrol,appmodule,canvasapp}.md.
"""

from __future__ import annotations

import uuid

from ..environments import schema
from ..environments.context import Context
from ..environments.seeding import stable_id
from ..environments.store import Store
from ..packages.manifest import RootComponent

#: By component type: the table of the rows and the column that holds the name.
NAMED = {
    1: ("_entity", "logicalname"),
    61: ("webresource", "name"),
    62: ("sitemap", "sitemapnameunique"),
    66: ("customcontrol", "name"),
    80: ("appmodule", "uniquename"),
    300: ("canvasapp", "name"),
}


def ensure(context: Context, component: RootComponent) -> str:
    """Make the row of a component unless it is there; the id of the component in this environment."""
    name = component.schema_name or component.id or ""
    object_id = component.id or str(uuid.uuid5(uuid.NAMESPACE_OID, f"{component.type} {name.lower()}"))
    if component.type == 1 and any(table.name == name.lower() for table in schema.all_tables()):
        return stable_id("metadata", name.lower())
    if component.type in NAMED:
        table, column = NAMED[component.type]
        key = schema.table(table).primary_key
        if found := context.store.first(table, **{column: name}):
            return str(found[key])
        context.insert(table, {key: object_id, column: name.lower() if component.type == 1 else name})
    return object_id


def delete_unheld(store: Store, component_type: int, object_id: str) -> bool:
    """Delete the row of a component that no solution holds any more; whether that was so."""
    if component_type not in NAMED or store.count("solutioncomponent", objectid=object_id):
        return False
    table, _column = NAMED[component_type]
    if store.get(table, object_id) is None:
        return False
    store.delete(table, object_id)
    return True
