# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts on their way in and out, through the functions and through a whole task."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._errors import ConfigurationError, RefusedError
from ansible_collections.coe.power_platform.plugins.module_utils._text import (
    listed,
    message,
    require_sendable,
    sentences,
    shown,
    shown_difference,
    shown_lines,
)
from ansible_collections.coe.power_platform.plugins.module_utils._work import ModuleDefinition, Work, perform
from hypothesis import given
from hypothesis import strategies as st

CONTROLS = ["\x00", "\x07", "\x1b[2J", "\r", "\n", "\x7f", "\x85", "\x9b31m", "\xad", "\u061c", "\u200b", "\u200e"]
CONTROLS += ["\u2028", "\u2029", "\u202e", "\u2066", "\u2069", "\ufeff", "\ufff9", "\U000e0041", "\ud800"]
SCREEN = 2000


def is_plain(text: str) -> bool:
    return all(unicodedata.category(one) not in ("Cc", "Cf", "Cs", "Zl", "Zp") for one in text)


@pytest.mark.parametrize("control", CONTROLS, ids=ascii)
def test_what_a_terminal_obeys_is_spelled_out(control: str) -> None:
    escaped = control[0].encode("unicode_escape").decode()
    assert shown(f"a{control}b") == f"a{escaped}{control[1:]}b"
    assert shown_lines(f"a{control}b\nc").count("\n") == 1 + (control == "\n")
    data = {f"k{control}": [f"v{control}"]}
    assert shown_difference({"before": f"v{control}\n", "after": data}) == {
        "before": shown_lines(f"v{control}\n"),
        "after": {shown(f"k{control}"): [shown(f"v{control}")]},
    }


@given(st.text(st.characters()))
def test_any_text_is_shown_on_one_plain_line(text: str) -> None:
    assert is_plain(shown(text))
    assert shown(shown(text)) == shown(text)
    assert shown_lines(text).split("\n") == [shown(line) for line in text.split("\n")]


@pytest.mark.parametrize("text", ["", "plain", "Größe 🤖", "山田\u3000太郎", "1\xa0€ naïve ✓", "עברית العربية"])
def test_letters_and_spaces_of_all_languages_stay(text: str) -> None:
    assert shown(text) == message(text) == text


@pytest.mark.parametrize("count", [0, 1, 5, 6, 100_000])
def test_a_list_tells_the_first_few_and_how_many_more(count: int) -> None:
    texts = [f"t{number}" for number in range(count)]
    rest = f" and {count - 5} more" if count > 5 else ""
    assert listed(texts) == ", ".join(texts[:5]) + rest
    assert listed(iter(texts), "; ") == "; ".join(texts[:5]) + rest
    assert sentences(texts) == " ".join(texts[:5]) + (f" And {count - 5} more." if count > 5 else "")


@pytest.mark.parametrize("bad", ["\0", "a\ud800", "\udfffb", "\ud83d \ude00"])
@pytest.mark.parametrize(
    ("value", "place"),
    [
        ("{}", "option"),
        (["ok", "{}"], "option[1]"),
        ({"a": [{"b": "{}"}]}, "option.a[0].b"),
        ({"a": {"{}": 1}}, "option.a."),
        ([["x", ("{}",)]], "option[0][1][0]"),
    ],
)
def test_an_option_that_cannot_be_sent_is_named(value: Any, place: str, bad: str) -> None:
    def filled(one: Any) -> Any:
        if isinstance(one, str):
            return one.replace("{}", bad)
        if isinstance(one, dict):
            return {filled(key): filled(inner) for key, inner in one.items()}
        return type(one)(map(filled, one)) if isinstance(one, (list, tuple)) else one

    with pytest.raises(ConfigurationError) as caught:
        require_sendable({"other": "fine", "option": filled(value)})
    assert str(caught.value).startswith(place)
    assert is_plain(str(caught.value))


def test_an_option_that_nests_too_deeply_is_named() -> None:
    deep: Any = []
    for _level in range(100_000):
        deep = [deep]
    with pytest.raises(ConfigurationError, match=r"^option nests too deeply"):
        require_sendable({"option": deep})
    deep = ["\ud800"]
    for _level in range(800):
        deep = [deep]
    with pytest.raises(ConfigurationError, match=r"^option nests too deeply"):
        require_sendable({"option": deep})


def test_sound_options_pass() -> None:
    require_sendable(
        {"a": None, "b": 1, "c": ["Größe 🤖\n\x1b", "\\u0000", r"\\u0000"], "d": {"e": {"f": "\u202e"}}, "g": b"\xff"}
    )


def perform_with(work: Any, **params: Any) -> tuple[dict[str, Any], list[str], list[str]]:
    warnings: list[str] = []
    reports: list[str] = []
    task = Work(params, warn=warnings.append, report=reports.append)
    return perform(ModuleDefinition(work=work, argument_spec={}), task).result, warnings, reports


@given(st.text(st.characters()))
def test_all_ways_out_of_a_task_are_plain_and_names_are_as_they_are(name: str) -> None:
    def work(task: Work) -> dict[str, Any]:
        task.warn(f"Warning of {name}")
        task.report(f"[prod] {name}: 5 %")
        return {
            "changed": True,
            "name": name,
            "plan_text": f"one {name}\n",
            "reason": name,
            "drift": [{"principal": name, "message": name}],
            "plan": {"stops": [name], "recommendation": {"reason": name}},
            "diff": {"before": f"one {name}\n", "after": {name: [name]}},
        }

    result, warnings, reports = perform_with(work)
    assert is_plain("".join([*warnings, *reports]))
    assert result["name"] == result["drift"][0]["principal"] == name
    texts = [result["reason"], result["drift"][0]["message"], *result["plan"]["stops"]]
    assert is_plain("".join([*texts, result["plan"]["recommendation"]["reason"]]))
    assert is_plain((result["plan_text"] + result["diff"]["before"]).replace("\n", ""))
    ((key, (value,)),) = result["diff"]["after"].items()
    assert is_plain(key + value)


@given(st.text(st.characters()))
def test_a_failure_is_told_on_one_plain_line(name: str) -> None:
    def work(_task: Work) -> dict[str, Any]:
        raise RefusedError(f"It is {name}.", result={"shares": [name]}, mistakes=[{"value": name, "message": name}])

    result, _warnings, _reports = perform_with(work)
    assert is_plain(result["msg"])
    assert is_plain(result["failure"]["mistakes"][0]["message"])
    assert result["failure"]["mistakes"][0]["value"] == result["shares"][0] == name


@pytest.mark.parametrize("size", [10, SCREEN, 1_000_000])
def test_a_message_stays_below_a_screen_and_stands_whole_in_the_result(size: int) -> None:
    def work(task: Work) -> dict[str, Any]:
        task.warn("w" * size)
        task.report("r" * size)
        raise RefusedError(f"{'x' * size} is wrong: do something.")

    result, warnings, reports = perform_with(work)
    assert max(map(len, (result["msg"], *warnings, *reports))) <= SCREEN
    assert result["msg"].endswith("is wrong: do something.")
    assert result["failure"].get("message", result["msg"]) == f"{'x' * size} is wrong: do something."


def test_a_task_gives_no_more_warnings_than_can_be_read() -> None:
    def work(task: Work) -> dict[str, Any]:
        for number in range(100_000):
            task.warn(f"Warning {number}")
        return {"changed": False}

    _result, warnings, _reports = perform_with(work)
    assert len(warnings) == 101
    assert warnings[-1] == "There are 99900 more warnings."
