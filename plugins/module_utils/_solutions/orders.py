# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a solution operation is made of: the order, how far it has come, and how long to wait for it.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .._dataverse.jobs import PUBLICATION, Job
from .._dataverse.rows import Request, Row
from .._dataverse.service_errors import remedy
from .._errors import OperationFailedError
from .._sharing.interruption import SHARE_TAKING


@dataclasses.dataclass(frozen=True)
class Order:
    """A solution operation to carry out.

    ``action`` is the Web API action, ``names`` the unique names under which the platform may keep it, ``version``
    the version that an import brings (None for other operations), ``label`` its name in messages.
    ``body`` makes the action's parameters right before they are sent, anew for each attempt; ``due`` reads whether
    what the order was decided on still holds, since an operation may have ended unseen in between.
    ``repeatable`` says that starting it twice does no harm.
    """

    action: str
    names: tuple[str, ...]
    label: str
    body: Callable[[], Mapping[str, Any]]
    version: str | None = None
    due: Callable[[], bool] = lambda: True
    repeatable: bool = False

    @property
    def takes_shares(self) -> bool:
        """Whether the operation takes shares away, so that the guard has to work around it."""
        return self.action in SHARE_TAKING.values()


@dataclasses.dataclass(frozen=True)
class Run:
    """How far an order has come.

    ``progress`` is in percent; ``joined`` says that someone else started it; ``answer`` is what the action answered.
    """

    job: Job
    import_job_id: str | None = None
    progress: float | None = None
    joined: bool = False
    answer: Row = dataclasses.field(default_factory=lambda: Row({}, Request("an operation that was joined")))


@dataclasses.dataclass(frozen=True)
class Patience:
    """How long to wait, in seconds: for an operation to end, and for its turn to begin."""

    wait_timeout: float
    lock_timeout: float
    wait: bool = True


def publication(solution: str) -> Order:
    """Return the order to publish all customizations of the environment. Source: Web API PublishAllXmlAsync."""
    return Order(PUBLICATION, (solution,), f"{solution} publish", dict)


def require_success(run: Run, label: str, environment_url: str, errors: Sequence[str] = ()) -> None:
    """Raise ``OperationFailedError`` with the platform's own words unless a finished operation went well.

    ``errors`` is what is known beyond the operation itself; any of it is a failure.
    """
    job = run.job
    if job.state == "succeeded" and not errors:
        return
    reason = next((text for text in (job.text, *errors) if text), "the platform gives no reason").strip().rstrip(".")
    advice = remedy(job.code) or "see the solution history of the environment for more"
    code = f" ({job.code})" if job.code else ""
    outcome = "was canceled" if job.state == "canceled" else "failed"
    raise OperationFailedError(
        f"{label} {outcome} in {environment_url}: {reason}{code}; {advice}.",
        code=job.code,
        operation_id=job.id,
        import_job_id=run.import_job_id,
        errors=list(errors) or None,
    )
