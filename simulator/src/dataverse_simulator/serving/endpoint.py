# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP endpoint of all environments: limits, faults, identity, transaction and journal around each request."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import unquote
from uuid import UUID

from anyio import to_thread
from starlette.types import Receive, Scope, Send

from ..environments.context import Context
from ..environments.environment import Environment
from ..environments.places import Place, find_place
from ..environments.registry import Environments
from ..environments.schema import table_of_set
from ..environments.store import Row
from ..errors import SOLUTION_CONCURRENCY, ODataError, not_modelled
from ..solutions.jobs import LOCK_TEXT, settle
from ..tenant.faults import Fault
from ..web_api.answers import PREFIX
from ..web_api.batch import BatchRunner
from ..web_api.messages import Answer, Call, error_answer
from ..web_api.operations import find_operation
from ..web_api.service import serve
from .gate import Gate, UnauthorizedError
from .held import Held, HeldRequest
from .journal import Entry, Journal, digest
from .protection import Protection, refusal
from .transport import Transport, service_failure

VERSIONS = ("v9.0", "v9.1", "v9.2")


@dataclass
class Exchange:
    """One HTTP request on its way through the endpoint."""

    environment: Environment
    call: Call
    url: str
    number: int
    user: Row | None = None
    claims: dict[str, Any] | None = None
    fault: Fault | None = None


class Endpoint:
    """An ASGI application for the Web API of every environment."""

    def __init__(
        self, environments: Environments, gate: Gate, journal: Journal, protection: Protection, held: Held
    ) -> None:
        self._environments = environments
        self._gate = gate
        self._journal = journal
        self._protection = protection
        self._held = held
        self._faults = environments.tenant.faults
        self._clock = environments.tenant.clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport = Transport(scope, receive, send)
        place = find_place(self._environments, transport.base, transport.raw_path)
        if place is None:
            text = f"There is no environment at {transport.base}{transport.raw_path}."
            await transport.send(Answer(404, {"Content-Type": "text/plain; charset=utf-8"}, text.encode()))
            return
        await self._serve(place, transport)

    async def _serve(self, place: Place, transport: Transport) -> None:
        started = time.monotonic()
        call, problem = await self._read(place, transport)
        target = f"/{place.rest}{'?' if call.query else ''}{call.query}"
        exchange = Exchange(place.environment, call, place.url, self._journal.number())
        exchange.fault = fault = self._faults.take(place.environment.name, call.method, target)
        answer: Answer | None = None
        if fault and fault.kind == "hold" and not problem:
            self._hold(exchange, fault)
        else:
            if not (fault and fault.kind == "reset_before"):
                answer = problem or await self._answer(exchange, fault, started)
            self._note(exchange, answer)
        await transport.deliver(answer, fault)

    def _hold(self, exchange: Exchange, fault: Fault) -> None:
        """Let a request in, but carry it out (and note it) later; who may not enter is noted at once."""
        try:
            exchange.claims = self._gate.claims(exchange.call.headers, exchange.url)
        except UnauthorizedError:
            self._note(exchange, None)
            return
        due = self._clock.time() + fault.seconds
        self._held.add(HeldRequest(exchange.environment.name, due, lambda: self._note(exchange, self._work(exchange))))

    async def _read(self, place: Place, transport: Transport) -> tuple[Call, Answer | None]:
        """The call, and an answer when it cannot be taken at all (too large, not the Web API)."""
        environment, rest = place.environment, place.rest
        version, _dummy, path = rest.removeprefix("api/data").strip("/").partition("/")
        root = f"{place.url}/api/data/{version}/"
        headers = {**transport.headers, "x-simulator-base": place.url}
        call = Call(transport.method, path, transport.query, headers, b"", root)
        body = await transport.body(environment.settings.max_body_bytes)
        if body is None:
            text = "The request body is too large. Request payload exceeds the maximum of {0} bytes."
            error = ODataError(413, "0x80060888", text.format(environment.settings.max_body_bytes))
            return call, error_answer(error)
        call.body = body
        if not rest.startswith("api/data"):
            return call, error_answer(not_modelled(f"'/{rest}'; it answers /api/data/v9.2/"))
        if version and version not in VERSIONS:
            return call, error_answer(ODataError(404, "0x8006088a", f"Resource not found for the segment '{version}'."))
        return call, None

    async def _answer(self, exchange: Exchange, fault: Fault | None, started: float) -> Answer:
        try:
            exchange.claims = self._gate.claims(exchange.call.headers, exchange.url)
            self._strike_token(exchange, fault)
        except UnauthorizedError as error:
            return Answer(401, self._gate.challenge(exchange.url, str(error)))
        who = str(exchange.claims["appid"])
        try:
            limits = self._protection.begin(exchange.environment.name, who, exchange.environment.settings)
        except ODataError as error:
            return error_answer(error, exchange.call.prefer)
        try:
            if fault and fault.kind == "slow":
                await asyncio.sleep(fault.seconds)
            answer = _instead(fault, exchange) if fault else None
            if answer is None:
                answer = await to_thread.run_sync(partial(self._work, exchange))
        finally:
            self._protection.end(exchange.environment.name, who, time.monotonic() - started)
        request_id = {"x-ms-service-request-id": str(UUID(int=exchange.number))}
        return Answer(answer.status, {**limits, **answer.headers, **request_id}, answer.body)

    def _strike_token(self, exchange: Exchange, fault: Fault | None) -> None:
        if fault and fault.kind == "token_expired":
            self._gate.expire(exchange.call.headers)
            raise UnauthorizedError("The token has expired.")

    def _work(self, exchange: Exchange) -> Answer:
        """Everything that touches the environment's store, in a worker thread, one request at a time."""
        environment, call = exchange.environment, exchange.call
        with environment.lock:
            try:
                self._held.carry_out(environment)
                settle(environment)
                assert exchange.claims is not None
                with environment.store.transaction():
                    exchange.user = self._gate.user(environment, exchange.claims, call.headers)
                if call.path.strip("/") == "$batch":
                    return self._batch(exchange)
                return self._run(exchange, call)
            except ODataError as error:
                return error_answer(error, call.prefer)
            finally:
                self._environments.used(environment)

    def _run(self, exchange: Exchange, call: Call) -> Answer:
        """One operation in its own transaction; an ODataError undoes it and becomes the answer."""
        assert exchange.user is not None
        store = exchange.environment.store
        context = Context(exchange.environment, exchange.user, call.headers, call.method)
        try:
            with store.transaction():
                return serve(context, call)
        except ODataError as error:
            return error_answer(error, call.prefer)
        except UnicodeDecodeError:
            return error_answer(ODataError(400, "0x80060888", "The request URI is not valid UTF-8."), call.prefer)

    def _batch(self, exchange: Exchange) -> Answer:
        if exchange.call.method != "POST":
            raise ODataError(
                405, "0x80060888", f"The requested resource does not support http method '{exchange.call.method}'."
            )

        def run(call: Call) -> Answer:
            inner = Exchange(
                exchange.environment, call, exchange.url, self._journal.number(), exchange.user, exchange.claims
            )
            answer = self._run_in_batch(inner)
            self._note(inner, answer, batch=exchange.number)
            return answer

        def atomically(work: Any) -> Any:
            with exchange.environment.store.transaction():
                return work()

        with exchange.environment.store.one_commit():
            return BatchRunner(run, atomically).answer(exchange.call)

    def _run_in_batch(self, inner: Exchange) -> Answer:
        """One operation of a batch, and the fault that strikes it; a slow one holds up all that comes after it."""
        call = inner.call
        version = call.root.rpartition("/api/data/")[2]
        target = f"/api/data/{version}{call.path}{'?' if call.query else ''}{call.query}"
        inner.fault = fault = self._faults.take_operation(inner.environment.name, call.method, target)
        if fault is None:
            return self._run(inner, call)
        if fault.kind == "slow":
            time.sleep(fault.seconds)
        answer = _instead(fault, inner) or self._run(inner, call)
        return error_answer(service_failure(fault), call.prefer) if fault.kind == "error_after" else answer

    def _note(self, exchange: Exchange, answer: Answer | None, batch: int | None = None) -> None:
        call = exchange.call
        self._journal.add(
            Entry(
                seq=exchange.number,
                at=self._clock.text(),
                environment=exchange.environment.name,
                method=call.method,
                path=unquote(call.path),
                query=call.query,
                status=answer.status if answer else 0,
                who=str(exchange.claims["appid"]) if exchange.claims else "",
                write=_is_write(call),
                body_digest=digest(call.body),
                body_bytes=len(call.body),
                fault=exchange.fault.kind if exchange.fault else "",
                batch=batch,
            )
        )


