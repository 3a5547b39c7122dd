# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bytes over HTTPS: one session per task, one closed retry policy, one wording for broken connections.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import io
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from .._clock import Clock
from .._errors import ConfigurationError, OutcomeUnknownError, TransportError
from .._version import VERSION
from .addresses import Address, parsed
from .bounds import (
    CURRENT,
    LARGEST_ANSWER,
    LARGEST_ERROR,
    LARGEST_FILE,
    PATIENCE,
    Budget,
    TimedBody,
    UnacceptableAnswerError,
    too_large,
)
from .connection_failures import Failure, explain
from .messages import Response, Sink, StreamedBody, WholeBody
from .peers import Peer, peer_at, socket_of
from .retry_policy import LONGEST_PAUSE, REPEATABLE, RetryPolicy, backoff, retry_after

try:
    import requests
    import urllib3
except ImportError:
    REQUESTS_FOUND = False
else:
    from .bounds import BoundedAdapter

    REQUESTS_FOUND = True

USER_AGENT = f"coe.power_platform/{VERSION}"
REDIRECTS = frozenset({301, 302, 303, 307, 308})
PAST_PROXIES: Any = {"http": None, "https": None}
ENCODINGS = frozenset({"identity", "gzip", "x-gzip"})
CHUNK = 64 * 1024


class HttpSession:
    """The HTTPS connections of one task.

    ``verify`` is True, False, or the path of a file with trusted authorities; ``timeout`` counts seconds without
    a byte; ``patience`` the seconds for which a service may keep one request waiting, if that is longer than an
    exchange may take; ``on_retry`` is told in one sentence why a request goes out again.
    """

    def __init__(
        self,
        *,
        verify: bool | str = True,
        timeout: float = 120,
        patience: float = 0,
        user_agent: str = USER_AGENT,
        on_retry: Callable[[str], None] | None = None,
        clock: Clock | None = None,
    ) -> None:
        if not REQUESTS_FOUND:
            raise ConfigurationError("The Python library requests is missing, install the package requests with pip.")
        self._session = requests.Session()
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, BoundedAdapter())
        # gzip is what all versions of urllib3 decode piece by piece.
        self._session.headers.update({"User-Agent": user_agent, "Accept-Encoding": "gzip"})
        self._session.auth = _keep_headers
        # requests prepares to follow a redirect even when it must not: it reads the whole answer and parses its target.
        self._session.get_redirect_target = lambda answer: None  # type: ignore[method-assign, assignment]
        self._verify = verify
        self.timeout = timeout
        self.patience = min(max(patience, self.longest()), LONGEST_PAUSE)
        self._on_retry = on_retry
        self._socket: Any = None
        self.clock = clock or Clock()

    @property
    def peer(self) -> Peer | None:
        """Who answered last, as its certificate tells; None when that connection is gone."""
        return peer_at(self._socket)

    def close(self) -> None:
        """Close all connections."""
        self._session.close()

    def longest(self, timeout: float = 0) -> float:
        """Return the seconds that one exchange may take altogether."""
        return PATIENCE * max(timeout, self.timeout)

    def pause(self, seconds: float, reason: str) -> None:
        """Wait, and tell why."""
        if self._on_retry:
            self._on_retry(f"{reason}, trying again in {seconds:.0f} s")
        self.clock.sleep(seconds)

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        data: bytes | StreamedBody | None = None,
        retry: RetryPolicy = REPEATABLE,
        stream_to: Sink | None = None,
        timeout: float = 0,
        direct: bool = False,
        largest: int = LARGEST_ANSWER,
        option: str = "environment_url",
    ) -> Response:
        """Send a request, again where the policy allows it, and return the last answer whatever its status.

        ``stream_to`` takes the body of a 200; ``timeout`` counts where it is longer than the session's; ``direct`` goes
        past all proxies; ``largest`` counts the bytes of an answer without error; ``option`` is the connection option
        that the URL comes from, for messages.
        Raises ``TransportError`` when nothing was carried out, ``OutcomeUnknownError`` when that cannot be told.
        """
        address = _usable(url, option)
        body = WholeBody(data) if isinstance(data, bytes) else data
        most = largest if stream_to is None else LARGEST_FILE
        exchange = _Exchange(
            method, dict(headers or {}), body, max(timeout, self.timeout), stream_to, direct, most, option
        )
        what, waited = f"{method} {address.path}", 0.0
        for attempt in range(1, retry.attempts + 1):
            last = attempt == retry.attempts
            if body is not None:
                body.complete = False
            if not retry.repeatable:
                # On a kept connection that the server is just closing it could not be told whether the request arrived.
                self._session.close()
            try:
                response = self._exchange(address, exchange)
            except (requests.exceptions.RequestException, UnacceptableAnswerError) as error:
                failure = explain(error, address.netloc, option)
                delivered = failure.delivered and (body is None or body.complete)
                if last or not failure.temporary or (delivered and not retry.repeatable):
                    raise _no_answer(what, failure, delivered and not retry.repeatable) from error
                self.pause(backoff(attempt), f"{what} failed: {failure.reason}")
                continue
            asked = retry_after(response, self.clock.time())
            seconds = asked or backoff(attempt)
            waited += seconds
            if last or not retry.allows_after(response) or waited > self.patience:
                break
            self.pause(seconds, f"{what} was answered with {response.status}")
        return dataclasses.replace(response, wait=asked) if asked else response

    def _exchange(self, address: Address, exchange: _Exchange) -> Response:
        """Send a request once, following redirects of reads within the same origin."""
        budget = Budget(self.clock, self.longest(exchange.timeout), exchange.largest)
        CURRENT.set(budget)
        for _hop in range(5):
            response = self._send(address.url, exchange, budget)
            location = response.headers.get("Location")
            if response.status not in REDIRECTS or not location:
                return response
            target = address.joined(location)
            if exchange.method != "GET" or target is None or target.origin != address.origin:
                break
            address = target
        raise TransportError(
            f"{exchange.method} {address.path} was redirected from {address.origin} to"
            f" {target.origin if target else 'an unusable address'}, which is not followed;"
            f" set {exchange.option} to the address that answers itself.",
            status=response.status,
        )

    def _send(self, url: str, exchange: _Exchange, budget: Budget) -> Response:
        """Send a request once and read the answer."""
        with warnings.catch_warnings():
            # The user chose validate_certs: false; a warning for each request would only hide others.
            warnings.simplefilter("ignore", urllib3.exceptions.InsecureRequestWarning)
            try:
                answer = self._session.request(
                    exchange.method,
                    url,
                    headers=exchange.headers,
                    data=exchange.body and TimedBody(exchange.body, budget),
                    proxies=PAST_PROXIES if exchange.direct else None,
                    timeout=exchange.timeout,
                    # Goes with each request: requests lets REQUESTS_CA_BUNDLE win over Session.verify.
                    verify=self._verify,
                    stream=True,
                    allow_redirects=False,
                )
            except requests.exceptions.RequestException:
                raise
            except OSError as error:
                raise ConfigurationError(
                    "The file of trusted certificate authorities cannot be read,"
                    " check ca_path and the environment variables REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE."
                ) from error
        with answer:
            self._socket = socket_of(answer)
            return Response(answer.status_code, answer.headers, _body(answer, exchange), url)


