# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line, many environments in one process, and a process that is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from dataverse_simulator import Simulator
from dataverse_simulator.__main__ import main
from dataverse_simulator.environments.settings import VARIABLE


@contextmanager
def process(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    command = [sys.executable, "-m", "dataverse_simulator", "--port", "0", "--json", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout is not None
            yield running, json.loads(running.stdout.readline())
        finally:
            running.kill()


def connect(description: dict[str, Any], environment: str, known: str = "") -> tuple[requests.Session, str]:
    """A session with a token of the authority, and the Web API's root."""
    application = description["applications"]["deployment"]
    url = (
        description["environments"].get(environment)
        or f"{description['control'].rpartition('/_simulator')[0]}/{environment}"
    )
    session = requests.Session()
    session.verify, session.trust_env = description["ca_path"], False
    form = {"grant_type": "client_credentials", "scope": f"{url}/.default", **application}
    answer = session.post(f"{description['authority']}/oauth2/v2.0/token", data=form, timeout=20)
    session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return session, f"{url}/api/data/v9.2/"


def test_it_prints_how_to_connect_and_ends_with_ctrl_c() -> None:
    with process() as (running, description):
        session, root = connect(description, "dev")
        assert session.get(f"{root}WhoAmI", timeout=20).status_code == 200
        running.send_signal(signal.SIGINT)
        assert running.wait(10) == 0
        assert running.stderr is not None
        assert running.stderr.read() == ""


def test_the_help_lists_every_option_and_fault(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    for word in (
        "--port",
        "--seed",
        "--data",
        "--environments",
        "--manual-clock",
        "--fault",
        "--setting",
        "reset_after",
        "job_hangs",
    ):
        assert word in text


@pytest.mark.parametrize(
    "arguments",
    [
        ["--seed", "/nowhere.yml"],
        ["--fault", "{"],
        ["--fault", '{"kind": "x"}'],
        ["--setting", "nonsense=1"],
        ["--setting", "visible_shares=some"],
        ["--setting", "upgrade_keeps_shares=perhaps"],
        ["--setting", "job_seconds=true"],
    ],
)
def test_wrong_arguments_are_answered_with_a_sentence(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--port", "0", *arguments]) == 2
    assert capsys.readouterr().err.startswith("dataverse_simulator: ")


@pytest.mark.parametrize("content", ["", "environments: {}", "tenant: [", "- a list"])
def test_a_file_that_is_no_seed_is_refused(content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seed = tmp_path / "seed.yml"
    seed.write_text(content)
    assert main(["--port", "0", "--seed", str(seed)]) == 2
    assert capsys.readouterr().err.startswith("dataverse_simulator: ")


def test_switches_come_from_the_command_line() -> None:
    switches = ("--setting", "desktop_flow_version_control=false", "--setting", "visible_shares=own")
    with process(*switches) as (_dummy, running):
        session, root = connect(running, "test")
        answer = session.get(f"{root}organizations?$select=isdesktopflowversioncontrolenabled", timeout=20)
        assert answer.json()["value"][0]["isdesktopflowversioncontrolenabled"] is False


@pytest.mark.parametrize(
    ("variable", "given", "expected"),
    [("", None, "all"), ('{"visible_shares": "own"}', None, "own"), ('{"visible_shares": "own"}', {}, "all")],
)
def test_switches_come_from_the_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, given: dict[str, Any] | None, expected: str
) -> None:
    monkeypatch.setenv(VARIABLE, variable)
    simulator = Simulator(settings=given)
    assert simulator.environment("prod").settings.visible_shares == expected
    simulator.stop()


def test_the_variable_holds_an_object(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "[]")
    with pytest.raises(ValueError, match=VARIABLE):
        Simulator()


def test_a_fault_comes_from_the_command_line() -> None:
    with process("--fault", '{"kind": "error", "status": 503, "operation": "WhoAmI"}') as (_dummy, description):
        session, root = connect(description, "dev")
        assert [session.get(f"{root}WhoAmI", timeout=20).status_code for _dummy in range(2)] == [503, 200]


def test_a_thousand_environments_start_at_once_and_stay_small() -> None:
    started = time.monotonic()
    with process("--environments", "1000") as (running, description):
        session, root = connect(description, "env0500")
        assert session.get(f"{root}WhoAmI", timeout=20).status_code == 200
        assert time.monotonic() - started < 10
        for number in range(1, 1000, 14):
            session, root = connect(description, f"env{number:04d}")
            assert session.get(f"{root}teams?$select=name", timeout=20).status_code == 200
        assert _resident_megabytes(running.pid) < 500


def _resident_megabytes(process_id: int) -> float:
    status = Path(f"/proc/{process_id}/status")
    if not status.exists():
        pytest.skip("There is no /proc to read the memory of a process from.")
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def test_everything_survives_a_kill(tmp_path: Path) -> None:
    with process("--data", str(tmp_path)) as (running, description):
        session, root = connect(description, "dev")
        created = session.post(f"{root}annotations", json={"subject": "kept"}, timeout=20)
        assert created.status_code == 204
        note = created.headers["OData-EntityId"].rpartition("annotations")[2]
        os.kill(running.pid, signal.SIGKILL)
        running.wait(10)
    with process("--data", str(tmp_path)) as (_dummy, description):
        again, root = connect(description, "dev")
        assert again.get(f"{root}annotations{note}", timeout=20).json()["subject"] == "kept"
        again.headers["Authorization"] = session.headers["Authorization"]
        assert again.get(f"{root}WhoAmI", timeout=20).status_code == 401, "another port is another audience"


def test_writes_cut_off_by_a_kill_are_whole_or_absent(tmp_path: Path) -> None:
    """Change sets of two notes each; whatever was killed in the middle, notes come in pairs."""
    from client import change_set, part

    with process("--data", str(tmp_path)) as (running, description):
        session, root = connect(description, "dev")
        pair = change_set(*(part("POST", "annotations", '{"subject":"x"}', str(number)) for number in (1, 2)))
        body = f"--b\r\n{pair}\r\n" * 300 + "--b--\r\n"
        headers = {"Content-Type": "multipart/mixed; boundary=b"}

        def write_on() -> None:
            while True:
                session.post(f"{root}$batch", data=body, headers=headers, timeout=20)

        with pytest.raises(requests.RequestException):
            _kill_soon(running, write_on)
    with process("--data", str(tmp_path)) as (_dummy, description):
        session, root = connect(description, "dev")
        count = int(session.get(f"{root}annotations/$count", timeout=20).text)
        assert count % 2 == 0


def _kill_soon(running: subprocess.Popen[str], work: Any) -> None:
    import threading

    timer = threading.Timer(0.25, lambda: os.kill(running.pid, signal.SIGKILL))
    timer.start()
    try:
        work()
    finally:
        timer.join()


@pytest.mark.parametrize("pause", [0.0, 0.5, 1.5])
def test_an_import_that_a_kill_interrupts_ends_as_a_whole(tmp_path: Path, pause: float) -> None:
    """After the restart the job comes to an end, and the solution is there with all its flows or not at all."""
    with process("--data", str(tmp_path)) as (running, description):
        development, root = connect(description, "dev")
        exported = development.post(
            f"{root}ExportSolution", json={"SolutionName": "CoESharedFlows", "Managed": True}, timeout=60
        )
        package = exported.json()["ExportSolutionFile"]
        flows = len(_flows(development, root))
        session, root = connect(description, "prod")
        body = {"OverwriteUnmanagedCustomizations": False, "PublishWorkflows": True, "CustomizationFile": package}
        started = session.post(f"{root}ImportSolutionAsync", json=body, timeout=60).json()
        time.sleep(pause)
        os.kill(running.pid, signal.SIGKILL)
        running.wait(10)
    with process("--data", str(tmp_path)) as (_dummy, description):
        session, root = connect(description, "prod")
        job = f"{root}asyncoperations({started['AsyncOperationId']})?$select=statecode,statuscode"
        deadline = time.monotonic() + 20
        while (state := session.get(job, timeout=20).json())["statecode"] != 3:
            assert time.monotonic() < deadline, "the job never ends"
            time.sleep(0.1)
        expected = flows if state["statuscode"] == 30 else 0
        assert state["statuscode"] in (30, 31)
        assert len(_flows(session, root)) == expected
        installed = session.get(f"{root}solutions?$filter=uniquename eq 'CoESharedFlows'", timeout=20).json()["value"]
        assert len(installed) == bool(expected)


def _flows(session: requests.Session, root: str) -> list[Any]:
    rows: list[Any] = session.get(f"{root}workflows?$select=name&$filter=category eq 6", timeout=20).json()["value"]
    return rows
