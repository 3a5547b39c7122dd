# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that are no package, broken, or made to do harm: one sentence each, within bounded memory and time."""

from __future__ import annotations

import io
import os
import random
import re
import struct
import time
import tracemalloc
import warnings
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._errors import PackageError
from ansible_collections.coe.power_platform.plugins.module_utils._packages import xml as _package_xml
from ansible_collections.coe.power_platform.plugins.module_utils._packages.package import read_package
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.package_maker import (
    DesktopFlow,
    flow_id,
    package_files,
    write_package,
)

MEBIBYTE = 1024 * 1024


def sound(**changed: str | bytes) -> dict[str, str | bytes]:
    """Return the entries of a sound package, with some replaced."""
    return {**package_files([DesktopFlow(flow_id(1))]), **changed}


def zip_bytes(entries: dict[str, str | bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def doubled_entry() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, content in [*sound().items(), ("solution.xml", "<ImportExportXml/>")]:
            archive.writestr(name, content)
    return buffer.getvalue()


def flagged(flag: int) -> bytes:
    """A package whose every entry bears a flag, in the list of entries and before its content."""
    data = bytearray(zip_bytes(sound()))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        for found in re.finditer(re.escape(signature), bytes(data)):
            at = found.start() + offset
            (flags,) = struct.unpack_from("<H", data, at)
            struct.pack_into("<H", data, at, flags | flag)
    return bytes(data)


def with_dtd(entry: str) -> bytes:
    text = str(sound()[entry])
    entities = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    return zip_bytes(sound(**{entry: entities + text}))


def external_entity() -> bytes:
    text = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><ImportExportXml>&a;</ImportExportXml>'
    return zip_bytes(sound(**{"customizations.xml": text}))


def customizations(content: str) -> bytes:
    return zip_bytes(sound(**{"customizations.xml": f"<ImportExportXml>{content}</ImportExportXml>"}))


def without(entry: str) -> bytes:
    entries = sound()
    del entries[entry]
    return zip_bytes(entries)


def version(text: str) -> bytes:
    return zip_bytes(sound(**{"solution.xml": str(sound()["solution.xml"]).replace("1.0.0.0", text)}))


def corrupted() -> bytes:
    data = bytearray(zip_bytes(sound()))
    start = data.index(b"customizations.xml") + len("customizations.xml")
    data[start + 20 : start + 40] = bytes(20)
    return bytes(data)


def understated_size() -> bytes:
    """A bomb that says it is small: its list of entries gives less than there is."""
    data = bytearray(zip_bytes(sound(**{"customizations.xml": b" " * (100 * MEBIBYTE)})))
    for found in re.finditer(b"PK\x01\x02", bytes(data)):
        if data[found.start() + 46 :].startswith(b"customizations.xml"):
            struct.pack_into("<L", data, found.start() + 24, 1000)
    return bytes(data)


def many_entries() -> bytes:
    """A list of entries that alone would fill the memory: 200,000 of them share one name each and no content."""
    record = struct.pack("<4s4B4H3L5H2L", b"PK\x01\x02", 20, 3, 20, 0, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0)
    directory = b"".join(record + f"{number:06d}".encode() for number in range(200_000))
    return directory + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 65535, 65535, len(directory), 0, 0)


def overlapping_entries() -> bytes:
    """A bomb of many entries that share one content: none is large, all are together."""
    content = zlib.compress(bytes(MEBIBYTE), 9)[2:-4]
    sizes = (zlib.crc32(bytes(MEBIBYTE)), len(content), MEBIBYTE)
    local = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, 8, 0, 0, *sizes, 4, 0) + b"0000" + content
    directory = b"".join(
        struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 8, 0, 0, *sizes, 4, 0, 0, 0, 0, 0, 0) + b"%04d" % number
        for number in range(1000)
    )
    return local + directory + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1000, 1000, len(directory), len(local), 0)


