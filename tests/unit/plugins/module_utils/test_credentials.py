# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Choosing a credential, addresses, and certificates; nothing is sent here."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme
from ansible_collections.coe.power_platform.plugins.module_utils import _arguments
from ansible_collections.coe.power_platform.plugins.module_utils._errors import ConfigurationError
from ansible_collections.coe.power_platform.plugins.module_utils._transport import credentials as _credentials
from ansible_collections.coe.power_platform.plugins.module_utils._transport.auth import (
    ApplicationToken,
    ManagedIdentityToken,
    StaticToken,
    TokenSource,
)
from ansible_collections.coe.power_platform.plugins.module_utils._transport.certificates import certificate_credential
from ansible_collections.coe.power_platform.plugins.module_utils._transport.credentials import (
    time_limit,
    token_source,
    trusted_authorities,
)
from ansible_collections.coe.power_platform.plugins.module_utils._transport.environment_urls import environment_address
from ansible_collections.coe.power_platform.plugins.module_utils._transport.http import HttpSession
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, NoEncryption, pkcs12

MakeCertificate = Callable[..., Path]
URL = "https://contoso.crm4.dynamics.com"
ENTRA = {"environment_url": URL, "tenant_id": "tenant", "client_id": "client"}


def chosen(params: dict[str, Any], environ: dict[str, str]) -> TokenSource:
    return token_source({"environment_url": URL, **params}, environ, HttpSession())


@pytest.mark.parametrize(
    ("given", "address"),
    [
        (URL, URL),
        (f" {URL}/ ", URL),
        ("https://CONTOSO.crm4.dynamics.com//", URL),
        ("https://localhost:8443/dev/", "https://localhost:8443/dev"),
        (f"{URL}/main.aspx?appid=1", URL),
        (f"{URL}/main.aspx?appid=5a&pagetype=entitylist&etn=workflow#1", URL),
        (f"{URL}:443/apps/tools", URL),
        (f"{URL}/api/data/v9.2/", URL),
        (f"{URL}/?x", URL),
        (f"{URL}/WebResources/a%20b.html", URL),
        ("https://contoso.api.crm4.dynamics.com/api/data/v9.2/", URL),
        ("https://contoso.crm.dynamics.com/main.aspx", "https://contoso.crm.dynamics.com"),
        ("https://contoso.crm9.dynamics.com/main.aspx", "https://contoso.crm9.dynamics.com"),
        ("https://contoso.crm.microsoftdynamics.us/x", "https://contoso.crm.microsoftdynamics.us"),
        ("https://contoso.api.crm.appsplatform.us/x", "https://contoso.crm.appsplatform.us"),
        ("https://contoso.crm.dynamics.cn/x", "https://contoso.crm.dynamics.cn"),
        ("https://dynamics.com.contoso.example/x", "https://dynamics.com.contoso.example/x"),
    ],
)
def test_environment_address_has_one_form(given: str, address: str) -> None:
    assert environment_address(given) == address


