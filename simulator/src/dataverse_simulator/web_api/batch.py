# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""$batch: multipart bodies, change sets, references between operations, stop or continue after an error.

Source: Web API, "Execute batch operations using the Web API".
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from http.client import responses
from urllib.parse import urlsplit

from ..errors import invalid_argument, invalid_query
from .messages import Answer, Call

LIMIT = 1000
_OF_THE_ENVELOPE = ("content-type", "prefer", "content-length")


@dataclass
class Part:
    """One operation of a batch; `content_id` names it inside its change set."""

    call: Call
    content_id: str = ""


@dataclass
class ChangeSet:
    parts: list[Part]


def _boundary(content_type: str) -> bytes:
    found = re.search(r'boundary\s*=\s*"?([^";\s]+)"?', content_type)
    if not content_type.lower().startswith("multipart/mixed") or not found:
        raise invalid_query("The content type of a batch request has to be multipart/mixed with a boundary.")
    return found[1].encode()


def _pieces(body: bytes, boundary: bytes) -> list[bytes]:
    """What stands between the delimiter lines; lines end with CRLF, the last delimiter has two more hyphens."""
    delimiter = b"--" + boundary
    parts = re.split(rb"\r\n" + re.escape(delimiter) + rb"(--)?[ \t]*(?=\r\n|$)", b"\r\n" + body)
    if len(parts) < 3 or b"--" not in parts[1::2]:
        raise invalid_query(
            "Invalid batch payload: a boundary delimiter or the closing delimiter is missing (every line has to end "
            "with CRLF)."
        )
    return [piece.removeprefix(b"\r\n") for piece in parts[2::2]][: parts[1::2].index(b"--")]


@lru_cache(maxsize=100)
def _headers(block: bytes) -> Mapping[str, str]:
    """The header lines by lower-case name; most operations of a batch have the same ones."""
    headers = {}
    for line in block.removesuffix(b"\r\n").split(b"\r\n"):
        name, colon, value = line.decode("utf-8", "replace").partition(":")
        if not colon or "\n" in value:
            raise invalid_query(f"Invalid batch payload: '{line.decode('utf-8', 'replace')[:80]}' is no header line.")
        headers[name.strip().lower()] = value.strip()
    return headers


def _split(piece: bytes) -> tuple[Mapping[str, str], bytes]:
    head, _dummy, body = piece.partition(b"\r\n\r\n")
    return (_headers(head) if head else {}), body


def parse(call: Call) -> list[Part | ChangeSet]:
    """The operations of a batch body in their order; 400 for a malformed one or more than 1,000 operations."""
    items: list[Part | ChangeSet] = []
    inherited = {name: value for name, value in call.headers.items() if name not in _OF_THE_ENVELOPE}
    outer = replace(call, headers=inherited)
    for piece in _pieces(call.body, _boundary(call.headers.get("content-type", ""))):
        headers, body = _split(piece)
        if headers.get("content-type", "").lower().startswith("multipart/mixed"):
            pieces = _pieces(body, _boundary(headers["content-type"]))
            items.append(ChangeSet([_part(outer, *_split(inner), in_set=True) for inner in pieces]))
        else:
            items.append(_part(outer, headers, body, in_set=False))
    count = sum(len(item.parts) if isinstance(item, ChangeSet) else 1 for item in items)
    if count > LIMIT:
        raise invalid_argument(
            f"The number of operations in the batch request ({count}) exceeds the maximum of {LIMIT}."
        )
    return items


def _part(outer: Call, headers: Mapping[str, str], body: bytes, *, in_set: bool) -> Part:
    if headers.get("content-type", "").lower() != "application/http":
        raise invalid_query("Invalid batch payload: each operation needs 'Content-Type: application/http'.")
    if headers.get("content-transfer-encoding", "").lower() != "binary":
        raise invalid_query("Invalid batch payload: each operation needs 'Content-Transfer-Encoding: binary'.")
    content_id = headers.get("content-id", "")
    if in_set and not content_id:
        raise invalid_query("Invalid batch payload: each operation of a change set needs a Content-ID.")
    head, _dummy, content = body.partition(b"\r\n\r\n")
    line, _dummy, header_block = head.partition(b"\r\n")
    method, path, query = _request_line(line, outer.root)
    if in_set and method == "GET":
        raise invalid_query("A change set must not contain a GET request.")
    own = _headers(header_block) if header_block else {}
    inner = Call(method, path, query, {**outer.headers, **own}, content.removesuffix(b"\r\n"), outer.root)
    return Part(inner, content_id)


