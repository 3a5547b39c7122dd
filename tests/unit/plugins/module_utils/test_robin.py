# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls of other flows in the scripts of desktop flows."""

from __future__ import annotations

import time
from collections.abc import Callable

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


def told(script: str) -> list[RunFlowStatement]:
    """Return the calls in a script, none when they cannot be told."""
    try:
        return found(script)
    except ValueError:
        return []


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

    assert [statement.subflow for statement in found(script)] == ["Main", "Log", "Close all"]


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
        "SET Help TO $fx'To call it, write\r\nExternal.RunFlow FlowId: ''callee'''",
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
        "SET X TO $fx'see\r\nhttps://portal.contoso.example/#/orders'\r\n",
        'SET X TO $fx\'{\r\n  "Name": "${Name}"\r\n}\'\r\n',
        "SET X TO $fx''\r\n",
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

    told(part * 200_000 + f"\n{CALL}")

    assert time.monotonic() - started < 10


@settings(deadline=None)
@given(st.text(alphabet="'#/\\$\r\n @:=>aE", max_size=60))
def test_any_script_is_read(script: str) -> None:
    assert len(told(f"{script}{CALL}")) <= 1


@pytest.mark.parametrize("opening", ["$'''", "'''", "/#"])
def test_what_never_ends_hides_nothing(opening: str) -> None:
    with pytest.raises(ValueError, match="has no end"):
        found(f"SET X TO {opening}text\r\n{CALL}")


def escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")


FORMS: dict[str, Callable[[str], str]] = {
    "one quote": lambda text: f"'{escaped(text)}'".replace("\r", " ").replace("\n", " "),
    "three quotes": lambda text: f"$'''{escaped(text)}'''",
    "Power Fx": lambda text: f"$fx'{escaped(text)}'",
    "Power Fx, doubled": lambda text: "$fx'" + text.replace("\\", "\\\\").replace("'", "''") + "'",
}
COMMENTS = ("", "# it's a note\r\n", "/# it's\r\nmore #/\r\n")


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(sorted(FORMS)), st.text(alphabet="'#/\\$ @:=>{}\"\r\nfx", max_size=20))),
    st.sampled_from(COMMENTS),
)
def test_whatever_stands_in_texts_the_calls_are_found(texts: list[tuple[str, str]], comment: str) -> None:
    lines = "".join(f"SET X TO {FORMS[form](text)}\r\n{comment}" for form, text in texts)
    (statement,) = found(f"{lines}{CALL} @In: $fx'{{\r\n}}' @Out=> X")
    assert statement == RunFlowStatement("Main", "callee", frozenset({"In"}), frozenset({"Out"}))
