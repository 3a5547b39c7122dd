# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests per second of the simulator beside those of the bare framework with answers of the same size.

Run: python simulator/benchmarks/requests_per_second.py
"""

from __future__ import annotations

import http.client
import json
import multiprocessing
import ssl
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from dataverse_simulator import Simulator
from dataverse_simulator.serving.server import Certificates, Server
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

ROWS = 5000
OPERATIONS = 1000
FLOW, TEAM = 1, 2


def run_simulator(channel: Connection) -> None:
    """The simulator in a process of its own; the environment dev holds 5,000 notes, 20 flows and 50 more teams."""
    with Simulator() as simulator:
        for name in ("dev", "test"):
            simulator.environment(name).settings.requests_per_window = 10**9
        notes = [{"subject": f"Note {number}", "notetext": "text"} for number in range(ROWS)]
        flows = [{"workflowid": _id(FLOW, number), "category": 6, "type": 1} for number in range(20)]
        teams = [{"teamid": _id(TEAM, number), "name": f"Team {number}"} for number in range(50)]
        simulator.load_seed("dev", {"rows": {"annotation": notes, "workflow": flows, "team": teams}})
        channel.send((simulator.base_url, simulator.ca_path, simulator.token("dev")))
        channel.recv()


def run_bare(channel: Connection) -> None:
    """The same server and framework, answering /<bytes> with so many bytes; it reads bodies, nothing else."""

    async def answer(request: Request) -> Response:
        await request.body()
        return Response(b"x" * int(request.path_params["size"]), media_type="application/json")

    with tempfile.TemporaryDirectory() as folder:
        certificates = Certificates(Path(folder), keep=False)
        application = Starlette(routes=[Route("/{size}", answer, methods=["GET", "POST"])])
        server = Server(application, certificates)
        server.start()
        channel.send((f"https://localhost:{server.port}", str(certificates.ca_path), ""))
        channel.recv()
        server.stop()


class Client:
    """One kept-alive connection."""

    def __init__(self, url: str, ca_path: str, token: str) -> None:
        host = url.removeprefix("https://")
        self._connection = http.client.HTTPSConnection(
            host, context=ssl.create_default_context(cafile=ca_path), timeout=120
        )
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}

    def send(self, method: str, path: str, body: bytes | None = None, **headers: str) -> bytes:
        self._connection.request(method, path, body, {**self._headers, **headers})
        answer = self._connection.getresponse()
        content = answer.read()
        assert answer.status == 200, content[:300]
        return content


def seconds(work: Callable[[], Any], times: int, rounds: int = 5) -> float:
    """Median duration of one call, over `rounds` of `times` calls."""
    work()
    durations = []
    for _dummy in range(rounds):
        started = time.perf_counter()
        for _dummy in range(times):
            work()
        durations.append((time.perf_counter() - started) / times)
    return statistics.median(durations)


def _id(kind: int, number: int) -> str:
    return str(uuid.UUID(int=kind << 64 | number))


def batch_body(action: str, bodies: list[dict[str, Any]]) -> bytes:
    """One POST for each body."""
    head = "--b\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    request = f"POST {action} HTTP/1.1\r\nContent-Type: application/json\r\n\r\n"
    return ("".join(f"{head}{request}{json.dumps(body)}\r\n" for body in bodies) + "--b--\r\n").encode()


def grants() -> list[dict[str, Any]]:
    """Each flow shared with each of the teams."""
    kind = "Microsoft.Dynamics.CRM."
    return [
        {
            "Target": {"@odata.type": f"{kind}workflow", "workflowid": _id(FLOW, flow)},
            "PrincipalAccess": {
                "Principal": {"@odata.type": f"{kind}team", "teamid": _id(TEAM, team)},
                "AccessMask": "ReadAccess",
            },
        }
        for flow in range(20)
        for team in range(50)
    ]


def main() -> int:
    context = multiprocessing.get_context("spawn")
    channels, processes = [], []
    for target in (run_simulator, run_bare):
        ours, theirs = context.Pipe()
        process = context.Process(target=target, args=(theirs,))
        process.start()
        channels.append(ours)
        processes.append(process)
    simulator, bare = (Client(*channel.recv()) for channel in channels)
    root = "/dev/api/data/v9.2"
    first = json.loads(simulator.send("GET", f"{root}/annotations?$top=1"))["value"][0]["annotationid"]
    multipart = {"Content-Type": "multipart/mixed; boundary=b"}
    creates, shares = (
        batch_body("annotations", [{"subject": "batch"}] * OPERATIONS),
        batch_body("GrantAccess", grants()),
    )
    cases: list[tuple[str, int, str, str, bytes | None, dict[str, str]]] = [
        ("single-row GET", 200, "GET", f"{root}/annotations({first})?$select=subject", None, {}),
        (f"page of {ROWS:,} rows", 2, "GET", f"{root}/annotations?$select=subject,notetext", None, {}),
        (f"batch of {OPERATIONS:,} creates", 1, "POST", f"{root}/$batch", creates, multipart),
        (f"batch of {OPERATIONS:,} grants", 1, "POST", f"{root}/$batch", shares, multipart),
    ]
    print(f"{'':24} {'simulator':>14} {'bare framework':>16}   answer")
    for name, times, method, path, body, headers in cases:
        size = len(simulator.send(method, path, body, **headers))
        own = seconds(lambda: simulator.send(method, path, body, **headers), times)  # noqa: B023
        other = seconds(lambda: bare.send(method, f"/{size}", body, **headers), times)  # noqa: B023
        print(f"{name:24} {1 / own:10.1f} /s {1 / other:12.1f} /s   {size:,} bytes")
    for channel, process in zip(channels, processes, strict=True):
        channel.send("end")
        process.join(20)
    return 0


if __name__ == "__main__":
    sys.exit(main())
