# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which environment a URL means: by path (`/dev/api/data`), by host (`dev.localhost`), or the first one at the root."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from .environment import Environment
from .registry import Environments


@dataclass(frozen=True)
class Place:
    """`url`: the environment's URL as the client wrote it, without trailing slash; `rest`: the path below it,
    encoded.
    """

    environment: Environment
    url: str
    rest: str


def find_place(environments: Environments, base: str, raw_path: str) -> Place | None:
    """The environment that `base` (scheme and host) and path name; None when there is none of that name."""
    first, _dummy, rest = raw_path.lstrip("/").partition("/")
    if first in ("api", "XRMServices"):
        environment = _of_host(environments, base)
        return Place(environment, base, raw_path.lstrip("/")) if environment else None
    environment = environments.find(unquote(first))
    return Place(environment, f"{base}/{first}", rest) if environment else None


def _of_host(environments: Environments, base: str) -> Environment | None:
    label, dot, _dummy = (urlsplit(base).hostname or "").partition(".localhost")
    if dot:
        return environments.find(label)
    return environments.get(environments.names()[0])


def place_of(environments: Environments, url: str) -> Place | None:
    """The environment at exactly this URL."""
    parts = urlsplit(url)
    place = find_place(environments, f"{parts.scheme}://{parts.netloc}", parts.path.strip("/") or "/api")
    return place if place is not None and place.rest in ("", "api") else None
