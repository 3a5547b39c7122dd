# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What no source tells for certain: every switch, in each of its positions."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from dataverse_simulator import Simulator
from dataverse_simulator.environments.settings import Settings
from dataverse_simulator.packages.manifest import MissingDependency, RootComponent
from dataverse_simulator.packages.package import SolutionPackage
from web_api import Refused, WebApi, import_parameters, package_file

FLOW = "Read Invoice"
Turn = Callable[..., None]


@pytest.fixture
def turn(simulator: Simulator) -> Iterator[Turn]:
    """`turn(environment, switch=value)`; afterwards every switch stands as before."""
    before: list[tuple[Settings, dict[str, Any]]] = []

    def change(environment: str, **switches: Any) -> None:
        settings = simulator.environment(environment).settings
        before.append((settings, {name: getattr(settings, name) for name in switches}))
        settings.change(switches)

    yield change
    for settings, switches in reversed(before):
        settings.change(switches)


def as_application(api: WebApi, name: str) -> WebApi:
    return WebApi(api.simulator, api.environment, name)


def shared_with(api: WebApi, condition: str = "objecttypecode eq 'workflow'") -> set[str]:
    return {row["principalid"] for row in api.rows(f"principalobjectaccessset?$filter={condition}")}


@pytest.mark.parametrize(
    ("position", "administrator_sees", "maker_sees"),
    [("all", 2, 2), ("by_rights", 2, 1), ("own", 0, 1)],
)
def test_visible_shares(dev: WebApi, turn: Turn, position: str, administrator_sees: int, maker_sees: int) -> None:
    maker = as_application(dev, "maker")
    dev.share(FLOW, dev.team("Finance Robotics"))
    dev.share(FLOW, ("systemuser", maker.get("WhoAmI")["UserId"]))
    turn("dev", visible_shares=position)
    assert len(shared_with(dev)) == administrator_sees
    assert len(shared_with(maker)) == maker_sees
    assert len(dev.shares(FLOW)) == 2  # RetrieveSharedPrincipalsAndAccess tells all of them


UNPUBLISHED = {"MSCRM.IncludeUnpublished": "true"}


@pytest.mark.parametrize("refused", [False, True])
@pytest.mark.parametrize("path", ["desktopflowbinaries", "connectionreferences/$count", "solutions"])
def test_unpublished_header_refused(dev: WebApi, turn: Turn, refused: bool, path: str) -> None:
    turn("dev", unpublished_header_refused=refused)
    path += "" if "$count" in path else "?$expand=createdby($select=fullname)"
    dev.get(path)
    assert dev.request("GET", "workflows?$expand=createdby($select=fullname)", headers=UNPUBLISHED)["value"]
    if not refused:
        dev.request("GET", path, headers=UNPUBLISHED)
        return
    with pytest.raises(Refused) as refusal:
        dev.request("GET", path, headers=UNPUBLISHED)
    assert (refusal.value.status, refusal.value.code) == (405, "0x80040800")


def test_the_header_shows_nothing_more_elsewhere(dev: WebApi) -> None:
    environment = dev.simulator.environment("dev")
    with environment.lock:
        binary = environment.store.find("desktopflowbinary")[0]["desktopflowbinaryid"]
        environment.store.update("desktopflowbinary", binary, {"componentstate": 1})
    path = f"desktopflowbinaries?$filter=desktopflowbinaryid eq {binary}"
    assert dev.request("GET", path, headers=UNPUBLISHED)["value"] == dev.rows(path) == []


@pytest.mark.parametrize("refused", [False, True])
def test_user_by_id_refused(dev: WebApi, turn: Turn, refused: bool) -> None:
    turn("dev", user_by_id_refused=refused)
    user = dev.user("jane.doe@contoso.example")[1]  # by $filter
    dev.get(f"systemusers({user})/Microsoft.Dynamics.CRM.RetrieveUserPrivileges()")
    dev.change(f"systemusers({user})", {"title": "Clerk"})
    if not refused:
        assert dev.get(f"systemusers({user})?$select=title")["title"] == "Clerk"
        return
    with pytest.raises(Refused) as refusal:
        dev.get(f"systemusers({user})?$select=title")
    assert (refusal.value.status, refusal.value.code) == (403, "0x80040220")


