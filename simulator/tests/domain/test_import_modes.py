# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modes of an import: project reference on solutions, 2.6 and 2.7; on sharing, 4.1 to 4.3."""

from __future__ import annotations

from collections.abc import Callable

from dataverse_simulator.packages.package import SolutionPackage
from web_api import MASKS, WebApi, import_parameters, package_file, without

NAME = "CoESharedFlows"
Loader = Callable[[str], SolutionPackage]


def install(api: WebApi, package: SolutionPackage, version: str = "1.0.0.0", **more: object) -> None:
    api.run("ImportSolutionAsync", **import_parameters(package_file(package, version=version), **more))


def upgrade(api: WebApi, package: SolutionPackage, version: str) -> None:
    api.run("StageAndUpgradeAsync", **import_parameters(package_file(package, version=version)))


def share_widely(api: WebApi) -> dict[str, str]:
    """Shares with a user, an owner team and a group team; what they are."""
    api.share("Read Invoice", api.user("john.smith@contoso.example"))
    api.share("Read Invoice", api.team("Finance Robotics"), MASKS[851991])
    api.share("Read Invoice", api.team("Payroll Runners"))
    return api.shares("Read Invoice")


def test_first_install_creates_managed_flows_owned_by_the_importer(prod: WebApi, package: SolutionPackage) -> None:
    install(prod, package)
    flow = prod.flow("Read Invoice")
    assert flow
    assert flow["ismanaged"]
    assert flow["category"] == 6
    assert flow["statecode"] == 1
    assert flow["_ownerid_value"] == prod.get("WhoAmI")["UserId"]
    assert prod.version(NAME) == "1.0.0.0"


def test_flows_have_the_same_ids_everywhere(dev: WebApi, prod: WebApi, package: SolutionPackage) -> None:
    install(prod, package)
    assert prod.flow_id("Read Invoice") == dev.flow_id("Read Invoice")


def test_update_keeps_shares_and_leaves_left_overs(prod: WebApi, package: SolutionPackage) -> None:
    install(prod, package)
    shares = share_widely(prod)
    install(prod, without(package, "Post Booking"), "1.1.0.0")
    assert prod.version(NAME) == "1.1.0.0"
    assert prod.shares("Read Invoice") == shares
    assert len(shares) == 3
    assert prod.flow("Post Booking")


def test_binary_that_an_update_brings_inherits_the_shares(prod: WebApi, package: SolutionPackage) -> None:
    install(prod, without(package, "Desktop flow ui elements"))
    dummy, team = prod.team("Payroll Runners")
    prod.share("Read Invoice", ("team", team))
    install(prod, package, "1.1.0.0")
    rows = prod.rows(
        f"principalobjectaccessset?$filter=principalid eq {team} and objecttypecode eq 'desktopflowbinary'"
    )
    assert [(row["accessrightsmask"], row["inheritedaccessrightsmask"]) for row in rows] == [(0, 1), (0, 1)]


def test_single_step_upgrade_removes_shares_and_left_overs(prod: WebApi, package: SolutionPackage) -> None:
    install(prod, package)
    share_widely(prod)
    upgrade(prod, without(package, "Post Booking"), "1.2.0.0")
    assert prod.version(NAME) == "1.2.0.0"
    assert prod.shares("Read Invoice") == {}
    assert prod.flow("Post Booking") is None
    assert prod.solution(f"{NAME}_Upgrade") is None
    assert prod.rows("principalobjectaccessset") == []


def test_stage_for_upgrade_keeps_shares_until_the_promotion(prod: WebApi, package: SolutionPackage) -> None:
    install(prod, package)
    shares = share_widely(prod)
    install(prod, without(package, "Post Booking"), "2.0.0.0", HoldingSolution=True)
    assert (prod.version(NAME), prod.version(f"{NAME}_Upgrade")) == ("1.0.0.0", "2.0.0.0")
    assert prod.shares("Read Invoice") == shares
    assert prod.flow("Post Booking")
    prod.run("DeleteAndPromoteAsync", UniqueName=NAME)
    assert (prod.version(NAME), prod.version(f"{NAME}_Upgrade")) == ("2.0.0.0", None)
    assert prod.shares("Read Invoice") == {}
    assert prod.flow("Post Booking") is None


