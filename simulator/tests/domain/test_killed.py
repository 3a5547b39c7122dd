# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulator that is killed in the middle of an import goes on with it, on the same database, nothing half done."""

from __future__ import annotations

import base64
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from dataverse_simulator.environments.registry import Environments
from dataverse_simulator.packages.package import SolutionPackage
from dataverse_simulator.solutions.jobs import settle
from web_api import import_parameters, package_file

NAME = "CoESharedFlows"
#: Starts an import in a folder and kills itself at the n-th component that it writes.
DIES_WHILE_IT_WRITES = """
import os, signal, sys
from pathlib import Path
from dataverse_simulator.solutions import jobs, registration, rows as solution_rows
from dataverse_simulator.environments.context import Context
from dataverse_simulator.environments.registry import Environments
from dataverse_simulator.solutions.import_actions import import_solution_async

folder, file, fatal = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
environments = Environments(folder=folder)
environment = environments.get("prod")
user = next(row for row in environment.store.find("systemuser") if row["applicationid"])
parameters = {"OverwriteUnmanagedCustomizations": False, "PublishWorkflows": True}
parameters["CustomizationFile"] = file.read_bytes()
with environment.store.transaction():
    import_solution_async(Context(environment, user), parameters)
environment.clock.advance(60)
real, count = solution_rows.add_component, 0

def add_component(*arguments, **keywords):
    global count
    count += 1
    if count == fatal:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*arguments, **keywords)

solution_rows.add_component = add_component
jobs.settle(environment)
"""


@contextmanager
def running(folder: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "dataverse_simulator", "--port", "0", "--data", str(folder), "--json"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        yield process, json.loads(process.stdout.readline())
    finally:
        process.kill()
        process.wait()


def client(description: dict[str, Any]) -> Callable[..., Any]:
    """A call of the production environment: method, path, body → JSON."""
    session, url = requests.Session(), description["environments"]["prod"]
    application = description["applications"]["deployment"]
    form = {
        "grant_type": "client_credentials",
        "client_id": application["client_id"],
        "client_secret": application["client_secret"],
        "scope": f"{url}/.default",
    }
    verify = description["ca_path"]
    token = session.post(f"{description['authority']}/oauth2/v2.0/token", data=form, verify=verify, timeout=30).json()

    def call(method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {token['access_token']}"}
        response = session.request(
            method, f"{url}/api/data/v9.2/{path}", json=body, headers=headers, verify=verify, timeout=30
        )
        response.raise_for_status()
        return response.json()

    return call


def test_job_goes_on_after_the_server_was_killed(tmp_path: Path, package: SolutionPackage) -> None:
    with running(tmp_path) as (process, description):
        call = client(description)
        answer = call("POST", "ImportSolutionAsync", import_parameters(package_file(package)))
        assert call("GET", f"asyncoperations({answer['AsyncOperationId']})")["statecode"] != 3
        process.send_signal(signal.SIGKILL)
        process.wait()
    with running(tmp_path) as (dummy, description):
        call = client(description)
        requests.post(
            f"{description['control']}clock", json={"advance": 60}, verify=description["ca_path"], timeout=30
        ).raise_for_status()
        assert call("GET", f"asyncoperations({answer['AsyncOperationId']})")["statuscode"] == 30
        assert call("GET", f"importjobs({answer['ImportJobKey']})")["progress"] == 100
        assert len(call("GET", "workflows?$filter=category eq 6")["value"]) == 3


@pytest.mark.parametrize("fatal", [1, 4, 7, 12])
def test_killed_while_it_writes_leaves_nothing_half_done(tmp_path: Path, package: SolutionPackage, fatal: int) -> None:
    file = tmp_path / "package.zip"
    file.write_bytes(base64.b64decode(package_file(package)))
    child = subprocess.run(
        [sys.executable, "-c", DIES_WHILE_IT_WRITES, str(tmp_path / "data"), str(file), str(fatal)], check=False
    )
    assert child.returncode == -signal.SIGKILL
    environments = Environments(folder=tmp_path / "data")
    try:
        environment = environments.get("prod")
        store = environment.store
        assert store.find("solution", uniquename=NAME) == []
        assert [store.count(table) for table in ("workflow", "desktopflowbinary", "_layer", "connectionreference")] == [
            0
        ] * 4
        assert [row["statecode"] for row in store.find("asyncoperation")] == [0]
        environment.clock.advance(60)
        settle(environment)
        assert [row["statuscode"] for row in store.find("asyncoperation")] == [30]
        assert store.count("workflow") == len(package.of("workflow"))
        assert store.count("desktopflowbinary") == len(package.of("desktopflowbinary"))
    finally:
        environments.close()
