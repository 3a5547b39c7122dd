# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Dataverse client against a server that answers as it is told."""

from __future__ import annotations

import base64
import io
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._dataverse.batch import BatchRequest, decode, encode
from ansible_collections.coe.power_platform.plugins.module_utils._dataverse.client import DataverseClient
from ansible_collections.coe.power_platform.plugins.module_utils._errors import (
    ApiError,
    AuthenticationError,
    NotFoundError,
    OutcomeUnknownError,
    TransportError,
)
from ansible_collections.coe.power_platform.plugins.module_utils._transport.auth import StaticToken
from ansible_collections.coe.power_platform.plugins.module_utils._transport.http import HttpSession
from ansible_collections.coe.power_platform.plugins.module_utils._transport.messages import Response
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.clocks import ManualClock
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.https_server import (
    Answer,
    HttpsServer,
    Request,
)
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.unusual_files import checksum

ID = "78ac15ae-980a-ef11-9f89-000d3a24f839"
ROOT = "/dev/api/data/v9.2/"
SERVICE_LIMIT = {"error": {"code": "0x80072322", "message": "Number of requests exceeded the limit of 6000."}}
SOLUTION_LOCK = {"error": {"code": "0x80071151", "message": "Please try again later."}}


class Renewable:
    """Tokens that can be replaced."""

    def __init__(self) -> None:
        self.number = 1
        self.secrets: set[str] = set()

    def token(self) -> str:
        return f"token-{self.number}"

    def forget(self) -> None:
        self.number += 1


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def client(server: HttpsServer, clock: ManualClock) -> Iterator[DataverseClient]:
    session = HttpSession(verify=server.ca_path, timeout=5, clock=clock)
    made = DataverseClient(server.url + "/dev", session, Renewable())
    yield made
    made.close()


def refused(status: int, code: str, message: str = "No.") -> Answer:
    return Answer(status, {"error": {"code": code, "message": message}}, {"x-ms-service-request-id": "req-1"})


def batch_answer(*parts: tuple[int, Any, dict[str, str]]) -> Answer:
    """Return the answer to a $batch, one (status, body, headers) for each operation."""
    texts = []
    for status, body, headers in parts:
        lines = [f"HTTP/1.1 {status} X", *(f"{name}: {value}" for name, value in headers.items()), ""]
        lines.append("" if body is None else json.dumps(body, ensure_ascii=False))
        head = "--batchresponse_1\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
        texts.append(head + "\r\n".join(lines) + "\r\n")
    content = "".join([*texts, "--batchresponse_1--\r\n"]).encode()
    return Answer(200, content, {"Content-Type": "multipart/mixed; boundary=batchresponse_1"})


def test_request_carries_token_and_protocol_headers(client: DataverseClient, server: HttpsServer) -> None:
    client.get("WhoAmI()")
    (request,) = server.requests
    assert request.path == ROOT + "WhoAmI()"
    wanted = {
        "Authorization": "Bearer token-1",
        "Accept": "application/json",
        "OData-Version": "4.0",
        "OData-MaxVersion": "4.0",
        "If-None-Match": "null",
    }
    assert {name: request.headers[name] for name in wanted} == wanted
    assert len(request.headers["x-ms-client-request-id"]) == 36
    assert client.request_count == 1


def test_get_and_find_of_a_missing_record(client: DataverseClient, server: HttpsServer) -> None:
    server.answers = [refused(404, "0x80040217", "Does Not Exist")]
    assert client.find(f"workflows({ID})") is None
    with pytest.raises(NotFoundError, match=r"GET workflows\(.*\) in https://localhost:\d+/dev failed: Does") as caught:
        client.get(f"workflows({ID})", {"$select": "name"})
    assert caught.value.details == {"status": 404, "code": "0x80040217", "request_id": "req-1"}


def test_error_message_holds_no_query(client: DataverseClient, server: HttpsServer) -> None:
    server.answers = [refused(400, "0x80060888")]
    with pytest.raises(ApiError) as caught:
        client.get("workflows", {"$filter": "name eq 'x'"})
    assert "filter" not in str(caught.value)


