# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check mode in each scene: nothing is written, and what it returns is what the run then returns."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from .placements import Placement
from .scenes import SCENES
from .world import ENVIRONMENT, World

GATE = 20
# What only a run can know: times, ids that the environment gives, and the content of a package to come.
UNFORESEEABLE = {
    "duration",
    "import_job",
    "permission_gap_seconds",
    "id",
    "package",
    "file",
    "joined",
    "installed_on",
    "modified_on",
}
# How a run may be asked for; each with every scene whose modules have the options.
WAYS: dict[str, dict[str, Any]] = {
    "plain": {},
    "unprotected": {"protect_shares": False},
    "without-record": {"require_share_record": False},
    "audit": {"audit": True},
    "exact": {"exact": True},
    "effective": {"verify": "effective"},
    "forced": {"force": True},
}
FITTING = {
    "unprotected": ("update", "upgrade", "promotion", "staging"),
    "without-record": ("update", "upgrade", "promotion"),
    "audit": ("enforcement",),
    "exact": ("enforcement",),
    "effective": ("enforcement",),
    "forced": ("first-import", "update", "upgrade"),
}
TIMES = ("first", "again")


def placements(world: World, chance: Random) -> list[Placement]:
    """Return each scene in each way, before the run and after it."""
    return [
        Placement("check-mode", name, (way, moment))
        for way in WAYS
        for name in FITTING.get(way, SCENES)
        if name not in ("staged-upgrade", "team")
        for moment in TIMES
    ]


def attack(world: World, placement: Placement) -> Iterator[str]:
    """Predict, look whether anything was written, run, and compare."""
    scene, (way, moment) = SCENES[placement.scene], placement.choices
    scene.stage(world)
    if moment == "again":
        scene.play(world, **WAYS[way])
        world.simulator.clear_journal()
    scene.tasks(world)  # writes the packages
    before, files = world.state(), _files(world)
    predicted = scene.play(world, check_mode=True, **WAYS[way])
    yield from (f"wrote {entry.method} {entry.path}" for entry in world.simulator.journal(ENVIRONMENT, writes=True))
    if (world.state(), _files(world)) != (before, files):
        yield f"changed {world.state() ^ before} {_files(world) ^ files}"
    done = scene.play(world, **WAYS[way])
    yield from _unlike(predicted, done, "")


def _files(world: World) -> set[tuple[str, int]]:
    return {(file.name, file.stat().st_mtime_ns) for file in world.folder.iterdir() if file.suffix == ".zip"}


def _unlike(predicted: Any, done: Any, place: str) -> Iterator[str]:
    """Tell where a prediction differs from what came."""
    if isinstance(predicted, dict) and isinstance(done, dict):
        if missing := predicted.keys() ^ done.keys():
            yield f"{place or 'the result'} has {sorted(missing)} only in one of prediction and run"
        for key in sorted((predicted.keys() & done.keys()) - UNFORESEEABLE):
            yield from _unlike(predicted[key], done[key], f"{place}.{key}")
    elif isinstance(predicted, list) and isinstance(done, list) and len(predicted) == len(done):
        for number, (foreseen, came) in enumerate(zip(predicted, done, strict=True)):
            yield from _unlike(foreseen, came, f"{place}[{number}]")
    elif predicted != done:
        yield f"{place} is predicted as {predicted!r} and comes as {done!r}"
