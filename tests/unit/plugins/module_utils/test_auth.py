# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens: what msal asks the authority, and what the authority's refusals become."""

from __future__ import annotations

import json
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote_plus

import pytest
import trustme
from ansible_collections.coe.power_platform.plugins.module_utils._errors import (
    AuthenticationError,
    ConfigurationError,
    TransportError,
)
from ansible_collections.coe.power_platform.plugins.module_utils._transport import auth as _auth
from ansible_collections.coe.power_platform.plugins.module_utils._transport.auth import TokenSource
from ansible_collections.coe.power_platform.plugins.module_utils._transport.credentials import token_source
from ansible_collections.coe.power_platform.plugins.module_utils._transport.http import HttpSession
from ansible_collections.coe.power_platform.plugins.module_utils._transport.messages import Response
from ansible_collections.coe.power_platform.plugins.module_utils._transport.secrecy import forms, struck_out
from ansible_collections.coe.power_platform.plugins.module_utils._transport.sign_in_errors import (
    MEANINGS,
    sign_in_error,
)
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.clocks import ManualClock
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.https_server import (
    Answer,
    HttpsServer,
    Request,
)

pytest.importorskip("msal", reason="msal is not installed")
URL = "https://contoso.crm4.dynamics.com"


class Authority:
    """A sign-in service: its configuration, and an answer to token requests that tests may replace."""

    def __init__(self, server: HttpsServer) -> None:
        self.server = server
        self.forms: list[dict[str, str]] = []
        self.refusal: Answer | Callable[[Request], Answer] | None = None
        self.endpoint: object = None
        server.answers = [self.answer]

    def answer(self, request: Request) -> Answer:
        if request.path.endswith("/.well-known/openid-configuration"):
            tenant = request.path.split("/")[1]
            root = f"{self.server.url}/{tenant}/oauth2/v2.0"
            return Answer(
                200,
                {
                    "token_endpoint": self.endpoint or f"{root}/token",
                    "authorization_endpoint": f"{root}/authorize",
                    "issuer": f"{self.server.url}/{tenant}/v2.0",
                },
            )
        self.forms.append({name: values[0] for name, values in parse_qs(request.body.decode()).items()})
        token = {"access_token": f"token-{len(self.forms)}", "expires_in": 3600, "token_type": "Bearer"}
        return self.refusal(request) if callable(self.refusal) else self.refusal or Answer(200, token)


@pytest.fixture
def authority(server: HttpsServer) -> Authority:
    return Authority(server)


@pytest.fixture
def session(server: HttpsServer) -> Iterator[HttpSession]:
    made = HttpSession(verify=server.ca_path, timeout=5, clock=ManualClock())
    yield made
    made.close()


def source(server: HttpsServer, session: HttpSession, **params: Any) -> TokenSource:
    options = {"environment_url": URL, "tenant_id": "tenant", "client_id": "client", "authority": server.url}
    return token_source({**options, **params}, {}, session)


def refuse(authority: Authority, code: str, words: str = "Something.") -> None:
    text = f"{code}: {words} Trace ID: 1\r\nCorrelation ID: 2"
    body = {"error": "invalid_client", "error_description": text, "correlation_id": "c-1"}
    authority.refusal = Answer(401, body)


def test_secret_becomes_a_token_for_the_environment(
    server: HttpsServer, authority: Authority, session: HttpSession
) -> None:
    tokens = source(server, session, client_secret="geheim")
    assert tokens.token() == "token-1"
    (form,) = authority.forms
    assert (form["client_id"], form["client_secret"], form["grant_type"]) == ("client", "geheim", "client_credentials")
    assert form["scope"].split()[0] == f"{URL}/.default"
    assert tokens.secrets == {"geheim", "token-1"}
    assert [request.path for request in server.requests] == [
        "/tenant/v2.0/.well-known/openid-configuration",
        "/tenant/oauth2/v2.0/token",
    ]


def test_token_is_obtained_once_and_anew_after_it_was_refused(
    server: HttpsServer, authority: Authority, session: HttpSession
) -> None:
    tokens = source(server, session, client_secret="geheim")
    assert (tokens.token(), tokens.token()) == ("token-1", "token-1")
    tokens.forget()
    assert tokens.token() == "token-2"
    assert tokens.secrets == {"geheim", "token-1", "token-2"}