def test_list_follows_next_links_and_asks_each_page_for_its_size(client: DataverseClient, server: HttpsServer) -> None:
    following = server.url + ROOT + "workflows?$select=name&$skiptoken=%3Ccookie%20a=%22b+c%22%3E"
    server.answers = [
        Answer(200, {"value": [{"name": "a"}], "@odata.nextLink": following}),
        Answer(200, {"value": [{"name": "b"}]}),
    ]
    rows = list(client.list("workflows", select=["name"], filter="category eq 6", orderby="name", headers={"X": "1"}))
    assert [row["name"] for row in rows] == ["a", "b"]
    assert server.requests[0].path == ROOT + "workflows?$select=name&$filter=category%20eq%206&$orderby=name"
    assert server.url + server.requests[1].path == following
    assert all(request.headers["Prefer"] == "odata.maxpagesize=5000" for request in server.requests)
    assert all(request.headers["X"] == "1" for request in server.requests)


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/dev/api/data/v9.2/workflows?p=2",
        "http://localhost/dev/api/data/v9.2/workflows?p=2",
        "{url}/prod/api/data/v9.2/workflows?p=2",
        "{url}.evil.example/dev/api/data/v9.2/workflows",
        "https://evil.example\\@{netloc}/dev/api/data/v9.2/workflows?p=2",
        "https://user@{netloc}/dev/api/data/v9.2/workflows?p=2",
        "{url}/dev/api/data/v9.2/../../../../prod/api/data/v9.2/workflows",
        "{url}/dev/api/data/v9.2/%2e%2e/v9.1/workflows",
        "{url}/dev/api/data/v9.2/work\nflows",
        "{url}/dev/api/data/v9.2/workflows?p=\\2",
        "../v9.1/workflows",
    ],
)
def test_next_link_never_leaves_the_environment(client: DataverseClient, server: HttpsServer, link: str) -> None:
    link = link.format(url=server.url, netloc=server.url.removeprefix("https://"))
    server.answers = [Answer(200, {"value": [], "@odata.nextLink": link})]
    with pytest.raises(TransportError, match="the access token must not go"):
        list(client.list("workflows", select="name"))
    assert len(server.requests) == 1


def test_pages_without_end_are_an_error(client: DataverseClient, server: HttpsServer) -> None:
    server.answers = [Answer(200, {"value": [], "@odata.nextLink": f"{server.url}{ROOT}workflows?p=2"})]
    with pytest.raises(ApiError, match="never end"):
        list(client.list("workflows", select="name"))


def test_list_matching_is_one_get_while_the_url_is_short(client: DataverseClient, server: HttpsServer) -> None:
    server.answers = [Answer(200, {"value": [{"workflowid": ID}]})]
    rows = client.list_matching("workflows", ["name eq 'a'", "name eq 'b'"], select="name", also="category eq 6")
    assert rows == [{"workflowid": ID}]
    assert server.requests[0].path.endswith(
        "$filter=(name%20eq%20'a'%20or%20name%20eq%20'b')%20and%20(category%20eq%206)"
    )


def test_list_matching_uses_one_batch_for_many_conditions(client: DataverseClient, server: HttpsServer) -> None:
    following = server.url + ROOT + "workflows?p=2"

    def answer(request: Request) -> Answer:
        count = request.body.count(b"\r\nGET ")
        pages: list[Any] = [
            (200, {"value": [{"workflowid": "same"}, {"workflowid": str(n)}]}, {}) for n in range(count)
        ]
        pages[0][1]["@odata.nextLink"] = following
        return batch_answer(*pages)

    server.answers = [answer, Answer(200, {"value": [{"workflowid": "last"}]})]
    rows = client.list_matching("workflows", [f"workflowid eq {ID[:-4]}{n:04}" for n in range(1000)], select=["name"])
    assert [request.method + request.path for request in server.requests] == [
        f"POST{ROOT}$batch",
        f"GET{ROOT}workflows?p=2",
    ]
    body = server.requests[0].body.decode()
    assert body.count("workflowid%20eq") == 1000
    assert "Prefer: odata.maxpagesize=5000" in body
    assert max(len(line) for line in body.splitlines()) < 6200
    assert len(rows) == len({row["workflowid"] for row in rows}) == body.count("\r\nGET ") + 2


