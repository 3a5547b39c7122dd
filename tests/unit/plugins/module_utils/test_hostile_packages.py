# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages whose texts and zip are made to break their reader: a PackageError at most, and JSON-safe results."""

from __future__ import annotations

import contextlib
import encodings.aliases
import json
import os
import re
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._dataverse.rows import Request, Row
from ansible_collections.coe.power_platform.plugins.module_utils._errors import AnswerError, PackageError
from ansible_collections.coe.power_platform.plugins.module_utils._packages.package import read_package
from ansible_collections.coe.power_platform.plugins.module_utils._packages.report import describe
from ansible_collections.coe.power_platform.plugins.module_utils._sharing.desktop_flows import from_api
from ansible_collections.coe.power_platform.plugins.module_utils._solutions import deployed_flows as _deployed_flows
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.package_maker import (
    CloudFlow,
    DesktopFlow,
    flow_id,
    package_files,
    run_desktop_flow,
    write_package,
)
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.unusual_files import KINDS, unusual_file
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

DECLARED = sorted({*encodings.aliases.aliases, *encodings.aliases.aliases.values()})
DECLARED += ["unknown-x", "utf-7", "idna", "rot13", "base64", "undefined", "unicode_escape", "utf-8-sig", "x" * 300]
DOCUMENTS = [
    "[" * 100_000,
    '{"a":' * 100_000,
    "[" * 990 + "]" * 990,
    '{"properties": {"definition": {"actions": ' + '{"a": {"actions": ' * 5000 + "}" * 5000,
    "1" * 5000,
    "1e999",
    "-1e999",
    "NaN",
    '"\\ud800"',
    '"\\udc00\\ud800"',
    "\x00",
    "\ufeff{}",
    '{"childFlows": [1e999, [[]], {"a": "\\ud800"}, null, true]}',
    '{"childFlows": {"a": 1}, "workQueues": "text"}',
    '{"childFlows": [' + "[" * 990 + "]" * 990 + "]}",
    '{"schema": {"properties": {"a": {"type": 1e999}}}}',
    '{"schema": {"properties": {"\\ud800": {"type": "\\udfff"}}}}',
    '{"schema": {"required": 1e999, "properties": {"a": {"type": "string"}}}}',
    '{"environmentvariablevalues": {"environmentvariablevalue": {"value": 1e999}}}',
    '{"environmentvariablevalues": {"environmentvariablevalue": {"value": ' + "[" * 990 + "]" * 990 + "}}}",
    '{"environmentvariablevalues": {"environmentvariablevalue": {"\\ud800": "x", "value": "\\ud800"}}}',
]
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text() | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
PLACES = st.sampled_from(
    ["actions", "inputs", "host", "parameters", "uiFlowId", "item", "operationId", "else", "cases", "default", "tools"]
)
ACTIONS = st.recursive(JSON, lambda inner: st.dictionaries(PLACES, inner, max_size=4), max_leaves=10)


def refusal(path: Path, files: dict[str, str | bytes] | None = None) -> str:
    """Read and describe a package, and return why it was refused; nothing when it was not."""
    try:
        assert json.loads(json.dumps(describe(read_package(write_package(path, files) if files else str(path)))))
    except PackageError as error:
        return str(error)
    return ""


def with_documents(text: str) -> dict[str, str | bytes]:
    """A package in which a text stands wherever a JSON text may."""
    shown = "".join(character if character.isprintable() else " " for character in text)
    desktop = DesktopFlow(flow_id(1), inputs=shown, outputs=shown, script=shown)
    files = package_files([desktop, CloudFlow(flow_id(2))], variables={"con_Limit": "1"})
    result: dict[str, str | bytes] = dict(files)
    custom = re.sub("<Dependencies>.*?</Dependencies>", "<Dependencies></Dependencies>", files["customizations.xml"])
    quoted = shown.replace("&", "&amp;").replace("<", "&lt;")
    result["customizations.xml"] = custom.replace("<Dependencies>", f"<Dependencies>{quoted}")
    result[CloudFlow(flow_id(2)).file_name] = text.encode(errors="surrogatepass")
    result["environmentvariabledefinitions/con_Limit/environmentvariablevalues.json"] = text.encode()
    return result


@pytest.mark.parametrize("written", ["utf-8", "utf-16-be"])
@pytest.mark.parametrize("entry", ["solution.xml", "customizations.xml"])
def test_any_encoding_is_read_or_refused_in_a_sentence(tmp_path: Path, entry: str, written: str) -> None:
    refused = 0
    for name in DECLARED:
        files: dict[str, str | bytes] = {**package_files([DesktopFlow(flow_id(1))])}
        files[entry] = f'<?xml version="1.0" encoding="{name}"?>{files[entry]!s}'.encode(written)
        if said := refusal(tmp_path / "package.zip", files):
            refused += 1
            assert re.search(f'its "{entry}" .*; export the solution anew\\.$', said)
            assert len(said) < 500
    assert refused > len(DECLARED) - 20


@pytest.mark.parametrize("at", range(0, 120, 7))
@pytest.mark.parametrize("byte", [0x00, 0xD8, 0xFF, 0xED])
def test_any_byte_in_a_document_is_read_or_refused(tmp_path: Path, byte: int, at: int) -> None:
    for written in ("utf-8", "utf-16"):
        files: dict[str, str | bytes] = {**package_files([DesktopFlow(flow_id(1))])}
        content = bytearray(f'<?xml version="1.0" encoding="{written}"?>{files["solution.xml"]!s}'.encode(written))
        content[at] = byte
        files["solution.xml"] = bytes(content)
        assert "\n" not in refusal(tmp_path / "package.zip", files)


