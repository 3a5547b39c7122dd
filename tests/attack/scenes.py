# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What users do: an environment in some state, and the tasks that are run in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.coe.power_platform.tests.unit.plugins.modules.solution_scenes import NAME

from .world import World

JOHN, JANE = "john.smith@contoso.example", "jane.doe@contoso.example"
PRINCIPALS = [{"team": "Finance Robotics"}, {"user": JOHN, "permission": "co_owner"}]
NOTHING_DECLARED: list[dict[str, Any]] = [{"desktop_flow": "Flow 1", "principals": []}]
DECLARED: list[dict[str, Any]] = [
    {"desktop_flow": "Flow 1", "principals": [{"user": JANE}, {"user": JOHN}], "exclusive": True},
    {"desktop_flow": "Flow 2", "principals": [{"user": JANE, "permission": "co_owner"}, {"team": "Finance Robotics"}]},
]
OLD, NEW, NEXT = "1.0.0.0", "2.0.0.0", "3.0.0.0"
EXPORTED = "exported.zip"
Task = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Scene:
    """``prepare`` makes the state; ``tasks`` tells the modules to run, one after another, and their options."""

    name: str
    prepare: Callable[[World], None]
    tasks: Callable[[World], Sequence[Task]]

    def stage(self, world: World) -> None:
        """Bring the environment into the scene's state."""
        world.stage(self.name, self.prepare)
        (world.folder / EXPORTED).unlink(missing_ok=True)

    def play(self, world: World, *, check_mode: bool = False, **more: Any) -> dict[str, Any]:
        """Run the tasks until one fails; return the last result, changed if any of them was."""
        changed = False
        for module, params in self.tasks(world):
            result = world.run(module, {**params, **more}, check_mode=check_mode)
            changed = changed or result.get("changed", False)
            if result.get("failed"):
                break
        return {**result, "changed": changed}


def nothing(world: World) -> None:
    """Leave the environment as it is."""


def shared(world: World) -> None:
    """Install a version whose flows are shared."""
    world.install(OLD)
    world.run("desktop_flow_share", {"shares": [{"solution": NAME, "principals": PRINCIPALS}]})


def staged(world: World) -> None:
    """Have an upgrade of a solution with shared flows staged."""
    shared(world)
    world.install(NEW, staged=True)


def developed(world: World) -> None:
    """Have the solution as it is developed."""
    world.install(OLD, managed=False)


def bring(mode: str, version: str = NEW) -> Callable[[World], Sequence[Task]]:
    """Return the tasks that import a version."""
    return lambda world: [("solution_import", {"src": world.package(version), "import_mode": mode})]


def enforce(world: World) -> Sequence[Task]:
    """Return the task that enforces the declaration."""
    return [declare(DECLARED)]


def promote(world: World) -> Sequence[Task]:
    """Return the task that promotes the staged upgrade."""
    return [("solution_promote", {"name": NAME})]


def stage_and_promote(world: World) -> Sequence[Task]:
    """Return the tasks that upgrade in two steps."""
    return [*bring("stage_for_upgrade")(world), *promote(world)]


def declare(shares: list[dict[str, Any]]) -> Task:
    """Return the task that enforces a declaration."""
    return "desktop_flow_share", {"shares": shares}


def export(world: World) -> Sequence[Task]:
    """Return the task that exports the solution to a file."""
    return [("solution_export", {"name": NAME, "dest": str(world.folder / EXPORTED)})]


def remove(world: World) -> Sequence[Task]:
    """Return the task that removes the solution."""
    return [("solution", {"name": NAME, "state": "absent"})]


def deploy(world: World) -> Sequence[Task]:
    """Return the task that upgrades the solution and enforces the declaration."""
    return [("solution_deployment", {"src": [world.package(NEW)], "import_mode": "upgrade", "shares": DECLARED})]


def make_team(world: World) -> Sequence[Task]:
    """Return the tasks that make a team and share a flow with it."""
    team = {"name": "Invoice robots", "security_roles": ["Basic User"], "description": "Runs invoices"}
    principals = [{"team": "Invoice robots"}]
    sharing: list[dict[str, Any]] = [{"desktop_flow": "Flow 1", "principals": principals}]
    return [("team", team), declare(sharing)]


SCENES = {
    scene.name: scene
    for scene in (
        Scene("enforcement", shared, enforce),
        Scene("first-import", nothing, bring("update")),
        Scene("update", shared, bring("update")),
        Scene("upgrade", shared, bring("upgrade")),
        Scene("staging", shared, bring("stage_for_upgrade")),
        Scene("promotion", staged, promote),
        Scene("staged-upgrade", shared, stage_and_promote),
        Scene("export", developed, export),
        Scene("removal", shared, remove),
        Scene("team", shared, make_team),
        Scene("deployment", shared, deploy),
    )
}
