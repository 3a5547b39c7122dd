# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shares: rows of principalobjectaccess, and how they spread from a flow to its binaries.

Source: project reference on sharing, 2.2 to 2.6 (GrantAccess adds, ModifyAccess replaces, RevokeAccess removes;
share, unshare and delete cascade to desktopflowbinary, whose rows carry the mask as inherited).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ..environments.store import Row, Store

POA = "principalobjectaccess"


class Place(NamedTuple):
    """Where a share is: a record of a table, and the principal as (table, id)."""

    table: str
    object_id: str
    principal: tuple[str, str]


def share_of(store: Store, object_id: str, principal_id: str) -> Row | None:
    """The row of one principal on one record, inherited-only ones included."""
    return store.first(POA, objectid=object_id, principalid=principal_id)


def shares_of(store: Store, object_id: str) -> list[Row]:
    """The explicit shares of a record: rows with a mask of their own."""
    return [row for row in store.find(POA, objectid=object_id) if row["accessrightsmask"]]


def grant(store: Store, table: str, object_id: str, principal: tuple[str, str], mask: int) -> None:
    """Add rights. `principal` is (table, id)."""
    row = share_of(store, object_id, principal[1])
    held = row["accessrightsmask"] if row else 0
    _set_mask(store, Place(table, object_id, principal), held | mask, row, _binaries(store, table, object_id))


def set_mask(store: Store, table: str, object_id: str, principal: tuple[str, str], mask: int) -> None:
    """Make `mask` the principal's rights on the record (0: no share), and the inherited rights on its binaries."""
    row = share_of(store, object_id, principal[1])
    _set_mask(store, Place(table, object_id, principal), mask, row, _binaries(store, table, object_id))


def revoke_all(store: Store, table: str, object_id: str) -> None:
    """Remove every share of a record (and what its binaries inherited)."""
    binaries = _binaries(store, table, object_id)
    for row in store.find(POA, objectid=object_id):
        _set_mask(store, Place(table, object_id, _principal(row)), 0, row, binaries)


def inherit(store: Store, binary: Row) -> None:
    """A new binary takes over the shares of its flow."""
    for row in store.find(POA, objectid=binary["process"]):
        place = Place("desktopflowbinary", binary["desktopflowbinaryid"], _principal(row))
        _inherit(store, place, row["accessrightsmask"])


def forget(store: Store, object_id: str) -> None:
    """The record is gone: so are its shares."""
    for row in store.find(POA, columns=[f"{POA}id"], objectid=object_id):
        store.delete(POA, row[f"{POA}id"])


def forget_principal(store: Store, principal_id: str) -> None:
    for row in store.find(POA, columns=[f"{POA}id"], principalid=principal_id):
        store.delete(POA, row[f"{POA}id"])


def _principal(row: Row) -> tuple[str, str]:
    return row["principaltypecode"], row["principalid"]


def _binaries(store: Store, table: str, object_id: str) -> list[str]:
    if table != "workflow":
        return []
    found = store.find("desktopflowbinary", columns=["desktopflowbinaryid"], process=object_id)
    return [row["desktopflowbinaryid"] for row in found]


def _set_mask(store: Store, place: Place, mask: int, row: Row | None, binaries: Iterable[str]) -> None:
    """`row`: the present share at that place, if there is one; `binaries` of the record."""
    _write(store, place, {"accessrightsmask": mask}, row)
    for binary_id in binaries:
        _inherit(store, place._replace(table="desktopflowbinary", object_id=binary_id), mask)


def _inherit(store: Store, place: Place, mask: int) -> None:
    _write(store, place, {"inheritedaccessrightsmask": mask}, share_of(store, place.object_id, place.principal[1]))


def _write(store: Store, place: Place, masks: dict[str, int], row: Row | None) -> None:
    after = {"accessrightsmask": 0, "inheritedaccessrightsmask": 0, **(row or {}), **masks}
    if not (after["accessrightsmask"] or after["inheritedaccessrightsmask"]):
        if row:
            store.delete(POA, row[f"{POA}id"])
    elif row:
        store.update(POA, row[f"{POA}id"], {**masks, "changedon": store.clock.text()})
    else:
        store.insert(
            POA,
            {
                "objectid": place.object_id,
                "objecttypecode": place.table,
                "principaltypecode": place.principal[0],
                "principalid": place.principal[1],
                "changedon": store.clock.text(),
                **masks,
            },
        )
