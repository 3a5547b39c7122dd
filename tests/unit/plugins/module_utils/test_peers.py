# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is at the other end of a connection."""

from __future__ import annotations

import contextlib
import re
import socket

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._transport.http import HttpSession
from ansible_collections.coe.power_platform.plugins.module_utils._transport.peers import peer_at
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.https_server import Answer, HttpsServer


@pytest.mark.parametrize("verified", [True, False])
def test_certificate_of_the_host_is_told_where_it_is_verified(server: HttpsServer, verified: bool) -> None:
    server.answers += [Answer(), Answer(404, b"gone")]
    with contextlib.closing(HttpSession(verify=server.ca_path if verified else False)) as session:
        assert session.peer is None
        for _request in range(2):
            session.request("GET", server.url)
            peer = session.peer
            assert peer is not None
            assert peer.protocol.startswith("TLSv1.")
            assert (peer.authority is not None) == verified
            assert bool(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", peer.expires_on or "")) == verified
    assert session.peer is None


def test_what_is_no_tls_connection_has_no_peer() -> None:
    with socket.socket() as plain:
        assert peer_at(plain) is None
    assert peer_at(plain) is None
    assert peer_at(None) is None
