# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The README names everything that is there."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest
from dataverse_simulator.environments import schema
from dataverse_simulator.environments.settings import Settings
from dataverse_simulator.tenant.faults import JOB_KINDS, REQUEST_KINDS
from dataverse_simulator.web_api.operations import operation_names

README = Path(__file__).parents[2] / "README.md"
NAMES = {
    "operations": operation_names(),
    "tables": {table.set_name for table in schema.all_tables() if not table.internal},
    "faults": {*REQUEST_KINDS, *JOB_KINDS},
    "switches": {field.name for field in fields(Settings)},
}


@pytest.mark.parametrize("kind", NAMES)
def test_the_readme_names_everything(kind: str) -> None:
    text = README.read_text("utf-8")
    assert not [name for name in sorted(NAMES[kind]) if name not in text]
