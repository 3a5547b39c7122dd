# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which credential counts: one given as an option before all that the environment variables offer.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from .._clock import Clock
from .._errors import ConfigurationError
from .._files import SIZE_LIMIT, open_regular, read_regular
from .._text import require_sendable
from .addresses import PLAIN_PATH, Address, parsed, without_user
from .auth import ApplicationToken, ManagedIdentityToken, StaticToken, TokenSource
from .certificates import certificate_credential
from .environment_urls import environment_address
from .federation import FederatedToken, OidcRequest, token_in
from .http import HttpSession

# Source: Microsoft documentation, National clouds, Microsoft Entra authentication endpoints.
AUTHORITIES = {
    "public": "https://login.microsoftonline.com",
    "gcc": "https://login.microsoftonline.com",
    "gcc_high": "https://login.microsoftonline.us",
    "dod": "https://login.microsoftonline.us",
    "china": "https://login.partner.microsoftonline.cn",
}

# Option: the environment variables that stand for it, ours first, then those of Azure credentials.
VARIABLES: dict[str, tuple[str, ...]] = {
    "tenant_id": ("POWER_PLATFORM_TENANT_ID", "AZURE_TENANT", "AZURE_TENANT_ID"),
    "client_id": ("POWER_PLATFORM_CLIENT_ID", "AZURE_CLIENT_ID"),
    "access_token": ("POWER_PLATFORM_ACCESS_TOKEN",),
    "client_secret": ("POWER_PLATFORM_CLIENT_SECRET", "AZURE_SECRET", "AZURE_CLIENT_SECRET"),
    "certificate_path": (
        "POWER_PLATFORM_CERTIFICATE_PATH",
        "POWER_PLATFORM_CLIENT_CERTIFICATE_PATH",
        "AZURE_CLIENT_CERTIFICATE_PATH",
    ),
    "certificate_password": (
        "POWER_PLATFORM_CERTIFICATE_PASSWORD",
        "POWER_PLATFORM_CLIENT_CERTIFICATE_PASSWORD",
        "AZURE_CLIENT_CERTIFICATE_PASSWORD",
    ),
    "federated_token": ("POWER_PLATFORM_FEDERATED_TOKEN",),
    "federated_token_path": ("POWER_PLATFORM_FEDERATED_TOKEN_PATH", "AZURE_FEDERATED_TOKEN_FILE"),
    "oidc_request_url": (
        "POWER_PLATFORM_OIDC_REQUEST_URL",
        "ACTIONS_ID_TOKEN_REQUEST_URL",
        "SYSTEM_OIDCREQUESTURI",
    ),
    "oidc_request_token": (
        "POWER_PLATFORM_OIDC_REQUEST_TOKEN",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
        "SYSTEM_ACCESSTOKEN",
    ),
    "oidc_service_connection_id": (
        "POWER_PLATFORM_OIDC_SERVICE_CONNECTION_ID",
        "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID",
    ),
    "managed_identity": ("POWER_PLATFORM_MANAGED_IDENTITY",),
}
CREDENTIALS = (
    "access_token",
    "client_secret",
    "certificate_path",
    "federated_token",
    "federated_token_path",
    "oidc_request_url",
    "managed_identity",
)
TEXTS = frozenset({"client_secret", "federated_token"})  # credentials that are secret themselves
# Where an OIDC request may come from; the token of one source never goes to the address of another one.
OIDC_SOURCES = ("POWER_PLATFORM_", "ACTIONS_", "SYSTEM_")
TRUE_WORDS = frozenset({"1", "true", "yes", "on"})


def _plain_address(url: str) -> Address | None:
    """Return the https address of an option, with a plain path and no query, or None when it is none."""
    address = parsed(url.strip().rstrip("/"))
    usable = address and address.scheme == "https" and PLAIN_PATH.fullmatch(address.path) and not address.query
    return address if usable else None


def trusted_authorities(params: Mapping[str, Any]) -> bool | str:
    """Return what requests takes as ``verify``. Raises ``ConfigurationError`` when ``ca_path`` is missing."""
    ca_path = params.get("ca_path")
    if params.get("validate_certs") is False:
        return False
    if ca_path and not os.path.exists(ca_path):
        raise ConfigurationError(f"ca_path {ca_path} does not exist; give the file of the trusted authorities.")
    if ca_path and not os.path.isdir(ca_path):
        try:
            open_regular(ca_path, SIZE_LIMIT).close()
        except OSError as error:
            raise ConfigurationError(
                f"ca_path {ca_path} cannot be read: {error.strerror}; give the file of the trusted authorities."
            ) from error
    return ca_path or True


def time_limit(params: Mapping[str, Any]) -> float:
    """Return how many seconds to wait for a byte. Raises ``ConfigurationError`` when that is no time at all."""
    seconds: float = params.get("request_timeout", 120)
    if seconds < 1:
        raise ConfigurationError(f"request_timeout is {seconds}; give at least 1 second.")
    return seconds


