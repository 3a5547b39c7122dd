# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTPS server: uvicorn on a port of the loopback, with a certificate of a CA made at start."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from pathlib import Path
from typing import Any

import trustme
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ..entra.keys import write_private
from .transport import CONNECTION


class Protocol(HttpToolsProtocol):
    """Lets the application reach the connection: faults reset or truncate it."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {**(self.scope.get("extensions") or {}), CONNECTION: {"transport": self.transport}}


class Certificates:
    """A CA, made new or kept in `folder`, and a server certificate of it for the loopback."""

    def __init__(self, folder: Path, *, keep: bool) -> None:
        self.ca_path = folder / "ca.pem"
        kept = folder / "ca-key.pem"
        if keep and kept.exists():
            ca = trustme.CA.from_pem(self.ca_path.read_bytes(), kept.read_bytes())
        else:
            ca = trustme.CA(organization_name="Dataverse simulator")
            ca.cert_pem.write_to_path(str(self.ca_path))
            if keep:
                write_private(kept, ca.private_key_pem.bytes())
        self._server = ca.issue_cert("localhost", "*.localhost", "127.0.0.1", "::1")

    def configure(self, context: ssl.SSLContext) -> None:
        self._server.configure_cert(context)


class _Server(uvicorn.Server):
    """Ends at once: clients that keep their connections open are not waited for."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await super().shutdown(sockets)


class Server:
    """Runs an ASGI application; `start` returns when it answers, in a thread of its own or (`serve`) in this one."""

    def __init__(self, application: Any, certificates: Certificates, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self._host = host
        self._socket = _listen(host, port)
        self.port: int = self._socket.getsockname()[1]
        config = uvicorn.Config(
            _with_state(application, self),
            http=Protocol,
            ws="none",
            lifespan="off",
            log_level="error",
            access_log=False,
            timeout_graceful_shutdown=1,
            server_header=False,
            backlog=2048,
            timeout_keep_alive=120,
        )
        config.load()
        config.ssl = _context(certificates)
        self._server = _Server(config)
        self._thread: threading.Thread | None = None
        self._closing: set[asyncio.Task[None]] = set()

    def serve(self) -> None:
        """Run until interrupted (Ctrl-C ends it cleanly)."""
        self._server.run(sockets=[self._socket])

    def start(self) -> None:
        self._thread = threading.Thread(target=self.serve, name="dataverse-simulator", daemon=True)
        self._thread.start()
        while not self._server.started and self._thread.is_alive():
            threading.Event().wait(0.005)

    def stop(self) -> None:
        self._server.should_exit = True
        if self._thread:
            self._thread.join(10)

    def stop_listening(self) -> None:
        """Refuse new connections from now on (called on the server's event loop)."""
        for listener in self._server.servers:
            listener.close()
        self._socket.close()

    def close_for(self, seconds: float) -> None:
        """Close idle connections, and listen again after a while (called on the server's event loop)."""
        task = asyncio.get_running_loop().create_task(self._close_for(seconds))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def _close_for(self, seconds: float) -> None:
        for connection in list(self._server.server_state.connections):
            connection.shutdown()
        await asyncio.sleep(seconds)
        self._socket = _listen(self._host, self.port)
        config = self._server.config
        listener = await asyncio.get_running_loop().create_server(
            lambda: Protocol(
                config=config, server_state=self._server.server_state, app_state=self._server.lifespan.state
            ),
            sock=self._socket,
            ssl=config.ssl,
            backlog=2048,
        )
        self._server.servers = [listener]


def _listen(host: str, port: int) -> socket.socket:
    # The protocol is named so that the event loop switches Nagle's algorithm off (40 ms an answer otherwise).
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((host, port))
    listening.listen(2048)
    return listening


def _context(certificates: Certificates) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificates.configure(context)
    return context


def _with_state(application: Any, server: Server) -> Any:
    async def wrapped(scope: Any, receive: Any, send: Any) -> None:
        scope["state"] = {**(scope.get("state") or {}), "listener": server}
        await application(scope, receive, send)

    return wrapped
