# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two controllers at once, a human beside an upgrade, and a file of records that many processes share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from random import Random
from typing import Any

from ansible_collections.coe.power_platform.tests.unit.plugins.modules.sharing_scenes import give, held
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.solution_scenes import put

from .interleaving import interleave
from .placements import Placement
from .references import reference
from .scenes import JANE, NEXT, NOTHING_DECLARED, OLD, SCENES, bring, declare, enforce, promote
from .world import SEED, World

GATE = 25
ORDERS = 40
"""How many orders of the two controllers' requests are drawn for each pair."""
PAIRS: dict[str, tuple[str, Callable[[World], Any], Callable[[World], Any]]] = {
    # the scene, and what the two controllers run in it
    "upgrade+upgrade": ("upgrade", bring("upgrade"), bring("upgrade")),
    "upgrade+update": ("upgrade", bring("upgrade"), bring("update")),
    "upgrade+next-upgrade": ("upgrade", bring("upgrade"), bring("upgrade", NEXT)),
    "upgrade+enforcement": ("upgrade", bring("upgrade"), lambda world: [declare(NOTHING_DECLARED)]),
    "update+enforcement": ("update", bring("update"), lambda world: [declare(NOTHING_DECLARED)]),
    "promotion+promotion": ("promotion", promote, promote),
    "promotion+enforcement": ("promotion", promote, lambda world: [declare(NOTHING_DECLARED)]),
    "first-import+first-import": ("first-import", bring("update"), bring("update")),
    "enforcement+enforcement": ("enforcement", enforce, enforce),
}
HUMAN = ("update", "upgrade", "promotion", "staged-upgrade")
FILED, FILE_RUNS = 4, 10


def placements(world: World, chance: Random) -> list[Placement]:
    """Return drawn orders of two controllers, a human's acts at each request, and runs with one file of records."""
    orders = [Placement("concurrency", pair, (f"order{number}",)) for pair in PAIRS for number in range(ORDERS)]
    acts = [
        Placement("concurrency", name, (f"{act}@{number}",))
        for name in HUMAN
        for number in range(1, reference(world, name).requests + 1)
        for act in ("grants", "revokes")
    ]
    return [*orders, *acts, *(Placement("concurrency", "record-file", (f"run{run}",)) for run in range(FILE_RUNS))]


def attack(world: World, placement: Placement) -> Iterator[str]:
    """Do what the placement's kind says."""
    if placement.scene == "record-file":
        return _record_file(world, Random(str(placement)))
    return (_controllers if placement.scene in PAIRS else _human)(world, placement)


def _controllers(world: World, placement: Placement) -> Iterator[str]:
    name, first, second = PAIRS[placement.scene]
    scene, kept = SCENES[name], reference(world, name).kept_shares
    scene.stage(world)
    tasks = [task for ((task),) in (first(world), second(world))]
    results = interleave(world, Random(str(placement)), [partial(world.run, *task) for task in tasks])
    lost = kept - world.state()
    if lost:
        yield f"missing when both have ended: {', '.join(sorted(lost))} ({_ends(results)})"
    last = [world.run(*task) for task in (*tasks[1:], declare(NOTHING_DECLARED))]
    yield from (f"the last run fails: {result['msg']} ({_ends(results)})" for result in last if result.get("failed"))
    state = world.state()
    yield from _lost(kept - state)
    yield from (f"left behind: {line}" for line in state if line.startswith("record "))
    yield from (f"done {count} times: {name}" for name, count in world.accepted().items() if count > 1)


def _ends(results: list[dict[str, Any]]) -> str:
    return "; ".join(result.get("msg", "ended well") for result in results)


