# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hostile answers: members of JSON that are missing or odd, other hosts, circles, bombs. One sentence each is due."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from random import Random
from typing import Any
from unittest import mock

from ansible_collections.coe.power_platform.plugins.module_utils._transport.bounds import LARGEST_ANSWER
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.https_server import (
    HttpsServer,
    https_server,
)
from dataverse_simulator.serving.transport import Transport
from dataverse_simulator.web_api.messages import Answer
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter

from .limits import MEBIBYTE, bounded
from .placements import Placement
from .references import reference
from .scenes import SCENES
from .world import ENVIRONMENT, World

GATE = 25
MUTATIONS = 20
"""How many times the JSON of each answer is mutated by chance."""
SECONDS = 30
# An answer of the size that is taken, while it is decoded and as a whole.
MEBIBYTES = 64 + 2 * LARGEST_ANSWER // MEBIBYTE
ATTACKED = ("enforcement", "upgrade", "export", "removal")
JSON = {"Content-Type": "application/json; odata.metadata=minimal"}
# Where a redirection or the next page may lead; {port} is that of somebody else on this machine.
ELSEWHERE = {
    "other-port": "https://localhost:{port}/",
    "user": "https://localhost@localhost:{port}/",
    "credentials": "https://localhost:443:x@localhost:{port}/",
    "no-scheme": "//localhost:{port}/",
    "backslashes": "\\\\localhost:{port}\\",
    "mixed-slashes": "/\\localhost:{port}/",
    "tab": "ht\ttps://localhost:{port}/",
    "capitals": "HTTPS://LOCALHOST:{port}/",
    "plain-http": "http://localhost:{port}/",
    "dot": "https://localhost.:{port}/",
    "address": "https://127.0.0.1:{port}/",
    "fragment": "https://localhost:{port}/#@localhost/",
    "script": "javascript:alert(1)",
    "file": "file:///etc/passwd",
    "broken": "https://[::1",
    "odd-port": "https://localhost:99999/",
}
ODD_VALUES: list[Any] = [
    None,
    True,
    0,
    -1,
    1e308,
    10**30,
    "",
    "x",
    "\ud800",
    "\x00",
    [],
    {},
    [None],
    [[]],
    {"a": None},
    "x" * 10**6,
]
RETRY_AFTER = (
    "-1",
    "1e400",
    "nan",
    "99999999999999999999",
    "Wed, 31 Feb 2026 99:00:00 GMT",
    "Fri, 01 Jan 9999 00:00:00",
    "\xb2",
    "1 2",
)
Hostile = Callable[[Answer, Random], Answer | bytes]


def _redirected(location: str) -> Hostile:
    return lambda answer, chance: Answer(chance.choice([301, 302, 307, 308]), {"Location": location}, b"")


def _next_page(link: str) -> Hostile:
    def with_link(answer: Answer, chance: Random) -> Answer:
        rows = _members(answer).get("value")
        body = {"value": rows if isinstance(rows, list) else [], "@odata.nextLink": link}
        return Answer(200, JSON, json.dumps(body).encode())

    return with_link


def _raw(text: str, body: bytes = b"") -> Hostile:
    return lambda answer, chance: f"HTTP/1.1 {text}\r\n\r\n".encode("latin-1") + body


def _body(content: bytes, headers: dict[str, str] | None = None, status: int = 200) -> Hostile:
    return lambda answer, chance: Answer(status, {**JSON, **(headers or {})}, content)


@cache
def _bomb() -> bytes:
    return gzip.compress(bytes(256 * MEBIBYTE))


def _unpacking(answer: Answer, chance: Random) -> Answer:
    return Answer(200, {**JSON, "Content-Encoding": "gzip"}, _bomb())


def _mutated(answer: Answer, chance: Random) -> Answer:
    """Change one member of the JSON in an answer, wherever it stands."""
    content = _members(answer)
    if not content:
        return answer
    holder, key = chance.choice(list(_places(content)))
    if chance.random() < 0.3:
        del holder[key]
    else:
        holder[key] = chance.choice(ODD_VALUES)
    return Answer(answer.status, answer.headers, json.dumps(content).encode())


def _members(answer: Answer) -> dict[str, Any]:
    try:
        content = json.loads(answer.body or b"{}")
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _places(content: Any) -> Iterator[tuple[Any, Any]]:
    for key, value in list(content.items() if isinstance(content, dict) else enumerate(content)):
        yield content, key
        if isinstance(value, (dict, list)):
            yield from _places(value)


