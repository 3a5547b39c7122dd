# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTPS session: retries, broken connections, certificates, redirects."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._errors import (
    ConfigurationError,
    OutcomeUnknownError,
    TransportError,
)
from ansible_collections.coe.power_platform.plugins.module_utils._transport import http as _http
from ansible_collections.coe.power_platform.plugins.module_utils._transport.http import (
    HttpSession,
    Response,
)
from ansible_collections.coe.power_platform.plugins.module_utils._transport.retry_policy import (
    REPEATABLE,
    RetryPolicy,
    retry_after,
)
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.clocks import ManualClock
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.https_server import (
    Answer,
    HttpsServer,
    https_server,
)
from hypothesis import given
from hypothesis import strategies as st

UNREPEATABLE = RetryPolicy(repeatable=False)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def session(server: HttpsServer, clock: ManualClock) -> Iterator[HttpSession]:
    made = HttpSession(verify=server.ca_path, timeout=5, clock=clock)
    yield made
    made.close()


def closed_port() -> int:
    """Return a port where nothing listens."""
    with socket.create_server(("localhost", 0)) as listener:
        return int(listener.getsockname()[1])


def test_request_names_collection_and_version(session: HttpSession, server: HttpsServer) -> None:
    session.request("GET", server.url + "/x")
    assert server.requests[0].headers["User-Agent"] == _http.USER_AGENT
    assert _http.USER_AGENT.startswith("coe.power_platform/")


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_read_goes_out_again_after_a_temporary_status(
    session: HttpSession, server: HttpsServer, clock: ManualClock, status: int
) -> None:
    server.answers = [Answer(status), Answer(status), Answer(200, {"a": 1})]
    assert session.request("GET", server.url).body == b'{"a": 1}'
    assert 0.25 <= clock.pauses[0] <= 0.5
    assert 0.5 <= clock.pauses[1] <= 1.0


def test_read_gives_up_after_five_tries_and_returns_the_last_answer(
    session: HttpSession, server: HttpsServer, clock: ManualClock
) -> None:
    server.answers = [Answer(503)]
    assert session.request("GET", server.url).status == 503
    assert len(server.requests) == 5
    assert len(clock.pauses) == 4


@pytest.mark.parametrize("status", [400, 401, 403, 404, 412, 500, 501])
def test_other_statuses_come_back_at_once(session: HttpSession, server: HttpsServer, status: int) -> None:
    server.answers = [Answer(status)]
    assert session.request("GET", server.url).status == status
    assert len(server.requests) == 1


@pytest.mark.parametrize("bad", [Answer(reset=True), Answer(200, b"0123456789", cut=4)])
def test_read_survives_a_broken_connection(session: HttpSession, server: HttpsServer, bad: Answer) -> None:
    server.answers = [bad, Answer(200, b"whole")]
    assert session.request("GET", server.url).body == b"whole"


@pytest.mark.parametrize("bad", [Answer(reset=True), Answer(200, b"0123456789", cut=4)])
def test_lost_answer_of_an_unrepeatable_request_leaves_the_outcome_unknown(
    session: HttpSession, server: HttpsServer, clock: ManualClock, bad: Answer
) -> None:
    server.answers = [bad]
    with pytest.raises(OutcomeUnknownError, match=r"Whether POST /import was carried out is unknown: .* broke"):
        session.request("POST", server.url + "/import", data=b"{}", retry=UNREPEATABLE)
    assert len(server.requests) == 1
    assert clock.pauses == []


def test_time_out_of_an_unrepeatable_request_leaves_the_outcome_unknown(
    server: HttpsServer, clock: ManualClock
) -> None:
    server.answers = [Answer(200, delay=1.0)]
    session = HttpSession(verify=server.ca_path, timeout=0.2, clock=clock)
    with pytest.raises(OutcomeUnknownError, match="did not answer in time, check the network or raise request_timeout"):
        session.request("POST", server.url, data=b"{}", retry=UNREPEATABLE)
    assert len(server.requests) == 1


def test_time_out_of_a_read_is_tried_again(server: HttpsServer, clock: ManualClock) -> None:
    server.answers = [Answer(200, delay=0.6), Answer(200, b"late")]
    assert HttpSession(verify=server.ca_path, timeout=0.2, clock=clock).request("GET", server.url).body == b"late"


