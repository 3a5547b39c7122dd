# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers without end, in time and in bytes."""

from __future__ import annotations

import contextlib
import gzip
import io
import itertools
import socket
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._clock import Clock
from ansible_collections.coe.power_platform.plugins.module_utils._dataverse.client import DataverseClient
from ansible_collections.coe.power_platform.plugins.module_utils._errors import (
    ApiError,
    OutcomeUnknownError,
    TransportError,
)
from ansible_collections.coe.power_platform.plugins.module_utils._transport.auth import StaticToken
from ansible_collections.coe.power_platform.plugins.module_utils._transport.bounds import LARGEST_ERROR, MEGABYTE
from ansible_collections.coe.power_platform.plugins.module_utils._transport.http import HttpSession
from ansible_collections.coe.power_platform.plugins.module_utils._transport.retry_policy import RetryPolicy
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.clocks import ManualClock
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.https_server import (
    Answer,
    HttpsServer,
    Request,
)
from hypothesis import given, settings
from hypothesis import strategies as st

UNREPEATABLE = RetryPolicy(repeatable=False)
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
DRIPS: dict[str, tuple[bytes, bytes]] = {
    "status line": (b"HTTP/1.1 200 ", b"O"),
    "header": (OK + b"X: ", b"a"),
    "interim answers": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "early hints": (b"", b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"),
    "header of an interim answer": (b"HTTP/1.1 100 Continue\r\nX: ", b"a"),
    "body": (OK + b"Content-Length: 1000000000\r\n\r\n", b"a"),
    "body of an error": (b"HTTP/1.1 503 Busy\r\nContent-Length: 1000\r\n\r\n", b"a"),
    "body of a redirect": (b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 1000\r\n\r\n", b"a"),
    "body without length": (OK + b"\r\n", b"a"),
    "chunks": (CHUNKED, b"1\r\na\r\n"),
    "size of a chunk": (CHUNKED, b"0"),
    "trailers": (CHUNKED + b"0\r\n", b"X: a\r\n"),
}


class TickingClock(ManualClock):
    """A second passes whenever somebody looks."""

    def monotonic(self) -> float:
        self.now += 1
        return self.now


@contextlib.contextmanager
def raw_server(answer: Callable[[], Iterable[bytes]]) -> Iterator[str]:
    """Answer each request of each connection with pieces, until the client has enough."""

    def serve(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            while b"\r\n\r\n" not in connection.recv(65536, socket.MSG_PEEK):
                time.sleep(0.001)
            connection.recv(65536)
            for piece in answer():
                connection.sendall(piece)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)


def drip(beginning: bytes, again: bytes, pause: float = 0.0005) -> Iterator[bytes]:
    yield beginning
    end = time.monotonic() + 30
    while time.monotonic() < end:
        time.sleep(pause)
        yield again


@pytest.mark.parametrize("place", DRIPS)
def test_answer_that_never_ends_is_an_error(place: str) -> None:
    with raw_server(lambda: drip(*DRIPS[place])) as url:
        session = HttpSession(timeout=5, clock=TickingClock())
        message = (
            r"127\.0\.0\.1:\d+ did not come to the end of its answer within 50 seconds, check the network or raise"
        )
        with pytest.raises(TransportError, match=rf"GET /x failed: {message}"):
            session.request("GET", url + "/x")
        with pytest.raises(OutcomeUnknownError, match=message):
            session.request("POST", url + "/x", data=b"{}", retry=UNREPEATABLE)
        session.close()


@pytest.mark.parametrize("place", ["header", "body"])
def test_answer_that_never_ends_is_left_in_real_time_without_a_thread(place: str) -> None:
    with raw_server(lambda: drip(*DRIPS[place], pause=0.02)) as url:
        session = HttpSession(timeout=0.05, clock=Clock())
        started = time.monotonic()
        with pytest.raises(TransportError, match="did not come to the end"):
            session.request("GET", url)
        assert 0.4 < time.monotonic() - started < 5
        session.close()


def test_connection_keeps_its_own_time_out_and_serves_again(server: HttpsServer) -> None:
    clock = TickingClock()
    session = HttpSession(verify=server.ca_path, timeout=5, clock=clock)
    server.answers = [Answer(200, b"a" * 100_000)]
    for _again in range(20):
        assert len(session.request("GET", server.url).body) == 100_000
    assert len({request.port for request in server.requests}) == 1


def test_interim_answers_are_passed_over() -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n"
    with raw_server(lambda: [hints, OK + b"Content-Length: 2\r\n\r\nok"]) as url:
        assert HttpSession(clock=ManualClock()).request("GET", url).body == b"ok"


def test_change_of_protocol_is_no_success() -> None:
    with raw_server(lambda: [b"HTTP/1.1 101 Switching Protocols\r\n\r\n"]) as url:
        client = DataverseClient(url, HttpSession(clock=ManualClock()), StaticToken("t"))
        with pytest.raises(ApiError, match="HTTP status 101"):
            client.update("teams", "1", {})


class Pieces:
    """A body in many pieces."""

    def __init__(self) -> None:
        self.complete = False

    def __len__(self) -> int:
        return 10_000

    def __iter__(self) -> Iterator[bytes]:
        for _number in range(10_000):
            yield b"a"
        self.complete = True


def test_upload_that_never_ends_is_an_error_and_was_not_received() -> None:
    with raw_server(lambda: drip(b"", b"", pause=0.01)) as url:
        session = HttpSession(timeout=5, clock=TickingClock())
        with pytest.raises(TransportError, match=r"POST /x failed: .* within 50 seconds"):
            session.request("POST", url + "/x", data=Pieces(), retry=UNREPEATABLE)


def zipped(size: int) -> bytes:
    file = io.BytesIO()
    with gzip.GzipFile(fileobj=file, mode="wb") as compressed:
        for _number in range(size // MEGABYTE):
            compressed.write(bytes(MEGABYTE))
    return file.getvalue()


@pytest.mark.parametrize("status", [200, 204, 400, 503])
def test_small_answer_that_becomes_large_is_not_kept(server: HttpsServer, status: int) -> None:
    server.answers = [Answer(status, zipped(200 * MEGABYTE), {"Content-Encoding": "gzip"})]
    session = HttpSession(verify=server.ca_path, clock=ManualClock())
    tracemalloc.start()
    try:
        if status == 200:
            with pytest.raises(TransportError, match=r"GET /x failed: localhost:\d+ answered with more than 2 MB"):
                session.request("GET", server.url + "/x", largest=2 * MEGABYTE)
        else:
            assert len(session.request("GET", server.url + "/x", retry=RetryPolicy(attempts=1)).body) <= LARGEST_ERROR
        assert tracemalloc.get_traced_memory()[1] < 100 * MEGABYTE
    finally:
        tracemalloc.stop()


def test_large_answer_of_an_unrepeatable_request_leaves_the_outcome_unknown(server: HttpsServer) -> None:
    server.answers = [Answer(200, bytes(3 * MEGABYTE))]
    session = HttpSession(verify=server.ca_path, clock=ManualClock())
    with pytest.raises(OutcomeUnknownError, match="answered with more than 2 MB"):
        session.request("POST", server.url, data=b"{}", retry=UNREPEATABLE, largest=2 * MEGABYTE)
    assert len(server.requests) == 1


@pytest.mark.parametrize("beginning", [CHUNKED, CHUNKED + b"0\r\n"])
def test_endless_line_is_not_kept(beginning: bytes) -> None:
    with (
        raw_server(lambda: itertools.chain([beginning], itertools.repeat(b"0" * 65536))) as url,
        # Newer versions of urllib3 have their own bound.
        pytest.raises(TransportError, match=r"answered with more than 1 MB|broke before the answer was complete"),
    ):
        HttpSession(clock=ManualClock()).request("GET", url, largest=MEGABYTE)


@pytest.mark.parametrize("encoding", ["deflate", "br", "zstd", "gzip, gzip", "gzip, br", "x"])
def test_encoding_that_nobody_asked_for_is_refused(server: HttpsServer, encoding: str) -> None:
    server.answers = [Answer(200, zlib.compress(b"{}"), {"Content-Encoding": encoding})]
    with pytest.raises(TransportError, match="in an encoding that nobody asked for"):
        HttpSession(verify=server.ca_path, clock=ManualClock()).request("GET", server.url)
    assert server.requests[0].headers["Accept-Encoding"] == "gzip"


LINES = [
    b"HTTP/1.1 200 OK",
    b"HTTP/1.1 302 Found",
    b"HTTP/1.1 999 X",
    b"HTTP/9.9 x",
    b"Content-Length: 3",
    b"Content-Length: -1",
    b"Content-Length: 1,2",
    b"Transfer-Encoding: chunked",
    b"Content-Encoding: gzip",
    b"Location: \\\\x",
    b"Location: https://[x",
    b"Location: \xff",
    b"Retry-After: 1e400",
    b"Set-Cookie: a=b; Expires=x; Domain=.",
    b"X\x00: \x00",
    b": x",
    b" folded",
    b"\xe4: \xf6",
    b"",
    b"-1",
    b"-5",
    b"1_0",
    b"+3",
    b"3",
    b"abc",
    b"0",
    b"\x1f\x8b\x08",
]


@given(st.lists(st.sampled_from(LINES), max_size=9), st.sampled_from([b"\r\n", b"\n"]))
@settings(deadline=None, max_examples=150)
def test_any_answer_is_one_or_a_foreseen_error(lines: list[bytes], end: bytes) -> None:
    with raw_server(lambda: [b"HTTP/1.1 200 OK" + end, *(line + end for line in lines)]) as url:
        session = HttpSession(timeout=1, clock=ManualClock())
        with contextlib.suppress(TransportError):
            assert session.request("GET", url + "/x", retry=RetryPolicy(attempts=1)).status >= 200
        session.close()


@pytest.mark.parametrize("size", [b"-1", b"-5", b"", b"x", b"f" * 40])
def test_chunk_of_an_impossible_size_is_an_error(size: bytes) -> None:
    with (
        raw_server(lambda: [CHUNKED, size + b"\r\nabc\r\n0\r\n\r\n"]) as url,
        pytest.raises(TransportError, match="broke"),
    ):
        HttpSession(clock=ManualClock()).request("GET", url)


def test_zipped_answer_is_read(server: HttpsServer) -> None:
    server.answers = [Answer(200, gzip.compress(b"whole"), {"Content-Encoding": "GZIP"})]
    assert HttpSession(verify=server.ca_path).request("GET", server.url).body == b"whole"


@pytest.mark.parametrize("pages", [1, 2, 3])
def test_pages_in_a_circle_are_an_error(server: HttpsServer, pages: int) -> None:
    client = DataverseClient(server.url, HttpSession(verify=server.ca_path, clock=ManualClock()), StaticToken("t"))
    links = [f"{server.url}/api/data/v9.2/teams?p={number}" for number in range(pages)]
    endless = itertools.cycle(links)
    server.answers = [lambda request: Answer(200, {"value": [{"a": 1}], "@odata.nextLink": next(endless)})]
    with pytest.raises(ApiError, match=r"The pages of GET teams in .* never end"):
        list(client.list("teams", select="a"))
    assert len(server.requests) == pages + 1


def test_ever_new_pages_are_an_error(server: HttpsServer) -> None:
    clock = ManualClock()
    session = HttpSession(verify=server.ca_path, timeout=1, clock=clock)
    client = DataverseClient(server.url, session, StaticToken("t"))

    def answer(request: Request) -> Answer:
        clock.now += 2
        return Answer(200, {"value": [], "@odata.nextLink": f"{server.url}/api/data/v9.2/teams?p={clock.now}"})

    server.answers = [answer]
    with pytest.raises(ApiError, match="never end"):
        list(client.list("teams", select="a"))
    assert len(server.requests) == 17  # 30 seconds, and the first page


@pytest.mark.parametrize("link", [5, ["x"], {"a": 1}, True])
def test_next_link_that_is_no_text_is_an_error(server: HttpsServer, link: Any) -> None:
    client = DataverseClient(server.url, HttpSession(verify=server.ca_path, clock=ManualClock()), StaticToken("t"))
    server.answers = [Answer(200, {"value": [], "@odata.nextLink": link}), Answer(404)]
    with pytest.raises((ApiError, TransportError)):
        list(client.list("teams", select="a"))
