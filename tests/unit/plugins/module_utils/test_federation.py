# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fresh federated tokens: who is asked for them and when, and where the token to ask with goes."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._errors import (
    AuthenticationError,
    ConfigurationError,
    PowerPlatformError,
    TransportError,
)
from ansible_collections.coe.power_platform.plugins.module_utils._transport import auth as _auth
from ansible_collections.coe.power_platform.plugins.module_utils._transport.auth import TokenSource
from ansible_collections.coe.power_platform.plugins.module_utils._transport.credentials import token_source
from ansible_collections.coe.power_platform.plugins.module_utils._transport.http import HttpSession
from ansible_collections.coe.power_platform.plugins.module_utils._transport.secrecy import forms, struck_out
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.clocks import ManualClock
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.https_server import (
    Answer,
    HttpsServer,
    Request,
)

pytest.importorskip("msal", reason="msal is not installed")
URL = "https://contoso.crm4.dynamics.com"
PLANTED = "planted.request/token+"
CONNECTION = "33333333-4444-5555-6666-777777777777"


def web_token(expires: float) -> str:
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({}, {"exp": expires})
    ]
    return ".".join([*parts, "signature"])


class Services:
    """A sign-in service that lets a token end at once, and a CI system that issues numbered tokens."""

    def __init__(self, server: HttpsServer) -> None:
        self.server = server
        self.assertions: list[str] = []
        self.asked: list[Request] = []
        self.issued: Answer | None = None
        self.refusal: Answer | None = None
        server.answers = [self.answer]

    def answer(self, request: Request) -> Answer:
        if request.path.endswith("/.well-known/openid-configuration"):
            root = f"{self.server.url}/tenant"
            return Answer(200, {"token_endpoint": f"{root}/token", "authorization_endpoint": root, "issuer": root})
        if "idtoken" in request.path:
            self.asked.append(request)
            member = "oidcToken" if request.method == "POST" else "value"
            return self.issued or Answer(200, {member: f"fresh-{len(self.asked)}"})
        form = parse_qs(request.body.decode())
        self.assertions.append(form["client_assertion"][0])
        token = {"access_token": f"token-{len(self.assertions)}", "expires_in": 3600, "token_type": "Bearer"}
        return self.refusal or Answer(200, token)


@pytest.fixture
def services(server: HttpsServer) -> Services:
    return Services(server)


@pytest.fixture
def session(server: HttpsServer) -> Iterator[HttpSession]:
    made = HttpSession(verify=server.ca_path, timeout=5, clock=ManualClock())
    yield made
    made.close()


@pytest.fixture(autouse=True)
def fresh_authority_answers() -> None:
    _auth.AUTHORITY_ANSWERS.clear()


def source(
    services: Services, session: HttpSession, environ: dict[str, str] | None = None, **params: Any
) -> TokenSource:
    options = {"environment_url": URL, "tenant_id": "tenant", "client_id": "client", "authority": services.server.url}
    return token_source({**options, **params}, environ or {}, session)


def three_tokens(tokens: TokenSource) -> None:
    for _again in range(3):
        tokens.token()
        tokens.forget()


def request_to(services: Services, query: str = "?api-version=2.0") -> dict[str, str]:
    return {"oidc_request_url": f"{services.server.url}/72//idtoken/x{query}", "oidc_request_token": PLANTED}


