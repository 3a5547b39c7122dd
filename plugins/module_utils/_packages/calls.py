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
import re
from collections.abc import Iterator, Mapping
from typing import Any

from .._dataverse.odata import guid
from .._errors import UNREADABLE
from .robin import run_flow_statements
from .signatures import Signature, compare_signatures

_OUTPUT_USE = re.compile(r"\b(outputs|body)\('((?:[^']|'')*)'\)((?:\??(?:\['[^']*'\]|\.\w+))+)")
_STEP = re.compile(r"\['([^']*)'\]|\.(\w+)")


@dataclasses.dataclass(frozen=True)
class Call:
    """One place in a flow that runs a desktop flow.

    ``place`` names it as its designer does: ``Scope > Condition > Run the shared flow`` or ``subflow Main``.
    ``flow_id`` is None where the called flow is decided at run time, ``inputs`` where the passed names are.
    """

    place: str
    flow_id: str | None
    inputs: frozenset[str] | None
    outputs: frozenset[str]


@dataclasses.dataclass(frozen=True)
class Breakage:
    """One argument of a call that a new signature breaks; ``reason`` ends the sentence "The flow …"."""

    argument: str
    reason: str


def cloud_calls(client_data: str) -> list[Call] | None:
    """Find the calls in a cloud flow's JSON, through all nesting; None when it cannot be read."""
    try:
        actions = list(_actions(json.loads(client_data)["properties"]["definition"], ()))
        outputs = _outputs_used(client_data)
        return [
            Call(
                place=" > ".join(step.replace("_", " ") for step in path),
                flow_id=guid(str(parameters.get("uiFlowId", ""))),
                inputs=_passed_inputs(parameters),
                outputs=frozenset(outputs.get(path[-1], ())),
            )
            for path, action in actions
            if (parameters := _call_parameters(action)) is not None
        ]
    except UNREADABLE:
        return None


def desktop_calls(definition: str) -> list[Call] | None:
    """Find the calls in a desktop flow's script, plain or as the JSON string of a package; None when unreadable."""
    try:
        script = json.loads(definition) if definition.startswith('"') else definition
    except UNREADABLE:
        return None
    calls = []
    for statement in run_flow_statements(script):
        calls.append(
            Call(
                place=f"subflow {statement.subflow}",
                flow_id=guid(statement.flow_id or ""),
                inputs=statement.inputs,
                outputs=statement.outputs,
            )
        )
    return calls


def broken_arguments(call: Call, before: Signature, after: Signature) -> list[Breakage]:
    """List what of a call works with one signature and not with another, in the order of names."""
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


def _outputs_used(client_data: str) -> dict[str, set[str]]:
    """Return the outputs that expressions read, by action: ``outputs('Run')?['body/Answer']`` and its other forms."""
    used: dict[str, set[str]] = {}
    for function, action, steps in _OUTPUT_USE.findall(client_data):
        path = "/".join(quoted or plain for quoted, plain in _STEP.findall(steps))
        if function == "outputs":
            path = path.removeprefix("body/") if path.startswith("body/") else ""
        if path:
            used.setdefault(action.replace("''", "'"), set()).add(path.split("/")[0])
    return used


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
