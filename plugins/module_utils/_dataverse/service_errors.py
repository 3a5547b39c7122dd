# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the answers of the Dataverse Web API mean: their codes, and which of them prove that nothing was begun.

Source: Microsoft documentation, Compose HTTP requests and handle errors; Service protection API limits;
Web service error codes.
This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import re
from typing import Any

from .._errors import (
    ApiError,
    AuthenticationError,
    NotFoundError,
    OutcomeUnknownError,
    PowerPlatformError,
    UnavailableError,
)
from .._transport.messages import Response, read_json
from .remedies import REMEDIES

SERVICE_PROTECTION_CODES = frozenset({"0x80072321", "0x80072322", "0x80072326"})
SOLUTION_LOCK_CODES = frozenset({"0x80071151", "0x8004F061", "0x8004F062", "0x8004F063", "0x8004F064", "0x8004F067"})
SOLUTION_LOCK_TEXT = re.compile(
    r"CustomizationLockException|Cannot start (another|the requested operation).*running at this moment"
    r"|solution installation or removal failed",
    re.IGNORECASE | re.DOTALL,
)
MISSING_RECORD_CODES = frozenset({"0x80040217", "0x80060891"})
UNAVAILABLE_STATUSES = frozenset({403, 404, 501})
HTML = re.compile(rb"^\s*(<!doctype html|<html)", re.IGNORECASE)


def platform_code(code: int | str | None) -> str | None:
    """Return a code as the documentation writes it: ``-2147188707`` and ``0x8004801d`` become ``0x8004801D``.

    The Web API gives hexadecimal text, ``asyncoperation.errorcode`` the signed decimal number of the same code.
    Anything else comes back as it is.
    """
    text = str(code or "").strip()
    if re.fullmatch(r"-?\d+", text):
        return f"0x{int(text) & 0xFFFFFFFF:08X}"
    if re.fullmatch(r"0[xX][0-9a-fA-F]+", text):
        return f"0x{text[2:].upper():0>8}"
    return text or None


def remedy(code: int | str | None) -> str | None:
    """Return what helps against a code of the platform, as a clause without a full stop."""
    return REMEDIES.get(platform_code(code) or "")


def is_solution_lock(code: int | str | None, message: str | None = None) -> bool:
    """Whether a code or a text says that another solution operation is running in the environment."""
    return platform_code(code) in SOLUTION_LOCK_CODES or bool(SOLUTION_LOCK_TEXT.search(message or ""))


def is_service_protection(response: Response) -> bool:
    """Whether an answer is a service-protection limit: the service did not begin, and says when to come back."""
    return response.status == 429 and code_and_message(response)[0] in SERVICE_PROTECTION_CODES


def code_and_message(response: Response) -> tuple[str | None, str | None]:
    """Return code and message of an error answer, each None where the answer has none."""
    try:
        error = read_json(response.body)["error"]
        return platform_code(error["code"]), " ".join(str(error["message"]).split())
    except (ValueError, KeyError, TypeError):
        return None, None


def json_object(response: Response, attempted: str, *, repeatable: bool) -> dict[str, Any]:
    """Return the JSON object of a successful answer; {} for one without content (204).

    Raises ``OutcomeUnknownError`` when the answer cannot be read and the request must not be repeated.
    """
    if response.status == 204:
        return {}
    try:
        document = read_json(response.body)
    except ValueError as error:
        raise unreadable(response, attempted, repeatable=repeatable) from error
    if not isinstance(document, dict):
        raise unreadable(response, attempted, repeatable=repeatable)
    return document


def unreadable(response: Response, attempted: str, *, repeatable: bool) -> PowerPlatformError:
    """Return the error for an answer that is no JSON although it should be."""
    found = _description(response)
    details: dict[str, Any] = {"status": response.status, "request_id": request_id(response)}
    if repeatable:
        return ApiError(f"{attempted} was answered with {found}; {_WRONG_PLACE}.", **details)
    return OutcomeUnknownError(
        f"Whether {attempted} was carried out is unknown, it was answered with {found}; {_WRONG_PLACE}.", **details
    )


_WRONG_PLACE = (
    "check that environment_url is the address of the environment itself and that no proxy or sign-in page answers"
)


def _description(response: Response) -> str:
    """Say what an unusable body is."""
    if not response.body:
        return "an empty body"
    if HTML.match(response.body):
        return "an HTML page instead of JSON"
    kind = response.headers.get("Content-Type", "no content type")
    return f"an unreadable body ({kind}, {len(response.body)} bytes)"


def request_id(response: Response) -> str | None:
    """Return the id under which Microsoft's support finds the request."""
    return response.headers.get("x-ms-service-request-id") or response.headers.get("REQ_ID")


def refusal(response: Response, attempted: str, *, repeatable: bool) -> PowerPlatformError:
    """Return the error for an answer with an error status.

    A server's failure (5xx) leaves the outcome of a request open that must not be repeated, unless the code says
    that it was refused; 501 is a refusal as well.
    """
    code, message = code_and_message(response)
    text = f"{attempted} failed: {_problem(response, code, message)}"
    details: dict[str, Any] = {"status": response.status, "code": code, "request_id": request_id(response)}
    details["retry_after"] = response.wait and round(response.wait)
    if response.status >= 500 and response.status != 501 and not repeatable and not is_solution_lock(code, message):
        return OutcomeUnknownError(f"Whether it was carried out is unknown: {text}.", **details)
    if response.status == 401:
        return AuthenticationError(f"{text}.", **details)
    unavailable = UnavailableError if response.status in UNAVAILABLE_STATUSES else ApiError
    return (NotFoundError if code in MISSING_RECORD_CODES else unavailable)(f"{text}.", **details)


def _problem(response: Response, code: str | None, message: str | None) -> str:
    """Return the platform's message with its code and what helps against it."""
    if response.status == 401:
        message = "the environment does not accept the token that was issued for it"
    what = message.rstrip(".") if message else f"HTTP status {response.status} with {_description(response)}"
    advice = remedy(code) or (None if code else _STATUS_REMEDIES.get(response.status))
    clauses = [what + (f" ({code})" if code else ""), advice, response.wait and _asked(response.wait)]
    return "; ".join(clause for clause in clauses if clause)


def _asked(seconds: float) -> str:
    """Say how long the service asks to wait where a task does not wait that long."""
    return f"it asks to be left alone for {seconds:.0f} seconds, so run the task again after that"


_STATUS_REMEDIES = {
    401: "check that environment_url, tenant_id and cloud belong together",
    403: "check that nothing between this machine and the environment filters requests (proxy, IP firewall)",
    404: _WRONG_PLACE,
    413: "the package is larger than the environment accepts",
    429: "the environment is busy, run the task again later",
    502: "the environment is not reachable at the moment, run the task again later",
    503: "the environment is not reachable at the moment, run the task again later",
    504: "the environment is not reachable at the moment, run the task again later",
}
