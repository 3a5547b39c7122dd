# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each member of each answer, missing or something else: an error that names it, or the same writes as without.

``ODD_ANSWERS=all`` tries all mutations instead of a sample; a number is the size of the sample for each scene.
"""

from __future__ import annotations

import collections
import os
import pathlib
import random
import re
import traceback
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._dataverse.jobs import Jobs
from ansible_collections.coe.power_platform.plugins.module_utils._solutions import import_jobs as _import_jobs
from ansible_collections.coe.power_platform.plugins.module_utils._solutions import operations as _operations
from ansible_collections.coe.power_platform.plugins.modules import (
    desktop_flow,
    desktop_flow_info,
    desktop_flow_share,
    desktop_flow_share_info,
    import_job_info,
    preflight,
    solution,
    solution_deployment_info,
    solution_export,
    solution_import,
    solution_info,
    solution_promote,
    team,
)
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.package_maker import (
    CONNECTOR,
    CloudFlow,
    DesktopFlow,
    flow_id,
    package_files,
    run_desktop_flow,
    write_package,
)
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.odd_answers import Answers, Mutation, mutations
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.sharing_scenes import give, held, work
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.solution_scenes import NAME, put, release

ENVIRONMENT = "odd"
SEED = 20260101
SAMPLE, SMALL_SAMPLE = 20, 4  # the small one where a run takes an operation of the environment
NEW_TEAM = re.compile(r"^teams\(.*?\)")
FORBIDDEN = {"kind": "error", "status": 403, "code": "0x80040220", "path": "principalobjectaccessset", "count": 99}
SETTINGS = {"connection_references": {"con_shared": "connection-1"}, "environment_variables": {"con_Mailbox": "a@b.c"}}


class Scene:
    """An environment with a solution whose flows are shared and called, and one run of a module in it."""

    def __init__(self, simulator: Any, folder: pathlib.Path) -> None:
        self.simulator = simulator
        self.folder = folder
        simulator.environments.add(ENVIRONMENT, settings={"job_seconds": 0.05, "requests_per_window": 10**9})
        simulator.reset(ENVIRONMENT)
        simulator.clear_faults()
        self.environment = simulator.environment(ENVIRONMENT)
        self.params: dict[str, Any] = {}
        self.warnings: list[str] = []
        self.faults: list[dict[str, Any]] = []
        self.package = self._release("2.0.0.0")
        put(simulator, ENVIRONMENT, self._release("1.0.0.0", flows=(1, 2, 3)))
        put(simulator, ENVIRONMENT, self._callers())
        self.shared = [flow_id(1), flow_id(2)]
        store = self.environment.store
        self.user = store.first("systemuser", domainname="john.smith@contoso.example")
        self.team = next(row for row in store.find("team") if row["name"] == "Robotics")
        holders = [("systemuser", self.user["systemuserid"]), ("team", self.team["teamid"])]
        give(self.environment, [(flow, table, id, 1) for flow in self.shared for table, id in holders])

    def _release(self, version: str, **content: Any) -> str:
        return release(
            self.folder, version, references={"con_shared": CONNECTOR}, variables={"con_Mailbox": None}, **content
        )

    def _callers(self) -> str:
        parent = DesktopFlow(flow_id(8), "Parent", child_flows=[flow_id(1)])
        nightly = CloudFlow(flow_id(9), "Nightly", {"Run": run_desktop_flow(flow_id(1), {"Input1000": "x"})})
        files = package_files([parent, nightly], unique_name="Callers", version="1.0.0.0")
        return write_package(self.folder / "Callers.zip", files)

    def run(self, module: Any, mutation: Mutation | None = None) -> tuple[dict[str, Any], Answers]:
        self.simulator.restore(ENVIRONMENT)
        self.simulator.clear_journal()
        self.simulator.clear_faults()
        for fault in self.faults:
            self.simulator.add_fault({"environment": ENVIRONMENT, **fault})
        with Answers(mutation) as answers:
            task = {**self.simulator.connection(ENVIRONMENT), **self.params}
            self.warnings.clear()
            result = work(module, task, warn=self.warnings.append)
        return result, answers

    @property
    def writes(self) -> collections.Counter[tuple[str, str, str]]:
        """The writes of the last run that the environment took; without records of shares and ids of new teams."""
        return collections.Counter(
            (entry.method, NEW_TEAM.sub("teams()", entry.path), "" if "Async" in entry.path else entry.body_digest)
            for entry in self.simulator.journal(ENVIRONMENT, writes=True)
            if entry.status < 300 and not entry.path.startswith("annotations")
        )


def enforce(scene: Scene) -> Any:
    principals = [{"user": scene.user["domainname"], "permission": "co_owner"}]
    scene.params = {
        "shares": [
            {"desktop_flow": "Parent", "principals": principals, "include_child_flows": True},
            {"desktop_flow": flow_id(2), "principals": principals, "exclusive": True},
        ],
        "verify": "effective",
    }
    return desktop_flow_share


def enforce_by_solution(scene: Scene) -> Any:
    scene.faults = [FORBIDDEN]
    scene.params = {"shares": [{"solution": NAME, "exclusive": True, "principals": [{"team": "Finance Robotics"}]}]}
    return desktop_flow_share


def audit(scene: Scene) -> Any:
    scene.params = {
        "shares": [{"solution": NAME, "exclusive": True, "principals": [{"team": "Finance Robotics"}]}],
        "audit": True,
    }
    return desktop_flow_share


def list_shares(scene: Scene) -> Any:
    scene.params = {"include_role_readers": True}
    return desktop_flow_share_info


def list_flows(scene: Scene) -> Any:
    return desktop_flow_info


def change_flow(scene: Scene) -> Any:
    scene.params = {"name": "Parent", "owner": {"user": scene.user["domainname"]}, "enabled": False}
    return desktop_flow


def update(scene: Scene) -> Any:
    scene.params = {"src": scene.package, "on_contract_break": "warn", **SETTINGS}
    return solution_import


def upgrade(scene: Scene) -> Any:
    update(scene)
    scene.params["import_mode"] = "upgrade"
    return solution_import


def apply_settings(scene: Scene) -> Any:
    put(scene.simulator, ENVIRONMENT, scene.package)
    return update(scene)


def predict(scene: Scene) -> Any:
    scene.params = {"src": [scene.package], "import_mode": "auto", "fail_on_refusal": False}
    return solution_deployment_info


def compare(scene: Scene) -> Any:
    scene.params = {"package": scene.package}
    return solution_info


def list_solutions(scene: Scene) -> Any:
    return solution_info


def export(scene: Scene) -> Any:
    files = package_files([DesktopFlow(flow_id(7), "Own")], unique_name="Own", version="1.0.0.0", managed=False)
    put(scene.simulator, ENVIRONMENT, write_package(scene.folder / "Own.zip", files))
    scene.params = {"name": "Own", "dest": str(scene.folder / "exported.zip"), "managed": False, "publish": True}
    return solution_export


def promote(scene: Scene) -> Any:
    put(scene.simulator, ENVIRONMENT, scene.package, staged=True)
    scene.params = {"name": NAME}
    return solution_promote


def remove(scene: Scene) -> Any:
    scene.params = {"name": "Callers", "state": "absent"}
    return solution


def refuse_to_remove(scene: Scene) -> Any:
    scene.params = {"name": NAME, "state": "absent"}
    return solution


def show_import(scene: Scene) -> Any:
    scene.simulator.snapshot(ENVIRONMENT)
    update(scene)
    job = scene.run(solution_import)[0]["import_job"]
    scene.params = {"id": job["id"], "operation_id": job["operation_id"]}
    return import_job_info


def manage_team(scene: Scene) -> Any:
    scene.params = {"name": "Invoice robots", "security_roles": ["Basic User"], "description": "x"}
    return team


def change_team(scene: Scene) -> Any:
    scene.params = {"name": "Finance Robotics", "security_roles": ["Basic User"], "exclusive": True}
    return team


def look_ahead(scene: Scene) -> Any:
    return preflight


def try_writes(scene: Scene) -> Any:
    scene.params = {"desktop_flow": flow_id(1), "probe": True}
    return preflight


SCENES: list[Callable[[Scene], Any]] = [
    enforce,
    enforce_by_solution,
    audit,
    list_shares,
    list_flows,
    change_flow,
    update,
    upgrade,
    apply_settings,
    predict,
    compare,
    list_solutions,
    export,
    promote,
    remove,
    refuse_to_remove,
    show_import,
    manage_team,
    change_team,
    look_ahead,
    try_writes,
]


def chosen(found: list[Mutation], writes: collections.Counter[tuple[str, str, str]]) -> list[Mutation]:
    slow = any(path.endswith("Async") for _method, path, _digest in writes)
    wanted = os.environ.get("ODD_ANSWERS", str(SMALL_SAMPLE if slow else SAMPLE))
    return found if wanted == "all" else random.Random(SEED).sample(found, min(int(wanted), len(found)))


@pytest.fixture
def scene(simulators: Any, simulated_time: Any, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setattr(_operations, "LOST_START_SECONDS", 2.0)
    monkeypatch.setattr(_import_jobs, "YOUNG_SECONDS", 2.0)
    return Scene(simulators, tmp_path)


@pytest.mark.parametrize("prepare", SCENES, ids=lambda prepare: str(prepare.__name__))
def test_an_odd_member_is_an_error_or_does_no_harm(
    scene: Scene, prepare: Callable[[Scene], Any], record_property: Callable[[str, object], None]
) -> None:
    module = prepare(scene)
    scene.simulator.snapshot(ENVIRONMENT)
    before = held(scene.environment).keys()
    result, answers = scene.run(module)
    assert not result.get("failed") or prepare is refuse_to_remove, result["msg"]
    writes, shares = scene.writes, before & held(scene.environment).keys()
    wrong: list[str] = []
    tried = 0
    for mutation in chosen(mutations(answers.members), writes):
        try:
            odd, mutated = scene.run(module, mutation)
        except Exception:
            tried += 1
            wrong.append(f"{mutation}: {traceback.format_exc(-1)}")
            continue
        tried += mutated.changed
        wrong += [f"{mutation}: {fault}" for fault in faults(scene, mutation, odd, writes, shares)]
    record_property("sum of odd answers", tried)
    assert not wrong, f"{len(wrong)} of {tried}:\n" + "\n".join(wrong)


def faults(
    scene: Scene,
    mutation: Mutation,
    odd: dict[str, Any],
    writes: collections.Counter[tuple[str, str, str]],
    shares: set[tuple[str, str]],
) -> list[str]:
    """Return what is wrong with a run in which a member was odd."""
    found = []
    message = str(odd.get("msg", ""))
    if "whose member" in message and scene.simulator.connection(ENVIRONMENT)["environment_url"] not in message:
        found.append(f"does not name the request: {message}")
    if "whose member" in message and mutation.place.names and not any(name in message for name in mutation.place.names):
        found.append(f"does not name the member: {message}")
    if mutation.is_misfit and (more := scene.writes - writes):
        found.append(f"wrote {list(more)}")
    if max([scene.writes[write] for write in scene.writes if write[1].endswith("Async")], default=0) > 1:
        found.append("started twice")
    lost = shares - held(scene.environment).keys()
    if mutation.is_misfit and lost and not scene.environment.store.count("annotation"):
        found.append(f"lost {len(lost)} shares without a record of them: {message}")
    return found


def spoil_dependencies(scene: Scene, flow: str) -> None:
    """Let the environment keep a JSON text that no client writes, and start from that."""
    scene.environment.store.update("workflow", flow, {"dependencies": "[]"})
    scene.simulator.snapshot(ENVIRONMENT)


def mutation_of(answers: Answers, kind: str, *path: str | int) -> Mutation:
    """Return the mutation of the first member that ends so."""
    return next(Mutation(place, kind, it) for place, it in answers.members if place.path[-len(path) :] == path)


@pytest.mark.parametrize("kind", ["absent", "null", "a number", "a text"])
@pytest.mark.parametrize("prepare", [update, upgrade, promote, remove], ids=lambda prepare: str(prepare.__name__))
def test_an_operation_answered_without_its_id_is_found_again(
    scene: Scene, prepare: Callable[[Scene], Any], kind: str
) -> None:
    module = prepare(scene)
    scene.simulator.snapshot(ENVIRONMENT)
    result, answers = scene.run(module)
    writes = scene.writes
    odd, mutated = scene.run(module, mutation_of(answers, kind, "AsyncOperationId"))
    assert mutated.changed
    assert not odd.get("failed"), odd["msg"]
    assert odd["changed"]
    assert odd["solution"] == result["solution"]
    assert scene.writes == writes


def test_an_operation_that_is_neither_told_nor_found_leaves_its_outcome_open(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Jobs, "recent", lambda _self: [])
    module = update(scene)
    scene.simulator.snapshot(ENVIRONMENT)
    _result, answers = scene.run(module)
    odd, _mutated = scene.run(module, mutation_of(answers, "absent", "AsyncOperationId"))
    assert odd["failed"]
    assert "whether the environment took it is unknown" in odd["msg"]
    assert "whose member AsyncOperationId is missing and not a GUID" in odd["msg"]
    assert sum(path == "ImportSolutionAsync" for _method, path, _digest in scene.writes.elements()) == 1


@pytest.mark.parametrize("prepare", [list_flows, list_shares], ids=lambda prepare: str(prepare.__name__))
def test_one_odd_flow_is_left_out_of_a_list_and_told(scene: Scene, prepare: Callable[[Scene], Any]) -> None:
    module = prepare(scene)
    scene.simulator.snapshot(ENVIRONMENT)
    everything = {flow["id"] for flow in scene.run(module)[0]["desktop_flows"]}
    spoil_dependencies(scene, flow_id(3))
    listed = {flow["id"] for flow in scene.run(module)[0]["desktop_flows"]}
    assert everything - listed == {flow_id(3)}
    (warning,) = scene.warnings
    assert "Left out is what cannot be read: GET workflows in https://" in warning
    assert f"(workflowid {flow_id(3)}) whose member dependencies is a text and not the JSON of an object" in warning


def test_one_odd_flow_does_not_keep_others_from_their_shares(scene: Scene) -> None:
    module = enforce(scene)
    scene.simulator.snapshot(ENVIRONMENT)
    scene.run(module)
    shares = held(scene.environment)
    scene.simulator.restore(ENVIRONMENT)
    spoil_dependencies(scene, flow_id(3))
    assert scene.run(module)[0]["changed"]
    assert held(scene.environment) == shares


@pytest.mark.parametrize("prepare", [enforce, enforce_by_solution, audit], ids=lambda prepare: str(prepare.__name__))
def test_an_odd_flow_that_is_declared_stops_the_task_before_it_writes(
    scene: Scene, prepare: Callable[[Scene], Any]
) -> None:
    module = prepare(scene)
    spoil_dependencies(scene, flow_id(1))
    result, _answers = scene.run(module)
    assert result["failed"]
    assert f"(workflowid {flow_id(1)}) whose member dependencies is" in result["msg"]
    assert not scene.writes


@pytest.mark.parametrize("column", ["principalid", "principaltypecode", "accessrightsmask", "objectid"])
@pytest.mark.parametrize("prepare", [enforce, upgrade], ids=lambda prepare: str(prepare.__name__))
def test_an_odd_share_is_never_taken_for_none(scene: Scene, prepare: Callable[[Scene], Any], column: str) -> None:
    module = prepare(scene)
    scene.simulator.snapshot(ENVIRONMENT)
    shares = held(scene.environment)
    _result, answers = scene.run(module)
    odd, mutated = scene.run(module, mutation_of(answers, "an object", column))
    assert mutated.changed
    assert odd["failed"]
    assert f"whose member {column} is an object and not" in odd["msg"]
    assert held(scene.environment) == shares
    assert not any(path in ("StageAndUpgradeAsync", "RevokeAccess") for _method, path, _digest in scene.writes)


def test_an_odd_flow_of_the_solution_stops_its_upgrade(scene: Scene) -> None:
    module = upgrade(scene)
    spoil_dependencies(scene, flow_id(1))
    shares = held(scene.environment)
    result, _answers = scene.run(module)
    assert result["failed"]
    assert "whose member dependencies is a text and not the JSON of an object" in result["msg"]
    assert held(scene.environment) == shares
    assert [path for _method, path, _digest in scene.writes] == ["StageSolution"]


def test_an_odd_flow_of_others_is_told_by_a_plan_and_stops_nothing(scene: Scene) -> None:
    module = upgrade(scene)
    spoil_dependencies(scene, flow_id(8))
    result, _answers = scene.run(module)
    assert not result.get("failed"), result["msg"]
    assert any(f"(workflowid {flow_id(8)}) whose member dependencies" in warning for warning in scene.warnings)
