# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading a request and sending an answer over ASGI, with the ways an answer can go wrong on the wire."""

from __future__ import annotations

import socket
import struct
from typing import Any

from starlette.types import Receive, Scope, Send

from ..errors import UNEXPECTED, ODataError
from ..tenant.faults import Fault
from ..web_api.messages import Answer, error_answer

#: Where the server's protocol leaves the connection, see server.py.
CONNECTION = "dataverse_simulator.connection"


class Transport:
    """One request on one connection."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self.method: str = scope["method"]
        self.raw_path: str = scope["raw_path"].decode("latin-1").partition("?")[0]
        self.query: str = scope["query_string"].decode("latin-1")
        self.headers: dict[str, str] = {}
        for name, value in scope["headers"]:
            key = name.decode("latin-1").lower()
            text = value.decode("latin-1")
            self.headers[key] = f"{self.headers[key]},{text}" if key in self.headers else text

    @property
    def base(self) -> str:
        return f"{self._scope['scheme']}://{self.headers.get('host', 'localhost')}"

    async def body(self, limit: int) -> bytes | None:
        """The whole body, or None when it is larger than `limit` (the rest is read and dropped)."""
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                return b""
            size += len(message.get("body", b""))
            if size <= limit:
                chunks.append(message.get("body", b""))
            if not message.get("more_body"):
                return b"".join(chunks) if size <= limit else None

    async def send(self, answer: Answer) -> None:
        headers = (
            {"Content-Length": str(len(answer.body)), **answer.headers}
            if answer.status not in (204, 304)
            else answer.headers
        )
        encoded = [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in headers.items()]
        await self._send({"type": "http.response.start", "status": answer.status, "headers": encoded})
        await self._send({"type": "http.response.body", "body": answer.body})

    async def deliver(self, answer: Answer | None, fault: Fault | None) -> None:
        """Send the answer, or what the fault makes of it; None is no answer at all."""
        kind = fault.kind if fault else ""
        if answer is None or kind == "reset_after":
            self._reset()
        elif kind == "truncated":
            await self._send_half(answer)
        elif kind == "content_type":
            await self.send(Answer(answer.status, {**answer.headers, "Content-Type": "text/plain"}, answer.body))
        elif kind == "error_after" and fault:
            await self.send(error_answer(service_failure(fault)))
        elif kind == "refused" and fault:
            listener = self._scope["state"]["listener"]
            listener.stop_listening()  # before the answer: who has it may connect at once
            await self.send(answer)
            listener.close_for(fault.seconds)
        else:
            await self.send(answer)

    async def _send_half(self, answer: Answer) -> None:
        """Announce the whole length, send half of it, hang up."""
        body = answer.body or b"{}"
        headers = {**answer.headers, "Content-Length": str(len(body))}
        encoded = [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in headers.items()]
        await self._send(
            {"type": "http.response.start", "status": answer.status if answer.body else 200, "headers": encoded}
        )
        await self._send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        self._connection().close()

    def _reset(self) -> None:
        """Cut the connection so that the other side sees a reset, not an orderly end."""
        connection = self._connection()
        raw = connection.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.abort()

    def _connection(self) -> Any:
        return self._scope["extensions"][CONNECTION]["transport"]


def service_failure(fault: Fault) -> ODataError:
    """The error that a fault describes, 500 unless it says otherwise."""
    return ODataError(fault.status or 500, fault.code or UNEXPECTED, fault.message or "An unexpected error occurred.")