def test_one_process_asks_for_the_authoritys_configuration_once(
    server: HttpsServer, authority: Authority, session: HttpSession
) -> None:
    for name in ("a", "b", "c"):
        source(server, session, client_secret="geheim", environment_url=f"https://{name}.example").token()
    assert sum("openid-configuration" in request.path for request in server.requests) == 1
    assert len(authority.forms) == 3


def test_token_about_to_end_is_replaced(server: HttpsServer, authority: Authority, session: HttpSession) -> None:
    short = Answer(200, {"access_token": "short", "expires_in": 200, "token_type": "Bearer"})
    authority.refusal = short
    tokens = source(server, session, client_secret="geheim")
    assert tokens.token() == "short"
    authority.refusal = None
    assert tokens.token() == "token-2"


def test_sign_in_service_that_is_busy_is_asked_again(
    server: HttpsServer, authority: Authority, session: HttpSession
) -> None:
    server.answers = [Answer(503), authority.answer, Answer(429), authority.answer]
    assert source(server, session, client_secret="geheim").token() == "token-1"


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, b"<html>maintenance</html>"), (404, b"<html>no such page</html>"), (200, b""), (503, b""), (500, b"{}")],
)
def test_sign_in_service_that_does_not_work_is_an_error(
    server: HttpsServer, authority: Authority, session: HttpSession, status: int, body: bytes
) -> None:
    message = rf"The sign-in service localhost:\d+ answered with HTTP status {status} and no usable content; check auth"
    authority.refusal = Answer(status, body, {"Content-Type": "text/html"})
    with pytest.raises(AuthenticationError, match=message):
        source(server, session, client_secret="geheim").token()
    server.answers = [Answer(status, body)]
    with pytest.raises(AuthenticationError, match=message):
        source(server, session, client_secret="geheim", tenant_id="another").token()


def test_authority_without_a_configuration_is_an_error(server: HttpsServer, session: HttpSession) -> None:
    server.answers = [Answer(200, {})]
    with pytest.raises(AuthenticationError, match="correct tenant_id, cloud or authority"):
        source(server, session, client_secret="geheim").token()


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://evil.example/tenant/oauth2/v2.0/token",
        "https://evil.example\\@{netloc}/tenant/token",
        "https://user@{netloc}/tenant/token",
        "https://localhost:1/tenant/token",
        "https://login.microsoftonline.us/tenant/token",
        "https://{netloc}.evil.example/tenant/token",
    ],
)
def test_credential_goes_to_no_foreign_endpoint(
    server: HttpsServer, authority: Authority, session: HttpSession, endpoint: str
) -> None:
    authority.endpoint = endpoint.format(netloc=server.url.removeprefix("https://"))
    for _again in range(2):  # msal keeps the configuration
        with pytest.raises(AuthenticationError, match=r"wants the credential to be sent to .* so it was not sent"):
            source(server, session, client_secret="geheim").token()
    assert authority.forms == []
    assert len(server.requests) == 1


@pytest.mark.parametrize("endpoint", ["http://{netloc}/tenant/token", "", 5, ["x"], {"a": 1}, "https://{netloc}", True])
def test_unusable_endpoint_is_an_error(
    server: HttpsServer, authority: Authority, session: HttpSession, endpoint: object
) -> None:
    netloc = server.url.removeprefix("https://")
    authority.endpoint = endpoint.format(netloc=netloc) if isinstance(endpoint, str) else endpoint
    authority.endpoint = authority.endpoint or " "
    with pytest.raises(AuthenticationError, match=r"(correct tenant_id, cloud or|check) authority"):
        source(server, session, client_secret="geheim").token()
    assert authority.forms == []


def test_redirect_of_a_token_request_is_not_followed(
    server: HttpsServer, authority: Authority, session: HttpSession
) -> None:
    authority.refusal = Answer(307, headers={"Location": "/tenant/other"})
    with pytest.raises(TransportError, match="not followed; set authority"):
        source(server, session, client_secret="geheim").token()
    assert len(authority.forms) == 1