def test_unrepeatable_request_goes_over_a_connection_of_its_own(session: HttpSession, server: HttpsServer) -> None:
    for method, policy in (("GET", REPEATABLE), ("GET", REPEATABLE), ("POST", UNREPEATABLE), ("GET", REPEATABLE)):
        session.request(method, server.url, retry=policy)
    ports = [request.port for request in server.requests]
    assert ports[0] == ports[1] != ports[2] == ports[3]


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_unrepeatable_request_does_not_go_out_again(session: HttpSession, server: HttpsServer, status: int) -> None:
    server.answers = [Answer(status)]
    assert session.request("POST", server.url, data=b"{}", retry=UNREPEATABLE).status == status
    assert len(server.requests) == 1


def test_unrepeatable_request_goes_out_again_when_the_service_surely_refused(
    session: HttpSession, server: HttpsServer, clock: ManualClock
) -> None:
    server.answers = [Answer(429, headers={"Retry-After": "7"}), Answer(204)]
    policy = RetryPolicy(repeatable=False, refused=lambda response: response.status == 429)
    assert session.request("POST", server.url, data=b"{}", retry=policy).status == 204
    assert 7.0 <= clock.pauses[0] <= 7.5


def test_refused_connection_is_tried_again_even_for_an_unrepeatable_request(clock: ManualClock) -> None:
    session = HttpSession(clock=clock)
    with pytest.raises(TransportError, match=r"localhost:\d+ cannot be reached \(connection refused\), check environ"):
        session.request("POST", f"https://localhost:{closed_port()}", data=b"{}", retry=UNREPEATABLE)
    assert len(clock.pauses) == 4


def test_connection_that_breaks_before_the_request_is_sent_is_tried_again(server: HttpsServer) -> None:
    with socket.create_server(("localhost", 0)) as listener:

        def hang_up() -> None:
            listener.accept()[0].close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        url = f"https://localhost:{listener.getsockname()[1]}"

        class Listening(ManualClock):
            def sleep(self, seconds: float) -> None:
                listener.close()
                super().sleep(seconds)

        clock = Listening()
        session = HttpSession(verify=server.ca_path, clock=clock)
        with pytest.raises(TransportError, match="connection refused"):
            session.request("POST", url, data=b"{}", retry=UNREPEATABLE)
        thread.join()
    assert len(clock.pauses) == 4


