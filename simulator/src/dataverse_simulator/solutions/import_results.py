# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an import leaves behind to read: the XML of importjob.data and the Excel XML of the formatted results.

Source: project reference on solutions, 2.8 and 3 (importexportxml, RetrieveSolutionImportResult).
"""

from __future__ import annotations

from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from ..errors import ODataError
from ..packages.manifest import Manifest
from .imports import ImportOutcome

SPREADSHEET = "urn:schemas-microsoft-com:office:spreadsheet"
#: .NET ticks (100 ns) at 1970-01-01.
EPOCH_TICKS = 621355968000000000


def result_xml(
    manifest: Manifest, started: float, stopped: float, outcome: ImportOutcome | None, error: ODataError | None
) -> str:
    """importjob.data: per solution and flow what came of it. `started` and `stopped` in seconds since 1970."""
    summary = {
        "start": str(_ticks(started)),
        "stop": str(_ticks(stopped)),
        "progress": "100",
        "processed": "true",
        "succeeded": "failure" if error else "success",
        "status": error.message if error else "",
    }
    root = etree.Element("importexportxml", summary)
    _manifest(etree.SubElement(root, "solutionManifests"), manifest, stopped, error)
    for tag in ("entities", "nodes", "settings", "dashboards", "securityroles"):
        etree.SubElement(root, tag)
    _flows(etree.SubElement(root, "workflows"), stopped, outcome)
    for tag in ("templates", "rootComponents", "dependencies"):
        etree.SubElement(root, tag)
    return str(etree.tostring(root, encoding="unicode"))


def _manifest(parent: Any, manifest: Manifest, stopped: float, error: ODataError | None) -> None:
    names = {"id": manifest.unique_name, "LocalizedName": manifest.friendly_name}
    element = etree.SubElement(parent, "solutionManifest", {"languagecode": "1033", **names, "processed": "true"})
    texts = {
        "UniqueName": manifest.unique_name,
        "Version": manifest.version,
        "Managed": str(int(manifest.managed)),
    }
    for tag, text in texts.items():
        etree.SubElement(element, tag).text = text
    if error:
        _result(element, stopped, "failure", error.code, error.message)
    else:
        _result(element, stopped, "success", "0", "")


def operation_result(data: str | None) -> dict[str, Any]:
    """The SolutionOperationResult that belongs to an importjob.data."""
    root = etree.fromstring(data) if data else None
    failed = root is None or root.get("succeeded") == "failure"
    errors = [root.get("status")] if root is not None and failed else []
    warnings = [] if root is None else [item.get("errortext") for item in root.iterfind(".//result[@result='warning']")]
    return {
        "FormattedResults": formatted(data),
        "Type": "Import",
        "Status": "Failed" if failed else "Passed",
        "WarningMessages": warnings,
        "ErrorMessages": errors,
        "ActionLink": {"Label": None, "Target": None},
    }


def formatted(data: str | None) -> str:
    """The results as Excel XML, one row per processed item."""
    workbook = etree.Element(f"{{{SPREADSHEET}}}Workbook", nsmap={None: SPREADSHEET, "ss": SPREADSHEET})
    sheet = etree.SubElement(workbook, f"{{{SPREADSHEET}}}Worksheet", {f"{{{SPREADSHEET}}}Name": "Components"})
    table = etree.SubElement(sheet, f"{{{SPREADSHEET}}}Table")
    _cells(table, ["Date/Time", "Type", "Name", "Status", "Error code", "Description"])
    for result in etree.fromstring(data).iter("result") if data else ():
        item = result.getparent()
        _cells(
            table,
            [
                result.get("datetime"),
                item.tag,
                item.get("LocalizedName") or "",
                result.get("result"),
                result.get("errorcode"),
                result.get("errortext"),
            ],
        )
    return str(etree.tostring(workbook, encoding="unicode"))


def _flows(parent: Any, stopped: float, outcome: ImportOutcome | None) -> None:
    for flow_id, name in outcome.flows if outcome else ():
        flow = etree.SubElement(
            parent, "workflow", {"id": f"{{{flow_id}}}", "LocalizedName": name, "processed": "true"}
        )
        warning = next((text for text in outcome.warnings if name in text), "") if outcome else ""
        _result(flow, stopped, "warning" if warning else "success", "0", warning)


def _result(parent: Any, moment: float, result: str, code: str, text: str) -> None:
    seconds = moment % 86400
    clock = f"{int(seconds // 3600):02}:{int(seconds % 3600 // 60):02}:{seconds % 60:05.2f}"
    element = etree.SubElement(
        parent,
        "result",
        {
            "result": result,
            "errorcode": code,
            "errortext": text,
            "datetime": clock,
            "datetimeticks": str(_ticks(moment)),
        },
    )
    etree.SubElement(element, "parameters")


def _ticks(moment: float) -> int:
    return EPOCH_TICKS + int(moment * 10_000_000)


def _cells(table: Any, texts: list[Any]) -> None:
    row = etree.SubElement(table, f"{{{SPREADSHEET}}}Row")
    for text in texts:
        cell = etree.SubElement(row, f"{{{SPREADSHEET}}}Cell")
        data = etree.SubElement(cell, f"{{{SPREADSHEET}}}Data", {f"{{{SPREADSHEET}}}Type": "String"})
        data.text = text or ""
