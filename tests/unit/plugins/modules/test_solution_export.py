# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exporting solutions: file names, unchanged content, versions, and files that are written whole or not at all."""

from __future__ import annotations

import os
import pathlib
from typing import Any

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._packages.package import read_package
from ansible_collections.coe.power_platform.plugins.modules import solution_export
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.unusual_files import unusual_file
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.solution_scenes import writes

NAME = "CoESharedFlows"


@pytest.fixture
def dev(simulator: Any) -> Any:
    simulator.environment("dev").settings.job_seconds = 0.05
    return simulator


def export(run_module: Any, simulator: Any, dest: object, check_mode: bool = False, **options: Any) -> dict[str, Any]:
    task = {**simulator.connection("dev"), "dest": str(dest), "name": NAME, **options}
    result: dict[str, Any] = run_module(solution_export, check_mode=check_mode, **task)
    return result


@pytest.mark.parametrize(("managed", "name"), [(True, f"{NAME}_1_0_0_0_managed.zip"), (False, f"{NAME}_1_0_0_0.zip")])
def test_a_file_in_a_folder_is_named_as_pac_does(
    dev: Any, run_module: Any, tmp_path: pathlib.Path, managed: bool, name: str
) -> None:
    predicted = export(run_module, dev, tmp_path, check_mode=True, managed=managed)
    assert writes(dev, "dev") == []
    assert list(tmp_path.iterdir()) == []
    done = export(run_module, dev, tmp_path, managed=managed)
    assert done["package"]["path"] == predicted["package"]["path"] == str(tmp_path / name)
    assert done["changed"]
    assert predicted["changed"]
    assert done["solution"] == predicted["solution"]
    package = read_package(done["package"]["path"])
    assert (package.unique_name, package.managed, package.version) == (NAME, managed, "1.0.0.0")
    assert (done["package"]["checksum"], done["package"]["size"]) == (package.checksum, package.size)
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("kind", ["fifo", "socket", "device"])
def test_nothing_else_than_a_file_is_replaced(dev: Any, run_module: Any, tmp_path: pathlib.Path, kind: str) -> None:
    path = tmp_path / kind
    if kind == "device":
        path.symlink_to("/dev/null")
    else:
        unusual_file(tmp_path, kind)
    before = what_a_write_changes(path.lstat())
    done = export(run_module, dev, path)
    assert done["msg"] == f"dest: {path} is not a regular file, choose another path."
    assert what_a_write_changes(path.lstat()) == before
    assert writes(dev, "dev") == []


def state_of(result: dict[str, Any]) -> tuple[int, ...]:
    """Return what a write of the exported file would change."""
    return what_a_write_changes(pathlib.Path(result["package"]["path"]).stat())


def what_a_write_changes(state: os.stat_result) -> tuple[int, ...]:
    """Return what of a file's state a write changes; reading it, or following a link, changes nothing of that."""
    return state.st_ino, state.st_mode, state.st_size, state.st_mtime_ns, state.st_ctime_ns


