# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One test per row of the mode table: project reference on solutions, 2.6; shares: reference on sharing, 4.2.

Version 1 with a flow "Post Booking" and a share of "Read Invoice" is installed (but for the first row); version 2
without that flow is brought in the way of the row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from dataverse_simulator.packages.package import SolutionPackage
from web_api import WebApi, import_parameters, package_file, without

NAME = "CoESharedFlows"


@dataclass(frozen=True)
class Mode:
    """What a row says: the steps (message, further parameters), and what is there afterwards."""

    row: str
    steps: tuple[tuple[str, dict[str, Any]], ...]
    version: str = "2.0.0.0"
    holding: str | None = None
    removed_component: bool = True
    share: bool = True
    context: str = "ImportInstall"
    suboperation: int = 3
    installed_before: bool = True


IMPORT_JOB = {"ImportJobId": "8c392640-0000-0000-0000-000000000009"}  # the synchronous messages need one
IMPORT, HOLDING = ("ImportSolutionAsync", {}), ("ImportSolutionAsync", {"HoldingSolution": True})
PROMOTE = ("DeleteAndPromoteAsync", {"UniqueName": NAME})
MODES = [
    Mode("first install", (IMPORT,), installed_before=False, removed_component=False, share=False, suboperation=1),
    Mode("Update", (IMPORT,)),
    Mode("Update, HoldingSolution=false", (("ImportSolutionAsync", {"HoldingSolution": False}),)),
    Mode("Update, synchronous", (("ImportSolution", IMPORT_JOB),)),
    Mode(
        "Upgrade",
        (("StageAndUpgradeAsync", {}),),
        removed_component=False,
        share=False,
        context="ImportUpgrade",
        suboperation=5,
    ),
    Mode(
        "Upgrade, synchronous",
        (("StageAndUpgrade", IMPORT_JOB),),
        removed_component=False,
        share=False,
        context="ImportUpgrade",
        suboperation=5,
    ),
    Mode(
        "Stage for upgrade", (HOLDING,), version="1.0.0.0", holding="2.0.0.0", context="ImportHolding", suboperation=2
    ),
    Mode(
        "Apply upgrade",
        (HOLDING, PROMOTE),
        removed_component=False,
        share=False,
        context="ImportHolding",
        suboperation=2,
    ),
    Mode(
        "Apply upgrade, synchronous",
        (HOLDING, ("DeleteAndPromote", {"UniqueName": NAME})),
        removed_component=False,
        share=False,
        context="ImportHolding",
        suboperation=2,
    ),
]


@pytest.mark.parametrize("mode", MODES, ids=[mode.row for mode in MODES])
def test_mode(prod: WebApi, package: SolutionPackage, mode: Mode) -> None:
    if mode.installed_before:
        prod.run("ImportSolutionAsync", **import_parameters(package_file(package)))
        prod.share("Read Invoice", prod.team("Payroll Runners"))
    file = package_file(without(package, "Post Booking"), version="2.0.0.0")
    for message, more in mode.steps:
        parameters = more if "Promote" in message else import_parameters(file, **more)
        if message.endswith("Async"):
            prod.run(message, **parameters)
        else:
            prod.call(message, **parameters)
    assert (prod.version(NAME), prod.version(f"{NAME}_Upgrade")) == (mode.version, mode.holding)
    assert (prod.flow("Post Booking") is not None) is mode.removed_component
    assert (prod.shares("Read Invoice") != {}) is mode.share
    jobs = prod.rows(f"importjobs?$filter=solutionname eq '{NAME}'&$orderby=createdon desc&$select=importcontext")
    assert mode.context in {job["importcontext"] for job in jobs}
    history = prod.rows(f"msdyn_solutionhistories?$filter=msdyn_name eq '{NAME}'")
    assert (0, mode.suboperation) in {(row["msdyn_operation"], row["msdyn_suboperation"]) for row in history}
