# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A package is described through both doors, without any environment."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.coe.power_platform.plugins.modules import solution_package_info
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.package_maker import (
    CONNECTOR,
    CloudFlow,
    DesktopFlow,
    argument,
    flow_id,
    package_files,
    run_desktop_flow,
    schema,
    write_package,
)

RunModule = Callable[..., dict[str, Any]]


@pytest.fixture
def src(tmp_path: Path) -> str:
    shared = DesktopFlow(
        flow_id(1),
        inputs=schema({"Question": argument(), "Secret": {**argument(sensitive=True), "value": "pass@word1"}}),
        outputs="unreadable",
        child_flows=[flow_id(2)],
        script=f"External.RunFlow FlowId: '{flow_id(2)}' @In: 'x'",
    )
    cloud = CloudFlow(
        flow_id(3),
        actions={
            "Run_shared": run_desktop_flow(flow_id(1), {"Question": "Why?"}),
            "Run_any": run_desktop_flow("@variables('flow')", {}),
        },
    )
    files = package_files(
        [shared, cloud],
        version="1.1.0.0",
        references={"con_SharedFlows": CONNECTOR},
        variables={"con_Token": "s3cret", "con_Address": None},
    )
    return write_package(tmp_path / "package.zip", files)


def test_a_package_is_described(run_module: RunModule, src: str) -> None:
    result = run_module(solution_package_info, src=src)

    package = result["package"]
    assert result["changed"] is False
    assert len(package.pop("checksum")) == 64
    assert package.pop("size") == Path(src).stat().st_size
    assert package == {
        "path": src,
        "name": "CoESharedFlows",
        "friendly_name": "CoE shared flows",
        "version": "1.1.0.0",
        "managed": True,
        "publisher": {"name": "contoso", "friendly_name": "Contoso", "prefix": "con"},
        "desktop_flows": [
            {
                "id": flow_id(1),
                "name": "Shared flow",
                "inputs": [
                    {"name": "Question", "type": "string", "required": True, "sensitive": False},
                    {"name": "Secret", "type": "string", "required": True, "sensitive": True},
                ],
                "outputs": None,
                "child_flows": [{"id": flow_id(2), "name": None}],
                "work_queues": [],
            }
        ],
        "cloud_flows": [
            {
                "id": flow_id(3),
                "name": "Cloud flow",
                "desktop_flow_calls": [
                    {
                        "place": "Run shared",
                        "id": flow_id(1),
                        "name": "Shared flow",
                        "inputs": ["Question"],
                        "outputs": [],
                    },
                    {"place": "Run any", "id": None, "name": None, "inputs": [], "outputs": []},
                ],
            }
        ],
        "connection_references": [{"logical_name": "con_SharedFlows", "connector_id": CONNECTOR}],
        "environment_variables": [
            {"schema_name": "con_Address", "type": "string", "has_default_value": False, "has_value": False},
            {"schema_name": "con_Token", "type": "string", "has_default_value": False, "has_value": True},
        ],
        "components": {"workflow": 2, "connectionreference": 1, "environmentvariabledefinition": 2},
        "missing_dependencies": [],
        "missing_flows": [
            {"id": flow_id(2), "caller": "Shared flow", "caller_id": flow_id(1), "places": ["subflow Main"]}
        ],
    }


def test_no_value_that_may_be_secret_is_returned(run_module: RunModule, src: str) -> None:
    told = json.dumps(run_module(solution_package_info, src=src))

    assert not any(secret in told for secret in ("s3cret", "pass@word1", "maker@contoso.example"))


@pytest.fixture
def caller(tmp_path: Path) -> str:
    flow = CloudFlow(flow_id(4), actions={"Run": run_desktop_flow(flow_id(1), {"Question": "Why?"})})
    return write_package(tmp_path / "caller.zip", package_files([flow], unique_name="Caller"))


def test_several_packages_come_in_the_order_of_their_deployment(run_module: RunModule, src: str, caller: str) -> None:
    result = run_module(solution_package_info, src=[caller, src])

    assert [(package["name"], package["path"]) for package in result["packages"]] == [
        ("CoESharedFlows", src),
        ("Caller", caller),
    ]
    assert "package" not in result


def test_one_package_is_the_only_one_of_the_list(run_module: RunModule, src: str) -> None:
    result = run_module(solution_package_info, src=src)

    assert result["packages"] == [result["package"]]


def test_one_package_named_twice_is_a_failure(run_module: RunModule, src: str) -> None:
    result = run_module(solution_package_info, src=[src, src])

    assert result["failed"]
    assert "the same solution CoESharedFlows: name only one of them" in result["msg"]


def test_check_mode_reads_as_well(run_module: RunModule, src: str) -> None:
    checked = run_module(solution_package_info, check_mode=True, src=src)

    assert checked["package"] == run_module(solution_package_info, src=src)["package"]


def test_a_file_that_is_no_package_is_a_failure(run_module: RunModule, tmp_path: Path) -> None:
    path = tmp_path / "notes.zip"
    path.write_text("no zip")

    result = run_module(solution_package_info, src=str(path))

    assert result["failed"]
    assert result["msg"].startswith(f'The package "{path}" is not a sound zip file')
    assert result["failure"] == {"path": str(path)}


def test_a_path_is_needed(run_module: RunModule) -> None:
    result = run_module(solution_package_info)

    assert result["failed"]
    assert "src" in result["msg"]


def test_connection_options_are_unknown(run_module: RunModule, src: str) -> None:
    assert run_module(solution_package_info, src=src, environment_url="https://contoso.example")["failed"]


def test_public_packages_show_no_address_of_their_makers(run_module: RunModule, packages: Path) -> None:
    for path in packages.glob("*.zip"):
        assert "@" not in json.dumps(run_module(solution_package_info, src=str(path))["package"])
