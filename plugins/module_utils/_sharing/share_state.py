# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shares that exist in one environment, beside those that are desired there.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .._dataverse.client import DataverseClient
from .._dataverse.reading import read_together
from .changes import DesiredShares, Share, ShareKey
from .desktop_flows import DesktopFlows, components_query
from .entries import Mistake, ShareEntry, read_entries
from .forecast import NOTHING_TO_COME, Forecast
from .interruption import Interruption
from .permissions import Permissions
from .principals import Principals
from .record_places import records_of
from .resolution import Resolution
from .share_reader import ShareReader


@dataclasses.dataclass(frozen=True)
class ShareState:
    """What there is and what there should be; ``mistakes`` holds all that is wrong with the declaration."""

    flows: DesktopFlows
    principals: Principals
    interruption: Interruption
    reader: ShareReader
    existing: list[Share]
    desired: DesiredShares
    mistakes: list[Mistake]

    @property
    def lost(self) -> dict[ShareKey, int]:
        """The masks of the shares that interrupted upgrades may have taken and that can come back."""
        return self.interruption.lost(self.flows)

    @property
    def flow_ids(self) -> frozenset[str]:
        """The flows whose shares were read: the declared ones, and those on record."""
        return self.desired.flow_ids | {key.flow_id for key in self.lost}

    def repaired(self) -> ShareState:
        """Return the state once what interrupted upgrades took is back, as imports leave it."""
        held = {**self.lost, **dict(self.existing)}
        whole = Interruption(self.interruption.place, ())
        return dataclasses.replace(self, existing=sorted(map(Share._make, held.items())), interruption=whole)

    def of_declared_flows(self, shares: Iterable[Share]) -> list[Share]:
        """Return those of the shares that are of declared flows."""
        return [share for share in shares if share.key.flow_id in self.desired.flow_ids]


def read_state(
    client: DataverseClient,
    params: Mapping[str, Any],
    warn: Callable[[str], None],
    forecast: Forecast = NOTHING_TO_COME,
) -> ShareState:
    """Return what exists of the options' declaration, with the flows that there will be after a forecast.

    Four requests at most (plus further pages): components of solutions with the records of interrupted upgrades, flows,
    shares, and users with teams; one more where there is a record, and one (WhoAmI) where a forecast brings new flows.
    """
    flows, principals = DesktopFlows(client), Principals(client)
    entries, mistakes = read_entries(params["shares"], Permissions.from_params(params))
    resolution = Resolution(flows, principals, allow_disabled=params["allow_disabled"])
    interruption = _read_flows(client, params, warn, entries, flows, forecast.flow_ids)
    new = forecast.change(flows, lambda: client.identity.guid("UserId"))
    declared = {flow.id for entry in entries for flow in resolution.flows_of(entry)}
    reader = ShareReader(client)
    existing = reader.read((declared | {key.flow_id for key in interruption.lost(flows)}) - new)
    principals.load(
        (principal.reference for entry in entries for principal in entry.principals),
        ((key.table, key.principal_id) for key in {*interruption.shares, *(share.key for share in existing)}),
    )
    resolution.add(entries)
    found = sorted([*mistakes, *resolution.mistakes], key=lambda mistake: mistake.place)
    return ShareState(flows, principals, interruption, reader, existing, resolution.desired, found)


def _read_flows(
    client: DataverseClient,
    params: Mapping[str, Any],
    warn: Callable[[str], None],
    entries: list[ShareEntry],
    flows: DesktopFlows,
    more: Iterable[str],
) -> Interruption:
    """Read the flows that are declared or on record, and more by their ids, and return what is on record."""
    place = records_of(client, params, warn)
    solutions = [entry.text for entry in entries if entry.kind == "solution"]
    components, notes = read_together(client, components_query(solutions), place.query)
    interruption = Interruption.look(client, place, place.found(notes))
    names = [entry.text for entry in entries if entry.kind == "desktop_flow"]
    with_callees = any(entry.include_child_flows for entry in entries)
    flows.load([*names, *interruption.flow_names, *more], components, with_callees=with_callees)
    return interruption
