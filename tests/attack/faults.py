# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each kind of fault at each request of each scene, alone and in pairs; a clean run has to make everything good."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from .placements import Placement
from .references import reference
from .scenes import SCENES
from .world import World

GATE = 40
PAIRS = 1000
ATTACKED = (
    "enforcement",
    "first-import",
    "update",
    "upgrade",
    "staged-upgrade",
    "deployment",
    "export",
    "removal",
    "team",
)
KINDS: dict[str, dict[str, Any]] = {
    "throttled": {"kind": "throttled", "seconds": 1},
    "throttled-long": {"kind": "throttled", "seconds": 280},
    "locked": {"kind": "locked"},
    "error-400": {"kind": "error", "status": 400, "code": "0x80040203", "message": "It is odd."},
    "error-403": {"kind": "error", "status": 403, "code": "0x80040220", "message": "You may not."},
    **{f"error-{status}": {"kind": "error", "status": status} for status in (429, 500, 502, 503, 504)},
    **{f"error-after-{status}": {"kind": "error_after", "status": status} for status in (500, 502, 503)},
    "reset-before": {"kind": "reset_before"},
    "reset-after": {"kind": "reset_after"},
    "time-out": {"kind": "slow", "seconds": 1.2},
    "late": {"kind": "hold", "seconds": 1.5},
    "truncated": {"kind": "truncated"},
    "html-200": {"kind": "html"},
    "html-503": {"kind": "html", "status": 503},
    "content-type": {"kind": "content_type"},
    "token-expired": {"kind": "token_expired"},
    "not-found": {"kind": "not_found"},
}
SLOW: dict[str, Any] = {"request_timeout": 1}
"""What a run needs so that a slow answer is too slow."""


def placements(world: World, chance: Random) -> list[Placement]:
    """Return each fault at each request that may tell something new, and pairs."""
    singles = [
        Placement("faults", name, (f"{kind}@{number}",))
        for name in ATTACKED
        for number in reference(world, name).telling
        for kind in KINDS
    ]
    return [*singles, *(_pair(chance, singles) for _number in range(PAIRS))]


def _pair(chance: Random, singles: list[Placement]) -> Placement:
    first = chance.choice(singles)
    others = [
        one for one in singles if one.scene == first.scene and _number(one.choices[0]) > _number(first.choices[0])
    ]
    second = chance.choice(others or [first])
    return Placement("faults", first.scene, tuple(dict.fromkeys(first.choices + second.choices)))


def _number(choice: str) -> int:
    return int(choice.partition("@")[2])


def attack(world: World, placement: Placement) -> Iterator[str]:
    """Run with the faults, then twice without, and compare what is left with what a run without faults leaves."""
    scene, undisturbed = SCENES[placement.scene], reference(world, placement.scene)
    scene.stage(world)
    for choice in placement.choices:
        world.strike(nth=_number(choice), **KINDS[choice.partition("@")[0]])
    first = scene.play(world, **(SLOW if "time-out" in str(placement) else {}))
    world.simulator.clear_faults()
    second = scene.play(world)
    third = scene.play(world)
    yield from _told(first, second, third)
    yield from undisturbed.differences(world)


def _told(first: dict[str, Any], second: dict[str, Any], third: dict[str, Any]) -> Iterator[str]:
    if second.get("failed"):
        yield f"the run after the faulty one fails: {second['msg']} (first: {first.get('msg', 'ended well')})"
    elif third.get("failed"):
        yield f"the third run fails: {third['msg']} (first: {first.get('msg', 'ended well')})"
    elif not first.get("failed") and second["changed"]:
        yield "the faulty run claims success, and the next one changes something"
    elif third["changed"]:
        yield f"the third run changes something (first: {first.get('msg', 'ended well')})"
