# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What exceptions of a broken connection mean."""

from __future__ import annotations

import socket
import ssl

import pytest
import requests
import urllib3
from ansible_collections.coe.power_platform.plugins.module_utils._transport.connection_failures import Failure, explain

HOST = "contoso.crm4.dynamics.com"


def wrapped(
    cause: Exception, outside: type[requests.exceptions.RequestException]
) -> requests.exceptions.RequestException:
    """Wrap a cause as urllib3 and requests do."""
    pool = urllib3.HTTPSConnectionPool(HOST)
    return outside(urllib3.exceptions.MaxRetryError(pool, "/", reason=urllib3.exceptions.SSLError(cause)))


def certificate_error(code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code = code
    return error


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        (certificate_error(10), "is expired or not yet valid, have it renewed or correct this machine's clock"),
        (certificate_error(9), "is expired or not yet valid"),
        (certificate_error(62), "was issued for another host, correct environment_url"),
        (certificate_error(64), "was issued for another host"),
        (certificate_error(18), "set ca_path to the authority's certificate file"),
        (certificate_error(20), "does not know the authority"),
        (ssl.SSLError(1, "wrong version number"), "does not speak TLS as expected, check environment_url, ca_path"),
    ],
)
def test_failed_tls_is_final_and_nothing_was_sent(cause: Exception, reason: str) -> None:
    failure = explain(wrapped(cause, requests.exceptions.SSLError), HOST, "environment_url")
    assert reason in failure.reason
    assert (failure.temporary, failure.delivered) == (False, False)


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (
            wrapped(ssl.SSLEOFError(8, "EOF occurred"), requests.exceptions.SSLError),
            Failure(f"the connection to {HOST} broke before the answer was complete", True, True),
        ),
        (
            requests.exceptions.ConnectTimeout(),
            Failure(
                f"{HOST} did not accept a connection in time, check the network or raise request_timeout", True, False
            ),
        ),
        (
            requests.exceptions.ReadTimeout(),
            Failure(f"{HOST} did not answer in time, check the network or raise request_timeout", True, True),
        ),
        (
            wrapped(socket.gaierror(socket.EAI_AGAIN, "x"), requests.exceptions.ConnectionError),
            Failure(f"the host name {HOST} cannot be resolved, check authority and the network", True, False),
        ),
        (
            requests.exceptions.InvalidURL(),
            Failure(f"{HOST!r} is no usable host name, correct authority", False, False),
        ),
        (
            requests.exceptions.ChunkedEncodingError(),
            Failure(f"the connection to {HOST} broke before the answer was complete", True, True),
        ),
    ],
)
def test_failure_of_each_kind(error: requests.exceptions.RequestException, failure: Failure) -> None:
    assert explain(error, HOST, "authority") == failure
