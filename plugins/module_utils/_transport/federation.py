# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens of other identity providers (workload identity federation), fresh ones where the CI system gives them.

Such a token lives for minutes, and imports last longer than the access token that it was exchanged for.
Source: GitHub documentation, OpenID Connect reference, Methods for requesting the OIDC token; Azure DevOps REST API,
Oidctoken Create; Microsoft documentation, Workload identity federation (audiences).
This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import base64
import dataclasses
import re
from collections.abc import Callable
from urllib.parse import quote

from .._errors import UNREADABLE, AuthenticationError, ConfigurationError
from .addresses import Address, parsed
from .bounds import MEGABYTE
from .http import HttpSession
from .messages import read_json

# What the sign-in service of each cloud expects a federated token to be meant for; public clouds have the first one.
AUDIENCES = {
    "gcc_high": "api://AzureADTokenExchangeUSGov",
    "dod": "api://AzureADTokenExchangeUSGov",
    "china": "api://AzureADTokenExchangeChina",
}
PUBLIC_AUDIENCE = "api://AzureADTokenExchange"
DEVOPS = re.compile(r"[?&]serviceConnectionId=", re.IGNORECASE)


def token_in(text: str, option: str) -> str:
    """Return a token without the blanks around it; a header cannot hold any other text."""
    token = text.strip()
    if not token or not re.fullmatch(r"[!-~]+", token):
        raise ConfigurationError(f"{option} holds no token; it takes the token itself, without quotes or other lines.")
    return token


class FederatedToken:
    """A federated token as msal asks for it, once for each access token.

    The first time that is ``text``, unless it has expired; from then on what ``renew`` returns, where there is a way.
    """

    def __init__(self, text: str, renew: Callable[[], str] | None, now: Callable[[], float]) -> None:
        self._text = text
        self._renew = renew
        self._now = now
        self._used = False

    def __call__(self) -> str:
        """Return a token."""
        used, self._used = self._used, True
        if self._renew and (used or self._has_expired()):
            return self._renew()
        return self._text

    def _has_expired(self) -> bool:
        """Tell whether the token says so itself; of one that says nothing it is for the sign-in service to judge."""
        try:
            part = self._text.split(".")[1]
            return float(read_json(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))["exp"]) <= self._now()
        except UNREADABLE:
            return False


@dataclasses.dataclass(frozen=True)
class OidcRequest:
    """Where a CI system issues tokens for the job that is running; ``token`` goes there and to nowhere else.

    ``service_connection_id`` is that of Azure DevOps, which issues tokens for a service connection.
    """

    address: Address
    token: str
    audience: str
    service_connection_id: str | None = None

    @classmethod
    def to(cls, url: str, token: str, cloud: str, service_connection_id: str | None) -> OidcRequest:
        """Return the request for options. Raises ``ConfigurationError`` for where the token must not go."""
        address = parsed(url.strip())
        if address is None or address.scheme != "https":
            raise ConfigurationError(
                "oidc_request_url is no https address, so oidc_request_token is not sent there;"
                " give the address that the CI system exports."
            )
        return cls(
            address,
            token_in(token, "oidc_request_token"),
            AUDIENCES.get(cloud, PUBLIC_AUDIENCE),
            service_connection_id,
        )

    def fetch(self, session: HttpSession) -> str:
        """Return a fresh token. Raises ``AuthenticationError`` when none is given."""
        devops = bool(self.service_connection_id or DEVOPS.search(self.address.query))
        answer = session.request(
            "POST" if devops else "GET",
            self.address.url + self._more_query(devops),
            headers={"Authorization": f"Bearer {self.token}", "Accept": "application/json"},
            data=b"" if devops else None,
            largest=MEGABYTE,
            option="oidc_request_url",
        )
        try:
            found = read_json(answer.body)["oidcToken" if devops else "value"] if answer.status == 200 else None
        except UNREADABLE:
            found = None
        if not isinstance(found, str) or not found:
            raise AuthenticationError(
                f"{self.address.host} of oidc_request_url gave no federated token (HTTP status {answer.status}): check"
                " that the job may ask for one (GitHub: permissions, id-token: write; Azure DevOps: System.AccessToken"
                " and the id of a service connection that the pipeline may use).",
                status=answer.status,
            )
        return token_in(found, "The answer of oidc_request_url")

    def _more_query(self, devops: bool) -> str:
        """Return what the address still lacks."""
        query = self.address.query.lower()
        wanted = {"audience": quote(self.audience, safe="")}
        if devops:
            wanted = {"api-version": "7.1", "serviceConnectionId": quote(self.service_connection_id or "", safe="")}
        lacking = [f"{name}={text}" for name, text in wanted.items() if f"{name.lower()}=" not in query]
        return ("&" if query else "?") + "&".join(lacking) if lacking else ""