def _human(world: World, placement: Placement) -> Iterator[str]:
    """Somebody shares a flow, or takes a share away, beside the run, past all its requests."""
    act, _at, number = placement.choices[0].partition("@")
    scene, undisturbed = SCENES[placement.scene], reference(world, placement.scene)
    scene.stage(world)
    human = Human(world)
    with human.looking(), world.before_request(int(number), getattr(human, act)):
        result = scene.play(world)
    if result.get("failed"):
        yield f"the run fails: {result['msg']}"
    again = [scene.play(world), world.run(*declare(NOTHING_DECLARED))]
    yield from (f"the run after it fails: {one['msg']}" for one in again if one.get("failed"))
    shares = world.shares()
    if act == "grants" and human.seen and human.place not in shares:
        yield "a share that somebody gave, and that the run saw, is lost"
    if world.revocations():
        yield f"{world.revocations()} shares were revoked"
    kept = undisturbed.kept_shares - ({human.revoked} if act == "revokes" else set())
    yield from _lost(kept - world.state())


def _lost(shares: Iterable[Any]) -> Iterator[str]:
    if lost := sorted(map(str, shares)):
        yield f"lost for good: {', '.join(lost)}"


class Human:
    """Somebody with a browser; ``seen`` tells whether a request about shares was answered while the share was there."""

    def __init__(self, world: World) -> None:
        self._world = world
        store = world.environment.store
        flow = store.first("workflow", name="Flow 1")["workflowid"]
        self.place = (flow, store.first("systemuser", domainname=JANE)["systemuserid"])
        team = store.first("team", name="Finance Robotics")["teamid"]
        self._other = store.first("principalobjectaccess", objectid=flow, principalid=team)
        self.revoked = "share 1 of Flow 1 for Finance Robotics"
        self.seen = False

    def grants(self) -> None:
        """Share a flow with one more user, if it is there."""
        flow, user = self.place
        with self._world.environment.lock:
            give(self._world.environment, [(flow, "systemuser", user, 1)])

    def revokes(self) -> None:
        """Take the share of the team away, unless the upgrade has done so."""
        with self._world.environment.lock:
            share = self._world.environment.store.first(
                "principalobjectaccess", objectid=self._other["objectid"], principalid=self._other["principalid"]
            )
            if share:
                self._world.environment.store.delete("principalobjectaccess", share["principalobjectaccessid"])

    def looking(self) -> Any:
        """Watch what the run sees."""
        return self._world.after_requests(self._look)

    def _look(self, request: str) -> None:
        self.seen = self.seen or ("principalobjectaccess" in request and self.place in self._world.shares())


def _record_file(world: World, chance: Random) -> Iterator[str]:
    """Upgrade several environments at once, with one file of records; some runs die."""
    path = world.folder / "records.json"
    path.unlink(missing_ok=True)
    names = [f"filed{number}" for number in range(FILED)]
    before = {name: _filed(world, name) for name in names}
    guard = {"share_record_path": str(path)}
    package = {"src": world.package("2.0.0.0"), "import_mode": "upgrade"}

    def upgrade(name: str, requests: int) -> None:
        world.kill("solution_import", {**package, **guard, **world.simulator.connection(name)}, requests=requests)

    with ThreadPoolExecutor(FILED) as pool:
        list(pool.map(upgrade, names, [chance.randrange(10, 40) for _name in names]))
    world.clock.sleep(10)
    for name in names:
        address = {**guard, **world.simulator.connection(name)}
        last = [world.run("solution_import", {**package, **address})]
        last.append(world.run("desktop_flow_share", {"shares": NOTHING_DECLARED, **address}))
        yield from (f"the last run fails: {result['msg']}" for result in last if result.get("failed"))
        yield from _lost(before[name].items() - held(world.simulator.environment(name)).items())
    if path.exists():
        yield f"left behind: {path.read_text()}"


def _filed(world: World, name: str) -> dict[tuple[str, str], int]:
    """Make an environment with a shared solution, and return its shares."""
    simulator = world.simulator
    if name not in simulator.environments.names():
        simulator.environments.add(name, **SEED)
    simulator.reset(name)
    put(simulator, name, world.package(OLD))
    shares = [{"desktop_flow": "Flow 1", "principals": [{"user": JANE}]}]
    world.run("desktop_flow_share", {"shares": shares, **simulator.connection(name)})
    return dict(held(simulator.environment(name)))
