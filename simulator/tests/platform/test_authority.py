# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens, as msal gets them, and what environments make of them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import jwt
import msal
import pytest
import requests
from client import Client, error
from dataverse_simulator import Simulator
from dataverse_simulator.entra.keys import make_key_pair
from dataverse_simulator.entra.tokens import sign_assertion


class Session(requests.Session):
    """requests prefers the environment's CA bundle to the session's: the file goes along with each request."""

    def __init__(self, ca_path: str) -> None:
        super().__init__()
        self._ca_path = ca_path

    def request(self, method: str, url: str, **options: Any) -> requests.Response:  # type: ignore[override]
        return super().request(method, url, **{**options, "verify": self._ca_path})


def acquire(simulator: Simulator, credential: Any, application: str = "deployment", scope: str = "") -> dict[str, Any]:
    client = msal.ConfidentialClientApplication(
        simulator.credentials(application).client_id,
        authority=simulator.authority,
        client_credential=credential,
        instance_discovery=False,
        http_client=Session(simulator.ca_path),
    )
    wanted = scope or f"{simulator.environment_url('dev')}/.default"
    result: dict[str, Any] = client.acquire_token_for_client(scopes=[wanted])
    return result


def who_am_i(simulator: Simulator, token: str, environment: str = "dev") -> requests.Response:
    client = Client(simulator, environment, "")
    return client.get("WhoAmI", headers={"Authorization": f"Bearer {token}"})


def test_a_client_secret_gives_a_token_for_one_environment(simulator: Simulator) -> None:
    result = acquire(simulator, simulator.client_secret)
    assert who_am_i(simulator, result["access_token"]).status_code == 200
    refused = who_am_i(simulator, result["access_token"], "prod")
    assert refused.status_code == 401
    assert "audience" in refused.headers["WWW-Authenticate"]


def test_a_scope_with_a_double_slash_is_the_same_environment(simulator: Simulator) -> None:
    scope = f"{simulator.environment_url('dev')}//.default"
    result = acquire(simulator, simulator.client_secret, scope=scope)
    assert who_am_i(simulator, result["access_token"]).status_code == 200


CERTIFICATE_FORMS = ["thumbprint", "chain"]


@pytest.mark.parametrize("form", CERTIFICATE_FORMS)
def test_a_certificate_gives_a_token(simulator: Simulator, form: str) -> None:
    pem = simulator.certificate_path.read_text()
    key, _dummy, certificate = pem.partition("-----BEGIN CERTIFICATE-----")
    public = f"-----BEGIN CERTIFICATE-----{certificate}"
    thumbprint = simulator._certificate.thumbprint("sha1").hex()
    credential = (
        {"private_key": key, "thumbprint": thumbprint}
        if form == "thumbprint"
        else {
            "private_key": key,
            "public_certificate": public,
        }
    )
    assert "access_token" in acquire(simulator, credential)


