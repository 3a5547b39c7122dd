# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a client says at the token endpoint: in the form of the body, its own name and secret also by HTTP Basic.

Source: RFC 6749, 2.3.1; `token_endpoint_auth_methods_supported` of the Microsoft identity platform.
"""

from __future__ import annotations

import base64
import binascii
from urllib.parse import parse_qsl, unquote_plus

from starlette.requests import Request


async def read_form(request: Request) -> dict[str, str]:
    """The parameters of a token request, each once; those of the body win over the Authorization header."""
    body = (await request.body()).decode("utf-8", "replace")
    return {**_basic(request.headers.get("authorization", "")), **dict(parse_qsl(body))}


def _basic(header: str) -> dict[str, str]:
    """`client_id` and `client_secret` of `Basic …`, both form-encoded; nothing for any other header."""
    scheme, _dummy, credentials = header.partition(" ")
    if scheme.lower() != "basic":
        return {}
    try:
        text = base64.b64decode(credentials, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return {}
    client_id, _dummy, secret = text.partition(":")
    return {"client_id": unquote_plus(client_id), "client_secret": unquote_plus(secret)}
