# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows and answers of the service, whose members are read as what the caller expects them to be.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, ItemsView, Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple, TypeVar

from .._errors import AnswerError, OutcomeUnknownError, PowerPlatformError
from .odata import GUID
from .service_errors import platform_code

K = TypeVar("K", int, str)
T = TypeVar("T")

VERSION = re.compile(r"\d{1,9}(\.\d{1,9}){0,3}", re.ASCII)
# Virtual tables give fractions of seconds in any number of digits, which Python 3.10 does not read.
TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_KINDS = {str: "a text", bool: "true or false", int: "a number", float: "a number", list: "a list", type(None): "null"}


class Request(NamedTuple):
    """What an answer is the answer to: ``attempted`` is method, table or action, and environment, for messages.

    ``repeatable`` is false for a request that must not go out again when its answer does not tell what became of it.
    """

    attempted: str
    repeatable: bool = True


class Row(Mapping[str, object]):
    """A JSON object of an answer: a row, or the result of an action or function.

    Each reader is named after what it expects a member to be and returns it as that; ids are in lower case. The
    ``optional_`` ones take a member that is null or missing for None. Any other member is an ``AnswerError``, or an
    ``OutcomeUnknownError`` in the answer to a request that must not be repeated; the message tells of what kind the
    member is and not its value, which may be a secret.
    """

    __slots__ = ("_members", "_place", "_request")

    def __init__(self, members: Mapping[str, object], request: Request, place: str = "") -> None:
        self._members = members
        self._request = request
        self._place = place

    def __getitem__(self, name: str) -> object:
        return self._members[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def get(self, key: str, default: object = None) -> object:
        """Return a member whatever it is, at the speed of a dictionary."""
        return self._members.get(key, default)

    def items(self) -> ItemsView[str, object]:
        """Return names and members, at the speed of a dictionary."""
        return self._members.items()

    def text(self, name: str) -> str:
        """Return a text, which may be empty."""
        value = self._members.get(name)
        if isinstance(value, str):
            return value
        raise self.odd(name, "a text")

    def optional_text(self, name: str) -> str | None:
        """Return a text or None."""
        value = self._members.get(name)
        if value is None or isinstance(value, str):
            return value
        raise self.odd(name, "a text")

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts; none for a member that is null or missing."""
        value = self._members.get(name)
        if isinstance(value, list) and all(isinstance(text, str) for text in value):
            return tuple(value)
        if value is None:
            return ()
        raise self.odd(name, "a list of texts")

    def guid(self, name: str) -> str:
        """Return an id in lower case."""
        value = self._members.get(name)
        if isinstance(value, str) and (match := GUID.fullmatch(value)):
            return match[1].lower()
        raise self.odd(name, "a GUID")

    def optional_guid(self, name: str) -> str | None:
        """Return an id in lower case or None, also for an empty text."""
        value = self._members.get(name)
        return None if value is None or value == "" else self.guid(name)

    def version(self, name: str) -> str:
        """Return a version of one to four numbers."""
        value = self._members.get(name)
        if isinstance(value, str) and VERSION.fullmatch(value):
            return value
        raise self.odd(name, "a version")

    def time(self, name: str) -> str:
        """Return a time with its offset as it is written, ISO 8601."""
        value = self.text(name)
        try:
            moment(value)
        except ValueError as error:
            raise self.odd(name, "a time") from error
        return value

    def optional_time(self, name: str) -> str | None:
        """Return a time with its offset as it is written, ISO 8601, or None."""
        return None if self._members.get(name) is None else self.time(name)

    def number(self, name: str) -> int:
        """Return a whole number."""
        value = self._members.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        raise self.odd(name, "a whole number")

    def optional_number(self, name: str) -> int | None:
        """Return a whole number or None."""
        return None if self._members.get(name) is None else self.number(name)

    def percentage(self, name: str) -> float:
        """Return a number from 0 to 100 to one decimal place; 0 for a member that is null or missing."""
        value = self._members.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= round(value, 1) <= 100:
            return round(value, 1)
        if value is None:
            return 0.0
        raise self.odd(name, "a number from 0 to 100")

    def flag(self, name: str) -> bool:
        """Return true or false."""
        value = self._members.get(name)
        if isinstance(value, bool):
            return value
        raise self.odd(name, "true or false")

    def optional_flag(self, name: str) -> bool | None:
        """Return true, false or None."""
        return None if self._members.get(name) is None else self.flag(name)

    def one_of(self, name: str, words: Mapping[K, T]) -> T:
        """Return what one of the known codes means."""
        value = self._members.get(name)
        for code, word in words.items():
            if type(value) is type(code) and value == code:
                return word
        raise self.odd(name, f"one of {', '.join(map(str, words))}")

    def error_code(self, name: str) -> str | None:
        """Return a code of the platform as ``0x80048541``, or None; some tables have it as a number."""
        value = self._members.get(name)
        if value is None or (isinstance(value, int | str) and not isinstance(value, bool)):
            return platform_code(value)
        raise self.odd(name, "an error code")

    def row(self, name: str) -> Row:
        """Return an object within this one; one without members for a member that is null."""
        value = self._members.get(name)
        if isinstance(value, dict) or (value is None and name in self._members):
            return Row(value or {}, self._request, f"{self._place}{name}.")
        raise self.odd(name, "an object")

    def rows(self, name: str = "value") -> list[Row]:
        """Return a list of objects; what is none becomes one without members, so that it costs only itself."""
        value = self._members.get(name)
        if not isinstance(value, list):
            raise self.odd(name, "a list")
        place = "" if name == "value" else f"{self._place}{name}."
        return [Row(one if isinstance(one, dict) else {}, self._request, place) for one in value]

    def optional_rows(self, name: str) -> list[Row]:
        """Return a list of objects; none for a member that is null or missing."""
        return [] if self._members.get(name) is None else self.rows(name)

    def document(self, name: str) -> Row:
        """Return the object in a text that is JSON; one without members where the text is empty, null or missing."""
        try:
            found = json.loads(self.optional_text(name) or "{}")
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, dict):
            return Row(found, self._request, f"{self._place}{name}.")
        raise self.odd(name, "the JSON of an object")

    def may_have(self, name: str, text: str) -> bool:
        """Tell whether a member is a text in any case, or cannot be told not to be it."""
        value = self._members.get(name)
        return not isinstance(value, str) or value.casefold() == text.casefold()

    def odd(self, name: str, expected: str) -> PowerPlatformError:
        """Return the error for a member that is not what was expected."""
        found = _KINDS.get(type(self._members[name]), "an object") if name in self._members else "missing"
        what = f"{self._description()} whose member {self._place}{name} is {found} and not {expected}"
        remedy = "unless a proxy changes answers, report it as a bug of the collection"
        if self._request.repeatable:
            return AnswerError(f"{self._request.attempted} was answered with {what}; {remedy}.", status=200)
        return OutcomeUnknownError(
            f"Whether {self._request.attempted} was carried out is unknown, it was answered with {what}; {remedy}."
        )

    def _description(self) -> str:
        """Say which row this is, as far as it tells."""
        for name, value in self._members.items():
            if name.endswith("id") and isinstance(value, str) and GUID.fullmatch(value):
                return f"a row ({name} {value})"
        return "an object"


def moment(text: str) -> datetime:
    """Return the time in a text, to the second; raises ``ValueError``."""
    match = TIME.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is no time with an offset")
    return datetime.fromisoformat(match[1] + match[2].replace("Z", "+00:00"))


class UnreadRows:
    """The rows of a listing that could not be read: who needs one of them gets its error instead of nothing.

    With ``tell`` nobody needs them: it is told of each, and they are left out.
    """

    def __init__(self, tell: Callable[[AnswerError], None] | None = None) -> None:
        self._tell = tell
        self._errors: list[tuple[Row, AnswerError]] = []

    def read(self, reader: Callable[[Row], T], rows: Iterable[Row]) -> Iterator[tuple[Row, T]]:
        """Yield rows with what ``reader`` makes of them, without those that it raises ``AnswerError`` for."""
        for row in rows:
            try:
                found = reader(row)
            except AnswerError as error:
                self._errors.append((row, error))
                if self._tell:
                    self._tell(error)
            else:
                yield row, found

    def may_hold(self, column: str, text: str) -> bool:
        """Tell whether one of the rows may be the one with a text in a column."""
        return any(row.may_have(column, text) for row, _error in self._errors)

    def check(self, column: str, text: str) -> None:
        """Raise the error of a row that may be the one with a text in a column, which must not count as missing."""
        for row, error in self._errors:
            if not self._tell and row.may_have(column, text):
                raise error
