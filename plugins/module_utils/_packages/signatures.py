# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signatures of desktop flows: what callers pass and get, and which changes of it break them.

Source: columns ``inputs`` and ``outputs`` of the table workflow ("Work with desktop flows using code", Power Automate
documentation). Clients before 2.49 do not say which inputs are optional, later ones do: both formats compare equal.
This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from typing import Any, Literal

from .._errors import UNREADABLE

Effect = Literal["breaking", "warning", "compatible", "unknown"]


@dataclasses.dataclass(frozen=True)
class Argument:
    """One input or output. ``optional`` is None where the flow does not say, and for outputs."""

    name: str
    type: str
    sensitive: bool = False
    optional: bool | None = None

    def to_result(self) -> dict[str, Any]:
        """Return the argument as it stands in results; defaults are left out, since they may be secrets."""
        required = None if self.optional is None else not self.optional
        return {"name": self.name, "type": self.type, "required": required, "sensitive": self.sensitive}


@dataclasses.dataclass(frozen=True)
class Signature:
    """Inputs and outputs of a flow; None for what cannot be read, which equals nothing."""

    inputs: tuple[Argument, ...] | None
    outputs: tuple[Argument, ...] | None


@dataclasses.dataclass(frozen=True)
class ContractChange:
    """One difference between two signatures of a flow.

    ``kind`` is input_removed, input_added_required, input_added_optional, input_retyped, input_became_required,
    input_became_optional, output_removed, output_added, output_retyped, sensitivity_changed, case_changed,
    inputs_unknown or outputs_unknown. ``effect`` tells what it does to callers, ``detail`` is a sentence.
    """

    kind: str
    argument: str
    effect: Effect
    detail: str

    @property
    def breaking(self) -> bool:
        return self.effect == "breaking"

    def to_result(self) -> dict[str, Any]:
        return {**dataclasses.asdict(self), "breaking": self.breaking}


def parse_signature(inputs: str | None, outputs: str | None) -> Signature:
    """Read the JSON texts of the columns inputs and outputs.

    Flows of the old storage (schema v1) have neither: what they take and give is then not known. A flow without
    arguments has both columns, which say so.
    """
    if _is_of_old_storage(inputs, outputs):
        return Signature(None, None)
    found = parse_arguments(outputs)
    without_optional = None if found is None else tuple(dataclasses.replace(it, optional=None) for it in found)
    return Signature(parse_arguments(inputs), without_optional)


def _is_of_old_storage(inputs: str | None, outputs: str | None) -> bool:
    return inputs is None and outputs is None


def signature_to_result(inputs: str | None, outputs: str | None) -> dict[str, list[dict[str, Any]] | None]:
    """Return the arguments in both columns as modules return them; None for what is not known."""
    columns = {"inputs": inputs, "outputs": outputs}
    read = {
        side: None if _is_of_old_storage(inputs, outputs) else parse_arguments(text) for side, text in columns.items()
    }
    return {side: None if found is None else [it.to_result() for it in found] for side, found in read.items()}


def parse_arguments(text: str | None) -> tuple[Argument, ...] | None:
    """Read one column; nothing, ``null``, ``{}`` and ``{"schema": null}`` all mean that there are no arguments.

    Returns None when the text is not what any known client writes.
    """
    try:
        column = _object(json.loads(text)) if text and text.strip() else {}
        schema = _object(column["schema"]) if column else {}
        required = schema.get("required")
        return tuple(_argument(name, shape, required) for name, shape in _object(schema.get("properties")).items())
    except UNREADABLE:
        return None


def _object(value: Any) -> dict[str, Any]:
    """Take a JSON object or null, which says the same as an empty one."""
    if isinstance(value, dict):
        return value
    if value is not None:
        raise TypeError(f"{type(value).__name__} instead of an object")
    return {}


def _argument(name: str, shape: dict[str, Any], required: list[str] | None) -> Argument:
    type_, optional = shape["type"], shape.get("isOptional")
    if optional is None and isinstance(required, list):
        optional = name not in required
    if not isinstance(type_, str) or not isinstance(optional, bool | None):
        raise TypeError(f"{name} is of type {type_!r} and optional {optional!r}")
    return Argument(name, type_, shape.get("format") == "password", optional)


