# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one exchange may take, in seconds and in bytes, from the first byte that is sent to the last that comes.

A time-out of a socket counts from byte to byte, so a byte now and then would keep a task for ever; it is measured here
below everything that reads, so that status lines, headers, chunks and bodies count alike.
This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import http.client
import io
import socket
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

from .._clock import Clock
from .messages import StreamedBody

try:
    import requests
    import urllib3
except ImportError:
    REQUESTS_FOUND = False
else:
    REQUESTS_FOUND = True

MEGABYTE = 1024 * 1024
LARGEST_ANSWER = 256 * MEGABYTE  # several times the largest pages and batches
LARGEST_FILE = 1024 * MEGABYTE  # as base64; a solution package has at most 128 MB
LARGEST_ERROR = MEGABYTE
HEADERS = MEGABYTE  # around a body: headers, and the sizes of its chunks
PATIENCE = 10  # how many times the seconds without a byte a whole exchange may take


class UnacceptableAnswerError(OSError):
    """An answer that is not read to its end; its text completes the sentence "<host> ..."."""


class Budget:
    """What is left to one exchange of its seconds and of the bytes of its answer as they come over the wire."""

    def __init__(self, clock: Clock, seconds: float, size: int) -> None:
        self._clock = clock
        self._seconds = seconds
        self._end = clock.monotonic() + seconds
        self._size = size
        self._left = size + HEADERS

    def seconds_left(self) -> float:
        """Return how many seconds are left. Raises ``UnacceptableAnswerError`` when there are none."""
        left = self._end - self._clock.monotonic()
        if left <= 0:
            raise UnacceptableAnswerError(
                f"did not come to the end of its answer within {self._seconds:.0f} seconds,"
                " check the network or raise request_timeout"
            )
        return left

    def take(self, count: int) -> None:
        """Take the bytes that have come. Raises ``UnacceptableAnswerError`` when they are too many."""
        self._left -= count
        if self._left < 0:
            raise too_large(self._size)


CURRENT: ContextVar[Budget] = ContextVar("budget")  # of the exchange under way; connections are kept, budgets are not


def too_large(limit: int) -> UnacceptableAnswerError:
    """Return the error for an answer of more than ``limit`` bytes."""
    return UnacceptableAnswerError(
        f"answered with more than {limit // MEGABYTE} MB, check that no proxy answers in its place"
    )


class TimedBody:
    """A request body that is handed out while there is time."""

    def __init__(self, body: StreamedBody, budget: Budget) -> None:
        self._body = body
        self._budget = budget

    def __len__(self) -> int:
        return len(self._body)

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._body:
            self._budget.seconds_left()
            yield piece


class _BoundedReader(io.RawIOBase):
    """The bytes that come through a socket, while the budget lasts."""

    def __init__(self, source: Any, sock: socket.socket, budget: Budget) -> None:
        self._source = source
        self._sock = sock
        self._budget = budget

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        usual = self._sock.gettimeout()
        left = self._budget.seconds_left()
        self._sock.settimeout(left if usual is None else min(usual, left))
        try:
            count: int | None = self._source.readinto(buffer)
        except TimeoutError:
            self._budget.seconds_left()
            raise
        finally:
            self._sock.settimeout(usual)
        self._budget.take(count or 0)
        return count

    def close(self) -> None:
        self._source.close()
        super().close()


class _BoundedResponse(http.client.HTTPResponse):
    """Reads status line, headers and body from within the budget, past all interim answers (1xx)."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp: Any = io.BufferedReader(_BoundedReader(self.fp.detach(), sock, CURRENT.get()))

    def _read_status(self) -> tuple[str, int, str]:
        version, status, reason = super()._read_status()  # type: ignore[misc]
        interim = 100 <= status < 200 and status != http.client.SWITCHING_PROTOCOLS
        return version, (http.client.CONTINUE if interim else status), reason


if REQUESTS_FOUND:

    class _PlainConnection(urllib3.connection.HTTPConnection):
        response_class = _BoundedResponse

    class _TlsConnection(urllib3.connection.HTTPSConnection):
        response_class = _BoundedResponse

    class _PlainPool(urllib3.HTTPConnectionPool):
        ConnectionCls = _PlainConnection

    class _TlsPool(urllib3.HTTPSConnectionPool):
        ConnectionCls = _TlsConnection

    class BoundedAdapter(requests.adapters.HTTPAdapter):
        """Makes the connections of requests, straight and through proxies, such that they keep to the budget."""

        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            super().init_poolmanager(*args, **kwargs)
            self._bind(self.poolmanager)

        def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
            return self._bind(super().proxy_manager_for(*args, **kwargs))

        @staticmethod
        def _bind(manager: Any) -> Any:
            manager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}
            return manager
