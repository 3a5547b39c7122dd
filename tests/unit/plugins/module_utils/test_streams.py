# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files inside JSON documents, piece by piece."""

from __future__ import annotations

import base64
import io
import json
import random
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._dataverse.streams import (
    PIECE,
    Base64Member,
    FileInJson,
)
from ansible_collections.coe.power_platform.plugins.module_utils._errors import PackageError
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.unusual_files import (
    KINDS,
    checksum,
    unusual_file,
)


def body_of(path: Path, members: Mapping[str, object] | None = None) -> FileInJson:
    """The body with a file as it is now."""
    return FileInJson(members or {}, "File", path, checksum(path) if path.exists() else "")


def written(
    document: bytes, key: str = "File", sizes: tuple[int, int] = (1, 50), seed: int = 1
) -> tuple[bytes, dict[str, object], bool]:
    """Feed a document in pieces; return the bytes written, the rest, and whether the member was found."""
    chance, file = random.Random(seed), io.BytesIO()
    sink = Base64Member(key, file)
    position = 0
    while position < len(document):
        size = chance.randint(*sizes)
        sink.write(document[position : position + size])
        position += size
    return file.getvalue(), sink.rest(), sink.found


@pytest.mark.parametrize("size", [0, 1, 2, 3, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE + 5])
def test_file_becomes_a_member_of_the_object(tmp_path: Path, size: int) -> None:
    content = random.Random(size).randbytes(size)
    (tmp_path / "f").write_bytes(content)
    body = body_of(tmp_path / "f", {"a": 'b"', "c": None})
    text = b"".join(body)
    assert len(text) == len(body)
    assert json.loads(text) == {"a": 'b"', "c": None, "File": base64.b64encode(content).decode()}


def test_file_alone_is_a_whole_object(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"abc")
    assert json.loads(b"".join(body_of(tmp_path / "f"))) == {"File": "YWJj"}


def test_each_iteration_starts_anew_and_tells_when_it_comes_to_its_end(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(bytes(PIECE * 2))
    body = body_of(tmp_path / "f")
    next(pieces := iter(body))
    next(pieces)
    assert not body.complete
    first = b"".join(body)
    assert body.complete
    assert b"".join(body) == first


def test_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match="f cannot be read: No such file"):
        body_of(tmp_path / "f")


CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "first bit": lambda content: bytes([content[0] ^ 1]) + content[1:],
    "last bit": lambda content: content[:-1] + bytes([content[-1] ^ 128]),
    "pieces swapped": lambda content: content[PIECE : 2 * PIECE] + content[:PIECE] + content[2 * PIECE :],
    "shorter": lambda content: content[:-1],
    "half": lambda content: content[: len(content) // 2],
    "empty": lambda _content: b"",
    "longer at the front": lambda content: b"x" + content,
    "another": lambda content: random.Random(2).randbytes(len(content)),
}


@pytest.mark.parametrize("begun", [False, True], ids=["before", "meanwhile"])
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("size", [PIECE * 2, PIECE * 2 + 1, PIECE * 4 + 100])
def test_another_file_is_never_sent_whole(tmp_path: Path, size: int, change: str, begun: bool) -> None:
    content = random.Random(1).randbytes(size)
    (tmp_path / "f").write_bytes(content)
    body = body_of(tmp_path / "f")
    pieces, sent = iter(body), bytearray()
    if begun:
        sent += next(pieces)
    (tmp_path / "f").write_bytes(CHANGES[change](content))
    with pytest.raises(PackageError, match="was changed or replaced after it was planned"):
        deque(map(sent.extend, pieces), maxlen=0)
    assert not body.complete
    assert len(sent) < len(body)
    with pytest.raises(ValueError, match="Unterminated string"):
        json.loads(sent)


def test_bytes_added_at_the_end_are_not_sent(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"abc")
    body = body_of(tmp_path / "f")
    (tmp_path / "f").write_bytes(b"abcdef")
    assert json.loads(b"".join(body)) == {"File": "YWJj"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_became_something_else_is_an_error(tmp_path: Path, kind: str) -> None:
    (tmp_path / "f").write_bytes(b"abc")
    body = body_of(tmp_path / "f")
    (tmp_path / "f").unlink()
    (tmp_path / "f").symlink_to(unusual_file(tmp_path, kind))
    sent = bytearray()
    with pytest.raises(PackageError, match=r"was changed or replaced after it was planned|cannot be read"):
        deque(map(sent.extend, body), maxlen=0)
    assert not body.complete
    assert not sent.endswith(b"}")


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 1000, 4097])
@pytest.mark.parametrize("seed", range(3))
def test_member_is_decoded_whatever_the_pieces(size: int, seed: int) -> None:
    content = random.Random(size).randbytes(size)
    document = {"@odata.context": "…#X", "File": base64.b64encode(content).decode(), "After": [1, {"File": "no"}]}
    data, rest, found = written(json.dumps(document).encode(), seed=seed)
    assert (data, found) == (content, True)
    assert rest == {**document, "File": ""}


@pytest.mark.parametrize("seed", range(20))
def test_escapes_are_understood_wherever_they_are_cut(seed: int) -> None:
    content = random.Random(seed).randbytes(300)
    text = base64.b64encode(content).decode().replace("/", "\\/").replace("+", "\\u002B")
    assert written(f'{{"File" : "{text}"}}'.encode(), sizes=(1, 8), seed=seed)[0] == content


@pytest.mark.parametrize("document", [b'{"File":"YWJj', b'{"File":"YWJj"', b'{"Fi', b"", b'{"File":"YW', b"<html>"])
def test_cut_document_is_an_error(document: bytes) -> None:
    with pytest.raises(ValueError, match=r"cut short|Expecting|Unterminated|Invalid"):
        written(document)


@pytest.mark.parametrize("document", [b'{"File":"Y*Jj"}', b'{"File":"YWJjZ"}', b'{"File":"YW=j"}'])
def test_broken_base64_is_an_error(document: bytes) -> None:
    with pytest.raises(ValueError, match=r"base64|padding|characters|data"):
        written(document)


@pytest.mark.parametrize("document", [b'{"File":null}', b'{"Other":"YWJj"}', b"{}"])
def test_document_without_the_member_is_told(document: bytes) -> None:
    data, _rest, found = written(document)
    assert (data, found) == (b"", False)


def test_endless_rest_is_not_kept() -> None:
    sink = Base64Member("File", io.BytesIO())
    sink.write(b'{"File": "YWJj", "x": "')
    for _number in range(64):
        sink.write(b"a" * 1000)
    with pytest.raises(ValueError, match="too much comes after"):
        sink.write(b"a" * 65536)


def test_endless_beginning_is_not_kept() -> None:
    with pytest.raises(ValueError, match="not at the beginning"):
        written(b'{"a":"' + b"x" * 200_000, sizes=(1000, 2000))


def test_reset_starts_the_file_again_where_it_was() -> None:
    file = io.BytesIO(b"head")
    file.seek(4)
    sink = Base64Member("File", file)
    sink.write(b'{"File":"YWJj')
    sink.reset()
    sink.write(b'{"File":"ZGVm"}')
    assert sink.rest() == {"File": ""}
    assert file.getvalue() == b"headdef"