def test_list_matching_of_nothing_asks_nothing(client: DataverseClient, server: HttpsServer) -> None:
    assert client.list_matching("workflows", [], select="name") == []
    assert server.requests == []


def test_create_update_delete(client: DataverseClient, server: HttpsServer) -> None:
    server.answers = [
        Answer(204, headers={"OData-EntityId": f"{server.url}{ROOT}teams({ID})"}),
        Answer(204),
        Answer(204),
        Answer(204),
    ]
    assert client.create("teams", {"name": "Ünder"}) == ID
    client.update("teams", ID, {"name": "b"})
    client.update("teams", ID, {"name": "c"}, if_match='W/"1"')
    client.delete("teams", ID)
    lines = [f"{request.method} {request.path.removeprefix(ROOT)}" for request in server.requests]
    assert lines == ["POST teams", f"PATCH teams({ID})", f"PATCH teams({ID})", f"DELETE teams({ID})"]
    assert json.loads(server.requests[0].body) == {"name": "Ünder"}
    assert [request.headers.get("If-Match") for request in server.requests] == [None, "*", 'W/"1"', None]


@pytest.mark.parametrize("name", ["", "teams(1)", "https://a.example/teams(../x)", f"https://a.example/roles({ID})"])
def test_new_row_without_its_id_is_unclear(client: DataverseClient, server: HttpsServer, name: str) -> None:
    server.answers = [Answer(204, headers={"OData-EntityId": name})]
    with pytest.raises(OutcomeUnknownError, match="Whether POST teams"):
        client.create("teams", {})


def test_deleting_what_is_gone_is_no_error(client: DataverseClient, server: HttpsServer) -> None:
    server.answers = [Answer(reset=True), refused(404, "0x80040217")]
    client.delete("teams", ID)
    assert len(server.requests) == 2


def test_call_sends_an_object_even_without_parameters(client: DataverseClient, server: HttpsServer) -> None:
    server.answers = [Answer(204), Answer(200, {"AsyncOperationId": ID})]
    assert client.call("PublishAllXml") == {}
    assert client.call("DeleteAndPromoteAsync", {"UniqueName": "X"})["AsyncOperationId"] == ID
    assert [request.body for request in server.requests] == [b"{}", b'{"UniqueName": "X"}']


@pytest.mark.parametrize(
    "bad",
    [
        Answer(reset=True),
        Answer(500),
        Answer(503, {"error": {"code": "0x80040216", "message": "x"}}),
        Answer(502, b"<html>bad gateway</html>", {"Content-Type": "text/html"}),
        Answer(200, b"<html>sign in</html>", {"Content-Type": "text/html"}),
        Answer(200, b'{"ImportJobKey": "x"}', cut=5),
        Answer(200, b'{"ImportJobKey"'),
        Answer(200, b""),
    ],
)
def test_unclear_answer_to_an_action_leaves_its_outcome_unknown_and_is_never_repeated(
    client: DataverseClient, server: HttpsServer, bad: Answer
) -> None:
    server.answers = [bad]
    with pytest.raises(OutcomeUnknownError, match="Whether"):
        client.call("ImportSolutionAsync", {"x": 1})
    assert len(server.requests) == 1


@pytest.mark.parametrize("bad", [Answer(reset=True), Answer(503), Answer(200, b'{"a": "b"}', cut=5)])
def test_idempotent_action_is_repeated(client: DataverseClient, server: HttpsServer, bad: Answer) -> None:
    server.answers = [bad, Answer(204)]
    assert client.call("GrantAccess", {"x": 1}, idempotent=True) == {}
    assert len(server.requests) == 2


