# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables, actions and functions of one environment.

Source: Microsoft documentation, Use the Microsoft Dataverse Web API, v9.2.
This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from .._clock import Clock
from .._errors import AnswerError, ApiError, NotFoundError, PowerPlatformError, UnavailableError
from .._transport.auth import TokenSource
from .._transport.credentials import time_limit, token_source, trusted_authorities
from .._transport.environment_urls import environment_address
from .._transport.http import HttpSession
from .._transport.messages import Response
from .._transport.peers import Peer
from .batch import BatchRequest, Reply, run_batch
from .odata import all_of, columns, function_call, joined, resource, row_id
from .privileges import find_lacking_privileges
from .rows import Row, UnreadRows
from .service_errors import unreadable
from .streams import Base64Member, FileInJson
from .web_api import WebApi

LARGEST_PAGE = 5000
PAGE = {"Prefer": f"odata.maxpagesize={LARGEST_PAGE}"}  # each page's request must ask for it
MOST_PAGES = 10_000
LISTING = 3  # how many times the seconds of one exchange all pages of a listing may take together
LONGEST_QUERY = 6000
FILE_TIMEOUT = 600.0  # seconds without a byte while the service validates or packs a whole solution

OWN_TIMEOUTS = ("wait_timeout", "lock_timeout")  # of tasks that wait; so long may the service keep them waiting, too
MOST_WARNINGS = 10  # of rows that cannot be read, lest a table of them drowns all other warnings

T = TypeVar("T")
Rows = list[Row]  # the class has a method named list
Replies = list[Reply]


