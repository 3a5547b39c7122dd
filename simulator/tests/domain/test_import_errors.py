# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One test per row of the error tables of the reference: solutions, sections 1, 2.5, 2.7; sharing, 4.1.

A row is (name, preparation, call, code, text). Codes are hexadecimal in the table and arrive as signed numbers in
asyncoperation.errorcode, or as they are in an HTTP error.
"""

from __future__ import annotations

import dataclasses
import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from dataverse_simulator.errors import signed
from dataverse_simulator.packages.manifest import MissingDependency, Publisher, RootComponent
from dataverse_simulator.packages.package import SolutionPackage
from web_api import Refused, WebApi, import_parameters, package_file, without

NAME = "CoESharedFlows"
Call = Callable[[WebApi, SolutionPackage], tuple[str, dict[str, Any]]]


def imported(
    action: str = "ImportSolutionAsync",
    *,
    change: Callable[[SolutionPackage], SolutionPackage] = lambda p: p,
    more: dict[str, Any] | None = None,
    **manifest: Any,
) -> Call:
    """A call that imports the package with these changes."""

    def build(api: WebApi, package: SolutionPackage) -> tuple[str, dict[str, Any]]:
        return action, import_parameters(package_file(change(package), **manifest), **(more or {}))

    return build


def promoted(name: str) -> Call:
    return lambda api, package: ("DeleteAndPromoteAsync", {"UniqueName": name})


def nothing(api: WebApi, package: SolutionPackage) -> None:
    pass


def installed(api: WebApi, package: SolutionPackage) -> None:
    api.run("ImportSolutionAsync", **import_parameters(package_file(package)))


def installed_unmanaged(api: WebApi, package: SolutionPackage) -> None:
    api.run("ImportSolutionAsync", **import_parameters(package_file(package, managed=False)))


def holding(api: WebApi, package: SolutionPackage) -> None:
    installed(api, package)
    api.run("ImportSolutionAsync", **import_parameters(package_file(package, version="2.0.0.0"), HoldingSolution=True))


def add_missing(package: SolutionPackage) -> SolutionPackage:
    missing = MissingDependency(
        {
            "type": "372",
            "schemaName": "shared_risk",
            "solution": "Active",
            "id": "{8c392640-0000-0000-0000-000000000001}",
        },
        {"type": "29", "displayName": "Pay Invoice", "id": "{8c392640-0000-0000-0000-000000000002}"},
    )
    return dataclasses.replace(package, manifest=dataclasses.replace(package.manifest, missing_dependencies=(missing,)))


def add_root(package: SolutionPackage) -> SolutionPackage:
    root = RootComponent(29, "8c392640-0000-0000-0000-000000000003", None)
    roots = (*package.manifest.root_components, root)
    return dataclasses.replace(package, manifest=dataclasses.replace(package.manifest, root_components=roots))


def drop_roots(package: SolutionPackage) -> SolutionPackage:
    return dataclasses.replace(package, manifest=dataclasses.replace(package.manifest, root_components=()))


OTHER_PUBLISHER = Publisher("other", "Other", "oth", 10002)
HIGHER = "1.1.0.0"
MISSING_BASE = f"Cannot create a holding solution for missing base {NAME}."
HIGHER_NEEDED = "The import solution must have a higher version than the existing solution it is upgrading"
JOB_ROWS = [
    ("2.7 upgrade, not installed", nothing, imported("StageAndUpgradeAsync"), "0x80048033", MISSING_BASE),
    ("2.7 holding, not installed", nothing, imported(more={"HoldingSolution": True}), "0x80048033", MISSING_BASE),
    ("2.7 upgrade, same version", installed, imported("StageAndUpgradeAsync"), "0x80048541", HIGHER_NEEDED),
    (
        "2.7 upgrade, lower version",
        installed,
        imported("StageAndUpgradeAsync", version="0.9"),
        "0x80048541",
        HIGHER_NEEDED,
    ),
    ("2.7 holding, same version", installed, imported(more={"HoldingSolution": True}), "0x80048541", HIGHER_NEEDED),
    (
        "2.7 package managed, installed unmanaged",
        installed_unmanaged,
        imported(version=HIGHER),
        "0x80048040",
        "installed on this system as an unmanaged solution",
    ),
    (
        "2.7 package unmanaged, installed managed",
        installed,
        imported(managed=False, version=HIGHER),
        "0x80048041",
        "installed on this system as a managed solution",
    ),
    (
        "2.7 upgrade of unmanaged",
        installed_unmanaged,
        imported("StageAndUpgradeAsync", version=HIGHER),
        "0x80048540",
        "The imported solution and the existing solution must both be managed for upgrade.",
    ),
    (
        "2.7 left-over holding solution, upgrade",
        holding,
        imported("StageAndUpgradeAsync", version="3.0.0.0"),
        "0x80048539",
        f"Holding solution {NAME}_Upgrade already exists.",
    ),
    (
        "2.7 left-over holding solution, update",
        holding,
        imported(version=HIGHER),
        "0x80048539",
        f"Holding solution {NAME}_Upgrade exists.",
    ),
    (
        "2.5 promote without upgrade",
        installed,
        promoted(NAME),
        "0x8004853B",
        "doesn\u2019t have an upgrade that is ready",
    ),
    (
        "2.5 promote, not installed",
        nothing,
        promoted("Nothing"),
        "0x8004853B",
        "doesn\u2019t have an upgrade that is ready",
    ),
    ("2.5 promote the holding solution", holding, promoted(f"{NAME}_Upgrade"), "0x8004853C", "select the old solution"),
    ("2.7 missing dependencies", nothing, imported(change=add_missing), "0x8004801D", "Some dependencies are missing."),
    (
        "2.7 wrong publisher",
        installed,
        imported(version=HIGHER, publisher=OTHER_PUBLISHER),
        "0x8004801C",
        "The publisher name cannot be changed from coe to other.",
    ),
    ("2.7 missing component", nothing, imported(change=add_root), "0x8004801F", "Cannot add a Root Component"),
    (
        "2.7 undeclared component",
        nothing,
        imported(change=drop_roots),
        "0x8004803A",
        "not declared in the solution file",
    ),
    (
        "2.7 system solution",
        nothing,
        imported(unique_name="Default"),
        "0x80048046",
        "System solution cannot be imported.",
    ),
    ("2.7 version that is none", nothing, imported(version="one"), "0x8004801A", "XSD validation failed"),
]


@pytest.mark.parametrize(
    ("prepare", "call", "code", "text"), [row[1:] for row in JOB_ROWS], ids=[row[0] for row in JOB_ROWS]
)
def test_job_fails(prod: WebApi, package: SolutionPackage, prepare: Any, call: Call, code: str, text: str) -> None:
    prepare(prod, package)
    before = (prod.rows("solutions?$select=uniquename,version"), prod.rows("workflows?$select=name,versionnumber"))
    action, parameters = call(prod, package)
    number, message = prod.fails(action, **parameters)
    assert number == signed(code)
    assert text in message
    after = (prod.rows("solutions?$select=uniquename,version"), prod.rows("workflows?$select=name,versionnumber"))
    assert [{**row, "@odata.etag": ""} for row in after[0]] == [{**row, "@odata.etag": ""} for row in before[0]]
    assert after[1] == before[1]


def test_sync_import_fails_with_the_same_code(prod: WebApi, package: SolutionPackage) -> None:
    with pytest.raises(Refused) as refused:
        prod.call("StageAndUpgrade", **import_parameters(package_file(package), ImportJobId=str(uuid.uuid4())))
    assert (refused.value.status, refused.value.code) == (400, "0x80048033")


def test_upgrade_stops_half_way_when_a_removed_component_is_needed(prod: WebApi, package: SolutionPackage) -> None:
    """Sharing 4.1: both versions stay, with the text of coe-starter-kit#8063."""
    installed(prod, package)
    reference = "coe_DesktopFlows"
    references = {"x": {"connection": {"connectionReferenceLogicalName": reference}}}
    clientdata = json.dumps({"properties": {"connectionReferences": references}})
    prod.create("workflows", {"name": "Local flow", "category": 5, "type": 1, "clientdata": clientdata})
    lean = without(package, reference, "Pay Invoice")
    number, message = prod.fails("StageAndUpgradeAsync", **import_parameters(package_file(lean, version="2.0.0.0")))
    assert number == signed("0x8004F046")
    assert message.startswith(
        "Solution Upgrade action failed after import as holding. InnerException is: Solution "
        "dependencies exist, cannot uninstall. DependencyCount : 1 RequiredComponentObject details: "
        "Type: connectionreference"
    )
    assert "DependentComponentObject details: Type: Workflow, DisplayName: Local flow" in message
    assert (prod.version(NAME), prod.version(f"{NAME}_Upgrade")) == ("1.0.0.0", "2.0.0.0")


def test_lower_version_update_can_be_switched_to_fail(prod: WebApi, package: SolutionPackage) -> None:
    installed(prod, package)
    settings = prod.simulator.environment("prod").settings
    settings.lower_version_update_fails = True
    try:
        number, dummy = prod.fails("ImportSolutionAsync", **import_parameters(package_file(package, version="0.9.0.0")))
        assert number == signed("0x80048541")
    finally:
        settings.lower_version_update_fails = False
    installed_lower = import_parameters(package_file(package, version="0.9.0.0"))
    prod.run("ImportSolutionAsync", **installed_lower)
    assert prod.version(NAME) == "0.9.0.0"
