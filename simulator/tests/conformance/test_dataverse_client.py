# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client that is not ours, Microsoft's Python SDK with azure-identity, works against the simulator."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from dataverse_simulator import Simulator

HERE = Path(__file__).parent
Step = Callable[[str], Any]


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter that has the SDK, apart from what the simulator needs; without a registry there is none."""
    folder = tmp_path_factory.mktemp("sdk")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True, timeout=120)
    interpreter = folder / "bin" / "python"
    install = [interpreter, "-m", "pip", "install", "--quiet", "--requirement", HERE / "requirements.txt"]
    done = subprocess.run(install, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        pytest.skip(f"pip could not install the SDK: {done.stderr.strip()[-200:]}")
    return interpreter


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator() as running:
        yield running


@pytest.fixture
def run(python: Path, simulator: Simulator) -> Step:
    """`run(step)`: the result that dataverse_client.py prints for a step in the environment dev."""
    credentials = simulator.credentials("deployment")
    connection = {
        "url": simulator.environment_url("dev"),
        "authority": simulator.authority,
        "tenant_id": simulator.tenant_id,
        "client_id": credentials.client_id,
        "client_secret": simulator.client_secret,
    }
    without_proxy = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
    environment = {**without_proxy, "REQUESTS_CA_BUNDLE": simulator.ca_path, "SSL_CERT_FILE": simulator.ca_path}
    environment.pop("PYTHONPATH", None)

    def step(name: str) -> Any:
        done = subprocess.run(
            [python, HERE / "dataverse_client.py", name, json.dumps(connection)],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env=environment,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return step


def test_rows_are_queried_and_paged(run: Step) -> None:
    assert run("query") == {"names": ["Post Booking", "Read Invoice", "Write Log"], "pages": [2, 2]}


def test_a_record_is_created_changed_and_deleted(run: Step) -> None:
    assert run("records") == {"description": "Made by the SDK", "afterwards": None}


def test_a_record_is_upserted_by_its_alternate_key(run: Step) -> None:
    assert run("upsert") == ["Second"]


def test_a_batch_with_a_change_set_goes_on_after_an_error(run: Step) -> None:
    assert run("batch") == [204, 404, 200, 204, 204]


def test_a_file_is_uploaded(run: Step, simulator: Simulator) -> None:
    row = simulator.environment("dev").store.get("desktopflowbinary", run("files"))
    assert row is not None
    assert row["data"] == (HERE / "dataverse_client.py").read_bytes()


def test_what_is_not_modelled_or_wrong_says_so(run: Step) -> None:
    sql, multiple, column = run("refused")
    assert (sql[0], multiple[0], column[0]) == (501, 501, 400)
    assert "'sql'" in sql[1]
    assert "CreateMultiple" in multiple[1]
    assert "nope" in column[1]
