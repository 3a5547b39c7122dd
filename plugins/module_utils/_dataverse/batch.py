# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many requests in one: the batch.

Source: Microsoft documentation, Execute batch operations using the Web API.
This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import json
import re
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from .._errors import OutcomeUnknownError, PowerPlatformError
from .._transport.http import headers_from
from .._transport.messages import Response
from .._transport.retry_policy import backoff, retry_after
from .odata import resource
from .rows import Request, Row
from .service_errors import json_object, refusal, request_id, unreadable
from .web_api import AGAIN, IN_TURN, ONCE, WebApi

CRLF = "\r\n"
Outcome: TypeAlias = "Row | PowerPlatformError"
BOUNDARY = re.compile(r'multipart/mixed;.*boundary="?([^";]+)', re.IGNORECASE)


@dataclasses.dataclass(frozen=True)
class BatchRequest:
    """One request of a batch; ``path`` is relative to the Web API's root, query included.

    ``idempotent`` says that sending it twice does no more than sending it once; None means all but POST.
    ``costly`` says that it may keep the environment busy for long, so that it is not sent a second time while the first
    may still be at work: when the answer to its batch is lost, its reply holds ``OutcomeUnknownError``, and who sent it
    reads what became of it.
    """

    method: str
    path: str
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    idempotent: bool | None = None
    costly: bool = False

    @property
    def repeatable(self) -> bool:
        """Whether the request may be sent again when its answer is lost."""
        return self.method != "POST" if self.idempotent is None else self.idempotent


@dataclasses.dataclass(frozen=True)
class Reply:
    """What became of one request: its status, the JSON body (without members when there is none), and the error.

    The status is 0 when the answer is lost.
    """

    status: int
    body: Row
    error: PowerPlatformError | None = None

    @property
    def outcome(self) -> Outcome:
        """The error if there is one, else the body."""
        return self.error or self.body


# The platform gives up what takes it two minutes. Who gives up earlier may be overtaken by what was sent: shares that
# are given late, for example, come back after somebody has taken them away.
LONGEST_WRITE = 125.0
Answer = Response | OutcomeUnknownError


def run_batch(api: WebApi, requests: Sequence[BatchRequest]) -> list[Reply]:
    """Send operations in as few requests as ``BatchSize`` allows and return their replies, in order.

    A request that fails does not stop the others. Those that the retry policy would send again as single requests
    go out again together, without the others.
    """
    answers: dict[int, Answer] = {}
    waiting, waited = list(range(len(requests))), 0.0
    for attempt in range(1, AGAIN.attempts + 1):
        found = _send_all(api, [requests[index] for index in waiting])
        answers.update(zip(waiting, found, strict=True))
        refused = {index: one for index in waiting if (one := _temporarily_refused(requests[index], answers[index]))}
        if not refused:
            break
        now, waiting = api.session.clock.time(), list(refused)
        asked = {index: retry_after(answer, now) for index, answer in refused.items()}
        seconds = max(asked[index] or backoff(attempt) for index in waiting)
        waited += seconds
        if attempt == AGAIN.attempts or waited > api.session.patience:
            answers.update({index: dataclasses.replace(refused[index], wait=asked[index]) for index in waiting})
            break
        statuses = ", ".join(sorted({str(answer.status) for answer in refused.values()}))
        what = f"{len(waiting)} of {len(requests)} operations in a batch were answered with {statuses}"
        api.session.pause(seconds, what)
    return [_reply(api, request, answers[index]) for index, request in enumerate(requests)]


def _temporarily_refused(request: BatchRequest, answer: Answer) -> Response | None:
    """Return the answer to a request that may go out again."""
    policy = AGAIN if request.repeatable else ONCE
    return answer if isinstance(answer, Response) and policy.allows_after(answer) else None


def _send_all(api: WebApi, requests: Sequence[BatchRequest]) -> list[Answer]:
    """Send requests in batches, the next one by what the last one took, and return their answers."""
    size = api.batch_sizes["read" if all(request.method == "GET" for request in requests) else "write"]
    answers: list[Answer] = []
    while len(answers) < len(requests):
        part = requests[len(answers) : len(answers) + size.operations]
        begin = api.session.clock.monotonic()
        try:
            answers += _send(api, part)
        except OutcomeUnknownError as error:
            size.lost(len(part), api.session.clock.monotonic() - begin, api.session.timeout)
            seconds = error.details.get("retry_after") or backoff(2)
            if not all(request.costly for request in part) or seconds > api.session.patience:
                raise
            answers += [error] * len(part)
            api.session.pause(seconds, f"The answer to a batch of {len(part)} operations is lost")
        else:
            size.answered(len(part), api.session.clock.monotonic() - begin, api.session.timeout)
    return answers


def _send(api: WebApi, requests: Sequence[BatchRequest]) -> list[Response]:
    """Send one $batch and return the answers of its requests."""
    costly = any(request.costly for request in requests)
    repeatable = not costly and all(request.repeatable for request in requests)
    boundary = f"batch_{uuid.uuid4()}"
    content = encode(requests, boundary, urlsplit(api.root).path)
    headers = {"Content-Type": f'multipart/mixed; boundary="{boundary}"', "Prefer": "odata.continue-on-error"}
    policy = IN_TURN if costly else None
    timeout = LONGEST_WRITE if any(request.method != "GET" for request in requests) else 0
    response = api.send(
        "POST", "$batch", content, headers=headers, repeatable=repeatable, policy=policy, timeout=timeout
    )
    try:
        return decode(response, len(requests))
    except (ValueError, IndexError) as error:
        raise unreadable(response, api.attempted("POST", "$batch"), repeatable=repeatable) from error


def _reply(api: WebApi, request: BatchRequest, answer: Answer) -> Reply:
    """Return the reply for the answer to one request."""
    attempted = api.attempted(request.method, request.path)
    if isinstance(answer, OutcomeUnknownError):
        return Reply(0, Row({}, Request(attempted)), answer)
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
