# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""$batch: single operations, change sets, references, errors, limits."""

from __future__ import annotations

import re

import pytest
from client import CRLF, Client, change_set, error, part
from dataverse_simulator import Simulator


def statuses(text: str) -> list[int]:
    return [int(found) for found in re.findall(r"HTTP/1\.1 (\d+)", text)]


def test_operations_answer_in_their_order(api: Client) -> None:
    answer = api.batch(
        [
            part("POST", "annotations", '{"subject":"a"}'),
            part("GET", "annotations?$select=subject&$filter=subject%20eq%20'a'"),
            part("GET", "/api/data/v9.2/WhoAmI"),
            part("GET", f"{api.root}WhoAmI"),
            part("GET", f"/{api.environment}/api/data/v9.2/WhoAmI"),
        ]
    )
    assert answer.status_code == 200
    assert statuses(answer.text) == [204, 200, 200, 200, 200]
    assert answer.headers["Content-Type"].startswith("multipart/mixed; boundary=batchresponse_")
    assert '"subject":"a"' in answer.text


def test_blanks_in_the_url_of_an_operation_need_no_encoding(api: Client) -> None:
    answer = api.batch([part("GET", "systemusers?$select=fullname&$filter=fullname eq 'Jane Doe'")])
    assert answer.status_code == 200
    assert '"fullname":"Jane Doe"' in answer.text.replace('": "', '":"')


def test_the_first_error_ends_a_batch(api: Client) -> None:
    answer = api.batch(
        [part("GET", "WhoAmI"), part("GET", "nonsense"), part("POST", "annotations", '{"subject":"late"}')]
    )
    assert (answer.status_code, statuses(answer.text)) == (404, [200, 404])
    assert not api.values("annotations?$filter=subject eq 'late'")


def test_a_batch_goes_on_when_asked_to(api: Client) -> None:
    parts = [part("GET", "nonsense"), part("POST", "annotations", '{"subject":"late"}')]
    answer = api.batch(parts, prefer="odata.continue-on-error")
    assert (answer.status_code, statuses(answer.text)) == (200, [404, 204])


def test_a_change_set_is_all_or_nothing(api: Client) -> None:
    good, bad = part("POST", "annotations", '{"subject":"x"}', "1"), part("POST", "annotations", '{"nonsense":1}', "2")
    answer = api.batch([change_set(good, bad), part("GET", "WhoAmI")], prefer="odata.continue-on-error")
    assert statuses(answer.text) == [400, 200]
    assert not api.values("annotations?$filter=subject eq 'x'")
    answer = api.batch([change_set(good, part("POST", "annotations", '{"subject":"y"}', "2"))])
    assert statuses(answer.text) == [204, 204]
    assert "Content-ID: 2" in answer.text
    assert len(api.values("annotations?$filter=subject eq 'x' or subject eq 'y'")) == 2


def test_an_operation_refers_to_an_earlier_one_of_its_change_set(api: Client) -> None:
    answer = api.batch(
        [
            change_set(
                part("POST", "publishers", '{"uniquename":"p","friendlyname":"p"}', "1"),
                part("POST", "solutions", '{"uniquename":"s","friendlyname":"s","publisherid@odata.bind":"$1"}', "2"),
                part("PATCH", "$2", '{"description":"made in a batch"}', "3"),
            )
        ]
    )
    assert statuses(answer.text) == [204, 204, 204]
    row = api.values("solutions?$filter=uniquename eq 's'&$expand=publisherid($select=uniquename)")[0]
    assert (row["description"], row["publisherid"]["uniquename"]) == ("made in a batch", "p")


REFUSED = [
    ("a GET in a change set", [change_set(part("GET", "WhoAmI", content_id="1"))], 400),
    ("no Content-ID in a change set", [change_set(part("POST", "annotations", "{}"))], 400),
    ("a batch in a batch", [part("POST", "$batch", "{}")], 400),
    ("another environment", [part("GET", "https://localhost/prod/api/data/v8.0/WhoAmI")], 400),
    (
        "a line that is no request line",
        ["Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\nGET WhoAmI\r\n"],
        400,
    ),
    ("no content type", [f"Content-Transfer-Encoding: binary{CRLF}{CRLF}GET WhoAmI HTTP/1.1{CRLF}"], 400),
    ("no transfer encoding", [f"Content-Type: application/http{CRLF}{CRLF}GET WhoAmI HTTP/1.1{CRLF}"], 400),
    ("more than 1,000 operations", [part("GET", "WhoAmI")] * 1001, 400),
]


@pytest.mark.parametrize(("parts", "status"), [pytest.param(*row[1:], id=row[0]) for row in REFUSED])
def test_a_malformed_batch_is_refused(api: Client, parts: list[str], status: int) -> None:
    answer = api.batch(parts)
    assert answer.status_code == status
    assert answer.json()["error"]["code"]


def test_lines_have_to_end_with_carriage_return_and_line_feed(api: Client) -> None:
    body = "--b\nContent-Type: application/http\nContent-Transfer-Encoding: binary\n\nGET WhoAmI HTTP/1.1\n\n--b--\n"
    answer = api.send("POST", "$batch", data=body.encode(), headers={"Content-Type": "multipart/mixed; boundary=b"})
    assert error(answer)[0] == 400


def test_a_batch_without_boundary_or_end_is_refused(api: Client) -> None:
    assert api.send("POST", "$batch", data=b"x", headers={"Content-Type": "multipart/mixed"}).status_code == 400
    assert api.post("$batch", {}).status_code == 400
    body = f"--b{CRLF}{part('GET', 'WhoAmI')}{CRLF}"
    answer = api.send("POST", "$batch", data=body.encode(), headers={"Content-Type": "multipart/mixed; boundary=b"})
    assert answer.status_code == 400


def test_a_thousand_operations_are_allowed(api: Client) -> None:
    answer = api.batch([part("GET", "WhoAmI")] * 1000)
    assert statuses(answer.text) == [200] * 1000


def test_each_operation_is_in_the_journal_the_envelope_is_no_write(simulator: Simulator, api: Client) -> None:
    api.batch([part("POST", "annotations", '{"subject":"a"}'), part("GET", "WhoAmI")])
    entries = simulator.journal("test")
    assert [(entry.method, entry.path, entry.write) for entry in entries] == [
        ("POST", "$batch", False),
        ("POST", "annotations", True),
        ("GET", "WhoAmI", False),
    ]
    assert {entry.batch for entry in entries[1:]} == {entries[0].seq}
    assert len(simulator.journal("test", writes=True)) == 1
