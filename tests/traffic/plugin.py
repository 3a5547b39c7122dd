# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plugin of pytest that records what the collection sends while tests run, into the folder ``TRAFFIC``."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Iterator

import pytest

from .recorder import recording


@pytest.fixture(scope="session", autouse=True)
def recorded_traffic() -> Iterator[None]:
    """Record from before the first simulator starts."""
    with recording(pathlib.Path(os.environ["TRAFFIC"])):
        yield
