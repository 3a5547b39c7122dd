# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real packages of others, made managed: install, update, upgrade, stage, promote, remove."""

from __future__ import annotations

import pathlib
import zipfile
from typing import Any

import pytest
from ansible_collections.coe.power_platform.plugins.modules import solution, solution_import, solution_promote

SOLUTIONS = {
    "PADFramework": ("PADFramework_1_1_02411_2210.zip", "PADFramework_1_1_12501_241.zip"),
    "ConstructionFunding": ("ConstructionFunding_1_0_0_2.zip", "ConstructionFunding_1_0_0_3.zip"),
}


def managed(source: pathlib.Path, folder: pathlib.Path) -> str:
    """Copy a package and turn its Managed element to 1."""
    target = folder / source.name
    with zipfile.ZipFile(source) as before, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as after:
        for entry in before.infolist():
            content = before.read(entry)
            if entry.filename == "solution.xml":
                content = content.replace(b"<Managed>0</Managed>", b"<Managed>1</Managed>")
            after.writestr(entry.filename, content)
    return str(target)


@pytest.fixture(params=SOLUTIONS)
def scene(
    request: pytest.FixtureRequest, simulator: Any, packages: pathlib.Path, tmp_path: pathlib.Path
) -> tuple[dict[str, str], str, str, str]:
    """Return the connection, the unique name, and the older and the newer package."""
    simulator.environment("test").settings.job_seconds = 0.05
    older, newer = (managed(packages / name, tmp_path) for name in SOLUTIONS[request.param])
    return simulator.connection("test"), request.param, older, newer


@pytest.mark.parametrize("mode", ["update", "upgrade"])
def test_install_then_replace_then_remove(
    scene: tuple[dict[str, str], str, str, str], run_module: Any, mode: str
) -> None:
    connection, name, older, newer = scene
    installed = run_module(solution_import, **connection, src=older)
    replaced = run_module(solution_import, **connection, src=newer, import_mode=mode, on_contract_break="ignore")
    again = run_module(solution_import, **connection, src=newer, import_mode=mode)
    assert installed["operation"] == "install"
    assert replaced["operation"] == mode
    assert replaced["solution"]["previous_version"] == installed["solution"]["version"]
    assert not again["changed"]
    assert again["warnings"] == []
    assert run_module(solution, **connection, name=name, state="absent")["changed"]
    assert not run_module(solution, **connection, name=name, state="absent")["changed"]


def test_stage_then_promote(scene: tuple[dict[str, str], str, str, str], run_module: Any) -> None:
    connection, name, older, newer = scene
    run_module(solution_import, **connection, src=older)
    staged = run_module(
        solution_import, **connection, src=newer, import_mode="stage_for_upgrade", on_contract_break="ignore"
    )
    promoted = run_module(solution_promote, **connection, name=name)
    again = run_module(solution_import, **connection, src=newer, import_mode="stage_for_upgrade")
    assert staged["operation"] == "stage"
    assert promoted["solution"]["version"] == staged["solution"]["staged_version"]
    assert not again["changed"]
    assert again["warnings"] == []
