# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control API under `/_simulator`: journal, clock, faults, seeds, snapshots.

JSON, for callers on the loopback only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..environments.registry import Environments
from .journal import Journal

LOOPBACK = ("127.0.0.1", "::1")
WRITES = {"": None, "true": True, "false": False}


class RefusedError(Exception):
    """The request makes no sense; 400 with the text."""


class Simulated(Protocol):
    """What only the whole simulator can say and do."""

    def describe(self) -> dict[str, Any]: ...
    def environment_url(self, name: str) -> str: ...
    def federated_token(self) -> str: ...
    def advance(self, seconds: float) -> None: ...
    def reset(self, name: str) -> None: ...
    def restore(self, name: str) -> None: ...
    def release(self, name: str) -> None: ...


class Control:
    def __init__(self, simulator: Simulated, environments: Environments, journal: Journal) -> None:
        self._simulator = simulator
        self._registry = environments
        self._requests = journal
        self._tenant = environments.tenant

    def routes(self) -> list[Route]:
        return [
            Route("/_simulator/", self._guarded(self._describe)),
            Route("/_simulator", self._guarded(self._describe)),
            Route("/_simulator/journal", self._guarded(self._journal), methods=["GET", "DELETE"]),
            Route("/_simulator/clock", self._guarded(self._clock), methods=["GET", "POST"]),
            Route("/_simulator/faults", self._guarded(self._faults), methods=["GET", "POST", "DELETE"]),
            Route("/_simulator/federated-token", self._guarded(self._federated_token)),
            Route("/_simulator/environments", self._guarded(self._environments), methods=["GET", "POST"]),
            Route("/_simulator/environments/{name}/{verb}", self._guarded(self._environment), methods=["POST"]),
        ]

    def _guarded(self, work: Callable[[Request, Any], Awaitable[Any]]) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            if request.client is None or request.client.host not in LOOPBACK:
                return JSONResponse({"error": "The control API answers callers on this machine only."}, 403)
            try:
                return JSONResponse(await work(request, await _body(request)))
            except (RefusedError, LookupError, ValueError, TypeError) as error:
                return JSONResponse({"error": str(error)}, 400)

        return answer

    async def _describe(self, request: Request, body: Any) -> Any:
        return self._simulator.describe()

    async def _journal(self, request: Request, body: Any) -> Any:
        """Query: environment, method, path (part of it), writes (true|false), since (entries after this number)."""
        if request.method == "DELETE":
            self._requests.clear()
            return {}
        query = dict(request.query_params)
        writes, since = query.pop("writes", ""), query.pop("since", "0")
        if writes not in WRITES or not since.isdecimal():
            raise RefusedError("The journal is filtered by writes=true or writes=false and since=<number>.")
        unknown = set(query) - {"environment", "method", "path"}
        if unknown:
            raise RefusedError(f"The journal cannot be filtered by {', '.join(sorted(unknown))}.")
        entries = self._requests.entries(writes=WRITES[writes], since=int(since), **query)
        return {"entries": [entry.as_dict() for entry in entries]}

    async def _clock(self, request: Request, body: Any) -> Any:
        """Body: {"advance": seconds} and/or {"manual": true|false}."""
        clock = self._tenant.clock
        if request.method == "POST":
            unknown = set(body) - {"advance", "manual"}
            if unknown:
                raise RefusedError(f"The clock has no {', '.join(sorted(unknown))}; it has advance and manual.")
            if "manual" in body:
                (clock.freeze if body["manual"] else clock.run)()
            if "advance" in body:
                self._simulator.advance(float(body["advance"]))
        return {"now": clock.text(), "manual": clock.manual}

    async def _faults(self, request: Request, body: Any) -> Any:
        if request.method == "DELETE":
            self._tenant.faults.clear()
        if request.method == "POST":
            self._tenant.faults.add(body)
        return {"faults": self._tenant.faults.listing()}

    async def _federated_token(self, request: Request, body: Any) -> Any:
        return {"federated_token": self._simulator.federated_token()}

    async def _environments(self, request: Request, body: Any) -> Any:
        """POST {"name": …, "display_name": …, entries of a seed}: declare one more."""
        if request.method == "POST":
            name = body.pop("name", "")
            fits = isinstance(name, str) and re.fullmatch(r"[\w-]*\w[\w-]*", name)
            if not fits or self._registry.find(name):
                raise RefusedError(f"An environment cannot be called {name!r}, or there is one already.")
            self._registry.add(name, **body)
        return {name: self._simulator.environment_url(name) for name in self._registry.names()}

    async def _environment(self, request: Request, body: Any) -> Any:
        """snapshot, restore, reset, release (held requests), seed (body: the entries), settings (body: switches)."""
        name, verb = request.path_params["name"], request.path_params["verb"]
        environment = self._registry.find(name)
        if environment is None:
            raise RefusedError(f"There is no environment {name!r}.")
        works: dict[str, Callable[[], None]] = {
            "snapshot": environment.snapshot,
            "restore": lambda: self._simulator.restore(name),
            "reset": lambda: self._simulator.reset(name),
            "release": lambda: self._simulator.release(name),
            "seed": lambda: environment.load(body),
            "settings": lambda: environment.settings.change(body),
        }
        if verb not in works:
            raise RefusedError(f"Unknown verb {verb!r}; there are {', '.join(works)}.")
        works[verb]()
        return {}


async def _body(request: Request) -> Any:
    content = await request.body()
    body = json.loads(content) if content else {}
    if not isinstance(body, dict):
        raise RefusedError("A JSON object was expected.")
    return body
