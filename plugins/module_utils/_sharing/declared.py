# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Declared shares as tasks enforce or audit them: with their warnings, and with the drift that is to fail.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._errors import DriftError
from .._text import listed, sentences
from .enforcement import ShareEnforcement
from .share_state import ShareState

if TYPE_CHECKING:
    from .._work import Work

VERIFY_ARGUMENTS: dict[str, dict[str, Any]] = {
    "allow_disabled": {"type": "bool", "default": False},
    "fail_on_drift": {"type": "bool", "default": False},
    "verify": {"type": "str", "choices": ["written", "effective"], "default": "written"},
}


def enforce_or_audit(work: Work, state: ShareState, *, audit: bool) -> dict[str, Any]:
    """Write what the declaration needs, in check mode only say so, or tell the drift; return the task's result."""
    for warning in state.interruption.warnings():
        work.warn(warning)
    enforcement = ShareEnforcement(
        work.client,
        state,
        read_only=work.check_mode or audit,
        allow_disabled=work.params["allow_disabled"],
    )
    result = enforcement.audit() if audit else enforcement.enforce()
    if queues := enforcement.flows_with_work_queues(result.get("changes", [])):
        work.warn(f"Sharing a flow does not share the work queues that it uses, share those of {listed(queues)} too.")
    if work.params["verify"] == "effective":
        result.update(effect := enforcement.effect())
        for one in (*effect["ineffective"], *effect["unchecked"]):
            work.warn(one["message"])
    if work.params["fail_on_drift"] and (drift := result.get("drift")):
        told = sentences(difference["message"] for difference in drift)
        raise DriftError(f"{work.environment_name} differs from what is declared. {told}", result=result)
    return result
