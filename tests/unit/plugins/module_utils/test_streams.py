# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files inside JSON documents, piece by piece."""

from __future__ import annotations

import base64
import io
import json
import random
from pathlib import Path

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._dataverse.streams import (
    PIECE,
    Base64Member,
    FileInJson,
)
from ansible_collections.coe.power_platform.plugins.module_utils._errors import PackageError


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
    body = FileInJson({"a": 'b"', "c": None}, "File", tmp_path / "f")
    text = b"".join(body)
    assert len(text) == len(body)
    assert json.loads(text) == {"a": 'b"', "c": None, "File": base64.b64encode(content).decode()}


def test_file_alone_is_a_whole_object(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"abc")
    assert json.loads(b"".join(FileInJson({}, "File", tmp_path / "f"))) == {"File": "YWJj"}


def test_each_iteration_starts_anew_and_tells_when_it_comes_to_its_end(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(bytes(PIECE * 2))
    body = FileInJson({}, "File", tmp_path / "f")
    next(pieces := iter(body))
    next(pieces)
    assert not body.complete
    first = b"".join(body)
    assert body.complete
    assert b"".join(body) == first


def test_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match="f cannot be read: No such file"):
        FileInJson({}, "File", tmp_path / "f")


def test_file_that_shrinks_while_it_is_sent_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(bytes(100))
    body = FileInJson({}, "File", tmp_path / "f")
    (tmp_path / "f").write_bytes(bytes(50))
    with pytest.raises(PackageError, match="became shorter"):
        list(body)


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
