# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many operations go into a batch by what earlier ones took, and what becomes of a batch whose answer is lost."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._dataverse.batch import BatchRequest
from ansible_collections.coe.power_platform.plugins.module_utils._dataverse.batch_size import BatchSize
from ansible_collections.coe.power_platform.plugins.module_utils._dataverse.client import DataverseClient
from ansible_collections.coe.power_platform.plugins.module_utils._errors import OutcomeUnknownError, PowerPlatformError
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.clocks import ManualClock
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.https_server import (
    Answer,
    HttpsServer,
    Request,
)
from hypothesis import given
from hypothesis import strategies as st

TIMEOUT = 120.0


@pytest.mark.parametrize(
    ("seconds", "sizes"),
    [
        (0.001, [100, 200, 400, 800, 1000, 1000]),  # for each operation
        (0.05, [100, 200, 400, 400]),
        (0.3, [100, 100]),
        (0.6, [100, 50, 50]),
        (5, [100, 50, 25, 12, 6, 6]),
        (1000, [100, 50, 25, 12, 6, 3, 1, 1]),
    ],
)
def test_a_batch_is_as_large_as_its_answers_stay_below_the_time_out(seconds: float, sizes: list[int]) -> None:
    size, seen = BatchSize(), []
    for _batch in sizes:
        seen.append(size.operations)
        size.answered(size.operations, size.operations * seconds, TIMEOUT)
    assert seen == sizes


@given(st.lists(st.tuples(st.integers(1, 1000), st.floats(0, 10_000), st.booleans())))
def test_a_batch_has_one_to_a_thousand_operations_whatever_happens(
    batches: list[tuple[int, float, bool]],
) -> None:
    size = BatchSize()
    for operations, seconds, answered in batches:
        before = size.operations
        (size.answered if answered else size.lost)(min(operations, before), seconds, TIMEOUT)
        assert 1 <= size.operations <= 1000
        assert size.operations <= before or (answered and seconds < TIMEOUT / 10)


class Environment:
    """Answers batches; the first operations take some seconds each, and longer than the time-out none is answered."""

    def __init__(self, server: HttpsServer, clock: ManualClock, seconds: float) -> None:
        self.sizes: list[int] = []
        self._clock = clock
        self._seconds = seconds
        server.answers = [self.answer]

    def answer(self, request: Request) -> Answer:
        count = request.body.count(b"\r\nPOST ") + request.body.count(b"\r\nGET ")
        self.sizes.append(count)
        self._clock.now += min(count * self._seconds, TIMEOUT)
        if count * self._seconds > TIMEOUT:
            return Answer(reset=True)
        part = "--b\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n\r\n"
        return Answer(200, (part * count + "--b--\r\n").encode(), {"Content-Type": "multipart/mixed; boundary=b"})


def client_of(server: HttpsServer, clock: ManualClock) -> DataverseClient:
    options = {"environment_url": server.url, "ca_path": server.ca_path, "access_token": "t"}
    return DataverseClient.from_params({**options, "request_timeout": TIMEOUT}, {}, clock=clock)


def grants(count: int) -> list[BatchRequest]:
    return [BatchRequest("POST", "GrantAccess", {"n": n}, idempotent=True, costly=True) for n in range(count)]


def test_a_batch_of_costly_operations_whose_answer_is_lost_is_not_sent_again(server: HttpsServer) -> None:
    clock = ManualClock()
    environment = Environment(server, clock, seconds=2.0)
    replies = client_of(server, clock).batch(grants(150))
    lost = [reply for reply in replies if isinstance(reply.error, OutcomeUnknownError)]
    assert environment.sizes == [100, 25, 12, 12, 1]
    assert replies[:100] == lost
    assert [reply.status for reply in replies] == [0] * 100 + [204] * 50


def test_slow_batches_shrink_before_their_answers_are_lost(server: HttpsServer) -> None:
    clock = ManualClock()
    environment = Environment(server, clock, seconds=0.9)
    replies = client_of(server, clock).batch(grants(300))
    assert environment.sizes == [100, 50, 50, 50, 50]
    assert {reply.status for reply in replies} == {204}


def test_reads_and_writes_are_measured_apart(server: HttpsServer) -> None:
    clock = ManualClock()
    environment = Environment(server, clock, seconds=0.9)
    client = client_of(server, clock)
    client.batch(grants(200))
    client.batch([BatchRequest("GET", "teams")] * 100)
    assert environment.sizes == [100, 50, 50, 100]


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_failure_leaves_open_what_became_of_costly_operations(server: HttpsServer, status: int) -> None:
    clock = ManualClock()
    server.answers = [Answer(status, headers={"Retry-After": "30"}), Answer(500)]
    replies = client_of(server, clock).batch(grants(3))
    assert len(server.requests) == 1
    assert all(isinstance(reply.error, OutcomeUnknownError) for reply in replies)
    assert 30 <= clock.pauses[0] <= 31


def test_a_lost_answer_after_which_the_environment_wants_hours_of_rest_ends_the_task(server: HttpsServer) -> None:
    server.answers = [Answer(503, headers={"Retry-After": "20000"})]
    with pytest.raises(PowerPlatformError, match=r"asks to be left alone for 2000\d seconds"):
        client_of(server, ManualClock()).batch(grants(3))


@pytest.mark.parametrize("code", ["0x80072322", None])
def test_a_batch_that_was_not_begun_goes_out_again(server: HttpsServer, code: str | None) -> None:
    clock = ManualClock()
    body: Any = {"error": {"code": code, "message": "Too many."}} if code else b""
    environment = Environment(server, clock, seconds=0.1)
    server.answers = [Answer(429, body, {"Retry-After": "20"}), environment.answer]
    replies = client_of(server, clock).batch(grants(3))
    assert {reply.status for reply in replies} == {204}
    assert 20 <= clock.pauses[0] <= 20.5
