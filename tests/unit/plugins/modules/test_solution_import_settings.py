# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deployment settings of solution_import in an environment: checked before, applied with the import or without one."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
from ansible_collections.coe.power_platform.plugins.modules import solution_import
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.solution_scenes import IMPORT, release, writes

SHAREPOINT = "/providers/Microsoft.PowerApps/apis/shared_sharepointonline"
OFFICE = "/providers/Microsoft.PowerApps/apis/shared_office365"
REFERENCES = {"con_SharePoint": SHAREPOINT, "con_Office": OFFICE}
WITHOUT_VALUE = [
    f"The environment variable {name} has no value: set environment_variables."
    for name in ("con_Folder", "con_Mailbox")
]
BOUND = {"con_SharePoint": "connection-1", "con_Office": "connection-2"}


@pytest.fixture
def package(tmp_path: pathlib.Path) -> str:
    return release(tmp_path, "1.0.0.0", references=REFERENCES, variables={"con_Mailbox": None, "con_Folder": None})


@pytest.fixture
def environment(simulator: Any) -> Any:
    simulator.environment("test").settings.job_seconds = 0.05
    return simulator


def rows(simulator: Any, table: str, name: str, value: str) -> dict[str, Any]:
    return {row[name]: row[value] for row in simulator.environment("test").store.find(table)}


def connections(simulator: Any) -> dict[str, Any]:
    return rows(simulator, "connectionreference", "connectionreferencelogicalname", "connectionid")


def test_settings_go_with_the_import(environment: Any, run_module: Any, package: str) -> None:
    task = {
        **environment.connection("test"),
        "src": package,
        "connection_references": BOUND,
        "environment_variables": {"con_mailbox": "a@b.c"},
    }
    predicted = run_module(solution_import, check_mode=True, **task)
    assert writes(environment, "test") == []
    done = run_module(solution_import, **task)
    assert done["settings"] == predicted["settings"]
    assert done["settings"] == {
        "connection_references": ["con_SharePoint", "con_Office"],
        "environment_variables": ["con_Mailbox"],
    }
    assert done["warnings"] == ["The environment variable con_Folder has no value: set environment_variables."]
    assert writes(environment, "test") == IMPORT
    assert connections(environment) == BOUND
    again = run_module(solution_import, **task)
    assert not again["changed"]
    assert again["settings"] == {"connection_references": [], "environment_variables": []}


def test_changed_settings_on_the_same_version_are_applied_without_an_import(
    environment: Any, run_module: Any, package: str
) -> None:
    connection = environment.connection("test")
    run_module(solution_import, **connection, src=package, connection_references=BOUND)
    environment.clear_journal()
    task = {
        **connection,
        "src": package,
        "connection_references": {"con_Office": "connection-3"},
        "environment_variables": {"con_Mailbox": "x@y.z", "con_Folder": {"path": ["a"]}},
    }
    predicted = run_module(solution_import, check_mode=True, **task)
    assert writes(environment, "test") == []
    done = run_module(solution_import, **task)
    again = run_module(solution_import, **task)
    assert predicted["changed"]
    assert done["changed"]
    assert not again["changed"]
    assert done["operation"] == "none"
    assert done["import_job"] is None
    assert [path.partition("(")[0] for path in writes(environment, "test")] == [
        "connectionreferences",
        "environmentvariablevalues",
        "environmentvariablevalues",
    ]
    assert connections(environment) == {**BOUND, "con_Office": "connection-3"}

    changed = run_module(solution_import, **{**task, "environment_variables": {"con_Mailbox": "n@e.w"}})
    assert changed["settings"]["environment_variables"] == ["con_Mailbox"]


def test_values_stay_out_of_the_result(environment: Any, run_module: Any, package: str) -> None:
    result = run_module(
        solution_import,
        **environment.connection("test"),
        src=package,
        environment_variables={"con_Mailbox": "not-to-be-seen"},
    )
    result.pop("invocation", None)  # ansible-core 2.21 and newer do not tell it
    assert "not-to-be-seen" not in str(result)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"connection_references": {"con_Nothing": "c"}}, ["con_Nothing", "con_SharePoint"]),
        ({"environment_variables": {"con_Nothing": "c"}}, ["con_Nothing", "con_Mailbox"]),
        ({"connection_references": {"con_Office": "c"}}, ["con_SharePoint", "allow_unbound_references"]),
        (
            {"deployment_settings": {"ConnectionReferences": [{"LogicalName": "con_Office", "ConnectionId": ""}]}},
            ["con_SharePoint", "con_Office", "deployment_settings"],
        ),
        (
            {
                "deployment_settings": {
                    "ConnectionReferences": [
                        {"LogicalName": "con_Office", "ConnectionId": "c", "ConnectorId": SHAREPOINT},
                        {"LogicalName": "con_SharePoint", "ConnectionId": "d", "ConnectorId": SHAREPOINT},
                    ]
                }
            },
            ["con_Office", "shared_office365", "shared_sharepointonline"],
        ),
        ({"allow_unbound_references": False}, ["con_SharePoint", "con_Office"]),
    ],
)
def test_settings_that_do_not_fit_are_refused_before_anything_is_sent(
    environment: Any, run_module: Any, package: str, settings: dict[str, Any], words: list[str]
) -> None:
    task = {**environment.connection("test"), "src": package, **settings}
    predicted = run_module(solution_import, check_mode=True, **task)
    refused = run_module(solution_import, **task)
    assert refused["failed"]
    assert predicted["msg"] == refused["msg"]
    assert [word for word in words if word not in refused["msg"]] == []
    assert writes(environment, "test") == []


def test_a_connection_in_use_for_another_connector_is_refused(environment: Any, run_module: Any, package: str) -> None:
    connection = environment.connection("test")
    run_module(solution_import, **connection, src=package, connection_references=BOUND)
    refused = run_module(
        solution_import, **connection, src=package, connection_references={"con_Office": BOUND["con_SharePoint"]}
    )
    assert refused["failed"]
    assert "con_Office" in refused["msg"]
    assert "shared_sharepointonline" in refused["msg"]


def test_unbound_references_are_warned_of_when_nothing_is_said(environment: Any, run_module: Any, package: str) -> None:
    done = run_module(solution_import, **environment.connection("test"), src=package)
    assert done["warnings"] == [
        "The connection references con_SharePoint, con_Office of SharedFlows have no connection; flows that use them"
        " stay off. Set connection_references to bind them.",
        *WITHOUT_VALUE,
    ]


def test_unbound_references_may_be_allowed(environment: Any, run_module: Any, package: str) -> None:
    done = run_module(solution_import, **environment.connection("test"), src=package, allow_unbound_references=True)
    assert done["changed"]
    assert done["warnings"] == WITHOUT_VALUE


def test_references_bound_in_the_environment_count_as_bound(
    environment: Any, run_module: Any, package: str, tmp_path: pathlib.Path
) -> None:
    connection = environment.connection("test")
    run_module(solution_import, **connection, src=package, connection_references=BOUND)
    newer = release(tmp_path, "1.1.0.0", references=REFERENCES)
    references = {"con_Office": "connection-2"}
    done = run_module(
        solution_import, **connection, src=newer, connection_references=references, on_contract_break="ignore"
    )
    assert done["operation"] == "update"
    assert done["warnings"] == []
    assert connections(environment) == BOUND
