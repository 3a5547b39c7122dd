# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Service protection: requests, execution time and concurrency are really counted, for each user."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from client import Client, error
from dataverse_simulator import Simulator
from dataverse_simulator.environments.settings import Settings


@pytest.fixture
def api() -> Iterator[Client]:
    """A simulator of its own, with a clock that stands still."""
    with Simulator(manual_clock=True) as simulator:
        yield Client(simulator, "dev")


def limits(api: Client) -> Settings:
    return api.simulator.environment("dev").settings


def test_too_many_requests_are_refused_until_the_window_has_passed(api: Client) -> None:
    limits(api).requests_per_window = 5
    remaining = [api.get("WhoAmI").headers["x-ms-ratelimit-burst-remaining-xrm-requests"] for _dummy in range(5)]
    assert remaining == ["4", "3", "2", "1", "0"]
    api.simulator.advance(100)
    refused = api.get("WhoAmI")
    assert error(refused) == (429, "0x80072322")
    assert 195 <= int(refused.headers["Retry-After"]) <= 201
    api.simulator.advance(int(refused.headers["Retry-After"]))
    assert api.get("WhoAmI").status_code == 200


def test_each_user_has_limits_of_its_own(api: Client) -> None:
    limits(api).requests_per_window = 1
    other = Client(api.simulator, "dev", "maker")
    assert [api.get("WhoAmI").status_code, api.get("WhoAmI").status_code, other.get("WhoAmI").status_code] == [
        200,
        429,
        200,
    ]


def test_too_much_execution_time_is_refused(api: Client) -> None:
    limits(api).execution_seconds_per_window = 0.3
    api.simulator.add_fault({"kind": "slow", "seconds": 0.4})
    assert api.get("WhoAmI").status_code == 200
    refused = api.get("WhoAmI")
    assert error(refused) == (429, "0x80072321")
    api.simulator.advance(int(refused.headers["Retry-After"]))
    assert api.get("WhoAmI").status_code == 200


def test_too_many_requests_at_once_are_refused(api: Client) -> None:
    limits(api).concurrent_requests = 2
    api.simulator.add_fault({"kind": "slow", "seconds": 0.5, "count": 3})
    answers: list[tuple[int, str]] = []

    def ask() -> None:
        answer = Client(api.simulator, "dev").get("WhoAmI")
        answers.append((answer.status_code, answer.json().get("error", {}).get("code", "")))

    threads = [threading.Thread(target=ask) for _dummy in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [(200, ""), (200, ""), (429, "0x80072326")]
    assert api.get("WhoAmI").status_code == 200


def test_the_limits_are_those_of_the_documentation() -> None:
    settings = Settings()
    assert (settings.requests_per_window, settings.execution_seconds_per_window) == (6000, 1200.0)
    assert (settings.concurrent_requests, settings.window_seconds) == (52, 300.0)
