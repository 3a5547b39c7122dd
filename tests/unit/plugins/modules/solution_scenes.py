# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Environments in which a solution is in a given state, and the packages to bring into them."""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from typing import Any

from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.package_maker import (
    DesktopFlow,
    argument,
    flow_id,
    package_files,
    schema,
    write_package,
)

NAME = "SharedFlows"
# A note announces what is about to start; it goes when the start is answered, or when an upgrade is over.
IMPORT = ["StageSolution", "annotations", "ImportSolutionAsync", "annotations"]
UPGRADE = ["StageSolution", "annotations", "StageAndUpgradeAsync", "annotations"]


def release(
    folder: pathlib.Path, version: str, *, managed: bool = True, flows: tuple[int, ...] = (1, 2), **content: Any
) -> str:
    """Write a package of the solution in a version and return its path; the flows' scripts and inputs tell it."""
    desktop_flows = [
        DesktopFlow(
            flow_id(number),
            f"Flow {number}",
            inputs=schema({f"Input{version.replace('.', '')}": argument()}),
            script=f"SET Version TO '{version}'\r\n",
        )
        for number in flows
    ]
    files = package_files(desktop_flows, version=version, managed=managed, unique_name=NAME, **content)
    return write_package(folder / f"{NAME}_{version}_{managed}.zip", files)


def put(simulator: Any, environment: str, path: str, *, staged: bool = False, managed: bool | None = None) -> None:
    """Put a package into an environment at once and unchecked, as installed or as staged upgrade."""
    from dataverse_simulator.environments.context import Context
    from dataverse_simulator.packages.package import read_package
    from dataverse_simulator.solutions import imports
    from dataverse_simulator.solutions.import_checks import ImportMode

    target = simulator.environment(environment)
    package = read_package(pathlib.Path(path).read_bytes())
    with target.lock, target.store.transaction():
        user = next(row for row in target.store.find("systemuser") if row["applicationid"])
        mode = ImportMode(holding=staged)
        imports.apply(Context(target, user), imports.ImportRequest(package, mode))


def writes(simulator: Any, environment: str) -> list[str]:
    """Return the writing requests to an environment as method-less paths, in order; notes without their ids."""
    paths = [entry.path for entry in simulator.journal(environment, writes=True)]
    return ["annotations" if path.startswith("annotations(") else path for path in paths]


def accepted(simulator: Any, environment: str, action: str) -> int:
    """Return how many calls of an action the environment took."""
    entries = simulator.journal(environment, writes=True, path=action)
    return sum(1 for entry in entries if entry.path == action and entry.status < 300)


def after_the_end_of_jobs(read: Callable[..., Any], simulator: Any) -> Callable[..., Any]:
    """Return a reading that begins after a pause in which running jobs end."""

    def delayed(*arguments: Any) -> Any:
        simulator.advance(1.5)
        return read(*arguments)

    return delayed
