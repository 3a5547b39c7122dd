# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control API: journal, clock, faults, snapshots, seeds, further environments."""

from __future__ import annotations

import hashlib
from typing import Any

import requests
from client import Client
from dataverse_simulator import Simulator


def control(simulator: Simulator, method: str, path: str, body: Any = None) -> requests.Response:
    return requests.request(
        method, f"{simulator.base_url}/_simulator/{path}", json=body, verify=simulator.ca_path, timeout=20
    )


def test_it_says_how_to_connect(simulator: Simulator) -> None:
    answer = control(simulator, "GET", "").json()
    assert answer["environments"]["dev"] == simulator.environment_url("dev")
    assert answer["applications"]["deployment"]["client_id"] == simulator.client_id


def test_the_journal_holds_each_request(simulator: Simulator, api: Client) -> None:
    api.post("annotations", {"subject": "a"})
    api.get("WhoAmI")
    Client(simulator, "dev", "").get("WhoAmI")
    entries = control(simulator, "GET", "journal?environment=test").json()["entries"]
    body = b'{"subject": "a"}'
    first = entries[0]
    assert (first["method"], first["path"], first["status"], first["write"]) == ("POST", "annotations", 204, True)
    assert (first["body_digest"], first["body_bytes"]) == (hashlib.sha256(body).hexdigest(), len(body))
    assert first["who"] == simulator.client_id
    assert [entry["path"] for entry in entries] == ["annotations", "WhoAmI"]
    writes = control(simulator, "GET", "journal?writes=true").json()["entries"]
    assert len(writes) == 1
    since = control(simulator, "GET", f"journal?since={first['seq']}").json()["entries"]
    assert [(entry["environment"], entry["who"], entry["status"]) for entry in since][-1] == ("dev", "", 401)
    control(simulator, "DELETE", "journal")
    assert not simulator.journal()
    api.send("DELETE", f"annotations({api.values('annotations')[0]['annotationid']})")


def test_the_clock_moves(simulator: Simulator) -> None:
    before = simulator.clock.time()
    answer = control(simulator, "POST", "clock", {"advance": 3600}).json()
    assert not answer["manual"]
    assert 3600 <= simulator.clock.time() - before < 3610
    control(simulator, "POST", "clock", {"advance": -3600, "manual": True})
    assert control(simulator, "GET", "clock").json() == control(simulator, "GET", "clock").json()
    assert control(simulator, "POST", "clock", {"manual": False}).json()["manual"] is False


def test_faults_are_added_listed_and_removed(simulator: Simulator, api: Client) -> None:
    control(simulator, "POST", "faults", {"kind": "error", "status": 503, "operation": "WhoAmI"})
    assert api.get("WhoAmI").status_code == 503
    assert control(simulator, "GET", "faults").json()["faults"][0]["seen"] == 1
    assert control(simulator, "DELETE", "faults").json()["faults"] == []


def test_a_snapshot_brings_everything_back(simulator: Simulator, api: Client) -> None:
    api.post("annotations", {"subject": "before"})
    assert control(simulator, "POST", "environments/test/snapshot").status_code == 200
    api.post("annotations", {"subject": "after"})
    etags = {row["@odata.etag"] for row in api.values("annotations")}
    assert control(simulator, "POST", "environments/test/restore").status_code == 200
    rows = api.values("annotations")
    assert [row["subject"] for row in rows] == ["before"]
    assert {row["@odata.etag"] for row in rows} < etags


def test_a_reset_goes_back_to_the_seed(simulator: Simulator, api: Client) -> None:
    api.post("annotations", {"subject": "a"})
    teams = {row["teamid"] for row in api.values("teams")}
    assert control(simulator, "POST", "environments/test/reset").status_code == 200
    assert not api.values("annotations")
    assert {row["teamid"] for row in api.values("teams")} == teams


def test_a_seed_adds_rows(simulator: Simulator, api: Client) -> None:
    seed = {
        "teams": [{"name": "Added", "members": ["jane.doe@contoso.example"]}],
        "rows": {"annotation": [{"subject": "seeded"}]},
    }
    assert control(simulator, "POST", "environments/test/seed", seed).status_code == 200
    assert len(api.values("teams?$filter=name eq 'Added'")) == 1
    assert [row["subject"] for row in api.values("annotations")] == ["seeded"]
    simulator.reset("test")


def test_switches_are_set(simulator: Simulator) -> None:
    assert control(simulator, "POST", "environments/test/settings", {"upgrade_keeps_shares": True}).status_code == 200
    assert simulator.environment("test").settings.upgrade_keeps_shares
    simulator.environment("test").settings.upgrade_keeps_shares = False


def test_an_environment_is_added(simulator: Simulator) -> None:
    if not simulator.environments.find("added"):
        answer = control(simulator, "POST", "environments", {"name": "added", "display_name": "Added"})
        assert "added" in answer.json()
    assert Client(simulator, "added").get("WhoAmI").status_code == 200


def test_nonsense_is_refused_with_a_sentence(simulator: Simulator) -> None:
    nonsense = [
        ("POST", "faults", {"kind": "nonsense"}),
        ("GET", "journal?since=x", None),
        ("GET", "journal?writes=maybe", None),
        ("POST", "environments", {"name": 5}),
        ("POST", "environments", {"name": "a/b"}),
        ("POST", "clock", {"speed": 2}),
        ("POST", "environments/nowhere/reset", None),
        ("POST", "environments/test/explode", None),
        ("POST", "environments/prod/restore", None),
        ("POST", "environments/test/seed", {"nonsense": []}),
        ("POST", "environments/test/settings", {"nonsense": 1}),
        ("POST", "environments", {"name": "dev"}),
        ("POST", "environments", {"name": "../x"}),
        ("GET", "journal?colour=red", None),
    ]
    for method, path, body in nonsense:
        answer = control(simulator, method, path, body)
        assert answer.status_code == 400, path
        assert answer.json()["error"]


def test_administrators_list_the_environments(simulator: Simulator) -> None:
    url = f"{simulator.base_url}/providers/Microsoft.BusinessAppPlatform/scopes/admin/environments"
    options: dict[str, Any] = {"verify": simulator.ca_path, "timeout": 20}
    assert requests.get(url, **options).status_code == 401
    form = {
        "grant_type": "client_credentials",
        "client_id": simulator.client_id,
        "client_secret": simulator.client_secret,
        "scope": "https://service.powerapps.com/.default",
    }
    token = requests.post(f"{simulator.authority}/oauth2/v2.0/token", data=form, **options).json()["access_token"]
    options["headers"] = {"Authorization": f"Bearer {token}"}
    assert requests.get(url, **options).status_code == 400
    entries = requests.get(f"{url}?api-version=2020-10-01", **options).json()["value"]
    linked = {entry["properties"]["displayName"]: entry["properties"]["linkedEnvironmentMetadata"] for entry in entries}
    assert linked["Development"]["instanceUrl"] == f"{simulator.environment_url('dev')}/"
    one = requests.get(f"{url}/{entries[0]['name']}?api-version=2020-10-01", **options).json()
    assert one == entries[0]
    foreign = {"Authorization": f"Bearer {simulator.token('dev')}"}
    assert requests.get(f"{url}?api-version=2020-10-01", **{**options, "headers": foreign}).status_code == 401
