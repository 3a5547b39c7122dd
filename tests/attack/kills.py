# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run dies after a request or during one, and some other run follows. No share is lost, no import is doubled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from random import Random
from typing import Any

from ansible_collections.coe.power_platform.plugins.module_utils._sharing.interruption import LONGEST_START
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.solution_scenes import NAME

from .placements import Placement
from .references import reference
from .scenes import JOHN, NEW, NEXT, NOTHING_DECLARED, SCENES, Scene, bring, declare
from .world import ENVIRONMENT, World

GATE = 30
DAY = 24 * 3600
ATTACKED = ("enforcement", "first-import", "update", "upgrade", "staging", "promotion", "removal", "deployment")
MOMENTS = ("before", "at3", "at8", "at15", "after")
"""When the environment acts on what the dead run sent: before the next run, at one of its requests, or after it."""
AWAY = [{"desktop_flow": "Flow 1", "principals": [{"user": JOHN, "permission": "co_owner"}], "exclusive": True}]
DECLARED_AWAY = {"share 1 of Flow 1 for Finance Robotics"}
UNANSWERED: dict[str, dict[str, Any]] = {
    "unanswered": {"kind": "reset_after"},
    "held": {"kind": "hold", "seconds": 30 * DAY},
}
Result = dict[str, Any]


def placements(world: World, chance: Random) -> list[Placement]:
    """Return each death at each request of each scene, followed by each kind of run."""
    return [
        Placement("kills", name, (death, follower))
        for name in ATTACKED
        for death in _deaths(world, name)
        for follower in FOLLOWERS
        if follower not in SENSELESS.get(name, ())
    ]


def _deaths(world: World, name: str) -> Iterator[str]:
    undisturbed = reference(world, name)
    yield from (f"after@{number}" for number in undisturbed.telling)
    for number in undisturbed.writing:
        yield f"unanswered@{number}"
        yield from (f"held@{number}:{moment}" for moment in MOMENTS)


def attack(world: World, placement: Placement) -> Iterator[str]:
    """Kill a run, let the follower and then a last run end, and look what is left."""
    scene, (death, follower) = SCENES[placement.scene], placement.choices
    scene.stage(world)
    moment = death.partition(":")[2]
    _kill(world, scene, death.partition(":")[0])
    if moment == "before":
        world.simulator.release(ENVIRONMENT)
    with _released(world, moment):
        followed = FOLLOWERS[follower](world, scene)
    world.simulator.release(ENVIRONMENT)
    world.clock.sleep(10)
    results = [followed, *_close(world, scene, follower)]
    yield from (f"the last run fails: {result['msg']}" for result in results[1:] if result.get("failed"))
    yield from _lost(world, placement, results)
    if moment != "after" and follower != "removed":
        yield from (f"done {count} times: {name}" for name, count in world.accepted().items() if count > 1)


def _kill(world: World, scene: Scene, death: str) -> None:
    how, _at, number = death.partition("@")
    ((module, params),) = scene.tasks(world)
    if how == "after":
        world.kill(module, params, requests=int(number))
    else:
        world.strike(nth=int(number), **UNANSWERED[how])
        world.kill(module, params, unanswered=True)


def _released(world: World, moment: str) -> Any:
    if not moment.startswith("at"):
        return nullcontext()
    return world.before_request(int(moment.removeprefix("at")), lambda: world.simulator.release(ENVIRONMENT))


def _close(world: World, scene: Scene, follower: str) -> Iterator[Result]:
    """Run what should have been run and, when nothing can come any more, an enforcement of next to nothing."""
    if follower == "next-version":
        yield _next_version(world, scene)
    else:
        yield scene.play(world)
    world.clock.sleep(LONGEST_START)
    if scene.name != "removal":
        yield _enforce(world, scene)


def _lost(world: World, placement: Placement, results: list[Result]) -> Iterator[str]:
    _death, follower = placement.choices
    state, kept = world.state(), reference(world, placement.scene).kept_shares
    if follower == "other-declaration":
        kept = kept - DECLARED_AWAY
    told = [result.get("msg", "") for result in results] + world.told
    excused = follower == "removed" or (follower == "unreadable" and any("no readable record" in text for text in told))
    if kept - state and not excused:
        yield f"lost for good: {', '.join(sorted(kept - state))}"
    yield from (f"left behind: {line}" for line in state if line.startswith("record "))


def _same(world: World, scene: Scene) -> Result:
    return scene.play(world)


def _next_version(world: World, scene: Scene) -> Result:
    return _task(world, *bring("upgrade", NEXT)(world)[0])


def _other_mode(world: World, scene: Scene) -> Result:
    mode = "update" if scene.name == "upgrade" else "upgrade"
    return _task(world, *bring(mode, NEW)(world)[0])


def _enforce(world: World, scene: Scene) -> Result:
    return _task(world, *declare(NOTHING_DECLARED))


def _audit(world: World, scene: Scene) -> Result:
    module, params = declare(NOTHING_DECLARED)
    return _task(world, module, {**params, "audit": True})


def _other_declaration(world: World, scene: Scene) -> Result:
    return _task(world, *declare(AWAY))


def _removed(world: World, scene: Scene) -> Result:
    _task(world, "solution", {"name": f"{NAME}_Upgrade", "state": "absent"})
    _task(world, "solution", {"name": NAME, "state": "absent"})
    return scene.play(world)


def _other_application(world: World, scene: Scene) -> Result:
    return scene.play(world, **world.connection("stranger"))


def _unreadable(world: World, scene: Scene) -> Result:
    """Run with records that somebody damaged, and do as the message says."""
    store = world.environment.store
    notes = [row["annotationid"] for row in store.find("annotation")]
    for note in notes:
        store.update("annotation", note, {"notetext": "{"})
    result = scene.play(world)
    for note in notes:
        if store.get("annotation", note):
            store.delete("annotation", note)
    return result


def _a_day_later(world: World, scene: Scene) -> Result:
    world.clock.sleep(DAY)
    return scene.play(world)


def _task(world: World, module: str, params: dict[str, Any]) -> Result:
    return world.run(module, params)


FOLLOWERS: dict[str, Callable[[World, Scene], Result]] = {
    "same": _same,
    "next-version": _next_version,
    "other-mode": _other_mode,
    "enforce": _enforce,
    "audit": _audit,
    "other-declaration": _other_declaration,
    "removed": _removed,
    "other-application": _other_application,
    "unreadable": _unreadable,
    "a-day-later": _a_day_later,
}
NEEDING_FLOWS = ("enforce", "audit", "other-declaration")
# What cannot end well: nothing is there to share, or what is staged comes first, or is gone.
SENSELESS = {
    "enforcement": ("removed",),
    "first-import": NEEDING_FLOWS,
    "removal": NEEDING_FLOWS,
    "staging": ("next-version",),
    "promotion": ("next-version", "removed"),
}