def test_service_protection_is_waited_for_even_by_an_action(
    client: DataverseClient, server: HttpsServer, clock: ManualClock
) -> None:
    server.answers = [Answer(429, SERVICE_LIMIT, {"Retry-After": "20"}), Answer(200, {"a": 1})]
    assert client.call("ImportSolutionAsync", {"x": 1}) == {"a": 1}
    assert 20 <= clock.pauses[0] <= 20.5
    assert len(clock.pauses) == 1


def test_the_end_of_a_task_that_is_not_to_come_back_for_long_says_for_how_long(
    client: DataverseClient, server: HttpsServer, clock: ManualClock
) -> None:
    server.answers = [Answer(429, SERVICE_LIMIT, {"Retry-After": "4000"}), Answer(200, {"a": 1})]
    with pytest.raises(
        ApiError, match=r"asks to be left alone for 400[01] seconds, so run the task again after that\."
    ):
        client.get("teams")
    assert (len(server.requests), clock.pauses) == (1, [])


def test_a_task_that_waits_for_an_hour_lets_the_service_ask_for_an_hour(server: HttpsServer) -> None:
    clock = ManualClock()
    options = {"environment_url": server.url, "ca_path": server.ca_path, "access_token": "t", "wait_timeout": 3600}
    server.answers = [Answer(429, SERVICE_LIMIT, {"Retry-After": "3000"}), Answer(200, {"a": 1})]
    assert DataverseClient.from_params(options, {}, clock=clock).get("teams") == {"a": 1}
    assert 3000 <= clock.pauses[0] <= 3000.5


def test_solution_lock_comes_back_at_once(client: DataverseClient, server: HttpsServer, clock: ManualClock) -> None:
    server.answers = [Answer(429, SOLUTION_LOCK)]
    with pytest.raises(ApiError, match="another solution operation is running") as caught:
        client.call("ImportSolutionAsync", {"x": 1})
    assert caught.value.code == "0x80071151"
    assert len(server.requests) == 1
    assert clock.pauses == []


def test_refused_token_is_replaced_once(client: DataverseClient, server: HttpsServer) -> None:
    server.answers = [Answer(401), Answer(204)]
    client.call("ImportSolutionAsync", {"x": 1})
    assert [request.headers["Authorization"] for request in server.requests] == ["Bearer token-1", "Bearer token-2"]
    assert client.request_count == 2


def test_token_refused_twice_is_an_error(client: DataverseClient, server: HttpsServer) -> None:
    server.answers = [Answer(401)]
    with pytest.raises(AuthenticationError, match="does not accept the token"):
        client.get("WhoAmI()")
    assert len(server.requests) == 2


def test_refused_ready_token_is_final(server: HttpsServer) -> None:
    client = DataverseClient(server.url, HttpSession(verify=server.ca_path), StaticToken("geheim"))
    server.answers = [Answer(401)]
    with pytest.raises(AuthenticationError, match="does not accept access_token, which has expired") as caught:
        client.get("WhoAmI()")
    assert "geheim" not in str(caught.value)
    assert client.secrets == {"geheim"}
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b'{"a": "\\ud800"}',
        b'{"a": "\\uDFFF\\uD800"}',
        b'{"\\ud800": 1}',
        b'{"a": "\xed\xa0\x80"}',
        b'{"a": "\xff"}',
        b'{"a": ' + b"9" * 5000 + b"}",
    ],
)
@pytest.mark.parametrize("status", [200, 400])
def test_document_that_cannot_be_worked_with_is_unreadable(
    client: DataverseClient, server: HttpsServer, body: bytes, status: int
) -> None:
    server.answers = [Answer(status, body if status == 200 else b'{"error": {"code": "1", "message": ' + body + b"}}")]
    with pytest.raises(ApiError, match="an unreadable body"):
        client.get("WhoAmI()")
    with pytest.raises(OutcomeUnknownError if status == 200 else ApiError, match="an unreadable body"):
        client.call("ImportSolutionAsync")


