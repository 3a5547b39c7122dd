# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a scene asks and leaves when nothing goes wrong, and in what an environment differs from that."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from .scenes import SCENES
from .world import World


class Reference:
    """A run of a scene that nothing disturbed: ``before`` and ``after`` are states of the environment."""

    def __init__(self, world: World, name: str) -> None:
        scene = SCENES[name]
        scene.stage(world)
        self.before = world.state()
        result = scene.play(world)
        assert not result.get("failed"), result
        self.requests = len(world.requests())
        self.alike = world.alike_requests()
        self.writing = world.writing_requests()
        self.revocations = world.revocations()
        self.accepted = world.accepted()
        self.after = world.state()

    @property
    def telling(self) -> list[int]:
        """The numbers of the requests at which an attack may tell something new: two and the last of all alike ones."""
        return sorted({number for group in self.alike for number in (*group[:2], group[-1])})

    @property
    def kept_shares(self) -> set[str]:
        """The shares that nobody asked to remove."""
        return {line for line in self.before & self.after if line.startswith("share ")}

    def differences(self, world: World) -> Iterator[str]:
        """Tell in what the environment is not as it would have been left."""
        state = world.state()
        if state != self.after:
            yield f"missing: {sorted(self.after - state)}, too much: {sorted(state - self.after)}"
        if surplus := world.accepted() - self.accepted:
            yield f"done more than once: {dict(surplus)}"
        if world.revocations() > self.revocations:
            yield f"{world.revocations()} shares were revoked instead of {self.revocations}"


@cache
def reference(world: World, name: str) -> Reference:
    """Return the undisturbed run of a scene in a world."""
    return Reference(world, name)
