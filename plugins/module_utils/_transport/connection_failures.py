# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a broken connection means: what went wrong, what helps, and whether the request may have got through.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass

from .bounds import UnacceptableAnswerError

try:
    import requests
    import urllib3
except ImportError:
    pass  # HttpSession reports the missing library before anything here is used

# X509_V_ERR_* of OpenSSL, as ssl.SSLCertVerificationError.verify_code gives them
EXPIRED = 10
NOT_YET_VALID = 9
WRONG_HOST = {62, 64}


@dataclass(frozen=True)
class Failure:
    """An exchange that brought no answer.

    ``reason`` completes the sentence "GET solutions failed: ...". ``temporary``: it may work a moment later.
    ``delivered``: the service may have received the whole request, so its outcome is unknown.
    """

    reason: str
    temporary: bool
    delivered: bool


def explain(error: OSError, host: str, option: str) -> Failure:
    """Say what an exception of requests means; ``option`` is the connection option that the host comes from."""
    causes = list(_causes(error))
    if unacceptable := next((cause for cause in causes if isinstance(cause, UnacceptableAnswerError)), None):
        return Failure(f"{host} {unacceptable}", False, True)
    if isinstance(error, requests.exceptions.InvalidURL):
        return Failure(f"{host!r} is no usable host name, correct {option}", False, False)
    if isinstance(error, requests.exceptions.ProxyError):
        return Failure(
            f"the proxy on the way to {host} cannot be used, check the environment variables HTTPS_PROXY and NO_PROXY",
            False,
            False,
        )
    closed = any(isinstance(cause, (ssl.SSLEOFError, ssl.SSLZeroReturnError)) for cause in causes)
    if isinstance(error, requests.exceptions.SSLError) and not closed:
        return Failure(_certificate_reason(causes, host, option), False, False)
    if isinstance(error, requests.exceptions.Timeout):
        return _time_out(error, host)
    return _broken_connection(causes, host, option)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception and all that it was made of (requests wraps urllib3, which wraps the socket's)."""
    if error is None:
        return
    yield error
    inner = [part for part in (*error.args, getattr(error, "reason", None)) if isinstance(part, BaseException)]
    for cause in (*inner, error.__cause__):
        yield from _causes(cause)


def _certificate_reason(causes: list[BaseException], host: str, option: str) -> str:
    """Translate a failed certificate check."""
    code = next((cause.verify_code for cause in causes if isinstance(cause, ssl.SSLCertVerificationError)), None)
    if code is None:
        return f"{host} does not speak TLS as expected, check {option}, ca_path and any proxy on the way"
    if code in WRONG_HOST:
        return f"the certificate that {host} shows was issued for another host, correct {option}"
    if code in (EXPIRED, NOT_YET_VALID):
        return f"the certificate of {host} is expired or not yet valid, have it renewed or correct this machine's clock"
    return (
        f"this machine does not know the authority that issued the certificate of {host},"
        " set ca_path to the authority's certificate file"
    )


def _time_out(error: OSError, host: str) -> Failure:
    """Tell a time-out while connecting (nothing was sent) from one while waiting for the answer."""
    connecting = isinstance(error, requests.exceptions.ConnectTimeout)
    what = "did not accept a connection" if connecting else "did not answer"
    return Failure(f"{host} {what} in time, check the network or raise request_timeout", True, not connecting)


def _broken_connection(causes: list[BaseException], host: str, option: str) -> Failure:
    """Tell connections that never came to be (nothing was sent) from those that broke."""
    for cause in causes:
        if isinstance(cause, socket.gaierror):
            again = cause.errno == socket.EAI_AGAIN
            return Failure(f"the host name {host} cannot be resolved, check {option} and the network", again, False)
    if any(isinstance(cause, urllib3.exceptions.NewConnectionError) for cause in causes):
        number = next((cause.errno for cause in causes if isinstance(cause, OSError) and cause.errno), None)
        why = os.strerror(number).lower() if number else "no connection"
        return Failure(f"{host} cannot be reached ({why}), check {option}, the network and the proxy", True, False)
    return Failure(f"the connection to {host} broke before the answer was complete", True, True)
