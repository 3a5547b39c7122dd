# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the application may do, asked before something begins that would fail half-way.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .batch import BatchRequest
from .odata import function_call

if TYPE_CHECKING:
    from .client import DataverseClient

IMPORT = "prvImportCustomization"
SHARE = "prvShareWorkflow"
DECISIVE = (IMPORT, SHARE)


def find_lacking_privileges(client: DataverseClient) -> frozenset[str] | None:
    """Return those of ``DECISIVE`` that the application has for no row, by no role of its own or of its teams.

    None when that could not be told: an application may be refused its own row, and does without the answer then.
    Costs one request, and one for who asks unless that is known.
    Source: Web API, function RetrieveUserPrivilegeByPrivilegeName, bound to the user.
    """
    user_id = client.identity.guid("UserId")
    name = f"systemusers({user_id})/Microsoft.Dynamics.CRM.RetrieveUserPrivilegeByPrivilegeName"
    replies = client.batch([BatchRequest("GET", function_call(name, {"PrivilegeName": it})) for it in DECISIVE])
    if any(reply.error for reply in replies):
        return None
    answers = zip(DECISIVE, replies, strict=True)
    return frozenset(privilege for privilege, reply in answers if not reply.body.rows("RolePrivileges"))


def remedy(privilege: str) -> str:
    """Return in a sentence what helps who lacks a privilege."""
    return (
        f"Give the application user a security role with {privilege}; the playbook coe.power_platform.preflight names"
        " all that is missing."
    )
