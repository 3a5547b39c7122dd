# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which tasks run in the worker, and that they leave nothing behind there."""

from __future__ import annotations

import dataclasses
import datetime
import os
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
from ansible_collections.coe.power_platform.plugins.action.solution_info import ActionModule
from ansible_collections.coe.power_platform.plugins.module_utils._transport import http
from ansible_collections.coe.power_platform.plugins.plugin_utils import _worker

HANDED_OVER = {"changed": False, "by": "the real module"}
URL = "https://contoso.crm4.dynamics.com"


def run(
    arguments: dict[str, Any] | None = None,
    *,
    transport: str = "local",
    become: Any = None,
    async_val: int = 0,
    environment: list[dict[str, str]] | None = None,
    **task_vars: Any,
) -> dict[str, Any]:
    """Run solution_info through the action plugin, with a stand-in for the real module."""
    task = SimpleNamespace(
        action="coe.power_platform.solution_info",
        args={"environment_url": URL, **(arguments or {})},
        check_mode=False,
        async_val=async_val,
        environment=environment,
        diff=False,
    )
    action = ActionModule(
        task=task,
        connection=mock.Mock(transport=transport, become=become, has_native_async=False),
        play_context=mock.Mock(),
        loader=mock.Mock(),
        templar=mock.Mock(template=lambda value: value),
        shared_loader_obj=mock.Mock(),
    )
    with mock.patch.object(action, "_execute_module", return_value=HANDED_OVER) as handed_over:
        result: dict[str, Any] = action.run(task_vars=task_vars)
    if handed_over.called:
        return {**result, "arguments": handed_over.call_args.kwargs["module_args"]}
    return result


@pytest.fixture
def works(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the module's function found when it was called: its options and the environment variables."""
    calls: list[dict[str, Any]] = []

    def work(work: Any) -> dict[str, Any]:
        calls.append({"name": work.params["name"], "package": work.params["package"], **os.environ})
        return {"changed": False}

    monkeypatch.setattr(ActionModule, "definition", dataclasses.replace(ActionModule.definition, work=work))
    return calls


@pytest.mark.parametrize("circumstances", [{}, {"power_platform_in_worker": True}, {"power_platform_in_worker": "yes"}])
def test_local_task_runs_in_the_worker(works: list[dict[str, Any]], circumstances: dict[str, Any]) -> None:
    assert "by" not in run(**circumstances)
    assert len(works) == 1


@pytest.mark.parametrize(
    "circumstances",
    [
        {"transport": "ssh"},
        {"become": "sudo"},
        {"async_val": 60},
        {"power_platform_in_worker": False},
        {"power_platform_in_worker": "no"},
    ],
    ids=repr,
)
def test_task_that_must_run_elsewhere_goes_to_the_real_module(
    works: list[dict[str, Any]], circumstances: dict[str, Any]
) -> None:
    assert run(**circumstances)["by"] == "the real module"
    assert works == []


def test_real_module_is_asked_where_the_worker_lacks_requests(
    works: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "REQUESTS_FOUND", False)
    assert run()["by"] == "the real module"


def test_environment_of_a_task_ends_with_it(works: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEPT", "before")
    before = dict(os.environ)
    run(environment=[{"ADDED": "1", "KEPT": "within"}])
    assert (works[0]["ADDED"], works[0]["KEPT"]) == ("1", "within")
    assert dict(os.environ) == before


def test_environment_of_a_task_ends_with_it_even_when_a_bug_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    work = mock.Mock(side_effect=ZeroDivisionError)
    monkeypatch.setattr(ActionModule, "definition", dataclasses.replace(ActionModule.definition, work=work))
    with pytest.raises(ZeroDivisionError):
        run(environment=[{"ADDED": "1"}])
    assert "ADDED" not in os.environ


@pytest.mark.parametrize(
    ("value", "text"), [("a", "a"), (datetime.date(2026, 1, 2), "2026-01-02"), (1.5, "1.5"), (True, "True")]
)
def test_options_are_those_that_the_real_module_would_receive(
    works: list[dict[str, Any]], value: Any, text: str
) -> None:
    run({"name": value})
    assert works[0]["name"] == text


PATHS = [
    ("a/b.zip", "{cwd}/a/b.zip"),
    ("folder/", "{cwd}/folder/"),
    ("/tmp/b.zip", "/tmp/b.zip"),
    ("~/b.zip", "~/b.zip"),
    ("$HOME/b.zip", "$HOME/b.zip"),
    ("", ""),
]


@pytest.mark.parametrize(("given", "expected"), PATHS)
def test_relative_paths_begin_where_ansible_was_started(given: str, expected: str) -> None:
    expected = expected.format(cwd=os.getcwd())
    assert run({"package": given}, power_platform_in_worker=False)["arguments"]["package"] == expected
    assert run({"package": given}, transport="ssh")["arguments"]["package"] == given


def test_relative_paths_are_the_same_in_the_worker(works: list[dict[str, Any]]) -> None:
    run({"package": "a/b.zip", "name": "a/b"})
    assert (works[0]["package"], works[0]["name"]) == (f"{os.getcwd()}/a/b.zip", "a/b")


@pytest.mark.parametrize("given", ["a.zip,/tmp/b.zip", ["a.zip", "/tmp/b.zip"]])
def test_each_path_of_a_list_is_made_whole(given: Any) -> None:
    option = {"type": "list", "elements": "path"}
    assert _worker._whole(given, option) == [f"{os.getcwd()}/a.zip", "/tmp/b.zip"]
