# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses, read once: whoever decides where a token may go and whoever connects see the same host.

Parsers of URLs differ in what they make of backslashes, blanks, control characters, users and dots. An address holds
none of them, and its URL is made of its parts.
This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote, urljoin

LABEL = r"[A-Za-z0-9_-]{1,63}"
FORM = re.compile(
    rf"(?P<scheme>https?)://(?P<host>{LABEL}(?:\.{LABEL})*|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{{1,5}}))?"
    r"(?P<path>/[^?#]*)?(?P<query>\?[^#]*)?(?:#.*)?",
    re.IGNORECASE,
)
AMBIGUOUS = re.compile(r"[\s\\\x00-\x20\x7f-\xa0\ud800-\udfff]")
PLAIN_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)*")
PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True)
class Address:
    """Where a request goes. ``path`` begins with a slash or is empty; ``query`` begins with a question mark or is."""

    scheme: str
    host: str
    port: int
    path: str
    query: str

    @property
    def netloc(self) -> str:
        """The host, with the port unless that is the scheme's own."""
        return self.host if self.port == PORTS[self.scheme] else f"{self.host}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme, host and port: all that decides where a token may go."""
        return f"{self.scheme}://{self.netloc}"

    @property
    def url(self) -> str:
        """The address as text, made of nothing but its parts."""
        return f"{self.origin}{self.path}{self.query}"

    def joined(self, reference: str) -> Address | None:
        """Return the address that a reference of its answer means, or None when that is no address."""
        try:
            return None if AMBIGUOUS.search(reference) else parsed(urljoin(self.url, reference))
        except ValueError:  # urljoin refuses some hosts in brackets
            return None


def parsed(url: str) -> Address | None:
    """Return the address that a URL is, or None when it is none or might be read in two ways. Drops a fragment."""
    match = None if AMBIGUOUS.search(url) else FORM.fullmatch(url)
    if match is None:
        return None
    scheme, path = match["scheme"].lower(), match["path"] or ""
    port = int(match["port"] or PORTS[scheme])
    if not 0 < port < 65536 or any(unquote(segment) in (".", "..") for segment in path.split("/")):
        return None
    return Address(scheme, match["host"].lower(), port, path, match["query"] or "")


def without_user(url: str) -> str:
    """Return a URL without the user name and password that it may hold, for messages."""
    return url.rpartition("@")[2]
