# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of environments as administrators get it from the Power Platform (BAP) API.

Source: "List environments"; bodies as recorded from the real service (see the README).
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..entra.authority import SERVICE_AUDIENCES
from ..entra.tokens import InvalidTokenError, Tokens
from ..environments.environment import Environment
from ..environments.registry import Environments
from ..environments.seeding import environment_id, stable_id

ROOT = "/providers/Microsoft.BusinessAppPlatform"


class Admin:
    def __init__(self, environments: Environments, tokens: Tokens) -> None:
        self._environments = environments
        self._tokens = tokens

    def routes(self) -> list[Route]:
        paths = (f"{ROOT}/scopes/admin/environments", f"{ROOT}/environments")
        return [
            *(Route(path, self._list) for path in paths),
            *(Route(path + "/{name}", self._one) for path in paths),
        ]

    async def _list(self, request: Request) -> Response:
        refused = self._refuse(request)
        if refused:
            return refused
        names = self._environments.names()
        return JSONResponse({"value": [self._entry(self._environments.get(name), request) for name in names]})

    async def _one(self, request: Request) -> Response:
        refused = self._refuse(request)
        if refused:
            return refused
        wanted = request.path_params["name"].lower()
        for name in self._environments.names():
            if environment_id(name) == wanted:
                return JSONResponse(self._entry(self._environments.get(name), request))
        return _error(404, "EnvironmentNotFound", f"The environment '{wanted}' could not be found in the tenant.")

    def _refuse(self, request: Request) -> Response | None:
        kind, _dummy, token = request.headers.get("authorization", "").partition(" ")
        try:
            claims = self._tokens.verify(token) if kind.lower() == "bearer" else {"aud": ""}
        except InvalidTokenError as error:
            return _error(401, "InvalidAuthenticationToken", str(error))
        if str(claims["aud"]).rstrip("/") not in SERVICE_AUDIENCES:
            return _error(
                401,
                "InvalidAuthenticationAudience",
                "The access token has been obtained for a wrong audience or resource.",
            )
        if "api-version" not in request.query_params:
            return _error(
                400,
                "MissingApiVersionParameter",
                "The api-version query parameter (?api-version=) is required for all requests.",
            )
        return None

    def _entry(self, environment: Environment, request: Request) -> dict[str, Any]:
        """Without opening the environment: names and ids are known beforehand."""
        name = environment.name
        url = f"{request.url.scheme}://{request.url.netloc}/{name}/"
        own_id = environment_id(name)
        return {
            "id": f"{ROOT}/scopes/admin/environments/{own_id}",
            "type": "Microsoft.BusinessAppPlatform/scopes/environments",
            "location": "europe",
            "name": own_id,
            "properties": {
                "displayName": environment.display_name,
                "azureRegion": "westeurope",
                "environmentSku": "Sandbox",
                "isDefault": False,
                "databaseType": "CommonDataService",
                "linkedEnvironmentMetadata": {
                    "resourceId": stable_id(name, "organization"),
                    "friendlyName": environment.display_name,
                    "uniqueName": f"unq{name}",
                    "domainName": name,
                    "version": "9.2.25063.00190",
                    "instanceUrl": url,
                    "instanceApiUrl": url.rstrip("/"),
                    "baseLanguage": 1033,
                    "instanceState": "Ready",
                    "createdTime": "2026-01-01T00:00:00Z",
                    "backgroundOperationsState": "Enabled",
                    "scaleGroup": "EURCRMLIVESG000",
                    "platformSku": "Standard",
                    "schemaType": "Standard",
                },
                "states": {"management": {"id": "Ready"}, "runtime": {"id": "Enabled"}},
                "runtimeEndpoints": {"microsoft.Flow": url},
            },
        }


def _error(status: int, code: str, message: str) -> Response:
    return JSONResponse({"error": {"code": code, "message": message}}, status)
