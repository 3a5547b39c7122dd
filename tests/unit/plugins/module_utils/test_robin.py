# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls of other flows in the scripts of desktop flows."""

from __future__ import annotations

import time

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._packages.robin import (
    RunFlowStatement,
    run_flow_statements,
)
from hypothesis import given, settings
from hypothesis import strategies as st

CALL = "External.RunFlow FlowId: 'callee'"


def found(script: str) -> list[RunFlowStatement]:
    return list(run_flow_statements(script))


def test_a_call_is_read_with_its_arguments() -> None:
    script = (
        "@INPUT X : { 'Description': '''Any\r\ntext''', 'Type': 'String' } \r\n"
        "@@flowname: 'Callee'\r\n"
        "    External.RunFlow FlowId: 'c74ad727' WaitToComplete: True @Question: $'''Why?''' @Count: Numbers['a'] + 1 "
        "@Answer=> Answer @Status => Status\r\n"
        "SET Y TO Answer\r\n"
    )

    assert found(script) == [
        RunFlowStatement("Main", "c74ad727", frozenset({"Question", "Count"}), frozenset({"Answer", "Status"}))
    ]


def test_subflows_are_named() -> None:
    script = f"{CALL}\r\nFUNCTION Log GLOBAL\r\n  {CALL}\r\nEND FUNCTION\r\nFUNCTION 'Close all' GLOBAL\r\n{CALL}"

    assert [statement.subflow for statement in found(script)][:2] == ["Main", "Log"]
    assert len(found(script)) == 3


@pytest.mark.parametrize(
    "script",
    [
        f"# {CALL}",
        f"   # don't {CALL}",
        f"/# first\r\n{CALL}\r\n#/",
        f"DISABLE {CALL}",
        f"SET X TO $'''text\r\n{CALL}\r\n'''",
        f"SET X TO $'''it\\'''\r\n{CALL}\r\n'''",
        "SET X TO $'''External.RunFlow'''",
        "Display.ShowMessage Text: $'''%External.RunFlowResult%'''",
    ],
)
def test_what_only_looks_like_a_call_is_none(script: str) -> None:
    assert found(script) == []


@pytest.mark.parametrize(
    "before",
    [
        "# don't worry\r\n",
        "/# it's\r\nfine #/\r\n",
        "SET X TO $'''it\\'s'''\r\n",
        "SET X TO $''''''\r\n",
        "SET X TO $'''C:\\\\'''\r\n",
        "SET X TO Object['it\\'s']\r\n",
        "SET X TO 'never closed\r\n",
        "SET X TO $'''%''%'''\r\n",
    ],
)
def test_texts_and_comments_before_a_call_do_not_hide_it(before: str) -> None:
    assert [statement.flow_id for statement in found(before + CALL)] == ["callee"]


@pytest.mark.parametrize("value", ["$'''first\r\nsecond @Other: x'''", "'@Other: x'", "$'''FlowId: 'other' '''"])
def test_texts_in_arguments_hold_no_arguments(value: str) -> None:
    (statement,) = found(f"External.RunFlow @In: {value} FlowId: 'callee' @Out=> Out")

    assert statement == RunFlowStatement("Main", "callee", frozenset({"In"}), frozenset({"Out"}))


def test_a_flow_named_by_a_variable_has_no_id() -> None:
    (statement,) = found("External.RunFlow FlowId: FlowToRun @In: 'x'")

    assert statement.flow_id is None


@pytest.mark.parametrize("part", ["'", "'''", "\\'", "'''\\", "/#", "#", " ", "\n"])
def test_no_script_takes_more_than_linear_time(part: str) -> None:
    started = time.monotonic()

    found(part * 200_000 + f"\n{CALL}")

    assert time.monotonic() - started < 10


@settings(deadline=None)
@given(st.text(alphabet="'#/\\$\r\n @:=>aE", max_size=60))
def test_any_script_is_read(script: str) -> None:
    assert len(found(f"{script}{CALL}")) <= 1
