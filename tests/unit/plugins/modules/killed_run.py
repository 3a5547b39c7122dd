# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Do the work of modules in processes that die by SIGKILL after a given number of HTTP requests.

Prints the port on which it listens. Each connection is answered by a process of its own, forked from this one that has
imported everything: it reads ``{"module": …, "params": …, "requests": …}`` and writes the module's result, both a line
of JSON, or ``killed`` before it dies. With ``"unanswered": true`` it also dies of the first request that brings no
answer, and with ``"clock": {…}``, the arguments of ``ServiceClock``, it sleeps by the simulator's clock. All ends with
standard input.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socketserver
import sys
from importlib import import_module
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.coe.power_platform.plugins.module_utils._clock import Clock
from ansible_collections.coe.power_platform.plugins.module_utils._transport import http as _http
from ansible_collections.coe.power_platform.plugins.module_utils._work import Work, perform
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.clocks import ServiceClock
from requests.exceptions import RequestException

MODULES = {
    name: import_module(f"ansible_collections.coe.power_platform.plugins.modules.{name}").MODULE
    for name in ("desktop_flow_share", "solution", "solution_deployment", "solution_import", "solution_promote")
}


class ShortPauses(Clock):
    """A clock on which long pauses take a moment: nothing but time lets an operation that never began be given up."""

    LONGEST = 0.2

    def __init__(self, ahead: float) -> None:
        self._skipped = ahead

    def time(self) -> float:
        return super().time() + self._skipped

    def monotonic(self) -> float:
        return super().monotonic() + self._skipped

    def sleep(self, seconds: float) -> None:
        super().sleep(min(seconds, self.LONGEST))
        self._skipped += max(0.0, seconds - self.LONGEST)


class Server(socketserver.ForkingMixIn, socketserver.TCPServer):
    """Forks for each connection."""


class Run(socketserver.StreamRequestHandler):
    """One run of a module."""

    def handle(self) -> None:
        """Do what the connection says."""
        order = json.loads(self.rfile.readline())
        definition = MODULES[order["module"]]
        validation = ArgumentSpecValidator(**definition.validation()).validate(order["params"])
        assert not validation.error_messages, validation.error_messages
        self._die_after(order["requests"], unanswered=order.get("unanswered", False))
        clock = ServiceClock(**order["clock"]) if "clock" in order else ShortPauses(order.get("ahead", 0))
        result = perform(definition, Work(validation.validated_parameters, clock=clock)).result
        self.wfile.write(json.dumps(result).encode())

    def _die_after(self, limit: int, *, unanswered: bool) -> None:
        """Count the requests of all sessions, and die when the answer to number ``limit`` is there."""
        send, count = _http.HttpSession._send, 0

        def counted(session: Any, *args: Any, **kwargs: Any) -> Any:
            nonlocal count
            try:
                answer = send(session, *args, **kwargs)
            except RequestException:
                if unanswered:
                    self._die()
                raise
            count += 1
            if count == limit:
                self._die()
            return answer

        _http.HttpSession._send = counted  # type: ignore[method-assign]

    def _die(self) -> None:
        self.wfile.write(b"killed")
        os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Serve until standard input ends."""
    with Server(("127.0.0.1", 0), Run) as server:
        print(server.server_address[1], flush=True)
        while sys.stdin not in select.select([server, sys.stdin], [], [])[0]:
            server.handle_request()


if __name__ == "__main__":
    main()
