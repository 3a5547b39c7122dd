# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Service protection limits: requests, execution time and concurrency of each user in a sliding window.

Source: "Service protection API limits".
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field

from ..environments.settings import Settings
from ..errors import CONCURRENCY_LIMIT, EXECUTION_TIME_LIMIT, REQUEST_LIMIT, ODataError
from ..tenant.clock import Clock


@dataclass
class _Usage:
    requests: deque[float] = field(default_factory=deque)
    executions: deque[tuple[float, float]] = field(default_factory=deque)
    seconds: float = 0.0
    running: int = 0


class Protection:
    """Counts what each user of each environment does, by the simulator's clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._usages: dict[tuple[str, str], _Usage] = {}

    def begin(self, environment: str, user: str, settings: Settings) -> dict[str, str]:
        """Let a request in (answers its rate-limit headers) or refuse it with 429 and Retry-After."""
        with self._lock:
            now = self._clock.time()
            usage = self._usages.setdefault((environment, user), _Usage())
            self._forget_old(usage, now - settings.window_seconds)
            if usage.running >= settings.concurrent_requests:
                raise refusal(CONCURRENCY_LIMIT, 1.0, settings)
            if len(usage.requests) >= settings.requests_per_window:
                raise refusal(REQUEST_LIMIT, usage.requests[0] + settings.window_seconds - now, settings)
            if usage.seconds >= settings.execution_seconds_per_window:
                raise refusal(EXECUTION_TIME_LIMIT, usage.executions[0][0] + settings.window_seconds - now, settings)
            usage.requests.append(now)
            usage.running += 1
            seconds_left = settings.execution_seconds_per_window - usage.seconds
            return {
                "x-ms-ratelimit-burst-remaining-xrm-requests": str(settings.requests_per_window - len(usage.requests)),
                "x-ms-ratelimit-time-remaining-xrm-requests": f"{seconds_left:.2f}",
            }

    def end(self, environment: str, user: str, seconds: float) -> None:
        """A request that was let in has been answered after this long."""
        with self._lock:
            usage = self._usages[environment, user]
            usage.running -= 1
            usage.seconds += seconds
            usage.executions.append((self._clock.time(), seconds))

    def forget(self, environment: str) -> None:
        """Start counting anew for an environment."""
        with self._lock:
            for key in [key for key in self._usages if key[0] == environment]:
                running = self._usages[key].running
                self._usages[key] = _Usage(running=running)

    @staticmethod
    def _forget_old(usage: _Usage, before: float) -> None:
        while usage.requests and usage.requests[0] <= before:
            usage.requests.popleft()
        while usage.executions and usage.executions[0][0] <= before:
            usage.seconds -= usage.executions.popleft()[1]


def refusal(code: str, retry_after: float, settings: Settings) -> ODataError:
    """429 as service protection answers it."""
    window = f"{settings.window_seconds:g} seconds"
    texts = {
        REQUEST_LIMIT: f"Number of requests exceeded the limit of {settings.requests_per_window} over time window of "
        f"{window}.",
        EXECUTION_TIME_LIMIT: "Combined execution time of incoming requests exceeded limit of "
        f"{settings.execution_seconds_per_window * 1000:g} milliseconds over time window of {window}. Decrease number "
        "of concurrent requests or reduce the duration of requests and try again later.",
        CONCURRENCY_LIMIT: f"Number of concurrent requests exceeded the limit of {settings.concurrent_requests}.",
    }
    seconds = max(1, round(retry_after + 0.5))
    return ODataError(429, code, texts[code], headers={"Retry-After": str(seconds)})
