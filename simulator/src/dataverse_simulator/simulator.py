# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator as one object: start it, ask it how to connect, look into its journal, make it misbehave."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount

from .entra.assertions import AssertionVerifier
from .entra.authority import Authority
from .entra.keys import stored_key_pair
from .entra.tokens import Tokens, sign_assertion
from .environments.environment import Environment
from .environments.registry import Environments
from .environments.settings import from_variable
from .errors import UNEXPECTED
from .serving.admin import Admin
from .serving.control import Control
from .serving.endpoint import Endpoint
from .serving.gate import Gate
from .serving.held import Held
from .serving.journal import Entry, Journal
from .serving.protection import Protection
from .serving.server import Certificates, Server
from .solutions import registration as domain
from .solutions.jobs import settle
from .tenant.clock import Clock
from .tenant.directory import FEDERATED_AUDIENCE, Application
from .tenant.faults import Fault
from .web_api import platform_operations

__all__ = ["Simulator", "domain", "platform_operations"]

FEDERATED_ISSUER = "https://federation.contoso.example"


async def _broken(request: Request, error: Exception) -> Response:
    """A defect of the simulator itself: an error answer for the client; the traceback goes to standard error."""
    content = {"error": {"code": UNEXPECTED, "message": "An unexpected error occurred in the simulator."}}
    return JSONResponse(content, 500)


