# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The address of an environment in what people paste: from its apps, from its Web API, from the portals around it.

Source: Microsoft documentation, Dataverse URLs and datacenter regions; Power Platform URLs and IP address ranges.
This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import re

from .._errors import ConfigurationError
from .addresses import PLAIN_PATH, parsed, without_user

CLOUD = r"(crm\d{0,3}\.dynamics\.com|crm\.microsoftdynamics\.us|crm\.appsplatform\.us|crm\.dynamics\.cn)"
# The Web API of some tools' pages has a host of its own beside that of the organization.
ORGANIZATION = re.compile(rf"(?P<name>(?!(?:global)?disco\.)[a-z0-9_-]+)(?:\.api)?\.(?P<cloud>{CLOUD})")
# Whatever else Microsoft serves there, it is no environment.
PORTAL = re.compile(
    r"(.*\.)?((power(apps|automate|platform|pages|bi)|dynamics|microsoft|microsoftonline|azure|office)\.com"
    r"|(powerapps|powerautomate|powerplatform|microsoftdynamics|appsplatform|microsoft|microsoftonline|azure)\.us"
    r"|(powerapps|powerautomate|powerplatform|dynamics|microsoftonline|azure)\.cn)"
)
BEYOND = re.compile(r"/main\.aspx$|/api/data(/|$)", re.IGNORECASE)  # the pages and the Web API of an organization
EXAMPLE = "https://contoso.crm4.dynamics.com"
WHERE = (
    f"which looks like {EXAMPLE} and stands in the Power Platform admin center (Manage,"
    " Environments, the environment, Environment URL) and in Power Apps (Settings, Session details, Instance url)"
)


def environment_address(url: str) -> str:
    """Return the environment's address without a slash at the end. Raises ``ConfigurationError``.

    On the host of an organization in Microsoft's clouds nothing but the host counts. Elsewhere a path may belong to the
    address, and where it ends cannot be told from that of an app or of the Web API.
    """
    address = parsed(url.strip().rstrip("/"))
    if address and address.scheme == "https":
        if organization := ORGANIZATION.fullmatch(address.netloc):
            return f"https://{organization['name']}.{organization['cloud']}"
        if PORTAL.fullmatch(address.host):
            raise ConfigurationError(
                f"environment_url is on {address.host}, which is a service of Microsoft's and not the environment: give"
                f" the environment's own address, {WHERE}."
            )
        if not (BEYOND.search(address.path) or address.query) and PLAIN_PATH.fullmatch(address.path):
            return address.origin + address.path
    raise ConfigurationError(
        f"environment_url {without_user(url)!r} is no environment's address, which looks like {EXAMPLE}."
    )
