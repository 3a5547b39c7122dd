# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the simulator offers although the real `$metadata` document (of about 2022) lacks it, and its sources."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import NamedTuple

ENTITIES = "MicrosoftDocs/powerapps-docs, developer/data-platform/reference/entities/"
LIVE = "EntityDefinitions of an organization, read on 2026-05-07: domenico-saiu-ava/DataverseGrimoire, wiki/custom/"
WEB_API = "learn.microsoft.com, power-apps/developer/data-platform/webapi/reference/"

#: Newer than the document, by pattern of the names.
EXCEPTIONS = {
    "column workflow.desktopflowmodules": f"{ENTITIES}workflow.md",
    "column workflow.claims": f"{ENTITIES}workflow.md",
    "column workflow.credentials": f"{ENTITIES}workflow.md",
    "column workflow.clientdataiscompressed": f"{ENTITIES}workflow.md",
    "column desktopflowbinary._desktopflowmodule_value": f"{ENTITIES}desktopflowbinary.md",
    "navigation desktopflowbinary.desktopflowmodule": f"{LIVE}desktopflowmodule.md, dfm_desktopflowbinary_DFM",
    "column connectionreference.promptingbehavior": f"{ENTITIES}connectionreference.md; element of public packages",
    "column organization.isdesktopflowversioncontrolenabled": "public type definitions of the table organization",
    "navigation workflow.taggedprocess_Process_workflow": f"{LIVE}taggedprocess.md",
    "* ListChildDesktopFlows*": f"{WEB_API}listchilddesktopflows",
    "* StageAndUpgradeAsync*": f"{WEB_API}stageandupgradeasync",
    "* RetrieveSolutionImportResult*": f"{WEB_API}retrievesolutionimportresult",
    "* ActionLink*": "recorded answer: microsoft/terraform-provider-power-platform, get_solution_import_result.json",
    "column SolutionOperationResult.ActionLink": "the same answer",
    "column SolutionParameters.DeployMissingPackagesBeforeSolutionImport": f"{WEB_API}solutionparameters",
}


class Source(NamedTuple):
    """A table that the document does not have at all, with the columns (and navigations) that its source names."""

    set_name: str
    source: str
    columns: str


_AWARE = "componentstate ismanaged solutionid overwritetime iscustomizable"
_OWNED = "ownerid owningbusinessunit owninguser owningteam createdon modifiedon createdby modifiedby versionnumber"
_STATE = "statecode statuscode"
NEWER_TABLES = {
    "desktopflowmodule": Source(
        "desktopflowmodules",
        f"{LIVE}desktopflowmodule.md",
        f"desktopflowmoduleid name description type data {_STATE} {_AWARE} {_OWNED} dfm_desktopflowbinary_DFM",
    ),
    "workqueue": Source(
        "workqueues",
        f"{ENTITIES}workqueue.md",
        "workqueueid name workqueuekey description defaultitemtimetoliveinminutes inputschema inputschematype "
        f"itemmaxrequeuecount itemmaxretrycount prioritytype workqueuetype {_STATE} {_AWARE} {_OWNED} "
        "workqueue_workqueueitem",
    ),
    "workqueueitem": Source(
        "workqueueitems",
        f"{ENTITIES}workqueueitem.md",
        f"workqueueitemid name input workqueueid {_STATE} {_AWARE} {_OWNED}",
    ),
    "tag": Source("tags", f"{LIVE}tag.md", f"tagid name description {_STATE} {_AWARE} {_OWNED} taggedprocess_tag_tag"),
    "taggedprocess": Source(
        "taggedprocesses",
        f"{LIVE}taggedprocess.md",
        f"taggedprocessid name process Process tag {_STATE} {_AWARE} {_OWNED}",
    ),
    "solutioncomponentdefinition": Source(
        "solutioncomponentdefinitions",
        "private table, not in any $metadata; its columns in documentation and code of the Power Pages tooling",
        "solutioncomponentdefinitionid name primaryentityname objecttypecode solutioncomponenttype isviewable "
        "versionnumber",
    ),
}


def source_of(name: str) -> str:
    """Where an exception comes from; "" for a name that is none."""
    rest = name.partition(" ")[2]
    for table, source in NEWER_TABLES.items():
        if rest.partition(".")[0] == table or rest == source.set_name:
            return source.source
    return next((source for pattern, source in EXCEPTIONS.items() if fnmatchcase(name, pattern)), "")