KINDS: dict[str, Hostile] = {
    "circle": lambda answer, chance: answer,  # made of the request itself, see _hostile
    "bomb": _unpacking,
    "deep-json": _body(b"[" * 10**6),
    "deep-members": _body(b'{"value":' * 10**5 + b"1" + b"}" * 10**5),
    "deep-value": _body(b'{"value":[' + b'{"name":[' * 900 + b"1" + b"]}" * 900 + b"]}"),
    "huge-number": _body(b'{"value":[{"version":' + b"9" * 10**5 + b"}]}"),
    "not-a-number": _body(b'{"value":NaN}'),
    "array": _body(b"[]"),
    "text": _body(b'"text"'),
    "number": _body(b"7"),
    "null": _body(b"null"),
    "empty": _body(b""),
    "utf-16": _body('{"value":[]}'.encode("utf-16")),
    "not-utf-8": _body(b'{"value":["\xff"]}'),
    "surrogate": _body(b'{"value":[{"name":"\\ud800"}]}'),
    "no-content": lambda answer, chance: Answer(204, {}, b""),
    "nothing-new": lambda answer, chance: Answer(304, {}, b""),
    "odd-charset": _body(b"{}", {"Content-Type": "application/json; charset=nonsense"}),
    "false-gzip": _body(b"{}", {"Content-Encoding": "gzip"}),
    "unknown-encoding": _body(b"{}", {"Content-Encoding": "rot13"}),
    "negative-chunk": _raw("200 OK\r\nTransfer-Encoding: chunked", b"-5\r\nhello\r\n0\r\n\r\n"),
    "odd-chunk": _raw("200 OK\r\nTransfer-Encoding: chunked", b"zz\r\nhello\r\n0\r\n\r\n"),
    "negative-length": _raw("200 OK\r\nContent-Length: -5", b"{}"),
    "odd-length": _raw("200 OK\r\nContent-Length: many", b"{}"),
    "two-lengths": _raw("200 OK\r\nContent-Length: 2\r\nContent-Length: 3", b"{}"),
    "no-status": _raw("OK"),
    "status-99": _raw("99 Odd\r\nContent-Length: 2", b"{}"),
    "status-999": _raw("999 Odd\r\nContent-Length: 2", b"{}"),
    "early-hints": _raw("103 Early Hints", b""),
    "garbage": lambda answer, chance: chance.randbytes(5000),
    "header-of-a-mebibyte": _raw(f"200 OK\r\nX: {'x' * MEBIBYTE}\r\nContent-Length: 2", b"{}"),
    "thousand-headers": _raw("200 OK\r\n" + "\r\n".join(f"X{number}: x" for number in range(1000)), b"{}"),
    "odd-batch": _body(
        b"--x\r\n\r\nHTTP/1.1 many OK\r\n\r\n{}\r\n--x--", {"Content-Type": "multipart/mixed; boundary=x"}
    ),
    "endless-batch": _body(b"--x\r\n" * 10**5, {"Content-Type": "multipart/mixed; boundary=x"}),
    "batch-without-boundary": _body(b"{}", {"Content-Type": "multipart/mixed"}),
    "error-as-text": _body(b'{"error":"text"}', status=400),
    "error-as-list": _body(b'{"error":[{"code":5}]}', status=500),
    "error-odd-code": _body(b'{"error":{"code":{"a":1},"message":["x"],"innererror":7}}', status=403),
    "error-endless": _body(b'{"error":{"code":"0x1","message":"' + b"x" * 10**7 + b'"}}', status=403),
    **{
        f"retry-after-{number}": _body(b"{}", {"Retry-After": text}, status=429)
        for number, text in enumerate(RETRY_AFTER)
    },
    **{f"mutated-{number}": _mutated for number in range(MUTATIONS)},
}
LEADING = {
    **{f"redirect-{name}": (_redirected, url) for name, url in ELSEWHERE.items()},
    **{f"next-{name}": (_next_page, url) for name, url in ELSEWHERE.items()},
}


def placements(world: World, chance: Random) -> list[Placement]:
    """Return each hostile answer to each request, once for all that are alike."""
    return [
        Placement("answers", name, (f"{kind}@{number}",))
        for name in ATTACKED
        for number, *_alike in reference(world, name).alike
        for kind in (*KINDS, *LEADING)
    ]


def attack(world: World, placement: Placement) -> Iterator[str]:
    """Run with one hostile answer; no traceback, no token elsewhere, not without end and not without bounds."""
    kind, _at, number = placement.choices[0].partition("@")
    scene = SCENES[placement.scene]
    scene.stage(world)
    scene.tasks(world)
    with https_server(world.folder) as elsewhere, _watched(world.simulator.base_url) as leaks:
        hostile = _hostile(kind, elsewhere)
        with _answered(int(number), hostile, Random(str(placement))), bounded(SECONDS, MEBIBYTES):
            result = scene.play(world, validate_certs=False)
    yield from (f"a token was sent to {url}" for url in leaks)
    if len(json.dumps(result)) > MEBIBYTE:
        yield "the result takes more than a MiB"


@contextmanager
def _watched(home: str) -> Iterator[list[str]]:
    """Collect the URLs of requests that bear a token and go elsewhere, whether or not anybody answers there."""
    leaks: list[str] = []
    send = HTTPAdapter.send

    def watched(adapter: HTTPAdapter, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        if "Authorization" in request.headers and not str(request.url).startswith(f"{home}/"):
            leaks.append(str(request.url))
        return send(adapter, request, *args, **kwargs)

    with mock.patch.object(HTTPAdapter, "send", watched):
        yield leaks


def _hostile(kind: str, elsewhere: HttpsServer) -> Hostile:
    if kind in LEADING:
        make, url = LEADING[kind]
        return make(url.replace("{port}", elsewhere.url.rpartition(":")[2]))
    return KINDS[kind]


@contextmanager
def _answered(number: int, hostile: Hostile, chance: Random) -> Iterator[None]:
    """Answer one request to the environment as an enemy would; a circle is answered so from then on."""
    send, seen = Transport.send, 0

    async def sent(transport: Transport, answer: Answer) -> None:
        nonlocal seen
        seen += transport.raw_path.startswith(f"/{ENVIRONMENT}/")
        circle = hostile is KINDS["circle"]
        if seen != number and not (circle and seen > number):
            await send(transport, answer)
            return
        changed = (
            _next_page(f"{transport.base}{transport.raw_path}?x=1")(answer, chance)
            if circle
            else hostile(answer, chance)
        )
        if isinstance(changed, bytes):
            connection = transport._connection()
            connection.write(changed)
            connection.close()
        else:
            await send(transport, changed)

    with mock.patch.object(Transport, "send", sent):
        yield