def token_source(params: Mapping[str, Any], environ: Mapping[str, str], session: HttpSession) -> TokenSource:
    """Return where tokens come from. Raises ``ConfigurationError`` when options are missing or contradict."""
    kind, value = _chosen(params, environ)
    environment_url = environment_address(params["environment_url"])
    client_id = _setting("client_id", params, environ)
    oidc = _oidc_request(params, environ) if kind in ("federated_token", "oidc_request_url") else None
    if kind == "access_token":
        return StaticToken(token_in(value, kind))
    if kind == "managed_identity":
        return ManagedIdentityToken(client_id=client_id, environment_url=environment_url, session=session)
    if not client_id:
        raise ConfigurationError(f"client_id is missing; {kind} needs the app registration's (client) id beside it.")
    password = _setting("certificate_password", params, environ) if kind == "certificate_path" else None
    return ApplicationToken(
        authority=_authority(params, environ),
        client_id=client_id,
        environment_url=environment_url,
        credential=_credential(kind, value, password, _renewal(oidc, environ, session), session.clock),
        secrets={secret for secret in (password, oidc and oidc.token, value if kind in TEXTS else None) if secret},
        cloud_origin=AUTHORITIES[params.get("cloud") or "public"],
        session=session,
    )


def _chosen(params: Mapping[str, Any], environ: Mapping[str, str]) -> tuple[str, str]:
    """Return the credential that counts: its option and value."""
    given = [name for name in CREDENTIALS if params.get(name)]
    if "federated_token" in given and "oidc_request_url" in given:
        given.remove("oidc_request_url")  # the one begins, the other goes on
    if len(given) > 1:
        raise ConfigurationError(f"{' and '.join(given)} are given, but only one credential can count; keep one.")
    if given:
        return given[0], params[given[0]]
    for source in ("POWER_PLATFORM_", "AZURE_"):
        for name in CREDENTIALS:
            if value := _from_environment(name, environ, source):
                return name, value
    if _oidc_request(params, environ):
        return "oidc_request_url", ""
    raise ConfigurationError(
        "No credential is given; set one of access_token, client_secret, certificate_path, federated_token,"
        " federated_token_path, oidc_request_url and managed_identity, or its environment variable such as"
        " POWER_PLATFORM_CLIENT_SECRET."
    )


def _oidc_request(params: Mapping[str, Any], environ: Mapping[str, str]) -> OidcRequest | None:
    """Return where the CI system issues federated tokens, or None where it does not.

    Raises ``ConfigurationError`` when one of address and token is missing beside the other.
    """
    connection = _setting("oidc_service_connection_id", params, environ)
    for source in OIDC_SOURCES:
        url, token = (_from_environment(name, environ, source) for name in ("oidc_request_url", "oidc_request_token"))
        if source == OIDC_SOURCES[0]:
            url, token = params.get("oidc_request_url") or url, params.get("oidc_request_token") or token
            if bool(url) != bool(token):
                raise ConfigurationError("oidc_request_url and oidc_request_token go together; give both or none.")
        # Azure DevOps has an address in each job, which is of use to those alone that name a service connection.
        if url and token and (source != "SYSTEM_" or connection):
            return OidcRequest.to(
                url, token, params.get("cloud") or "public", connection if source != "ACTIONS_" else None
            )
    return None


def _renewal(oidc: OidcRequest | None, environ: Mapping[str, str], session: HttpSession) -> Callable[[], str] | None:
    """Return what gives a fresh federated token, or None when nothing does."""
    path = _from_environment("federated_token_path", environ)
    if oidc:
        return lambda: oidc.fetch(session)
    return (lambda: _read_token(path)) if path else None


def _from_environment(name: str, environ: Mapping[str, str], source: str = "") -> str | None:
    """Return an option's value from the environment variables; an empty variable counts as not set."""
    values = [
        environ[variable] for variable in VARIABLES[name] if variable.startswith(source) and environ.get(variable)
    ]
    require_sendable({VARIABLES[name][0]: values})
    if not values or (name == "managed_identity" and values[0].lower() not in TRUE_WORDS):
        return None
    return values[0]


def _setting(name: str, params: Mapping[str, Any], environ: Mapping[str, str]) -> str | None:
    """Return an option's value, from the options or the environment variables."""
    return params.get(name) or _from_environment(name, environ)


def _authority(params: Mapping[str, Any], environ: Mapping[str, str]) -> str:
    """Return the address of the tenant at the sign-in service."""
    tenant_id = _setting("tenant_id", params, environ)
    url = str(params.get("authority") or AUTHORITIES[params.get("cloud") or "public"])
    address = _plain_address(url)
    if address is None:
        raise ConfigurationError(
            f"authority {without_user(url)!r} is no https address such as https://login.microsoftonline.com."
        )
    if address.path:
        return address.url
    if not tenant_id:
        raise ConfigurationError("tenant_id is missing; give the id or a domain of the environment's tenant.")
    if _plain_address(f"{address.url}/{tenant_id}") is None:
        raise ConfigurationError(f"tenant_id {tenant_id!r} is no id or domain of a tenant; correct it.")
    return f"{address.url}/{tenant_id}"


def _credential(
    kind: str, value: str, password: str | None, renew: Callable[[], str] | None, clock: Clock
) -> Callable[[], Any]:
    """Return a function that gives the credential as msal takes it; ``renew`` gives a fresh federated token."""
    if kind == "client_secret":
        return lambda: value
    if kind == "certificate_path":
        return lambda: certificate_credential(value, password)
    if kind == "oidc_request_url":
        return lambda: {"client_assertion": renew}
    if kind == "federated_token":
        assertion = FederatedToken(token_in(value, kind), renew, clock.time)
        return lambda: {"client_assertion": assertion}
    return lambda: {"client_assertion": lambda: _read_token(value)}


def _read_token(path: str) -> str:
    """Return the token in a file, which its owner replaces from time to time."""
    try:
        return token_in(read_regular(path).decode("utf-8", "replace"), f"federated_token_path {path}")
    except OSError as error:
        raise ConfigurationError(f"federated_token_path {path} cannot be read: {error.strerror}.") from error
