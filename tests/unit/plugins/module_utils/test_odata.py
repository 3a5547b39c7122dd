# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OData in text."""

from __future__ import annotations

from datetime import date, datetime, timezone
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._dataverse.odata import (
    Literal,
    all_of,
    any_of,
    columns,
    function_call,
    guid,
    joined,
    literal,
    quote,
    resource,
)

ID = "78ac15ae-980a-ef11-9f89-000d3a24f839"


@pytest.mark.parametrize(
    ("text", "quoted"), [("x", "'x'"), ("O'Neil", "'O''Neil'"), ("''", "''''''"), ("", "''"), ("Müller", "'Müller'")]
)
def test_quote_doubles_quotes(text: str, quoted: str) -> None:
    assert quote(text) == quoted


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (ID, ID),
        (ID.upper(), ID),
        (f"{{{ID}}}", ID),
        (f" {ID} ", ID),
        (ID[:-1], None),
        (f"{ID}0", None),
        ("name", None),
        ("", None),
    ],
)
def test_guid_is_found_in_any_usual_form(text: str, found: str | None) -> None:
    assert guid(text) == found


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a'b", "'a''b'"),
        (ID.upper(), ID),
        (UUID(ID), ID),
        (True, "true"),
        (None, "null"),
        (29, "29"),
        (date(2026, 1, 31), "2026-01-31"),
        (datetime(2026, 1, 31, 12, tzinfo=timezone.utc), "2026-01-31T12:00:00Z"),
        (
            Literal("Microsoft.Dynamics.CRM.EndpointAccessType'Default'"),
            "Microsoft.Dynamics.CRM.EndpointAccessType'Default'",
        ),
        ({"@odata.id": f"workflows({ID})"}, f'{{"@odata.id":"workflows({ID})"}}'),
    ],
)
def test_literal_of_each_type(value: Any, text: str) -> None:
    assert literal(value) == text


def test_conditions_are_joined() -> None:
    assert any_of("name", ["a", "b'c"]) == "name eq 'a' or name eq 'b''c'"
    assert any_of("workflowid", [ID.upper()]) == f"workflowid eq {ID}"
    assert all_of("a eq 1 or b eq 2", "c eq 3") == "(a eq 1 or b eq 2) and (c eq 3)"
    assert all_of("a eq 1", None) == "a eq 1"
    assert all_of(None, None) == ""


def test_resource_encodes_what_a_url_cannot_hold() -> None:
    url = resource("accounts", {"$filter": "name eq 'A&B + C#Ü'", "$top": 3, "$orderby": None})
    assert url == "accounts?$filter=name%20eq%20'A%26B%20%2B%20C%23%C3%9C'&$top=3"
    assert parse_qs(urlsplit(url).query)["$filter"] == ["name eq 'A&B + C#Ü'"]


def test_resource_leaves_an_encoded_path_as_it_is() -> None:
    once = resource("accounts?$filter=name eq 'a b'", {"$select": "name"})
    assert once == "accounts?$filter=name%20eq%20'a%20b'&$select=name"
    assert resource(once) == once
    assert resource("https://x.example/a?$skiptoken=%3Ccookie+x%3E") == "https://x.example/a?$skiptoken=%3Ccookie+x%3E"


def test_function_call_passes_parameters_by_alias() -> None:
    assert function_call("WhoAmI", {}) == "WhoAmI()"
    assert function_call("F", {"Id": ID.upper(), "Type": 29}) == f"F(Id=@Id,Type=@Type)?@Id={ID}&@Type=29"
    assert function_call("F", {"Name": "a/b's"}) == "F(Name=@Name)?@Name='a/b''s'"
    bound = function_call(
        f"systemusers({ID})/Microsoft.Dynamics.CRM.RetrievePrincipalAccess",
        {"Target": {"@odata.id": f"workflows({ID})"}},
    )
    assert parse_qs(urlsplit(bound).query)["@Target"] == [f'{{"@odata.id":"workflows({ID})"}}']


def test_columns_may_be_text_or_names() -> None:
    assert columns(["a", "b"]) == columns("a,b") == "a,b"
    assert columns(None) is None


@pytest.mark.parametrize("count", [0, 1, 100, 1000])
def test_joined_conditions_stay_short_and_lose_none(count: int) -> None:
    conditions = [f"name eq 'Ü{index}'" for index in range(count)]
    texts = list(joined(conditions, 500))
    assert [condition for text in texts for condition in text.split(" or ")] == conditions
    assert all(len(resource("", {"f": text})) <= 500 for text in texts)


def test_condition_longer_than_the_limit_stands_alone() -> None:
    assert list(joined(["a" * 50, "b"], 10)) == ["a" * 50, "b"]
