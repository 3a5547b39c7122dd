# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one room behind both doors: what a module takes, what it does, and how its outcome is told.

The real module (``_module.py``) and its action plugin both read a ``ModuleDefinition`` and call ``perform``.
This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from ._arguments import CONNECTION_ARGUMENTS
from ._clock import Clock
from ._dataverse.client import DataverseClient
from ._errors import PowerPlatformError
from ._text import message, require_sendable, show, shown
from ._transport.secrecy import forms, quiet_libraries, struck_out

MOST_WARNINGS = 100


def _drop(text: str) -> None:
    """Take a text and do nothing with it."""


class Work:
    """One task at work: its options, its environment, and its ways to speak to the user."""

    def __init__(
        self,
        params: dict[str, Any],
        *,
        check_mode: bool = False,
        environment_name: str | None = None,
        warn: Callable[[str], None] = _drop,
        report: Callable[[str], None] = _drop,
        clock: Clock | None = None,
    ) -> None:
        self.params = params
        self.check_mode = check_mode
        self._warn = warn
        self._report = report
        self._warnings = 0
        self._told: set[str] = set()
        self.clock = clock or Clock()
        self._environment_name = environment_name

    @property
    def environment_name(self) -> str:
        """What to call the environment in messages: its inventory name, else the host of its URL."""
        return self._environment_name or urlsplit(self.params["environment_url"]).netloc

    @cached_property
    def client(self) -> DataverseClient:
        """The connection to the environment; nothing is sent before its first use."""
        return DataverseClient.from_params(
            self.params,
            clock=self.clock,
            warn=self.warn,
            on_retry=lambda reason: self.report(f"[{self.environment_name}] {reason}"),
        )

    @property
    def secrets(self) -> set[str]:
        """What no output may hold: credentials from any source and the tokens obtained with them, in every form."""
        return forms(self.client.secrets) if "client" in self.__dict__ else set()

    def report(self, text: str) -> None:
        """Show the user a line of progress."""
        self._report(message(struck_out(text, self.secrets)))

    def warn(self, text: str) -> None:
        """Warn, unless the user has read that before, or has enough to read already."""
        if text in self._told:
            return
        self._warnings += 1
        if self._warnings <= MOST_WARNINGS:
            self._told.add(text)
            self._warn(message(struck_out(text, self.secrets)))

    def close(self) -> None:
        """Close the connection, if one was opened, and count the warnings that were not given."""
        if self._warnings > MOST_WARNINGS:
            self._warn(f"There are {self._warnings - MOST_WARNINGS} more warnings.")
        if "client" in self.__dict__:
            self.client.close()


@dataclasses.dataclass(frozen=True)
class ModuleDefinition:
    """What a module takes and the function that does its work.

    ``work`` takes a ``Work`` and returns the task's result as a JSON-safe dict with the key ``changed``.
    The other members are those of Ansible's argument specification; connection options come with
    ``needs_environment``.
    """

    work: Callable[[Work], dict[str, Any]]
    argument_spec: Mapping[str, Mapping[str, Any]]
    needs_environment: bool = True
    mutually_exclusive: Sequence[Sequence[str]] = ()
    required_together: Sequence[Sequence[str]] = ()
    required_one_of: Sequence[Sequence[str]] = ()
    required_if: Sequence[Sequence[Any]] = ()
    required_by: Mapping[str, Sequence[str]] = dataclasses.field(default_factory=dict)

    def validation(self) -> dict[str, Any]:
        """The keyword arguments that AnsibleModule and ArgumentSpecValidator have in common."""
        connection = CONNECTION_ARGUMENTS if self.needs_environment else {}
        rules = {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)
            if field.name.startswith(("mutually", "required"))
        }
        return {"argument_spec": {**connection, **self.argument_spec}, **rules}


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How a task ended: its result (with ``failed`` and ``msg`` on failure) and the values to strike out of it."""

    result: dict[str, Any]
    secrets: set[str]

    @property
    def failed(self) -> bool:
        """Whether the task failed."""
        return bool(self.result.get("failed"))


def perform(definition: ModuleDefinition, work: Work) -> Outcome:
    """Do a module's work and tell how it ended; the only place where foreseen errors are caught."""
    with quiet_libraries(), contextlib.closing(work):
        try:
            require_sendable(work.params)
            result = definition.work(work)
        except PowerPlatformError as error:
            result = error.to_result()
    secrets = work.secrets | set(map(shown, work.secrets))
    return Outcome(_shown(result, secrets), secrets)


def _shown(result: dict[str, Any], secrets: set[str]) -> dict[str, Any]:
    """Return a result whose texts may be shown on a terminal; a message that is cut stands whole in ``failure``."""
    show(result)
    if "msg" in result:
        # Secrets go first: of one that is cut in two nothing would be struck out any more.
        text = struck_out(result["msg"], secrets)
        result["msg"] = message(text)
        if result["msg"] != text:
            result["failure"] = {**result.get("failure", {}), "message": text}
    return result
