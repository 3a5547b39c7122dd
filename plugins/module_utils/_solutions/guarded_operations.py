# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The seam between solution operations and the guard of shares.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from .._errors import PowerPlatformError, RefusedError
from .._sharing.guard import ShareGuard
from .._sharing.interruption import SHARE_TAKING
from .._sharing.record_places import records_of
from .operations import Operations, operations_of

if TYPE_CHECKING:
    from .._work import Work


class SolutionTask(Protocol):
    """What is to happen to a solution; both ways return the task's result with the key ``operation``."""

    def predict(self) -> dict[str, Any]:
        """Return what ``perform`` would return, without writing anything."""

    def perform(self, operations: Operations) -> dict[str, Any]:
        """Do it."""


@contextlib.contextmanager
def repairing(work: Work) -> Iterator[None]:
    """Put back what an interrupted upgrade took when a task cannot even begin, whatever is in its way."""
    try:
        yield
    except PowerPlatformError:
        guard = None if work.check_mode or work.params.get("audit") else _guard_of(work, "", ())
        if guard:
            with _second_failure_told(work):
                guard.complete()
        raise


@contextlib.contextmanager
def _second_failure_told(work: Work) -> Iterator[None]:
    """Warn of a failure after a failure: the first one is the one to end with."""
    try:
        yield
    except PowerPlatformError as error:
        work.warn(f"What an upgrade took could not be seen to after the failure: {error}")


def do_guarded(work: Work, solution: str, task: SolutionTask, flow_ids: Collection[str] = ()) -> dict[str, Any]:
    """Do a task, or predict it in check mode, and return its result with ``shares`` and ``permission_gap_seconds``.

    ``flow_ids`` are the desktop flows that the task brings.

    What an earlier run left undone is completed first. Raises what the task raises, ``RefusedError`` when the shares
    cannot be recorded before an upgrade, and ``OperationFailedError`` when some could not be put back after it.
    """
    if work.check_mode:
        return predict_guarded(work, solution, task, flow_ids)
    guard = _guard_of(work, solution, flow_ids)
    return _perform(work, guard, task) if guard else task.perform(operations_of(work))


def predict_guarded(
    work: Work, solution: str, task: SolutionTask, flow_ids: Collection[str] = (), *, repairs: bool = True
) -> dict[str, Any]:
    """Return what ``do_guarded`` would return, without writing anything.

    Unless the task ``repairs``, a task with nothing to do leaves to others what an earlier run left undone.
    """
    guard = _guard_of(work, solution, flow_ids)
    result = task.predict()
    acts = result["operation"] != "none"
    if guard is None:
        return result
    if acts:
        guard.observe()
    try:
        outcome = guard.prediction(
            repairs=repairs or acts, taking=result["operation"] in SHARE_TAKING, deleted=_deleted(result)
        )
    except RefusedError as error:
        error.result.update({**result, "changed": False})
        raise
    return _with_shares(result, outcome)


def _deleted(result: Mapping[str, Any]) -> list[str]:
    """Return the ids of the flows that an import deletes, as its plan tells."""
    plan = result.get("plan")
    return [flow["id"] for flow in plan["flows"]["deleted"]] if plan else []


def _guard_of(work: Work, solution: str, flow_ids: Collection[str]) -> ShareGuard | None:
    params = work.params
    if not params.get("protect_shares", True):
        return None
    return ShareGuard(
        work.client,
        solution,
        records_of(work.client, params, work.warn),
        flow_ids=flow_ids,
        required=params.get("require_share_record", True),
        warn=work.warn,
    )


def _with_shares(result: Mapping[str, Any], outcome: Mapping[str, Any]) -> dict[str, Any]:
    """Return a result with what became of the shares; shares that were put back are a change."""
    return {**result, **outcome, "changed": result["changed"] or bool(outcome["shares"]["restored"])}


def _perform(work: Work, guard: ShareGuard, task: SolutionTask) -> dict[str, Any]:
    guard.complete()
    try:
        result = task.perform(operations_of(work, guard))
    except PowerPlatformError as error:
        # When this fails too, the record stays and the next run looks again.
        with _second_failure_told(work):
            guard.leave()
            error.result.update(guard.to_result())
        raise
    if work.params.get("wait", True):
        guard.conclude()
    result = _with_shares(result, guard.to_result())
    guard.check(result)
    return result
