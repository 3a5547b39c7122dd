# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carrying out a solution operation exactly once, in turn with the operations of others.

The request that starts an operation is never sent a second time on suspicion. Before it goes out, a running operation
of an earlier run or of another machine is joined, and a foreign one is waited for; when its answer is lost, the
operation is looked for in the environment. This file is private to the collection and may change without notice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from .._dataverse.jobs import HistoryEntry, Job, Jobs
from .._dataverse.service_errors import is_solution_lock
from .._dataverse.waiter import eager, wait_until
from .._errors import ApiError, OperationTimeoutError, OutcomeUnknownError, PowerPlatformError
from .._packages.manifest import version_key
from .._sharing.guard import ShareGuard
from .._sharing.records import Start
from .following import Follower
from .import_jobs import ImportJobs
from .orders import Order, Patience, Run
from .progress import Progress
from .turns import Blocker, Turns, possible_blocker

if TYPE_CHECKING:
    from .._dataverse.client import DataverseClient
    from .._work import Work

# How long an operation whose start got no answer may take to turn up in the environment.
LOST_START_SECONDS = 60.0


class Operations:
    """Carries out solution operations in one environment."""

    def __init__(
        self,
        client: DataverseClient,
        patience: Patience,
        progress: Progress,
        guard: ShareGuard | None = None,
    ) -> None:
        self._client = client
        self._patience = patience
        self._progress = progress
        self._guard = guard
        self._jobs = Jobs(client)
        self._import_jobs = ImportJobs(client)
        self._follower = Follower(self._jobs, self._import_jobs, progress, client.clock)

    def carry_out(self, plan: Callable[[Run | None], Order | None]) -> Run | None:
        """Carry out what ``plan`` orders, and return how it ended, well or not; None when nothing was ordered.

        ``plan`` reads the environment and decides; it is asked again after each wait, because what ran in the
        meantime may have changed the answer, and it is given the run that was joined before, if any.
        Raises ``OperationTimeoutError`` when the operation does not begin or end in time, ``OutcomeUnknownError``
        when it was started, its answer was lost, and no trace of it turned up.
        """
        turns = Turns(self._client, self._patience.lock_timeout, self._progress)
        joined: Run | None = None
        while order := plan(joined):
            run = self._take_turn(order, turns)
            if run is None:
                continue
            if run.job.finished and is_solution_lock(run.job.code, run.job.text):
                turns.wait_for(order.label, None)
            elif run.joined and run.job.state == "succeeded":
                joined = run
            else:
                return run
        return joined

    def _take_turn(self, order: Order, turns: Turns) -> Run | None:
        """Join the operation, or start it; return None after a wait for another one, and when it is due no longer."""
        recent = self._jobs.recent()
        running = [job for job in recent if not job.finished]
        known = [job.id for job in recent if job.finished]
        run = self._join(order, running, known)
        if run is None:
            blocker = None if running else self._possible_start()
            if running or blocker:
                turns.wait_for(order.label, running[0] if running else None, blocker)
                return None
            body = self._body(order)
            if body is None or not order.due():
                return None
            run = self._start(order, body, known)
            if run is None:
                turns.wait_for(order.label, None)
                return None
        return self._follow(order, run) if self._patience.wait else run

    def carry_out_one(self, order: Order) -> Run:
        """Carry out an order that nothing in the environment makes needless, and return how it ended, well or not."""
        # Without a joined run there is an order, so there is always a run at the end.
        return cast(Run, self.carry_out(lambda joined: None if joined else order))

    def _possible_start(self) -> Blocker | None:
        """Return the operation of an interrupted run that may still turn up, for as long as starts take to do so."""
        record = self._guard.possible_start() if self._guard else None
        if record is None or self._client.clock.time() - record.recorded_at > LOST_START_SECONDS:
            return None
        return possible_blocker(record)

    @staticmethod
    def _body(order: Order) -> Mapping[str, Any] | None:
        """Return the parameters of an order; None when they could not be made because it is due no longer."""
        try:
            return order.body()
        except PowerPlatformError:
            if order.due():
                raise
            return None

    def _join(self, order: Order, running: list[Job], known: Sequence[str]) -> Run | None:
        """Return the running operation that does what is ordered, or None."""
        own = [job for job in running if job.action == order.action]
        history = self._jobs.history() if own else []
        for job in own:
            if self._is_ours(order, job, history):
                self._prepare(order, known, starts=False)
                return self._follower.with_import_job(order, Run(job, joined=True))
        return None

    def _is_ours(self, order: Order, job: Job, history: list[HistoryEntry]) -> bool:
        """Tell whether an operation does what is ordered.

        The history joins exactly (msdyn_activityid is the asyncoperationid); before it has an entry, an import is
        known by the name of its solution. Which version that one brings, the plan finds out when it has ended.
        """
        names = {name.lower() for name in order.names}
        for entry in history:
            if entry.job_id == job.id:
                same = order.version is None or _same_version(entry.version, order.version)
                return same and entry.solution.lower() in names
        return order.version is not None and bool(self._import_jobs.find_of_solution(order.names, job.created_on))

    def _prepare(self, order: Order, known: Sequence[str], *, starts: bool) -> None:
        """Have the guard note what takes shares away, and what starts an import, which must not start twice."""
        if self._guard is None:
            return
        if order.takes_shares or (starts and order.version):
            self._guard.record(Start(order.action, order.version, tuple(known)), takes_shares=order.takes_shares)
        else:
            self._guard.observe()

    def _follow(self, order: Order, run: Run) -> Run:
        guard = self._guard if order.takes_shares else None
        ended = self._follower.follow(order, run, guard, self._patience.wait_timeout)
        if guard:
            guard.restore()
        return ended

    def _start(self, order: Order, body: Mapping[str, Any], known: Sequence[str]) -> Run | None:
        """Send the one request that starts the operation; return None when it is not our turn."""
        self._prepare(order, known, starts=True)
        try:
            answer = self._client.call(order.action, body, idempotent=order.repeatable)
            job = Job(answer.guid("AsyncOperationId"), order.action, "waiting")
            run = Run(job, import_job_id=answer.optional_guid("ImportJobKey"), answer=answer)
        except OutcomeUnknownError as lost:
            run = self._find_lost(order, known, lost)
        except PowerPlatformError as error:
            if self._guard:
                self._guard.refused()
            if isinstance(error, ApiError) and is_solution_lock(error.code, str(error)):
                return None
            raise
        if self._guard:
            self._guard.started(run.job.id)
        return run

    def _find_lost(self, order: Order, known: Sequence[str], lost: OutcomeUnknownError) -> Run:
        """Return the operation that a request without an answer has started.

        ``known`` are the operations from before, so that no clock has to be trusted, neither ours nor theirs.
        """

        def look() -> Job | None:
            new = [job for job in self._jobs.recent() if job.action == order.action and job.id not in known]
            history = self._jobs.history() if new else []
            return next((job for job in new if self._is_ours(order, job, history)), None)

        try:
            job, _seconds = wait_until(look, bool, clock=self._client.clock, timeout=LOST_START_SECONDS, interval=eager)
        except OperationTimeoutError:
            raise OutcomeUnknownError(
                f"{order.label} was started, but whether the environment took it is unknown, and no trace of it turned"
                f" up within {LOST_START_SECONDS:g} seconds: {lost} Run the task again: it joins the operation if there"
                " is one, and starts it otherwise.",
                **lost.details,
            ) from lost
        return self._follower.with_import_job(order, Run(cast(Job, job)))


def operations_of(work: Work, guard: ShareGuard | None = None) -> Operations:
    """Return the operations of a task's environment, as patient and as talkative as its options say."""
    params = work.params
    patience = Patience(params["wait_timeout"], params["lock_timeout"], params.get("wait", True))
    say = work.report if params["progress"] else _say_nothing
    return Operations(work.client, patience, Progress(say, work.environment_name), guard)


def _say_nothing(text: str) -> None:
    """Drop a line of progress."""


def _same_version(left: str | None, right: str) -> bool:
    return left is not None and version_key(left) == version_key(right)