@pytest.mark.parametrize(
    "given",
    [
        "contoso.crm4.dynamics.com",
        "http://contoso.crm4.dynamics.com",
        "https://",
        "",
        "https://user:geheim@contoso.crm4.dynamics.com",
        "http://contoso.crm4.dynamics.com/main.aspx",
        "https://localhost:8443/dev?x=1",
        "https://localhost:8443/dev/main.aspx",
        "https://crm.contoso.example/Org/Main.aspx?appid=1&pagetype=dashboard",
        "https://crm.contoso.example/Org/api/data/v9.2/workflows",
        "https://localhost:8443/d%20v/main.aspx",
        "https://user:geheim@contoso.crm4.dynamics.com/main.aspx",
        "https://[contoso",
        "https://contoso:port",
        "https://contoso..crm4.dynamics.com",
        f"https://{'contoso' * 10}.crm4.dynamics.com",
        "https://evil.example\\@contoso.crm4.dynamics.com",
        "https://contoso.crm4.dynamics.com/a/../b",
        "https://con\ttoso.crm4.dynamics.com",
        "https://contoso.crm4.dynamics.com:99999",
    ],
)
def test_unusable_environment_address_is_an_error(given: str) -> None:
    with pytest.raises(ConfigurationError, match=r"environment_url .* looks like https://contoso") as caught:
        environment_address(given)
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(
    "given",
    [
        "https://make.powerapps.com/environments/{id}/home",
        "https://make.powerautomate.com/environments/{id}/uiflows?utm_source=x",
        "https://make.preview.powerautomate.com/environments/{id}/home",
        "https://admin.powerplatform.microsoft.com/manage/environments/environment/{id}/hub",
        "https://flow.microsoft.com/manage/environments/{id}",
        "https://copilotstudio.microsoft.com/environments/{id}",
        "https://make.gov.powerapps.us/environments/{id}/home",
        "https://make.powerapps.cn/environments/{id}/home",
        "https://home.dynamics.com/",
        "https://contoso.operations.dynamics.com/",
        "https://globaldisco.crm.dynamics.com/api/discovery/v2.0/Instances",
        "https://admin.services.crm4.dynamics.com",
        "https://contoso.crm4.dynamics.com:8443",
        "https://api.powerplatform.com/",
        "https://login.microsoftonline.com/tenant",
        "https://portal.azure.com/#view/x",
        "https://apps.powerapps.com/play/{id}",
    ],
)
def test_address_of_a_portal_is_an_error_that_says_where_the_environments_own_is(given: str) -> None:
    message = r"environment_url is on .*, which is a service of Microsoft's .* in the Power Platform admin center"
    with pytest.raises(ConfigurationError, match=message):
        environment_address(given.format(id="Default-11111111-2222-3333-4444-555555555555"))


