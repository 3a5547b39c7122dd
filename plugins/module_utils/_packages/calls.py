# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who calls a desktop flow, with which arguments, and which of these a new signature breaks.

Cloud flows call by the action RunUIFlow_V2 of the connector shared_uiflow, desktop flows by External.RunFlow.
The platform's dependency tables know neither for sure. Source: column clientdata of cloud flows and column definition
of desktop flows. This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from typing import Any

from .._dataverse.odata import guid
from .._errors import UNREADABLE
from .expressions import WHOLE, outputs_used
from .robin import run_flow_statements
from .signatures import Argument, Signature, compare_signatures


@dataclasses.dataclass(frozen=True)
class Call:
    """One place in a flow that runs a desktop flow.

    ``place`` names it as its designer does: ``Scope > Condition > Run the shared flow`` or ``subflow Main``.
    ``flow_id`` is None where the called flow is decided at run time, ``inputs`` where the passed names are.
    ``outputs`` are those that are read by name; with ``whole`` all are handed on, and what becomes of them is unknown.
    """

    place: str
    flow_id: str | None
    inputs: frozenset[str] | None
    outputs: frozenset[str]
    whole: bool = False


@dataclasses.dataclass(frozen=True)
class Breakage:
    """One argument of a call that a new signature breaks; ``reason`` ends the sentence "The flow …"."""

    argument: str
    reason: str


def cloud_calls(client_data: str) -> list[Call] | None:
    """Find the calls in a cloud flow's JSON, through all nesting; None when it cannot be read."""
    try:
        definition = json.loads(client_data)["properties"]["definition"]
        used = outputs_used(definition)
        return [
            Call(
                place=" > ".join(step.replace("_", " ") for step in path),
                flow_id=guid(str(parameters.get("uiFlowId", ""))),
                inputs=_passed_inputs(parameters),
                outputs=frozenset(filter(None, used.get(path[-1].casefold(), ()))),
                whole=WHOLE in used.get(path[-1].casefold(), ()),
            )
            for path, action in _actions(definition, ())
            if (parameters := _call_parameters(action)) is not None
        ]
    except UNREADABLE:
        return None


def desktop_calls(definition: str) -> list[Call] | None:
    """Find the calls in a desktop flow's script, plain or as the JSON string of a package; None when unreadable."""
    try:
        script = json.loads(definition) if definition.startswith('"') else definition
        return [
            Call(
                place=f"subflow {statement.subflow}",
                flow_id=guid(statement.flow_id or ""),
                inputs=statement.inputs,
                outputs=statement.outputs,
            )
            for statement in run_flow_statements(script)
        ]
    except UNREADABLE:
        return None


def broken_arguments(call: Call, before: Signature, after: Signature) -> list[Breakage]:
    """List what of a call works with one signature and not with another, in the order of names.

    A name that the call writes in other capitals than the first signature means the same argument.
    """
    call = dataclasses.replace(
        call,
        inputs=None if call.inputs is None else _as_written(call.inputs, before.inputs),
        outputs=_as_written(call.outputs, before.outputs),
    )
    standing = _misfits(call, before, _required(before, before))
    misfits = [found for found in _misfits(call, after, _required(after, before)) if found not in standing]
    return sorted([*misfits, *_retyped(call, before, after)], key=lambda breakage: breakage.argument)


def _actions(node: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    """Yield each action under a node, with the names that lead to it.

    Scopes and loops have actions, conditions also else, switches cases and default, agents tools; parallel branches
    are actions next to each other. Source: Workflow Definition Language schema reference.
    """
    for name, action in node.get("actions", {}).items():
        yield (*path, name), action
        yield from _actions(action, (*path, name))
    branches = [node.get("else"), node.get("default"), *node.get("cases", {}).values(), *node.get("tools", {}).values()]
    for branch in branches:
        if branch is not None:
            yield from _actions(branch, path)


def _call_parameters(action: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the parameters of an action that runs a desktop flow, None for other actions."""
    inputs = action.get("inputs")
    if not isinstance(inputs, dict) or not isinstance(inputs.get("parameters", {}), dict):
        return None
    parameters: dict[str, Any] = inputs.get("parameters", {})
    host = inputs.get("host")
    operation = str(host.get("operationId", "")) if isinstance(host, dict) else ""
    return parameters if operation.startswith("RunUIFlow") or "uiFlowId" in parameters else None


def _passed_inputs(parameters: Mapping[str, Any]) -> frozenset[str] | None:
    whole = parameters.get("item", {})
    if not isinstance(whole, dict):
        return None
    return frozenset(whole) | {key.removeprefix("item/") for key in parameters if key.startswith("item/")}


def _as_written(names: frozenset[str], arguments: tuple[Argument, ...] | None) -> frozenset[str]:
    """Return names as the arguments that they mean are written."""
    written = {argument.name for argument in arguments or ()}
    folded = {name.casefold(): name for name in written}
    return frozenset(name if name in written else folded.get(name.casefold(), name) for name in names)


def _required(signature: Signature, before: Signature) -> set[str]:
    """Return the inputs that callers must pass: those said to be required, and new ones that do not say."""
    if signature.inputs is None:
        return set()
    new = set() if before.inputs is None else {it.name for it in signature.inputs} - {it.name for it in before.inputs}
    return {it.name for it in signature.inputs if it.optional is False or (it.optional is None and it.name in new)}


def _misfits(call: Call, signature: Signature, required: set[str]) -> list[Breakage]:
    """List what of a call does not fit a signature; nothing for a side of either that is not known."""
    misfits = []
    if call.inputs is not None and signature.inputs is not None:
        gone = call.inputs - {argument.name for argument in signature.inputs}
        misfits += [Breakage(name, f'passes the input "{name}", which is gone') for name in gone]
        lacking = required - call.inputs
        misfits += [Breakage(name, f'does not pass the input "{name}", which is required') for name in lacking]
    if signature.outputs is not None:
        gone = call.outputs - {argument.name for argument in signature.outputs}
        misfits += [Breakage(name, f'reads the output "{name}", which is gone') for name in gone]
    return misfits


def _retyped(call: Call, before: Signature, after: Signature) -> Iterator[Breakage]:
    for change in compare_signatures(before, after):
        if change.kind == "input_retyped" and (call.inputs is None or change.argument in call.inputs):
            yield Breakage(change.argument, f'passes the input "{change.argument}", whose type changed')
        elif change.kind == "output_retyped" and change.argument in call.outputs:
            yield Breakage(change.argument, f'reads the output "{change.argument}", whose type changed')