def test_a_second_export_of_the_same_content_changes_nothing(dev: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    first = export(run_module, dev, tmp_path)
    written = state_of(first)
    dev.advance(3600)
    again = export(run_module, dev, tmp_path)
    predicted = export(run_module, dev, tmp_path, check_mode=True)
    assert not again["changed"]
    assert not predicted["changed"]
    assert again["package"]["checksum"] == first["package"]["checksum"]
    assert state_of(again) == written


def test_changed_content_replaces_the_file(dev: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    first = export(run_module, dev, tmp_path / "package.zip")
    store = dev.environment("dev").store
    flow = store.first("workflow", name="Write Log")
    store.update("workflow", flow["workflowid"], {"definition": '"SET Changed TO 1"'})
    second = export(run_module, dev, tmp_path / "package.zip")
    assert second["changed"]
    assert second["package"]["checksum"] != first["package"]["checksum"]
    assert read_package(second["package"]["path"]).checksum == second["package"]["checksum"]


def test_the_version_is_set_before_the_export(dev: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    predicted = export(run_module, dev, tmp_path, check_mode=True, version="1.2")
    assert writes(dev, "dev") == []
    done = export(run_module, dev, tmp_path, version="1.2", publish=True)
    again = export(run_module, dev, tmp_path, version="1.2.0.0")
    assert predicted["changed"]
    assert done["changed"]
    assert done["package"]["path"].endswith(f"{NAME}_1_2_managed.zip")
    assert done["solution"]["previous_version"] == "1.0.0.0"
    assert read_package(done["package"]["path"]).version_key == (1, 2, 0, 0)
    assert writes(dev, "dev")[0].startswith("solutions(")
    assert writes(dev, "dev")[1:] == ["PublishAllXmlAsync"]
    assert again["package"]["path"].endswith(f"{NAME}_1_2_0_0_managed.zip")


def test_what_cannot_be_done_is_refused_before_anything_is_sent(
    dev: Any, run_module: Any, tmp_path: pathlib.Path
) -> None:
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({"version": "0.9"}, ["version=0.9", "1.0.0.0"]),
        ({"version": "one"}, ["version", "one"]),
        ({"name": "Nothing"}, ["Nothing", "solution_info"]),
        ({"name": "MicrosoftFlowExtensionsCore"}, ["MicrosoftFlowExtensionsCore", "managed"]),
        ({"dest": str(tmp_path / "file" / "package.zip")}, ["dest", "file"]),
        ({"dest": ""}, ["dest is empty"]),
    ]
    (tmp_path / "file").touch()
    for options, words in cases:
        for check_mode in (True, False):
            failed = export(run_module, dev, check_mode=check_mode, **{"dest": tmp_path, **options})
            assert failed["failed"], options
            assert [word for word in words if word not in failed["msg"]] == []
    assert writes(dev, "dev") == []


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "truncated", "operation": "DownloadSolutionExportData", "count": 9},
        {"kind": "error", "status": 500, "operation": "DownloadSolutionExportData", "count": 9},
        {"kind": "job_fails", "operation": "ExportSolutionAsync", "code": "0x80048035", "message": "No."},
    ],
)
def test_a_failing_export_leaves_the_file_as_it_was(
    dev: Any, run_module: Any, tmp_path: pathlib.Path, fault: dict[str, Any]
) -> None:
    path = tmp_path / "package.zip"
    path.write_bytes(b"precious")
    dev.add_fault(fault)
    failed = export(run_module, dev, path)
    assert failed["failed"]
    assert path.read_bytes() == b"precious"
    assert [entry.name for entry in tmp_path.iterdir()] == ["package.zip"]


@pytest.mark.parametrize(("version", "raised"), [("9.0.0.0", True), (None, False)])
@pytest.mark.parametrize("operation", ["ExportSolutionAsync", "DownloadSolutionExportData"])
def test_a_failing_export_tells_that_the_version_was_raised(
    dev: Any, run_module: Any, tmp_path: pathlib.Path, operation: str, version: str | None, raised: bool
) -> None:
    dev.add_fault({"kind": "error", "status": 403, "operation": operation, "count": 9})
    failed = export(run_module, dev, tmp_path, version=version)
    assert failed["failed"]
    assert failed["changed"] is raised
    found = dev.environment("dev").store.first("solution", uniquename=NAME)["version"]
    assert failed["solution"]["version"] == found == (version or "1.0.0.0")


def test_missing_folders_are_made(dev: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    predicted = export(run_module, dev, f"{tmp_path}/new/folder/", check_mode=True)
    assert list(tmp_path.iterdir()) == []
    done = export(run_module, dev, f"{tmp_path}/new/folder/")
    assert done["package"]["path"] == predicted["package"]["path"]
    assert pathlib.Path(done["package"]["path"]).is_file()


def test_a_lost_answer_does_not_matter(dev: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    dev.add_fault({"kind": "reset_after", "operation": "ExportSolutionAsync"})
    assert export(run_module, dev, tmp_path)["changed"]


def test_permissions_of_the_file_are_those_of_any_new_file(dev: Any, run_module: Any, tmp_path: pathlib.Path) -> None:
    done = export(run_module, dev, tmp_path)
    reference = tmp_path / "reference"
    reference.touch()
    assert os.stat(done["package"]["path"]).st_mode == reference.stat().st_mode
