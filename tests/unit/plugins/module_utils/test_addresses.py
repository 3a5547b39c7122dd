# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses: one reading of each URL."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
import requests
import urllib3
from ansible_collections.coe.power_platform.plugins.module_utils._dataverse.odata import row_id
from ansible_collections.coe.power_platform.plugins.module_utils._transport.addresses import Address, parsed
from hypothesis import given
from hypothesis import strategies as st

ID = "78ac15ae-980a-ef11-9f89-000d3a24f839"
PIECES = [
    "https://",
    "http://",
    "a.example",
    "[::1]",
    ":443",
    "/",
    "//",
    "\\",
    "@",
    "?",
    "#",
    "..",
    "%2e",
    ":",
    "\t",
    " ",
]
TEXTS = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=3)), max_size=8).map("".join)


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("https://a.example/x", "https://a.example:443/y?z", True),
        ("https://a.example", "http://a.example", False),
        ("https://a.example", "https://a.example:444", False),
        ("https://a.example", "https://b.example", False),
        ("https://A.example", "HTTPS://a.EXAMPLE", True),
        ("https://[::1]:8443/x", "https://[::1]:8443/y", True),
    ],
)
def test_origin_is_scheme_host_and_port(first: str, second: str, same: bool) -> None:
    one, other = parsed(first), parsed(second)
    assert one
    assert other
    assert (one.origin == other.origin) is same


@pytest.mark.parametrize(
    "url",
    [
        "",
        "a.example",
        "ftp://a.example",
        "https://",
        "https:///x",
        "https://a.example:0/x",
        "https://a.example:65536/x",
        "https://a.example:٤٤٣/x",
        "https://a.example./x",
        "https://user@a.example/x",
        "https://evil.example\\@a.example/x",
        "https://a.example/x\\y",
        "https://a.example/\x00",
        "https://a.example/\x85",
        "https://a.example/\u2028",
        "https://a.example/a b",
        "https://a.example/\n",
        "https://a.example/x/../y",
        "https://a.example/x/%2E%2e/y",
        "https://ⓔxample.com/",
    ],
)
def test_address_that_may_be_read_in_two_ways_is_none(url: str) -> None:
    assert parsed(url) is None


@given(TEXTS)
def test_all_parsers_read_the_same_in_an_address(text: str) -> None:
    address = parsed("https://" + text)
    if address is None:
        return
    split, seen = urlsplit(address.url), urllib3.util.parse_url(address.url)
    assert (split.scheme, split.netloc) == (address.scheme, address.netloc)
    assert (seen.scheme, seen.host, seen.port or 443) == (address.scheme, address.host, address.port)
    sent = urlsplit(str(requests.Request("GET", address.url).prepare().url))
    assert (sent.scheme, sent.netloc) == (address.scheme, address.netloc)
    assert parsed(address.url) == address


@given(TEXTS)
def test_reference_is_an_address_or_refused(text: str) -> None:
    assert isinstance(Address("https", "a.example", 443, "/x", "").joined(text), (Address, type(None)))


@pytest.mark.parametrize(
    ("url", "id"),
    [
        (f"https://a.example/api/data/v9.2/teams({ID})", ID),
        (f"https://a.example/api/data/v9.2/teams({ID.upper()})", ID),
        (f"https://a.example/api/data/v9.2/systemusers({ID})", None),
        (f"https://a.example/api/data/v9.2/steams({ID})", None),
        (f"https://a.example/api/data/v9.2/teams({ID}", None),
        (f"https://a.example/api/data/v9.2/teams({ID})/x", None),
        ("https://a.example/api/data/v9.2/teams(../systemusers)", None),
        ("https://a.example/api/data/v9.2/teams(name='x')", None),
        (f"https://a.example/ /teams({ID})", None),
        ("", None),
    ],
)
def test_id_of_a_new_row_is_a_guid_of_its_own_set(url: str, id: str | None) -> None:
    assert row_id(url, "teams") == id
