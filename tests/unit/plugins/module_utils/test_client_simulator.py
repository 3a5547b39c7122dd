# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Dataverse client against the simulator: every credential, and every fault on reads, writes and files."""

from __future__ import annotations

import hashlib
import io
import random
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._dataverse.batch import BatchRequest
from ansible_collections.coe.power_platform.plugins.module_utils._dataverse.client import DataverseClient
from ansible_collections.coe.power_platform.plugins.module_utils._dataverse.odata import Literal, any_of
from ansible_collections.coe.power_platform.plugins.module_utils._errors import (
    ApiError,
    AuthenticationError,
    ConfigurationError,
    NotFoundError,
    OutcomeUnknownError,
    PowerPlatformError,
    TransportError,
)
from ansible_collections.coe.power_platform.plugins.module_utils._transport import auth as _auth
from ansible_collections.coe.power_platform.plugins.module_utils._transport.credentials import token_source
from ansible_collections.coe.power_platform.plugins.module_utils._transport.http import HttpSession
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.clocks import ManualClock
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.unusual_files import checksum


@pytest.fixture(autouse=True)
def fresh_authority_answers() -> None:
    _auth.AUTHORITY_ANSWERS.clear()


def connect(params: dict[str, Any]) -> DataverseClient:
    """Return a client that does not really wait before it sends again."""
    session = HttpSession(verify=params["ca_path"], timeout=params.get("request_timeout", 10), clock=ManualClock())
    return DataverseClient(params["environment_url"], session, token_source(params, {}, session))


def without_secret(simulator: Any, **params: Any) -> dict[str, Any]:
    connection = simulator.connection("dev")
    del connection["client_secret"]
    return {**connection, **params}


@pytest.fixture
def client(simulator: Any) -> Iterator[DataverseClient]:
    made = connect(simulator.connection("dev"))
    yield made
    made.close()


def business_unit(client: DataverseClient) -> str:
    return str(client.function("WhoAmI")["BusinessUnitId"])


def team(client: DataverseClient, name: str) -> dict[str, str]:
    return {"name": name, "businessunitid@odata.bind": f"/businessunits({business_unit(client)})"}


# Credentials


