# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults on request: which request shall go wrong, and how."""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

REQUEST_KINDS = {
    "refused": "after the answer the port is closed for `seconds`",
    "reset_before": "the connection is reset before the work is done",
    "reset_after": "the work is done, then the connection is reset without an answer (lost reply)",
    "hold": "the connection is reset; the work is done `seconds` later on the simulator's clock, or by `release`",
    "throttled": "429 of service protection with Retry-After `seconds`; `code` chooses the limit (default 0x80072322)",
    "locked": "429 0x80071151, another solution operation is running; no Retry-After",
    "error": "`status` (500, 502, 503, 504 …) before the work is done",
    "error_after": "`status` although the work was done",
    "slow": "the answer comes after `seconds`",
    "truncated": "the work is done, the answer breaks off in the middle of its body",
    "html": "an HTML page instead of the answer, with `status` (default 200); the work is not done",
    "content_type": "the right body with the content type text/plain",
    "token_expired": "401: the token that came with this request counts as expired from now on",
    "not_found": "404 0x80040217 for a record that is there",
}
JOB_KINDS = {
    "job_fails": "the job of a matching operation fails with `code` and `message`",
    "job_hangs": "the job of a matching operation never ends",
    "job_disappears": "the rows of the job of a matching operation are gone while it runs",
}
#: Those that an operation inside a $batch can meet; all others are about connections, tokens and whole answers.
OPERATION_KINDS = frozenset({"throttled", "locked", "error", "error_after", "slow", "not_found"})
_numbers = itertools.count(1)


@dataclass
class Fault:
    """One fault for matching requests number `nth` to `nth + count - 1` (counted from the moment it was added).

    Matching: `environment` and `method` equal, `path` a regular expression searched in path and query, `operation`
    the name of an action or function (its last path segment); empty ones match everything. Faults of
    `OPERATION_KINDS` with a `path` or an `operation` match, count and strike the operations inside a $batch too.
    """

    kind: str
    environment: str = ""
    method: str = ""
    path: str = ""
    operation: str = ""
    nth: int = 1
    count: int = 1
    seconds: float = 1.0
    status: int = 0
    code: str = ""
    message: str = ""
    id: int = field(default_factory=lambda: next(_numbers))
    seen: int = 0

    def matches(self, environment: str, method: str, target: str) -> bool:
        last = target.partition("?")[0].rpartition("/")[2].partition("(")[0].rpartition(".")[2]
        return (
            self.environment in ("", environment)
            and self.method.upper() in ("", method)
            and self.operation in ("", last)
            and (not self.path or re.search(self.path, target) is not None)
        )

    @property
    def reaches_into_batches(self) -> bool:
        return self.kind in OPERATION_KINDS and bool(self.path or self.operation)

    def strikes(self) -> bool:
        """Count one matching request; True when it is one of those that shall go wrong."""
        self.seen += 1
        return self.nth <= self.seen < self.nth + self.count


class Faults:
    """The faults of a simulator; a spent one stays in the list (with its count) until it is cleared."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, values: Mapping[str, Any]) -> Fault:
        """ValueError names an unknown kind or member."""
        if not isinstance(values, Mapping) or "kind" not in values:
            raise ValueError(f"A fault is a JSON object with the member kind, not {values!r}.")
        known = set(Fault.__dataclass_fields__) - {"id", "seen"}
        unknown = set(values) - known
        if unknown:
            raise ValueError(f"A fault has no member {', '.join(sorted(unknown))}; it has {', '.join(sorted(known))}.")
        for name, value in values.items():
            _check_type(name, value)
        fault = Fault(**values)
        if fault.kind not in REQUEST_KINDS | JOB_KINDS:
            raise ValueError(f"No fault of kind {fault.kind!r}; there are {', '.join((*REQUEST_KINDS, *JOB_KINDS))}.")
        try:
            re.compile(fault.path)
        except re.error as error:
            raise ValueError(f"The path {fault.path!r} of a fault is no regular expression: {error}.") from error
        with self._lock:
            self._faults.append(fault)
        return fault

    def listing(self) -> list[dict[str, Any]]:
        return [asdict(fault) for fault in self._faults]

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def take(self, environment: str, method: str, target: str) -> Fault | None:
        """The fault that strikes this request; every matching one counts it."""
        return self._take(lambda fault: fault.kind in REQUEST_KINDS, environment, method, target)

    def take_operation(self, environment: str, method: str, target: str) -> Fault | None:
        """The fault that strikes this operation inside a $batch; `target` as if it had been sent alone."""
        return self._take(lambda fault: fault.reaches_into_batches, environment, method, target)

    def take_job(self, environment: str, operation: str) -> Fault | None:
        """The fault that strikes the job which `operation` ("ImportSolutionAsync") starts now."""
        return self._take(lambda fault: fault.kind in JOB_KINDS, environment, "POST", operation)

    def _take(self, concerned: Callable[[Fault], bool], *request: str) -> Fault | None:
        with self._lock:
            matching = [fault for fault in self._faults if concerned(fault) and fault.matches(*request)]
            striking = [fault for fault in matching if fault.strikes()]
        return striking[0] if striking else None


def _check_type(name: str, value: Any) -> None:
    """ValueError for a value of another type than the member's, and for counts below 1."""
    expected = {"str": (str,), "int": (int,), "float": (int, float)}[str(Fault.__dataclass_fields__[name].type)]
    if not isinstance(value, expected) or isinstance(value, bool):
        raise ValueError(f"The member {name} of a fault is a {'text' if str in expected else 'number'}, not {value!r}.")
    if name in ("nth", "count") and isinstance(value, int) and value < 1:
        raise ValueError(f"The member {name} of a fault is at least 1, not {value!r}.")
