# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs on the clock: project reference on solutions, sections 1, 2.8, 3 and 6."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor

import pytest
from dataverse_simulator.packages.package import SolutionPackage, read_package
from lxml import etree  # type: ignore[import-untyped]
from web_api import Refused, WebApi, import_parameters, package_file

NAME = "CoESharedFlows"


@pytest.fixture
def slow(prod: WebApi) -> WebApi:
    """Production, where a job takes 100 seconds."""
    settings = prod.simulator.environment("prod").settings
    before, settings.job_seconds = settings.job_seconds, 100.0
    yield prod  # type: ignore[misc]
    settings.job_seconds = before


def test_import_job_makes_progress_and_looks_like_the_recorded_one(slow: WebApi, package: SolutionPackage) -> None:
    answer = slow.call("ImportSolutionAsync", **import_parameters(package_file(package)))
    path = f"asyncoperations({answer['AsyncOperationId']})"
    waiting = slow.get(path)
    assert (waiting["statecode"], waiting["statuscode"]) == (0, 0)
    slow.simulator.advance(40)
    running, job = slow.get(path), slow.get(f"importjobs({answer['ImportJobKey']})")
    assert (running["statecode"], running["statuscode"]) == (2, 20)
    assert 39 < job["progress"] < 45
    assert slow.solution(NAME) is None
    slow.simulator.advance(61)
    done, job = slow.get(path), slow.get(f"importjobs({answer['ImportJobKey']})")
    organization = slow.get("WhoAmI")["OrganizationId"]
    assert {
        name: done[name]
        for name in (
            "name",
            "messagename",
            "operationtype",
            "statecode",
            "statuscode",
            "errorcode",
            "message",
            "dependencytoken",
        )
    } == {
        "name": "ImportSolution",
        "messagename": "ImportSolutionAsync",
        "operationtype": 54,
        "statecode": 3,
        "statuscode": 30,
        "errorcode": None,
        "message": None,
        "dependencytoken": f"SolutionOperation_{{{organization}}}",
    }
    assert (job["progress"], job["solutionname"], job["importcontext"]) == (100.0, NAME, "ImportInstall")
    assert job["completedon"]


def test_many_threads_advance_the_clock_while_requests_are_answered(slow: WebApi, package: SolutionPackage) -> None:
    answer = slow.call("ImportSolutionAsync", **import_parameters(package_file(package)))
    path = f"asyncoperations({answer['AsyncOperationId']})"
    before = slow.simulator.clock.time()
    with ThreadPoolExecutor(9) as pool:
        moves = [pool.submit(slow.simulator.advance, 0.25) for dummy in range(2000)]
        states = [slow.get(path)["statecode"] for dummy in range(20)]
        assert [move.result() for move in moves] == [None] * 2000
    assert 500 <= slow.simulator.clock.time() - before < 560
    assert states == sorted(states)
    stored = slow.simulator.environment("prod").store.get("asyncoperation", answer["AsyncOperationId"])
    assert stored is not None
    assert stored["statuscode"] == 30  # without a further request


def test_result_of_an_import_can_be_read(prod: WebApi, package: SolutionPackage) -> None:
    answer = prod.call("ImportSolutionAsync", **import_parameters(package_file(package)))
    prod.finish(answer)
    result = prod.get(f"RetrieveSolutionImportResult(ImportJobId={answer['ImportJobKey']})")["SolutionOperationResult"]
    assert (result["Type"], result["Status"], result["ErrorMessages"]) == ("Import", "Passed", [])
    assert (
        result["FormattedResults"]
        == prod.get(f"RetrieveFormattedImportJobResults(ImportJobId={answer['ImportJobKey']})")["FormattedResults"]
    )
    root = etree.fromstring(prod.get(f"importjobs({answer['ImportJobKey']})?$select=data")["data"])
    assert root.get("succeeded") == "success"
    assert len(root.findall("workflows/workflow/result[@result='success']")) == 4