@dataclasses.dataclass(frozen=True)
class _Exchange:
    """A request as it goes out, several times if need be, and what its answer may be."""

    method: str
    headers: dict[str, str]
    body: StreamedBody | None
    timeout: float
    sink: Sink | None
    direct: bool
    largest: int
    option: str


def _body(answer: Any, exchange: _Exchange) -> bytes:
    """Return the body of an answer, nothing where the sink takes it, and of an error as much as messages need."""
    encoding = answer.headers.get("Content-Encoding") or "identity"
    if encoding.lower() not in ENCODINGS:
        raise UnacceptableAnswerError(f"answered in an encoding that nobody asked for ({encoding})")
    memory, write = io.BytesIO(), exchange.sink.write if exchange.sink and answer.status_code == 200 else None
    if exchange.sink and write:
        exchange.sink.reset()
    failed = answer.status_code >= 300
    left = LARGEST_ERROR if failed else exchange.largest
    for chunk in _chunks(answer):
        left -= len(chunk)
        if left < 0 and not failed:
            raise too_large(exchange.largest)
        if left < 0:
            break
        (write or memory.write)(chunk)
    return memory.getvalue()


def _chunks(answer: Any) -> Iterator[bytes]:
    """Yield the decoded bytes of an answer."""
    try:
        yield from answer.iter_content(CHUNK)
    except ValueError as error:  # http.client's for a chunk of less than no bytes
        raise UnacceptableAnswerError("broke the rules of HTTP, check any proxy on the way") from error


def headers_from(lines: Iterable[str]) -> Mapping[str, str]:
    """Return the headers in lines such as ``Retry-After: 5``; names count in any case."""
    pairs = [line.partition(":") for line in lines if line]
    return requests.structures.CaseInsensitiveDict({name.strip(): value.strip() for name, _colon, value in pairs})


def _usable(url: str, option: str) -> Address:
    """Return the address that a URL is. Raises ``TransportError`` for one that might be read in two ways."""
    address = parsed(url)
    if address is None:
        raise TransportError(f"{option} leads to an unusable address, to which nothing is sent; correct {option}.")
    return address


def _keep_headers(request: Any) -> Any:
    """Authenticate nothing; without any such function requests would replace our token by a ~/.netrc entry."""
    return request


def _no_answer(what: str, failure: Failure, unknown: bool) -> TransportError | OutcomeUnknownError:
    """Return the error for a request that brought no answer."""
    if unknown:
        return OutcomeUnknownError(f"Whether {what} was carried out is unknown: {failure.reason}.")
    return TransportError(f"{what} failed: {failure.reason}.")