@lru_cache(maxsize=100)
def _request_line(line: bytes, root: str) -> tuple[str, str, str]:
    """Method, path below `root`, and query, which clients leave unencoded; most operations call the same action."""
    text = line.decode("utf-8", "replace")
    found = re.fullmatch(r"([A-Z]+) (\S.*) HTTP/1\.1", text)
    if not found:
        raise invalid_query(f"Invalid batch payload: '{text[:200]}' is no request line.")
    path, _dummy, query = found[2].partition("?")
    return found[1], _inner_path(path, root), query


def _inner_path(target: str, root: str) -> str:
    """The path after `/api/data/v9.x/` of an absolute, root-relative or relative request URL."""
    if target.startswith("$") and target != "$batch":
        return target
    path = urlsplit(target).path if "://" in target else target
    own = urlsplit(root).path
    found = re.fullmatch(r"(?:.*/)?api/data/v\d+\.\d+/(.*)", path)
    if found and (
        not path.startswith("/") or path.startswith((own.partition("/api/")[0] + "/api/data/", "/api/data/"))
    ):
        path = found[1]
    elif path.startswith("/") or "://" in target:
        raise invalid_query(f"The request URI '{target}' of a batch operation is not below this environment's Web API.")
    if path.strip("/") == "$batch":
        raise invalid_query("A batch request must not contain another batch request.")
    return path


class BatchRunner:
    """`run` answers one operation in a transaction of its own; `run_all` answers many in one, all or nothing."""

    def __init__(
        self, run: Callable[[Call], Answer], atomically: Callable[[Callable[[], list[Answer]]], list[Answer]]
    ) -> None:
        self._run = run
        self._atomically = atomically

    def answer(self, call: Call) -> Answer:
        items = parse(call)
        go_on = "odata.continue-on-error" in call.prefer
        boundary = f"batchresponse_{uuid.uuid4()}"
        blocks: list[bytes] = []
        status = 200
        for item in items:
            failed, block = self._change_set(item) if isinstance(item, ChangeSet) else self._single(item)
            blocks.append(block)
            if failed and not go_on:
                status = failed
                break
        body = _multipart(boundary, blocks)
        return Answer(status, {"Content-Type": f"multipart/mixed; boundary={boundary}", "OData-Version": "4.0"}, body)

    def _single(self, part: Part) -> tuple[int, bytes]:
        answer = self._run(part.call)
        return (answer.status if answer.status >= 400 else 0), _block(answer, "")

    def _change_set(self, change_set: ChangeSet) -> tuple[int, bytes]:
        try:
            answers = self._atomically(lambda: self._answers(change_set))
        except _FailedError as failed:
            return failed.answer.status, _block(failed.answer, "")
        boundary = f"changesetresponse_{uuid.uuid4()}"
        blocks = [_block(answer, part.content_id) for part, answer in zip(change_set.parts, answers, strict=True)]
        head = f"Content-Type: multipart/mixed; boundary={boundary}\r\n\r\n"
        return 0, head.encode() + _multipart(boundary, blocks)

    def _answers(self, change_set: ChangeSet) -> list[Answer]:
        answers: list[Answer] = []
        locations: dict[str, str] = {}
        for part in change_set.parts:
            answer = self._run(_with_references(part.call, locations))
            if answer.status >= 400:
                raise _FailedError(answer)
            answers.append(answer)
            if "OData-EntityId" in answer.headers:
                locations[part.content_id] = answer.headers["OData-EntityId"]
        return answers


class _FailedError(Exception):
    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def _with_references(call: Call, locations: Mapping[str, str]) -> Call:
    """`$1` in the URL and in JSON text values becomes the record that operation 1 made."""

    def location(found: re.Match[str]) -> str:
        return locations.get(found[1], found[0])

    path = re.sub(r"^\$(\w+)", location, call.path)
    if path != call.path:
        path = _inner_path(path, call.root)
    body = re.sub(r'(?<=")/?\$(\w+)(?=")', location, call.body.decode("utf-8", "surrogateescape"))
    return replace(call, path=path, body=body.encode("utf-8", "surrogateescape"))


def _multipart(boundary: str, blocks: list[bytes]) -> bytes:
    delimiter = b"--" + boundary.encode()
    return b"".join(b"%s\r\n%s\r\n" % (delimiter, block) for block in blocks) + delimiter + b"--\r\n"


def _block(answer: Answer, content_id: str) -> bytes:
    head = "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n"
    if content_id:
        head += f"Content-ID: {content_id}\r\n"
    lines = "".join(f"{name}: {value}\r\n" for name, value in answer.headers.items())
    status_line = f"HTTP/1.1 {answer.status} {responses.get(answer.status, '')}"
    return f"{head}\r\n{status_line}\r\n{lines}\r\n".encode() + answer.body
