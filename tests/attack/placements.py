# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is attacked where, and what was found: as one line each, by which a single attack can be run again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Placement:
    """One attack: ``part`` and ``scene`` say on what, ``choices`` how. Its text is all that is needed to repeat it."""

    part: str
    scene: str
    choices: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join([self.part, self.scene, *self.choices])

    @classmethod
    def parse(cls, text: str) -> Placement:
        """Return the placement that a text tells."""
        part, scene, *choices = text.split()
        return cls(part, scene, tuple(choices))


@dataclass(frozen=True)
class Violation:
    """Something that must never happen and did."""

    placement: Placement
    what: str

    def __str__(self) -> str:
        return f'{self.what}\n  again: make test-attack ONLY="{self.placement}"'


@dataclass(frozen=True)
class Tally:
    """What came of the attacks of a part."""

    part: str
    placements: int
    violations: list[Violation]
    seconds: float

    def __str__(self) -> str:
        return f"{self.part:12} {self.placements:10} {len(self.violations):10} {self.seconds:8.1f}"


TITLES = f"{'part':12} {'placements':>10} {'violations':>10} {'seconds':>8}"
