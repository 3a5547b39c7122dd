# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the simulator offers, its `$metadata`, is in the `$metadata` document of a real organization."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
import requests
from dataverse_simulator import Simulator
from dataverse_simulator.environments import schema
from dataverse_simulator.web_api import definition_parts
from dataverse_simulator.web_api.entity_definitions import definition
from edmx import names_of
from exceptions import EXCEPTIONS, NEWER_TABLES, source_of
from real_document import UnreachableError, real_document


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The names of the real document; without npm or a registry there is nothing to compare with."""
    try:
        return names_of(real_document(tmp_path_factory.mktemp("metadata")))
    except UnreachableError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def offered() -> dict[str, str]:
    with Simulator() as running:
        headers = {"Authorization": f"Bearer {running.token('dev')}"}
        url = f"{running.environment_url('dev')}/api/data/v9.2/$metadata"
        answer = requests.get(url, headers=headers, verify=running.ca_path, timeout=60)
    assert answer.headers["Content-Type"] == "application/xml"
    return names_of(answer.content)


def test_everything_is_in_real_metadata(
    offered: dict[str, str], real: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    excused = {name for name in offered if source_of(name)}
    wrong = {
        name: f"{type_name!r}, really {real.get(name, 'not there')!r}"
        for name, type_name in offered.items()
        if name not in excused and real.get(name) != type_name
    }
    with capsys.disabled():
        print(
            f"\n{len(offered) - len(excused)} names are held against real metadata; {len(excused)} are newer "
            f"({len(EXCEPTIONS)} exceptions, {len(NEWER_TABLES)} tables)"
        )
    assert wrong == {}


def test_every_exception_is_needed(offered: dict[str, str], real: dict[str, str]) -> None:
    for pattern in EXCEPTIONS:
        assert [name for name in offered if fnmatchcase(name, pattern) and real.get(name) != offered[name]], pattern
    assert [table for table in NEWER_TABLES if f"type {table}" in real] == []


def test_newer_tables_are_as_their_source_has_them(offered: dict[str, str]) -> None:
    for table, source in NEWER_TABLES.items():
        columns = {
            name.partition(".")[2] for name in offered if name.startswith((f"column {table}.", f"navigation {table}."))
        }
        logical = {name.removeprefix("_").removesuffix("_value") if name[0] == "_" else name for name in columns}
        assert logical <= set(source.columns.split()), table


@pytest.mark.parametrize("table", ["workflow", "systemuser", "solutioncomponent"])
def test_members_of_definitions(real: dict[str, str], table: str) -> None:
    members = {name.lstrip("~") for name in definition(schema.table(table)) if name[0] != "@"}
    assert members <= _members(real, "EntityMetadata", "MetadataBase")


@pytest.mark.parametrize("part", definition_parts.PARTS)
def test_members_of_parts_of_definitions(real: dict[str, str], part: str) -> None:
    for one in definition_parts.PARTS[part](schema.table("team")):
        bases = ("MetadataBase", "RelationshipMetadataBase", *DERIVED.get(one["@type"], ()))
        assert {name.lstrip("~") for name in one if name[0] != "@"} <= _members(real, one["@type"], *bases)


#: Columns of several types are shown alike, each with the members that its type has.
DERIVED = {"AttributeMetadata": ("StringAttributeMetadata", "LookupAttributeMetadata", "EnumAttributeMetadata")}


def _members(real: dict[str, str], *types: str) -> set[str]:
    """The names of properties and navigation properties of these types."""
    parts = (name.partition(" ")[2].partition(".") for name in real)
    return {member for type_name, _dot, member in parts if type_name in types}
