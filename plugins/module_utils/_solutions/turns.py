# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for one's turn: an environment carries out one solution operation at a time.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from .._dataverse.jobs import VERBS, HistoryEntry, Job, Jobs
from .._dataverse.waiter import wait_until
from .._errors import OperationTimeoutError
from .._sharing.records import ShareRecord
from .progress import Progress

if TYPE_CHECKING:
    from .._dataverse.client import DataverseClient

# The pauses when the environment says that it is busy but not with what; the documentation knows no other cure.
SHORTEST_BLIND_PAUSE = 5.0
LONGEST_BLIND_PAUSE = 30.0
LONGEST_PAUSE = 10.0


@dataclasses.dataclass(frozen=True)
class Blocker:
    """The operation that is in the way: what, of which solution, by whom, since when (ISO 8601)."""

    operation: str
    solution: str | None = None
    version: str | None = None
    by: str | None = None
    since: str | None = None
    job_id: str | None = None
    history_id: str | None = None
    certain: bool = True

    def __str__(self) -> str:
        """Return one phrase: ``the import of Other 1.0.0.0 by Anna since 2026-01-31T12:00:00Z``."""
        subject = " ".join(filter(None, [self.solution, self.version]))
        parts = [f"the {self.operation}", f"of {subject}" if subject else "", f"by {self.by}" if self.by else ""]
        phrase = " ".join(filter(None, [*parts, f"since {self.since}" if self.since else ""]))
        return phrase if self.certain else f"{phrase} that an interrupted run may have started"


class Turns:
    """Waits, up to ``timeout`` seconds in all, for the operations of others to end."""

    def __init__(self, client: DataverseClient, timeout: float, progress: Progress) -> None:
        self._clock = client.clock
        self._jobs = Jobs(client)
        self._timeout = timeout
        self._left = timeout
        self._blind_pause = SHORTEST_BLIND_PAUSE
        self._progress = progress

    def wait_for(self, label: str, job: Job | None, possible: Blocker | None = None) -> None:
        """Wait for a running operation to end or, without one, for whatever the environment is or may be busy with.

        ``possible`` is what may be on its way. Raises ``OperationTimeoutError`` that names the operation when the time
        is up.
        """
        blocker = possible or self._blocker(job)
        begin = self._clock.monotonic()

        def look() -> bool:
            waited = self._clock.monotonic() - begin
            self._progress.show(label, f"waiting for {blocker or 'another solution operation'}", waited)
            return self._is_over(blocker, waited)

        try:
            _over, seconds = wait_until(
                look,
                bool,
                clock=self._clock,
                timeout=self._left,
                interval=lambda elapsed, over: min(max(1.0, elapsed / 20), LONGEST_PAUSE),
            )
        except OperationTimeoutError as error:
            raise OperationTimeoutError(
                f"{label} could not begin within lock_timeout={self._timeout:g} seconds because of"
                f" {blocker or 'another solution operation that the environment does not name'}:"
                " run the task again when that has ended, or raise lock_timeout.",
                blocked_by=dataclasses.asdict(blocker) if blocker else None,
            ) from error
        self._left = max(0.0, self._left - seconds)
        if blocker is None or not blocker.certain:
            self._blind_pause = min(self._blind_pause * 2, LONGEST_BLIND_PAUSE)

    def _blocker(self, job: Job | None) -> Blocker | None:
        """Describe a running operation; without one, the latest one that the solution history calls running."""
        history = self._jobs.history()
        if job is None:
            running = next((entry for entry in history if entry.running and entry.exclusive), None)
            return _from_history(running) if running else None
        entry = next((entry for entry in history if entry.job_id == job.id), None)
        return Blocker(
            operation=VERBS.get(job.action, job.action),
            solution=entry.solution if entry else None,
            version=entry.version if entry else None,
            by=self._jobs.person(job.owner_id),
            since=job.started_on or job.created_on,
            job_id=job.id,
        )

    def _is_over(self, blocker: Blocker | None, waited: float) -> bool:
        if blocker is None or not blocker.certain:
            return waited >= self._blind_pause
        if blocker.job_id:
            job = self._jobs.find(blocker.job_id)
            return job is None or job.finished
        return all(entry.id != blocker.history_id or not entry.running for entry in self._jobs.history())


def _from_history(entry: HistoryEntry) -> Blocker:
    return Blocker(entry.verb, entry.solution, entry.version, since=entry.started_on, history_id=entry.id)


def possible_blocker(record: ShareRecord) -> Blocker:
    """Return the operation that a record announces and that nothing in the environment shows."""
    since = datetime.fromtimestamp(record.recorded_at, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    verb, version = (VERBS[record.start.action], record.start.version) if record.start else ("upgrade", None)
    return Blocker(verb, record.solution, version, since=since, certain=False)