def test_upgrade_keeps_shares_when_switched(prod: WebApi, package: SolutionPackage) -> None:
    install(prod, package)
    shares = share_widely(prod)
    prod.simulator.environment("prod").settings.upgrade_keeps_shares = True
    try:
        upgrade(prod, package, "1.2.0.0")
        assert prod.shares("Read Invoice") == shares
    finally:
        prod.simulator.environment("prod").settings.upgrade_keeps_shares = False


def test_same_version_is_processed_as_update(prod: WebApi, package: SolutionPackage) -> None:
    install(prod, package)
    shares = share_widely(prod)
    install(prod, package)
    assert prod.shares("Read Invoice") == shares


def test_update_changes_the_definition_and_not_the_owner(prod: WebApi, dev: WebApi, package: SolutionPackage) -> None:
    install(prod, package)
    flow_id = prod.flow_id("Write Log")
    _table, jane = prod.user("jane.doe@contoso.example")
    prod.change(
        f"workflows({flow_id})", {"ownerid@odata.bind": f"systemusers({jane})", "statecode": 0, "statuscode": 1}
    )
    dev.change(f"workflows({flow_id})", {"definition": '"# second edition"'})
    install(prod, dev.export(NAME), "1.1.0.0")
    flow = prod.get(f"workflows({flow_id})")
    assert flow["definition"] == '"# second edition"'
    assert flow["_ownerid_value"] == jane
    assert flow["statecode"] == 0


def test_new_components_of_an_upgrade_belong_to_its_importer(prod: WebApi, package: SolutionPackage) -> None:
    install(prod, without(package, "Post Booking"))
    upgrade(prod, package, "1.1.0.0")
    flow = prod.flow("Post Booking")
    assert flow
    assert flow["_ownerid_value"] == prod.get("WhoAmI")["UserId"]


def test_real_package_update_keeps_and_upgrade_removes_shares(prod: WebApi, real_package: Loader) -> None:
    older, newer = real_package("PADFramework_1_1_02411_2210"), real_package("PADFramework_1_1_12501_241")
    prod.run("ImportSolutionAsync", **import_parameters(package_file(older, managed=True)))
    flow = "PADFramework: EmailSender"
    prod.share(flow, prod.team("Payroll Runners"))
    shares = prod.shares(flow)
    prod.run("ImportSolutionAsync", **import_parameters(package_file(newer, managed=True)))
    assert prod.shares(flow) == shares
    assert '"isOptional":true' in prod.flow(flow)["inputs"].replace(" ", "")  # type: ignore[index]
    prod.run("StageAndUpgradeAsync", **import_parameters(package_file(newer, managed=True, version="1.1.12501.242")))
    assert prod.shares(flow) == {}


def test_unmanaged_import_exported_as_managed_is_the_same(dev: WebApi, prod: WebApi, real_package: Loader) -> None:
    original = real_package("PADFramework_1_1_12501_241")
    dev.run("ImportSolutionAsync", **import_parameters(package_file(original)))
    assert dev.flow("PADFramework: EmailSender") is None
    dev.call("PublishAllXml")
    assert dev.flow("PADFramework: EmailSender")
    managed = dev.export("PADFramework")
    assert managed.manifest.managed
    assert managed.rest == original.rest
    assert {row.key: row.values for row in managed.of("workflow")} == {
        row.key: row.values for row in original.of("workflow")
    }
    assert managed.manifest.root_components == original.manifest.root_components
    prod.run("ImportSolutionAsync", **import_parameters(package_file(managed)))
    assert len(prod.rows("workflows?$filter=category eq 6&$select=name")) == 13
