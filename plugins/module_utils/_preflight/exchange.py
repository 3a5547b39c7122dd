# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the exchanges themselves tell: certificate, clock, time that an answer takes.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

from .._dataverse.rows import moment
from .checks import Check
from .tenant import Tenant

SLOW_SECONDS = 2.0
# A token is not valid before it was issued, and signed assertions are refused after some minutes.
LARGEST_DIFFERENCE = 60
SOON_DAYS = 14


def certificate(tenant: Tenant) -> Check:
    """Return who vouches for the host; no request."""
    if not tenant.validate_certs:
        remedy = "set ca_path to the authority's certificate instead of validate_certs: false"
        return Check("certificate", "failed", "nobody verifies whom this machine speaks with", remedy)
    peer = tenant.client.peer
    if peer is None or peer.expires_on is None:
        return Check("certificate", "unknown", "could not be told: the connection is closed already")
    days = (moment(peer.expires_on) - datetime.fromtimestamp(tenant.client.clock.time(), timezone.utc)).days
    message = f"{peer.authority} vouches for the host until {peer.expires_on} ({peer.protocol})"
    if days < SOON_DAYS:
        return Check("certificate", "failed", message, f"have the certificate renewed, it expires in {days} days")
    return Check("certificate", "passed", message, findings={"tls": peer.protocol})


def clock(tenant: Tenant) -> Check:
    """Return how far apart the clocks are. Source: header Date of any answer."""
    try:
        service = parsedate_to_datetime(tenant.exchange.date).timestamp()
    except (TypeError, ValueError, OverflowError):
        return Check("clock", "unknown", "could not be told: the answer has no date")
    difference = round(service - tenant.exchange.at)
    if abs(difference) <= LARGEST_DIFFERENCE:
        message = "the clocks of this machine and of the environment agree"
        return Check("clock", "passed", message, findings={"clock_difference": difference})
    slow = "behind" if difference > 0 else "ahead of"
    message = f"the clock of this machine is {abs(difference)} seconds {slow} that of the environment"
    remedy = "let the clock be set by a time service, sign-in by certificate or assertion depends on it"
    return Check("clock", "failed", message, remedy, {"clock_difference": difference})


def latency(tenant: Tenant) -> Check:
    """Return how long an answer takes. Source: Web API function RetrieveVersion."""
    seconds, version = tenant.exchange.seconds, tenant.exchange.version
    message = f"an answer takes {seconds * 1000:.0f} ms (version {version})"
    findings = {"latency_ms": round(seconds * 1000), "platform_version": version}
    if seconds < SLOW_SECONDS:
        return Check("latency", "passed", message, findings=findings)
    remedy = "run the tasks nearer to the environment, look for a slow proxy, or raise request_timeout"
    return Check("latency", "failed", message, remedy, findings)
