# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Single operations of a batch that go wrong: which go out again, how often, after how long, and what is told."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._dataverse.batch import BatchRequest
from ansible_collections.coe.power_platform.plugins.module_utils._dataverse.client import DataverseClient
from ansible_collections.coe.power_platform.plugins.module_utils._errors import ApiError, OutcomeUnknownError
from ansible_collections.coe.power_platform.plugins.module_utils._transport.http import HttpSession

READS = [BatchRequest("GET", f"teams?$select=name&$top={number}") for number in (1, 2, 3)]


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, str]]:
    """Seconds and reasons of the pauses that a client would have made."""
    made: list[tuple[float, str]] = []
    monkeypatch.setattr(HttpSession, "pause", lambda self, seconds, reason: made.append((seconds, reason)))
    return made


@pytest.fixture
def client(simulator: Any, pauses: list[tuple[float, str]]) -> DataverseClient:
    made = DataverseClient.from_params(simulator.connection("dev"), {})
    made.function("WhoAmI")
    simulator.clear_journal()
    return made


def batches(simulator: Any) -> list[int]:
    """The numbers of operations in the batches that were sent."""
    entries = simulator.journal(environment="dev")
    return [sum(one.batch == entry.seq for one in entries) for entry in entries if entry.path == "$batch"]


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_what_is_refused_for_a_moment_goes_out_again_without_the_others(
    client: DataverseClient, simulator: Any, pauses: list[tuple[float, str]], status: int
) -> None:
    simulator.add_fault({"kind": "error", "status": status, "path": "top=2", "count": 2})
    replies = client.batch(READS)
    assert [(reply.status, reply.error, len(reply.body["value"])) for reply in replies] == [
        (200, None, number) for number in (1, 2, 3)
    ]
    assert batches(simulator) == [3, 1, 1]
    assert [reason for _seconds, reason in pauses] == [f"1 of 3 operations in a batch were answered with {status}"] * 2
    assert 0.25 <= pauses[0][0] <= 0.5 <= pauses[1][0] <= 1


def test_the_longest_time_that_the_service_asks_for_is_waited(
    client: DataverseClient, simulator: Any, pauses: list[tuple[float, str]]
) -> None:
    simulator.add_fault({"kind": "throttled", "seconds": 7, "path": "top=1"})
    simulator.add_fault({"kind": "throttled", "seconds": 30, "path": "top=3"})
    simulator.add_fault({"kind": "error", "status": 503, "path": "top=2"})
    assert [reply.status for reply in client.batch(READS)] == [200] * 3
    assert [reason for _seconds, reason in pauses] == ["3 of 3 operations in a batch were answered with 429, 503"]
    assert 30 <= pauses[0][0] < 31


def test_what_is_refused_for_long_is_told_after_five_times(client: DataverseClient, simulator: Any) -> None:
    simulator.add_fault({"kind": "error", "status": 503, "path": "top=2", "count": 99})
    replies = client.batch(READS)
    assert [reply.status for reply in replies] == [200, 503, 200]
    assert isinstance(replies[1].error, ApiError)
    assert batches(simulator) == [3, 1, 1, 1, 1]


@pytest.mark.parametrize("status", [400, 403, 404, 500, 501])
def test_what_is_refused_for_good_is_not_sent_again(client: DataverseClient, simulator: Any, status: int) -> None:
    simulator.add_fault({"kind": "error", "status": status, "path": "top=2"})
    assert [reply.status for reply in client.batch(READS)] == [200, status, 200]
    assert batches(simulator) == [3]


CREATES = [BatchRequest("POST", "annotations", {"subject": f"note {number}"}) for number in (1, 2, 3)]


def test_what_must_not_be_repeated_goes_out_again_only_when_the_service_did_not_begin(
    client: DataverseClient, simulator: Any
) -> None:
    simulator.add_fault({"kind": "throttled", "path": "annotations", "nth": 1})
    simulator.add_fault({"kind": "error_after", "status": 503, "path": "annotations", "nth": 2})
    replies = client.batch(CREATES)
    assert [reply.status for reply in replies] == [204, 503, 204]
    assert isinstance(replies[1].error, OutcomeUnknownError)
    assert batches(simulator) == [3, 1]
    assert simulator.environment("dev").store.count("annotation") == 3