def _is_write(call: Call) -> bool:
    """Could it change data? The envelope of a batch counts by its operations."""
    last = call.path.rstrip("/").rpartition("/")[2].partition("(")[0]
    if call.method not in ("POST", "PATCH", "PUT", "DELETE") or last == "$batch":
        return False
    found = find_operation(last) or find_operation(last.removeprefix(PREFIX), _bound_table(call))
    return found is None or found.writes


def _bound_table(call: Call) -> str | None:
    table = table_of_set(call.path.partition("(")[0])
    return table.name if table else None


def _instead(fault: Fault, exchange: Exchange) -> Answer | None:
    """The answer that a fault gives in place of the work; None for faults that let the work be done."""
    settings, prefer = exchange.environment.settings, exchange.call.prefer
    if fault.kind == "throttled":
        return error_answer(refusal(fault.code or "0x80072322", fault.seconds - 0.5, settings), prefer)
    if fault.kind == "locked":
        return error_answer(ODataError(429, SOLUTION_CONCURRENCY, fault.message or LOCK_TEXT), prefer)
    if fault.kind == "error":
        return error_answer(service_failure(fault), prefer)
    if fault.kind == "not_found":
        return error_answer(
            ODataError(404, fault.code or "0x80040217", fault.message or "The record Does Not Exist"), prefer
        )
    if fault.kind == "html":
        head = f"<!DOCTYPE html><html><head><title>{fault.message or 'Sign in'}</title></head>"
        body = f"{head}<body>Please sign in.</body></html>"
        return Answer(fault.status or 200, {"Content-Type": "text/html; charset=utf-8"}, body.encode())
    return None