def test_characters_in_two_halves_are_read(client: DataverseClient, server: HttpsServer) -> None:
    server.answers = [Answer(200, b'\xef\xbb\xbf{"a": "\\ud83d\\ude00 \\\\ud800"}')]
    assert client.get("WhoAmI()") == {"a": "\U0001f600 \\ud800"}


def test_html_instead_of_json_says_what_to_check(client: DataverseClient, server: HttpsServer) -> None:
    server.answers = [Answer(200, b"<html>Power Apps</html>", {"Content-Type": "text/html"})]
    with pytest.raises(ApiError, match="an HTML page instead of JSON; check that environment_url is the address"):
        client.get("WhoAmI()")


def test_function_passes_parameters(client: DataverseClient, server: HttpsServer) -> None:
    client.function("RetrieveSolutionImportResult", ImportJobId=ID)
    assert server.requests[0].path == f"{ROOT}RetrieveSolutionImportResult(ImportJobId=@ImportJobId)?@ImportJobId={ID}"


def test_file_is_sent_inside_the_object(client: DataverseClient, server: HttpsServer, tmp_path: Path) -> None:
    content = random.Random(1).randbytes(700_001)
    (path := tmp_path / "f.zip").write_bytes(content)
    client.call_with_file("StageSolution", {"A": 1}, "CustomizationFile", path, checksum=checksum(path))
    (request,) = server.requests
    assert json.loads(request.body) == {"A": 1, "CustomizationFile": base64.b64encode(content).decode()}
    assert request.headers["Content-Length"] == str(len(request.body))
    assert "Transfer-Encoding" not in request.headers
    assert request.headers["Content-Type"] == "application/json; charset=utf-8"


def test_file_is_sent_again_from_its_beginning(client: DataverseClient, server: HttpsServer, tmp_path: Path) -> None:
    (path := tmp_path / "f.zip").write_bytes(b"abc" * 100_000)
    server.answers = [Answer(401), Answer(429, SERVICE_LIMIT), Answer(503), Answer(200, {})]
    client.call_with_file("StageSolution", {}, "CustomizationFile", path, checksum=checksum(path), idempotent=True)
    assert len(server.requests) == 4
    assert len({request.body for request in server.requests}) == 1


@pytest.mark.parametrize(
    "refusal", [Answer(429, SERVICE_LIMIT, unread=True), Answer(401, unread=True), Answer(reset=True, unread=True)]
)
def test_upload_that_was_surely_not_received_is_sent_again(
    client: DataverseClient, server: HttpsServer, tmp_path: Path, refusal: Answer
) -> None:
    (path := tmp_path / "f.zip").write_bytes(random.Random(1).randbytes(20_000_000))
    server.answers = [refusal, Answer(200, {"ImportJobKey": ID})]
    answer = client.call_with_file("ImportSolutionAsync", {}, "CustomizationFile", path, checksum=checksum(path))
    assert answer["ImportJobKey"] == ID
    assert [bool(request.body) for request in server.requests] == [False, True]


@pytest.mark.parametrize(
    "bad", [Answer(503), Answer(200, b'{"ExportSolutionFile": "YWJjZGVm', length=500, cut=28), Answer(reset=True)]
)
def test_download_starts_again_after_a_broken_answer(client: DataverseClient, server: HttpsServer, bad: Answer) -> None:
    content = random.Random(2).randbytes(300_000)
    server.answers = [
        bad,
        Answer(200, {"@odata.context": "x", "ExportSolutionFile": base64.b64encode(content).decode()}),
    ]
    file = io.BytesIO()
    client.download("DownloadSolutionExportData", {"ExportJobId": ID}, "ExportSolutionFile", file)
    assert file.getvalue() == content


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, b'{"ExportSolutionFile": "YWJjZGVm'),
        Answer(200, b'{"ExportSolutionFile": "Y*Jj"}'),
        Answer(200, b"<html>sign in</html>", {"Content-Type": "text/html"}),
        Answer(200, {"Other": 1}),
        Answer(200, b""),
        Answer(200, b'{"ExportSolutionFile": "YWJj", "x": "' + b"a" * 300_000 + b'"}'),
        Answer(200, b'{"ExportSolutionFile": "YWJj", "x": ' + b"[" * 30_000),
        Answer(200, b'{"ExportSolutionFile": "YWJj", "x": "\\ud800"}'),
    ],
)
def test_unusable_download_is_an_error(client: DataverseClient, server: HttpsServer, answer: Answer) -> None:
    server.answers = [answer]
    with pytest.raises(ApiError, match=r"POST DownloadSolutionExportData in .* was answered with"):
        client.download("DownloadSolutionExportData", {}, "ExportSolutionFile", io.BytesIO())


