# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many requests in one: the batch.

Source: Microsoft documentation, Execute batch operations using the Web API.
This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from .._errors import PowerPlatformError
from .._transport.http import headers_from
from .._transport.messages import Response
from .._transport.retry_policy import RetryPolicy, backoff, retry_after
from .odata import resource
from .rows import Request, Row
from .service_errors import json_object, refusal, request_id, unreadable
from .web_api import AGAIN, ONCE, WebApi

LARGEST_BATCH = 1000
CRLF = "\r\n"
Outcome = Row | PowerPlatformError
BOUNDARY = re.compile(r'multipart/mixed;.*boundary="?([^";]+)', re.IGNORECASE)


@dataclass(frozen=True)
class BatchRequest:
    """One request of a batch; ``path`` is relative to the Web API's root, query included.

    ``idempotent`` says that sending it twice does no more than sending it once; None means all but POST.
    """

    method: str
    path: str
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    idempotent: bool | None = None

    @property
    def repeatable(self) -> bool:
        """Whether the request may be sent again when its answer is lost."""
        return self.method != "POST" if self.idempotent is None else self.idempotent


@dataclass(frozen=True)
class Reply:
    """What became of one request: its status, the JSON body (without members when there is none), and the error."""

    status: int
    body: Row
    error: PowerPlatformError | None = None

    @property
    def outcome(self) -> Outcome:
        """The error if there is one, else the body."""
        return self.error or self.body


def run_batch(api: WebApi, requests: Sequence[BatchRequest]) -> list[Reply]:
    """Send operations in as few requests as possible and return their replies, in order.

    A request that fails does not stop the others. Those that the retry policy would send again as single requests
    go out again together, without the others.
    """
    answers: dict[int, Response] = {}
    waiting = list(range(len(requests)))
    for attempt in range(1, AGAIN.attempts + 1):
        for start in range(0, len(waiting), LARGEST_BATCH):
            chunk = waiting[start : start + LARGEST_BATCH]
            found = _send(api, [requests[index] for index in chunk])
            answers.update(zip(chunk, found, strict=True))
        waiting = [index for index in waiting if _policy(requests[index]).allows_after(answers[index])]
        if not waiting or attempt == AGAIN.attempts:
            break
        now = api.session.clock.time()
        seconds = max(retry_after(answers[index], now) or backoff(attempt) for index in waiting)
        statuses = ", ".join(sorted({str(answers[index].status) for index in waiting}))
        what = f"{len(waiting)} of {len(requests)} operations in a batch were answered with {statuses}"
        api.session.pause(seconds, what)
    return [_reply(api, request, answers[index]) for index, request in enumerate(requests)]


def _policy(request: BatchRequest) -> RetryPolicy:
    return AGAIN if request.repeatable else ONCE


def _send(api: WebApi, requests: Sequence[BatchRequest]) -> list[Response]:
    """Send one $batch and return the answers of its requests."""
    repeatable = all(request.repeatable for request in requests)
    boundary = f"batch_{uuid.uuid4()}"
    content = encode(requests, boundary, urlsplit(api.root).path)
    headers = {"Content-Type": f'multipart/mixed; boundary="{boundary}"', "Prefer": "odata.continue-on-error"}
    response = api.send("POST", "$batch", content, headers=headers, repeatable=repeatable)
    try:
        return decode(response, len(requests))
    except (ValueError, IndexError) as error:
        raise unreadable(response, api.attempted("POST", "$batch"), repeatable=repeatable) from error


def _reply(api: WebApi, request: BatchRequest, answer: Response) -> Reply:
    """Return the reply for the answer to one request."""
    attempted = api.attempted(request.method, request.path)
    if answer.status >= 400:
        error = refusal(answer, attempted, repeatable=request.repeatable)
        return Reply(answer.status, Row({}, Request(attempted)), error)
    body = json_object(answer, attempted, repeatable=request.repeatable)
    return Reply(answer.status, Row(body, Request(attempted, request.repeatable)))


def encode(requests: Sequence[BatchRequest], boundary: str, root: str) -> bytes:
    """Return the body of a $batch request; ``root`` is the path of the Web API on its host."""
    parts = [_part(request, boundary, root) for request in requests]
    return "".join([*parts, f"--{boundary}--{CRLF}"]).encode()


def _part(request: BatchRequest, boundary: str, root: str) -> str:
    """Return one request as a part of the body."""
    headers = {"Accept": "application/json", **request.headers}
    if request.body is not None:
        headers["Content-Type"] = "application/json; charset=utf-8"
    lines = [
        f"--{boundary}",
        "Content-Type: application/http",
        "Content-Transfer-Encoding: binary",
        "",
        f"{request.method} {root}{resource(request.path)} HTTP/1.1",
        *(f"{name}: {value}" for name, value in headers.items()),
        "",
        "" if request.body is None else json.dumps(request.body),
    ]
    return CRLF.join(lines) + CRLF


def decode(response: Response, count: int) -> list[Response]:
    """Return the ``count`` answers in a $batch answer, in order. Raises ``ValueError`` when it does not hold them.

    By hand, as the standard library's parser takes more than a second for a thousand answers.
    """
    boundary = BOUNDARY.search(response.headers.get("Content-Type", ""))
    delimiter = f"{CRLF}--{boundary[1] if boundary else ''}".encode()
    _preamble, *parts, end = (CRLF.encode() + response.body).split(delimiter)
    if boundary is None or len(parts) != count or not end.startswith(b"--"):
        raise ValueError(f"the answer to a batch of {count} requests is not whole")
    return [_answer(part, response) for part in parts]


def _answer(part: bytes, response: Response) -> Response:
    """Return one answer of a batch: part headers, blank line, status line, headers, blank line, body.

    Where it has no request id of its own, that of the whole batch is the one to tell Microsoft's support.
    """
    blank = CRLF.encode() * 2
    head, _blank, body = part.partition(blank)[2].partition(blank)
    status_line, *header_lines = head.decode().split(CRLF)
    batch_id = request_id(response)
    headers = headers_from([*([f"REQ_ID: {batch_id}"] if batch_id else []), *header_lines])
    return Response(int(status_line.split()[1]), headers, body, response.url)
