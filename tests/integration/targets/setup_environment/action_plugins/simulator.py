# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks the simulator's control API in the worker: a module would take longer than most of what the targets test."""

from __future__ import annotations

import json
import ssl
import urllib.request
from typing import Any

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):  # type: ignore[misc]
    """Options: ``path`` below the control API, ``method``, and ``body``, an object. Returns the answer as ``json``."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Send one request; an answer other than 2xx fails the task."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables, options = task_vars or {}, self._task.args
        request = urllib.request.Request(
            f"{variables['simulator_url']}/{options['path']}",
            method=options.get("method", "GET"),
            data=json.dumps(options["body"]).encode() if "body" in options else None,
        )
        context = ssl.create_default_context(cafile=variables["connection_options"]["ca_path"])
        with urllib.request.urlopen(request, context=context) as answer:
            return {**result, "changed": False, "json": json.load(answer)}
