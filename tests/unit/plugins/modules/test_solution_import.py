# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every state of an environment, import mode and package: what is sent, what comes of it, and that twice is once."""

from __future__ import annotations

import itertools
import pathlib
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.coe.power_platform.plugins.modules import solution_import
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.solution_scenes import (
    IMPORT,
    NAME,
    UPGRADE,
    put,
    release,
    writes,
)

MODES = ("update", "upgrade", "stage_for_upgrade")
PACKAGE = "2.0.0.0"
INSTALLED = {"absent": None, "lower": "1.0.0.0", "same": PACKAGE, "higher": "3.0.0.0"}
STAGED = {"nothing": None, "this": PACKAGE, "another": "2.5.0.0"}
# A staged upgrade cannot be without its base.
STATES = [
    *(("managed", *state) for state in itertools.product(INSTALLED, STAGED) if state[0] != "absent"),
    ("managed", "absent", "nothing"),
    *(("unmanaged", installed, "nothing") for installed in INSTALLED if installed != "absent"),
]
SENT = {"install": IMPORT, "update": IMPORT, "upgrade": UPGRADE, "stage": IMPORT, "none": [], "refuse": []}
AFTERWARDS = {
    "install": {"version": PACKAGE, "staged_version": None},
    "update": {"version": PACKAGE, "staged_version": None},
    "upgrade": {"version": PACKAGE, "staged_version": None},
    "stage": {"staged_version": PACKAGE},
}

# kind, installed, staged -> operations for update, upgrade, stage_for_upgrade of a managed package
PLAIN = {
    ("managed", "absent", "nothing"): ("install", "install", "install"),
    ("managed", "lower", "nothing"): ("update", "upgrade", "stage"),
    ("managed", "lower", "this"): ("refuse", "refuse", "none"),
    ("managed", "lower", "another"): ("refuse", "refuse", "refuse"),
    ("managed", "same", "nothing"): ("none", "none", "none"),
    ("managed", "same", "this"): ("none", "none", "none"),
    ("managed", "same", "another"): ("none", "none", "none"),
    ("managed", "higher", "nothing"): ("refuse", "refuse", "refuse"),
    ("managed", "higher", "this"): ("refuse", "refuse", "none"),
    ("managed", "higher", "another"): ("refuse", "refuse", "refuse"),
    ("unmanaged", "lower", "nothing"): ("refuse", "refuse", "refuse"),
    ("unmanaged", "same", "nothing"): ("refuse", "refuse", "refuse"),
    ("unmanaged", "higher", "nothing"): ("refuse", "refuse", "refuse"),
}
REFUSED = ("refuse", "refuse", "refuse")
FORCED = {
    **dict.fromkeys(PLAIN, REFUSED),
    ("managed", "absent", "nothing"): ("install", "install", "install"),
    ("managed", "lower", "nothing"): ("update", "upgrade", "stage"),
    ("managed", "same", "nothing"): ("update", "update", "update"),
}
DOWNGRADE = {**PLAIN, ("managed", "higher", "nothing"): ("update", "refuse", "refuse")}
UNMANAGED = {
    **dict.fromkeys(PLAIN, REFUSED),
    ("managed", "absent", "nothing"): ("install", "install", "install"),
    ("unmanaged", "lower", "nothing"): ("update", "refuse", "refuse"),
    ("unmanaged", "same", "nothing"): ("none", "none", "none"),
}
TABLES = {
    "plain": (PLAIN, True, {}),
    "force": (FORCED, True, {"force": True}),
    "allow_downgrade": (DOWNGRADE, True, {"allow_downgrade": True}),
    "unmanaged": (UNMANAGED, False, {}),
}
CELLS = [
    pytest.param(state, mode, managed, switches, row[column], id="-".join((table, *state, mode)))
    for table, (rows, managed, switches) in TABLES.items()
    for state, row in rows.items()
    for column, mode in enumerate(MODES)
]


def environment_of(state: tuple[str, str, str]) -> str:
    return "-".join(state)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return tmp_path_factory.mktemp("packages")


@pytest.fixture(scope="module")
def states(simulators: Any, folder: pathlib.Path) -> Iterator[Any]:
    """One environment for each state, with a snapshot to return to."""
    for state in STATES:
        kind, installed, staged = state
        name = environment_of(state)
        simulators.environments.add(name, settings={"job_seconds": 0.05})
        simulators.reset(name)
        if version := INSTALLED[installed]:
            put(simulators, name, release(folder, version, managed=kind == "managed"))
        if version := STAGED[staged]:
            put(simulators, name, release(folder, version), staged=True)
        simulators.snapshot(name)
    return simulators


def test_the_tables_have_every_cell() -> None:
    assert {frozenset(rows) for rows, _managed, _switches in TABLES.values()} == {frozenset(STATES)}


@pytest.mark.parametrize(("state", "mode", "managed", "switches", "operation"), CELLS)
def test_cell(
    states: Any,
    simulated_time: Any,
    folder: pathlib.Path,
    run_module: Any,
    state: tuple[str, str, str],
    mode: str,
    managed: bool,
    switches: dict[str, bool],
    operation: str,
) -> None:
    name = environment_of(state)
    states.restore(name)
    states.clear_journal()
    task = {
        **states.connection(name),
        "src": release(folder, PACKAGE, managed=managed),
        "import_mode": mode,
        **switches,
    }

    predicted = run_module(solution_import, check_mode=True, **task)
    assert predicted == run_module(solution_import, check_mode=True, **task)
    assert writes(states, name) == []

    done = run_module(solution_import, **task)
    assert writes(states, name) == SENT[operation]
    states.clear_journal()
    again = run_module(solution_import, **task)

    if operation == "refuse":
        assert all(result["failed"] for result in (predicted, done, again))
        assert predicted["msg"] == done["msg"] == again["msg"]
        assert NAME in done["msg"]
        assert writes(states, name) == []
        return
    assert predicted["operation"] == done["operation"] == operation
    lower = operation == "update" and "is lower than the installed version" in done["reason"]
    if lower and states.environment(name).settings.lower_version_update_fails:
        assert done["failed"]
        assert again["failed"]
        assert "failed in" in done["msg"]
        return
    assert predicted["changed"] == done["changed"] == (operation != "none")
    assert {key: predicted[key] for key in ("solution", "reason", "settings", "diff")} == {
        key: done[key] for key in ("solution", "reason", "settings", "diff")
    }
    assert done["solution"].items() >= AFTERWARDS.get(operation, {}).items()
    assert set(done) == set(predicted)
    # What is forced is done again; a forced staging meets the staged upgrade of the first run.
    if not switches.get("force"):
        assert set(again) == set(done)
        assert not again["changed"]
        assert writes(states, name) == []
