# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client that is not ours, the npm package dynamics-web-api, works against the simulator."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from dataverse_simulator import Simulator

HERE = Path(__file__).parent
Step = Callable[..., Any]


@pytest.fixture(scope="module")
def modules() -> None:
    """The package is installed by the project's own files; without Node or a registry there is nothing to try."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("Node.js and npm are not installed.")
    if not (HERE / "node_modules" / "dynamics-web-api").exists():
        done = subprocess.run(["npm", "ci"], cwd=HERE, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode:
            pytest.skip(f"npm could not install dynamics-web-api: {done.stderr.strip()[-200:]}")


@pytest.fixture(scope="module")
def simulator(modules: None) -> Iterator[Simulator]:
    with Simulator() as running:
        yield running


@pytest.fixture
def run(simulator: Simulator) -> Iterator[Step]:
    """`run(step, **input)`: the result that client.js prints for a step in the environment test."""

    def step(step_name: str, **given: Any) -> Any:
        values = {"url": simulator.environment_url("test"), "token": simulator.token("test"), "input": given}
        without_proxy = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
        done = subprocess.run(
            ["node", "client.js", step_name, json.dumps(values)],
            cwd=HERE,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env={**without_proxy, "NODE_EXTRA_CA_CERTS": simulator.ca_path},
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    yield step
    simulator.clear_faults()
    simulator.reset("test")


def test_who_am_i(simulator: Simulator, run: Step) -> None:
    environment = simulator.environment("test")
    with environment.lock:
        user = environment.store.first("systemuser", applicationid=simulator.client_id)
    assert user is not None
    assert run("whoAmI")["UserId"] == user["systemuserid"]


def test_retrieve_multiple_filters_orders_pages_and_counts(run: Step) -> None:
    result = run("retrieveMultiple")
    names = sorted(
        ["Jane Doe", "John Smith", "Sinead O'Neil", "Dana Disabled", "Rob Roleless", "Alex Twin", "Alex Twin (guest)"],
        reverse=True,
    )
    assert result["count"] == 7
    assert result["pages"] == [names[:3], names[3:6]]
    assert result["all"] == names
    assert result["top"] == 2


def test_expand_and_annotations(run: Step) -> None:
    row = run("expand")[0]
    assert row["fullname"] == "Jane Doe"
    assert row["businessunitid"]["name"] == "test"


def test_create_update_and_delete(run: Step) -> None:
    assert run("createUpdateDelete") == {
        "created": "b",
        "updated": "c",
        "represented": "d",
        "stale": False,
        "gone": [404, "0x80040217"],
    }


def test_upsert_by_alternate_key(run: Step) -> None:
    assert run("upsert") == ["/one", "/two"]


def test_batch_with_a_change_set_and_references(run: Step) -> None:
    result = run("batch")
    assert len(result["publisher"]) == len(result["solution"]) == 36
    assert result["rows"] == ["batched"]


def test_a_failed_change_set_leaves_nothing(run: Step) -> None:
    assert run("failedBatch") == {"failed": [400], "left": 0}


def test_grant_modify_and_revoke_access(simulator: Simulator, run: Step) -> None:
    environment = simulator.environment("test")
    with environment.lock, environment.store.transaction():
        user = environment.store.first("systemuser", applicationid=simulator.client_id)
        team = environment.store.first("team", name="Finance Robotics")
        assert user is not None
        assert team is not None
        values = {"name": "Shared", "category": 6, "ownerid": user["systemuserid"]}
        flow = environment.store.insert("workflow", values)
    masks = run("share", flow=flow["workflowid"], team=team["teamid"])
    assert [[mask.replace(" ", "") for mask in one] for one in masks] == [
        ["ReadAccess"],
        ["ReadAccess,WriteAccess"],
        ["ReadAccess"],
        [],
    ]


def test_import_with_polling(simulator: Simulator, run: Step) -> None:
    simulator.environment("test").settings.job_seconds = 0.3
    file = _exported(simulator, "CoESharedFlows")
    result = run("importSolution", file=base64.b64encode(file).decode(), name="CoESharedFlows")
    assert result["status"] == [3, 30], result["message"]
    assert result["installed"][0]["ismanaged"] is True


def _exported(simulator: Simulator, name: str) -> bytes:
    """The managed package of a seeded solution of the development environment."""
    session = requests.Session()
    session.verify, session.trust_env = simulator.ca_path, False
    session.headers["Authorization"] = f"Bearer {simulator.token('dev')}"
    root = f"{simulator.environment_url('dev')}/api/data/v9.2/"
    answer = session.post(f"{root}ExportSolution", json={"SolutionName": name, "Managed": True}, timeout=60)
    assert answer.status_code == 200, answer.text
    return base64.b64decode(answer.json()["ExportSolutionFile"])


def test_service_protection(simulator: Simulator, run: Step) -> None:
    simulator.add_fault({"kind": "throttled", "seconds": 5})
    assert run("throttled") == {"status": 429, "code": "0x80072322", "retryAfter": "5"}
