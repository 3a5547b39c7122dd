# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What no source tells for certain: every switch, in each of its positions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from dataverse_simulator import Simulator
from dataverse_simulator.environments.settings import Settings
from web_api import WebApi

FLOW = "Read Invoice"
Turn = Callable[..., None]


@pytest.fixture
def turn(simulator: Simulator) -> Iterator[Turn]:
    """`turn(environment, switch=value)`; afterwards every switch stands as before."""
    before: list[tuple[Settings, dict[str, Any]]] = []

    def change(environment: str, **switches: Any) -> None:
        settings = simulator.environment(environment).settings
        before.append((settings, {name: getattr(settings, name) for name in switches}))
        settings.change(switches)

    yield change
    for settings, switches in reversed(before):
        settings.change(switches)


def as_application(api: WebApi, name: str) -> WebApi:
    return WebApi(api.simulator, api.environment, name)


def shared_with(api: WebApi, condition: str = "objecttypecode eq 'workflow'") -> set[str]:
    return {row["principalid"] for row in api.rows(f"principalobjectaccessset?$filter={condition}")}


@pytest.mark.parametrize(
    ("position", "administrator_sees", "maker_sees"),
    [("all", 2, 2), ("by_rights", 2, 1), ("own", 0, 1)],
)
def test_visible_shares(dev: WebApi, turn: Turn, position: str, administrator_sees: int, maker_sees: int) -> None:
    maker = as_application(dev, "maker")
    dev.share(FLOW, dev.team("Finance Robotics"))
    dev.share(FLOW, ("systemuser", maker.get("WhoAmI")["UserId"]))
    turn("dev", visible_shares=position)
    assert len(shared_with(dev)) == administrator_sees
    assert len(shared_with(maker)) == maker_sees
    assert len(dev.shares(FLOW)) == 2  # RetrieveSharedPrincipalsAndAccess tells all of them


def test_a_switch_takes_the_words_it_knows(simulator: Simulator) -> None:
    with pytest.raises(ValueError, match="all, by_rights, own"):
        simulator.environment("dev").settings.change({"visible_shares": "some"})
