# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets and tokens appear nowhere: not in what Ansible prints at its most talkative, and in no file that it keeps.

What is searched really is written: the word CONTROL, which is no secret, has to appear in every place.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from unittest import mock
from urllib.parse import parse_qs, quote_plus

import pytest
from ansible_collections.coe.power_platform.plugins.modules import solution_info
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.https_server import (
    Answer,
    Request,
    https_server,
)

PLAYBOOK = pathlib.Path(__file__).with_name("secrets.yml")
CONTROL = "CoESharedFlows"
PASSWORD = "planted-certificate-password"
Variables = dict[str, Any]


@pytest.fixture
def issued(simulator: Any) -> Iterator[list[str]]:
    """The tokens that the sign-in service issues meanwhile."""
    tokens: list[str] = []
    with _tokens_told_to(tokens.append, simulator):
        yield tokens


@contextlib.contextmanager
def _tokens_told_to(listener: Callable[[str], None], simulator: Any) -> Iterator[None]:
    issue: Callable[..., str] = simulator.tokens.issue

    def issue_and_tell(*args: Any, **kwargs: Any) -> str:
        token = issue(*args, **kwargs)
        listener(token)
        return token

    with mock.patch.object(simulator.tokens, "issue", issue_and_tell):
        yield


@pytest.fixture
def settings(simulator: Any, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Variables:
    """Variables of the playbook; Ansible writes all it writes below the folder ``kept``."""
    kept, inputs = tmp_path / "kept", tmp_path / "inputs"
    inputs.mkdir()
    for name, value in {
        "ANSIBLE_ASYNC_DIR": kept / "async",
        "ANSIBLE_CACHE_PLUGIN": "jsonfile",
        "ANSIBLE_CACHE_PLUGIN_CONNECTION": kept / "facts",
        "ANSIBLE_CALLBACKS_ENABLED": "ansible.builtin.junit",
        "ANSIBLE_LOCAL_TEMP": kept / "local",
        "ANSIBLE_LOG_PATH": kept / "log" / "ansible.log",
        "ANSIBLE_REMOTE_TEMP": kept / "remote",
        "ANSIBLE_VAULT_PASSWORD_FILE": inputs / "vault_password",
        "AZURE_POD_IDENTITY_AUTHORITY_HOST": simulator.base_url,
        "JUNIT_OUTPUT_DIR": kept / "junit",
        "PATH": os.pathsep.join([str(pathlib.Path(sys.executable).parent), os.environ["PATH"]]),
        "POWER_PLATFORM_CLIENT_SECRET": simulator.credentials("reader").secret,
    }.items():
        monkeypatch.setenv(name, str(value))
    (kept / "log").mkdir(parents=True)
    (inputs / "vault_password").write_text("open sesame")
    connection = simulator.connection("dev")
    return {
        "address": {key: value for key, value in connection.items() if key != "client_secret"},
        "ansible_async_dir": str(kept / "async"),
        "ansible_python_interpreter": sys.executable,
        "control": CONTROL,
        "credentials": _credentials(simulator, inputs),
        "reader": simulator.credentials("reader").client_id,
        "right_secret": simulator.client_secret,
    }


def _credentials(simulator: Any, folder: pathlib.Path) -> list[Variables]:
    """Right and wrong credentials of each kind."""
    (folder / "token").write_text(simulator.federated_token())
    shutil.copy(simulator.certificate_path, folder / "certificate.pem")
    certificate = {"certificate_path": str(folder / "certificate.pem")}
    return [
        {"client_secret": simulator.client_secret},
        {"client_secret": "planted-client-secret", "wrong": True},
        {**certificate, "certificate_password": PASSWORD},
        {"certificate_path": str(folder / "missing.pfx"), "certificate_password": PASSWORD, "wrong": True},
        {"federated_token": simulator.federated_token()},
        {"federated_token": simulator.federated_token("planted:somebody"), "wrong": True},
        {"federated_token_path": str(folder / "token")},
        {"access_token": simulator.token("dev")},
        {"access_token": simulator.token("test"), "wrong": True},
        {"access_token": "planted.access.token", "wrong": True},
        {"managed_identity": True},
    ]


def _secrets(settings: Variables, issued: list[str]) -> set[str]:
    """Everything that must not appear."""
    kinds = ("client_secret", "certificate_password", "federated_token", "access_token")
    given = {str(credential[kind]) for credential in settings["credentials"] for kind in kinds if kind in credential}
    return {*given, *issued, "planted-in-a-vault", os.environ["POWER_PLATFORM_CLIENT_SECRET"]}


def _write_variables(settings: Variables, folder: pathlib.Path) -> pathlib.Path:
    """Write the playbook's variables, a part of one of them encrypted, and return the file."""
    encrypt = [sys.executable, "-m", "ansible", "vault", "encrypt_string", "planted-in-a-vault"]
    vaulted = subprocess.run(encrypt, check=True, capture_output=True, text=True).stdout
    lines = [f"{name}: {json.dumps(value)}\n" for name, value in settings.items()]
    path = folder / "variables.yml"
    path.write_text("".join([*lines, "from_vault:\n  client_secret: ", vaulted]))
    return path


def _found(texts: Mapping[str, str], secrets: set[str]) -> list[tuple[str, str]]:
    """Return where which of the secrets appears."""
    return [(place, secret) for place, text in texts.items() for secret in secrets if secret in text]


def _files(folder: pathlib.Path) -> dict[str, str]:
    """Return all files below a folder."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_text("utf-8", "replace") for path in files}


def _wait_for_end_of_background(kept: pathlib.Path) -> None:
    """Wait until Ansible has removed the module that ran in the background; it holds the task's options."""
    end = time.monotonic() + 30
    while any((kept / "remote").rglob("AnsiballZ_*")):
        assert time.monotonic() < end
        time.sleep(0.5)


@pytest.mark.parametrize("in_worker", [True, False], ids=["worker", "module"])
def test_no_secret_appears_anywhere(
    settings: Variables, issued: list[str], tmp_path: pathlib.Path, in_worker: bool
) -> None:
    settings["power_platform_in_worker"] = in_worker
    variables = _write_variables(settings, tmp_path / "inputs")
    words = [sys.executable, "-m", "ansible", "playbook", "-vvvv", "-i", "localhost,", "-e", f"@{variables}"]
    completed = subprocess.run([*words, str(PLAYBOOK)], capture_output=True, text=True, check=False)
    assert completed.returncode == 0, completed.stdout + completed.stderr
    _wait_for_end_of_background(tmp_path / "kept")
    texts = {**_files(tmp_path / "kept"), "stdout": completed.stdout, "stderr": completed.stderr}
    places = {place.partition("/")[0] for place, text in texts.items() if CONTROL in text}
    assert {"async", "facts", "junit", "log", "stdout"} <= places
    assert issued
    assert not _found(texts, _secrets(settings, issued))


def test_no_secret_appears_in_what_ansible_runner_keeps(
    settings: Variables, issued: list[str], tmp_path: pathlib.Path
) -> None:
    runner = pytest.importorskip("ansible_runner", reason="ansible-runner is not installed")
    (tmp_path / "project").mkdir()
    shutil.copy(PLAYBOOK, tmp_path / "project")
    variables = _write_variables(settings, tmp_path / "inputs")
    result = runner.run(
        private_data_dir=str(tmp_path),
        playbook=PLAYBOOK.name,
        inventory="localhost,",
        cmdline=f"-e @{variables}",
        verbosity=4,
        quiet=True,
    )
    assert result.status == "successful"
    _wait_for_end_of_background(tmp_path / "kept")
    texts = _files(tmp_path / "artifacts")
    # ansible-runner notes the environment variables that it ran with; who may read its artifacts has them anyway.
    commands = [texts.pop(place) for place in list(texts) if place.endswith("/command")]
    assert commands
    assert any(CONTROL in text for place, text in texts.items() if "job_events" in place)
    assert not _found({**texts, **_files(tmp_path / "kept")}, _secrets(settings, issued))


@pytest.mark.parametrize("place", ["option", "variable"])
def test_secrets_that_the_environment_repeats_are_struck_out(
    simulator: Any, run_module: Any, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    connection = simulator.connection("dev")
    secret = connection["client_secret"]
    if place == "variable":
        monkeypatch.setenv("POWER_PLATFORM_CLIENT_SECRET", connection.pop("client_secret"))
    tokens: list[str] = []

    def repeat(token: str) -> None:
        tokens.append(token)
        simulator.add_fault({"kind": "error", "status": 400, "message": f"Who sent {secret} and {token}?"})

    with _tokens_told_to(repeat, simulator):
        result = run_module(solution_info, **connection)
    assert "Who sent ******** and ********?" in result["msg"]
    assert not _found({"result": json.dumps(result)}, {secret, *tokens})


REPEATED = "planted secret/+&ü"
HOSTILE_PLAY = """
- hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - coe.power_platform.solution_info: "{{ address | combine(item) }}"
      loop: "{{ kinds }}"
      ignore_errors: true
      register: refused
    - ansible.builtin.set_fact: {kept: "{{ refused }} {{ control }}", cacheable: true}
"""


@pytest.mark.parametrize("in_worker", [True, False], ids=["worker", "module"])
def test_what_the_sign_in_service_repeats_appears_nowhere(
    settings: Variables, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, in_worker: bool
) -> None:
    sent: list[str] = []
    with https_server(tmp_path) as server:
        server.answers = [lambda request: _repeating(request, server.url, sent)]
        federated, certificate = settings["credentials"][6], settings["credentials"][2]["certificate_path"]
        for name, value in {"DEBUG": "1", "VERBOSITY": "4"}.items():
            monkeypatch.setenv(f"ANSIBLE_{name}", value)
        monkeypatch.setenv("POWER_PLATFORM_CLIENT_SECRET", REPEATED)
        common = {**settings["address"], "authority": server.url, "ca_path": server.ca_path, "tenant_id": "t"}
        variables = {
            **settings,
            "power_platform_in_worker": in_worker,
            "address": {key: value for key, value in common.items() if value},
            "kinds": [{}, federated, {"certificate_path": certificate}] * 3,
        }
        (tmp_path / "inputs" / "variables.json").write_text(json.dumps(variables))
        (tmp_path / "inputs" / "play.yml").write_text(HOSTILE_PLAY)
        words = [sys.executable, "-m", "ansible", "playbook", "-i", "localhost,"]
        words += ["-e", f"@{tmp_path}/inputs/variables.json", str(tmp_path / "inputs" / "play.yml")]
        completed = subprocess.run(words, capture_output=True, text=True, check=False)
    assert completed.returncode == 0, completed.stdout + completed.stderr
    assert len(sent) == 9
    texts = {**_files(tmp_path / "kept"), "stdout": completed.stdout, "stderr": completed.stderr}
    assert {"facts", "log", "stdout"} <= {place.partition("/")[0] for place, text in texts.items() if CONTROL in text}
    assert not _found(texts, {word for text in sent for word in (text, quote_plus(text), json.dumps(text)[1:-1])})
    assert not _found(texts, {"planted", "issued-token"})


def _repeating(request: Request, url: str, sent: list[str]) -> Answer:
    """Be a sign-in service that repeats what it was sent."""
    if request.method == "GET":
        endpoints = {name: f"{url}/t/{name}" for name in ("token_endpoint", "authorization_endpoint", "issuer")}
        return Answer(200, endpoints)
    body = request.body.decode()
    form = parse_qs(body)
    sent.append(form.get("client_secret", form.get("client_assertion", ["none"]))[0])
    if len(sent) <= 3:
        return Answer(200, {"access_token": "issued-token", "expires_in": "soon"})
    if len(sent) <= 6:
        return Answer(200, f'{{"access_token": "issued-token", {body}'.encode())
    return Answer(401, {"error": "invalid_client", "error_description": f"Who sent {body} and {sent[-1]}?"})


@pytest.mark.parametrize(
    ("in_worker", "given_as", "setting", "written"),
    [
        (True, "option", "KEEP_REMOTE_FILES", False),
        (False, "option", "KEEP_REMOTE_FILES", True),
        (False, "variable", "KEEP_REMOTE_FILES", False),
        (False, "option", "PIPELINING", False),
    ],
    ids=["worker", "module", "module with a variable", "module with pipelining"],
)
def test_only_the_file_of_a_real_module_holds_options(
    simulator: Any,
    tmp_path: pathlib.Path,
    settings: Variables,
    monkeypatch: pytest.MonkeyPatch,
    in_worker: bool,
    given_as: str,
    setting: str,
    written: bool,
) -> None:
    monkeypatch.setenv(f"ANSIBLE_{setting}", "1")
    connection = simulator.connection("dev")
    secret = connection["client_secret"]
    if given_as == "variable":
        monkeypatch.setenv("POWER_PLATFORM_CLIENT_SECRET", connection.pop("client_secret"))
    # The callback junit writes the options of a task as they stand in the playbook.
    options = {option: f"{{{{ {option} }}}}" for option in connection}
    task = {"coe.power_platform.solution_info": {**options, "name": CONTROL}}
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [task]}
    (tmp_path / "inputs" / "play.yml").write_text(json.dumps([play]))
    switches = {**connection, "power_platform_in_worker": in_worker, "ansible_python_interpreter": sys.executable}
    words = [sys.executable, "-m", "ansible", "playbook", "-i", "localhost,", "-e", json.dumps(switches)]
    completed = subprocess.run([*words, str(tmp_path / "inputs" / "play.yml")], capture_output=True, check=False)
    assert completed.returncode == 0, completed.stdout
    assert bool(_found(_files(tmp_path / "kept"), {secret})) is written
