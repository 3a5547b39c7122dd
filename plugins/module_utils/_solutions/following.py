# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Following an operation that has been started until it ends.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
from math import inf

from .._clock import Clock
from .._dataverse.jobs import Jobs
from .._dataverse.waiter import eager, wait_until
from .._errors import OperationFailedError, OperationTimeoutError
from .._sharing.guard import WATCH_INTERVAL, ShareGuard
from .import_jobs import ImportJobs
from .orders import Order, Run
from .progress import Progress

# No look comes sooner than a hundredth of the time so far, or these seconds, after the one before.
QUICKEST_LOOK, QUICKEST_OF_LONG = 0.25, 0.5
# So many looks in a row may miss an operation: its row may be young, or read from a copy that lags behind.
TOLERATED_MISSES = 5


class Follower:
    """Follows the operations of one environment."""

    def __init__(self, jobs: Jobs, import_jobs: ImportJobs, progress: Progress, clock: Clock) -> None:
        self._jobs = jobs
        self._import_jobs = import_jobs
        self._progress = progress
        self._clock = clock

    def follow(self, order: Order, run: Run, guard: ShareGuard | None, timeout: float) -> Run:
        """Wait for the end of an operation, well or not, and return how it ended; its guard watches all the while.

        Raises ``OperationTimeoutError`` when it has not ended in time, ``OperationFailedError`` when it is gone.
        """
        last, misses, begin = run, 0, self._clock.monotonic()

        def look() -> Run:
            nonlocal last, misses
            seen = self._look(order, last)
            misses = 0 if seen else misses + 1
            if misses > TOLERATED_MISSES:
                raise _gone(order, last)
            last = seen or last
            if guard:
                guard.watch()
            self._progress.show(order.label, _state_text(last), self._clock.monotonic() - begin)
            return last

        try:
            ended, _seconds = wait_until(
                look,
                lambda run: run.job.finished,
                clock=self._clock,
                timeout=timeout,
                interval=lambda elapsed, run: min(pause(elapsed, run.progress), WATCH_INTERVAL if guard else inf),
            )
        except OperationTimeoutError as error:
            raise _still_running(order, last, timeout) from error
        return ended

    def _look(self, order: Order, run: Run) -> Run | None:
        """Return how an operation stands, or None when its row does not show."""
        job = self._jobs.find(run.job.id)
        if job is None:
            return None
        run = self.with_import_job(order, dataclasses.replace(run, job=job))
        if run.import_job_id and not job.finished:
            import_job = self._import_jobs.find(run.import_job_id)
            run = dataclasses.replace(run, progress=import_job.progress if import_job else run.progress)
        return run

    def with_import_job(self, order: Order, run: Run) -> Run:
        """Return a run with the import job of an import that was not started here, once that shows."""
        if order.version is None or run.import_job_id:
            return run
        found = self._import_jobs.find_of_solution(order.names, run.job.created_on)
        return dataclasses.replace(run, import_job_id=found.id) if found else run


def pause(elapsed: float, progress: float | None) -> float:
    """Return the seconds until the next look at an operation: short at first, and again near the end.

    A twentieth of the time so far bounds what is lost to waiting; half of the time that is probably left finds the
    end sooner.
    """
    usual = eager(elapsed, None)
    if not progress:
        return usual
    left = elapsed * (100 - progress) / progress
    shortest = min(max(QUICKEST_LOOK, elapsed / 100), QUICKEST_OF_LONG)
    return max(shortest, min(usual, left / 2))


def _state_text(run: Run) -> str:
    if run.job.finished or run.progress is None:
        return run.job.state
    return f"{run.progress:.0f} %"


def _gone(order: Order, run: Run) -> OperationFailedError:
    return OperationFailedError(
        f"{order.label} cannot be followed any longer, its operation {run.job.id} is gone: see the solution history of"
        " the environment for what became of it, and run the task again.",
        operation_id=run.job.id,
        import_job_id=run.import_job_id,
    )


def _still_running(order: Order, run: Run, timeout: float) -> OperationTimeoutError:
    reached = "" if run.progress is None else f" at {run.progress:.0f} %"
    return OperationTimeoutError(
        f"{order.label} is still running{reached} after wait_timeout={timeout:g} seconds, as operation {run.job.id}:"
        " it goes on in the environment. Run the task again to wait for its end, or raise wait_timeout.",
        last=run,
        operation_id=run.job.id,
        import_job_id=run.import_job_id,
        progress=run.progress,
        state=run.job.state,
    )
