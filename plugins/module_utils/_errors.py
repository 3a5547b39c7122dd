# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can foreseeably go wrong. Anything else is a bug and keeps its traceback.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# What comes of reading foreign JSON that is none, of another shape, too deep, or full of absurd numbers.
UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)


class PowerPlatformError(Exception):
    """One sentence that names the option, the object and the remedy.

    ``details`` becomes the ``failure`` key of the failed task (``status``, ``code``, ``request_id`` and the like).
    ``result`` is merged into the failed task's result: what was done before the failure.
    """

    def __init__(self, message: str, *, result: Mapping[str, Any] | None = None, **details: Any) -> None:
        super().__init__(message)
        self.result: dict[str, Any] = dict(result or {})
        self.details: dict[str, Any] = {key: value for key, value in details.items() if value is not None}

    def to_result(self) -> dict[str, Any]:
        """Return the result of a task that failed with it."""
        return {**self.result, "failed": True, "msg": str(self), "failure": self.details}


class ConfigurationError(PowerPlatformError):
    """An option, a combination of options, or a library of the machine does not do."""


class AuthenticationError(PowerPlatformError):
    """No token could be had, or the environment does not accept it."""


class TransportError(PowerPlatformError):
    """No answer: unreachable host, unknown certificate authority, broken connection, time-out. Nothing was done."""


class OutcomeUnknownError(PowerPlatformError):
    """A request that must not be repeated was sent, and its answer is lost or does not tell what became of it."""


class ApiError(PowerPlatformError):
    """The service refused a request.

    ``status`` is the HTTP status, ``code`` the platform's code as ``0x80040220`` or None.
    """

    def __init__(
        self, message: str, *, status: int, code: str | None = None, request_id: str | None = None, **details: Any
    ) -> None:
        super().__init__(message, status=status, code=code, request_id=request_id, **details)
        self.status = status
        self.code = code
        self.request_id = request_id


class UnavailableError(ApiError):
    """The service has not got it for this caller: no privilege (HTTP 403), unknown (404), or not supported (501).

    The only refusals that a task may go on without; any other one says that something is wrong with the request.
    """


class NotFoundError(UnavailableError):
    """The service does not know the record."""


class AnswerError(ApiError):
    """The service answered, with a member missing or other than documented."""


class NoMatchError(PowerPlatformError):
    """Nothing in the environment bears the given name or id."""


class AmbiguousMatchError(PowerPlatformError):
    """Several objects bear the given name; ``details["candidates"]`` lists them with their ids."""


class PackageError(PowerPlatformError):
    """A solution package cannot be read, or is not safe to read."""


class RefusedError(PowerPlatformError):
    """The operation would do harm or cannot succeed, so it was not begun."""


class DriftError(PowerPlatformError):
    """The environment differs from what is declared, and the task is to fail then."""


class OperationFailedError(PowerPlatformError):
    """A long-running operation of the environment ended without success."""


class OperationTimeoutError(PowerPlatformError):
    """A long-running operation is still running after the time that the task was ready to wait.

    ``last`` is the last state that was seen.
    """

    def __init__(self, message: str, *, last: Any = None, **details: Any) -> None:
        super().__init__(message, **details)
        self.last = last
