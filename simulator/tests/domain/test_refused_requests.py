# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests that solution messages refuse at once: project reference on solutions, sections 1, 2 and 4.

A row is (name, message, parameters, status, code). Nothing is started by them.
"""

from __future__ import annotations

import base64
import uuid
from typing import Any

import pytest
from web_api import Refused, WebApi


def request_rows() -> list[tuple[str, str, dict[str, Any], int, str]]:
    both = {"OverwriteUnmanagedCustomizations": False, "PublishWorkflows": True}
    file = base64.b64encode(b"not a zip").decode()
    unknown = {"StageSolutionUploadId": "8c392640-0000-0000-0000-000000000009"}
    return [
        (
            "2.1 OverwriteUnmanagedCustomizations missing",
            "ImportSolutionAsync",
            {"PublishWorkflows": True},
            400,
            "0x80040203",
        ),
        (
            "2.1 PublishWorkflows missing",
            "ImportSolutionAsync",
            {"OverwriteUnmanagedCustomizations": True},
            400,
            "0x80040203",
        ),
        (
            "2.1 ImportJobId on the async message",
            "ImportSolutionAsync",
            {**both, "CustomizationFile": file, "ImportJobId": "8c392640-0000-0000-0000-000000000009"},
            400,
            "0x80048d19",
        ),
        (
            "2.4 HoldingSolution on StageAndUpgrade",
            "StageAndUpgradeAsync",
            {**both, "CustomizationFile": file, "HoldingSolution": True},
            400,
            "0x80048d19",
        ),
        (
            "2.1 unknown parameter",
            "ImportSolutionAsync",
            {**both, "CustomizationFile": file, "Force": True},
            400,
            "0x80048d19",
        ),
        ("2.7 no file", "ImportSolutionAsync", both, 400, "0x8004F066"),
        ("2.2 no ImportJobId", "ImportSolution", {**both, "CustomizationFile": file}, 400, "0x80040203"),
        ("2.2 no file", "StageAndUpgrade", {**both, "ImportJobId": str(uuid.uuid4())}, 400, "0x80040203"),
        (
            "rule 10 file and upload",
            "ImportSolutionAsync",
            {**both, "CustomizationFile": file, "SolutionParameters": unknown},
            400,
            "0x80040203",
        ),
        ("2.3 unknown upload", "ImportSolutionAsync", {**both, "SolutionParameters": unknown}, 400, "0x80040217"),
        ("2.7 invalid file", "ImportSolutionAsync", {**both, "CustomizationFile": file}, 400, "0x80048000"),
        ("2.3 stage an invalid file", "StageSolution", {"CustomizationFile": file}, 400, "0x80048000"),
        (
            "2.1 ConvertToManaged",
            "ImportSolutionAsync",
            {**both, "CustomizationFile": file, "ConvertToManaged": True},
            501,
            "0x80060890",
        ),
        ("1 export without SolutionName", "ExportSolution", {"Managed": True}, 400, "0x80040203"),
        ("1 export, not there", "ExportSolution", {"SolutionName": "Nothing", "Managed": True}, 400, "0x80048037"),
        (
            "1 export of a managed solution",
            "ExportSolution",
            {"SolutionName": "AppModuleWebResources", "Managed": True},
            400,
            "0x80048036",
        ),
        (
            "1 export of the default solution",
            "ExportSolution",
            {"SolutionName": "Default", "Managed": False},
            400,
            "0x80071158",
        ),
        (
            "1 download of an unknown export",
            "DownloadSolutionExportData",
            {"ExportJobId": "8c392640-0000-0000-0000-000000000009"},
            400,
            "0x80048035",
        ),
        ("4 uninstall, not there", "UninstallSolutionAsync", {"SolutionUniqueName": "Nothing"}, 404, "0x80040217"),
    ]


@pytest.mark.parametrize(
    ("action", "parameters", "status", "code"),
    [row[1:] for row in request_rows()],
    ids=[row[0] for row in request_rows()],
)
def test_request_is_refused(prod: WebApi, action: str, parameters: dict[str, Any], status: int, code: str) -> None:
    with pytest.raises(Refused) as refused:
        prod.call(action, **parameters)
    assert (refused.value.status, refused.value.code) == (status, code)
    assert prod.rows("asyncoperations") == []
