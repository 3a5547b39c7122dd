# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the tests below Ansible."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.https_server import (
    HttpsServer,
    https_server,
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[HttpsServer]:
    """A small HTTPS server that answers as it is told."""
    with https_server(tmp_path) as running:
        yield running