def github(services: Services) -> dict[str, str]:
    url, token = request_to(services).values()
    return {"ACTIONS_ID_TOKEN_REQUEST_URL": url, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": token}


def devops(services: Services) -> dict[str, str]:
    url, token = request_to(services, "").values()
    return {"SYSTEM_OIDCREQUESTURI": url, "SYSTEM_ACCESSTOKEN": token}


def test_each_access_token_is_had_with_a_fresh_federated_token(services: Services, session: HttpSession) -> None:
    tokens = source(services, session, **request_to(services))
    three_tokens(tokens)
    assert services.assertions == ["fresh-1", "fresh-2", "fresh-3"]
    assert {request.method for request in services.asked} == {"GET"}
    assert {request.path for request in services.asked} == {
        "/72//idtoken/x?api-version=2.0&audience=api%3A%2F%2FAzureADTokenExchange"
    }
    assert {request.headers["Authorization"] for request in services.asked} == {f"Bearer {PLANTED}"}
    assert {PLANTED, "fresh-1", "fresh-3"} <= tokens.secrets


@pytest.mark.parametrize("place", ["options", "github", "devops"])
def test_a_federated_token_that_is_text_counts_for_the_first_access_token(
    services: Services, session: HttpSession, place: str
) -> None:
    params: dict[str, str] = request_to(services) if place == "options" else {}
    environ = {"github": github(services), "devops": devops(services)}.get(place, {})
    if place == "devops":
        params["oidc_service_connection_id"] = CONNECTION
    three_tokens(source(services, session, environ, federated_token="text", **params))
    assert services.assertions == ["text", "fresh-1", "fresh-2"]


def test_a_federated_token_that_has_expired_is_not_sent(services: Services, session: HttpSession) -> None:
    now = session.clock.time()
    three_tokens(source(services, session, federated_token=web_token(now - 1), **request_to(services)))
    assert services.assertions == ["fresh-1", "fresh-2", "fresh-3"]


@pytest.mark.parametrize("text", ["a.b.c", "a..c", "text", "a.e30.c", "a.bnVsbA.c", "a.eyJleHAiOiJ4In0.c"])
def test_a_federated_token_that_says_no_time_is_sent(services: Services, session: HttpSession, text: str) -> None:
    source(services, session, federated_token=text, **request_to(services)).token()
    assert services.assertions == [text]


def test_a_federated_token_that_is_text_is_followed_by_the_file(
    services: Services, session: HttpSession, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text("from-file")
    environ = {"AZURE_FEDERATED_TOKEN_FILE": str(tmp_path / "token")}
    three_tokens(source(services, session, environ, federated_token="text"))
    assert services.assertions == ["text", "from-file", "from-file"]


def test_without_a_way_to_renew_it_the_error_says_so(services: Services, session: HttpSession) -> None:
    tokens = source(services, session, federated_token="text")
    tokens.token()
    tokens.forget()
    services.refusal = Answer(401, {"error": "invalid_client", "error_description": "AADSTS700024: Too late."})
    with pytest.raises(
        AuthenticationError, match="give federated_token_path, or oidc_request_url and oidc_request_tok"
    ):
        tokens.token()


def test_github_actions_need_nothing_else(services: Services, session: HttpSession) -> None:
    three_tokens(source(services, session, github(services)))
    assert services.assertions == ["fresh-1", "fresh-2", "fresh-3"]


@pytest.mark.parametrize("place", ["option", "POWER_PLATFORM_OIDC_SERVICE_CONNECTION_ID", "AZURESUBSCRIPTION", "url"])
def test_azure_devops_is_asked_for_a_service_connection(services: Services, session: HttpSession, place: str) -> None:
    environ, params = devops(services), {}
    if place == "option":
        params = {"oidc_service_connection_id": CONNECTION}
    elif place == "url":
        query = f"?api-version=7.1&serviceConnectionId={CONNECTION}"
        params = {**request_to(services, query)}
    else:
        environ[place if "POWER" in place else f"{place}_SERVICE_CONNECTION_ID"] = CONNECTION
    source(services, session, environ, **params).token()
    (request,) = services.asked
    assert (request.method, request.path) == (
        "POST",
        f"/72//idtoken/x?api-version=7.1&serviceConnectionId={CONNECTION}",
    )
    assert request.headers["Authorization"] == f"Bearer {PLANTED}"
    assert services.assertions == ["fresh-1"]


@pytest.mark.parametrize(
    ("cloud", "audience"),
    [
        ("public", "api://AzureADTokenExchange"),
        ("gcc", "api://AzureADTokenExchange"),
        ("gcc_high", "api://AzureADTokenExchangeUSGov"),
        ("dod", "api://AzureADTokenExchangeUSGov"),
        ("china", "api://AzureADTokenExchangeChina"),
    ],
)
def test_a_token_is_meant_for_the_cloud(services: Services, session: HttpSession, cloud: str, audience: str) -> None:
    source(services, session, cloud=cloud, **request_to(services)).token()
    assert parse_qs(services.asked[0].path.partition("?")[2])["audience"] == [audience]


def test_an_audience_in_the_address_stays(services: Services, session: HttpSession) -> None:
    source(services, session, **request_to(services, "?audience=mine")).token()
    assert services.asked[0].path == "/72//idtoken/x?audience=mine"


def test_another_credential_wins_over_what_the_ci_system_exports(services: Services, session: HttpSession) -> None:
    for kind in ("client_secret", "access_token"):
        assert source(services, session, github(services), **{kind: "mine"}).secrets == {"mine"}
    environ = {**github(services), "AZURE_CLIENT_SECRET": "azure"}
    assert source(services, session, environ).secrets == {"azure"}


@pytest.mark.parametrize(
    ("params", "environ"),
    [
        ({"oidc_request_url": "https://ci.example/x"}, {"ACTIONS_ID_TOKEN_REQUEST_TOKEN": "t"}),
        ({"oidc_request_url": "https://ci.example/x"}, {}),
        ({"oidc_request_token": "t", "federated_token": "x"}, {"ACTIONS_ID_TOKEN_REQUEST_URL": "https://ci.example"}),
        ({}, {"POWER_PLATFORM_OIDC_REQUEST_URL": "https://ci.example/x", "SYSTEM_ACCESSTOKEN": "t"}),
    ],
)
def test_the_token_of_one_place_never_goes_to_the_address_of_another(
    services: Services, session: HttpSession, params: dict[str, str], environ: dict[str, str]
) -> None:
    with pytest.raises(ConfigurationError, match="oidc_request_url and oidc_request_token go together"):
        source(services, session, environ, **params)


@pytest.mark.parametrize(
    "environ",
    [
        {"ACTIONS_ID_TOKEN_REQUEST_URL": "https://ci.example", "SYSTEM_ACCESSTOKEN": "t"},
        {"SYSTEM_OIDCREQUESTURI": "https://ci.example", "SYSTEM_ACCESSTOKEN": "t"},
        {"ACTIONS_ID_TOKEN_REQUEST_TOKEN": "t"},
    ],
)
def test_half_of_what_a_ci_system_exports_is_no_credential(
    services: Services, session: HttpSession, environ: dict[str, str]
) -> None:
    with pytest.raises(ConfigurationError, match=r"No credential is given; .* oidc_request_url and managed_identity"):
        source(services, session, environ)


@pytest.mark.parametrize(
    "url", ["http://ci.example/x", "ci.example", "https://a@ci.example", "https://ci.example\\@b.example", "ftp://x"]
)
def test_the_request_token_goes_over_https_only(services: Services, session: HttpSession, url: str) -> None:
    with pytest.raises(ConfigurationError, match="oidc_request_url is no https address, so oidc_request_token is not"):
        source(services, session, oidc_request_url=url, oidc_request_token=PLANTED)


def test_the_request_token_does_not_follow_a_redirect(services: Services, session: HttpSession) -> None:
    services.issued = Answer(302, headers={"Location": "https://elsewhere.example/idtoken"})
    with pytest.raises(TransportError, match="not followed; set oidc_request_url"):
        source(services, session, **request_to(services)).token()
    assert len(services.asked) == 1


@pytest.mark.parametrize(
    "issued",
    [
        Answer(401, {"message": PLANTED}),
        Answer(403, b"<html>"),
        Answer(200, b"<html>"),
        Answer(200, {}),
        Answer(200, []),
        Answer(200, {"value": None}),
        Answer(200, {"value": 5}),
        Answer(200, {"value": ""}),
        Answer(200, {"value": "a b"}),
        Answer(200, b'{"value":' * 100_000),
        Answer(204),
        Answer(500, {"value": "x"}),
    ],
)
def test_no_token_is_an_error_without_the_secret(services: Services, session: HttpSession, issued: Answer) -> None:
    services.issued = issued
    tokens = source(services, session, **request_to(services))
    with pytest.raises(PowerPlatformError, match="oidc_request_url") as caught:
        tokens.token()
    assert PLANTED not in str(caught.value)
    assert services.assertions == []


def test_what_the_sign_in_service_repeats_is_struck_out(services: Services, session: HttpSession) -> None:
    tokens = source(services, session, **request_to(services))
    text = f"AADSTS1: Who sent fresh-1-planted and {PLANTED}?"
    services.issued = Answer(200, {"value": "fresh-1-planted"})
    services.refusal = Answer(401, {"error": "invalid_client", "error_description": text})
    with pytest.raises(AuthenticationError) as caught:
        tokens.token()
    told = struck_out(str(caught.value), forms(tokens.secrets))
    assert "Who sent" in told
    assert "planted" not in told
