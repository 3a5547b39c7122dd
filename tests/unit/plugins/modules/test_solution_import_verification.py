# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What solution_import reads back: the version, the flows, what an update left behind; and what it refuses."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest
from ansible_collections.coe.power_platform.plugins.modules import solution_import
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.package_maker import (
    CloudFlow,
    DesktopFlow,
    flow_id,
    package_files,
    write_package,
)
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.solution_scenes import (
    IMPORT,
    NAME,
    put,
    release,
    writes,
)

MISSING = (
    '<MissingDependency><Required type="29" displayName="Write Log" id="{00000099-0000-4000-8000-000000000000}"'
    ' solution="Logging (2.1.0.0)"/><Dependent type="29" displayName="Flow 1"'
    ' id="{00000001-0000-4000-8000-000000000000}"/></MissingDependency>'
)


@pytest.fixture
def test(simulator: Any) -> Any:
    simulator.environment("test").settings.job_seconds = 0.05
    return simulator


def task(simulator: Any, src: str, **options: Any) -> dict[str, Any]:
    return {**simulator.connection("test"), "src": src, **options}


def address(simulator: Any) -> str:
    return str(simulator.environment_url("test")).rstrip("/")


def customise(simulator: Any, number: int) -> None:
    """Change a flow in the environment itself, which makes an unmanaged layer."""
    from dataverse_simulator.solutions import components, layers

    environment = simulator.environment("test")
    kind = components.BY_TABLE["workflow"]
    with environment.lock, environment.store.transaction():
        row = environment.store.get("workflow", flow_id(number))
        content = {**components.content_of(kind, row), "definition": json.dumps("SET Version TO 'mine'")}
        layers.customise(environment.store, kind, flow_id(number), content)
        layers.settle(environment.store, kind, flow_id(number))


@pytest.mark.parametrize("status", [403, 404, 501])
def test_without_the_layers_an_import_goes_on_with_a_warning(
    test: Any, run_module: Any, tmp_path: pathlib.Path, status: int
) -> None:
    put(test, "test", release(tmp_path, "1.0.0.0"))
    test.add_fault({"kind": "error", "status": status, "path": "msdyn_componentlayers", "count": 99})
    done = run_module(solution_import, **task(test, release(tmp_path, "2.0.0.0")))
    assert done["solution"]["version"] == "2.0.0.0"
    assert [it for it in done["warnings"] if it.startswith("Layers of flows could not be read")] == done["warnings"][:1]


