# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shares: rows of principalobjectaccess, and how they spread from a flow to its binaries.

Source: project reference on sharing, 2.2 to 2.6 (GrantAccess adds, ModifyAccess replaces, RevokeAccess removes;
share, unshare and delete cascade to desktopflowbinary, whose rows carry the mask as inherited).
"""

from __future__ import annotations

from collections.abc import Iterable

from ..environments.store import Row, Store

POA = "principalobjectaccess"


def share_of(store: Store, object_id: str, principal_id: str) -> Row | None:
    """The row of one principal on one record, inherited-only ones included."""
    return store.first(POA, objectid=object_id, principalid=principal_id)


def shares_of(store: Store, object_id: str) -> list[Row]:
    """The explicit shares of a record: rows with a mask of their own."""
    return [row for row in store.find(POA, objectid=object_id) if row["accessrightsmask"]]


def grant(store: Store, table: str, object_id: str, principal: tuple[str, str], mask: int) -> None:
    """Add rights. `principal` is (table, id)."""
    row = share_of(store, object_id, principal[1])
    set_mask(store, table, object_id, principal, (row["accessrightsmask"] if row else 0) | mask)


def set_mask(store: Store, table: str, object_id: str, principal: tuple[str, str], mask: int) -> None:
    """Make `mask` the principal's rights on the record (0: no share), and the inherited rights on its binaries."""
    _write(store, table, object_id, principal, {"accessrightsmask": mask})
    for binary_id in _binaries(store, table, object_id):
        _write(store, "desktopflowbinary", binary_id, principal, {"inheritedaccessrightsmask": mask})


def revoke_all(store: Store, table: str, object_id: str) -> None:
    """Remove every share of a record (and what its binaries inherited)."""
    for row in store.find(POA, objectid=object_id):
        set_mask(store, table, object_id, (row["principaltypecode"], row["principalid"]), 0)


def inherit(store: Store, binary: Row) -> None:
    """A new binary takes over the shares of its flow."""
    for row in store.find(POA, objectid=binary["process"]):
        principal = (row["principaltypecode"], row["principalid"])
        _write(
            store,
            "desktopflowbinary",
            binary["desktopflowbinaryid"],
            principal,
            {"inheritedaccessrightsmask": row["accessrightsmask"]},
        )


def forget(store: Store, object_id: str) -> None:
    """The record is gone: so are its shares."""
    for row in store.find(POA, columns=[f"{POA}id"], objectid=object_id):
        store.delete(POA, row[f"{POA}id"])


def forget_principal(store: Store, principal_id: str) -> None:
    for row in store.find(POA, columns=[f"{POA}id"], principalid=principal_id):
        store.delete(POA, row[f"{POA}id"])


def _binaries(store: Store, table: str, object_id: str) -> Iterable[str]:
    if table != "workflow":
        return []
    found = store.find("desktopflowbinary", columns=["desktopflowbinaryid"], process=object_id)
    return [row["desktopflowbinaryid"] for row in found]


def _write(store: Store, table: str, object_id: str, principal: tuple[str, str], masks: dict[str, int]) -> None:
    row = share_of(store, object_id, principal[1])
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
                "objectid": object_id,
                "objecttypecode": table,
                "principaltypecode": principal[0],
                "principalid": principal[1],
                "changedon": store.clock.text(),
                **masks,
            },
        )