def test_trusted_authorities(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    assert trusted_authorities({"validate_certs": True}) is True
    assert trusted_authorities({"validate_certs": True, "ca_path": str(tmp_path / "ca.pem")}) == str(
        tmp_path / "ca.pem"
    )
    assert trusted_authorities({"validate_certs": False, "ca_path": str(tmp_path / "ca.pem")}) is False
    with pytest.raises(ConfigurationError, match=r"ca_path .*nowhere does not exist"):
        trusted_authorities({"ca_path": str(tmp_path / "nowhere")})


def test_time_limit_is_at_least_a_second() -> None:
    assert time_limit({"request_timeout": 1}) == 1
    for seconds in (0, -1):
        with pytest.raises(ConfigurationError, match=f"request_timeout is {seconds}; give at least 1 second"):
            time_limit({"request_timeout": seconds})


def test_credential_given_as_option_wins_over_all_variables() -> None:
    environ = {"POWER_PLATFORM_ACCESS_TOKEN": "t", "POWER_PLATFORM_CLIENT_SECRET": "s", "AZURE_SECRET": "a"}
    assert chosen({**ENTRA, "client_secret": "mine"}, environ).secrets == {"mine"}
    assert isinstance(chosen({"managed_identity": True}, environ), ManagedIdentityToken)


def test_our_variables_win_over_azure_ones() -> None:
    environ = {"AZURE_SECRET": "azure", "POWER_PLATFORM_FEDERATED_TOKEN": "ours"}
    assert chosen(ENTRA, environ).secrets == {"ours"}


@pytest.mark.parametrize(
    ("environ", "secrets"),
    [
        ({"POWER_PLATFORM_ACCESS_TOKEN": "t"}, {"t"}),
        ({"POWER_PLATFORM_CLIENT_SECRET": "s"}, {"s"}),
        ({"AZURE_SECRET": "s"}, {"s"}),
        ({"AZURE_CLIENT_SECRET": "s"}, {"s"}),
        ({"POWER_PLATFORM_FEDERATED_TOKEN": "f"}, {"f"}),
        ({"AZURE_FEDERATED_TOKEN_FILE": "/run/token"}, set()),
        ({"POWER_PLATFORM_CLIENT_CERTIFICATE_PATH": "/c", "POWER_PLATFORM_CLIENT_CERTIFICATE_PASSWORD": "p"}, {"p"}),
        ({"AZURE_CLIENT_CERTIFICATE_PATH": "/c", "POWER_PLATFORM_CLIENT_SECRET": ""}, set()),
        ({"POWER_PLATFORM_MANAGED_IDENTITY": "true", "POWER_PLATFORM_CLIENT_SECRET": ""}, set()),
    ],
)
def test_credential_comes_from_the_environment_variables(environ: dict[str, str], secrets: set[str]) -> None:
    assert chosen(ENTRA, environ).secrets == secrets


def test_credentials_of_awx_suffice() -> None:
    environ = {"AZURE_TENANT": "tenant", "AZURE_CLIENT_ID": "client", "AZURE_SECRET": "s", "AZURE_SUBSCRIPTION_ID": "x"}
    assert isinstance(chosen({}, environ), ApplicationToken)


@pytest.mark.parametrize(
    ("params", "environ", "message"),
    [
        ({}, {}, "No credential is given; set one of access_token, client_secret"),
        (
            {},
            {"POWER_PLATFORM_CLIENT_SECRET": "", "POWER_PLATFORM_MANAGED_IDENTITY": "false"},
            "No credential is given",
        ),
        ({"client_secret": "s", "access_token": "t"}, {}, "access_token and client_secret are given"),
        ({"client_secret": "s", "tenant_id": "t"}, {}, "client_id is missing"),
        ({"client_secret": "s", "client_id": "c"}, {}, "tenant_id is missing"),
        (
            {**ENTRA, "client_secret": "s", "authority": "http://login.example"},
            {},
            "authority 'http://login.example' is no",
        ),
        (
            {**ENTRA, "client_secret": "s", "authority": "https://evil.example\\@login.example"},
            {},
            "authority 'login.example' is no",
        ),
        ({**ENTRA, "client_secret": "s", "tenant_id": "../x"}, {}, "tenant_id '../x' is no id or domain"),
        ({**ENTRA, "client_secret": "s", "tenant_id": "a?b"}, {}, r"tenant_id 'a\?b' is no id or domain"),
    ],
)
def test_incomplete_or_contradicting_options_are_an_error(
    params: dict[str, Any], environ: dict[str, str], message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        chosen(params, environ)


@pytest.mark.parametrize(
    ("params", "authority"),
    [
        ({}, "https://login.microsoftonline.com/tenant"),
        ({"cloud": "gcc"}, "https://login.microsoftonline.com/tenant"),
        ({"cloud": "gcc_high"}, "https://login.microsoftonline.us/tenant"),
        ({"cloud": "dod"}, "https://login.microsoftonline.us/tenant"),
        ({"cloud": "china"}, "https://login.partner.microsoftonline.cn/tenant"),
        ({"authority": "https://localhost:1/"}, "https://localhost:1/tenant"),
        ({"authority": "https://localhost:1/other/"}, "https://localhost:1/other"),
    ],
)
def test_authority_belongs_to_the_cloud(params: dict[str, Any], authority: str) -> None:
    assert _credentials._authority({**ENTRA, **params}, {}) == authority


def test_options_of_the_table_exist() -> None:
    assert set(_credentials.VARIABLES) <= set(_arguments.CONNECTION_ARGUMENTS)
    assert set(_credentials.CREDENTIALS) <= set(_credentials.VARIABLES)
    assert set(_credentials.AUTHORITIES) == set(_arguments.CONNECTION_ARGUMENTS["cloud"]["choices"])


def test_ready_token_is_handed_out_without_the_end_of_its_line() -> None:
    source = chosen({"access_token": "t\n"}, {})
    assert isinstance(source, StaticToken)
    assert source.token() == "t"


@pytest.mark.parametrize("text", ["a b", "a\nb", "ä", " \n"])
def test_text_that_is_no_token_is_an_error(text: str) -> None:
    with pytest.raises(ConfigurationError, match="access_token holds no token; it takes the token itself"):
        chosen({"access_token": text}, {})


@pytest.fixture
def make_certificate(tmp_path: Path) -> MakeCertificate:
    """Write a key with its self-signed certificate as ``kind`` and return the file."""

    def make(kind: str, password: bytes | None = None, start: int = -10, end: int = 10, parts: str = "kc") -> Path:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        now = datetime.datetime.now(datetime.timezone.utc)
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "coe")])
        certificate = (
            x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
            .not_valid_before(now + datetime.timedelta(days=start))
            .not_valid_after(now + datetime.timedelta(days=end))
            .sign(key, hashes.SHA256())
        )
        encryption = BestAvailableEncryption(password) if password else NoEncryption()
        path = tmp_path / f"certificate.{kind}"
        if kind == "pfx":
            path.write_bytes(
                pkcs12.serialize_key_and_certificates(
                    b"coe", key if "k" in parts else None, certificate, None, encryption
                )
            )
            return path
        form = (
            serialization.PrivateFormat.TraditionalOpenSSL if kind == "old.pem" else serialization.PrivateFormat.PKCS8
        )
        texts = {
            "k": key.private_bytes(serialization.Encoding.PEM, form, encryption),
            "c": certificate.public_bytes(serialization.Encoding.PEM),
            "o": other_certificate(),
        }
        path.write_bytes(b"".join(texts[part] for part in parts))
        return path

    return make


