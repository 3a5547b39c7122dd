# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every unknown of a real tenant has tests that run in each of its positions (tests/runner/switches.yml)."""

from __future__ import annotations

import dataclasses
import pathlib
from typing import Any

import pytest
import yaml

settings = pytest.importorskip("dataverse_simulator.environments.settings", reason="the simulator is not installed")

ROOT = pathlib.Path(__file__).parents[3]
TABLE = yaml.safe_load((ROOT / "tests" / "runner" / "switches.yml").read_text(encoding="utf-8"))
DEFAULTS = dataclasses.asdict(settings.Settings())


def test_every_switch_is_in_the_table_or_known() -> None:
    assert sorted([*TABLE["switches"], *TABLE["known"]]) == sorted(DEFAULTS)
    assert all(TABLE["known"].values())


@pytest.mark.parametrize("switch", TABLE["switches"])
def test_the_table_names_all_other_positions_and_areas_that_exist(switch: str) -> None:
    others, areas = TABLE["switches"][switch]["others"], TABLE["switches"][switch]["areas"]
    settings.Settings().change(dict.fromkeys([switch], others[0]))
    default = DEFAULTS[switch]
    choices: Any = settings.CHOICES.get(switch, [False, True])
    if isinstance(default, (bool, str)):
        assert [default, *others] == sorted(choices, key=lambda it: it != default)
    else:
        assert default not in others
    assert set(areas) <= TABLE["areas"].keys()
    assert len(set(areas)) == len(areas)


@pytest.mark.parametrize("area", TABLE["areas"])
def test_an_area_is_files_that_exist_and_bear_on_a_switch(area: str) -> None:
    for name in TABLE["areas"][area]:
        assert (ROOT / "tests" / "unit" / "plugins" / name).is_file()
    used = {it for switch in TABLE["switches"].values() for it in switch["areas"]}
    assert area in used | {"kills"}
