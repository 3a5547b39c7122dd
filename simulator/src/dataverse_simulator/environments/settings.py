# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Switches of an environment."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, fields
from typing import Any

#: Switches as a JSON object, for whatever starts a simulator without naming them: a run of other tests, for one.
VARIABLE = "DATAVERSE_SIMULATOR_SETTINGS"

#: What those switches may say that are no plain yes or no.
CHOICES = {"visible_shares": ("all", "by_rights", "own"), "clientdata_search": ("works", "refused", "finds_nothing")}


@dataclass
class Settings:
    """Choices where the service's documentation is silent, limits, and durations. A seed sets them under `settings`."""

    upgrade_keeps_shares: bool = False
    """An upgrade leaves the shares of the solution's flows alone (the default follows the observation: it removes
    them).
    """
    modify_without_share_fails: bool = True
    """ModifyAccess and RevokeAccess without a share answer an error instead of doing nothing."""
    lock_shows_as_failed_job: bool = False
    """A second solution operation is accepted and its job fails, instead of 429 on the POST."""
    export_takes_lock: bool = False
    """An export counts as a solution operation for the lock."""
    lower_version_update_fails: bool = False
    """A plain import of a lower version than the installed one fails (sources disagree; lately it is said to be
    allowed).
    """
    visible_shares: str = "all"
    """Rows of principalobjectaccessset that a caller sees: `all`; `by_rights`, who lacks Read at organization depth on
    the records' table sees those of himself and his teams only; `own`, everybody sees only those.
    """
    unpublished_header_refused: bool = False
    """`MSCRM.IncludeUnpublished` in a request to a table without unpublished rows is an error instead of nothing."""
    user_by_id_refused: bool = False
    """An application gets 403 for `systemusers(<id>)` while `$filter` works (seen once on a real tenant)."""
    job_names_without_async: bool = False
    """`messagename` of jobs is StageAndUpgrade, DeleteAndPromote, UninstallSolution… (that of ImportSolutionAsync was
    recorded, and stays).
    """
    clientdata_search: str = "works"
    """`contains(clientdata,…)` and its like: `works`; `refused`, 400; `finds_nothing`, as when contents are kept
    compressed.
    """
    desktop_flow_version_control: bool = True
    """The organization says that version control of desktop flows is on (rolled out since 11/2025, never off again)."""
    draft_fails_import: bool = True
    """A published import fails where the target holds a draft of one of its flows (a known issue: it may fail)."""
    uninstall_ignores_needs: bool = False
    """A solution can be removed although another one needs a component of a type that the simulator does not model."""
    share_rows_with_numbers: bool = False
    """`objecttypecode` of shares is the number of the table; conditions take the name nevertheless."""
    synchronous_messages_leave_jobs: bool = False
    """DeleteAndPromote, ImportSolution… leave an asyncoperation too, not the solution history only."""
    checker_blocks_imports: bool = False
    """A managed environment whose solution checker blocks: every import is cancelled before it changes anything."""
    seconds_per_shared_binary: float = 0.0
    """Real seconds that a grant, modify or revoke takes for each binary of the flow, on top of its own work."""
    job_seconds: float = 1.0
    """Simulated duration of one solution job."""
    import_job_visible_after: float = 0.0
    """Seconds during which a young importjob answers 404."""
    requests_per_window: int = 6000
    execution_seconds_per_window: float = 1200.0
    concurrent_requests: int = 52
    window_seconds: float = 300.0
    token_seconds: float = 3599.0
    """Lifetime of an access token."""
    max_body_bytes: int = 128 * 1024 * 1024

    def change(self, values: dict[str, Any]) -> None:
        """Set switches by name; KeyError for a name that does not exist, ValueError for a value that means nothing."""
        defaults = {field.name: field.default for field in fields(self)}
        for name, value in values.items():
            _check(name, value, defaults[name])
            setattr(self, name, value)


def _check(name: str, value: Any, default: Any) -> None:
    if name in CHOICES:
        if value not in CHOICES[name]:
            raise ValueError(f"The switch {name} is one of {', '.join(CHOICES[name])}, not {value!r}.")
    elif isinstance(value, bool) is not isinstance(default, bool) or not isinstance(value, (int, float)):
        kind = "true or false" if isinstance(default, bool) else "a number"
        raise ValueError(f"The switch {name} is {kind}, not {value!r}.")


def from_variable() -> dict[str, Any]:
    """The switches in the variable of the process; ValueError when its content is no JSON object."""
    content = json.loads(os.environ.get(VARIABLE) or "{}")
    if not isinstance(content, dict):
        raise ValueError(f"{VARIABLE} holds a JSON object of switches, not {content!r}.")
    return content
