# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plain HTTP client of one environment: every answer comes back as it is."""

from __future__ import annotations

from typing import Any

import requests
from dataverse_simulator import Simulator

CRLF = "\r\n"


class Client:
    """`application` is the name of one of the seeded applications; "" asks for none (no token)."""

    def __init__(self, simulator: Simulator, environment: str, application: str = "deployment") -> None:
        self.simulator = simulator
        self.environment = environment
        self.root = f"{simulator.environment_url(environment)}/api/data/v9.2/"
        self.session = requests.Session()
        self.session.verify = simulator.ca_path
        self.session.trust_env = False
        if application:
            self.session.headers["Authorization"] = f"Bearer {simulator.token(environment, application)}"

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        url = path if path.startswith("https:") else self.root + path
        return self.session.request(method, url, timeout=20, **options)

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.send("GET", path, **options)

    def post(self, path: str, body: Any = None, **headers: str) -> requests.Response:
        return self.send("POST", path, json=body if body is not None else {}, headers=_names(headers))

    def patch(self, path: str, body: Any, **headers: str) -> requests.Response:
        return self.send("PATCH", path, json=body, headers=_names(headers))

    def values(self, path: str) -> list[dict[str, Any]]:
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        rows: list[dict[str, Any]] = answer.json()["value"]
        return rows

    def create(self, set_name: str, body: dict[str, Any]) -> str:
        """The id of a new record."""
        answer = self.post(set_name, body)
        assert answer.status_code == 204, answer.text
        return answer.headers["OData-EntityId"].rpartition("(")[2].rstrip(")")

    def batch(self, parts: list[str], prefer: str = "", boundary: str = "batch_1") -> requests.Response:
        """`parts`: what stands between the delimiters."""
        body = "".join(f"--{boundary}{CRLF}{part}{CRLF}" for part in parts) + f"--{boundary}--{CRLF}"
        headers = {"Content-Type": f'multipart/mixed; boundary="{boundary}"', **({"Prefer": prefer} if prefer else {})}
        return self.send("POST", "$batch", data=body.encode(), headers=headers)


def part(method: str, path: str, body: str = "", content_id: str = "", headers: str = "") -> str:
    """One operation of a batch."""
    lines = ["Content-Type: application/http", "Content-Transfer-Encoding: binary"]
    lines += [f"Content-ID: {content_id}"] if content_id else []
    lines += ["", f"{method} {path} HTTP/1.1"]
    lines += ["Content-Type: application/json"] if body else []
    lines += [headers] if headers else []
    return CRLF.join([*lines, "", body])


def change_set(*parts: str, boundary: str = "changeset_1") -> str:
    inner = "".join(f"--{boundary}{CRLF}{one}{CRLF}" for one in parts) + f"--{boundary}--{CRLF}"
    return f"Content-Type: multipart/mixed; boundary={boundary}{CRLF}{CRLF}{inner}"


def error(answer: requests.Response) -> tuple[int, str]:
    """Status and code of an error answer."""
    return answer.status_code, answer.json()["error"]["code"]


def _names(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