def test_secret_certificate_federated_and_ready_token_all_open_the_environment(simulator: Any, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(simulator.federated_token() + "\n")
    connections = [
        simulator.connection("dev"),
        without_secret(simulator, certificate_path=str(simulator.certificate_path)),
        without_secret(simulator, federated_token=simulator.federated_token()),
        without_secret(simulator, federated_token_path=str(tmp_path / "token")),
        without_secret(simulator, access_token=simulator.token("dev")),
    ]
    assert len({connect(params).function("WhoAmI")["UserId"] for params in connections}) == 1


def test_pfx_file_opens_the_environment(simulator: Any, tmp_path: Path) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.serialization import pkcs12

    content = Path(simulator.certificate_path).read_bytes()
    pfx = pkcs12.serialize_key_and_certificates(
        None,
        serialization.load_pem_private_key(content, None),  # type: ignore[arg-type]
        x509.load_pem_x509_certificate(content),
        None,
        serialization.BestAvailableEncryption(b"geheim"),
    )
    (tmp_path / "c.pfx").write_bytes(pfx)
    params = without_secret(simulator, certificate_path=str(tmp_path / "c.pfx"), certificate_password="geheim")
    assert connect(params).function("WhoAmI")["UserId"]


def test_managed_identity_opens_the_environment(simulator: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", simulator.base_url)
    params = {
        "managed_identity": True,
        "ca_path": simulator.ca_path,
        "environment_url": simulator.environment_url("dev"),
    }
    assert connect(params).function("WhoAmI")["UserId"]


def test_variables_of_awx_open_the_environment(simulator: Any) -> None:
    connection = simulator.connection("dev")
    environ = {
        "AZURE_TENANT": connection.pop("tenant_id"),
        "AZURE_CLIENT_ID": connection.pop("client_id"),
        "AZURE_SECRET": connection.pop("client_secret"),
        "POWER_PLATFORM_CLIENT_SECRET": "",
    }
    client = DataverseClient.from_params(connection, environ)
    assert client.function("WhoAmI")["UserId"]
    assert environ["AZURE_SECRET"] in client.secrets


@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        ({"client_secret": "wrong-secret"}, AuthenticationError, r"client_secret is wrong; .* \(AADSTS7000215\)"),
        ({"client_id": str(uuid.uuid4())}, AuthenticationError, "the tenant has no app registration .*AADSTS700016"),
        ({"environment_url": "https://localhost:1/x"}, AuthenticationError, "AADSTS500011|knows no environment"),
        ({"authority": None}, AuthenticationError, "does not know the tenant 'nowhere', correct tenant_id"),
        ({"ca_path": None}, TransportError, "does not know the authority .* set ca_path"),
        ({"federated_token": "no token"}, ConfigurationError, "client_secret and federated_token are given"),
    ],
)
def test_mistake_in_the_connection_becomes_one_sentence_without_a_secret(
    simulator: Any,
    monkeypatch: pytest.MonkeyPatch,
    change: dict[str, Any],
    kind: type[PowerPlatformError],
    message: str,
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    params = {**simulator.connection("dev"), **change}
    if "authority" in change:
        params["authority"], params["tenant_id"] = simulator.base_url, "nowhere"
    with pytest.raises(kind, match=message) as caught:
        DataverseClient.from_params(params, {}).function("WhoAmI")
    assert simulator.client_secret not in str(caught.value)
    assert "wrong-secret" not in str(caught.value)
    assert simulator.journal() == []


@pytest.mark.parametrize(
    ("application", "message"),
    [
        ("expired secret", "client_secret of app registration .* has expired; create a new one"),
        ("stranger", r"The user is not a member of the organization \(0x80072560\); create an application user"),
        ("roleless", r"\(0x80042F09\); give the application user of client_id a security role"),
        ("reader", r"missing prvCreateTeam .*\(0x80040220\); give a security role with the missing privilege"),
    ],
)
def test_application_without_access_becomes_one_sentence(simulator: Any, application: str, message: str) -> None:
    with pytest.raises(PowerPlatformError, match=message) as caught:
        connect(simulator.connection("dev", application)).create("teams", {"name": "x"})
    assert caught.value.details["code"]
    assert simulator.journal("dev", writes=True) == [] or all(
        entry.status == 403 for entry in simulator.journal("dev", writes=True)
    )


def test_expired_ready_token_is_final(simulator: Any) -> None:
    params = without_secret(simulator, access_token=simulator.token("dev", lifetime=-60))
    with pytest.raises(AuthenticationError, match="does not accept access_token, which has expired"):
        connect(params).function("WhoAmI")


def test_token_of_another_environment_is_final(simulator: Any) -> None:
    params = without_secret(simulator, access_token=simulator.token("test"))
    with pytest.raises(AuthenticationError, match="or was issued for another environment"):
        connect(params).function("WhoAmI")


# Tables, functions, files


def test_rows_are_created_changed_read_and_deleted(client: DataverseClient) -> None:
    name = "Größe & 'Maß' + 100 % #1"
    id = client.create("teams", team(client, name))
    assert [row["teamid"] for row in client.list("teams", select="name", filter=any_of("name", [name]))] == [id]
    client.update("teams", id, {"description": "Ü"})
    assert client.get(f"teams({id})", {"$select": "description"})["description"] == "Ü"
    client.delete("teams", id)
    assert client.find(f"teams({id})") is None
    with pytest.raises(NotFoundError, match="0x80040217"):
        client.update("teams", id, {"description": "again"})


def test_unknown_table_is_an_error_even_for_find(client: DataverseClient) -> None:
    with pytest.raises(ApiError, match="GET nothings"):
        client.find("nothings(1)")


def test_rows_come_page_by_page(client: DataverseClient, simulator: Any) -> None:
    wanted = {f"Team {number:03}" for number in range(25)}
    body = team(client, "")
    client.batch([BatchRequest("POST", "teams", {**body, "name": name}) for name in sorted(wanted)])
    simulator.clear_journal()
    page = client.get("teams", {"$select": "name"}, {"Prefer": "odata.maxpagesize=10"})
    names = [row["name"] for row in client.rows(page, {"Prefer": "odata.maxpagesize=10"})]
    assert wanted <= set(names)
    assert len(names) == len(set(names)) + 1
    assert len(simulator.journal("dev")) == -(-len(names) // 10)


def test_many_conditions_cost_one_request(client: DataverseClient) -> None:
    before = client.request_count
    rows = client.list_matching(
        "workflows",
        [*(f"workflowid eq {uuid.uuid4()}" for _number in range(2000)), "name eq 'Write Log'"],
        select="name",
    )
    assert [row["name"] for row in rows] == ["Write Log"]
    assert client.request_count - before == 1


def test_batch_of_more_than_a_thousand_operations_keeps_order(client: DataverseClient, simulator: Any) -> None:
    body = team(client, "")
    operations = [BatchRequest("POST", "teams", {**body, "name": f"T {number}"}) for number in range(10)]
    operations += [BatchRequest("GET", f"teams({uuid.UUID(int=number)})") for number in range(1000)]
    replies = client.batch(operations)
    assert [reply.status for reply in replies] == [204] * 10 + [404] * 1000
    assert all(isinstance(reply.error, NotFoundError) for reply in replies[10:])


def test_function_literals_are_understood(client: DataverseClient) -> None:
    access = Literal("Microsoft.Dynamics.CRM.EndpointAccessType'Default'")
    assert client.function("RetrieveCurrentOrganization", AccessType=access)["Detail"]["UrlName"] == "dev"
    (flow,) = client.list("workflows", select="name", filter="name eq 'Write Log'")
    dependents = client.function("RetrieveDependentComponents", ObjectId=flow["workflowid"], ComponentType=29)
    assert isinstance(dependents["value"], list)


def test_package_travels_from_one_environment_to_another(simulator: Any, tmp_path: Path) -> None:
    simulator.environment("dev").settings.job_seconds = 0
    source, target = connect(simulator.connection("dev")), connect(simulator.connection("test"))
    job = source.call("ExportSolutionAsync", {"SolutionName": "CoESharedFlows", "Managed": True})
    source.get(f"asyncoperations({job['AsyncOperationId']})", {"$select": "statecode"})
    path = tmp_path / "package.zip"
    with path.open("wb") as file:
        source.download("DownloadSolutionExportData", {"ExportJobId": job["ExportJobId"]}, "ExportSolutionFile", file)
    assert path.read_bytes().startswith(b"PK")
    answer = target.call_with_file("StageSolution", {}, "CustomizationFile", path, checksum=checksum(path))
    staged = answer["StageSolutionResults"]
    assert staged["StageSolutionStatus"] == "Passed"
    assert staged["SolutionDetails"]["SolutionUniqueName"] == "CoESharedFlows"


# Faults

PASSING = [
    {"kind": "reset_before"},
    {"kind": "reset_after"},
    {"kind": "throttled", "seconds": 3},
    {"kind": "throttled", "seconds": 1, "count": 4},
    {"kind": "error", "status": 502},
    {"kind": "error", "status": 503, "count": 3},
    {"kind": "error", "status": 504},
    {"kind": "error_after", "status": 503},
    {"kind": "truncated"},
    {"kind": "content_type"},
    {"kind": "token_expired"},
]


def named(fault: dict[str, Any]) -> str:
    return "-".join(str(value) for value in fault.values())


@pytest.mark.parametrize("fault", PASSING, ids=named)
def test_read_survives_the_fault(client: DataverseClient, simulator: Any, fault: dict[str, Any]) -> None:
    simulator.add_fault({**fault, "path": "teams"})
    assert list(client.list("teams", select="name"))


def test_refused_connection_is_waited_for(simulator: Any) -> None:
    client = DataverseClient.from_params(simulator.connection("dev"), {})
    body = team(client, "Patient")
    simulator.add_fault({"kind": "refused", "seconds": 0.3})
    client.function("WhoAmI")
    assert client.create("teams", body)


@pytest.mark.parametrize("fault", [fault for fault in PASSING if fault["kind"] != "content_type"], ids=named)
def test_batch_of_idempotent_operations_survives_the_fault(
    client: DataverseClient, simulator: Any, fault: dict[str, Any]
) -> None:
    simulator.add_fault({**fault, "path": "batch"})
    assert [
        reply.status for reply in client.batch([BatchRequest("GET", "WhoAmI()"), BatchRequest("GET", "WhoAmI()")])
    ] == [200] * 2


@pytest.mark.parametrize("fault", PASSING, ids=named)
def test_upload_that_may_be_repeated_survives_the_fault(
    client: DataverseClient, simulator: Any, tmp_path: Path, fault: dict[str, Any]
) -> None:
    (path := tmp_path / "f").write_bytes(random.Random(1).randbytes(3_000_000))
    simulator.add_fault({**fault, "operation": "StageSolution"})
    with pytest.raises(ApiError, match="0x80048000") as caught:  # what the service says of the random bytes at last
        client.call_with_file("StageSolution", {}, "CustomizationFile", path, checksum=checksum(path), idempotent=True)
    assert caught.value.status == 400


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "reset_before"},
        {"kind": "reset_after"},
        {"kind": "error", "status": 500},
        {"kind": "error", "status": 502},
        {"kind": "error", "status": 503},
        {"kind": "error_after", "status": 500},
        {"kind": "error_after", "status": 504},
        {"kind": "html"},
        {"kind": "html", "status": 502},
        {"kind": "slow", "seconds": 3},
    ],
    ids=named,
)
def test_write_that_must_not_be_repeated_is_sent_once_and_its_outcome_is_unknown(
    simulator: Any, fault: dict[str, Any]
) -> None:
    client = connect({**simulator.connection("dev"), "request_timeout": 1})
    body = team(client, "Once")
    simulator.add_fault({**fault, "path": "teams", "method": "POST"})
    with pytest.raises(OutcomeUnknownError, match=r"Whether .*is unknown"):
        client.create("teams", body)
    simulator.clear_faults()
    assert client.request_count == 2
    connect(simulator.connection("dev")).function("WhoAmI")  # a slow request ends before this one
    assert len(simulator.journal("dev", method="POST", path="teams")) <= 1