def other_certificate() -> bytes:
    """Return a certificate of another key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "authority")])
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    signed = builder.not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1)).sign(key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM)


@pytest.mark.parametrize("kind", ["pem", "old.pem", "pfx"])
@pytest.mark.parametrize("password", [None, "geheim"])
def test_certificate_is_read_with_and_without_password(
    make_certificate: MakeCertificate, kind: str, password: str | None
) -> None:
    path = make_certificate(kind, password.encode() if password else None)
    credential = certificate_credential(str(path), password)
    assert credential["private_key"].startswith("-----BEGIN PRIVATE KEY")
    assert credential["public_certificate"].startswith("-----BEGIN CERTIFICATE")


@pytest.mark.parametrize("parts", ["ck", "okc", "kco"])
def test_parts_of_a_pem_file_may_come_in_any_order(make_certificate: MakeCertificate, parts: str) -> None:
    credential = certificate_credential(str(make_certificate("pem", parts=parts)), None)
    certificate = x509.load_pem_x509_certificate(credential["public_certificate"].encode())
    assert certificate.subject.rfc4514_string() == "CN=coe"


def test_password_of_an_unencrypted_pem_file_does_no_harm(make_certificate: MakeCertificate) -> None:
    assert certificate_credential(str(make_certificate("pem")), "unneeded")


@pytest.mark.parametrize("kind", ["pem", "old.pem", "pfx"])
@pytest.mark.parametrize("password", [None, "wrong"])
def test_wrong_password_is_an_error(make_certificate: MakeCertificate, kind: str, password: str | None) -> None:
    path = make_certificate(kind, b"geheim")
    with pytest.raises(ConfigurationError, match="or certificate_password is missing or wrong") as caught:
        certificate_credential(str(path), password)
    assert "geheim" not in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("kind", ["pem", "pfx"])
def test_certificate_outside_its_time_is_an_error(make_certificate: MakeCertificate, kind: str) -> None:
    with pytest.raises(ConfigurationError, match=r"expired on \d{4}-\d\d-\d\d; upload a new one"):
        certificate_credential(str(make_certificate(kind, end=-1)), None)
    with pytest.raises(ConfigurationError, match="is not valid before"):
        certificate_credential(str(make_certificate(kind, start=1)), None)


@pytest.mark.parametrize(
    ("kind", "parts", "message"),
    [
        ("pem", "k", "holds no certificate for its private key|is no private key in PEM format and its certificate"),
        ("pem", "c", "is no private key in PEM format and its certificate"),
        ("pem", "ko", "holds no certificate for its private key"),
        ("pfx", "c", "needs both a certificate and its private key"),
    ],
)
def test_missing_part_is_an_error(make_certificate: MakeCertificate, kind: str, parts: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        certificate_credential(str(make_certificate(kind, parts=parts)), None)


@pytest.mark.parametrize(
    "content", [b"", b"no certificate", b"-----BEGIN PRIVATE KEY-----\nxx\n-----END PRIVATE KEY-----"]
)
def test_file_that_is_no_certificate_is_an_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "c").write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"certificate_path .* is no "):
        certificate_credential(str(tmp_path / "c"), None)


def test_key_of_another_kind_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "certificate.pem"
    trustme.CA().issue_cert("contoso.example").private_key_and_cert_chain_pem.write_to_path(str(path))
    with pytest.raises(ConfigurationError, match=r"private key in certificate_path .*pem is no RSA key"):
        certificate_credential(str(path), None)


def test_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"certificate_path .*c cannot be read: No such file or directory"):
        certificate_credential(str(tmp_path / "c"), None)
