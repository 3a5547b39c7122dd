# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A wrong name of each kind is found in what was sent, and a record holds nothing but names."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from ansible_collections.coe.power_platform.tests.traffic.names import names_in
from ansible_collections.coe.power_platform.tests.traffic.recorder import OURS, Recorder
from ansible_collections.coe.power_platform.tests.traffic.shapes import shapes

ID = "7f0d3b54-1a2b-4c3d-8e9f-001122334455"
ROOT = "/org/api/data/v9.2/"
KNOWN = {
    "set teams": "team",
    "set roles": "role",
    "type team": "principal",
    "type principal": "",
    "type workflow": "",
    "column team.name": "Edm.String",
    "column team.teamid": "Edm.Guid",
    "column principal.ownerid": "Edm.Guid",
    "column role.name": "Edm.String",
    "alternate key team(name)": "",
    "navigation team.roles": "Collection(role)",
    "navigation team.lead": "role",
    "column workflow.workflowid": "Edm.Guid",
    "action Grant()": "",
    "parameter Grant().Target": "principal",
    "parameter Grant().Settings": "Settings?",
    "type Settings": "",
    "column Settings.Mask": "Edm.Int32",
    "function Access(team)": "",
    "parameter Access(team).Target": "workflow",
    "parameter Access(team).Kind": "Kind",
    "member Kind.Default": "0",
}


def unknown(method: str, target: str, body: Any = None) -> list[str]:
    """Return the names in a request that nobody knows."""
    content = b"" if body is None else json.dumps(body).encode()
    found = shapes(method, ROOT + target, "application/json; charset=utf-8", content)
    return sorted({name for shape in found for name in names_in(shape, KNOWN)} - set(KNOWN))


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("GET", "teams?$select=name,ownerid&$filter=name%20eq%20'wrong%20x'&$orderby=name%20desc&$top=5", None),
        ("GET", f"teams({ID})?$expand=roles($select=name;$filter=name eq 'x')", None),
        ("GET", "teams?$filter=lead/name eq 'x' and roles/any(r:r/name eq 'y') or startswith(name,'z')", None),
        (
            "GET",
            f"teams(name='O''Neil')/Microsoft.Dynamics.CRM.Access(Target=@t)?@t={{'@odata.id':'teams({ID})'}}",
            None,
        ),
        ("POST", f"teams({ID})/roles/$ref", {"@odata.id": f"https://h/org/api/data/v9.2/roles({ID})"}),
        (
            "POST",
            "Grant",
            {"Target": {"@odata.type": "Microsoft.Dynamics.CRM.team", "teamid": ID}, "Settings": {"Mask": 1}},
        ),
        ("PATCH", f"teams({ID})", {"name": "x", "lead@odata.bind": f"/roles({ID})"}),
    ],
)
def test_names_that_are_known_pass(method: str, target: str, body: Any) -> None:
    assert unknown(method, target, body) == []


@pytest.mark.parametrize(
    ("method", "target", "body", "name"),
    [
        ("GET", "team", None, "set or operation team()"),
        ("GET", "teams?$select=nam", None, "column team.nam"),
        ("GET", "teams?$orderby=nam", None, "column team.nam"),
        ("GET", "teams?$filter=nam eq 'name'", None, "column team.nam"),
        ("GET", "teams?$filter=lead/nam eq 'x'", None, "column role.nam"),
        ("GET", "teams?$filter=roles/any(r:r/nam eq 'x')", None, "column role.nam"),
        ("GET", "teams?$filter=beginswith(name,'x')", None, "set or operation beginswith()"),
        ("GET", "teams?$filtr=name eq 'x'", None, "option $filtr"),
        ("GET", "teams(nam='x')", None, "alternate key team(nam)"),
        ("GET", "teams?$expand=role", None, "navigation team.role"),
        ("GET", "teams?$expand=roles($select=nam)", None, "column role.nam"),
        ("GET", f"teams({ID})/Microsoft.Dynamics.CRM.Acces()", None, "set or operation Acces(team)"),
        ("GET", f"teams({ID})/Microsoft.Dynamics.CRM.Access(Targe=@t)?@t=1", None, "parameter Access(team).Targe"),
        (
            "GET",
            f"teams({ID})/Microsoft.Dynamics.CRM.Access(Kind=@k)?@k=Microsoft.Dynamics.CRM.Kind'Defaul'",
            None,
            "member Kind.Defaul",
        ),
        (
            "GET",
            f"teams({ID})/Microsoft.Dynamics.CRM.Access(Target=@t)?@t={{'@odata.id':'flows({ID})'}}",
            None,
            "set or operation flows()",
        ),
        ("POST", "Grants", {}, "set or operation Grants()"),
        ("POST", "Grant", {"Targe": 1}, "column Grant().Targe"),
        ("POST", "Grant", {"Settings": {"Mas": 1}}, "column Settings.Mas"),
        ("POST", "Grant", {"Target": {"@odata.type": "Microsoft.Dynamics.CRM.tea"}}, "type tea"),
        ("PATCH", f"teams({ID})", {"nam": "x"}, "column team.nam"),
        ("PATCH", f"teams({ID})", {"leader@odata.bind": f"/roles({ID})"}, "navigation team.leader"),
        ("PATCH", f"teams({ID})", {"lead@odata.bind": f"/role({ID})"}, "set or operation role()"),
        ("POST", f"teams({ID})/role/$ref", {"@odata.id": f"/roles({ID})"}, "column team.role"),
    ],
)
def test_wrong_name_is_found(method: str, target: str, body: Any, name: str) -> None:
    assert name in unknown(method, target, body)