CASES: dict[str, tuple[Callable[[], bytes], str]] = {
    "text": (lambda: b"no zip at all", "is not a sound zip file"),
    "empty": (lambda: b"", "is not a sound zip file"),
    "cut in the middle": (lambda: zip_bytes(sound())[:-400], "is not a sound zip file"),
    "cut by one byte": (lambda: zip_bytes(sound())[:-1], "is not a sound zip file"),
    "corrupted content": (corrupted, "is not a sound zip file"),
    "absolute path": (lambda: zip_bytes(sound(**{"/etc/cron.d/x": "x"})), "points outside of it"),
    "parent path": (lambda: zip_bytes(sound(**{"Workflows/../../x": "x"})), "points outside of it"),
    "parent path, backslashes": (lambda: zip_bytes(sound(**{"Workflows\\..\\..\\x": "x"})), "points outside of it"),
    "drive": (lambda: zip_bytes(sound(**{"C:\\Windows\\x": "x"})), "points outside of it"),
    "network path": (lambda: zip_bytes(sound(**{"\\\\host\\share": "x"})), "points outside of it"),
    "control character": (lambda: zip_bytes(sound(**{"a\nb": "x"})), "points outside of it"),
    "entry twice": (doubled_entry, 'holds the entry "solution.xml" twice'),
    "entry twice but for case": (lambda: zip_bytes(sound(**{"SOLUTION.xml": "x"})), 'the entry "SOLUTION.xml" twice'),
    "encrypted": (lambda: flagged(0x1), "is encrypted"),
    "strongly encrypted": (lambda: flagged(0x40), "is encrypted"),
    "patched": (lambda: flagged(0x20), "uses a zip feature that solutions do not use"),
    "invalid UTF-8 name": (
        lambda: flagged(0x800).replace(b"[Content_Types]", b"[Content_T\xffpes]"),
        "not valid UTF-8",
    ),
    "unmarked name": (
        lambda: zip_bytes(sound()).replace(b"[Content_Types]", b"[Content_T\x84pes]"),
        "not marked as UTF-8",
    ),
    "lzma": (lambda: zip_bytes(sound(), zipfile.ZIP_LZMA), "by a method that solutions do not use"),
    "bzip2": (lambda: zip_bytes(sound(), zipfile.ZIP_BZIP2), "by a method that solutions do not use"),
    "bomb": (lambda: zip_bytes(sound(**{"big.json": bytes(80 * MEBIBYTE)})), "as zip bombs do"),
    "bomb with understated size": (understated_size, "is not a sound zip file"),
    "bomb of overlapping entries": (overlapping_entries, "as zip bombs do"),
    "too many entries": (many_entries, "its list of entries takes more than"),
    "DTD in solution.xml": (lambda: with_dtd("solution.xml"), 'its "solution.xml" declares a DTD or entities'),
    "DTD in customizations.xml": (lambda: with_dtd("customizations.xml"), "declares a DTD or entities"),
    "external entity": (external_entity, "declares a DTD or entities"),
    "broken XML": (lambda: customizations("<Workflows>"), "is not well-formed XML"),
    "not XML": (lambda: zip_bytes(sound(**{"solution.xml": b"\x00\x01"})), "is not well-formed XML"),
    "deep XML": (lambda: customizations("<a>" * 100_000), "nests more than 200 elements"),
    "long tag": (lambda: customizations(f'<a b="{"x" * 3_000_000}"/>'), "has a tag, comment or instruction of more"),
    "long comment": (lambda: customizations(f"<!--{'x' * 3_000_000}-->"), "has a tag, comment or instruction of more"),
    "no solution.xml": (lambda: without("solution.xml"), 'it has no "solution.xml" at its top'),
    "no customizations.xml": (lambda: without("customizations.xml"), 'it has no "customizations.xml" at its top'),
    "folder zipped": (
        lambda: zip_bytes({f"export/{name}": content for name, content in sound().items()}),
        'zip the content of "export", not the folder',
    ),
    "no manifest": (lambda: zip_bytes(sound(**{"solution.xml": "<a/>"})), "has no SolutionManifest"),
    "no version": (lambda: version(""), "has no Version"),
    "odd version": (lambda: version("1.0-beta"), 'has the version "1.0-beta"'),
    "endless version": (lambda: version("9" * 5000), "which is not one to four numbers"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_bad_file_gets_one_sentence(case: str, tmp_path: Path) -> None:
    make, problem = CASES[case]
    path = tmp_path / "package.zip"
    path.write_bytes(make())

    with pytest.raises(PackageError, match=re.escape(problem)) as caught:
        read_package(str(path))

    message = str(caught.value)
    assert message.startswith(f'The package "{path}" ')
    assert re.search(r"; [^;]+\.$", message), "the sentence ends with the remedy"
    assert "\n" not in message
    assert caught.value.details == {"path": str(path)}


@pytest.mark.parametrize("case", ["bomb", "bomb with understated size", "too many entries", "deep XML", "long tag"])
def test_harm_is_bounded(case: str, tmp_path: Path) -> None:
    path = tmp_path / "package.zip"
    path.write_bytes(CASES[case][0]())
    tracemalloc.start()
    started = time.monotonic()

    with pytest.raises(PackageError):
        read_package(str(path))

    assert time.monotonic() - started < 10
    assert tracemalloc.get_traced_memory()[1] < 16 * MEBIBYTE
    tracemalloc.stop()


def test_millions_of_empty_elements_are_refused(tmp_path: Path) -> None:
    rows = "<workqueues>" + "<workqueue/>" * 400_000 + "</workqueues>"
    path = write_package(
        tmp_path / "package.zip", {**sound(), "customizations.xml": f"<ImportExportXml>{rows}</ImportExportXml>"}
    )

    with pytest.raises(PackageError, match="characters to keep"):
        read_package(path)


def test_a_document_has_a_limit_of_elements(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_package_xml, "ELEMENT_LIMIT", 1000)
    path = tmp_path / "package.zip"
    path.write_bytes(customizations("<a/>" * 1000))

    with pytest.raises(PackageError, match="has more than 1000 elements"):
        read_package(str(path))


def test_a_big_definition_is_not_kept(tmp_path: Path) -> None:
    script = "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyz \n", k=8 * MEBIBYTE))
    path = write_package(tmp_path / "package.zip", package_files([DesktopFlow(flow_id(1), script=script)]))
    tracemalloc.start()

    package = read_package(path)

    assert tracemalloc.get_traced_memory()[1] < 2 * MEBIBYTE
    tracemalloc.stop()
    assert [len(text) > 8 * MEBIBYTE for _flow, text in package.contents()] == [True]