@pytest.mark.parametrize(
    "fault",
    [{"kind": "throttled", "seconds": 1}, {"kind": "throttled", "code": "0x80072326"}, {"kind": "token_expired"}],
)
def test_write_that_the_service_surely_refused_goes_out_again(
    client: DataverseClient, simulator: Any, fault: dict[str, Any]
) -> None:
    body = team(client, "Again")
    simulator.add_fault({**fault, "path": "teams", "method": "POST"})
    assert client.create("teams", body)
    assert len(list(client.list("teams", select="name", filter="name eq 'Again'"))) == 1


def test_solution_lock_is_told_apart_from_service_protection(client: DataverseClient, simulator: Any) -> None:
    simulator.add_fault({"kind": "locked", "operation": "PublishAllXml"})
    with pytest.raises(ApiError, match="another solution operation is running") as caught:
        client.call("PublishAllXml")
    assert (caught.value.status, caught.value.code) == (429, "0x80071151")
    assert len(simulator.journal("dev", path="PublishAllXml")) == 1


def test_html_page_is_an_error_that_says_what_to_check(client: DataverseClient, simulator: Any) -> None:
    simulator.add_fault({"kind": "html", "path": "teams"})
    with pytest.raises(ApiError, match="an HTML page instead of JSON; check that environment_url is the address"):
        list(client.list("teams", select="name"))


