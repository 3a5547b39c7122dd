# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one error that reaches a client, and the codes Dataverse has names for."""

from __future__ import annotations


class ODataError(Exception):
    """An answer other than success: `status` (HTTP), `code` ("0x80040217") and `message` as the service words it.

    `headers` go into the answer (Retry-After).
    Source: Web API, "Compose HTTP requests and handle errors".
    """

    def __init__(self, status: int, code: str, message: str, *, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}

    @property
    def number(self) -> int:
        """The code as signed 32-bit number, as `asyncoperation.errorcode` holds it."""
        return signed(self.code)


def signed(code: str) -> int:
    """0x8004801D → -2147188707."""
    value = int(code, 16)
    return value - 2**32 if value >= 2**31 else value


# Names follow Microsoft's list of web service error codes.
OBJECT_DOES_NOT_EXIST = "0x80040217"
PRIVILEGE_DENIED = "0x80040220"
UNEXPECTED = "0x80040216"
DUPLICATE_RECORD = "0x80040237"
INVALID_ARGUMENT = "0x80040203"
MESSAGE_NOT_SUPPORTED = "0x80040800"
USER_NOT_MEMBER = "0x80072560"
USER_DISABLED = "0x80040225"
NO_ROLES = "0x80042f09"
VALUE_OUT_OF_RANGE = "0x8004431a"
TEXT_TOO_LONG = "0x80044331"
INVALID_PAYLOAD = "0x80048d19"
INVALID_QUERY = "0x80060888"
UNKNOWN_PARAMETER = "0x0"
SEGMENT_NOT_FOUND = "0x8006088a"
KEY_NOT_FOUND = "0x80060891"
CONCURRENCY_MISMATCH = "0x80060882"
NOT_MODELLED = "0x80060890"
EXECUTION_TIME_LIMIT = "0x80072321"
REQUEST_LIMIT = "0x80072322"
CONCURRENCY_LIMIT = "0x80072326"
SOLUTION_CONCURRENCY = "0x80071151"


def not_found(type_name: str, key: str) -> ODataError:
    """The record does not exist. Source: 404 with 0x80040217, seen in public code."""
    return ODataError(404, OBJECT_DOES_NOT_EXIST, f"Entity '{type_name}' With Id = {key} Does Not Exist")


def invalid_argument(message: str) -> ODataError:
    """A value that does not fit, as the platform's rules refuse it."""
    return ODataError(400, INVALID_ARGUMENT, message)


def invalid_query(message: str) -> ODataError:
    """A query option, a path or a literal that the service cannot understand."""
    return ODataError(400, INVALID_QUERY, message)


def invalid_payload(set_or_operation: str, reason: str) -> ODataError:
    """A body with members that the type or the operation does not have, or with values of another type."""
    text = (
        f"Error identified in Payload provided by the user for Entity :'{set_or_operation}',"
        f"  ----> InnerException : Microsoft.OData.ODataException: {reason}"
    )
    return ODataError(400, INVALID_PAYLOAD, text)


def not_modelled(what: str) -> ODataError:
    """Dataverse may well know `what`; this simulator does not, and says so instead of guessing."""
    return ODataError(501, NOT_MODELLED, f"The simulator does not model {what}.")