def test_a_certificate_file_with_password_gives_a_token(simulator: Simulator, tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

    pair = simulator._certificate
    path = tmp_path / "application.pfx"
    encryption = BestAvailableEncryption(b"pass")
    path.write_bytes(pkcs12.serialize_key_and_certificates(b"x", pair.private, pair.certificate, None, encryption))
    credential = {"private_key_pfx_path": str(path), "passphrase": "pass", "public_certificate": True}
    assert "access_token" in acquire(simulator, credential)


def test_a_foreign_certificate_is_refused(simulator: Simulator) -> None:
    pem = make_key_pair("foreign").pem().decode()
    key, _dummy, certificate = pem.partition("-----BEGIN CERTIFICATE-----")
    credential = {"private_key": key, "public_certificate": f"-----BEGIN CERTIFICATE-----{certificate}"}
    assert acquire(simulator, credential)["error_codes"] == [700027]


def test_a_federated_token_gives_a_token(simulator: Simulator) -> None:
    assert "access_token" in acquire(simulator, {"client_assertion": simulator.federated_token})


FEDERATED_REFUSALS = [
    pytest.param({"subject": "repo:other/flows"}, 700213, id="another subject"),
    pytest.param({"audience": "api://other"}, 700212, id="another audience"),
    pytest.param({"lifetime": -60.0}, 700024, id="expired"),
]


@pytest.mark.parametrize(("values", "number"), FEDERATED_REFUSALS)
def test_a_wrong_federated_token_is_refused(simulator: Simulator, values: dict[str, Any], number: int) -> None:
    result = acquire(simulator, {"client_assertion": lambda: simulator.federated_token(**values)})
    assert result["error_codes"] == [number]


def test_a_federated_token_of_an_unknown_issuer_is_refused(simulator: Simulator) -> None:
    subject = simulator.credentials().federated_subject
    foreign = make_key_pair("foreign").private
    token = sign_assertion(foreign, "https://evil.example", subject, "api://AzureADTokenExchange")
    assert acquire(simulator, {"client_assertion": lambda: token})["error_codes"] == [700211]


def test_a_federated_token_with_a_forged_signature_is_refused(simulator: Simulator) -> None:
    issuer, subject = "https://federation.contoso.example", simulator.credentials().federated_subject
    token = sign_assertion(make_key_pair("foreign").private, issuer, subject, "api://AzureADTokenExchange")
    assert acquire(simulator, {"client_assertion": lambda: token})["error_codes"] == [700027]


SECRET_REFUSALS = [
    pytest.param("deployment", "wrong", "", 7000215, "invalid_client", id="wrong secret"),
    pytest.param("expired secret", "simulator-expired-secret", "", 7000222, "invalid_client", id="expired secret"),
    pytest.param(
        "deployment",
        "simulator-secret",
        "https://nowhere.example/.default",
        500011,
        "invalid_resource",
        id="unknown resource",
    ),
    pytest.param(
        "deployment",
        "simulator-secret",
        "https://localhost:99999/.default",
        500011,
        "invalid_resource",
        id="impossible port",
    ),
    pytest.param(
        "deployment",
        "simulator-secret",
        "https://nowhere.example/user_impersonation",
        1002012,
        "invalid_scope",
        id="scope without .default",
    ),
]


@pytest.mark.parametrize(("application", "secret", "scope", "number", "name"), SECRET_REFUSALS)
def test_the_authority_refuses_with_the_codes_of_entra(
    simulator: Simulator, application: str, secret: str, scope: str, number: int, name: str
) -> None:
    result = acquire(simulator, secret, application, scope)
    assert (result["error_codes"], result["error"]) == ([number], name)
    assert f"AADSTS{number}" in result["error_description"]


def test_an_unknown_application_is_refused(simulator: Simulator) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": "b0000000-0000-4000-8000-000000000009",
        "client_secret": "x",
        "scope": f"{simulator.environment_url('dev')}/.default",
    }
    answer = requests.post(f"{simulator.authority}/oauth2/v2.0/token", data=form, verify=simulator.ca_path, timeout=10)
    assert (answer.status_code, answer.json()["error_codes"]) == (400, [700016])


def test_an_unknown_tenant_is_refused(simulator: Simulator) -> None:
    url = f"{simulator.base_url}/00000000-0000-4000-8000-00000000dead/v2.0/.well-known/openid-configuration"
    answer = requests.get(url, verify=simulator.ca_path, timeout=10)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_tenant")


