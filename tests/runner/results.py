# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers of passed, failed and skipped tests."""

from __future__ import annotations

import json
import pathlib
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from xml.etree import ElementTree


@dataclass(frozen=True)
class Counts:
    """How many tests ended in which way; its text is what a stage and the whole run end with."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def closing_line(stage: str, counts: Counts, seconds: float) -> str:
    """Return the line that a stage ends with."""
    return f"===== {stage}: {counts} ({seconds:.0f} s) ====="


def read_closing_line(output: str) -> Counts:
    """Return the counts that the output of a stage ends with; a stage without a closing line has failed."""
    closed = re.search(
        r"^===== \S+: (\d+) passed, (\d+) failed, (\d+) skipped \(\d+ s\) =====\n\Z", output, re.MULTILINE
    )
    return Counts(*map(int, closed.groups())) if closed else Counts(failed=1)


def read_junit(files: Iterable[pathlib.Path], returncode: int) -> Counts:
    """Count the test cases of JUnit files and tell why some were skipped. A crash counts as a failure."""
    reports = list(files)
    skipped = [element for report in reports for element in ElementTree.parse(report).iter("skipped")]
    for reason, times in Counter(element.get("message") or element.text for element in skipped).items():
        print(f"Skipped {times}: {reason}", flush=True)
    return _with_crash(sum(map(_cases, reports), Counts()), returncode)


def read_targets(output: pathlib.Path, returncode: int) -> Counts:
    """Count the integration targets of a run of ansible-test, given its folder of results, and name those that failed.

    It writes a JUnit file for each target that ran and lists those that passed. The cases in the JUnit files do not
    tell: they count a task that failed and was rescued as a failure.
    """
    ran = {report.name.partition("-")[0] for report in output.glob("junit/*.xml")}
    passed = {
        name for file in output.glob("data/integration-*.json") for name in json.loads(file.read_bytes())["targets"]
    }
    for name in sorted(ran - passed):
        print(f"FAILED {name}", flush=True)
    return _with_crash(Counts(passed=len(passed), failed=len(ran - passed)), returncode)


def _cases(file: pathlib.Path) -> Counts:
    return sum(map(_outcome, ElementTree.parse(file).iter("testcase")), Counts())


def _outcome(case: ElementTree.Element) -> Counts:
    if case.find("failure") is not None or case.find("error") is not None:
        return Counts(failed=1)
    if case.find("skipped") is not None:
        return Counts(skipped=1)
    return Counts(passed=1)


def _with_crash(counts: Counts, returncode: int) -> Counts:
    return counts + Counts(failed=1) if returncode and not counts.failed else counts
