# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers of the service in which one member is missing or something else than the documentation says."""

from __future__ import annotations

import copy
import dataclasses
import json
from collections.abc import Iterator
from typing import Any
from unittest import mock

from ansible_collections.coe.power_platform.plugins.module_utils._transport.http import HttpSession
from ansible_collections.coe.power_platform.plugins.module_utils._transport.messages import Response

LINE = b"\r\n"
ABSENT = object()
VALUES: dict[str, Any] = {
    "absent": ABSENT,
    "null": None,
    "an empty text": "",
    "a text": "x",
    "a number": 7,
    "a negative number": -1,
    "a huge number": 10**400,
    "a fraction": 0.5,
    "true": True,
    "an empty list": [],
    "a list of numbers": [1],
    "a list of lists": [[["x"]]],
    "an empty object": {},
    "an object": {"x": {"y": [1]}},
    "JSON of a list": "[]",
    "JSON of another object": '{"childFlows": 5, "workQueues": 5, "schema": 5, "properties": 5}',
    "JSON of odd lists": '{"childFlows": [1, null, {}], "workQueues": [[]], "schema": {"properties": [5]}}',
}


@dataclasses.dataclass(frozen=True)
class Place:
    """A member of an answer: the number of the answer in a run, that of the document in it, and the way to it."""

    answer: int
    document: int
    path: tuple[str | int, ...]

    @property
    def names(self) -> list[str]:
        """The names by one of which an error may call the member: its own, and those of the objects that it is in."""
        return [step for step in self.path if isinstance(step, str) and self.path != ("value",) and step != "value"]


@dataclasses.dataclass(frozen=True)
class Mutation:
    """A member that has another value; ``kind`` is a key of ``VALUES``, ``original`` what it was."""

    place: Place
    kind: str
    original: Any

    @property
    def is_misfit(self) -> bool:
        """Whether the new value is of another type than the original, so that nobody may take it for a value."""
        value = VALUES[self.kind]
        return value is not None and value is not ABSENT and type(value) is not type(self.original)

    def __str__(self) -> str:
        return f"answer {self.place.answer}, {'.'.join(map(str, self.place.path))} is {self.kind}"


class Answers:
    """What the service answers in a run: the members of the answers are collected, or one of them is changed."""

    def __init__(self, mutation: Mutation | None = None) -> None:
        self.members: list[tuple[Place, Any]] = []
        self.changed = False
        self._mutation = mutation
        self._count = 0

    def __enter__(self) -> Answers:
        send = HttpSession._send

        def sent(session: HttpSession, *arguments: Any) -> Response:
            response = send(session, *arguments)
            return self._take(response) if "/api/data/" in response.url else response

        self._patch = mock.patch.object(HttpSession, "_send", sent)
        self._patch.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._patch.stop()

    def _take(self, response: Response) -> Response:
        number, self._count = self._count, self._count + 1
        if self._mutation is None:
            for index, document in enumerate(_documents(response.body)):
                self.members += [(Place(number, index, path), value) for path, value in _members(document)]
        elif self._mutation.place.answer == number and response.status < 300:
            return dataclasses.replace(response, body=self._mutated(response.body, self._mutation))
        return response

    def _mutated(self, body: bytes, mutation: Mutation) -> bytes:
        documents = list(_documents(body))
        if mutation.place.document >= len(documents):
            return body
        document = documents[mutation.place.document]
        try:
            changed = _changed(document, mutation)
        except (KeyError, IndexError, TypeError):
            return body
        self.changed = True
        lines = [line for line in body.split(LINE) if line.startswith(b"{")]
        return body.replace(lines[mutation.place.document], json.dumps(changed).encode(), 1)


def _documents(body: bytes) -> Iterator[Any]:
    """Yield the JSON objects of an answer or of the parts of a batch, each of which is one line."""
    return (json.loads(line) for line in body.split(LINE) if line.startswith(b"{"))


def _members(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Yield the members of a document with their paths; of a list the first and the last element."""
    steps: list[str | int] = []
    if isinstance(value, dict):
        steps = [name for name in value if not name.startswith("@odata.") or name == "@odata.nextLink"]
    elif isinstance(value, list) and value:
        steps = sorted({0, len(value) - 1})
    for step in steps:
        yield (*path, step), value[step]  # type: ignore[index]
        yield from _members(value[step], (*path, step))  # type: ignore[index]


def _changed(document: Any, mutation: Mutation) -> Any:
    changed = copy.deepcopy(document)
    *way, last = mutation.place.path
    holder = changed
    for step in way:
        holder = holder[step]
    holder[last]  # only what is there is changed
    if VALUES[mutation.kind] is ABSENT:
        del holder[last]
    else:
        holder[last] = VALUES[mutation.kind]
    return changed


def mutations(members: list[tuple[Place, Any]]) -> list[Mutation]:
    """Return all mutations of members that are one."""
    return [
        Mutation(place, kind, original)
        for place, original in members
        for kind, value in VALUES.items()
        if value is ABSENT or value != original or type(value) is not type(original)
    ]