@pytest.mark.parametrize("text", DOCUMENTS, ids=lambda text: ascii(text[:30]))
def test_any_json_is_read_or_refused(tmp_path: Path, text: str) -> None:
    files = with_documents(text)
    if said := refusal(tmp_path / "package.zip", files):
        assert re.search(r'holds a value that cannot be read \(".*"\); export the solution anew', said)
        del files["environmentvariabledefinitions/con_Limit/environmentvariablevalues.json"]
        assert refusal(tmp_path / "package.zip", files) == ""


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(actions=ACTIONS, dependencies=JSON, value=JSON)
def test_any_shape_of_json_is_read_or_refused(
    tmp_path: Path, actions: object, dependencies: object, value: object
) -> None:
    call = {"Run": {**run_desktop_flow(flow_id(1), {}), "inputs": actions}, "Other": actions}
    flow = CloudFlow(flow_id(2), actions=call)
    files: dict[str, str | bytes] = {**package_files([DesktopFlow(flow_id(1)), flow], variables={"con_Limit": "1"})}
    name = "environmentvariabledefinitions/con_Limit/environmentvariablevalues.json"
    files[name] = json.dumps({"environmentvariablevalues": {"environmentvariablevalue": value}})
    quoted = json.dumps(dependencies).replace("&", "&amp;").replace("<", "&lt;")
    files["customizations.xml"] = str(files["customizations.xml"]).replace(
        '<Dependencies>{"childFlows": []', f'<Dependencies>{{"childFlows": {quoted}'
    )
    said = refusal(tmp_path / "package.zip", files)
    assert not said or "holds a value that cannot be read" in said


@pytest.mark.parametrize("text", DOCUMENTS, ids=lambda text: ascii(text[:30]))
def test_flows_of_an_environment_are_read_whatever_their_texts(text: str) -> None:
    members = {"workflowid": flow_id(1), "name": "N", "_ownerid_value": flow_id(2), "statecode": 0, "ismanaged": True}
    with contextlib.suppress(AnswerError):
        assert from_api(Row({**members, "dependencies": text}, Request("GET workflows"))).name == "N"
    for cloud in (True, False):
        assert len(_deployed_flows._fingerprint(text, cloud=cloud)) == 64


HEADERS = {b"PK\x03\x04": 30, b"PK\x01\x02": 46, b"PK\x05\x06": 22}


@pytest.mark.parametrize("value", [0x0000, 0x0001, 0x7FFF, 0x8000, 0xFFFF])
@pytest.mark.parametrize("signature", HEADERS, ids=["entry", "directory", "end"])
def test_any_field_of_a_zip_is_read_or_refused(tmp_path: Path, signature: bytes, value: int) -> None:
    path = Path(write_package(tmp_path / "package.zip", package_files([DesktopFlow(flow_id(1))])))
    data = path.read_bytes()
    for found in re.finditer(re.escape(signature), data):
        for offset in range(4, HEADERS[signature], 2):
            changed = bytearray(data)
            struct.pack_into("<H", changed, found.start() + offset, value)
            path.write_bytes(changed)
            assert "\n" not in refusal(path)


@pytest.mark.parametrize("kind", KINDS)
def test_a_package_is_a_regular_file_of_bounded_size(tmp_path: Path, kind: str) -> None:
    with pytest.raises(PackageError, match=r"; [^;]+\.$"):
        read_package(unusual_file(tmp_path, kind))


def test_a_huge_file_with_a_package_at_its_end_is_refused_at_once(tmp_path: Path) -> None:
    data = Path(write_package(tmp_path / "small.zip", package_files())).read_bytes()
    with (path := tmp_path / "huge.zip").open("wb") as file:
        file.seek(1 << 40)
        file.write(data)
    with pytest.raises(PackageError, match="is larger than"):
        read_package(str(path))


@pytest.mark.parametrize("path", ["a\0b", "\ud800", "a" * 5000, "/dev/null/x"])
def test_an_impossible_path_is_refused(path: str) -> None:
    with pytest.raises(PackageError, match=r"; [^;]+\.$"):
        read_package(path)


def rewritten(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    os.utime(path, ns=(1, 1))


def replaced(path: Path, content: bytes) -> None:
    (path.parent / "new").write_bytes(content)
    (path.parent / "new").replace(path)


@pytest.mark.parametrize("change", [rewritten, replaced])
@pytest.mark.parametrize("flows", [[1], [1, 2], [3]])
def test_contents_are_those_of_the_package_that_was_read(
    tmp_path: Path, flows: list[int], change: Callable[[Path, bytes], None]
) -> None:
    path = tmp_path / "package.zip"
    package = read_package(write_package(path, package_files([DesktopFlow(flow_id(1))])))
    assert len(list(package.contents())) == 1
    other = write_package(tmp_path / "other.zip", package_files([DesktopFlow(flow_id(number)) for number in flows]))
    change(path, Path(other).read_bytes())
    with pytest.raises(PackageError, match="was changed or replaced after it was planned; run the task again"):
        list(package.contents())
