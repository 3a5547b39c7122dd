# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One simulator for all tests of the platform; `api` is the environment test, put back to its seed afterwards."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from client import Client
from dataverse_simulator import Simulator


@pytest.fixture(scope="session")
def running() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def simulator(running: Simulator) -> Iterator[Simulator]:
    """The simulator without faults, with a clean journal; the environments that were changed go back to their seeds."""
    yield running
    running.clear_faults()
    changed = {entry.environment for entry in running.journal(writes=True)}
    for name in changed:
        running.reset(name)
    running.clear_journal()


@pytest.fixture
def api(simulator: Simulator) -> Client:
    return Client(simulator, "test")
