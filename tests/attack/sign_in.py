# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers that repeat credentials and tokens in other forms: nothing that is told or logged may hold them."""

from __future__ import annotations

import base64
import html
import json
import logging
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from io import StringIO
from pathlib import Path
from random import Random
from typing import Any
from unittest import mock
from urllib.parse import parse_qs, quote, quote_plus

from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.https_server import (
    Answer,
    HttpsServer,
    Request,
    https_server,
)
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.doors import run_as_module, run_in_worker

from .placements import Placement
from .world import ENVIRONMENT, World

GATE = 120
DOORS = {"module": run_as_module, "worker": run_in_worker}
SECRET = 'Pl4nted"S3cret~\\é&=+/% <ü>' * 2
FORMS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "quoted": quote,
    "fully-quoted": lambda text: quote(text, safe=""),
    "quoted-in-lower-case": lambda text: re.sub("%..", lambda hex: hex[0].lower(), quote(text, safe="")),
    "form": quote_plus,
    "quoted-twice": lambda text: quote(quote(text, safe=""), safe=""),
    "json": lambda text: json.dumps(text)[1:-1],
    "json-in-utf-8": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "html": html.escape,
    "repr": lambda text: repr(text)[1:-1],
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64-for-urls": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "hex": lambda text: text.encode().hex(),
}
PADDINGS = (0, 80, 150, 180, 240, 280, 480, 780, 980, 1980)
PART = 12
"""So many characters of a secret, where a text is cut in its middle, tell too much."""
REQUEST_TOKEN = "Pl4nted/Requ3st+token=~%" * 2
PLACES = {
    "client_secret": ("sign-in", "environment"),
    "certificate_path": ("sign-in", "environment"),
    "federated_token": ("sign-in", "environment"),
    "federated_token_path": ("sign-in", "environment"),
    "access_token": ("environment",),
    "oidc_request_token": ("issuer", "sign-in", "environment"),
}
"""Who may repeat a credential, or what was had for it."""


def placements(world: World, chance: Random) -> list[Placement]:
    """Return each credential in each form, told by each service that gets it or what was had for it, at both doors."""
    told = [f"as-{form}" for form in FORMS] + [f"cut-{padding}" for padding in PADDINGS]
    return [
        Placement("secrets", credential, (how, place, door))
        for credential, places in PLACES.items()
        for how in told
        for place in places
        for door in DOORS
    ]


def attack(world: World, placement: Placement) -> Iterator[str]:
    """Run with answers that repeat what was sent, and search everything that comes out."""
    how, place, door = placement.choices
    world.stage("nothing", lambda world: None)
    repeated: list[str] = []

    def repeat(secret: str) -> str:
        kind, _dash, value = how.partition("-")
        repeated.append(secret if kind == "cut" else FORMS[value](secret))
        return f"{'.' * int(value)} {secret}" if kind == "cut" else f"Who sent {repeated[-1]}?"

    with _credential(world, placement.scene, place, repeat) as options, _logged() as log:
        run = import_module("ansible_collections.coe.power_platform.plugins.modules.solution_info")
        result = DOORS[door](run, options, False, world.told)
    texts = {"result": "\n".join(_texts(result)), "progress": "\n".join(world.told), "log": log.getvalue()}
    assert repeated, "nothing was repeated"
    for secret in repeated:
        searched = secret[:PART] if how.startswith("cut") else secret
        yield from (f"{placement.scene} {how} is in the {name}" for name, text in texts.items() if searched in text)


def _texts(value: Any) -> Iterator[str]:
    """Yield all texts in a result, keys too, unescaped."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield from _texts([key, member])
    elif isinstance(value, list):
        for member in value:
            yield from _texts(member)
    else:
        yield str(value)


@contextmanager
def _credential(world: World, kind: str, place: str, repeat: Callable[[str], str]) -> Iterator[dict[str, Any]]:
    """Give the connection options with a credential, and a place that repeats it or the token it brought."""
    connection = world.connection()
    right_secret = connection.pop("client_secret")
    federated = world.simulator.federated_token()
    given = {
        "client_secret": SECRET if place == "sign-in" else right_secret,
        "federated_token": federated,
        "access_token": world.simulator.token(ENVIRONMENT),
        "certificate_path": str(world.folder / "certificate.pem"),
        "federated_token_path": str(world.folder / "token"),
        "oidc_request_token": REQUEST_TOKEN,
    }
    shutil.copy(world.simulator.certificate_path, world.folder / "certificate.pem")
    (world.folder / "token").write_text(federated)
    options = {**connection, kind: given[kind]}
    with ExitStack() as places:
        if place == "environment":
            known = given["access_token"] if kind == "access_token" else ""
            places.enter_context(_repeating_environment(world, repeat, known))
        if place != "environment" or kind == "oidc_request_token":
            server = places.enter_context(https_server(world.folder))
            server.answers = [lambda request: _answer(server, request, repeat, federated if place != "issuer" else "")]
            options["ca_path"] = _bundle(world, server.ca_path)
        if place != "environment":
            options["authority"] = f"{server.url}/tenant"
        if kind == "oidc_request_token":
            options["oidc_request_url"] = f"{server.url}/idtoken"
        yield options


def _bundle(world: World, ca_path: str) -> str:
    """Return the path of a file by which the simulator and another server are trusted."""
    bundle = world.folder / "both.pem"
    bundle.write_text(Path(world.simulator.ca_path).read_text() + Path(ca_path).read_text())
    return str(bundle)


def _answer(server: HttpsServer, request: Request, repeat: Callable[[str], str], federated: str) -> Answer:
    """Answer as a sign-in service that says more than it should, or as an issuer of federated tokens."""
    if request.path.startswith("/idtoken"):
        return (
            Answer(200, {"value": federated}) if federated else _refusal(repeat(request.headers["Authorization"][7:]))
        )
    if request.method == "GET":
        address = f"{server.url}/tenant"
        ends = {f"{name}_endpoint": f"{address}/{name}" for name in ("token", "authorization", "device_authorization")}
        return Answer(200, {"issuer": address, **ends})
    form = parse_qs(request.body.decode())
    return _refusal(repeat((form.get("client_secret") or form["client_assertion"])[0]))


def _refusal(text: str) -> Answer:
    return Answer(401, {"error": "invalid_client", "error_description": text, "correlation_id": text})


@contextmanager
def _repeating_environment(world: World, repeat: Callable[[str], str], token: str) -> Iterator[None]:
    issue = world.simulator.tokens.issue

    def strike(issued: str) -> str:
        world.strike(kind="error", status=400, message=repeat(issued), code="0x80040203")
        return issued

    with mock.patch.object(world.simulator.tokens, "issue", lambda *args, **kwargs: strike(issue(*args, **kwargs))):
        if token:
            strike(token)
        yield


@contextmanager
def _logged() -> Iterator[StringIO]:
    """Keep what any library logs, at its most talkative."""
    root, stream = logging.getLogger(), StringIO()
    handler, level = logging.StreamHandler(stream), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield stream
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