def test_unknown_host_is_named_at_once(clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: Any, **_kwargs: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(TransportError, match=r"host name nowhere\.invalid cannot be resolved, check environment_url"):
        HttpSession(clock=clock).request("GET", "https://nowhere.invalid/x")
    assert clock.pauses == []


def test_each_retry_is_told(server: HttpsServer, clock: ManualClock) -> None:
    told: list[str] = []
    server.answers = [Answer(503, headers={"Retry-After": "3"}), Answer(200)]
    HttpSession(verify=server.ca_path, on_retry=told.append, clock=clock).request("GET", server.url + "/t?$select=a")
    assert told == ["GET /t was answered with 503, trying again in 3 s"]


def test_unknown_authority_is_an_error_with_a_remedy(
    server: HttpsServer, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(TransportError, match=r"does not know the authority .* set ca_path"):
        HttpSession(clock=clock).request("POST", server.url, data=b"{}", retry=UNREPEATABLE)
    assert clock.pauses == []
    assert server.requests == []


def test_ca_path_wins_over_the_environment_variable(
    server: HttpsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "other").mkdir()
    with https_server(tmp_path / "other") as other:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", other.ca_path)
        assert HttpSession(verify=server.ca_path).request("GET", server.url).status == 200
        assert HttpSession().request("GET", other.url).status == 200


def test_certificate_of_another_host_is_an_error(tmp_path: Path, clock: ManualClock) -> None:
    with (
        https_server(tmp_path, host="contoso.example") as server,
        pytest.raises(TransportError, match="was issued for another host, correct environment_url"),
    ):
        HttpSession(verify=server.ca_path, clock=clock).request("GET", server.url)


@pytest.mark.parametrize("content", [None, "no certificate at all"])
def test_unusable_authority_file_of_the_machine_is_named(
    server: HttpsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    if content:
        (tmp_path / "bundle.pem").write_text(content)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "bundle.pem"))
    with pytest.raises((ConfigurationError, TransportError), match="ca_path"):
        HttpSession().request("GET", server.url)


def test_verification_can_be_switched_off_without_warnings(
    server: HttpsServer, recwarn: pytest.WarningsRecorder
) -> None:
    assert HttpSession(verify=False).request("GET", server.url).status == 200
    assert not [warning for warning in recwarn if "Unverified" in str(warning.message)]


def test_unreachable_proxy_is_named_without_its_password(
    server: HttpsServer, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:geheim@127.0.0.1:{closed_port()}")
    url = server.url.replace("localhost", "dataverse.example")
    with pytest.raises(TransportError, match=r"the proxy on the way to dataverse\.example") as caught:
        HttpSession(verify=server.ca_path, clock=clock).request("GET", url)
    assert "geheim" not in str(caught.value)


def test_requests_go_through_a_proxy(server: HttpsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with socket.create_server(("localhost", 0)) as listener:
        thread = threading.Thread(target=relay_once, args=(listener,))
        thread.start()
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:pass@localhost:{listener.getsockname()[1]}")
        session = HttpSession(verify=server.ca_path)
        session._session.headers["Connection"] = "close"
        assert session.request("GET", server.url, headers={"Authorization": "Bearer t"}).status == 200
        session.close()
        thread.join()
    assert "Proxy-Authorization" not in server.requests[0].headers
    assert server.requests[0].headers["Authorization"] == "Bearer t"


def relay_once(listener: socket.socket) -> None:
    """Be a proxy for one connection."""
    client, _address = listener.accept()
    asked = b""
    while b"\r\n\r\n" not in asked:
        asked += client.recv(4096)
    host, _colon, port = asked.split()[1].decode().partition(":")
    with client, socket.create_connection((host, int(port))) as target:
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        back = threading.Thread(target=pump, args=(target, client))
        back.start()
        pump(client, target)
        back.join()


def pump(source: socket.socket, sink: socket.socket) -> None:
    """Copy bytes until the source ends."""
    with contextlib.suppress(OSError):
        while piece := source.recv(65536):
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)


def test_direct_request_goes_past_proxies(server: HttpsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{closed_port()}")
    assert HttpSession(verify=server.ca_path).request("GET", server.url, direct=True).status == 200


def test_login_from_netrc_does_not_replace_the_token(
    server: HttpsServer, session: HttpSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine localhost login somebody password geheim\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    session.request("GET", server.url, headers={"Authorization": "Bearer t"})
    assert server.requests[0].headers["Authorization"] == "Bearer t"


@pytest.mark.parametrize("location", ["/elsewhere", "elsewhere?a=b#c", "https:evil.example/x", "https:///evil.example"])
def test_read_follows_a_redirect_within_the_host(session: HttpSession, server: HttpsServer, location: str) -> None:
    server.answers = [Answer(302, headers={"Location": location}), Answer(200, b"there")]
    assert session.request("GET", server.url + "/x", headers={"Authorization": "Bearer t"}).body == b"there"


@pytest.mark.parametrize(
    "location",
    [
        "https://evil.example/x",
        "http://localhost/x",
        "https://localhost:1/x",
        "//evil.example/x",
        "https://evil.example\\@{netloc}/x",
        "https://evil.example\\.{netloc}/x",
        "https://evil.example#@{netloc}/x",
        "https://evil.example?@{netloc}/x",
        "https://{netloc}@evil.example/x",
        "https://user@{netloc}/x",
        "/\t/evil.example/x",
        "\\\\evil.example/x",
        "https://[evil",
        "/x/%2e%2E/y",
        "/a b",
    ],
)
def test_redirect_that_may_lead_to_another_host_is_not_followed(
    session: HttpSession, server: HttpsServer, location: str
) -> None:
    location = location.format(netloc=server.url.removeprefix("https://"))
    server.answers = [Answer(302, headers={"Location": location})]
    with pytest.raises(TransportError, match="not followed; set environment_url"):
        session.request("GET", server.url + "/x", headers={"Authorization": "Bearer t"})
    assert len(server.requests) == 1


def test_redirect_of_a_write_is_not_followed(session: HttpSession, server: HttpsServer) -> None:
    server.answers = [Answer(307, headers={"Location": "/elsewhere"})]
    with pytest.raises(TransportError, match="POST /x was redirected"):
        session.request("POST", server.url + "/x", data=b"{}", retry=UNREPEATABLE)
    assert len(server.requests) == 1


def test_endless_redirects_end(session: HttpSession, server: HttpsServer) -> None:
    server.answers = [Answer(302, headers={"Location": "/x"})]
    with pytest.raises(TransportError):
        session.request("GET", server.url + "/x")
    assert len(server.requests) == 5


@pytest.mark.parametrize(
    ("value", "least", "most"),
    [("0", 0, 0.5), ("12", 12, 12.5), ("9999", 9999, 9999.5), ("soon", None, None), ("-1", None, None)],
)
def test_retry_after_counts_as_it_is(value: str, least: float | None, most: float | None) -> None:
    seconds = retry_after(Response(429, {"Retry-After": value}, b"", "https://x"), time.time())
    assert seconds is None if least is None or most is None else seconds is not None and least <= seconds <= most


@pytest.mark.parametrize(
    ("value", "most"),
    [
        ("9" * 400, 86_400.5),
        ("9" * 10_000, 86_400.5),
        ("1e400", None),
        ("\u00b2", None),
        ("", None),
        ("Fri, 31 Dec 99999 23:59:59 GMT", None),
        ("Mon, 01 Jan 0001 00:00:00 +9999", None),
        ("Fri, 31 Dec 9999 23:59:59 -9999", None),
        ("Thu, 01 Jan 1970 00:00:00 +999999999999", None),
    ],
)
def test_absurd_retry_after_is_no_traceback(value: str, most: float | None) -> None:
    seconds = retry_after(Response(429, {"Retry-After": value}, b"", "https://x"), time.time())
    assert seconds is None if most is None else seconds is not None and 0 <= seconds <= most


@given(st.text(max_size=40) | st.from_regex(r"[A-Z][a-z]{2}, \d{1,9} Jan -?\d{1,9} \d+:\d+:\d+ [+-]\d{1,12}"))
def test_any_retry_after_is_a_pause_or_none(value: str) -> None:
    seconds = retry_after(Response(429, {"Retry-After": value}, b"", "https://x"), time.time())
    assert seconds is None or 0 <= seconds <= 86_400.5


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(("patience", "asked"), [(0, 45), (3600, 301), (3600, 3599)])
def test_what_the_service_asks_for_is_waited_up_to_the_patience_of_the_task(
    server: HttpsServer, status: int, patience: float, asked: int
) -> None:
    clock, told = ManualClock(), []
    session = HttpSession(verify=server.ca_path, timeout=5, patience=patience, clock=clock, on_retry=told.append)
    server.answers = [Answer(status, headers={"Retry-After": str(asked)}), Answer(204)]
    assert session.request("GET", server.url + "/x").status == 204
    (pause,) = clock.pauses
    assert asked <= pause <= asked + 0.5
    assert told == [f"GET /x was answered with {status}, trying again in {pause:.0f} s"]


@pytest.mark.parametrize(
    ("patience", "asked"), [(0, "51"), (3600, "3601"), (10**12, "86400"), (10**12, "9" * 400), (0, "9" * 10_000)]
)
def test_who_is_not_to_come_back_for_longer_does_not_come_back(
    server: HttpsServer, patience: float, asked: str
) -> None:
    clock = ManualClock()
    session = HttpSession(verify=server.ca_path, timeout=5, patience=patience, clock=clock)
    server.answers = [Answer(429, headers={"Retry-After": asked}), Answer(204)]
    answer = session.request("GET", server.url + "/x")
    assert (answer.status, len(server.requests), clock.pauses) == (429, 1, [])
    assert answer.wait is not None
    assert min(float(asked), 86_400) <= answer.wait


def test_pauses_for_one_request_share_one_patience(server: HttpsServer) -> None:
    clock = ManualClock()
    session = HttpSession(verify=server.ca_path, timeout=5, patience=100, clock=clock)
    server.answers = [Answer(503, headers={"Retry-After": "40"})]
    assert session.request("GET", server.url + "/x").status == 503
    assert len(clock.pauses) == 2
    assert sum(clock.pauses) <= 100


def test_retry_after_may_be_a_date() -> None:
    value = formatdate(time.time() + 20, usegmt=True)
    assert 17 < (retry_after(Response(429, {"Retry-After": value}, b"", "https://x"), time.time()) or 0) < 21
