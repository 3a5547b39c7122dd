# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One request to an environment and its answer, independent of how they travelled (alone or inside a $batch)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import ODataError, invalid_payload

JSON_TYPE = "application/json; odata.metadata=minimal"


@dataclass
class Call:
    """`path` and `query` are still percent-encoded; `path` begins after `/api/data/v9.2/`.

    Header names in lower case.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    root: str
    """`https://localhost:8443/dev/api/data/v9.2/`"""

    @property
    def prefer(self) -> str:
        return self.headers.get("prefer", "")

    def json(self) -> dict[str, Any]:
        """The body as JSON object; 400 when it is none, 415 when it is declared as something else."""
        if not self.body:
            return {}
        if "json" not in self.headers.get("content-type", "").lower():
            raise ODataError(
                415,
                "0x80060888",
                f"A supported MIME type could not be found that matches the content type of the request: "
                f"'{self.headers.get('content-type', '')}'.",
            )
        try:
            content = json.loads(self.body)
        except ValueError as error:
            raise invalid_payload(self.path, f"Invalid JSON. {error}") from error
        if not isinstance(content, dict):
            raise invalid_payload(self.path, "Invalid JSON. A JSON object was expected.")
        return content


@dataclass
class Answer:
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


def json_answer(status: int, content: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Answer:
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return Answer(status, {"Content-Type": JSON_TYPE, "OData-Version": "4.0", **(headers or {})}, body)


def error_answer(error: ODataError, prefer: str = "") -> Answer:
    """Source: "Compose HTTP requests and handle errors"; annotations only when they are asked for."""
    content: dict[str, Any] = {"code": error.code, "message": error.message}
    if "include-annotations" in prefer:
        content |= {
            "@Microsoft.PowerApps.CDS.ErrorDetails.OperationStatus": "0",
            "@Microsoft.PowerApps.CDS.HelpLink": "http://go.microsoft.com/fwlink/?LinkID=398563&error="
            f"Microsoft.Crm.CrmException%3a{int(error.code, 16):x}",
            "@Microsoft.PowerApps.CDS.InnerError.Message": error.message,
        }
    return json_answer(error.status, {"error": content}, error.headers)