class Simulator:
    """A tenant with environments, served over HTTPS on the loopback.

    `seed`: content of a seed file (default: environments dev, test and prod). `data`: a folder that keeps everything
    across restarts; without it all is gone at the end. `count`: further empty environments env0001, env0002….
    `manual_clock`: time stands still until `advance`. `settings`: switches of every environment, those of the variable
    DATAVERSE_SIMULATOR_SETTINGS unless given. Use it as a context manager, or `start` and `stop` it.
    """

    def __init__(
        self,
        seed: Mapping[str, Any] | None = None,
        *,
        data: Path | None = None,
        count: int = 0,
        host: str = "127.0.0.1",
        port: int = 0,
        manual_clock: bool = False,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        self.clock = Clock()
        if manual_clock:
            self.clock.freeze()
        self.environments = Environments(
            seed, folder=data, clock=self.clock, settings=from_variable() if settings is None else settings
        )
        for number in range(1, count + 1):
            self.environments.add(f"env{number:04d}")
        self._journal = Journal()
        self._protection = Protection(self.clock)
        self._held = Held()
        self._federation = stored_key_pair("federation", data)
        self._certificate = stored_key_pair("application", data)
        self.tokens = Tokens(stored_key_pair("authority", data), self.clock, self.tenant_id)
        self.identity_header = secrets.token_hex(16)
        folder = self.environments.tenant.folder
        self._certificates = Certificates(folder, keep=data is not None)
        self.certificate_path = folder / "application.pem"
        if not self.certificate_path.exists():
            self.certificate_path.write_bytes(self._certificate.pem())
        self._server = Server(self.application(), self._certificates, host=host, port=port)

    def application(self) -> Starlette:
        """The ASGI application."""
        assertions = AssertionVerifier(self._certificate, self._federation, FEDERATED_ISSUER)
        gate = Gate(self.tokens, self.tenant_id)
        endpoint = Endpoint(self.environments, gate, self._journal, self._protection, self._held)
        return Starlette(
            exception_handlers={Exception: _broken},
            routes=[
                *Control(self, self.environments, self._journal).routes(),
                *Authority(self.environments, self.tokens, assertions, self.identity_header).routes(),
                *Admin(self.environments, self.tokens).routes(),
                Mount("/", endpoint),
            ],
        )

    # running -----------------------------------------------------------------------------------------------------

    def start(self) -> Simulator:
        self._server.start()
        return self

    def serve(self) -> None:
        """Run in this thread until interrupted."""
        try:
            self._server.serve()
        finally:
            self.environments.close()

    def stop(self) -> None:
        self._server.stop()
        self.environments.close()

    def __enter__(self) -> Simulator:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # how to connect ----------------------------------------------------------------------------------------------

    @property
    def base_url(self) -> str:
        return f"https://localhost:{self._server.port}"

    @property
    def tenant_id(self) -> str:
        return self.environments.tenant.directory.tenant_id

    @property
    def authority(self) -> str:
        return f"{self.base_url}/{self.tenant_id}"

    @property
    def ca_path(self) -> str:
        return str(self._certificates.ca_path)

    @property
    def client_id(self) -> str:
        return self.credentials().client_id

    @property
    def client_secret(self) -> str:
        return self.credentials().secret

    def credentials(self, application: str = "") -> Application:
        """An application of the tenant by name (default: the first one)."""
        directory = self.environments.tenant.directory
        return directory.application_named(application) if application else directory.applications[0]

    def environment_url(self, name: str) -> str:
        return f"{self.base_url}/{self.environments.get(name).name}"

    def connection(self, name: str, application: str = "") -> dict[str, str]:
        """Everything a client needs to connect to an environment with a client secret."""
        credentials = self.credentials(application)
        return {
            "environment_url": self.environment_url(name),
            "tenant_id": self.tenant_id,
            "client_id": credentials.client_id,
            "client_secret": credentials.secret,
            "authority": self.authority,
            "ca_path": self.ca_path,
        }

    def federated_token(self, subject: str = "", *, audience: str = FEDERATED_AUDIENCE, lifetime: float = 600) -> str:
        """An assertion as a CI system's issuer would sign it; without `subject` the one that the first
        application accepts.
        """
        wanted = subject or self.credentials().federated_subject
        return sign_assertion(self._federation.private, FEDERATED_ISSUER, wanted, audience, lifetime=lifetime)

    def token(self, name: str, application: str = "", *, lifetime: float = 3599) -> str:
        """An access token for an environment, without asking the authority for it."""
        credentials = self.credentials(application)
        return self.tokens.issue(self.environment_url(name), credentials.client_id, credentials.client_id, lifetime)

    def describe(self) -> dict[str, Any]:
        """How to connect, as the control API and the command line show it."""
        first = self.credentials()
        names = self.environments.names()
        return {
            "environments": {name: self.environment_url(name) for name in names[:20]},
            "environment_count": len(names),
            "authority": self.authority,
            "tenant_id": self.tenant_id,
            "ca_path": self.ca_path,
            "applications": {
                one.name: {"client_id": one.client_id, "client_secret": one.secret}
                for one in self.environments.tenant.directory.applications
            },
            "certificate_path": str(self.certificate_path) if first.certificate else None,
            "managed_identity": {
                "IDENTITY_ENDPOINT": f"{self.base_url}/msi/token",
                "IDENTITY_HEADER": self.identity_header,
                "AZURE_POD_IDENTITY_AUTHORITY_HOST": self.base_url,
            },
            "admin": ""
            f"{self.base_url}/providers/Microsoft.BusinessAppPlatform/scopes/admin/environments?api-version=2020-10-01",
            "control": f"{self.base_url}/_simulator/",
        }

    # watching and steering ---------------------------------------------------------------------------------------

    def journal(
        self, environment: str = "", *, method: str = "", path: str = "", writes: bool | None = None, since: int = 0
    ) -> list[Entry]:
        """Requests to environments so far; `path` is a part of the path, `writes` chooses only or no writes."""
        return self._journal.entries(environment=environment, method=method, path=path, writes=writes, since=since)

    def clear_journal(self) -> None:
        self._journal.clear()

    def advance(self, seconds: float) -> None:
        """Move the clock and let everything happen that falls due in the environments that are open."""
        self.clock.advance(seconds)
        for name in self.environments.names():
            environment = self.environments.get(name)
            with environment.lock:
                if environment.is_open:
                    self._held.carry_out(environment)
                    settle(environment)

    def release(self, name: str) -> None:
        """Carry out now what the fault `hold` holds back in an environment."""
        environment = self.environments.get(name)
        with environment.lock:
            self._held.carry_out(environment, until=float("inf"))

    def held(self, name: str) -> int:
        """How many requests to an environment are held back."""
        return self._held.count(name)

    def add_fault(self, values: Mapping[str, Any]) -> Fault:
        """See `faults.Fault`: {"kind": "reset_after", "operation": "ImportSolutionAsync"}."""
        return self.environments.tenant.faults.add(values)

    def clear_faults(self) -> None:
        self.environments.tenant.faults.clear()

    def environment(self, name: str) -> Environment:
        return self.environments.get(name)

    def snapshot(self, name: str) -> None:
        self.environments.get(name).snapshot()

    def restore(self, name: str) -> None:
        """Back to the snapshot; requests held back since then are forgotten."""
        self._held.forget(name)
        self.environments.get(name).restore()

    def reset(self, name: str) -> None:
        """Back to the seed; service protection counts anew, requests held back are forgotten."""
        self._held.forget(name)
        self.environments.get(name).reset()
        self._protection.forget(name)

    def load_seed(self, name: str, entries: Mapping[str, Any]) -> None:
        """Add rows to an environment: users, teams, rows… as a seed's `defaults` has them."""
        self.environments.get(name).load(entries)
