# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of the gate's portion."""

from __future__ import annotations

import pytest

from .placements import TITLES


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was tried and violated, part by part."""
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    for line in [
        TITLES,
        *(str(text) for report in reports for name, text in report.user_properties if name == "tally"),
    ]:
        terminalreporter.write_line(line)
