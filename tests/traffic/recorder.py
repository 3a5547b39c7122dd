# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records what the collection sends, between the HTTP server (uvicorn) and the application that it serves.

There all requests pass, whichever process, door and thread they come from, as the server received them; the recorder
sees each piece of a body on its way and keeps nothing but shapes.
"""

from __future__ import annotations

import contextlib
import pathlib
import uuid
from collections.abc import Iterator
from typing import Any
from unittest import mock

from .shapes import LONG_BASE64, shapes

OURS = b"coe.power_platform/"


class Recorder:
    """An ASGI application around another one."""

    def __init__(self, application: Any, found: set[str]) -> None:
        self._application = application
        self._found = found

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on; when it has come to its end, add its shapes."""
        headers = dict(scope["headers"])
        if not headers.get(b"user-agent", b"").startswith(OURS):
            await self._application(scope, receive, send)
            return
        body = bytearray()

        async def passing() -> Any:
            message = await receive()
            if message["type"] == "http.request":
                body.extend(LONG_BASE64.sub(b"", message.get("body", b"")))
                if not message.get("more_body"):
                    self._add(scope, headers.get(b"content-type", b"").decode("latin-1"), bytes(body))
            return message

        await self._application(scope, passing, send)

    def _add(self, scope: Any, content_type: str, body: bytes) -> None:
        query = scope["query_string"].decode("latin-1")
        target = scope["raw_path"].decode("latin-1").partition("?")[0] + (query and f"?{query}")
        try:
            self._found.update(shapes(scope["method"], target, content_type, body))
        except ValueError:  # neither JSON nor a batch: told by a name that nothing has, and served all the same
            self._found.add(f"{scope['method']} unreadable")


@contextlib.contextmanager
def recording(folder: pathlib.Path) -> Iterator[None]:
    """Record what servers of this process receive; write it to a file of its own in a folder at the end."""
    import uvicorn

    found: set[str] = set()
    load = uvicorn.Config.load

    def loaded(config: uvicorn.Config) -> None:
        load(config)
        config.loaded_app = Recorder(config.loaded_app, found)

    try:
        with mock.patch.object(uvicorn.Config, "load", loaded):
            yield
    finally:
        if found:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{uuid.uuid4()}.txt").write_text("".join(f"{shape}\n" for shape in sorted(found)))
