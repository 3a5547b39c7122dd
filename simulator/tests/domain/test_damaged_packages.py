# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Damaged packages: an import of one succeeds or fails as the service would, and never stops the simulator."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Iterator

import hypothesis.strategies as st
import pytest
from caller import Caller
from dataverse_simulator.environments.environment import Environment
from dataverse_simulator.environments.registry import Environments
from dataverse_simulator.errors import ODataError
from dataverse_simulator.packages.package import PackageError, SolutionPackage, read_package
from dataverse_simulator.solutions.jobs import settle
from dataverse_simulator.tenant.clock import Clock
from hypothesis import HealthCheck, given, settings
from lxml import etree
from web_api import package_file

QUIET = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def content(package: SolutionPackage) -> bytes:
    return base64.b64decode(package_file(package))


@pytest.fixture(scope="module")
def environment() -> Iterator[Environment]:
    environments = Environments(clock=Clock(manual_from=1_800_000_000.0))
    prepared = environments.get("prod")
    prepared.snapshot()
    yield prepared
    environments.close()


@QUIET
@given(place=st.floats(0, 1, exclude_max=True), value=st.integers(0, 255), cut=st.booleans())
def test_damaged_bytes_are_refused_or_read(content: bytes, place: float, value: int, cut: bool) -> None:
    index = int(place * len(content))
    damaged = content[:index] if cut else content[:index] + bytes([value]) + content[index + 1 :]
    try:
        read_package(damaged)
    except PackageError:
        return


@QUIET
@given(
    file=st.integers(0, 30),
    place=st.integers(0, 200),
    damage=st.sampled_from(["remove", "empty", "text", "attributes"]),
)
def test_damaged_documents_fail_the_import_or_pass(
    content: bytes, environment: Environment, file: int, place: int, damage: str
) -> None:
    environment.restore()
    damaged = _damage(content, file, place, damage)
    call = Caller(environment)
    try:
        call(
            "ImportSolutionAsync",
            OverwriteUnmanagedCustomizations=False,
            PublishWorkflows=True,
            CustomizationFile=damaged,
        )
    except ODataError as error:
        refused = error.status
    else:
        refused = 400
    assert refused == 400
    settle(environment)


def _damage(content: bytes, file: int, place: int, damage: str) -> str:
    """The package with one element of one of its documents damaged, as base64."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(stream, "w") as after:
        documents = [name for name in before.namelist() if name.endswith(".xml") and "[" not in name]
        chosen = documents[file % len(documents)]
        for name in before.namelist():
            after.writestr(name, _damaged(before.read(name), place, damage) if name == chosen else before.read(name))
    return base64.b64encode(stream.getvalue()).decode()


def _damaged(document: bytes, place: int, damage: str) -> bytes:
    root = etree.fromstring(document)
    elements = list(root.iter())
    element = elements[place % len(elements)]
    if damage == "remove" and element.getparent() is not None:
        element.getparent().remove(element)
    elif damage == "attributes":
        element.attrib.clear()
    else:
        element.text = "" if damage == "empty" else "nonsense"
    return bytes(etree.tostring(root))
