# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is at the other end of a connection, as its certificate tells.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any


@dataclass(frozen=True)
class Peer:
    """What TLS says of a host: the protocol, the authority that vouches for it, until when (ISO 8601).

    Authority and end are None where certificates are not verified: then nobody reads them either.
    """

    protocol: str
    authority: str | None
    expires_on: str | None


def socket_of(answer: Any) -> Any:
    """Return the socket that an answer of requests comes through, or None once it is closed."""
    return getattr(getattr(answer.raw, "connection", None), "sock", None)


def peer_at(socket: Any) -> Peer | None:
    """Return who is at the other end of a TLS socket; None for any other one, and for one that is closed."""
    try:
        certificate = socket.getpeercert()
        protocol = socket.version()
    except (AttributeError, OSError, ValueError):
        return None
    if not certificate:
        return Peer(protocol or "TLS", None, None)
    expires = datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), timezone.utc)
    return Peer(protocol or "TLS", _name(certificate["issuer"]), expires.strftime("%Y-%m-%dT%H:%M:%SZ"))


def _name(parts: Iterable[Iterable[tuple[str, str]]]) -> str:
    """Return the name in a distinguished name: its common name, else its organization."""
    names = dict(pair for part in parts for pair in part)
    return names.get("commonName") or names.get("organizationName") or "an authority without a name"