@pytest.mark.parametrize("plain", [False, True])
def test_job_names_without_async(prod: WebApi, turn: Turn, package: SolutionPackage, plain: bool) -> None:
    turn("prod", job_names_without_async=plain)
    prod.run("ImportSolutionAsync", **import_parameters(package_file(package)))
    higher = {name: package_file(package, version=version) for name, version in (("a", "1.1.0.0"), ("b", "1.2.0.0"))}
    prod.run("StageAndUpgradeAsync", **import_parameters(higher["a"]))
    prod.run("ImportSolutionAsync", **import_parameters(higher["b"], HoldingSolution=True))
    prod.run("DeleteAndPromoteAsync", UniqueName="CoESharedFlows")
    prod.run("UninstallSolutionAsync", SolutionUniqueName="CoESharedFlows")
    names = {row["messagename"] for row in prod.rows("asyncoperations?$select=messagename")}
    others = {"StageAndUpgrade", "DeleteAndPromote", "UninstallSolution"}
    assert names == {"ImportSolutionAsync"} | (others if plain else {f"{name}Async" for name in others})


@pytest.mark.parametrize(("position", "found"), [("works", ["Pay Invoice"]), ("finds_nothing", []), ("refused", None)])
def test_clientdata_search(dev: WebApi, turn: Turn, position: str, found: list[str] | None) -> None:
    turn("dev", clientdata_search=position)
    path = "workflows?$select=name,clientdata,clientdataiscompressed&$filter=category eq 5"
    row = dev.rows(path)[0]
    assert "RunUIFlow" in row["clientdata"]
    assert row["clientdataiscompressed"] is (position == "finds_nothing")
    path += " and contains(clientdata,'RunUIFlow')"
    if found is not None:
        assert [row["name"] for row in dev.rows(path)] == found
        return
    with pytest.raises(Refused) as refusal:
        dev.rows(path)
    assert (refusal.value.status, refusal.value.code) == (400, "0x80040203")


def save_draft(api: WebApi, **content: Any) -> None:
    api.simulator.environment(api.environment).load({"drafts": [{"flow": FLOW, **content}]})


@pytest.mark.parametrize("on", [True, False])
def test_desktop_flow_version_control(dev: WebApi, turn: Turn, on: bool) -> None:
    turn("dev", desktop_flow_version_control=on)
    row = dev.rows("organizations?$select=isdesktopflowversioncontrolenabled,isdesktopflowschemav2enabled")[0]
    assert row["isdesktopflowversioncontrolenabled"] is on
    assert row["isdesktopflowschemav2enabled"] is True


@pytest.mark.parametrize("fails", [True, False])
@pytest.mark.parametrize("action", ["ImportSolutionAsync", "StageAndUpgradeAsync"])
def test_draft_fails_import(prod: WebApi, turn: Turn, package: SolutionPackage, fails: bool, action: str) -> None:
    turn("prod", draft_fails_import=fails)
    prod.run("ImportSolutionAsync", **import_parameters(package_file(package)))
    before = prod.flow(FLOW)
    save_draft(prod, definition="draft", inputs="{}")
    parameters = import_parameters(package_file(package, version="2.0.0.0"))
    if fails:
        assert "there exists an unpublished active row" in prod.fails(action, **parameters)[1]
        assert prod.version("CoESharedFlows") == "1.0.0.0"
    else:
        prod.run(action, **parameters)
        assert prod.version("CoESharedFlows") == "2.0.0.0"
    path = f"workflows?$filter=name eq '{FLOW}'"
    drafts = prod.request("GET", path, headers=UNPUBLISHED)["value"]
    published = prod.flow(FLOW)
    assert before
    assert published
    assert [(row["definition"], row["componentstate"]) for row in drafts] == [("draft", 1)]
    assert (published["definition"], published["componentstate"]) == (before["definition"], 0)


def test_drafts_are_conditions_of_those_who_ask_for_them(dev: WebApi) -> None:
    save_draft(dev, inputs="draft")
    for path in ("workflows?$filter=inputs eq 'draft'", "workflows?$filter=componentstate eq 1"):
        assert [row["name"] for row in dev.request("GET", path, headers=UNPUBLISHED)["value"]] == [FLOW]
        assert dev.rows(path) == []
    one = f"workflows({dev.flow_id(FLOW)})?$select=inputs"
    assert dev.request("GET", one, headers=UNPUBLISHED)["inputs"] == "draft"
    assert dev.get(one)["inputs"] != "draft"
    assert "draft" not in {row.values.get("inputs") for row in dev.export("CoESharedFlows").of("workflow")}


