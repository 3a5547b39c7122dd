# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What helps against the platform's error codes: one clause per code, to follow the platform's own message.

Source: Microsoft documentation, Web service error codes; Service protection API limits; troubleshooting article
Concurrent solution operation failures.
This file is private to the collection and may change without notice.
"""

from __future__ import annotations

WAIT_FOR_OTHER = (
    "another solution operation is running in the environment, so wait for it (Solution History names it)"
    " or raise lock_timeout"
)
TRY_LATER = "the environment was busy with something else, so run the task again"
SERVICE_LIMIT = (
    "the application user made too many requests within five minutes, so run fewer tasks against this environment at"
    " the same time"
)
PACKAGE_BROKEN = "the package is damaged or was edited by hand, so export it again"
PACKAGE_VERSION = (
    "the package was made by a newer or another edition of the platform, so export it from an environment of the"
    " target's version"
)
OTHER_WORKFLOW = "a flow of the package cannot be taken over, so compare it with the flow of the same name or id there"

REMEDIES: dict[str, str] = {
    # Access
    "0x80072560": (
        "create an application user for client_id in this environment (Power Platform admin center, Settings, Users +"
        " permissions, Application users) and give it a security role"
    ),
    "0x80040220": (
        "give a security role with the missing privilege in this environment to the application user of client_id"
    ),
    "0x80048306": "give a security role with the missing privilege in this environment to the application user",
    "0x80042F09": "give the application user of client_id a security role in this environment",
    "0x80040225": "enable the application user of client_id in this environment",
    # Requests
    "0x80040217": "check the name or id, and whether it was deleted in the meantime",
    "0x80060891": "check the key, and whether the record was deleted in the meantime",
    "0x80060882": "somebody else changed the record in the meantime, so run the task again",
    "0x80060888": "the environment lacks what was asked for, so check that it is up to date",
    "0x80040216": TRY_LATER,
    "0x80044150": TRY_LATER,
    "0x80044339": TRY_LATER,
    "0x80048551": TRY_LATER,
    "0x80048559": TRY_LATER,
    "0x80072321": SERVICE_LIMIT,
    "0x80072322": SERVICE_LIMIT,
    "0x80072326": SERVICE_LIMIT,
    # Other solution operations at the same time
    "0x80071151": WAIT_FOR_OTHER,
    "0x8004F061": WAIT_FOR_OTHER,
    "0x8004F062": WAIT_FOR_OTHER,
    "0x8004F063": WAIT_FOR_OTHER,
    "0x8004F064": WAIT_FOR_OTHER,
    "0x8004F067": WAIT_FOR_OTHER,
    # Export
    "0x80048035": "look into the solution in its environment, one of its components cannot be exported",
    "0x80048036": "export it from the environment where it is unmanaged",
    "0x80048037": "correct the solution's unique name",
    "0x80071158": "name a solution of your own; the default solution cannot be exported",
    "0x80048048": "name a solution of your own; the default solution cannot be exported as such",
    # Import: versions and kinds
    "0x80048541": "import a package with a higher version, or use import_mode update",
    "0x80048040": "uninstall the unmanaged solution of this name from the environment first, or import it unmanaged",
    "0x80048041": "import the managed package, as the solution is installed managed",
    "0x80048038": "a managed package cannot go where its unmanaged original lives; import it into another environment",
    "0x80048539": "apply the staged upgrade with solution_promote, or delete it",
    "0x80048060": f"{PACKAGE_BROKEN}; if it is whole, {PACKAGE_VERSION}",
    "0x80048061": PACKAGE_VERSION,
    "0x80048062": PACKAGE_VERSION,
    "0x80048063": PACKAGE_VERSION,
    "0x80048064": PACKAGE_VERSION,
    "0x80048065": PACKAGE_VERSION,
    "0x80048066": PACKAGE_VERSION,
    "0x80048067": PACKAGE_VERSION,
    "0x80048068": PACKAGE_VERSION,
    "0x80048069": PACKAGE_VERSION,
    "0x8004806A": PACKAGE_VERSION,
    "0x8004806B": PACKAGE_VERSION,
    # Import: contents
    "0x8004801D": "import the solutions that it needs first; missing_dependencies lists them",
    "0x8004801F": "import the solution with the missing component first",
    "0x8004801C": "the component there belongs to another publisher, so use the publisher of the original solution",
    "0x8004801E": "see the solution history of the environment, and for an import its log with import_job_info",
    "0x80048033": "look into the import job's log with import_job_info",
    "0x8004801A": PACKAGE_BROKEN,
    "0x8004802C": PACKAGE_BROKEN,
    "0x80048000": PACKAGE_BROKEN,
    "0x8004F066": "the upload of the package was lost, so run the task again",
    "0x8004F023": "a solution of this unique name exists already, so correct the name",
    "0x80048021": OTHER_WORKFLOW,
    "0x80048027": OTHER_WORKFLOW,
    "0x80048028": OTHER_WORKFLOW,
    "0x80048543": "the import took longer than the platform allows, so run the task again at a quieter time",
    # Promote and uninstall
    "0x8004853B": "stage an upgrade first with solution_import and import_mode stage_for_upgrade",
    "0x8004853C": "name the installed solution, not the staged one",
    "0x8004F046": "look into the Solution History of the environment; the installed version is still in place",
    "0x8004F01F": "remove what depends on the component first; the list of dependencies names it",
}
