# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests to the Web API of one environment: address, token, headers, and what an error answer means.

Source: Microsoft documentation, Compose HTTP requests and handle errors.
This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from .._errors import TransportError
from .._transport.addresses import parsed
from .._transport.auth import TokenSource
from .._transport.http import HttpSession
from .._transport.messages import Response, Sink, StreamedBody
from .._transport.retry_policy import RetryPolicy
from .batch_size import LARGEST_BATCH, BatchSize
from .rows import Request, Row
from .service_errors import is_service_protection, json_object, refusal

HEADERS = {
    "Accept": "application/json",
    "OData-MaxVersion": "4.0",
    "OData-Version": "4.0",
    "If-None-Match": "null",  # asks for the current state, never for a cached one
}
JSON = "application/json; charset=utf-8"
AGAIN = RetryPolicy(refused=is_service_protection)
ONCE = RetryPolicy(repeatable=False, refused=is_service_protection)
# For what is not sent again on suspicion but knows no other reason for a 429 than that it was not begun.
IN_TURN = RetryPolicy(repeatable=False, refused=lambda response: response.status == 429)


class WebApi:
    """Sends requests with a token to one environment and to nowhere else.

    ``root`` is the address of the Web API with a slash at its end; ``request_count`` counts requests, those sent
    again by the retry policy once; ``batch_sizes`` are what batches of reads and those with writes have shown so far.
    """

    def __init__(self, environment_url: str, session: HttpSession, tokens: TokenSource) -> None:
        self.root = environment_url + "/api/data/v9.2/"
        self.session = session
        self.tokens = tokens
        self.request_count = 0
        self.batch_sizes = {"read": BatchSize(LARGEST_BATCH), "write": BatchSize()}

    def attempted(self, method: str, path: str) -> str:
        """Say what was tried, for messages: method, action or table, and environment; no query."""
        name = path.removeprefix(self.root).partition("?")[0]
        return f"{method} {name} in {self.root.removesuffix('/api/data/v9.2/')}"

    def send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | bytes | StreamedBody | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        repeatable: bool = True,
        policy: RetryPolicy | None = None,
        stream_to: Sink | None = None,
        timeout: float = 0,
    ) -> Response:
        """Send a request and return its successful answer.

        ``path`` is relative to the root, or an ``@odata.nextLink``; ``policy`` follows from ``repeatable`` by default.
        A token that the environment does not accept is replaced once. Raises the error that ``refusal`` makes of an
        answer without success.
        """
        url = self._url(path)
        content = json.dumps(body).encode() if isinstance(body, Mapping) else body
        policy = policy or (AGAIN if repeatable else ONCE)
        wanted = {**HEADERS, **({} if body is None else {"Content-Type": JSON}), **(headers or {})}
        for last_token in (False, True):
            wanted["Authorization"] = f"Bearer {self.tokens.token()}"
            wanted["x-ms-client-request-id"] = str(uuid.uuid4())
            self.request_count += 1
            response = self.session.request(
                method, url, headers=wanted, data=content, retry=policy, stream_to=stream_to, timeout=timeout
            )
            if response.status != 401 or last_token:
                break
            self.tokens.forget()
        if not 200 <= response.status < 300:
            raise refusal(response, self.attempted(method, path), repeatable=repeatable)
        return response

    def json(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | StreamedBody | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        repeatable: bool = True,
        timeout: float = 0,
    ) -> Row:
        """Send a request and return the JSON object of its answer, without members when it has no content."""
        response = self.send(method, path, body, headers=headers, repeatable=repeatable, timeout=timeout)
        attempted = self.attempted(method, path)
        return Row(json_object(response, attempted, repeatable=repeatable), Request(attempted, repeatable))

    def _url(self, path: str) -> str:
        """Return the full address; refuse one outside this environment, where the token must not go."""
        address = parsed(path if "://" in path.partition("?")[0] else self.root + path)
        if address is None or not address.url.startswith(self.root):
            raise TransportError(
                f"{self.root} continues its answer at"
                f" {address.origin + address.path if address else 'an unusable address'}, outside of itself,"
                " where the access token must not go; check for a proxy that rewrites answers."
            )
        return address.url
