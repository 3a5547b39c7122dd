# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drafts beside published flows: what version control of desktop flows keeps until it is published.

The row of a flow is what is published and what runs; its draft is kept apart and seen only by who asks for unpublished
rows. A flow that was never published has no draft here: its row itself is unpublished (componentstate 1).
Source: "Version control for desktop flows"; project reference on sharing, 1.8.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from .store import Row, Store

PUBLISHED, UNPUBLISHED = 0, 1


def put(store: Store, flow_id: str, content: Mapping[str, Any]) -> None:
    """Save these columns of a flow as its draft; an older draft is replaced."""
    discard(store, flow_id)
    store.insert("_draft", {"workflowid": flow_id, "content": json.dumps(dict(content)), "savedon": store.clock.text()})


def discard(store: Store, flow_id: str) -> None:
    for row in store.find("_draft", columns=["draftid"], workflowid=flow_id):
        store.delete("_draft", row["draftid"])


def among(store: Store, flow_ids: list[str]) -> list[str]:
    """Those of the flows that have a draft."""
    return [row["workflowid"] for row in store.find("_draft", columns=["workflowid"], workflowid=flow_ids)]


def take(store: Store, flow_ids: list[str] | None = None) -> list[tuple[str, Row]]:
    """(flow, content) of the drafts of these flows (None: of all), which are no drafts any more."""
    wanted: dict[str, Any] = {} if flow_ids is None else {"workflowid": flow_ids}
    taken = [(row["workflowid"], dict(json.loads(row["content"]))) for row in store.find("_draft", **wanted)]
    for flow_id, _content in taken:
        discard(store, flow_id)
    return taken


@contextmanager
def shown(store: Store) -> Iterator[None]:
    """In here flows look as their drafts."""
    drafts = store.find("_draft")
    if not drafts:
        yield
        return
    with store.rolled_back():
        for row in drafts:
            changes = {**json.loads(row["content"]), "modifiedon": row["savedon"], "componentstate": UNPUBLISHED}
            store.update("workflow", row["workflowid"], changes)
        yield
