# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Token requests as other OAuth clients than msal write them."""

from __future__ import annotations

import base64
from urllib.parse import quote_plus

import pytest
import requests
from client import Client
from dataverse_simulator import Simulator


def ask(
    simulator: Simulator, form: dict[str, str], path: str = "/oauth2/v2.0/token", **headers: str
) -> requests.Response:
    client = Client(simulator, "dev", "")
    return client.session.post(simulator.authority + path, data=form, headers=headers, timeout=20)


def request_form(simulator: Simulator, **changes: str) -> dict[str, str]:
    form = {
        "grant_type": "client_credentials",
        "client_id": simulator.credentials("deployment").client_id,
        "client_secret": str(simulator.client_secret),
        "scope": f"{simulator.environment_url('dev')}/.default",
        **changes,
    }
    return {name: value for name, value in form.items() if value}


def basic(client_id: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{quote_plus(client_id)}:{quote_plus(secret)}".encode()).decode()


def test_the_secret_may_come_by_http_basic(simulator: Simulator) -> None:
    header = basic(simulator.credentials("deployment").client_id, str(simulator.client_secret))
    answer = ask(simulator, request_form(simulator, client_id="", client_secret=""), Authorization=header)
    assert answer.status_code == 200, answer.text
    assert answer.json()["token_type"] == "Bearer"


@pytest.mark.parametrize(
    ("header", "status", "number"),
    [("Basic !!", 400, 900144), ("Basic", 400, 900144), (basic("nope", "x"), 400, 700016)],
)
def test_wrong_http_basic_credentials_are_refused(simulator: Simulator, header: str, status: int, number: int) -> None:
    answer = ask(simulator, request_form(simulator, client_id="", client_secret=""), Authorization=header)
    assert (answer.status_code, answer.json()["error_codes"]) == (status, [number])


@pytest.mark.parametrize(
    ("path", "left_out"),
    [
        ("/oauth2/v2.0/token", "grant_type"),
        ("/oauth2/v2.0/token", "client_id"),
        ("/oauth2/v2.0/token", "scope"),
        ("/oauth2/token", "resource"),
    ],
)
def test_the_answer_names_the_parameter_that_is_missing(simulator: Simulator, path: str, left_out: str) -> None:
    changes = {"scope": ""} if left_out == "resource" else {left_out: ""}
    answer = ask(simulator, request_form(simulator, **changes), path).json()
    assert answer["error_codes"] == [900144]
    assert f"must contain the following parameter: '{left_out}'" in answer["error_description"]


@pytest.mark.parametrize("path", ["/oauth2/v2.0/devicecode", "/oauth2/v2.0/authorize", "/oauth2/authorize"])
def test_ways_for_people_to_sign_in_are_not_modelled(simulator: Simulator, path: str) -> None:
    answer = ask(simulator, {}, path)
    assert answer.status_code == 501
    assert path.rpartition("/")[2] in answer.json()["error_description"]


def test_a_token_is_asked_for_by_post(simulator: Simulator) -> None:
    client = Client(simulator, "dev", "")
    assert client.get(f"{simulator.authority}/oauth2/v2.0/token").status_code == 405
