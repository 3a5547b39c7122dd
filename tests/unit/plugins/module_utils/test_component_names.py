# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of tables by the ids of their definitions, as far as the caller may know them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._dataverse.batch import BatchRequest, Reply
from ansible_collections.coe.power_platform.plugins.module_utils._dataverse.client import DataverseClient
from ansible_collections.coe.power_platform.plugins.module_utils._dataverse.rows import Request, Row
from ansible_collections.coe.power_platform.plugins.module_utils._dataverse.service_errors import refusal
from ansible_collections.coe.power_platform.plugins.module_utils._errors import ApiError
from ansible_collections.coe.power_platform.plugins.module_utils._solutions.component_names import table_names
from ansible_collections.coe.power_platform.plugins.module_utils._transport.auth import TokenSource
from ansible_collections.coe.power_platform.plugins.module_utils._transport.http import HttpSession
from ansible_collections.coe.power_platform.plugins.module_utils._transport.messages import Response
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.package_maker import flow_id


class Definitions(DataverseClient):
    """A client that answers each definition with a name, or with the error of a status."""

    def __init__(self, **answers: str | int) -> None:
        self.told: list[str] = []
        super().__init__("https://a.example", HttpSession(), cast(TokenSource, None), self.told.append)
        self.answers = {f"EntityDefinitions({flow_id(int(key[1:]))})": value for key, value in answers.items()}
        self.batches = 0

    def batch(self, operations: Sequence[BatchRequest]) -> list[Reply]:
        self.batches += 1
        return [_reply(self.answers[operation.path.partition("?")[0]]) for operation in operations]


def _reply(answer: str | int) -> Reply:
    if isinstance(answer, str):
        return Reply(200, Row({"LogicalName": answer}, Request("GET EntityDefinitions")))
    error = refusal(Response(answer, {}, b"", "https://a.example"), "GET EntityDefinitions", repeatable=True)
    return Reply(answer, Row({}, Request("GET EntityDefinitions")), error)


def names(client: Definitions, *numbers: int) -> dict[str, Any]:
    return table_names(client, {flow_id(number) for number in numbers})


def test_all_names_come_with_one_request() -> None:
    client = Definitions(_1="con_one", _2="con_two")

    assert names(client, 1, 2) == {flow_id(1): "con_one", flow_id(2): "con_two"}
    assert client.batches == 1


@pytest.mark.parametrize(("status", "warnings"), [(403, 1), (404, 0)])
def test_a_definition_that_may_not_be_read_has_no_name(status: int, warnings: int) -> None:
    client = Definitions(_1=status, _2="con_two", _3=status)
    assert names(client, 1, 2, 3) == {flow_id(2): "con_two"}
    assert len(client.told) == warnings


@pytest.mark.parametrize("status", [400, 500])
def test_another_error_is_one(status: int) -> None:
    with pytest.raises(ApiError):
        names(Definitions(_1=status), 1)
