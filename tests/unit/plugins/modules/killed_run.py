# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Do a module's work in this process and die by SIGKILL after a given number of HTTP requests.

Reads ``{"module": …, "params": …, "requests": …}`` as JSON from standard input and prints the result as JSON.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from importlib import import_module
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.coe.power_platform.plugins.module_utils._transport import http as _http
from ansible_collections.coe.power_platform.plugins.module_utils._work import Work, perform


def die_after(limit: int) -> None:
    """Count the requests of all sessions, and die when the answer to number ``limit`` is there."""
    send, count = _http.HttpSession._send, 0

    def counted(self: Any, *args: Any, **kwargs: Any) -> Any:
        nonlocal count
        answer = send(self, *args, **kwargs)
        count += 1
        if count == limit:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    _http.HttpSession._send = counted  # type: ignore[method-assign]


def main() -> None:
    """Do what standard input says."""
    order = json.load(sys.stdin)
    module = import_module(f"ansible_collections.coe.power_platform.plugins.modules.{order['module']}")
    validation = ArgumentSpecValidator(**module.MODULE.validation()).validate(order["params"])
    assert not validation.error_messages, validation.error_messages
    die_after(order["requests"])
    print(json.dumps(perform(module.MODULE, Work(validation.validated_parameters)).result))


if __name__ == "__main__":
    main()
