# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a request goes out again, and after how long.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from .messages import Response

TEMPORARY_STATUSES = frozenset({429, 502, 503, 504})
LONGEST_PAUSE = 86400.0  # one day; what asks for more asks for nothing that anybody means


def _never(response: Response) -> bool:
    """Take no answer for a refusal."""
    return False


@dataclass(frozen=True)
class RetryPolicy:
    """When a request goes out again; the complete list.

    ``repeatable`` requests (sending one twice does no more than sending it once): after broken connections,
    time-outs and the statuses 429, 502, 503 and 504. All others: only when no connection came to be, when a
    streamed body was not handed out to its end, or when ``refused`` says that the answer proves that the service
    did not begin. Pauses double from half a second, with jitter. ``Retry-After`` counts for as long as the session's
    patience lasts; who comes back earlier is kept waiting for longer, so beyond it the request does not go out again.
    """

    repeatable: bool = True
    attempts: int = 5
    refused: Callable[[Response], bool] = _never

    def allows_after(self, response: Response) -> bool:
        """Whether the request may go out again after this answer."""
        return (self.repeatable and response.status in TEMPORARY_STATUSES) or self.refused(response)


REPEATABLE = RetryPolicy()


def retry_after(response: Response, now: float) -> float | None:
    """Return the seconds that the service asks to wait (with a little jitter, at most a day), or None.

    ``now`` is in seconds since 1970. Source: RFC 9110, 10.2.3 Retry-After: seconds or a date.
    """
    value = response.headers.get("Retry-After")
    if value is None:
        return None
    try:
        seconds = float(value) if value.strip().isdigit() else parsedate_to_datetime(value).timestamp() - now
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(seconds, 0.0), LONGEST_PAUSE) + random.uniform(0, 0.5)


def backoff(attempt: int) -> float:
    """Return the pause after the given attempt: doubling from half a second, the upper half of it by chance."""
    return 0.5 * 2.0 ** (attempt - 1) * random.uniform(0.5, 1.0)
