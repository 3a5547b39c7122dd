# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the platform's answers mean."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._dataverse.remedies import REMEDIES
from ansible_collections.coe.power_platform.plugins.module_utils._dataverse.service_errors import (
    MISSING_RECORD_CODES,
    SERVICE_PROTECTION_CODES,
    SOLUTION_LOCK_CODES,
    is_service_protection,
    is_solution_lock,
    json_object,
    platform_code,
    refusal,
    remedy,
)
from ansible_collections.coe.power_platform.plugins.module_utils._errors import (
    ApiError,
    AuthenticationError,
    NotFoundError,
    OutcomeUnknownError,
    PowerPlatformError,
    UnavailableError,
)
from ansible_collections.coe.power_platform.plugins.module_utils._transport.messages import Response

TRIED = "POST ImportSolutionAsync in https://contoso.crm4.dynamics.com"


def answer(status: int, code: str | None = None, message: str = "Something happened.", **headers: str) -> Response:
    """Return an error answer as the Web API gives it."""
    body = json.dumps({"error": {"code": code, "message": message}}).encode() if code else b""
    return Response(status, {"Content-Type": "application/json", **headers}, body, "https://x")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (-2147188707, "0x8004801D"),
        ("-2147020463", "0x80071151"),
        ("0x8004801d", "0x8004801D"),
        ("0X80048d19", "0x80048D19"),
        (0, "0x00000000"),
        ("0x0", "0x00000000"),
        ("InvalidRequest", "InvalidRequest"),
        ("", None),
        (None, None),
    ],
)
def test_code_has_one_form(given: int | str | None, code: str | None) -> None:
    assert platform_code(given) == code or (given == 0 and code)


@pytest.mark.parametrize(
    ("code", "message", "lock"),
    [
        *[(code, "", True) for code in sorted(SOLUTION_LOCK_CODES)],
        (-2147020463, None, True),
        ("0x80040216", "CustomizationLockException: Cannot start another [Import] because there is", True),
        (
            None,
            "Cannot start the requested operation [PublishAll] because another [Import] is running at this moment.",
            True,
        ),
        (None, "The solution installation or removal failed due to the installation or removal of another", True),
        ("0x80072321", "Combined execution time of incoming requests exceeded limit", False),
        ("0x8004801D", "Missing dependencies", False),
        (None, None, False),
    ],
)
def test_solution_lock_is_known_by_code_or_text(code: Any, message: str | None, lock: bool) -> None:
    assert is_solution_lock(code, message) is lock


@pytest.mark.parametrize("code", sorted(SERVICE_PROTECTION_CODES))
def test_service_protection_is_known_by_status_and_code(code: str) -> None:
    assert is_service_protection(answer(429, code))
    assert not is_service_protection(answer(400, code))


def test_solution_lock_is_no_service_protection() -> None:
    assert not is_service_protection(answer(429, "0x80071151"))
    assert not is_service_protection(answer(429))


@pytest.mark.parametrize("code", sorted(REMEDIES))
def test_each_known_code_becomes_one_sentence_with_what_was_tried_and_the_remedy(code: str) -> None:
    error = refusal(answer(400, code.lower(), "It\nfailed.", REQ_ID="7"), TRIED, repeatable=False)
    assert isinstance(error, ApiError)
    assert isinstance(error, NotFoundError) is (code in MISSING_RECORD_CODES)
    assert str(error) == f"{TRIED} failed: It failed ({code}); {REMEDIES[code]}."
    assert error.details == {"status": 400, "code": code, "request_id": "7"}
    assert remedy(code) == remedy(int(code, 16) - 2**32) == REMEDIES[code]


@pytest.mark.parametrize("clause", REMEDIES.values())
def test_remedies_are_clauses(clause: str) -> None:
    assert re.fullmatch(r"[a-z].*[^.\s]", clause)
    assert ". " not in clause


@pytest.mark.parametrize(
    ("status", "code", "repeatable", "kind"),
    [
        (400, "0x80040203", False, ApiError),
        (401, None, True, AuthenticationError),
        (403, "0x80072560", True, UnavailableError),
        (404, "0x80040217", True, NotFoundError),
        (404, None, True, UnavailableError),
        (404, "0x80060888", True, UnavailableError),
        (412, "0x80060882", True, ApiError),
        (413, None, False, ApiError),
        (429, "0x80071151", False, ApiError),
        (429, "0x80072321", False, ApiError),
        (500, "0x80040216", True, ApiError),
        (500, "0x80040216", False, OutcomeUnknownError),
        (500, None, False, OutcomeUnknownError),
        (502, None, False, OutcomeUnknownError),
        (503, None, False, OutcomeUnknownError),
        (503, "0x80071151", False, ApiError),
        (504, None, False, OutcomeUnknownError),
        (501, "0x80060888", False, UnavailableError),
    ],
)
def test_kind_of_error(status: int, code: str | None, repeatable: bool, kind: type[PowerPlatformError]) -> None:
    error = refusal(answer(status, code), TRIED, repeatable=repeatable)
    assert error.__class__ is kind
    assert error.details["status"] == status
    assert error.details.get("code") == code
    assert str(error).count(". ") == 0
    assert str(error).endswith(".")
    assert TRIED in str(error)


def test_unknown_code_keeps_the_platforms_words() -> None:
    error = refusal(answer(400, "0x80049999", "A new kind of failure."), TRIED, repeatable=True)
    assert str(error) == f"{TRIED} failed: A new kind of failure (0x80049999)."


@pytest.mark.parametrize(
    ("body", "content_type", "words"),
    [
        (b"<!DOCTYPE html><html><title>Sign in</title></html>", "text/html", "an HTML page instead of JSON"),
        (b"", "application/json", "an empty body"),
        (b'{"a":', "application/json", r"an unreadable body \(application/json, 5 bytes\)"),
        (b"[1]", "application/json", "an unreadable body"),
        (b"\xff\xfe", "application/octet-stream", "an unreadable body"),
        (b"ok", "", "an unreadable body"),
    ],
)
def test_unreadable_answer_says_what_it_is(body: bytes, content_type: str, words: str) -> None:
    response = Response(200, {"Content-Type": content_type} if content_type else {}, body, "https://x")
    with pytest.raises(ApiError, match=f"was answered with .*{words}.*; check that environment_url"):
        json_object(response, TRIED, repeatable=True)
    with pytest.raises(OutcomeUnknownError, match=f"Whether {TRIED} was carried out is unknown.*{words}"):
        json_object(response, TRIED, repeatable=False)


def test_html_error_page_is_described() -> None:
    response = Response(403, {"Content-Type": "text/html"}, b"<html>blocked</html>", "https://x")
    assert str(refusal(response, TRIED, repeatable=True)) == (
        f"{TRIED} failed: HTTP status 403 with an HTML page instead of JSON; check that nothing between this machine"
        " and the environment filters requests (proxy, IP firewall)."
    )


def test_answer_without_content_is_an_empty_object() -> None:
    assert json_object(Response(204, {}, b"", "https://x"), TRIED, repeatable=False) == {}
