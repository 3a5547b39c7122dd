# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The least security role: which privileges each kind of task needs, and what fails without one of them.

Source: Microsoft documentation, Miscellaneous privileges (customizations); Power Automate, schema v2 (binaries), Manage
desktop flows (solutions, teams); Dataverse, Sharing and assigning. What no document says is not ``certain``.
The permissions guide shows the same table; a test holds them together.
This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses

BASIC, LOCAL, DEEP, GLOBAL = 1, 2, 4, 8
DEPTHS = {"Basic": BASIC, "Local": LOCAL, "Deep": DEEP, "Global": GLOBAL, "RecordFilter": 0}
WORDS = {BASIC: "own rows", LOCAL: "business unit", DEEP: "business units below", GLOBAL: "organization"}


@dataclasses.dataclass(frozen=True)
class Need:
    """A privilege with its least depth, and in a phrase what cannot be done without it."""

    privilege: str
    reason: str
    depth: int = GLOBAL
    certain: bool = True


def _of_table(table: str, verbs: str, reason: str, depth: int = GLOBAL, *, certain: bool = True) -> list[Need]:
    return [Need(f"prv{verb}{table}", reason, depth, certain) for verb in verbs.split()]


_FIND = [
    Need("prvReadWorkflow", "flows are not found"),
    Need("prvReadUser", "users and applications are not found"),
    Need("prvReadTeam", "teams are not found"),
    Need("prvReadSolution", "solutions and the flows in them are not found"),
]
_BINARIES = "the files of flows are neither imported nor shared along"

LEAST_ROLE: dict[str, list[Need]] = {
    "export": [
        Need("prvExportCustomization", "no solution is exported"),
        Need("prvReadSolution", "solutions are not found"),
        Need("prvReadAsyncOperation", "the end of an export is not seen"),
        Need("prvReadWorkflow", "flows are not exported"),
    ],
    "import": [
        Need("prvImportCustomization", "no solution is imported, promoted or removed"),
        *_FIND,
        Need("prvReadPublisher", "publishers are not compared"),
        Need("prvReadAsyncOperation", "the end of an import is not seen"),
        Need("prvReadImportJob", "what an import had to say is not read", certain=False),
        Need("prvReadmsdyn_solutionhistory", "an operation whose answer was lost is not found again", certain=False),
        Need("prvReadmsdyn_componentlayer", "changes that hide a new version are not seen", certain=False),
        Need("prvReadmsdyn_solutioncomponentsummary", "components are told without names", certain=False),
        *_of_table("Workflow", "Create Write Delete Append AppendTo", "flows are not imported"),
        *_of_table("desktopflowbinary", "Create Read Write Delete Append AppendTo", _BINARIES),
        *_of_table("connectionreference", "Create Read Write", "connection references are not imported or bound"),
        *_of_table("EnvironmentVariableDefinition", "Create Read Write", "variables are not imported"),
        *_of_table("EnvironmentVariableValue", "Create Read Write", "values of variables are not set"),
    ],
    "sharing": [
        *_FIND,
        Need("prvShareWorkflow", "no share is made, changed or removed"),
        *_of_table("desktopflowbinary", "Read Share", _BINARIES),
        *_of_table("Workflow", "Write Append AppendTo Delete Assign", "co-owners may not be made", certain=False),
        *_of_table(
            "desktopflowbinary", "Write Append AppendTo Delete Assign", "co-owners may not be made", certain=False
        ),
    ],
    "notes": _of_table("Note", "Create Read Write Delete", "no record of shares is kept around an upgrade", BASIC),
    "audit": [
        *_FIND,
        Need("prvReadRole", "who sees all flows by a security role is not told"),
    ],
}