def test_refused_download_is_told(client: DataverseClient, server: HttpsServer) -> None:
    server.answers = [refused(400, "0x80048036", "Managed solutions cannot be exported.")]
    with pytest.raises(ApiError, match="export it from the environment where it is unmanaged"):
        client.download("DownloadSolutionExportData", {}, "ExportSolutionFile", io.BytesIO())


def test_batch_gives_one_reply_for_each_operation(client: DataverseClient, server: HttpsServer) -> None:
    server.answers = [
        batch_answer(
            (200, {"name": "Straße"}, {"Content-Type": "application/json; odata.metadata=minimal"}),
            (204, None, {"OData-Version": "4.0"}),
            (403, {"error": {"code": "0x80040220", "message": "SecLib failed."}}, {"REQ_ID": "7"}),
        )
    ]
    first, second, third = client.batch(
        [
            BatchRequest("GET", "teams?$filter=name eq 'Straße 1'"),
            BatchRequest("POST", "GrantAccess", {"Target": "ß"}, idempotent=True),
            BatchRequest("DELETE", f"teams({ID})", headers={"If-Match": "*"}),
        ]
    )
    assert (first.status, first.body, first.error) == (200, {"name": "Straße"}, None)
    assert (second.status, second.body, second.error) == (204, {}, None)
    assert third.status == 403
    assert isinstance(third.error, ApiError)
    assert "DELETE teams" in str(third.error)
    assert third.error.code == "0x80040220"
    assert third.error.request_id == "7"
    (request,) = server.requests
    assert request.headers["Prefer"] == "odata.continue-on-error"
    text = request.body.decode()
    assert f"GET {ROOT}teams?$filter=name%20eq%20'Stra%C3%9Fe%201' HTTP/1.1\r\n" in text
    assert f"POST {ROOT}GrantAccess HTTP/1.1\r\n" in text
    assert "If-Match: *\r\n" in text
    assert text.endswith("--\r\n")
    assert "\n" not in text.replace("\r\n", "")


def test_refused_operation_without_request_id_has_that_of_the_batch(
    client: DataverseClient, server: HttpsServer
) -> None:
    answer = batch_answer((403, {"error": {"code": "0x80040220", "message": "SecLib failed."}}, {}))
    server.answers = [Answer(answer.status, answer.body, {**answer.headers, "x-ms-service-request-id": "batch-1"})]
    (reply,) = client.batch([BatchRequest("DELETE", f"teams({ID})")])
    assert isinstance(reply.error, ApiError)
    assert reply.error.request_id == "batch-1"


def test_many_operations_go_in_batches_that_grow_to_a_thousand(client: DataverseClient, server: HttpsServer) -> None:
    def answer(request: Request) -> Answer:
        return batch_answer(*[(204, None, {})] * request.body.count(b"\r\nDELETE "))

    server.answers = [answer]
    replies = client.batch([BatchRequest("DELETE", f"teams({number})") for number in range(4001)])
    assert len(replies) == 4001
    assert {reply.status for reply in replies} == {204}
    assert [request.body.count(b"\r\nDELETE ") for request in server.requests] == [100, 200, 400, 800, 1000, 1000, 501]