def test_failed_import_tells_why(prod: WebApi, package: SolutionPackage) -> None:
    answer = prod.call("StageAndUpgradeAsync", **import_parameters(package_file(package)))
    prod.finish(answer)
    root = etree.fromstring(prod.get(f"importjobs({answer['ImportJobKey']})")["data"])
    assert root.get("succeeded") == "failure"
    assert root.find("solutionManifests/solutionManifest/result").get("errorcode") == "0x80048033"
    result = prod.get(f"RetrieveSolutionImportResult(ImportJobId={answer['ImportJobKey']})")["SolutionOperationResult"]
    assert result["Status"] == "Failed"
    assert "missing base" in result["ErrorMessages"][0]


@pytest.mark.parametrize(
    "second",
    [
        ("PublishAllXml", {}),
        ("PublishAllXmlAsync", {}),
        ("UninstallSolutionAsync", {"SolutionUniqueName": "AppModuleWebResources"}),
        ("DeleteAndPromoteAsync", {"UniqueName": NAME}),
    ],
    ids=lambda row: row[0],
)
def test_second_operation_meets_the_lock(
    slow: WebApi, package: SolutionPackage, second: tuple[str, dict[str, str]]
) -> None:
    slow.call("ImportSolutionAsync", **import_parameters(package_file(package)))
    with pytest.raises(Refused) as refused:
        slow.call(second[0], **second[1])
    assert (refused.value.status, refused.value.code) == (429, "0x80071151")
    assert "Retry-After" not in refused.value.headers
    slow.simulator.advance(101)
    slow.call("PublishAllXml")


def test_second_import_meets_the_lock(slow: WebApi, package: SolutionPackage) -> None:
    parameters = import_parameters(package_file(package))
    first = slow.call("ImportSolutionAsync", **parameters)
    with pytest.raises(Refused, match="0x80071151"):
        slow.call("ImportSolutionAsync", **parameters)
    assert slow.finish(first)["statuscode"] == 30


def test_lock_can_show_as_failed_job(slow: WebApi, package: SolutionPackage) -> None:
    settings = slow.simulator.environment("prod").settings
    settings.lock_shows_as_failed_job = True
    try:
        parameters = import_parameters(package_file(package))
        first, second = (slow.call("ImportSolutionAsync", **parameters) for dummy in range(2))
        row = slow.finish(second)
        assert (row["statuscode"], row["errorcode"]) == (31, -2147020463)
        assert slow.get(f"asyncoperations({first['AsyncOperationId']})")["statuscode"] == 30
    finally:
        settings.lock_shows_as_failed_job = False


def test_export_is_outside_the_lock(slow: WebApi, package: SolutionPackage) -> None:
    slow.call("ImportSolutionAsync", **import_parameters(package_file(package)))
    with pytest.raises(Refused) as refused:
        slow.call("ExportSolution", SolutionName="Nothing", Managed=True)
    assert refused.value.code == "0x80048037"


def test_async_export_is_downloaded_after_it_succeeded(dev: WebApi) -> None:
    answer = dev.call("ExportSolutionAsync", SolutionName=NAME, Managed=True)
    with pytest.raises(Refused, match="0x80048035"):
        dev.call("DownloadSolutionExportData", ExportJobId=answer["ExportJobId"])
    assert dev.finish(answer)["statuscode"] == 30
    content = dev.call("DownloadSolutionExportData", ExportJobId=answer["ExportJobId"])["ExportSolutionFile"]
    package = read_package(base64.b64decode(content))
    assert package.manifest.managed
    assert len(package.of("workflow")) == 4


def test_failed_export_has_nothing_to_download(dev: WebApi) -> None:
    answer = dev.call("ExportSolutionAsync", SolutionName="Nothing", Managed=True)
    assert dev.finish(answer)["errorcode"] == -2147188681
    with pytest.raises(Refused, match="0x80048035"):
        dev.call("DownloadSolutionExportData", ExportJobId=answer["ExportJobId"])


