# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One simulator for all tests of the domain; the environments they touch are put back to their seed."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Iterator

import pytest
from dataverse_simulator import Simulator
from dataverse_simulator.packages.package import SolutionPackage, read_package
from web_api import WebApi


@pytest.fixture(scope="session")
def simulator() -> Iterator[Simulator]:
    with Simulator() as running:
        yield running


@pytest.fixture
def dev(simulator: Simulator) -> Iterator[WebApi]:
    yield WebApi(simulator, "dev")
    simulator.reset("dev")


@pytest.fixture
def prod(simulator: Simulator) -> Iterator[WebApi]:
    """An environment without solutions of ours."""
    yield WebApi(simulator, "prod")
    simulator.reset("prod")


@pytest.fixture(scope="session")
def package(simulator: Simulator) -> SolutionPackage:
    """CoESharedFlows 1.0.0.0 as managed package, exported from the seeded development environment."""
    return WebApi(simulator, "dev").export("CoESharedFlows")


@pytest.fixture(scope="session")
def real_package() -> object:
    """`real_package(name)`: a public package that is not part of the repository; skips where it is missing."""
    root = pathlib.Path(os.environ.get("SOLUTION_PACKAGES", pathlib.Path(__file__).parents[4] / "shared" / "packages"))

    def load(name: str) -> SolutionPackage:
        path = root / f"{name}.zip"
        if not path.exists():
            pytest.skip(f"The package {path.name} is not here; set SOLUTION_PACKAGES to the folder that holds it.")
        return read_package(path.read_bytes())

    return load
