# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan as modules return it: as data, as a difference, and as text for the person who approves it.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .._packages.package import PackagedFlow
from .._packages.signatures import Argument, parse_arguments
from .._solutions.component_names import TABLE
from .._text import listed, shown
from .contract import ContractEffect
from .environment import DeployedFlow, FlowName, FlowShare
from .left_overs import LeftOver, NotComparable
from .plan import Plan
from .verdict import Verdict


def plan_to_result(plan: Plan, verdict: Verdict) -> dict[str, Any]:
    """Return a plan, JSON-safe."""
    left_overs = [left_over.to_result() for left_over in plan.left_overs]
    lacking = plan.environment.lacking
    return {
        "operation": plan.decision.operation,
        "reason": plan.decision.reason,
        "auto": plan.choice.to_result(),
        "recommendation": dataclasses.asdict(verdict.recommendation),
        "flows": {
            key: [flow.to_result() for flow in getattr(plan, key)]
            for key in ("added", "changed", "unchanged", "not_compared", "deleted")
        },
        "left_overs": left_overs,
        "deletes_left_overs": plan.deletes,
        "not_comparable": [it.to_result() for it in plan.not_comparable],
        "contract_changes": [effect.to_result() for effect in plan.contract],
        "missing_flows": [missing.to_result() for missing in plan.missing_flows],
        "undetectable_calls": [
            {"caller": caller.name, "caller_id": caller.id, "place": place} for caller, place in plan.undetectable
        ],
        "shares_dropped": [dataclasses.asdict(share) for share in plan.shares_dropped],
        "drafts": [flow.to_result() for flow in plan.drafts],
        "callers_unknown": plan.environment.callers_unknown,
        "lacking_privileges": None if lacking is None else sorted(lacking),
        "hidden_flows": [flow.to_result() for flow in plan.hidden],
        "unbound_references": list(plan.environment.unbound_references),
        "variables_without_value": list(plan.environment.variables_without_value),
        "stops": list(verdict.stops),
        "warnings": list(verdict.warnings),
    }


def plan_text(plan: Plan, verdict: Verdict) -> str:
    """Return a plan in words, for the approver of a deployment."""
    package, version = plan.package, plan.environment.version
    advice = verdict.recommendation
    lines = [
        f"{package.unique_name} {package.version}: {plan.decision.operation}, because {plan.decision.reason}.",
        f"Installed: {version or 'nothing'}. Recommended: {advice.action}, because {advice.reason.rstrip('.')}.",
        *_section("Reasons not to begin", verdict.stops),
        *_section("To know", verdict.warnings),
        *_section("Added", map(str, plan.added)),
        *_section("Changed", map(str, plan.changed)),
        *_section("Unchanged", [f"{len(plan.unchanged)} flows"] if plan.unchanged else []),
        *_section("Not compared", map(str, plan.not_compared)),
        *_section("Deleted" if plan.deletes else "Left over", (_left_over(it) for it in plan.left_overs if it.goes)),
        *_section("Left to other solutions", (_left_over(it) for it in plan.left_overs if not it.goes)),
        *_section("Not comparable with the package", map(_not_comparable, plan.not_comparable)),
        *_section("Contract", (line for effect in plan.contract for line in _effect(effect))),
        *_section("Shares that the platform removes, put back at once", map(_share, plan.shares_restored)),
        *_section(
            "Shares that the platform removes",
            (_share(share) for share in plan.shares_dropped if share not in plan.shares_restored),
        ),
        *_section("Without a connection", plan.environment.unbound_references),
    ]
    return _joined(lines)


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        if number == 0:
            yield f"{title}:"
        yield f"  - {line}"


def _share(share: FlowShare) -> str:
    return f"{share.flow}: {share.principal} as {share.access}"


def _left_over(left_over: LeftOver) -> str:
    rows = " with all its rows" if left_over.component.kind == TABLE and left_over.goes else ""
    needed = f", needed by {listed(left_over.needed_by, ' and ')}" if left_over.needed_by else ""
    holders = f", also in {listed(left_over.also_in, ' and ')}" if left_over.also_in else ""
    return f"{left_over.component}{rows}{needed}{holders}"


def _not_comparable(found: NotComparable) -> str:
    return f"{found}{', parts of tables that the package holds' if found.parts else ''}"


def _effect(effect: ContractEffect) -> Iterator[str]:
    for change in effect.changes:
        yield f"{effect.flow.name}: {change.detail} ({change.effect})"
    for affected in effect.callers:
        reasons = listed((f"{place}: {breakage.reason}" for place, breakage in affected.breakages), "; ")
        yield f"{effect.flow.name} is called by {FlowName.of(affected.caller)}: {reasons or affected.status}"


def plan_difference(plan: Plan) -> dict[str, str]:
    """Return the solution's flows, signatures and shares before and after, line by line, for the task's diff."""
    before = list(_lines(plan.environment.version, plan.environment.flows, {}, plan.environment.shares))
    if not plan.acts:
        return {"before": _joined(before), "after": _joined(before)}
    taken = {flow.id: plan.package.version for flow in (*plan.added, *plan.changed) if flow not in plan.hidden}
    flows: dict[str, PackagedFlow | DeployedFlow] = {flow.id: flow for flow in plan.environment.flows}
    flows.update({flow.id: flow for flow in plan.package.flows if flow.id in taken})
    for flow in plan.deleted:
        del flows[flow.id]
    shares = plan.shares_restored if plan.deletes else plan.environment.shares
    return {"before": _joined(before), "after": _joined(_lines(plan.package.version, flows.values(), taken, shares))}


def _joined(lines: Iterable[str]) -> str:
    return "".join(f"{shown(line)}\n" for line in lines)


def _lines(
    version: str | None,
    flows: Iterable[PackagedFlow | DeployedFlow],
    versions: Mapping[str, str],
    shares: Iterable[FlowShare],
) -> Iterator[str]:
    yield f"solution: {version or 'not installed'}"
    told = []
    for flow in flows:
        name = FlowName.of(flow)
        told.append(
            f"{name}: {'new content of ' + versions[flow.id] if flow.id in versions else 'content as installed'}"
        )
        for side, text in (("input", flow.inputs), ("output", flow.outputs)):
            told += [f"{name}: {side} {_argument(argument)}" for argument in parse_arguments(text) or ()]
    told += [f"desktop flow {share.flow}: shared with {share.principal} as {share.access}" for share in shares]
    yield from sorted(told)


def _argument(argument: Argument) -> str:
    optional = {True: ", optional", False: ", required", None: ""}[argument.optional]
    return f"{argument.name} ({argument.type}{optional}{', sensitive' if argument.sensitive else ''})"
