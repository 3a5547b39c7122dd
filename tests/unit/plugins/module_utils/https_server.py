# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small HTTPS server that answers as it is told, also badly."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import trustme


@dataclass
class Request:
    """What a client sent; ``body`` is empty when the server does not keep bodies."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""
    port: int = 0


@dataclass
class Answer:
    """What the server sends back.

    ``cut``: close the connection after so many bytes of the body. ``reset``: break the connection instead of
    answering. ``stream``: pieces of the body, instead of ``body``. ``unread``: answer without having read the request's
    body, and close the connection.
    """

    status: int = 200
    body: Any = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    reset: bool = False
    delay: float = 0
    stream: Callable[[], Iterator[bytes]] | None = None
    length: int | None = None
    unread: bool = False

    @property
    def content(self) -> bytes:
        """The body as bytes; mappings and lists as JSON."""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


class HttpsServer:
    """Gives ``answers`` in order and the last of them again and again; ``requests`` holds what came in.

    An answer may also be a function of the request.
    """

    def __init__(self, url: str, ca_path: str) -> None:
        self.url = url
        self.ca_path = ca_path
        self.requests: list[Request] = []
        self.answers: list[Answer | Callable[[Request], Answer]] = [Answer(200, {})]
        self.keep_bodies = True

    def next_answer(self, request: Request) -> Answer:
        """Return the answer for a request."""
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return answer(request) if callable(answer) else answer


class Handler(BaseHTTPRequestHandler):
    """Answers for the server that a subclass names."""

    protocol_version = "HTTP/1.1"
    https_server: HttpsServer

    def answer(self) -> None:
        """Read a request and answer as the server says."""
        request = Request(self.command, self.path, dict(self.headers.items()), port=self.client_address[1])
        if not getattr(self.https_server.answers[0], "unread", False):
            request.body = self.read_body()
        answer = self.https_server.next_answer(request)
        time.sleep(answer.delay)
        if answer.reset:
            self.break_connection()
            return
        content = answer.content
        self.send_response(answer.status)
        for name, value in {"Content-Type": "application/json", **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content) if answer.length is None else answer.length))
        self.end_headers()
        for piece in answer.stream() if answer.stream else (content[: answer.cut],):
            self.wfile.write(piece)
        self.close_connection = answer.cut is not None or answer.unread

    def break_connection(self) -> None:
        """Close the connection with a reset."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def read_body(self) -> bytes:
        """Return the body, or nothing when the server does not keep bodies."""
        left = int(self.headers.get("Content-Length") or 0)
        kept = []
        while left and (piece := self.rfile.read(min(left, 1 << 16))):
            left -= len(piece)
            if self.https_server.keep_bodies:
                kept.append(piece)
        return b"".join(kept)

    do_GET = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:
        """Stay quiet."""


@contextmanager
def https_server(folder: Path, *, host: str = "localhost") -> Iterator[HttpsServer]:
    """Run a server on a free port of localhost with a certificate for ``host``."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host).configure_cert(context)
    authority.cert_pem.write_to_path(str(folder / f"{host}-ca.pem"))
    listener = ThreadingHTTPServer(("localhost", 0), BaseHTTPRequestHandler)
    listener.daemon_threads = True
    listener.handle_error = lambda request, client_address: None  # type: ignore[method-assign]
    listener.socket = context.wrap_socket(listener.socket, server_side=True, do_handshake_on_connect=False)
    server = HttpsServer(f"https://localhost:{listener.server_port}", str(folder / f"{host}-ca.pem"))
    listener.RequestHandlerClass = type("BoundHandler", (Handler,), {"https_server": server})
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join()
