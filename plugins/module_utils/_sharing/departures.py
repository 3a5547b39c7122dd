# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a share is gone while an upgrade is running: the upgrade dropped it, or somebody took it away.

An upgrade drops all shares of a flow. Somebody who takes one away leaves the others as they were granted.
This file is private to the collection and may change without notice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from .changes import Share, ShareKey

# For so many seconds the other shares of a flow must stay before one that is gone counts as taken away by somebody:
# nobody says that the platform drops them all at once.
DECIDED_AFTER = 1.0


class Departures:
    """Tells shares of guarded flows that somebody took away from those that an operation dropped.

    What cannot be told apart counts as dropped: the only share of a flow, and what goes shortly before the others.
    ``taken`` are the former; ``undecided`` ones are gone, and the next looks will tell.
    """

    def __init__(self, flow_ids: Collection[str], grants: Mapping[Share, str]) -> None:
        self.flow_ids = flow_ids
        self.taken: set[ShareKey] = set()
        self.undecided: dict[ShareKey, float] = {}
        self._grants = {share.key: grant for share, grant in grants.items()}
        self._dropped: set[str] = set()

    def judge(
        self, expected: Iterable[ShareKey], grants: Mapping[Share, str], now: float, *, final: bool
    ) -> set[ShareKey]:
        """Take a look at all shares, and return those of which it shows that somebody took them away.

        ``grants`` is what ``ShareReader`` returns, ``now`` in seconds; after the ``final`` look nothing is dropped.
        """
        present = {share.key: grant for share, grant in grants.items()}
        flows: dict[str, set[ShareKey]] = defaultdict(set)
        for key in expected:
            flows[key.flow_id].add(key)
        gone: set[ShareKey] = set()
        for flow_id in flows.keys() & self.flow_ids:
            gone |= self._taken_or_undecided(flow_id, flows[flow_id], present)
        self._grants.update(present)
        self.undecided = {key: self.undecided.get(key, now) for key in gone}
        taken = {key for key, since in self.undecided.items() if final or now - since >= DECIDED_AFTER}
        self.taken |= taken
        for key in taken:
            del self.undecided[key]
        return taken

    def _taken_or_undecided(self, flow_id: str, keys: set[ShareKey], present: Mapping[ShareKey, str]) -> set[ShareKey]:
        """Return the shares that are gone from a flow, none once the flow was dropped."""
        gone, kept = keys - present.keys(), keys & self._grants.keys() & present.keys()
        stayed = [key for key in kept if present[key] and present[key] == self._grants[key]]
        # One that was granted anew shows that all were dropped in between.
        if gone and (not stayed or len(stayed) < len(kept)):
            self._dropped.add(flow_id)
        return set() if flow_id in self._dropped else gone
