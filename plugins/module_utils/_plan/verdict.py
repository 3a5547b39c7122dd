# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to think of a plan: the reasons not to begin, what to know, and what to do.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Literal

from .._dataverse.privileges import IMPORT, SHARE, remedy
from .._solutions.component_names import TABLE
from .._text import listed
from .contract import ContractEffect
from .plan import Plan

OnContractBreak = Literal["fail", "warn", "ignore"]
OnDrafts = Literal["fail", "warn"]
_REMEDY = "Keep the contract, or see to the callers and set on_contract_break=warn."


@dataclasses.dataclass(frozen=True)
class Recommendation:
    """What to do, and why; ``hold`` means that something has to be put right first."""

    action: Literal["update", "upgrade", "none", "hold"]
    reason: str


@dataclasses.dataclass(frozen=True)
class Verdict:
    """Sentences: ``stops`` are the reasons not to begin, ``warnings`` what to know."""

    stops: tuple[str, ...]
    warnings: tuple[str, ...]
    recommendation: Recommendation


def judge(plan: Plan, on_contract_break: OnContractBreak | None = None, on_drafts: OnDrafts = "fail") -> Verdict:
    """Judge a plan.

    Without ``on_contract_break`` a broken contract stops the import where callers are known, whether they break or not,
    and where they could not be looked for; it is a warning where none are. Callers that the package brings count only
    unless they fit.
    """
    breaks = [effect for effect in plan.contract if effect.breaking and on_contract_break != "ignore"]
    unknown = plan.environment.callers_unknown is not None
    fatal = [
        it
        for it in breaks
        if on_contract_break == "fail" or (not on_contract_break and (it.concerns_callers or unknown))
    ]
    drafts = tuple(_drafts(plan))
    stops = (
        *_forbidden(plan),
        *_missing_flows(plan),
        *_blocked(plan),
        *(drafts if on_drafts == "fail" else ()),
        *(f"{effect} {_REMEDY}" for effect in fatal),
    )
    warnings = (
        *(str(effect) for effect in breaks if effect not in fatal),
        *(drafts if on_drafts == "warn" else ()),
        *_warnings(plan),
    )
    return Verdict(stops, warnings, _recommend(plan, stops))


def _forbidden(plan: Plan) -> Iterator[str]:
    if IMPORT in (plan.environment.lacking or ()):
        yield f"The application may not import solutions. {remedy(IMPORT)}"


def _missing_flows(plan: Plan) -> Iterator[str]:
    for missing in plan.missing_flows:
        yield (
            f'"{missing.caller.name}" calls the desktop flow {missing.id}, which is neither in the package nor in the'
            " environment: import the solution that holds it first."
        )


def _blocked(plan: Plan) -> Iterator[str]:
    for left_over in plan.left_overs if plan.deletes else ():
        if left_over.goes and left_over.blocked_by:
            yield (
                f"The upgrade would delete the {left_over.component}, which the {left_over.blocked_by[0]} still needs,"
                " so the platform would stop half-way: change or remove that first, or set import_mode=update."
            )


def _drafts(plan: Plan) -> Iterator[str]:
    """Source: Power Automate, Version control for desktop flows, known issues."""
    if plan.drafts:
        yield (
            f"The environment holds drafts of {listed(map(str, plan.drafts), ' and ')}, saved there and not published,"
            ' over which an import may fail ("there exists an unpublished active row"): publish or discard them there'
            " in Power Automate for desktop, or set on_drafts=warn."
        )


def _warnings(plan: Plan) -> Iterator[str]:
    if SHARE in (plan.environment.lacking or ()) and plan.package.desktop_flows:
        yield f"The application may not share flows, so permissions cannot be enforced. {remedy(SHARE)}"
    for effect in plan.contract:
        yield from _doubts(effect)
    for caller, place in plan.undetectable if any(effect.breaking for effect in plan.contract) else ():
        yield f'"{caller.name}" decides at run time which desktop flow it calls ({place}), so it may break unseen.'
    if plan.environment.callers_unknown:
        yield f"Callers among the cloud flows could not be looked for: {plan.environment.callers_unknown}"
    yield from _hidden(plan)
    if plan.deletes:
        yield from _data_loss(plan)
    for name in plan.environment.variables_without_value if plan.acts else ():
        yield f"The environment variable {name} has no value: set environment_variables."


def _hidden(plan: Plan) -> Iterator[str]:
    for flow in plan.hidden:
        upper = plan.environment.upper.get(flow.id)
        if upper is None:
            yield (
                f"An unmanaged layer hides the new version of the {flow}: remove the layer, or set"
                " overwrite_customizations=true."
            )
        elif upper not in plan.environment.companions:
            yield (
                f"The solution {upper} holds the {flow} too, and its layer lies above, so its version stays: deploy the"
                f" version of {upper} with the new content, too."
            )


def _data_loss(plan: Plan) -> Iterator[str]:
    for left_over in plan.left_overs:
        if left_over.goes and left_over.component.kind == TABLE:
            yield f"The upgrade deletes the {left_over.component} with all its rows."
    if doubtful := [str(it) for it in plan.not_comparable if not it.parts]:
        yield (
            f"The upgrade deletes what the package lacks, and for some components that cannot be told beforehand:"
            f" {listed(doubtful)}."
        )


def _doubts(effect: ContractEffect) -> Iterator[str]:
    for change in effect.changes:
        if change.effect in ("warning", "unknown"):
            yield f'"{effect.flow.name}": {change.detail}'


def _recommend(plan: Plan, stops: tuple[str, ...]) -> Recommendation:
    if stops:
        return Recommendation("hold", stops[0])
    if not plan.acts:
        return Recommendation("none", plan.decision.reason)
    return Recommendation(plan.choice.mode, plan.choice.reason)
