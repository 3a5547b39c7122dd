# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Entra endpoints that msal and other OAuth clients use: discovery, keys, tokens, managed identity.

Source: OAuth 2.0 client credentials flow and error codes of the Microsoft identity platform (AADSTS…).
"""

from __future__ import annotations

import hmac
import json
import uuid
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any
from urllib.parse import urlsplit

import jwt
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..environments.places import place_of
from ..environments.registry import Environments
from ..environments.seeding import stable_id
from ..environments.settings import Settings
from ..tenant.directory import Application, Directory
from .assertions import AssertionRefusedError, AssertionVerifier
from .forms import read_form
from .tokens import Tokens

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
#: Audiences of Power Platform services besides the environments.
SERVICE_AUDIENCES = ("https://service.powerapps.com", "https://api.powerplatform.com")


class AuthorityError(Exception):
    """An OAuth error answer: status, `error`, AADSTS number and text."""

    def __init__(self, status: int, error: str, number: int, text: str) -> None:
        super().__init__(text)
        self.status, self.error, self.number, self.text = status, error, number, text

    def response(self) -> Response:
        now = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M:%SZ")
        trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
        text = f"AADSTS{self.number}: {self.text} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {now}"
        body = {
            "error": self.error,
            "error_description": text,
            "error_codes": [self.number],
            "timestamp": now,
            "trace_id": trace,
            "correlation_id": correlation,
        }
        return JSONResponse(body, self.status)


class Authority:
    """`identity_header`: the secret that callers of the App Service endpoint have to send."""

    def __init__(
        self, environments: Environments, tokens: Tokens, assertions: AssertionVerifier, identity_header: str
    ) -> None:
        self._environments = environments
        self._directory: Directory = environments.tenant.directory
        self._tokens = tokens
        self._assertions = assertions
        self._identity_header = identity_header

    def routes(self) -> list[Route]:
        return [
            Route("/{tenant}/v2.0/.well-known/openid-configuration", self._configuration),
            Route("/{tenant}/.well-known/openid-configuration", self._configuration),
            Route("/{tenant}/discovery/v2.0/keys", self._keys),
            Route("/{tenant}/oauth2/v2.0/token", self._token, methods=["POST"]),
            Route("/{tenant}/oauth2/token", self._token, methods=["POST"]),
            Route("/{tenant}/oauth2/v2.0/{endpoint}", _other_endpoint, methods=["GET", "POST"]),
            Route("/{tenant}/oauth2/{endpoint}", _other_endpoint, methods=["GET", "POST"]),
            Route("/common/discovery/instance", self._instance),
            Route("/metadata/identity/oauth2/token", self._imds),
            Route("/msi/token", self._app_service),
        ]

    def _known_tenant(self, request: Request) -> bool:
        return str(request.path_params["tenant"]).lower() == self._directory.tenant_id

    async def _configuration(self, request: Request) -> Response:
        if not self._known_tenant(request):
            return _no_tenant(request).response()
        base = _base(request)
        authority = f"{base}/{self._directory.tenant_id}"
        return JSONResponse(
            {
                "token_endpoint": f"{authority}/oauth2/v2.0/token",
                "token_endpoint_auth_methods_supported": [
                    "client_secret_post",
                    "private_key_jwt",
                    "client_secret_basic",
                ],
                "jwks_uri": f"{authority}/discovery/v2.0/keys",
                "response_modes_supported": ["query", "fragment", "form_post"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "response_types_supported": ["code", "id_token", "token"],
                "scopes_supported": ["openid", "profile", "email", "offline_access"],
                "issuer": f"{authority}/v2.0",
                "authorization_endpoint": f"{authority}/oauth2/v2.0/authorize",
                "device_authorization_endpoint": f"{authority}/oauth2/v2.0/devicecode",
                "tenant_region_scope": "EU",
                "cloud_instance_name": "microsoftonline.com",
            }
        )

    async def _instance(self, request: Request) -> Response:
        host = urlsplit(_base(request)).netloc
        return JSONResponse(
            {
                "tenant_discovery_endpoint": ""
                f"{_base(request)}/{self._directory.tenant_id}/v2.0/.well-known/openid-configuration",
                "api-version": "1.1",
                "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
            }
        )

    async def _keys(self, request: Request) -> Response:
        return JSONResponse({"keys": [self._tokens.public_key()]})

    async def _token(self, request: Request) -> Response:
        form = await read_form(request)
        try:
            if not self._known_tenant(request):
                raise _no_tenant(request)
            _check_grant(form.get("grant_type", ""))
            application = self._authenticate(form, _base(request))
            audience = self._audience(form, _base(request), 2 if "/v2.0/" in request.url.path else 1)
        except AuthorityError as error:
            return error.response()
        return JSONResponse(self._answer(application, audience))

    def _authenticate(self, form: Mapping[str, str], base: str) -> Application:
        client_id = form.get("client_id") or _subject(form.get("client_assertion", ""))
        if not client_id:
            raise _lacking("client_id")
        application = self._directory.application(client_id)
        if application is None:
            raise AuthorityError(
                400,
                "unauthorized_client",
                700016,
                f"Application with identifier '{client_id}' was not found in the directory 'Contoso'. This can happen "
                "if the application has not been installed by the administrator of the tenant or consented to by any "
                "user in the tenant. You may have sent your authentication request to the wrong tenant.",
            )
        if form.get("client_assertion"):
            self._check_assertion(application, form, base)
        elif form.get("client_secret"):
            _check_secret(application, form["client_secret"])
        else:
            raise AuthorityError(
                401,
                "invalid_client",
                7000218,
                "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
            )
        return application

    def _check_assertion(self, application: Application, form: Mapping[str, str], base: str) -> None:
        if form.get("client_assertion_type") != JWT_BEARER:
            raise AuthorityError(400, "invalid_request", 900144, f"'client_assertion_type' must be '{JWT_BEARER}'.")
        try:
            self._assertions.verify(application, form["client_assertion"], f"{base}/{self._directory.tenant_id}")
        except AssertionRefusedError as error:
            raise AuthorityError(401, "invalid_client", error.number, str(error)) from error

    def _audience(self, form: Mapping[str, str], base: str, version: int) -> str:
        """`scope` of the v2 endpoint (`<resource>/.default`) or `resource` of the v1 endpoint."""
        scope = form.get("scope", "").split()
        if not scope and "resource" not in form:
            raise _lacking("scope" if version == 2 else "resource")
        if scope and (len(scope) > 1 or not scope[0].endswith("/.default")):
            raise AuthorityError(
                400,
                "invalid_scope",
                1002012,
                f"The provided value for scope {' '.join(scope)} is not valid. Client credential flows must have a "
                "scope value with /.default suffixed to the resource identifier (application ID URI).",
            )
        resource = (scope[0][: -len("/.default")] if scope else form["resource"]).rstrip("/")
        return self._known_audience(resource, base)

    def _known_audience(self, resource: str, base: str) -> str:
        if resource in SERVICE_AUDIENCES or (_same_port(resource, base) and place_of(self._environments, resource)):
            return resource
        raise AuthorityError(
            400,
            "invalid_resource",
            500011,
            f"The resource principal named {resource} was not found in the tenant named Contoso. This can happen if "
            "the application has not been installed by the administrator of the tenant or consented to by any user "
            "in the tenant.",
        )

    def _answer(self, application: Application, audience: str) -> dict[str, Any]:
        lifetime = self._lifetime(audience)
        object_id = stable_id("service principal", application.client_id)
        token = self._tokens.issue(audience, application.client_id, object_id, lifetime)
        return {
            "token_type": "Bearer",
            "expires_in": int(lifetime),
            "ext_expires_in": int(lifetime),
            "access_token": token,
        }

    def _lifetime(self, audience: str) -> float:
        """Seconds that a token for this audience is good for: a switch of the environment."""
        place = place_of(self._environments, audience)
        return (place.environment.settings if place else Settings()).token_seconds

    async def _imds(self, request: Request) -> Response:
        """Source: Azure Instance Metadata Service, token endpoint."""
        if request.headers.get("metadata", "").lower() != "true":
            return JSONResponse(
                {"error": "invalid_request", "error_description": "Required metadata header not specified"}, 400
            )
        return self._managed_identity(request)

    async def _app_service(self, request: Request) -> Response:
        """Source: App Service, REST endpoint for managed identities (IDENTITY_ENDPOINT, IDENTITY_HEADER)."""
        sent = request.headers.get("x-identity-header", "")
        if not hmac.compare_digest(sent, self._identity_header):
            return JSONResponse({"statusCode": 401, "message": "The X-IDENTITY-HEADER is missing or wrong."}, 401)
        answer = self._managed_identity(request)
        if answer.status_code == 200:
            return answer
        message = json.loads(bytes(answer.body))["error_description"]
        return JSONResponse({"statusCode": answer.status_code, "message": message}, answer.status_code)

    def _managed_identity(self, request: Request) -> Response:
        application = self._directory.managed_identity(request.query_params.get("client_id"))
        if application is None:
            return JSONResponse({"error": "invalid_request", "error_description": "Identity not found"}, 400)
        resource = request.query_params.get("resource", "").rstrip("/")
        try:
            answer = self._answer(application, self._known_audience(resource, _base(request)))
        except AuthorityError as error:
            return error.response()
        expires_on = str(int(self._environments.tenant.clock.time()) + int(answer["expires_in"]))
        return JSONResponse(
            {
                "access_token": answer["access_token"],
                "expires_in": str(answer["expires_in"]),
                "expires_on": expires_on,
                "resource": resource,
                "token_type": "Bearer",
                "client_id": application.client_id,
            }
        )


def _same_port(resource: str, base: str) -> bool:
    try:
        return urlsplit(resource).port == urlsplit(base).port and resource.startswith("https://")
    except ValueError:  # a port that is no port
        return False


def _base(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}"


def _no_tenant(request: Request) -> AuthorityError:
    tenant = request.path_params["tenant"]
    return AuthorityError(
        400,
        "invalid_tenant",
        90002,
        f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the "
        "correct cloud.",
    )


def _check_grant(grant: str) -> None:
    if not grant:
        raise _lacking("grant_type")
    if grant != "client_credentials":
        text = f"The app requested an unsupported grant type '{grant}'."
        raise AuthorityError(400, "unsupported_grant_type", 70003, text)


def _lacking(parameter: str) -> AuthorityError:
    text = f"The request body must contain the following parameter: '{parameter}'."
    return AuthorityError(400, "invalid_request", 900144, text)


async def _other_endpoint(request: Request) -> Response:
    """People's ways to sign in, which a simulator for machines does not have."""
    endpoint = request.path_params["endpoint"]
    if endpoint == "token":
        return JSONResponse({"error": "invalid_request", "error_description": "POST is needed."}, 405)
    text = f"The simulator does not model the endpoint '{endpoint}' of the authority."
    return JSONResponse({"error": "not_implemented", "error_description": text}, 501)


def _check_secret(application: Application, secret: str) -> None:
    if not application.secret or not hmac.compare_digest(application.secret.encode(), secret.encode()):
        raise AuthorityError(
            401,
            "invalid_client",
            7000215,
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, "
            f"not the client secret ID, for a secret added to app '{application.client_id}'.",
        )
    if application.secret_expires and application.secret_expires < datetime.now(timezone.utc):
        raise AuthorityError(
            401,
            "invalid_client",
            7000222,
            f"The provided client secret keys for app '{application.client_id}' are expired. Visit the Azure portal "
            "to create new keys for your app, or consider using certificate credentials for added security.",
        )


def _subject(assertion: str) -> str:
    """Whom an assertion claims to be, unverified: only to find the application whose keys verify it."""
    try:
        return str(jwt.decode(assertion, options={"verify_signature": False}).get("sub", ""))
    except jwt.PyJWTError:
        return ""