def compare_signatures(before: Signature, after: Signature) -> list[ContractChange]:
    """List what changed from one signature to another, breaking changes first.

    Names are compared exactly. Texts, defaults and order do not count.
    """
    changes = [
        *_compare_side("input", before.inputs, after.inputs),
        *_compare_side("output", before.outputs, after.outputs),
    ]
    return sorted(changes, key=lambda change: not change.breaking)


def _compare_side(
    side: str, before: tuple[Argument, ...] | None, after: tuple[Argument, ...] | None
) -> Iterator[ContractChange]:
    if before is None or after is None:
        whose = "deployed" if before is None else "new"
        detail = f"The {side}s of the {whose} flow cannot be read, so they cannot be compared."
        yield ContractChange(f"{side}s_unknown", "", "unknown", detail)
        return
    old = {argument.name: argument for argument in before}
    new = {argument.name: argument for argument in after}
    removed = [argument for argument in before if argument.name not in new]
    added = [argument for argument in after if argument.name not in old]
    recased = _recased(removed, added)
    for first, second in recased:
        detail = f'The {side} "{first.name}" is now written "{second.name}"; callers name it exactly.'
        yield ContractChange("case_changed", first.name, "breaking", detail)
    gone = [argument for argument in removed if argument not in [first for first, _second in recased]]
    fresh = [argument for argument in added if argument not in [second for _first, second in recased]]
    yield from _removals(side, gone, fresh)
    yield from _additions(side, fresh)
    for first, second in [*((old[name], new[name]) for name in old if name in new), *recased]:
        yield from _alterations(side, first, second)


def _recased(removed: list[Argument], added: list[Argument]) -> list[tuple[Argument, Argument]]:
    by_folded = {argument.name.casefold(): argument for argument in added}
    pairs = []
    for argument in removed:
        if other := by_folded.pop(argument.name.casefold(), None):
            pairs.append((argument, other))
    return pairs


def _removals(side: str, gone: list[Argument], fresh: list[Argument]) -> Iterator[ContractChange]:
    # One out, one in, of the same type: most likely a new name, which is worth saying but changes nothing.
    renamed = len(gone) == len(fresh) == 1 and gone[0].type == fresh[0].type
    hint = f', perhaps renamed to "{fresh[0].name}"' if renamed else ""
    for argument in gone:
        detail = f'The {side} "{argument.name}" ({argument.type}) is gone{hint}.'
        yield ContractChange(f"{side}_removed", argument.name, "breaking", detail)


def _additions(side: str, fresh: list[Argument]) -> Iterator[ContractChange]:
    for argument in fresh:
        described = f'{side} "{argument.name}" ({argument.type})'
        if side == "output":
            yield ContractChange("output_added", argument.name, "compatible", f"The {described} is new.")
        elif argument.optional:
            detail = f"The {described} is new and optional."
            yield ContractChange("input_added_optional", argument.name, "compatible", detail)
        else:
            detail = f"The {described} is new, and callers must pass it."
            yield ContractChange("input_added_required", argument.name, "breaking", detail)


def _alterations(side: str, before: Argument, after: Argument) -> Iterator[ContractChange]:
    named = f'The {side} "{after.name}"'
    if before.type != after.type:
        detail = f"{named} was of type {before.type} and is now {after.type}."
        yield ContractChange(f"{side}_retyped", after.name, "breaking", detail)
    if (before.optional, after.optional) == (True, False):
        detail = f"{named} was optional, and callers must pass it now."
        yield ContractChange("input_became_required", after.name, "breaking", detail)
    if (before.optional, after.optional) == (False, True):
        yield ContractChange("input_became_optional", after.name, "compatible", f"{named} is optional now.")
    if before.sensitive != after.sensitive:
        state = "is sensitive now" if after.sensitive else "is no longer sensitive, so logs show its value"
        yield ContractChange("sensitivity_changed", after.name, "warning", f"{named} {state}.")