def test_a_malformed_question_for_layers_is_an_error(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    put(test, "test", release(tmp_path, "1.0.0.0"))
    test.add_fault({"kind": "error", "status": 400, "path": "msdyn_componentlayers", "count": 99})
    failed = run_module(solution_import, **task(test, release(tmp_path, "2.0.0.0")))
    assert failed["failed"]
    assert "GET msdyn_componentlayers" in failed["msg"]


def test_a_flow_below_an_unmanaged_layer_is_a_failure_with_its_remedy(
    test: Any, run_module: Any, tmp_path: pathlib.Path
) -> None:
    put(test, "test", release(tmp_path, "1.0.0.0"))
    customise(test, 2)
    package = release(tmp_path, "2.0.0.0")
    failed = run_module(solution_import, **task(test, package))
    assert failed["failed"]
    assert "Flow 2 (definition and signature, hidden by an unmanaged layer)" in failed["msg"]
    assert "overwrite_customizations=true" in failed["msg"]
    assert "RemoveActiveCustomizations" in failed["msg"]
    assert failed["failure"]["flows"] == [
        {"id": flow_id(2), "name": "Flow 2", "parts": ["definition", "signature"], "layer": "Active"}
    ]
    assert failed["operation"] == "update"

    again = run_module(solution_import, **task(test, package))
    assert not again["changed"]
    assert again["warnings"] == [
        f"{address(test)} has SharedFlows 2.0.0.0 already, but these flows there are not those of the package: Flow 2"
        " (definition and signature, hidden by an unmanaged layer); import again with overwrite_customizations=true and"
        " force=true, or remove the unmanaged layer (maker portal: See solution layers, Remove unmanaged layer; Web"
        " API: RemoveActiveCustomizations)."
    ]

    repaired = run_module(solution_import, **task(test, package, force=True, overwrite_customizations=True))
    assert repaired["changed"]
    assert repaired["warnings"] == [
        'The contract of "Flow 2" breaks. The input "Input1000" (string) is gone, perhaps renamed to "Input2000". The'
        ' input "Input2000" (string) is new, and callers must pass it. No caller of it is known.'
    ]


def test_a_package_that_changed_without_a_new_version_is_warned_of(
    test: Any, run_module: Any, tmp_path: pathlib.Path
) -> None:
    put(test, "test", release(tmp_path, "1.0.0.0"))
    files = package_files([DesktopFlow(flow_id(1), "Flow 1", script="changed")], version="1.0.0.0", unique_name=NAME)
    package = write_package(tmp_path / "changed.zip", files)
    result = run_module(solution_import, check_mode=True, **task(test, package))
    assert not result["changed"]
    assert result["warnings"] == [
        f"{address(test)} has SharedFlows 1.0.0.0 already, but these flows there are not those of the package: Flow 1"
        " (definition and signature); import the package again with force=true, or raise its version if its content is"
        " newer."
    ]


def test_a_layer_of_another_solution_on_top_is_named(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    put(test, "test", release(tmp_path, "1.0.0.0"))
    files = package_files([DesktopFlow(flow_id(1), "Flow 1", script="theirs")], version="9.0", unique_name="OnTop")
    put(test, "test", write_package(tmp_path / "on_top.zip", files))
    package = release(tmp_path, "2.0.0.0")
    predicted = run_module(solution_import, check_mode=True, **task(test, package))
    result = run_module(solution_import, **task(test, package))
    assert (result["operation"], result["plan"]) == ("update", predicted["plan"])
    assert predicted["warnings"] == result["warnings"]
    assert any("The solution OnTop holds the desktop flow Flow 1 too" in warning for warning in result["warnings"])
    (again,) = run_module(solution_import, **task(test, package))["warnings"]
    assert "hidden by the layer of OnTop" in again
    assert "deploy the versions of OnTop with this content, too" in again


def test_success_without_a_new_version_is_a_failure(
    test: Any, run_module: Any, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataverse_simulator.solutions import imports

    put(test, "test", release(tmp_path, "1.0.0.0"))
    monkeypatch.setattr(imports, "apply", lambda *_arguments: imports.ImportOutcome(""))
    failed = run_module(solution_import, **task(test, release(tmp_path, "2.0.0.0")))
    assert failed["failed"]
    assert "claims success" in failed["msg"]
    assert "version 1.0.0.0" in failed["msg"]


def test_an_unmanaged_package_is_published_on_request(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    drafts = run_module(solution_import, **task(test, release(tmp_path, "1.0.0.0", managed=False)))
    assert drafts["operation"] == "install"
    assert writes(test, "test") == IMPORT
    done = run_module(solution_import, **task(test, release(tmp_path, "1.1.0.0", managed=False), publish=True))
    assert done["operation"] == "update"
    assert writes(test, "test")[len(IMPORT) :] == [*IMPORT, "PublishAllXmlAsync"]
    assert {row["componentstate"] for row in test.environment("test").store.find("workflow")} == {0}


def test_left_overs_of_an_update_are_listed(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    put(test, "test", release(tmp_path, "1.0.0.0", flows=(1, 2, 3)))
    done = run_module(solution_import, **task(test, release(tmp_path, "2.0.0.0", flows=(1,))))
    assert done["left_overs"] == [
        {
            "id": flow_id(number),
            "name": f"Flow {number}",
            "type": "desktop",
            "needed_by": [],
            "also_in": [],
            "message": f"The desktop flow Flow {number} is left over: an upgrade would delete it.",
        }
        for number in (2, 3)
    ]


def test_an_upgrade_leaves_nothing_over(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    put(test, "test", release(tmp_path, "1.0.0.0", flows=(1, 2, 3)))
    package = release(tmp_path, "2.0.0.0", flows=(1,))
    done = run_module(solution_import, **task(test, package, import_mode="upgrade"))
    assert done["left_overs"] == []
    assert [row["name"] for row in test.environment("test").store.find("workflow")] == ["Flow 1"]


def test_cloud_flows_that_the_platform_completes_are_no_difference(
    test: Any, run_module: Any, tmp_path: pathlib.Path
) -> None:
    files = package_files([CloudFlow(flow_id(5), "Cloud")], version="1.0.0.0", unique_name=NAME)
    done = run_module(solution_import, **task(test, write_package(tmp_path / "cloud.zip", files)))
    assert done["operation"] == "install"
    assert done["warnings"] == []


@pytest.mark.parametrize("category", [0, 2, 3, 4, 7])
def test_workflows_that_are_no_flows_are_not_compared(
    test: Any, run_module: Any, tmp_path: pathlib.Path, category: int
) -> None:
    files = package_files([DesktopFlow(flow_id(1))], version="1.0.0.0", unique_name=NAME)
    workflow = (
        f'<Workflow WorkflowId="{{{flow_id(7)}}}" Name="Check">'
        "<XamlFileName>/Workflows/Check.xaml</XamlFileName>"
        f"<Type>1</Type><Category>{category}</Category></Workflow></Workflows>"
    )
    files["customizations.xml"] = files["customizations.xml"].replace("</Workflows>", workflow)
    files["Workflows/Check.xaml"] = "<Activity/>"
    root = f'<RootComponent type="29" id="{{{flow_id(7)}}}" behavior="0" /></RootComponents>'
    files["solution.xml"] = files["solution.xml"].replace("</RootComponents>", root)
    package = write_package(tmp_path / "rules.zip", files)
    done = run_module(solution_import, **task(test, package))
    again = run_module(solution_import, **task(test, package))
    assert done["operation"] == "install"
    assert done["warnings"] == []
    assert not again["changed"]
    assert again["warnings"] == []
    forced = run_module(solution_import, check_mode=True, **task(test, package, force=True))
    assert [flow["name"] for flow in forced["plan"]["flows"]["not_compared"]] == ["Check"]


def test_missing_dependencies_come_back_as_a_list(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    package = release(tmp_path, "1.0.0.0", missing=MISSING)
    failed = run_module(solution_import, **task(test, package))
    assert failed["failed"]
    assert writes(test, "test") == ["StageSolution"]
    assert "Nothing was changed" in failed["msg"]
    (missing,) = failed["failure"]["missing_dependencies"]
    assert missing["component"] == "Write Log"
    assert (missing["solution"], missing["version"]) == ("Logging", "2.1.0.0")
    assert missing["needed_by"] == "Flow 1"
    assert "Write Log" in failed["msg"]
    assert "Logging 2.1.0.0" in failed["msg"]
    assert "<" not in failed["msg"]


def test_what_several_components_miss_is_told_once_and_by_its_kind(
    test: Any, run_module: Any, tmp_path: pathlib.Path
) -> None:
    rows = "".join(
        f'<MissingDependency><Required type="372" displayName="Risk Service" solution="Active" id="{{{flow_id(99)}}}"/>'
        f'<Dependent type="29" displayName="Flow {number}" id="{{{flow_id(number)}}}"/></MissingDependency>'
        for number in (1, 2)
    )
    failed = run_module(solution_import, **task(test, release(tmp_path, "1.0.0.0", missing=rows)))
    assert failed["msg"].endswith(
        "package SharedFlows 1.0.0.0: Risk Service (connector) is missing, it was unmanaged where the package was"
        " exported. Nothing was changed; where the package was made, add Risk Service to its solution, or to one that"
        " is imported before, and export again."
    )
    assert [row["needed_by"] for row in failed["failure"]["missing_dependencies"]] == ["Flow 1", "Flow 2"]


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"no zip at all", ["broken.zip"]), (b"", ["broken.zip"])],
)
def test_a_file_that_is_no_package_is_refused_before_anything_is_sent(
    test: Any, run_module: Any, tmp_path: pathlib.Path, content: bytes, words: list[str]
) -> None:
    path = tmp_path / "broken.zip"
    path.write_bytes(content)
    failed = run_module(solution_import, **task(test, str(path)))
    assert failed["failed"]
    assert all(word in failed["msg"] for word in words)
    assert test.journal("test") == []


def test_warnings_of_the_import_become_warnings_of_the_task(test: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    put(test, "test", release(tmp_path, "1.0.0.0"))
    customise(test, 1)
    files = package_files([DesktopFlow(flow_id(1), "Flow 1", script="mine")], version="2.0.0.0", unique_name=NAME)
    failed = run_module(solution_import, **task(test, write_package(tmp_path / "same.zip", files)))
    assert failed["import_job"]["warnings"]
    assert failed["warnings"] == [
        "An unmanaged layer hides the new version of the desktop flow Flow 1: remove the layer, or set"
        " overwrite_customizations=true.",
        *failed["import_job"]["warnings"],
    ]
