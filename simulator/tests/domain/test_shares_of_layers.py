# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shares of flows that two solutions hold, when one of these is upgraded."""

from __future__ import annotations

import pytest
from dataverse_simulator.packages.package import SolutionPackage
from web_api import WebApi, import_parameters, package_file, without

DROPPED, KEPT = "Write Log", "Post Booking"


@pytest.fixture
def shared(prod: WebApi, package: SolutionPackage) -> WebApi:
    """Two managed solutions with the same flows, which are shared."""
    for name in ("First", "Second"):
        prod.run("ImportSolutionAsync", **import_parameters(package_file(package, unique_name=name)))
    for flow in (DROPPED, KEPT):
        prod.share(flow, prod.team("Finance Robotics"))
    return prod


@pytest.mark.parametrize("action", ["StageAndUpgradeAsync", "DeleteAndPromoteAsync"])
def test_an_upgrade_drops_the_shares_of_the_old_versions_flows_too(
    shared: WebApi, package: SolutionPackage, action: str
) -> None:
    file = package_file(without(package, DROPPED), unique_name="First", version="2.0.0.0")
    if action == "StageAndUpgradeAsync":
        shared.run(action, **import_parameters(file))
    else:
        shared.run("ImportSolutionAsync", **import_parameters(file, HoldingSolution=True))
        shared.run(action, UniqueName="First")
    assert shared.flow(DROPPED) is not None
    assert (shared.shares(DROPPED), shared.shares(KEPT)) == ({}, {})


def test_an_update_keeps_the_shares(shared: WebApi, package: SolutionPackage) -> None:
    file = package_file(without(package, DROPPED), unique_name="First", version="2.0.0.0")
    shared.run("ImportSolutionAsync", **import_parameters(file))
    assert len(shared.shares(DROPPED)) == len(shared.shares(KEPT)) == 1
