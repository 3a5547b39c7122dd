# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables that exist in the store only: raw packages, names of custom tables, drafts of flows, needs of
solutions, state of running jobs.

They never show in the API, apart from the names of custom tables in EntityDefinitions.
"""

from __future__ import annotations

from ..schema import blob, declare, double, flag, guid, text

declare("_package", "_packages", blob("content"), text("uniquename"), text("version"), key="packageid", internal=True)

declare("_entity", "_entities", text("logicalname", 128), key="metadataid", internal=True)

declare(
    "_draft",
    "_drafts",
    guid("workflowid"),
    text("content"),
    text("savedon"),
    key="draftid",
    internal=True,
    indexes=("workflowid",),
)

declare(
    "_layer",
    "_layers",
    text("componenttable"),
    guid("componentid"),
    guid("solutionid"),
    blob("content"),
    flag("origin"),
    key="layerid",
    internal=True,
    indexes=("componentid", "solutionid"),
)

declare("_need", "_needs", guid("solutionid"), text("content"), key="needid", internal=True, indexes=("solutionid",))

declare(
    "_job",
    "_jobs",
    text("kind"),
    text("state"),
    guid("userid"),
    guid("importjobid"),
    guid("historyid"),
    guid("exportjobid"),
    text("lockname"),
    double("startsat"),
    double("endsat"),
    text("parameters"),
    blob("content"),
    text("fault"),
    key="jobid",
    internal=True,
    indexes=("state",),
)