def test_credential_may_go_to_the_clouds_own_endpoint(
    server: HttpsServer, authority: Authority, session: HttpSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []

    def request(method: str, url: str, **_settings: object) -> Response:
        sent.append(url)
        return Response(200, {}, b'{"access_token": "t", "expires_in": 3600}', url)

    authority.endpoint = "https://login.microsoftonline.com/tenant/oauth2/v2.0/token"
    tokens = source(server, session, client_secret="geheim")
    original = session.request
    monkeypatch.setattr(
        session, "request", lambda method, url, **more: (original if method == "GET" else request)(method, url, **more)
    )
    assert tokens.token() == "t"
    assert sent == [authority.endpoint]


def test_unknown_tenant_is_an_error(server: HttpsServer, authority: Authority, session: HttpSession) -> None:
    body = {"error": "invalid_tenant", "error_description": "AADSTS90002: Tenant 'nowhere' not found."}
    server.answers = [Answer(400, body)]
    with pytest.raises(
        AuthenticationError, match=r"localhost:\d+ does not know the tenant 'nowhere', correct tenant_id"
    ):
        source(server, session, client_secret="geheim", tenant_id="nowhere").token()


@pytest.mark.parametrize("code", sorted(MEANINGS))
def test_known_refusal_becomes_one_sentence_without_the_secret(
    server: HttpsServer, authority: Authority, session: HttpSession, code: str
) -> None:
    refuse(authority, code, "geheim was sent.")
    with pytest.raises(AuthenticationError) as caught:
        source(server, session, client_secret="geheim").token()
    meaning = MEANINGS[code].format(client_id="client", environment_url=URL)
    assert str(caught.value) == f"Signing in to Microsoft Entra failed: {meaning} ({code})."
    assert caught.value.details == {"code": code, "correlation_id": "c-1"}


@pytest.mark.parametrize("repeat", [str, quote_plus, json.dumps, lambda text: b64encode(text.encode()).decode()])
@pytest.mark.parametrize("kind", ["client_secret", "federated_token", "federated_token_path", "certificate_path"])
def test_what_was_sent_as_credential_is_a_secret(
    server: HttpsServer,
    authority: Authority,
    session: HttpSession,
    tmp_path: Path,
    kind: str,
    repeat: Callable[[str], str],
) -> None:
    (tmp_path / "token").write_text("planted.federated/token+\n")
    given = {
        "client_secret": "planted secret/+&\u00fc.\n",
        "federated_token": "planted.federated.token\n",
        "federated_token_path": str(tmp_path / "token"),
        "certificate_path": make_certificate(tmp_path),
    }
    words: list[str] = []

    def refusal(request: Request) -> Answer:
        form = parse_qs(request.body.decode())
        words.append(repeat(form["client_secret" if kind == "client_secret" else "client_assertion"][0]))
        return Answer(401, {"error": "invalid_client", "error_description": f"AADSTS1: Who sent {words[0]}?"})

    authority.refusal = refusal
    tokens = source(server, session, **{kind: given[kind]})
    with pytest.raises(AuthenticationError) as caught:
        tokens.token()
    told = struck_out(str(caught.value), forms(tokens.secrets))
    assert "Who sent" in told
    assert words[0].strip('"\n.=') not in told
    assert "planted" not in told


def make_certificate(folder: Path) -> str:
    certificate = trustme.CA(key_type=trustme.KeyType.RSA).issue_cert("a.example", key_type=trustme.KeyType.RSA)
    certificate.private_key_and_cert_chain_pem.write_to_path(str(folder / "certificate.pem"))
    return str(folder / "certificate.pem")


@pytest.mark.parametrize(
    "body",
    [
        {"access_token": 5, "expires_in": 3600},
        {"access_token": "a\r\nb", "expires_in": 3600},
        {"access_token": "", "expires_in": 3600},
        {"access_token": None},
        {"access_token": "geheim", "expires_in": "soon"},
        {"access_token": "geheim", "expires_in": [1]},
        b'{"access_token": "geheim", "expires_in": 1e400}',
        b'{"access_token": "geheim"',
        b'{"a":' * 100_000,
        b'{"access_token": "\\ud800"}',
        b'{"access_token": "\xed\xa0\x80"}',
        b'["access_token"]',
        {"error": ""},
        {},
    ],
)
def test_unusable_token_is_an_error(
    server: HttpsServer, authority: Authority, session: HttpSession, body: object
) -> None:
    authority.refusal = Answer(200, body)
    with pytest.raises(AuthenticationError) as caught:
        source(server, session, client_secret="planted").token()
    assert "geheim" not in str(caught.value)


def test_unknown_refusal_keeps_its_first_line() -> None:
    answer = {"error": "x", "error_description": "AADSTS99999: New rule.\r\nTrace ID: 1", "correlation_id": "2"}
    assert str(sign_in_error(answer, client_id="c", environment_url=URL)) == (
        "Signing in to Microsoft Entra failed: AADSTS99999: New rule; check tenant_id, client_id and the credential."
    )


def test_unreachable_authority_names_its_option(session: HttpSession, server: HttpsServer) -> None:
    with pytest.raises(TransportError, match=r"cannot be reached .* check authority"):
        source(server, session, client_secret="geheim", authority="https://localhost:1").token()


def test_federated_token_file_is_read_anew_for_each_token(
    server: HttpsServer, authority: Authority, session: HttpSession, tmp_path: Path
) -> None:
    path = tmp_path / "token"
    path.write_text("first\n")
    tokens = source(server, session, federated_token_path=str(path))
    tokens.token()
    path.write_text("second\n")
    tokens.forget()
    tokens.token()
    assert [form["client_assertion"] for form in authority.forms] == ["first", "second"]
    path.unlink()
    tokens.forget()
    with pytest.raises(ConfigurationError, match=r"federated_token_path .*token cannot be read: No such file"):
        tokens.token()


def test_federated_token_is_sent_as_assertion(server: HttpsServer, authority: Authority, session: HttpSession) -> None:
    tokens = source(server, session, federated_token="geheim")
    tokens.token()
    assert authority.forms[0]["client_assertion"] == "geheim"
    assert authority.forms[0]["client_assertion_type"].endswith("jwt-bearer")
    assert "client_secret" not in authority.forms[0]
    assert "geheim" in tokens.secrets


def test_managed_identity_asks_the_machine(
    server: HttpsServer, session: HttpSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", server.url)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    server.answers = [Answer(200, {"access_token": "token-1", "expires_in": "3600", "token_type": "Bearer"})]
    tokens = token_source({"environment_url": URL, "managed_identity": True, "client_id": "mine"}, {}, session)
    assert tokens.token() == tokens.token() == "token-1"
    (request,) = server.requests
    query = parse_qs(request.path.partition("?")[2])
    assert query["resource"] == [URL]
    assert query["client_id"] == ["mine"]
    assert request.headers["Metadata"] == "true"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            Answer(400, {"error": "invalid_request", "error_description": "Identity not found"}),
            "The managed identity got no token: Identity not found; check",
        ),
        (Answer(404, b"<html>no such page</html>"), "This machine offers no managed identity"),
        (Answer(reset=True), "This machine offers no managed identity"),
    ],
)
def test_missing_managed_identity_is_an_error(
    server: HttpsServer, session: HttpSession, monkeypatch: pytest.MonkeyPatch, answer: Answer, message: str
) -> None:
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", server.url)
    server.answers = [answer]
    with pytest.raises(AuthenticationError, match=message):
        token_source({"environment_url": URL, "managed_identity": True}, {}, session).token()


def test_missing_library_names_its_package(
    server: HttpsServer, session: HttpSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "msal", None)
    with pytest.raises(ConfigurationError, match="library msal is missing, install the package msal with pip"):
        source(server, session, client_secret="geheim").token()


def test_old_library_is_named(server: HttpsServer, session: HttpSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("msal.__version__", "1.34.0")
    with pytest.raises(ConfigurationError, match=r"msal 1\.34\.0 is too old, install version 1\.35 or newer"):
        source(server, session, client_secret="geheim").token()


def test_nothing_is_printed_or_logged_of_a_failure(
    server: HttpsServer, authority: Authority, session: HttpSession, capfd: pytest.CaptureFixture[str]
) -> None:
    refuse(authority, "AADSTS7000215")
    with pytest.raises(AuthenticationError):
        source(server, session, client_secret="geheim").token()
    assert capfd.readouterr() == ("", "")


@pytest.fixture(autouse=True)
def fresh_authority_answers() -> None:
    _auth.AUTHORITY_ANSWERS.clear()
