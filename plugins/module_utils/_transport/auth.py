# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens for one environment: ready-made, from Microsoft Entra, or from the machine's managed identity.

Source: MSAL for Python, ConfidentialClientApplication and ManagedIdentityClient.
This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import urlsplit

from .._errors import AuthenticationError, ConfigurationError, TransportError
from .http import HttpSession
from .msal_transport import MsalTransport
from .retry_policy import REPEATABLE, RetryPolicy
from .sign_in_errors import sign_in_error

OLDEST_MSAL = (1, 35)  # the first that computes a certificate's thumbprint

# One process asks an authority for its configuration once, whatever number of environments it serves.
AUTHORITY_ANSWERS: dict[str, Any] = {}


class TokenSource(Protocol):
    """Gives the access token for one environment."""

    @property
    def secrets(self) -> set[str]:
        """Values that no output may hold."""

    def token(self) -> str:
        """Return a token that is valid for some time yet. Raises ``AuthenticationError``."""

    def forget(self) -> None:
        """Drop the token because the environment does not accept it. Raises when there cannot be another."""


class StaticToken:
    """A token that the user obtained."""

    def __init__(self, token: str) -> None:
        self._token = token

    @property
    def secrets(self) -> set[str]:
        """The token."""
        return {self._token}

    def token(self) -> str:
        """Return the token."""
        return self._token

    def forget(self) -> None:
        """Fail: a ready token cannot be replaced."""
        raise AuthenticationError(
            "The environment does not accept access_token, which has expired or was issued for another environment;"
            " obtain a new one with the scope <environment_url>/.default, or give a credential instead.",
            status=401,
        )


class _MsalToken(ABC):
    """A token that msal obtains and keeps until shortly before its end."""

    def __init__(self, secrets: set[str]) -> None:
        self._secrets = set(secrets)
        self._application: Any = None

    @property
    def secrets(self) -> set[str]:
        """The credential's secret parts, all that was sent as such, and all tokens so far."""
        return set(self._secrets)

    def token(self) -> str:
        """Return msal's token, a new one when the old one is about to end."""
        msal = _msal()
        if self._application is None:
            self._application = self._make_application(msal)
        answer = self._acquire(self._application)
        if "access_token" not in answer:
            raise self._error(answer)
        return str(answer["access_token"])

    def forget(self) -> None:
        """Drop msal's token cache, so that the next token is a new one."""
        self._application = None

    @abstractmethod
    def _make_application(self, msal: Any) -> Any:
        """Return the msal object that obtains tokens."""

    @abstractmethod
    def _acquire(self, application: Any) -> dict[str, Any]:
        """Return msal's answer: a token or an error."""

    @abstractmethod
    def _error(self, answer: dict[str, Any]) -> AuthenticationError:
        """Translate msal's error."""


class ApplicationToken(_MsalToken):
    """A token of an app registration, obtained with a secret, a certificate or a federated token.

    ``credential`` returns what msal takes as ``client_credential``; it is read anew after ``forget``. It is sent to
    the origin of ``authority`` and to ``cloud_origin``, that of the cloud's sign-in service, and to nowhere else.
    """

    def __init__(
        self,
        *,
        authority: str,
        client_id: str,
        environment_url: str,
        credential: Callable[[], Any],
        secrets: set[str],
        cloud_origin: str,
        session: HttpSession,
    ) -> None:
        super().__init__(secrets)
        self._authority = authority
        self._client_id = client_id
        self._environment_url = environment_url
        self._credential = credential
        origins = {f"https://{urlsplit(authority).netloc}", cloud_origin}
        self._transport = MsalTransport(
            session, retry=REPEATABLE, option="authority", secrets=self._secrets, post_to=origins
        )

    def _make_application(self, msal: Any) -> Any:
        try:
            return msal.ConfidentialClientApplication(
                self._client_id,
                authority=self._authority,
                client_credential=self._credential(),
                # The authority is the user's or from our table; asking Microsoft's public cloud about it adds nothing.
                instance_discovery=False,
                http_client=self._transport,
                http_cache=AUTHORITY_ANSWERS,
            )
        except (ValueError, KeyError) as error:  # msal's only signs of an unknown tenant, or of no authority at all
            raise AuthenticationError(
                f"{urlsplit(self._authority).netloc} does not know the tenant {urlsplit(self._authority).path[1:]!r},"
                " correct tenant_id, cloud or authority."
            ) from error

    def _acquire(self, application: Any) -> dict[str, Any]:
        answer: dict[str, Any] = application.acquire_token_for_client([f"{self._environment_url}/.default"])
        return answer

    def _error(self, answer: dict[str, Any]) -> AuthenticationError:
        return sign_in_error(answer, client_id=self._client_id, environment_url=self._environment_url)


class ManagedIdentityToken(_MsalToken):
    """A token of the machine's managed identity, of the user-assigned one when ``client_id`` is given."""

    def __init__(self, *, client_id: str | None, environment_url: str, session: HttpSession) -> None:
        super().__init__(set())
        self._client_id = client_id
        self._environment_url = environment_url
        # The endpoint is link-local: no proxy leads there, and where it is missing nothing answers at all.
        self._transport = MsalTransport(
            session, retry=RetryPolicy(attempts=2), option="managed_identity", secrets=self._secrets, direct=True
        )

    def _make_application(self, msal: Any) -> Any:
        identity = (
            msal.UserAssignedManagedIdentity(client_id=self._client_id)
            if self._client_id
            else msal.SystemAssignedManagedIdentity()
        )
        return msal.ManagedIdentityClient(identity, http_client=self._transport)

    def _acquire(self, application: Any) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = application.acquire_token_for_client(resource=self._environment_url)
        except (TransportError, AuthenticationError) as error:
            raise AuthenticationError(
                "This machine offers no managed identity (its token endpoint does not answer as one);"
                " run the task on an Azure machine with an identity, or give another credential."
            ) from error
        return answer

    def _error(self, answer: dict[str, Any]) -> AuthenticationError:
        reason = str(answer.get("error_description") or answer.get("error")).rstrip(".")
        return AuthenticationError(
            f"The managed identity got no token: {reason};"
            " check that the identity is assigned to this machine and that client_id names it."
        )


def _msal() -> Any:
    """Return the library msal, which only those need who bring no ready token."""
    try:
        import msal  # type: ignore[import-untyped, unused-ignore]
    except ImportError as error:
        raise ConfigurationError(
            "The Python library msal is missing, install the package msal with pip or give access_token."
        ) from error
    if tuple(int(number) for number in msal.__version__.split(".")[:2]) < OLDEST_MSAL:
        raise ConfigurationError(
            f"The Python library msal {msal.__version__} is too old, install version"
            f" {'.'.join(map(str, OLDEST_MSAL))} or newer with pip."
        )
    # Without a handler of its own Python would print msal's log of failures beside our message.
    logging.getLogger("msal").addHandler(logging.NullHandler())
    return msal