@pytest.mark.parametrize("named", [True, False])
def test_publishing_ends_drafts(dev: WebApi, named: bool) -> None:
    save_draft(dev, inputs="draft")
    dev.simulator.environment("dev").load({"drafts": [{"flow": dev.flow_id("Write Log"), "inputs": "other"}]})
    flows = f"<workflows><workflow>{{{dev.flow_id(FLOW).upper()}}}</workflow></workflows>" if named else ""
    dev.call("PublishXml", ParameterXml=f"<importexportxml>{flows}</importexportxml>")
    assert (dev.flow(FLOW) or {})["inputs"] == "draft"
    assert ((dev.flow("Write Log") or {})["inputs"] == "other") is not named
    path = "workflows?$filter=componentstate eq 1"
    assert len(dev.request("GET", path, headers=UNPUBLISHED)["value"]) == int(named)


@pytest.mark.parametrize("entry", [{"flow": "Nothing"}, {"flow": FLOW, "nonsense": 1}])
def test_a_draft_is_of_a_flow_and_its_columns(dev: WebApi, entry: dict[str, Any]) -> None:
    with pytest.raises(KeyError):
        dev.simulator.environment("dev").load({"drafts": [entry]})


@pytest.mark.parametrize("numbers", [False, True])
def test_share_rows_with_numbers(dev: WebApi, turn: Turn, numbers: bool) -> None:
    turn("dev", share_rows_with_numbers=numbers)
    dev.share(FLOW, dev.team("Finance Robotics"))
    rows = dev.rows(
        f"principalobjectaccessset?$filter=objectid eq {dev.flow_id(FLOW)} and objecttypecode eq 'workflow'"
    )
    assert [(row["objecttypecode"], row["principaltypecode"]) for row in rows] == [
        (4703 if numbers else "workflow", "team")
    ]
    path = f"principalobjectaccessset({rows[0]['principalobjectaccessid']})?$select=objecttypecode"
    assert dev.get(path)["objecttypecode"] == rows[0]["objecttypecode"]


@pytest.mark.parametrize("leave", [False, True])
def test_synchronous_messages_leave_jobs(prod: WebApi, turn: Turn, package: SolutionPackage, leave: bool) -> None:
    prod.run("ImportSolutionAsync", **import_parameters(package_file(package)))
    staged = import_parameters(package_file(package, version="2.0.0.0"), HoldingSolution=True)
    prod.run("ImportSolutionAsync", **staged)
    turn("prod", synchronous_messages_leave_jobs=leave)
    prod.call("DeleteAndPromote", UniqueName="CoESharedFlows")
    jobs = prod.rows("asyncoperations?$filter=messagename ne 'ImportSolutionAsync'&$select=messagename,statuscode")
    assert [(job["messagename"], job["statuscode"]) for job in jobs] == ([("DeleteAndPromote", 30)] if leave else [])
    history = prod.rows("msdyn_solutionhistories?$filter=msdyn_name eq 'CoESharedFlows'&$orderby=msdyn_starttime desc")
    assert [(row["msdyn_suboperation"], row["msdyn_status"], row["msdyn_result"]) for row in history].count(
        (2, 1, True)
    ) == 2  # the holding import and the promotion


@pytest.mark.parametrize("blocks", [False, True])
def test_checker_blocks_imports(prod: WebApi, turn: Turn, package: SolutionPackage, blocks: bool) -> None:
    turn("prod", checker_blocks_imports=blocks)
    parameters = import_parameters(package_file(package))
    if blocks:
        assert "solution checker" in prod.fails("ImportSolutionAsync", **parameters)[1]
        assert prod.solution("CoESharedFlows") is None
    else:
        prod.run("ImportSolutionAsync", **parameters)
        assert prod.version("CoESharedFlows") == "1.0.0.0"


@pytest.mark.parametrize("seconds", [0.0, 0.15])
def test_seconds_per_shared_binary(dev: WebApi, turn: Turn, seconds: float) -> None:
    """The flow has two binaries."""
    turn("dev", seconds_per_shared_binary=seconds)
    team = dev.team("Finance Robotics")
    for work in (
        lambda: dev.share(FLOW, team),
        lambda: dev.share(FLOW, team, action="ModifyAccess"),
        lambda: dev.revoke(FLOW, team),
    ):
        began = time.monotonic()
        work()
        assert time.monotonic() - began >= 2 * seconds


CONNECTOR = RootComponent(372, "4f1a2b30-0000-4000-8000-000000000001", "coe_risk")