@pytest.fixture
def app_service(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> Simulator:
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{simulator.base_url}/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", simulator.identity_header)
    return simulator


def test_a_managed_identity_gives_a_token(app_service: Simulator) -> None:
    client = msal.ManagedIdentityClient(msal.SystemAssignedManagedIdentity(), http_client=Session(app_service.ca_path))
    result = client.acquire_token_for_client(resource=app_service.environment_url("dev"))
    assert who_am_i(app_service, result["access_token"]).status_code == 200


def test_a_managed_identity_needs_the_right_header(app_service: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDENTITY_HEADER", "wrong")
    client = msal.ManagedIdentityClient(msal.SystemAssignedManagedIdentity(), http_client=Session(app_service.ca_path))
    assert "error" in client.acquire_token_for_client(resource=app_service.environment_url("dev"))


def test_an_identity_that_the_machine_lacks_is_refused_in_the_words_of_app_service(app_service: Simulator) -> None:
    identity = msal.UserAssignedManagedIdentity(client_id="00000000-0000-4000-8000-00000000000f")
    client = msal.ManagedIdentityClient(identity, http_client=Session(app_service.ca_path))
    answer = client.acquire_token_for_client(resource=app_service.environment_url("dev"))
    assert answer["error_description"] == "400, Identity not found"


def test_the_identity_endpoint_of_virtual_machines_answers(simulator: Simulator) -> None:
    url = f"{simulator.base_url}/metadata/identity/oauth2/token"
    query = {"api-version": "2018-02-01", "resource": simulator.environment_url("dev")}
    options: dict[str, Any] = {"params": query, "verify": simulator.ca_path, "timeout": 10}
    assert requests.get(url, **options).status_code == 400
    answer = requests.get(url, headers={"Metadata": "true"}, **options)
    assert who_am_i(simulator, answer.json()["access_token"]).status_code == 200


def test_a_request_without_token_learns_the_authority(simulator: Simulator) -> None:
    url = f"{simulator.environment_url('dev')}/api/data/"
    answer = requests.get(url, verify=simulator.ca_path, timeout=10)
    assert answer.status_code == 401
    assert f"authorization_uri={simulator.authority}/oauth2/authorize" in answer.headers["WWW-Authenticate"]
    assert f"resource_id={simulator.environment_url('dev')}/" in answer.headers["WWW-Authenticate"]


def test_an_expired_token_is_refused(simulator: Simulator) -> None:
    token = simulator.token("dev", lifetime=60)
    assert who_am_i(simulator, token).status_code == 200
    simulator.advance(61)
    assert who_am_i(simulator, token).status_code == 401
    simulator.advance(-61)


FORGERIES = [
    pytest.param(lambda claims: jwt.encode(claims, "secret" * 8, "HS256"), id="another algorithm"),
    pytest.param(lambda claims: jwt.encode(claims, None, "none"), id="no signature"),
    pytest.param(lambda claims: jwt.encode(claims, make_key_pair("foreign").private, "RS256"), id="another key"),
    pytest.param(lambda claims: "rubbish", id="no token at all"),
]


@pytest.mark.parametrize("forge", FORGERIES)
def test_a_forged_token_is_refused(simulator: Simulator, forge: Any) -> None:
    genuine = jwt.decode(simulator.token("dev"), options={"verify_signature": False})
    assert who_am_i(simulator, forge({**genuine, "exp": int(time.time()) + 900})).status_code == 401


def test_an_application_without_user_is_no_member(simulator: Simulator) -> None:
    answer = Client(simulator, "dev", "stranger").get("WhoAmI")
    assert error(answer) == (403, "0x80072560")
    assert answer.json()["error"]["message"] == "The user is not a member of the organization."


def test_an_application_user_without_role_is_told_so(simulator: Simulator) -> None:
    answer = Client(simulator, "dev", "roleless").get("workflows?$select=name")
    assert answer.status_code == 403
    assert "has not been assigned any roles" in answer.json()["error"]["message"]


def test_a_disabled_application_user_is_refused(simulator: Simulator) -> None:
    admin = Client(simulator, "dev")
    reader = simulator.credentials("reader").client_id
    user = admin.values(f"systemusers?$filter=applicationid eq {reader}&$select=systemuserid")[0]["systemuserid"]
    assert admin.patch(f"systemusers({user})", {"isdisabled": True}).status_code == 204
    assert error(Client(simulator, "dev", "reader").get("WhoAmI")) == (403, "0x80040225")


def test_acting_for_somebody_else_needs_the_privilege(simulator: Simulator) -> None:
    admin, reader = Client(simulator, "dev"), Client(simulator, "dev", "maker")
    jane = admin.values("systemusers?$filter=domainname eq 'jane.doe@contoso.example'")[0]
    for name, value in [
        ("MSCRMCallerID", jane["systemuserid"]),
        ("CallerObjectId", jane["azureactivedirectoryobjectid"]),
    ]:
        assert admin.get("WhoAmI", headers={name: value}).json()["UserId"] == jane["systemuserid"]
        assert error(reader.get("WhoAmI", headers={name: value})) == (403, "0x80040220")


def test_an_environment_is_also_found_by_host_name_and_the_first_one_at_the_root(simulator: Simulator) -> None:
    for url, host in [(simulator.base_url, None), (simulator.base_url.replace("localhost", "prod.localhost"), "prod")]:
        result = acquire(simulator, simulator.client_secret, scope=f"{url}/.default")
        headers = {"Authorization": f"Bearer {result['access_token']}", "Host": url.removeprefix("https://")}
        answer = Client(simulator, "dev", "").get(
            f"{simulator.base_url}/api/data/v9.2/organizations?$select=name", headers=headers
        )
        assert [row["name"] for row in answer.json()["value"]] == ["Production" if host else "Development"]
        assert answer.json()["@odata.context"].startswith(f"{url}/api/data/v9.2/")


def test_the_lifetime_of_tokens_is_a_switch_of_the_environment(simulator: Simulator) -> None:
    settings = simulator.environment("prod").settings
    settings.token_seconds = 120
    try:
        assert (
            acquire(simulator, simulator.client_secret, scope=f"{simulator.environment_url('prod')}/.default")[
                "expires_in"
            ]
            == 120
        )
        assert acquire(simulator, simulator.client_secret)["expires_in"] == 3599
    finally:
        settings.token_seconds = 3599
