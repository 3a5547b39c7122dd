# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two doors of a module, as Ansible opens them."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest import mock

import pytest


def run_as_module(module: ModuleType, params: dict[str, Any], check_mode: bool, reports: list[str]) -> dict[str, Any]:
    """Run the real module, and return what it printed; it shows no progress."""
    output = io.StringIO()
    arguments = {**params, "_ansible_check_mode": check_mode}
    with (
        _module_args(arguments),
        _away_from_the_controller(),
        contextlib.redirect_stdout(output),
        pytest.raises(SystemExit),
    ):
        module.main()
    result: dict[str, Any] = json.loads(output.getvalue())
    result["warnings"] = [_text(warning) for warning in result.get("warnings", [])]
    return result


@contextlib.contextmanager
def _away_from_the_controller() -> Iterator[None]:
    """Let a module take and tell things as where no controller is: options as they are, warnings in its result."""
    try:
        from ansible.module_utils import _internal
        from ansible.module_utils._internal._json import _profiles
    except ImportError:  # ansible-core before 2.19 knows no such difference
        yield
        return
    with (
        mock.patch.object(_internal, "is_controller", False),
        # Remembered from the first time that it is asked, wherever that was.
        mock.patch.object(_profiles, "_string_encoding_check_enabled", return_value=False, create=True),
    ):
        yield


@contextlib.contextmanager
def _module_args(params: dict[str, Any]) -> Iterator[None]:
    from ansible.module_utils import basic
    from ansible.module_utils.common import warnings

    for texts in (getattr(warnings, "_global_warnings", None), getattr(warnings, "_warnings", None)):
        if texts is not None:
            texts.clear()
    try:
        from ansible.module_utils.testing import patch_module_args
    except ImportError:  # ansible-core before 2.19
        arguments = json.dumps({"ANSIBLE_MODULE_ARGS": params}).encode()
        with mock.patch.object(basic, "_ANSIBLE_ARGS", arguments):
            yield
    else:
        with patch_module_args(params):
            yield


def run_in_worker(module: ModuleType, params: dict[str, Any], check_mode: bool, reports: list[str]) -> dict[str, Any]:
    """Run a module's action plugin in this process, and return its result; ``reports`` gets the lines of progress."""
    from ansible.utils.display import Display

    collection, name = module.__name__.split(".plugins.modules.")
    plugin = importlib.import_module(f"{collection}.plugins.action.{name}")
    action = plugin.ActionModule(
        task=SimpleNamespace(
            action=f"coe.power_platform.{name}",
            args=params,
            check_mode=check_mode,
            async_val=0,
            environment=None,
            diff=False,
        ),
        connection=mock.Mock(transport="local", become=None),
        play_context=mock.Mock(),
        loader=mock.Mock(),
        templar=mock.Mock(template=lambda value: value),
        shared_loader_obj=mock.Mock(),
    )
    with mock.patch.object(Display, "display", side_effect=lambda text, *args, **kwargs: reports.append(text)):
        result: dict[str, Any] = action.run(task_vars={})
    result["warnings"] = [_text(warning) for warning in result.get("warnings", [])]
    return result


def _text(warning: Any) -> str:
    """Return a warning's text; ansible-core 2.19 and newer may carry it in an object."""
    if isinstance(warning, str):
        return warning
    event = warning.get("event", warning) if isinstance(warning, dict) else getattr(warning, "event", warning)
    return str(event["msg"] if isinstance(event, dict) else event.msg)
