# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`$metadata` holds all that is offered, and names nothing that it does not hold."""

from __future__ import annotations

import re

from client import Client, error
from dataverse_simulator.environments import schema
from dataverse_simulator.web_api.operations import operation_names
from lxml import etree  # type: ignore[import-untyped]

EDM = "{http://docs.oasis-open.org/odata/ns/edm}"


def test_tables_and_operations_are_in_it(api: Client) -> None:
    answer = api.get("$metadata", headers={"Accept": "application/xml"})
    assert answer.headers["Content-Type"] == "application/xml"
    root = etree.fromstring(answer.content)
    sets = {one.get("Name") for one in root.iter(f"{EDM}EntitySet")}
    assert sets == {table.set_name for table in schema.all_tables() if not table.internal}
    operations = {one.get("Name") for tag in ("Action", "Function") for one in root.iter(f"{EDM}{tag}")}
    assert operations == operation_names()


def test_every_type_it_names_is_declared(api: Client) -> None:
    root = etree.fromstring(api.get("$metadata").content)
    declared = {
        one.get("Name") for tag in ("EntityType", "ComplexType", "EnumType") for one in root.iter(f"{EDM}{tag}")
    }
    used = {name for value in root.xpath("//@Type | //@BaseType | //@EntityType") for name in _names(value)}
    assert used - declared == set()


def _names(type_name: str) -> list[str]:
    return re.findall(r"(?:mscrm|Microsoft\.Dynamics\.CRM)\.(\w+)", type_name)


def test_it_is_no_json(api: Client) -> None:
    answer = api.get("$metadata", headers={"Accept": "application/json"})
    assert error(answer) == (501, "0x80060890")
