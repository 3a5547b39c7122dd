# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever is done in whatever order: shares agree with a plain model, and none is on a row that is not there."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import hypothesis.strategies as st
import pytest
from caller import Caller
from dataverse_simulator.environments import schema
from dataverse_simulator.environments.environment import Environment
from dataverse_simulator.environments.registry import Environments
from dataverse_simulator.errors import ODataError
from dataverse_simulator.packages.manifest import Manifest
from dataverse_simulator.packages.package import SolutionPackage, write_package
from dataverse_simulator.sharing import masks as access_masks
from dataverse_simulator.tenant.clock import Clock
from dataverse_simulator.web_api import records
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from web_api import record, without

NAME = "CoESharedFlows"
DESKTOP_FLOWS = ("Read Invoice", "Post Booking", "Write Log")
MASKS = st.integers(1, 2**8 - 1).map(
    lambda bits: sum(right for place, right in enumerate(access_masks.NAMES.values()) if bits >> place & 1)
)
#: Few of them, so that the same share is met again and again.
PLACES, PRINCIPALS = st.integers(0, 4), st.integers(0, 2)
SUBSETS = st.sets(st.sampled_from(DESKTOP_FLOWS), max_size=2).map(frozenset)


class Sharing(RuleBasedStateMachine):
    """`shares` is the model: flow or binary id → principal id → mask. `installed`: flows of the solution, by name."""

    environment: Environment
    packages: SolutionPackage

    def __init__(self) -> None:
        super().__init__()
        self.environment.restore()
        self.call = Caller(self.environment)
        self.store = self.environment.store
        self.version = 1
        self.installed: dict[str, str] = {}
        self.holding: set[str] | None = None
        self.shares: dict[str, dict[str, int]] = {}
        teams = [("team", row["teamid"]) for row in self.store.find("team")[:2]]
        self.principals = [*teams, ("systemuser", self.store.find("systemuser")[2]["systemuserid"])]

    @initialize()
    def install(self) -> None:
        assert self.bring("ImportSolutionAsync", frozenset())
        self.note_flows()

    # what can happen ---------------------------------------------------------------------------------------------

    @rule(place=PLACES, who=PRINCIPALS, mask=MASKS)
    def grant(self, place: int, who: int, mask: int) -> None:
        table, row_id, principal = self.chosen(place, who)
        if not row_id:
            return
        self.call(
            "GrantAccess",
            Target=record(table, row_id),
            PrincipalAccess={"Principal": record(*principal), "AccessMask": access_masks.as_text(mask)},
        )
        own = self.shares.setdefault(row_id, {})
        own[principal[1]] = own.get(principal[1], 0) | mask

    @rule(place=PLACES, who=PRINCIPALS, mask=MASKS)
    def modify(self, place: int, who: int, mask: int) -> None:
        table, row_id, principal = self.chosen(place, who)
        if not row_id:
            return
        access = {"Principal": record(*principal), "AccessMask": access_masks.as_text(mask)}
        if principal[1] in self.shares.get(row_id, {}):
            self.call("ModifyAccess", Target=record(table, row_id), PrincipalAccess=access)
            self.shares[row_id][principal[1]] = mask
        else:
            with pytest.raises(ODataError):
                self.call("ModifyAccess", Target=record(table, row_id), PrincipalAccess=access)

    @rule(place=PLACES, who=PRINCIPALS)
    def revoke(self, place: int, who: int) -> None:
        table, row_id, principal = self.chosen(place, who)
        if row_id and principal[1] in self.shares.get(row_id, {}):
            self.call("RevokeAccess", Target=record(table, row_id), Revokee=record(*principal))
            del self.shares[row_id][principal[1]]

    @precondition(lambda self: self.holding is None)
    @rule(dropped=SUBSETS, lean=st.booleans())
    def install_or_update(self, dropped: frozenset[str], lean: bool) -> None:
        assert self.bring("ImportSolutionAsync", dropped, lean)
        self.note_flows()

    @precondition(lambda self: self.installed and self.holding is None)
    @rule(dropped=SUBSETS, lean=st.booleans())
    def upgrade(self, dropped: frozenset[str], lean: bool) -> None:
        assert self.bring("StageAndUpgradeAsync", dropped, lean)
        self.replaced(dropped)

    @precondition(lambda self: self.installed and self.holding is None)
    @rule(dropped=SUBSETS)
    def stage(self, dropped: frozenset[str]) -> None:
        assert self.bring("ImportSolutionAsync", dropped, HoldingSolution=True)
        self.holding = set(dropped)
        self.note_flows()

    @precondition(lambda self: self.holding is not None)
    @rule()
    def promote(self) -> None:
        assert self.call("DeleteAndPromoteAsync", UniqueName=NAME)
        assert self.holding is not None
        self.replaced(self.holding)
        self.holding = None

    @precondition(lambda self: self.installed and self.holding is None)
    @rule()
    def uninstall(self) -> None:
        assert self.call("UninstallSolutionAsync", SolutionUniqueName=NAME)
        self.installed, self.shares = {}, {}

    @precondition(lambda self: self.installed)
    @rule(place=PLACES)
    def add_binary(self, place: int) -> None:
        flow = list(self.installed.values())[place % len(self.installed)]
        with self.store.transaction():
            records.create(
                self.call.context,
                schema.table("desktopflowbinary"),
                {"name": "more", "type": "ControlRepositoryImageFile", "Process@odata.bind": f"workflows({flow})"},
            )

    # what must always hold ---------------------------------------------------------------------------------------

    @invariant()
    def every_share_is_on_a_row_that_exists(self) -> None:
        for share in self.store.find("principalobjectaccess"):
            assert self.store.get(share["objecttypecode"], share["objectid"])
            assert self.store.get(share["principaltypecode"], share["principalid"])

    @invariant()
    def masks_are_positive(self) -> None:
        for share in self.store.find("principalobjectaccess"):
            own, inherited = share["accessrightsmask"], share["inheritedaccessrightsmask"]
            assert own >= 0
            assert inherited >= 0
            assert own or inherited

    @invariant()
    def masks_are_those_of_the_model(self) -> None:
        own = {
            (row["objectid"], row["principalid"]): row["accessrightsmask"]
            for row in self.store.find("principalobjectaccess")
            if row["accessrightsmask"]
        }
        assert own == {(row_id, who): mask for row_id, shares in self.shares.items() for who, mask in shares.items()}

    @invariant()
    def binaries_inherit_the_masks_of_their_flow(self) -> None:
        inherited = {
            (row["objectid"], row["principalid"]): row["inheritedaccessrightsmask"]
            for row in self.store.find("principalobjectaccess")
            if row["inheritedaccessrightsmask"]
        }
        expected = {
            (binary["desktopflowbinaryid"], who): mask
            for binary in self.store.find("desktopflowbinary", columns=["desktopflowbinaryid", "process"])
            for who, mask in self.shares.get(binary["process"], {}).items()
        }
        assert inherited == expected

    # helpers -----------------------------------------------------------------------------------------------------

    def chosen(self, place: int, who: int) -> tuple[str, str, tuple[str, str]]:
        """A flow or one of the first binaries ("" when there is none), and a principal."""
        rows = [("workflow", row_id) for row_id in self.installed.values()]
        rows += [
            ("desktopflowbinary", row["desktopflowbinaryid"])
            for row in self.store.find("desktopflowbinary", columns=["desktopflowbinaryid"])
        ]
        table, row_id = rows[place % len(rows)] if rows else ("", "")
        return table, row_id, self.principals[who]

    def bring(self, action: str, dropped: frozenset[str], lean: bool = False, **more: Any) -> bool:
        """Import the next version without some flows; `lean`: without the UI elements of the others too."""
        self.version += 1
        package = without(self.packages, *dropped, *(["Desktop flow ui elements"] if lean else []))
        manifest = Manifest(**{**vars(package.manifest), "version": f"1.{self.version}"})
        file = base64.b64encode(write_package(SolutionPackage(manifest, package.rows, package.rest))).decode()
        return bool(
            self.call(
                action, OverwriteUnmanagedCustomizations=False, PublishWorkflows=True, CustomizationFile=file, **more
            )
        )

    def note_flows(self) -> None:
        self.installed = {
            row["name"]: row["workflowid"]
            for row in self.store.find("workflow", columns=["name", "workflowid"], category=6)
        }

    def replaced(self, dropped: Any) -> None:
        """An upgrade: shares of the solution's flows are gone, left-over flows and their binaries are gone."""
        self.note_flows()
        assert set(self.installed) == set(DESKTOP_FLOWS) - set(dropped)
        binaries = {
            row["desktopflowbinaryid"] for row in self.store.find("desktopflowbinary", columns=["desktopflowbinaryid"])
        }
        self.shares = {row_id: shares for row_id, shares in self.shares.items() if row_id in binaries}


@pytest.fixture
def environment() -> Iterator[Environment]:
    environments = Environments(clock=Clock(manual_from=1_800_000_000.0))
    yield environments.get("prod")
    environments.close()


def test_any_order_of_grants_and_imports_keeps_the_shares_right(
    environment: Environment, package: SolutionPackage
) -> None:
    Sharing.environment, Sharing.packages = environment, package
    environment.snapshot()
    run_state_machine_as_test(
        Sharing,
        settings=settings(
            max_examples=30, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
