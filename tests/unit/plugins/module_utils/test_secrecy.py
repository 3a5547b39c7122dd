# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets in every form in which a service may repeat them, and what libraries log."""

from __future__ import annotations

import base64
import contextlib
import html
import json
import logging
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._errors import ConfigurationError
from ansible_collections.coe.power_platform.plugins.module_utils._transport.secrecy import (
    MASK,
    SHORTEST_FORM,
    forms,
    quiet_libraries,
    struck_out,
)
from ansible_collections.coe.power_platform.plugins.module_utils._work import ModuleDefinition, Work, perform
from hypothesis import given
from hypothesis import strategies as st

ENCODINGS: dict[str, Callable[[str], str]] = {
    "raw": str,
    "form": lambda text: urlencode({"x": text})[2:],
    "percent": lambda text: quote(text, safe=""),
    "path": quote,
    "lower": lambda text: re.sub("%..", lambda match: match[0].lower(), quote_plus(text)),
    "browser": lambda text: quote(text, safe="!'()*"),
    "json": lambda text: json.dumps(text)[1:-1],
    "json characters": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "html": html.escape,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 unpadded": lambda text: base64.b64encode(text.encode()).decode().rstrip("="),
    "base64 url": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "base64 url unpadded": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "one line": lambda text: " ".join(text.split()),
    "end of a sentence": lambda text: text.strip().rstrip("."),
}
SECRETS = st.text(st.characters(codec="utf-8", exclude_characters="*"), min_size=SHORTEST_FORM, max_size=60)


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(SECRETS)
def test_no_form_of_a_secret_is_left(encoding: str, secret: str) -> None:
    form = ENCODINGS[encoding](secret)
    if len(form) >= SHORTEST_FORM:
        assert struck_out(f"<<{form}>>", forms({secret})).replace(MASK, "") == "<<>>"


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_no_form_of_a_usual_secret_is_left(encoding: str) -> None:
    secret = "Q~8/x+y=z&\"w'\\ Ünder."
    assert struck_out(f"<<{ENCODINGS[encoding](secret)}>>", forms({secret})).replace(MASK, "") in ("<<>>", "<<.>>")


@given(SECRETS, st.binary(max_size=9), st.binary(max_size=9))
def test_secret_inside_of_longer_base64_is_struck_out(secret: str, before: bytes, after: bytes) -> None:
    text = base64.b64encode(before + secret.encode() + after).decode()
    assert MASK in struck_out(text, forms({secret}))


@pytest.mark.parametrize("secret", ["a", "no", "x y", "pass."])
def test_short_secret_adds_no_words(secret: str) -> None:
    assert {form for form in forms({secret}) if len(form) < SHORTEST_FORM} == {secret}
    assert forms({""}) == set()
    assert "a\udcffb" in forms({"a\udcffb"})


def test_longest_of_overlapping_secrets_is_struck_out() -> None:
    assert struck_out("geheim-und-lang geheim", {"geheim", "geheim-und-lang"}) == f"{MASK} {MASK}"


@pytest.mark.parametrize("name", ["msal", "msal.oauth2cli.oauth2", "urllib3.connectionpool", "requests.sessions"])
@pytest.mark.parametrize("level", [logging.DEBUG, logging.ERROR])
def test_libraries_log_nothing_meanwhile(caplog: pytest.LogCaptureFixture, name: str, level: int) -> None:
    caplog.set_level(logging.DEBUG)
    with quiet_libraries():
        logging.getLogger(name).log(level, "geheim")
        logging.getLogger("ansible").log(level, "told")
    assert [record.getMessage() for record in caplog.records] == ["told"]
    logging.getLogger(name).log(level, "afterwards")
    assert caplog.messages[1:] == ["afterwards"]


def test_libraries_are_quiet_until_the_last_of_several_threads_is_done(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    first, second = contextlib.ExitStack(), contextlib.ExitStack()
    for task in (first, second):
        task.enter_context(quiet_libraries())
    first.close()
    logging.getLogger("msal").error("geheim")
    second.close()
    logging.getLogger("msal").error("afterwards")
    assert caplog.messages == ["afterwards"]


def test_loggers_are_as_before_after_a_failure() -> None:
    before = [(logging.getLogger(name).propagate, logging.getLogger(name).level) for name in ("msal", "urllib3")]
    with pytest.raises(ConfigurationError), quiet_libraries():
        raise ConfigurationError("x")
    assert [
        (logging.getLogger(name).propagate, logging.getLogger(name).level) for name in ("msal", "urllib3")
    ] == before


def test_warnings_and_progress_hold_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    secret = "planted+secret/1"
    told: list[str] = []

    def talk(work: Work) -> dict[str, Any]:
        assert work.client
        logging.getLogger("urllib3").error(secret)
        work.warn(f"{secret} is not known")
        work.report(f"client_secret={quote_plus(secret)}")
        return {"changed": False}

    options = {
        "environment_url": "https://contoso.crm4.dynamics.com",
        "tenant_id": "tenant",
        "client_id": "client",
        "client_secret": secret,
    }
    outcome = perform(ModuleDefinition(talk, {}), Work(options, warn=told.append, report=told.append))
    assert told == [f"{MASK} is not known", f"client_secret={MASK}"]
    assert quote_plus(secret) in outcome.secrets
    assert caplog.records == []