def with_connector(api: WebApi, package: SolutionPackage) -> None:
    """A solution that holds a connector, and one with a flow that needs it, as the public BuilderRiskService."""
    plain = dataclasses.replace(package, rows=())
    api.run(
        "ImportSolutionAsync",
        **import_parameters(package_file(plain, unique_name="Risk", root_components=(CONNECTOR,))),
    )
    required = {"type": "372", "displayName": "Risk", "solution": "Active", "id": f"{{{CONNECTOR.id}}}"}
    dependent = {"type": "29", "displayName": FLOW, "id": f"{{{package.manifest.root_components[0].id}}}"}
    missing = (MissingDependency(required, dependent),)
    api.run("ImportSolutionAsync", **import_parameters(package_file(package, missing_dependencies=missing)))


@pytest.mark.parametrize("ignores", [False, True])
def test_uninstall_ignores_needs(prod: WebApi, turn: Turn, package: SolutionPackage, ignores: bool) -> None:
    turn("prod", uninstall_ignores_needs=ignores)
    with_connector(prod, package)
    blockers = prod.rows("RetrieveDependenciesForUninstall(SolutionUniqueName='Risk')")
    assert [row["requiredcomponentobjectid"] for row in blockers] == ([] if ignores else [CONNECTOR.id])
    if ignores:
        prod.run("UninstallSolutionAsync", SolutionUniqueName="Risk")
        return
    code, text = prod.fails("UninstallSolutionAsync", SolutionUniqueName="Risk")
    assert code == int("0x8004F01F", 16) - 2**32
    assert "DependencyCount : 1" in text
    assert "DisplayName: Risk" in text
    assert prod.solution("Risk")
    with pytest.raises(Refused, match="8004F01F"):
        prod.delete(f"solutions({(prod.solution('Risk') or {})['solutionid']})")
    prod.run("UninstallSolutionAsync", SolutionUniqueName="CoESharedFlows")
    prod.run("UninstallSolutionAsync", SolutionUniqueName="Risk")


@pytest.mark.parametrize("ignores", [False, True])
@pytest.mark.parametrize("keeps", [False, True])
def test_an_upgrade_that_drops_what_is_needed(
    prod: WebApi, turn: Turn, package: SolutionPackage, ignores: bool, keeps: bool
) -> None:
    turn("prod", uninstall_ignores_needs=ignores)
    with_connector(prod, package)
    roots = (CONNECTOR,) if keeps else ()
    plain = dataclasses.replace(package, rows=())
    file = package_file(plain, unique_name="Risk", root_components=roots, version="2.0.0.0")
    if ignores or keeps:
        prod.run("StageAndUpgradeAsync", **import_parameters(file))
    else:
        assert "cannot uninstall" in prod.fails("StageAndUpgradeAsync", **import_parameters(file))[1]
        assert prod.solution("Risk_Upgrade")


def test_a_new_version_may_need_no_more(prod: WebApi, package: SolutionPackage) -> None:
    with_connector(prod, package)
    prod.run("ImportSolutionAsync", **import_parameters(package_file(package, version="1.1.0.0")))
    prod.run("UninstallSolutionAsync", SolutionUniqueName="Risk")


@pytest.mark.parametrize("other_holder", [False, True])
def test_what_another_solution_holds_too_is_not_lost(
    prod: WebApi, package: SolutionPackage, other_holder: bool
) -> None:
    with_connector(prod, package)
    plain = dataclasses.replace(package, rows=())
    roots = (CONNECTOR,) if other_holder else ()
    prod.run("ImportSolutionAsync", **import_parameters(package_file(plain, unique_name="Too", root_components=roots)))
    if other_holder:
        prod.run("UninstallSolutionAsync", SolutionUniqueName="Risk")
    else:
        prod.fails("UninstallSolutionAsync", SolutionUniqueName="Risk")


def test_a_solution_that_is_needed_by_name_stays(prod: WebApi, package: SolutionPackage) -> None:
    required = {"type": "61", "schemaName": "msdyn_/Icon.png", "solution": "AppModuleWebResources (2.5)"}
    missing = (MissingDependency(required, {"type": "80", "schemaName": "coe_Books"}),)
    prod.run("ImportSolutionAsync", **import_parameters(package_file(package, missing_dependencies=missing)))
    prod.fails("UninstallSolutionAsync", SolutionUniqueName="AppModuleWebResources")


def test_a_switch_takes_the_words_it_knows(simulator: Simulator) -> None:
    with pytest.raises(ValueError, match="all, by_rights, own"):
        simulator.environment("dev").settings.change({"visible_shares": "some"})
