# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deployment settings: shapes, precedence, and what does not fit a package."""

from __future__ import annotations

import json
import pathlib
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._errors import ConfigurationError
from ansible_collections.coe.power_platform.plugins.module_utils._packages.components import (
    ConnectionReference,
    EnvironmentVariable,
)
from ansible_collections.coe.power_platform.plugins.module_utils._solutions.settings import (
    Binding,
    leave_to_others,
    read_settings,
    same_connector,
    settings_of_package,
)
from ansible_collections.coe.power_platform.plugins.module_utils._solutions.variable_values import value_text

SECRET = "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v/secrets/x"
SHAREPOINT = "/providers/Microsoft.PowerApps/apis/shared_sharepointonline"
PACKAGE: Any = SimpleNamespace(
    unique_name="Shared",
    version="1.0.0.0",
    connection_references=(ConnectionReference("coe_SharePoint", SHAREPOINT),),
    environment_variables=(
        EnvironmentVariable("coe_Mailbox", "string", None, None),
        EnvironmentVariable("coe_Verbose", "boolean", "no", None),
    ),
)
DOCUMENT = {
    "EnvironmentVariables": [{"SchemaName": "coe_Mailbox", "Value": "a@b.c"}, {"SchemaName": "coe_Other", "Value": ""}],
    "ConnectionReferences": [
        {"LogicalName": "coe_sharepoint", "ConnectionId": "c1", "ConnectorId": SHAREPOINT},
        {"LogicalName": "coe_unfilled", "ConnectionId": "", "ConnectorId": SHAREPOINT},
    ],
}


def test_a_settings_file_of_pac_is_read(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps(DOCUMENT), encoding="utf-8-sig")
    settings = read_settings(str(path), None, None)
    assert settings == read_settings(DOCUMENT, None, None)
    assert settings.connections == {"coe_sharepoint": Binding("c1", SHAREPOINT)}
    assert settings.variables == {"coe_Mailbox": "a@b.c"}


def test_empty_entries_count_as_mentioned_but_not_given() -> None:
    entry = {"LogicalName": "coe_SharePoint", "ConnectionId": "", "ConnectorId": SHAREPOINT}
    settings = read_settings({"ConnectionReferences": [entry]}, None, None)
    assert settings.mentions_connections
    assert not settings.connections


def test_dictionaries_win_over_the_document_whatever_the_case_of_names() -> None:
    settings = read_settings(DOCUMENT, {"COE_SharePoint": "c2"}, {"coe_mailbox": "x"})
    assert settings.connections == {"COE_SharePoint": Binding("c2")}
    assert settings.variables == {"coe_mailbox": "x"}


def test_settings_take_the_names_of_the_package() -> None:
    settings = settings_of_package(read_settings(DOCUMENT, None, {"COE_VERBOSE": True}), PACKAGE)
    assert list(settings.connections) == ["coe_SharePoint"]
    assert settings.variables == {"coe_Mailbox": "a@b.c", "coe_Verbose": "yes"}


def test_nothing_is_wanted_without_options() -> None:
    settings = settings_of_package(read_settings(None, None, None), PACKAGE)
    assert (settings.connections, settings.variables, settings.mentions_connections) == ({}, {}, False)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (["a"], ["deployment_settings", "dictionary"]),
        ({"Variables": []}, ["deployment_settings", "Variables"]),
        ({"ConnectionReferences": [{"ConnectionId": "c1"}]}, ["ConnectionReferences[0]", "LogicalName"]),
        ({"EnvironmentVariables": ["x"]}, ["EnvironmentVariables[0]", "SchemaName"]),
        ({"ConnectionReferences": [DOCUMENT["ConnectionReferences"][0]] * 2}, ["coe_sharepoint", "twice"]),
        ("/nowhere/settings.json", ["deployment_settings", "/nowhere/settings.json"]),
    ],
)
def test_other_shapes_are_refused_in_a_sentence(document: Any, words: list[str]) -> None:
    with pytest.raises(ConfigurationError) as error:
        read_settings(document, None, None)
    assert all(word in str(error.value) for word in words)


