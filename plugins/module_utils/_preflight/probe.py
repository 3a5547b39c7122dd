# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What only writes can tell: a note and shares of one flow are made, looked at and removed again.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import uuid

from .._dataverse.batch import BatchRequest
from .._errors import PowerPlatformError
from .checks import Check, ask, unanswered
from .share_probe import ShareProbe
from .tenant import Tenant
from .trials import Trials

SUBJECT = "coe.power_platform preflight"
TEXT = "{}"
NAMES = ("note_probe", "revoke_probe", "modify_probe", "grant_probe")


def probe(tenant: Tenant) -> list[Check]:
    """Return what the writes came to, and whether all of them were undone."""
    trials = Trials(tenant)

    def note_probe(tenant: Tenant) -> Check:
        return _try_note(tenant, trials)

    checks = [ask(note_probe, tenant)]
    try:
        shares = ShareProbe(tenant, trials)
    except PowerPlatformError as error:
        checks += [unanswered(name, error) for name in NAMES[1:]]
    else:
        checks += [ask(question, tenant) for question in (shares.revoke_probe, shares.modify_probe, shares.grant_probe)]
    return [*checks, trials.probe_undone()]


def not_probed() -> list[Check]:
    """Return the checks of check mode, which writes nothing."""
    return [Check(name, "unknown", "not tried, since check mode writes nothing") for name in NAMES]


def _try_note(tenant: Tenant, trials: Trials) -> Check:
    """Make a note like those that hold shares, read it and remove it. Source: Web API, table ``annotations``."""
    note_id = str(uuid.uuid4())
    path = f"annotations({note_id})"
    with trials.undone(f"the note {note_id}", lambda: tenant.client.delete("annotations", note_id)):
        made = trials.attempt(BatchRequest("PATCH", path, {"subject": SUBJECT, "notetext": TEXT}, idempotent=True))
        if made.refusal:
            raise made.refusal
        kept = tenant.client.get(path, {"$select": "notetext,_createdby_value,_modifiedby_value"})
        own = {kept.guid("_createdby_value"), kept.guid("_modifiedby_value")} == {tenant.client.identity.guid("UserId")}
    findings = {"note_ms": made.milliseconds, "notes_are_own": own}
    if own and kept.optional_text("notetext") == TEXT:
        return Check("note_probe", "passed", f"a note is kept ({made.milliseconds} ms)", findings=findings)
    remedy = "keep the records of shares in a file: share_record_path"
    return Check("note_probe", "failed", "a note does not come back as it was written", remedy, findings)
