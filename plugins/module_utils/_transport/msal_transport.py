# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How msal talks: through our own session.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from .._errors import AuthenticationError
from .addresses import parsed
from .bounds import MEGABYTE
from .http import HttpSession
from .messages import Response, read_json
from .retry_policy import RetryPolicy

SECRET_FIELDS = frozenset({"client_secret", "client_assertion", "assertion", "password", "refresh_token"})
SECRET_HEADERS = frozenset({"authorization", "secret", "x-identity-header"})  # those of managed identities
TOKENS = frozenset({"access_token", "id_token", "refresh_token"})
TOKEN = re.compile("[!-~]+")  # what a header can hold
# What msal reads of an answer without looking at it first: texts, and numbers that may be texts.
TEXTS = ("token_endpoint", "authorization_endpoint", "issuer")
SECONDS = ("expires_in", "expires_on", "ext_expires_in", "refresh_in")


@dataclass(frozen=True)
class _MsalAnswer:
    """An answer in the shape that msal reads."""

    status_code: int
    text: str
    headers: Mapping[str, str]


class MsalTransport:
    """Lets msal talk through our session: its time-outs, certificate authorities, retries and messages.

    ``post_to`` holds the origins that a POST, which carries a credential, may go to; None stands for all.
    ``secrets`` takes what is sent as a credential or comes as a token.
    """

    def __init__(
        self,
        session: HttpSession,
        *,
        retry: RetryPolicy,
        option: str,
        secrets: set[str],
        direct: bool = False,
        post_to: Set[str] | None = None,
    ) -> None:
        self._session = session
        self._secrets = secrets
        self._post_to = post_to
        self._settings: dict[str, Any] = {"retry": retry, "direct": direct, "largest": MEGABYTE, "option": option}

    def get(
        self, url: str, *, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> _MsalAnswer:
        """Send a GET for msal."""
        self._note(headers or {}, SECRET_HEADERS)
        query = f"?{urlencode(params)}" if params else ""
        return self._answer(self._session.request("GET", url + query, headers=headers, **self._settings))

    def post(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> _MsalAnswer:
        """Send a POST for msal; asking for a token twice does no harm."""
        self._require_own_endpoint(url)
        self._note(data or {}, SECRET_FIELDS)
        query = f"?{urlencode(params)}" if params else ""
        form = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
        content = urlencode(data or {}).encode()
        return self._answer(self._session.request("POST", url + query, headers=form, data=content, **self._settings))

    def _require_own_endpoint(self, url: str) -> None:
        """Refuse an address that the sign-in service names as its own although it is another's."""
        address = parsed(url)
        if self._post_to is not None and (address is None or address.origin not in self._post_to):
            raise AuthenticationError(
                f"The sign-in service wants the credential to be sent to"
                f" {address.origin if address else 'an unusable address'}, which is not its own, so it was not sent;"
                " check authority, cloud and any proxy on the way."
            )

    def close(self) -> None:
        """Do nothing: the session belongs to the task."""

    def _note(self, values: Mapping[str, Any], names: Set[str]) -> None:
        """Remember values that no output may hold."""
        found = [value for name, value in values.items() if name.lower() in names]
        # msal signs an assertion as bytes.
        self._secrets.update(value.decode() if isinstance(value, bytes) else str(value) for value in found)

    def _answer(self, response: Response) -> _MsalAnswer:
        """Return an answer that msal can use: JSON, and no server's failure, which msal would not translate."""
        document = _document(response)
        self._note(document or {}, TOKENS)
        if response.status >= 500 or document is None or not _is_usable(document):
            raise AuthenticationError(
                f"The sign-in service {urlsplit(response.url).netloc} answered with HTTP status {response.status}"
                " and no usable content; check authority and any proxy on the way, or run the task again"
                f" {f'in {response.wait:.0f} seconds' if response.wait else 'later'}.",
                status=response.status,
            )
        return _MsalAnswer(response.status, response.body.decode("utf-8-sig"), dict(response.headers))


def _document(response: Response) -> dict[str, Any] | None:
    """Return the members of an answer, or None when it is no JSON object."""
    try:
        document = read_json(response.body)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _is_usable(document: Mapping[str, Any]) -> bool:
    """Tell whether msal can read the members of an answer, and a header hold its token."""
    token = document.get("access_token", "none")
    texts = all(isinstance(document.get(name, ""), str) for name in TEXTS)
    seconds = all(re.fullmatch(r"\d{1,12}", str(document.get(name, 0))) for name in SECONDS)
    return isinstance(token, str) and bool(TOKEN.fullmatch(token)) and texts and seconds
