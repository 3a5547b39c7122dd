# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes that are tried: timed, and undone whatever happens in between.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator

from .._dataverse.batch import BatchRequest
from .._errors import PowerPlatformError, RefusedError
from .checks import Check
from .tenant import Tenant


@dataclasses.dataclass(frozen=True)
class Trial:
    """A write that was tried: what it was refused with, its HTTP status, and the milliseconds that it took."""

    refusal: PowerPlatformError | None
    status: int
    milliseconds: int


class Trials:
    """Tries writes, and keeps in mind what could not be undone."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._left: list[str] = []

    def attempt(self, request: BatchRequest) -> Trial:
        """Send a write that does the same when it is sent twice."""
        clock = self._tenant.client.clock
        begin = clock.monotonic()
        (reply,) = self._tenant.client.batch([request])
        return Trial(reply.error, reply.status, round((clock.monotonic() - begin) * 1000))

    @contextlib.contextmanager
    def undone(self, what: str, undo: Callable[[], object]) -> Iterator[None]:
        """Undo in the end; ``what`` names what is there until then. Refuses to begin while something is left behind."""
        if self._left:
            raise RefusedError(f"Nothing more is tried, since {self._left[0]} could not be removed.")
        try:
            yield
        finally:
            self._undo(what, undo)

    def _undo(self, what: str, undo: Callable[[], object], attempts: int = 2) -> None:
        try:
            undo()
        except PowerPlatformError as error:
            if attempts > 1:
                self._undo(what, undo, attempts - 1)
                return
            self._left.append(what)
            self._tenant.warn(f"{what} could not be removed, remove it by hand: {error}")

    def probe_undone(self) -> Check:
        """Return whether all is as it was before."""
        if not self._left:
            return Check("probe_undone", "passed", "all is as it was before")
        return Check("probe_undone", "failed", f"left behind: {', '.join(self._left)}", "remove it by hand")