def test_empty_batch_sends_nothing(client: DataverseClient, server: HttpsServer) -> None:
    assert client.batch([]) == []
    assert server.requests == []


def test_operations_that_meet_a_service_limit_go_out_again(
    client: DataverseClient, server: HttpsServer, clock: ManualClock
) -> None:
    limit = (429, SERVICE_LIMIT, {"Retry-After": "11"})
    server.answers = [
        batch_answer((204, None, {}), limit, limit),
        batch_answer((204, None, {}), limit),
        batch_answer((204, None, {})),
    ]
    replies = client.batch([BatchRequest("POST", f"GrantAccess{number}", {"n": number}) for number in range(3)])
    assert [reply.status for reply in replies] == [204, 204, 204]
    assert [request.body.count(b"POST ") for request in server.requests] == [3, 2, 1]
    assert all(11 <= pause <= 11.5 for pause in clock.pauses)
    assert len(clock.pauses) == 2


@pytest.mark.parametrize(
    "bad",
    [
        Answer(reset=True),
        Answer(200, b"--batchresponse_1\r\n", {"Content-Type": "multipart/mixed; boundary=batchresponse_1"}),
        Answer(200, {"value": []}),
        batch_answer((204, None, {})),
    ],
)
def test_lost_answer_of_a_batch_depends_on_its_operations(
    client: DataverseClient, server: HttpsServer, bad: Answer
) -> None:
    server.answers = [bad]
    with pytest.raises(OutcomeUnknownError):
        client.batch([BatchRequest("POST", "teams", {}), BatchRequest("GET", "teams")])
    assert len(server.requests) == 1
    with pytest.raises((ApiError, TransportError)):
        client.batch([BatchRequest("POST", "GrantAccess", {}, idempotent=True), BatchRequest("GET", "teams")])


@pytest.mark.parametrize(
    ("text", "status", "body"),
    [
        ("HTTP/1.1 204 No Content\r\nOData-Version: 4.0\r\n\r\n", 204, b""),
        ("HTTP/1.1 204 No Content\r\nOData-Version: 4.0\r\n\r\n\r\n", 204, b"\r\n"),
        ("HTTP/1.1 204 No Content\r\n", 204, b""),
        ('HTTP/1.1 200 OK\r\nA: b\r\n\r\n{"a":\r\n\r\n1}\r\n', 200, b'{"a":\r\n\r\n1}'),
    ],
)
def test_batch_answers_of_each_form_are_understood(text: str, status: int, body: bytes) -> None:
    part = f"--b_1\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n{text}"
    for end in ("--b_1--", "--b_1--\r\n"):
        whole = Response(
            200, {"Content-Type": 'multipart/mixed; boundary="b_1"'}, (part * 2 + end).encode(), "https://x"
        )
        first, second = decode(whole, 2)
        assert (first.status, first.body.rstrip(b"\r\n")) == (second.status, body.rstrip(b"\r\n"))
        assert first.status == status


@pytest.mark.parametrize("cut", [1, 3, 10, 40, 120])
def test_cut_batch_answer_is_an_error(cut: int) -> None:
    made = batch_answer((200, {"name": "x"}, {}), (204, None, {}))
    with pytest.raises(ValueError, match="not whole"):
        decode(Response(200, made.headers, made.content[: -cut - 2], "https://x"), 2)


def test_batch_body_survives_encoding_and_decoding() -> None:
    text = encode([BatchRequest("PATCH", "teams(1)", {"name": "a\r\nb"})], "b", ROOT)
    parts = text.split(b"\r\n")
    assert parts[0] == b"--b"
    assert parts[4] == f"PATCH {ROOT}teams(1) HTTP/1.1".encode()
    made = batch_answer((200, {"name": "x\r\n--batchresponse\r\n"}, {}))
    (answer,) = decode(Response(200, made.headers, made.content, "https://x"), 1)
    assert json.loads(answer.body) == {"name": "x\r\n--batchresponse\r\n"}