def test_a_file_that_is_not_json_is_refused(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text("a: b")
    with pytest.raises(ConfigurationError, match="not JSON"):
        read_settings(str(path), None, None)


OTHER: Any = SimpleNamespace(
    unique_name="Caller",
    version="1.0.0.0",
    connection_references=(ConnectionReference("coe_Mail", SHAREPOINT),),
    environment_variables=(EnvironmentVariable("coe_Mailbox", "string", None, None),),
)


def test_settings_of_other_packages_are_left_to_them() -> None:
    given = read_settings(None, {"COE_SharePoint": "c1", "coe_mail": "c2"}, {"coe_Mailbox": "a", "coe_Verbose": True})

    own = leave_to_others(given, PACKAGE, [OTHER])
    others = leave_to_others(given, OTHER, [PACKAGE])

    assert (set(own.connections), set(own.variables)) == ({"COE_SharePoint"}, {"coe_Mailbox", "coe_Verbose"})
    assert (set(others.connections), set(others.variables)) == ({"coe_mail"}, {"coe_Mailbox"})


def test_a_setting_that_no_package_knows_is_still_a_mistake() -> None:
    given = read_settings(None, {"coe_Mai1": "c2"}, None)

    with pytest.raises(ConfigurationError, match="no connection reference coe_Mai1"):
        settings_of_package(leave_to_others(given, PACKAGE, [OTHER]), PACKAGE)


def test_connections_for_others_only_do_not_mention_those_of_the_package() -> None:
    given = read_settings(None, {"coe_Mail": "c2"}, None)

    assert not leave_to_others(given, PACKAGE, [OTHER]).mentions_connections
    assert leave_to_others(given, OTHER, [PACKAGE]).mentions_connections


@pytest.mark.parametrize("document", [None, DOCUMENT, {"ConnectionReferences": DOCUMENT["ConnectionReferences"][1:]}])
def test_without_other_packages_settings_stay_as_they_are(document: Any) -> None:
    given = read_settings(document, None, None)

    assert leave_to_others(given, PACKAGE, []) == given


def test_all_that_does_not_fit_the_package_is_named_at_once() -> None:
    wrong = {"LogicalName": "coe_SharePoint", "ConnectionId": "c1", "ConnectorId": "/providers/x/apis/shared_office365"}
    settings = read_settings({"ConnectionReferences": [wrong]}, {"coe_nothing": "c3"}, {"coe_unknown": "x"})
    with pytest.raises(ConfigurationError) as error:
        settings_of_package(settings, PACKAGE)
    words = [
        "coe_nothing",
        "coe_unknown",
        "coe_Mailbox",
        "shared_sharepointonline",
        "shared_office365",
        "Shared 1.0.0.0",
    ]
    assert all(word in str(error.value) for word in words)


@pytest.mark.parametrize(
    ("value", "type", "text"),
    [
        ("x", "string", "x"),
        (True, "boolean", "yes"),
        (False, "boolean", "no"),
        ("no", "boolean", "no"),
        (" TRUE ", "boolean", "yes"),
        ("Off", "boolean", "no"),
        (0, "boolean", "no"),
        (5, "number", "5"),
        (-1.5, "number", "-1.5"),
        (" 1234.5 ", "number", "1234.5"),
        ({"a": [1]}, "json", '{"a": [1]}'),
        ('{"a": [1]}', "json", '{"a": [1]}'),
        (False, "json", "false"),
        (True, "string", "true"),
        (5, "string", "5"),
        ({"a": 1}, "string", '{"a": 1}'),
        ("https://contoso.sharepoint.com", "data_source", "https://contoso.sharepoint.com"),
        (SECRET, "secret", SECRET),
    ],
)
def test_values_are_written_as_the_platform_keeps_them(value: Any, type: str, text: str) -> None:
    assert value_text(value, type) == text


@pytest.mark.parametrize(
    ("value", "type", "expected"),
    [
        ("", "string", "an empty text"),
        ("", "boolean", "an empty text"),
        ("maybe", "boolean", "yes or no"),
        (2, "boolean", "yes or no"),
        ([], "boolean", "yes or no"),
        (True, "number", "a number"),
        ("1,5", "number", "a number"),
        ("NaN", "number", "a number"),
        (float("inf"), "number", "endless number"),
        ({}, "number", "a number"),
        ("{'a': 1}", "json", "JSON"),
        ("not-to-be-seen", "secret", "Azure Key Vault"),
        (5, "secret", "Azure Key Vault"),
    ],
)
def test_values_of_another_type_are_refused_untold(value: Any, type: str, expected: str) -> None:
    with pytest.raises(ValueError, match=expected) as caught:
        value_text(value, type)
    assert "not-to-be-seen" not in str(caught.value)


def test_what_is_null_is_not_given() -> None:
    document = {"EnvironmentVariables": [{"SchemaName": "coe_Mailbox", "Value": "x"}]}
    settings = read_settings(document, {"coe_SharePoint": None}, {"COE_MAILBOX": None, "coe_Verbose": None})
    assert (settings.connections, settings.variables) == ({}, {"coe_Mailbox": "x"})
    assert not settings.mentions_connections


@pytest.mark.parametrize("empty", ["", " "])
def test_an_empty_connection_is_refused(empty: str) -> None:
    with pytest.raises(ConfigurationError, match="coe_SharePoint is given no connection"):
        read_settings(None, {"coe_SharePoint": empty}, None)


def test_all_values_that_do_not_fit_are_named_at_once() -> None:
    settings = read_settings(None, None, {"coe_Mailbox": "", "coe_verbose": "maybe"})
    with pytest.raises(ConfigurationError) as caught:
        settings_of_package(settings, PACKAGE)
    assert "the value of coe_Mailbox (environment_variables or deployment_settings) is an empty text" in str(
        caught.value
    )
    assert "the value of coe_Verbose (environment_variables or deployment_settings) is to be yes or" in str(
        caught.value
    )


def test_connectors_are_the_same_with_and_without_the_path_of_their_provider() -> None:
    assert same_connector(SHAREPOINT, "shared_SharePointOnline")
    assert not same_connector(SHAREPOINT, "shared_office365")