def test_html_page_instead_of_a_file_is_the_same_error(client: DataverseClient, simulator: Any) -> None:
    simulator.add_fault({"kind": "html", "operation": "DownloadSolutionExportData"})
    with pytest.raises(ApiError, match="an HTML page instead of JSON; check that environment_url is the address"):
        client.download("DownloadSolutionExportData", {}, "ExportSolutionFile", io.BytesIO())


@pytest.mark.parametrize("fault", PASSING, ids=named)
def test_download_survives_the_fault(client: DataverseClient, simulator: Any, fault: dict[str, Any]) -> None:
    simulator.environment("dev").settings.job_seconds = 0
    job = client.call("ExportSolutionAsync", {"SolutionName": "CoESharedFlows", "Managed": False})
    client.get(f"asyncoperations({job['AsyncOperationId']})", {"$select": "statecode"})
    body = {"ExportJobId": job["ExportJobId"]}
    files = [io.BytesIO(), io.BytesIO()]
    client.download("DownloadSolutionExportData", body, "ExportSolutionFile", files[0])
    simulator.add_fault({**fault, "operation": "DownloadSolutionExportData"})
    client.download("DownloadSolutionExportData", body, "ExportSolutionFile", files[1])
    assert len({hashlib.sha256(file.getvalue()).digest() for file in files}) == 1
