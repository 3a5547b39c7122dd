# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors of the service that a task goes on after: which may pass, and that each place says which."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils import _errors
from ansible_collections.coe.power_platform.plugins.module_utils._dataverse.client import DataverseClient
from ansible_collections.coe.power_platform.plugins.module_utils._dataverse.service_errors import refusal
from ansible_collections.coe.power_platform.plugins.module_utils._errors import (
    ApiError,
    NotFoundError,
    PowerPlatformError,
    UnavailableError,
)
from ansible_collections.coe.power_platform.plugins.module_utils._transport.http import HttpSession
from ansible_collections.coe.power_platform.plugins.module_utils._transport.messages import Response

ROOT = Path(_errors.__file__).parent
WIDE = {"ApiError", "PowerPlatformError", "Exception", "BaseException"}
# What ends a handler of all errors: it raises, asks whether it may go on, or tells of the error.
ANSWERS = {"go_without", "warn", "_warn", "_warn_or_refuse", "unanswered", "_refused"}
# Yields the error to who decides.
PASSED_ON = {("_dataverse/reading.py", "_outcomes"), ("_work.py", "perform")}


def handlers() -> Iterator[tuple[str, str, ast.ExceptHandler]]:
    """Yield file, function and handler of all that catch any error of the service."""
    for path in sorted(ROOT.rglob("*.py")):
        for function in ast.walk(ast.parse(path.read_text())):
            if isinstance(function, ast.FunctionDef):
                for node in ast.walk(function):
                    if isinstance(node, ast.ExceptHandler) and names(node.type) & WIDE:
                        yield str(path.relative_to(ROOT)), function.name, node


def names(node: ast.AST | None) -> set[str]:
    if node is None:
        return {"BaseException"}
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def answers(handler: ast.ExceptHandler) -> bool:
    called = {
        getattr(node.func, "attr", getattr(node.func, "id", ""))
        for node in ast.walk(handler)
        if isinstance(node, ast.Call)
    }
    return bool(called & ANSWERS) or any(isinstance(node, ast.Raise) for node in ast.walk(handler))


def test_no_error_of_the_service_is_dropped_in_silence() -> None:
    found = list(handlers())
    silent = {(file, function) for file, function, handler in found if not answers(handler)}
    assert len(found) > 10
    assert silent == PASSED_ON


def test_no_error_of_the_service_is_suppressed() -> None:
    suppressed = [
        f"{path.name}:{node.lineno}"
        for path in ROOT.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "suppress" and names(node) & WIDE
    ]
    assert suppressed == []


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (403, "0x80040220", UnavailableError),
        (404, "0x80060888", UnavailableError),
        (404, "0x80040217", NotFoundError),
        (501, None, UnavailableError),
        (400, "0x80060888", ApiError),
        (405, None, ApiError),
        (412, None, ApiError),
        (429, None, ApiError),
        (500, "0x80040216", ApiError),
        (503, None, ApiError),
    ],
)
def test_only_what_the_caller_cannot_have_may_pass(status: int, code: str | None, kind: type[ApiError]) -> None:
    body = b'{"error": {"code": "%s", "message": "No."}}' % code.encode() if code else b""
    error = refusal(Response(status, {}, body, "https://a.example"), "GET teams", repeatable=True)
    assert error.__class__ is kind
    warnings: list[str] = []
    client = DataverseClient("https://a.example", HttpSession(), tokens=None, warn=warnings.append)  # type: ignore[arg-type]
    for _again in range(3):
        if isinstance(error, UnavailableError):
            client.go_without(error, "Names are missing")
        else:
            with pytest.raises(ApiError, match="GET teams failed"):
                client.go_without(error, "Names are missing")
    assert warnings == [f"Names are missing: {error}"] * isinstance(error, UnavailableError)


def test_what_is_cosmetic_stops_nothing_and_is_told_once() -> None:
    warnings: list[str] = []
    client = DataverseClient("https://a.example", HttpSession(), tokens=None, warn=warnings.append)  # type: ignore[arg-type]
    for number in range(3):
        client.go_without(PowerPlatformError(f"Broken {number}."), "A name is missing", cosmetic=True)
    assert warnings == ["A name is missing: Broken 0."]
