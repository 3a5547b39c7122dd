# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines of progress: what they say, and how often."""

from __future__ import annotations

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._solutions.progress import Progress, duration_text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0s"), (59.9, "59s"), (80, "1m20s"), (3599, "59m59s"), (3720, "1h02m")]
)
def test_durations_read_as_people_write_them(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


def test_a_line_names_environment_subject_state_and_time() -> None:
    lines: list[str] = []
    Progress(lines.append, "prod").show("CoESharedFlows 1.1.0.0 update", "45 %", 80)
    assert lines == ["[prod] CoESharedFlows 1.1.0.0 update: 45 % (1m20s)"]


def test_nothing_is_said_again_before_a_quarter_of_a_minute() -> None:
    lines: list[str] = []
    progress = Progress(lines.append, "prod")
    for second in range(31):
        progress.show("X", "running", second)
    assert lines == ["[prod] X: running (0s)", "[prod] X: running (15s)", "[prod] X: running (30s)"]