def test_requests_of_a_batch_and_of_its_change_sets_are_found() -> None:
    write = f'PATCH {ROOT}teams({ID}) HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{{"name": "x"}}\r\n'
    inner = f"--c\r\nContent-Type: application/http\r\n\r\n{write}--c--\r\n"
    read = f"Content-Type: application/http\r\n\r\nGET {ROOT}teams({ID})?$select=nam HTTP/1.1\r\nAccept: x\r\n\r\n\r\n"
    batch = f'--b\r\n{read}--b\r\nContent-Type: multipart/mixed; boundary="c"\r\n\r\n{inner}--b--\r\n'
    found = list(shapes("POST", f"{ROOT}$batch", 'multipart/mixed; boundary="b"', batch.encode()))
    assert found == ["GET teams(0)?$select=nam", 'PATCH teams(0) {"name": ""}']


def record(path: str, pieces: list[bytes], agent: bytes = OURS + b"1.0") -> tuple[set[str], list[bytes]]:
    """Let a request pass in pieces; return what was recorded and the pieces that arrived."""
    waiting = [{"type": "http.request", "body": piece, "more_body": piece is not pieces[-1]} for piece in pieces]
    arrived: list[bytes] = []

    async def receive() -> Any:
        return waiting.pop(0)

    async def application(scope: Any, receive: Any, send: Any) -> None:
        for number in range(1, len(pieces) + 1):
            arrived.append((await receive())["body"])
            assert len(waiting) == len(pieces) - number  # nothing is read ahead

    found: set[str] = set()
    target, _mark, query = path.partition("?")
    scope = {
        "method": "POST",
        "raw_path": target.encode(),
        "query_string": query.encode(),
        "headers": [
            (b"user-agent", agent),
            (b"content-type", b"application/json"),
            (b"authorization", b"Bearer s3cret"),
        ],
    }
    asyncio.run(Recorder(application, found)(scope, receive, None))
    return found, arrived


def test_record_holds_no_values_and_a_streamed_body_passes_untouched() -> None:
    pieces = [b'{"Name": "s3cret", "Number": 4711, "File": "', b"QUJD" * 40000, b'QQ=="}']
    found, arrived = record(f"{ROOT}Stage?@p='s3cret'&@q=\"s3cret\"&@r={ID}", pieces)
    assert found == {'POST Stage?@p=\'\'&@q=""&@r=0 {"Name": "", "Number": "", "File": ""}'}
    assert arrived == pieces


@pytest.mark.parametrize("path", ["/tenant/oauth2/v2.0/token", "/_simulator/journal", "/org/api/discovery/"])
def test_what_is_no_request_to_the_web_api_is_not_recorded(path: str) -> None:
    assert record(path, [b"{}"])[0] == set()


def test_what_others_send_is_not_recorded() -> None:
    assert record(f"{ROOT}teams", [b"{}"], agent=b"python-requests/2")[0] == set()


def test_unreadable_body_is_served_and_told() -> None:
    found, arrived = record(f"{ROOT}teams", [b"{"])
    assert (found, arrived) == ({"POST unreadable"}, [b"{"])
