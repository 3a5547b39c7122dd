# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps with Microsoft's Python SDK, run by its own interpreter: `python dataverse_client.py <step> <connection>`.

The connection is JSON: url, authority, tenant_id, client_id, client_secret. Prints the result as JSON.
"""

from __future__ import annotations

import json
import sys
from typing import Any
from urllib.parse import urlsplit

from azure.identity import ClientSecretCredential
from PowerPlatform.Dataverse.client import DataverseClient
from PowerPlatform.Dataverse.core.errors import HttpError

NOBODY = "00000000-0000-0000-0000-000000000001"


def connect(given: dict[str, str]) -> DataverseClient:
    credential = ClientSecretCredential(
        given["tenant_id"],
        given["client_id"],
        given["client_secret"],
        authority="https://" + urlsplit(given["authority"]).netloc,
        disable_instance_discovery=True,
    )
    return DataverseClient(given["url"], credential)


def query(client: DataverseClient) -> Any:
    flows = client.records.list("workflow", select=["name"], filter="category eq 6", orderby=["name"])
    pages = client.records.list_pages("workflow", select=["name"], page_size=2)
    return {"names": [flow["name"] for flow in flows], "pages": [len(page) for page in pages]}


def records(client: DataverseClient) -> Any:
    team = client.records.create("team", {"name": "SDK robots"})
    client.records.update("team", team, {"description": "Made by the SDK"})
    description = client.records.retrieve("team", team, select=["description"])["description"]
    client.records.delete("team", team)
    return {"description": description, "afterwards": client.records.retrieve("team", team)}


def upsert(client: DataverseClient) -> Any:
    key = {"connectionreferencelogicalname": "coe_sdk"}
    for label in ("First", "Second"):
        record = {"connectionreferencedisplayname": label}
        client.records.upsert("connectionreference", [{"alternate_key": key, "record": record}])
    condition = "connectionreferencelogicalname eq 'coe_sdk'"
    found = client.records.list("connectionreference", select=["connectionreferencedisplayname"], filter=condition)
    return [row["connectionreferencedisplayname"] for row in found]


def batch(client: DataverseClient) -> Any:
    request = client.batch.new()
    request.records.create("team", {"name": "Batch robots"})
    request.records.retrieve("team", NOBODY)
    request.tables.get("workflow")
    with request.changeset() as changes:
        team = changes.records.create("team", {"name": "Changeset robots"})
        changes.records.update("team", team, {"description": "In one go"})
    return [response.status_code for response in request.execute(continue_on_error=True).responses]


def files(client: DataverseClient) -> Any:
    row = next(iter(client.records.list("desktopflowbinary", select=["desktopflowbinaryid"], top=1)))
    client.files.upload("desktopflowbinary", row["desktopflowbinaryid"], "data", __file__, mode="small")
    return row["desktopflowbinaryid"]


def refused(client: DataverseClient) -> Any:
    answers = []
    for call in (
        lambda: client.query.sql("SELECT name FROM workflow"),
        lambda: client.records.create("team", [{"name": "One"}, {"name": "Two"}]),
        lambda: client.records.list("team", select=["nope"]),
    ):
        try:
            list(call())
        except HttpError as error:
            answers.append([error.status_code, str(error)])
    return answers


if __name__ == "__main__":
    print(json.dumps(globals()[sys.argv[1]](connect(json.loads(sys.argv[2])))))