class DataverseClient:
    """Reads and writes tables, calls actions and functions. Nothing is sent before the first call.

    ``environment_url`` is the environment's address without a slash at the end. All calls raise children of
    ``PowerPlatformError``: ``ApiError`` for refusals, ``AuthenticationError`` when no token can be had or none is
    accepted, ``TransportError`` when nothing was carried out, and ``OutcomeUnknownError`` when a request that must
    not be repeated got no clear answer.
    """

    def __init__(
        self,
        environment_url: str,
        session: HttpSession,
        tokens: TokenSource,
        warn: Callable[[str], object] | None = None,
    ) -> None:
        self.environment_url = environment_url
        self._warn = warn
        self._warnings: set[str] = set()
        self._left_out = 0
        self._session = session
        self._tokens = tokens
        self._api = WebApi(environment_url, session, tokens)

    @classmethod
    def from_params(
        cls,
        params: Mapping[str, Any],
        environ: Mapping[str, str] | None = None,
        on_retry: Callable[[str], None] | None = None,
        clock: Clock | None = None,
        warn: Callable[[str], object] | None = None,
    ) -> DataverseClient:
        """Return a client for the connection options; ``on_retry`` is told why a request goes out again.

        ``warn`` is told of rows that are left out because they cannot be read.
        ``environ`` holds the environment variables, those of the process by default.

        Raises ``ConfigurationError`` for options that cannot work.
        """
        address = environment_address(params["environment_url"])
        session = HttpSession(
            verify=trusted_authorities(params),
            timeout=time_limit(params),
            patience=max(params.get(option) or 0 for option in OWN_TIMEOUTS),
            on_retry=on_retry,
            clock=clock,
        )
        tokens = token_source(params, os.environ if environ is None else environ, session)
        return cls(address, session, tokens, warn)

    @property
    def clock(self) -> Clock:
        """The clock by which whatever concerns this environment is measured and waited for."""
        return self._session.clock

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    @property
    def secrets(self) -> set[str]:
        """Values that no output may hold: the credential and the tokens obtained with it."""
        return self._tokens.secrets

    @property
    def peer(self) -> Peer | None:
        """Who answered last, as its certificate tells."""
        return self._session.peer

    def exchange(self, path: str) -> Response:
        """Return the answer to a read with its headers, for who asks about the exchange itself."""
        return self._api.send("GET", path)

    @property
    def request_count(self) -> int:
        """How many requests went to the environment; one that the retry policy sent again counts once."""
        return self._api.request_count

    def get(self, path: str, params: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None) -> Row:
        """Return one record, or a function's result. Raises ``NotFoundError`` when there is none."""
        return self._api.json("GET", resource(path, params), headers=headers)

    def find(
        self, path: str, params: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> Row | None:
        """Return one record, or None when there is none."""
        try:
            return self.get(path, params, headers)
        except NotFoundError:
            return None

    def list(
        self,
        entity_set: str,
        *,
        select: Iterable[str] | str | None,
        filter: str | None = None,
        orderby: str | None = None,
        expand: str | None = None,
        headers: Mapping[str, str] | None = None,
        page_size: int = LARGEST_PAGE,
    ) -> Iterator[Row]:
        """Yield the rows of a table, page by page, in the order of the service.

        One page is in memory at a time, so rows with big texts need a smaller ``page_size``.
        """
        options = {"$select": columns(select), "$filter": filter, "$orderby": orderby, "$expand": expand}
        paged = _paged(headers, page_size)
        yield from self.rows(self._api.json("GET", resource(entity_set, options), headers=paged), paged)

    def list_matching(
        self,
        entity_set: str,
        conditions: Sequence[str],
        *,
        select: Iterable[str] | str,
        also: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Rows:
        """Return the rows for which any of many conditions holds (and ``also``), each row once.

        One GET while its URL stays short, otherwise one $batch of several; no request without any condition.
        """
        paged = _paged(headers)
        paths = [
            resource(entity_set, {"$select": columns(select), "$filter": all_of(condition, also)})
            for condition in joined(conditions, LONGEST_QUERY)
        ]
        if len(paths) == 1:
            return list(self.rows(self._api.json("GET", paths[0], headers=paged), paged))
        rows: dict[str, Row] = {}
        for reply in self.batch([BatchRequest("GET", path, headers=paged) for path in paths]):
            if reply.error:
                raise reply.error
            # Rows carry their primary key even when it is not selected, so equal rows are one and the same.
            rows.update((json.dumps(dict(row), sort_keys=True), row) for row in self.rows(reply.body, paged))
        return list(rows.values())

    def create(self, entity_set: str, row: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> str:
        """Create a row and return its id. Source: Create a table row (204 with OData-EntityId)."""
        response = self._api.send("POST", entity_set, row, headers=headers, repeatable=False)
        id = row_id(response.headers.get("OData-EntityId", ""), entity_set)
        if id is None:
            raise unreadable(response, self._api.attempted("POST", entity_set), repeatable=False)
        return id

    def update(
        self,
        entity_set: str,
        id: str,
        changes: Mapping[str, Any],
        if_match: str = "*",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Change columns of a row; with the default ``if_match`` a missing row is an error and not created."""
        self._api.send("PATCH", f"{entity_set}({id})", changes, headers={"If-Match": if_match, **(headers or {})})

    def delete(self, entity_set: str, id: str) -> None:
        """Delete a row; one that is gone already is no error, also because a lost answer makes the request go twice."""
        with contextlib.suppress(NotFoundError):
            self._api.send("DELETE", f"{entity_set}({id})")

    def call(
        self,
        action: str,
        body: Mapping[str, Any] | None = None,
        *,
        idempotent: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> Row:
        """Call an action, unbound by its name or bound by its path; {} when it answers nothing.

        ``idempotent``: calling it twice does no more than calling it once, so a lost answer is no harm.
        """
        return self._api.json("POST", action, body or {}, headers=headers, repeatable=idempotent)

    def call_with_file(
        self,
        action: str,
        body: Mapping[str, Any],
        file_key: str,
        path: str | Path,
        *,
        checksum: str,
        idempotent: bool = False,
    ) -> Row:
        """Call an action whose parameter ``file_key`` is the file's content; the file is never in memory as a whole.

        Raises ``PackageError`` before all is sent when the file's SHA-256 is not ``checksum``.
        """
        content = FileInJson(body, file_key, path, checksum)
        return self._api.json("POST", action, content, repeatable=idempotent, timeout=FILE_TIMEOUT)

    def download(self, action: str, body: Mapping[str, Any], key: str, dest_file: BinaryIO) -> None:
        """Call an action that reads, and write the base64 member ``key`` of its answer to a seekable file."""
        sink = Base64Member(key, dest_file)
        attempted = self._api.attempted("POST", action)
        try:
            response = self._api.send("POST", action, body, stream_to=sink, timeout=FILE_TIMEOUT)
            if not sink.found:
                raise unreadable(dataclasses.replace(response, body=sink.head), attempted, repeatable=True)
            sink.rest()
        except ValueError as error:
            raise ApiError(f"{attempted} was answered with an unusable file: {error}.", status=200) from error

    @cached_property
    def identity(self) -> Row:
        """Who asks, a user or an application user, looked up once. Source: Web API function WhoAmI."""
        return self.function("WhoAmI")

    @cached_property
    def lacking_privileges(self) -> frozenset[str] | None:
        """What ``find_lacking_privileges`` says, asked once."""
        return find_lacking_privileges(self)

    def function(self, name: str, **parameters: Any) -> Row:
        """Call a function, unbound by its name or bound by its path, and return its result."""
        return self._api.json("GET", function_call(name, parameters))

    def batch(self, operations: Sequence[BatchRequest]) -> Replies:
        """Send operations together, 100 in a request at first, and return their replies, in order.

        An operation that fails does not stop the others; its reply holds the error.
        """
        return run_batch(self._api, operations)

    def rows(self, page: Row, headers: Mapping[str, str] | None = None) -> Iterator[Row]:
        """Yield the rows of a page and of those that follow it; ``headers`` as for the first."""
        yield from page.rows()
        seen: set[str] = set()
        seconds = 0.0
        while following := page.optional_text("@odata.nextLink"):
            if following in seen or len(seen) == MOST_PAGES or seconds > LISTING * self._session.longest():
                raise ApiError(f"The pages of {self._api.attempted('GET', following)} never end.", status=200)
            seen.add(following)
            begin = self.clock.monotonic()
            page = self._api.json("GET", following, headers=PAGE if headers is None else headers)
            seconds += self.clock.monotonic() - begin
            yield from page.rows()

    def read_each(self, reader: Callable[[Row], T], rows: Iterable[Row], *, tolerant: bool = True) -> Iterator[T]:
        """Return what ``reader`` makes of rows; when ``tolerant``, those that it cannot read are left out.

        Not to be tolerant of is a row whose absence would decide what is written.
        """
        if not tolerant:
            return map(reader, rows)
        return (found for _row, found in UnreadRows(self.leave_out).read(reader, rows))

    def go_without(self, error: PowerPlatformError, consequence: str, *, cosmetic: bool = False) -> None:
        """Warn, once, of what a task does without: all that it may do with a refusal that does not stop it.

        Raises any error but ``UnavailableError``, such as that of a malformed request, unless what is missing is
        ``cosmetic``: it makes no difference to anything but messages.
        """
        if not cosmetic and not isinstance(error, UnavailableError):
            raise error
        self.warn_once(f"{consequence}: {error}", consequence)

    def leave_out(self, error: AnswerError) -> None:
        """Warn of a row that cannot be read and is left out, once."""
        text = f"Left out is what cannot be read: {error}"
        if text not in self._warnings and self._left_out < MOST_WARNINGS:
            self._left_out += 1
            self.warn_once(text + " There may be more." * (self._left_out == MOST_WARNINGS), text)

    def warn_once(self, text: str, about: str | None = None) -> None:
        """Warn of something, unless something was said of it (by default that very text) before."""
        about = about or text
        if self._warn and about not in self._warnings:
            self._warnings.add(about)
            self._warn(text)


def _paged(headers: Mapping[str, str] | None, size: int = LARGEST_PAGE) -> dict[str, str]:
    """Return headers together with the wish for pages of so many rows, the largest ones by default."""
    wanted = dict(headers or {})
    return {**wanted, "Prefer": ",".join(filter(None, [wanted.get("Prefer"), f"odata.maxpagesize={size}"]))}