def test_young_import_job_may_be_missing(slow: WebApi, package: SolutionPackage) -> None:
    settings = slow.simulator.environment("prod").settings
    settings.import_job_visible_after = 10.0
    try:
        answer = slow.call("ImportSolutionAsync", **import_parameters(package_file(package)))
        with pytest.raises(Refused) as refused:
            slow.get(f"importjobs({answer['ImportJobKey']})")
        assert (refused.value.status, refused.value.code) == (404, "0x80040217")
        slow.simulator.advance(12)
        assert slow.get(f"importjobs({answer['ImportJobKey']})")["progress"] < 100
    finally:
        settings.import_job_visible_after = 0.0


def test_job_fails_on_request(prod: WebApi, package: SolutionPackage) -> None:
    prod.simulator.add_fault(
        {
            "kind": "job_fails",
            "operation": "ImportSolutionAsync",
            "environment": "prod",
            "code": "0x80048543",
            "message": "The operation timed out.",
        }
    )
    parameters = import_parameters(package_file(package))
    assert prod.fails("ImportSolutionAsync", **parameters) == (-2147187389, "The operation timed out.")
    assert prod.solution(NAME) is None
    prod.run("ImportSolutionAsync", **parameters)


def test_job_hangs_on_request(prod: WebApi, package: SolutionPackage) -> None:
    prod.simulator.add_fault({"kind": "job_hangs", "operation": "ImportSolutionAsync", "environment": "prod"})
    answer = prod.call("ImportSolutionAsync", **import_parameters(package_file(package)))
    prod.simulator.advance(100_000)
    row = prod.get(f"asyncoperations({answer['AsyncOperationId']})")
    assert (row["statecode"], row["statuscode"]) == (2, 20)
    assert prod.get(f"importjobs({answer['ImportJobKey']})")["progress"] == 50


def test_job_disappears_on_request(slow: WebApi, package: SolutionPackage) -> None:
    slow.simulator.add_fault({"kind": "job_disappears", "operation": "ImportSolutionAsync", "environment": "prod"})
    answer = slow.call("ImportSolutionAsync", **import_parameters(package_file(package)))
    slow.simulator.advance(60)
    for path in (f"asyncoperations({answer['AsyncOperationId']})", f"importjobs({answer['ImportJobKey']})"):
        with pytest.raises(Refused) as refused:
            slow.get(path)
        assert refused.value.status == 404
    assert slow.solution(NAME) is None


def test_history_knows_every_operation(prod: WebApi, package: SolutionPackage) -> None:
    first = prod.call("ImportSolutionAsync", **import_parameters(package_file(package)))
    prod.finish(first)
    prod.run("ImportSolutionAsync", **import_parameters(package_file(package, version="1.1.0.0")))
    prod.run("StageAndUpgradeAsync", **import_parameters(package_file(package, version="1.2.0.0")))
    prod.fails("StageAndUpgradeAsync", **import_parameters(package_file(package, version="1.2.0.0")))
    prod.run("UninstallSolutionAsync", SolutionUniqueName=NAME)
    rows = prod.rows(f"msdyn_solutionhistories?$filter=msdyn_name eq '{NAME}'&$orderby=msdyn_starttime")
    assert [
        (
            row["msdyn_operation"],
            row["msdyn_suboperation"],
            row["msdyn_status"],
            row["msdyn_result"],
            row["msdyn_errorcode"],
        )
        for row in rows
    ] == [
        (0, 1, 1, True, None),
        (0, 3, 1, True, None),
        (0, 5, 1, True, None),
        (0, 5, 1, False, "-2147187391"),
        (1, 0, 1, True, None),
    ]
    assert rows[0]["msdyn_activityid"] == first["AsyncOperationId"]


def test_sync_import_takes_the_given_job_id(prod: WebApi, package: SolutionPackage) -> None:
    job_id = "8c392640-0000-0000-0000-00000000000a"
    assert prod.call("ImportSolution", **import_parameters(package_file(package), ImportJobId=job_id)) is None
    assert prod.get(f"importjobs({job_id})")["progress"] == 100
    assert prod.version(NAME) == "1.0.0.0"
