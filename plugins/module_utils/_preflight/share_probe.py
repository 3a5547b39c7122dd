# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes on the share of one flow with a team that has none, each timed and undone.

No share is touched that was there before. Source: Web API, actions GrantAccess, ModifyAccess, RevokeAccess.
This file is private to the collection and may change without notice.
"""

from __future__ import annotations

from .._errors import RefusedError
from .._sharing.changes import Change, Share, ShareKey
from .._sharing.permissions import RIGHTS
from .._sharing.principals import PrincipalReference, Principals
from .._sharing.share_reader import ShareReader
from .._sharing.shares import request_for
from .checks import Check
from .shares import flow_of, read_both_ways
from .tenant import Tenant
from .trials import Trials

READ = RIGHTS["read"]
FORBIDDEN = 403


class ShareProbe:
    """Three questions, each of which leaves the flow as it was.

    Raises ``RefusedError`` when the team has a share of the flow, also one that shows in one of both ways only.
    """

    def __init__(self, tenant: Tenant, trials: Trials) -> None:
        self._client = tenant.client
        self._trials = trials
        self._key = ShareKey(flow_of(tenant), "team", _team_of(tenant))
        self._what = f"the share of the flow {self._key.flow_id} with the team {self._key.principal_id}"
        if self._held():
            raise RefusedError(
                f"The team {self._key.principal_id} has a share of the flow already, which is not touched: name another"
                " team by probe_team, or remove the share if it is what a probe left that was killed."
            )

    def revoke_probe(self, _tenant: Tenant) -> Check:
        """Return what becomes of revoking a share that is not there."""
        return self._without_share("revoke", 0)

    def modify_probe(self, _tenant: Tenant) -> Check:
        """Return what becomes of changing a share that is not there."""
        return self._without_share("modify", READ)

    def _without_share(self, action: str, mask: int) -> Check:
        with self._trials.undone(self._what, self._undo):
            trial = self._trials.attempt(request_for(Change(self._key, READ, mask)))
            if trial.refusal and trial.status == FORBIDDEN:
                raise trial.refusal
            made = self._held()
        word = "refused" if trial.refusal else "makes a share" if made else "no effect"
        findings = {f"{action}_without_share": word, f"{action}_ms": trial.milliseconds}
        if action == "modify":
            findings["switches"] = {"modify_without_share_fails": bool(trial.refusal)}
        return Check(
            f"{action}_probe", "passed", f"without a share: {word} ({trial.milliseconds} ms)", findings=findings
        )

    def grant_probe(self, tenant: Tenant) -> Check:
        """Return how long a share takes to be made, and whether it shows."""
        files = self._files()
        with self._trials.undone(self._what, self._undo):
            trial = self._trials.attempt(request_for(Change(self._key, 0, READ)))
            if trial.refusal:
                raise trial.refusal
            shown = [Share(self._key, READ) in found for found in read_both_ways(tenant, [self._key.flow_id])]
        each = round(trial.milliseconds / 1000 / files, 3) if files else None
        findings = {"grant_ms": trial.milliseconds, "grant_shows": shown, "files_of_flow": files}
        findings["switches"] = {"seconds_per_shared_binary": each}
        message = f"sharing a flow of {files} files took {trial.milliseconds} ms"
        if all(shown):
            return Check("grant_probe", "passed", f"{message}, and it shows both ways", findings=findings)
        remedy = "see complete shares and the privileges for sharing"
        return Check("grant_probe", "failed", f"{message}, and it does not show both ways", remedy, findings)

    def _held(self) -> int:
        """Return the rights of the team's own share."""
        shares = dict(ShareReader(self._client).ask([self._key.flow_id]))
        return shares.get(self._key, 0)

    def _undo(self) -> None:
        """Remove the share that a trial made. Raises ``RefusedError`` for one that is not what trials make."""
        held = self._held()
        if held == READ:
            self._client.batch([request_for(Change(self._key, READ, 0))])
            held = self._held()
        if held:
            raise RefusedError("It is still there, or somebody else has changed it in the meantime.")

    def _files(self) -> int:
        """Return how many files a share of the flow spreads to. Source: Web API, table ``desktopflowbinaries``."""
        condition = f"_process_value eq {self._key.flow_id}"
        return len(list(self._client.list("desktopflowbinaries", select="desktopflowbinaryid", filter=condition)))


def _team_of(tenant: Tenant) -> str:
    """Return the id of the team that the task names, else of the one that all of the business unit are in."""
    if tenant.team:
        reference = PrincipalReference("team", tenant.team)
        found = Principals(tenant.client).resolve(reference, "probe_team")
        if reason := reference.why_unsuitable(found):
            raise RefusedError(f"probe_team: {reason}.")
        return found.id
    condition = f"isdefault eq true and _businessunitid_value eq {tenant.client.identity.guid('BusinessUnitId')}"
    teams = tenant.client.get("teams", {"$select": "teamid", "$filter": condition}).rows()
    if not teams:
        raise RefusedError("The business unit of the application has no team of its own: name one by probe_team.")
    return teams[0].guid("teamid")
