# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may enter an environment: the bearer token, the application user behind it, impersonation."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from ..entra.tokens import InvalidTokenError, Tokens
from ..environments import security
from ..environments.environment import Environment
from ..environments.store import Row
from ..errors import USER_DISABLED, USER_NOT_MEMBER, ODataError


class UnauthorizedError(Exception):
    """401 with a challenge; the text goes into `error_description` when a token was sent."""


class Gate:
    """Checks tokens of one tenant; `tenant_id` goes into challenges."""

    def __init__(self, tokens: Tokens, tenant_id: str) -> None:
        self._tokens = tokens
        self._tenant_id = tenant_id

    def challenge(self, url: str, reason: str) -> dict[str, str]:
        """The WWW-Authenticate header by which clients find the authority.

        Source: 401 of an unauthenticated request.
        """
        base = f"https://{urlsplit(url).netloc}"
        value = f"Bearer authorization_uri={base}/{self._tenant_id}/oauth2/authorize, resource_id={url}/"
        if reason:
            value += f', error=invalid_token, error_description="{reason}"'
        return {"WWW-Authenticate": value}

    def claims(self, headers: Mapping[str, str], url: str) -> dict[str, str]:
        """The claims of a token that is good for the environment at this URL; UnauthorizedError otherwise."""
        token = _bearer_token(headers)
        if not token:
            raise UnauthorizedError("")
        try:
            claims = self._tokens.verify(token)
        except InvalidTokenError as error:
            raise UnauthorizedError(str(error)) from error
        if not _same_place(str(claims["aud"]), url):
            raise UnauthorizedError(f"The audience '{claims['aud']}' is invalid for this resource.")
        return claims

    def expire(self, headers: Mapping[str, str]) -> None:
        """From now on the token that came with this request counts as expired."""
        self._tokens.expire(_bearer_token(headers))

    def user(self, environment: Environment, claims: Mapping[str, str], headers: Mapping[str, str]) -> Row:
        """The systemuser the request runs as; 403 without application user, when disabled, or without the right to act
        for somebody else.
        """
        user = environment.store.first("systemuser", applicationid=claims["appid"])
        if user is None:
            raise ODataError(403, USER_NOT_MEMBER, "The user is not a member of the organization.")
        if user["isdisabled"]:
            raise ODataError(
                403,
                USER_DISABLED,
                f"The specified user(Id = {user['systemuserid']}) in the organization is disabled. Consider enabling "
                "this user.",
            )
        return _impersonated(environment, user, headers)


def _bearer_token(headers: Mapping[str, str]) -> str:
    kind, _dummy, token = headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def _impersonated(environment: Environment, user: Row, headers: Mapping[str, str]) -> Row:
    """Source: "Impersonate another user using the Web API"."""
    column, wanted = "azureactivedirectoryobjectid", headers.get("callerobjectid")
    if wanted is None:
        column, wanted = "systemuserid", headers.get("mscrmcallerid")
    if wanted is None:
        return user
    security.require(environment.store, user, "prvActOnBehalfOfAnotherUser")
    other = environment.store.first("systemuser", **{column: wanted.lower()})
    if other is None:
        raise ODataError(403, USER_NOT_MEMBER, "The user is not a member of the organization.")
    return other


def _same_place(audience: str, resource: str) -> bool:
    """Equal URLs; the loopback's name and number count as the same host."""
    ours, theirs = urlsplit(resource), urlsplit(audience)
    loopback = {"localhost", "127.0.0.1"}
    same_host = theirs.hostname == ours.hostname or {theirs.hostname, ours.hostname} <= loopback
    return same_host and theirs.port == ours.port and theirs.path.strip("/") == ours.path.strip("/")