def test_backslashes_count_as_slashes(tmp_path: Path) -> None:
    entries = {name.replace("/", "\\"): content for name, content in sound().items()}
    path = tmp_path / "package.zip"
    path.write_bytes(zip_bytes(entries))

    assert read_package(str(path)).flows[0].id == flow_id(1)


def test_a_name_in_utf8_is_fine(tmp_path: Path) -> None:
    path = write_package(tmp_path / "Überweisung.zip", {**sound(), "Workflows/Überweisung.json": "{}"})

    assert read_package(path).unique_name == "CoESharedFlows"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match=r'absent\.zip" does not exist; check the path'):
        read_package(str(tmp_path / "absent.zip"))


def test_a_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match="is a directory; pack its content"):
        read_package(str(tmp_path))


def test_a_device_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(PackageError, match="is not a regular file"):
        read_package(str(tmp_path / "pipe"))


def test_an_unreadable_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_package(tmp_path / "package.zip", sound())

    def refuse(*_arguments: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.open", refuse)
    with pytest.raises(PackageError, match=r"cannot be opened \(Permission denied\); check the permissions"):
        read_package(path)


def test_any_cut_of_a_package_is_a_package_error(tmp_path: Path) -> None:
    data = zip_bytes(sound())
    path = tmp_path / "package.zip"
    for length in range(0, len(data), 97):
        path.write_bytes(data[:length])
        with pytest.raises(PackageError):
            read_package(str(path))


def test_any_flipped_byte_is_read_or_a_package_error(tmp_path: Path) -> None:
    data = zip_bytes(sound())
    path = tmp_path / "package.zip"
    for position in range(len(data)):
        path.write_bytes(data[:position] + bytes([data[position] ^ 0x55]) + data[position + 1 :])
        try:
            package = read_package(str(path))
            list(package.contents())
        except PackageError:
            pass
