# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client for the tests of the domain: the Web API of one environment, with the few calls they all make."""

from __future__ import annotations

import base64
import dataclasses
import json
from typing import Any

import requests
from dataverse_simulator import Simulator
from dataverse_simulator.packages.package import SolutionPackage, read_package, write_package

MASKS = {
    1: "ReadAccess",
    851991: "ReadAccess,WriteAccess,AppendAccess,AppendToAccess,DeleteAccess,ShareAccess,AssignAccess",
}


class Refused(Exception):  # noqa: N818 - an answer, not a defect
    """An answer with an error: `status`, `code`, `message`."""

    def __init__(self, response: requests.Response) -> None:
        error = response.json()["error"]
        self.status, self.code, self.message = response.status_code, error["code"], error["message"]
        self.headers = response.headers
        super().__init__(f"{self.status} {self.code} {self.message}")


class WebApi:
    """`application`: as which application of the seed the calls are made."""

    def __init__(self, simulator: Simulator, environment: str, application: str = "") -> None:
        self.simulator = simulator
        self.environment = environment
        self.application = application
        self.url = simulator.environment_url(environment)
        self._session = requests.Session()

    def request(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
        response = self._session.request(
            method,
            f"{self.url}/api/data/v9.2/{path}",
            data=None if body is None else json.dumps(body),
            headers={
                "Authorization": f"Bearer {self.simulator.token(self.environment, self.application)}",
                "Accept": "application/json",
                "OData-Version": "4.0",
                "OData-MaxVersion": "4.0",
                "Content-Type": "application/json; charset=utf-8",
                **(headers or {}),
            },
            verify=self.simulator.ca_path,
            timeout=60,
        )
        if response.status_code >= 400:
            raise Refused(response)
        self.location = response.headers.get("OData-EntityId", "")
        return response.json() if response.content else None

    def get(self, path: str) -> Any:
        return self.request("GET", path)

    def rows(self, path: str) -> list[dict[str, Any]]:
        return list(self.get(path)["value"])

    def call(self, action: str, **parameters: Any) -> Any:
        return self.request("POST", action, parameters)

    def create(self, path: str, row: dict[str, Any], **headers: str) -> str:
        self.request("POST", path, row, {name.replace("_", "."): value for name, value in headers.items()})
        return self.location.rpartition("(")[2].rstrip(")")

    def change(self, path: str, changes: dict[str, Any]) -> None:
        self.request("PATCH", path, changes)

    def delete(self, path: str) -> None:
        self.request("DELETE", path)

    def solution(self, name: str) -> dict[str, Any] | None:
        return next(iter(self.rows(f"solutions?$filter=uniquename eq '{name}'")), None)

    def version(self, name: str) -> str | None:
        found = self.solution(name)
        return found["version"] if found else None

    def flow(self, name: str) -> dict[str, Any] | None:
        quoted = name.replace("'", "''")
        return next(iter(self.rows(f"workflows?$filter=name eq '{quoted}'")), None)

    def flow_id(self, name: str) -> str:
        found = self.flow(name)
        assert found, f"no flow {name} in {self.environment}"
        return str(found["workflowid"])

    def finish(self, answer: dict[str, Any]) -> dict[str, Any]:
        """Let the clock run until the job is over; its asyncoperation."""
        self.simulator.advance(self.simulator.environment(self.environment).settings.job_seconds + 1)
        row: dict[str, Any] = self.get(f"asyncoperations({answer['AsyncOperationId']})")
        assert row["statecode"] == 3, row
        return row

    def run(self, action: str, **parameters: Any) -> dict[str, Any]:
        """Start a job, let it end, expect success."""
        row = self.finish(self.call(action, **parameters))
        assert row["statuscode"] == 30, row["message"]
        return row

    def fails(self, action: str, **parameters: Any) -> tuple[int, str]:
        """Start a job and let it end: the (signed) code and text with which it failed."""
        row = self.finish(self.call(action, **parameters))
        assert row["statuscode"] == 31, "the job succeeded"
        return row["errorcode"], row["message"]

    def export(self, name: str, *, managed: bool = True) -> SolutionPackage:
        return read_package(
            base64.b64decode(self.call("ExportSolution", SolutionName=name, Managed=managed)["ExportSolutionFile"])
        )

    def shares(self, flow: str) -> dict[str, str]:
        """Principal id → access mask of the flow's shares."""
        target = f"{{'@odata.id':'workflows({self.flow_id(flow)})'}}"
        answer = self.get(f"RetrieveSharedPrincipalsAndAccess(Target=@t)?@t={target}")
        return {item["Principal"]["ownerid"]: item["AccessMask"] for item in answer["PrincipalAccesses"]}

    def share(
        self, flow: str, principal: tuple[str, str], mask: str = "ReadAccess", action: str = "GrantAccess"
    ) -> None:
        table, row_id = principal
        self.call(
            action,
            Target=record("workflow", self.flow_id(flow)),
            PrincipalAccess={"Principal": record(table, row_id), "AccessMask": mask},
        )

    def revoke(self, flow: str, principal: tuple[str, str]) -> None:
        self.call("RevokeAccess", Target=record("workflow", self.flow_id(flow)), Revokee=record(*principal))

    def team(self, name: str) -> tuple[str, str]:
        return "team", self.rows(f"teams?$filter=name eq '{name}'&$orderby=createdon")[0]["teamid"]

    def user(self, upn: str) -> tuple[str, str]:
        quoted = upn.replace("'", "''")
        return "systemuser", self.rows(f"systemusers?$filter=domainname eq '{quoted}'")[0]["systemuserid"]


def record(table: str, row_id: str) -> dict[str, str]:
    return {f"{table}id": row_id, "@odata.type": f"Microsoft.Dynamics.CRM.{table}"}


def package_file(package: SolutionPackage, **changes: Any) -> str:
    """The package as base64, with members of its manifest changed (version, managed, …)."""
    changed = dataclasses.replace(package, manifest=dataclasses.replace(package.manifest, **changes))
    return base64.b64encode(write_package(changed)).decode()


def without(package: SolutionPackage, *names: str) -> SolutionPackage:
    """The package without the components of these names (flows by name, others by key)."""
    gone = {row.key for row in package.rows if row.values.get("name") in names or row.key in names}
    rows = tuple(row for row in package.rows if row.key not in gone and row.values.get("process") not in gone)
    roots = tuple(
        root for root in package.manifest.root_components if root.id not in gone and root.schema_name not in gone
    )
    return dataclasses.replace(
        package, rows=rows, manifest=dataclasses.replace(package.manifest, root_components=roots)
    )


def import_parameters(file: str, **more: Any) -> dict[str, Any]:
    return {"OverwriteUnmanagedCustomizations": False, "PublishWorkflows": True, "CustomizationFile": file, **more}
