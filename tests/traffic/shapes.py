# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests without their values: what is left of one is the names in it, so it may be kept and is worth keeping once.

A shape is text: method, path below the Web API's root with its query, and the JSON body if there is one. Identifiers,
numbers and dates are 0, texts are empty; kept are entity references, the names of types and of enumerations' members.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

ROOT = re.compile(r"(?:https?://[^/?#\s]+)?/?(?:[\w.-]+/)?api/data/v9\.2/")
LONG_BASE64 = re.compile(rb"[A-Za-z0-9+/=]{256,}")  # no name is as long
BOUNDARY = re.compile(r'^multipart/mixed;.*boundary="?([^";]+)', re.IGNORECASE)
TEXT = re.compile(r"""(?P<type>[\w.]*)(?:'(?P<odata>(?:[^']|'')*)'|"(?P<json>(?:[^"\\]|\\.)*)")(?P<key>\s*:)?""")
REFERENCE = re.compile(r"/?\w+\([^/]*\)|#?Microsoft\.Dynamics\.CRM\.\w+")
NAME = re.compile(r"@?[A-Za-z_][\w.@]*")
VALUE = re.compile(
    r"(?<![\w.])-?(?:[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|\d[\d.]*(?:-[\d-]+T[\d:.]+Z)?)(?!\w)"
)
AGAIN = re.compile(r"(?P<one>[\w/]+ eq (?:0|''))(?: or (?P=one))+")


def shapes(method: str, target: str, content_type: str, body: bytes) -> Iterator[str]:
    """Yield the shape of a request to the Web API, of a batch those of the requests in it, and of any other none."""
    root = ROOT.match(target)
    if not root:
        return
    if target[root.end() :] == "$batch":
        boundary = BOUNDARY.match(content_type)
        yield from _of_parts(body, boundary[1] if boundary else "")
    else:
        yield " ".join([method, _address(target[root.end() :]), *_body(content_type, body)])


def _of_parts(content: bytes, boundary: str) -> Iterator[str]:
    """Yield the shapes of the requests in a batch or a change set."""
    for part in content.split(b"--" + boundary.encode())[1:-1]:
        headers, _blank, inside = part.lstrip().partition(b"\r\n\r\n")
        if nested := BOUNDARY.search(_content_type(headers)):
            yield from _of_parts(inside, nested[1])
        else:
            head, _blank, body = inside.partition(b"\r\n\r\n")
            method, target, _version = head.decode().partition("\r\n")[0].split(" ", 2)
            yield from shapes(method, target, _content_type(head), body.strip())


def _content_type(headers: bytes) -> str:
    lines = (line.partition(":") for line in headers.decode().split("\r\n"))
    return next((value.strip() for name, _colon, value in lines if name.lower() == "content-type"), "")


@functools.lru_cache(maxsize=4096)
def _address(target: str) -> str:
    path, mark, query = target.partition("?")
    options = (option.partition("=") for option in query.split("&"))
    pairs = (f"{unquote(name)}={_option(name, unquote(value))}" for name, _is, value in options)
    return without_values(unquote(path)) + (mark and mark + "&".join(pairs))


def _option(name: str, value: str) -> str:
    """Return the value of an option of a query without values; the service's own mark of a page is nothing else."""
    return "" if name == "$skiptoken" else without_values(value)


def _body(content_type: str, body: bytes) -> Iterator[str]:
    """Yield the body in JSON, if it is any."""
    if body and "json" in content_type:
        yield json.dumps(_members(json.loads(body)), ensure_ascii=False)


def _members(value: Any, name: str = "") -> Any:
    """Return the names in a value of JSON; of a list each kind of item once."""
    if isinstance(value, dict):
        return {key: _members(member, key) for key, member in value.items()}
    if isinstance(value, list):
        kinds = {json.dumps(kind): kind for kind in (_members(item, name) for item in value)}
        return [kinds[kind] for kind in sorted(kinds)]
    return _reference(str(value)) if "@odata." in name else ""


def without_values(text: str) -> str:
    """Return an expression of OData, or JSON in one, without the values in it."""
    return AGAIN.sub(r"\g<one>", VALUE.sub("0", TEXT.sub(_kept, text)))


def _kept(match: re.Match[str]) -> str:
    text = (match["odata"] if match["json"] is None else match["json"]) or ""
    quoted = (match["json"] is None and "'") or '"'
    if not (match["type"] or (match["key"] and NAME.fullmatch(text))):
        text = _reference(text)
    return f"{match['type']}{quoted}{text}{quoted}{match['key'] or ''}"


def _reference(text: str) -> str:
    """Return an entity reference or the name of a type without values; any other text is none."""
    text = ROOT.sub("/", text, count=1)
    return without_values(text) if REFERENCE.fullmatch(text) else ""
