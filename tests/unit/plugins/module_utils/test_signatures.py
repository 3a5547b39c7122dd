# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which changes of a flow's signature break its callers: each rule in both directions, then any signature at all."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._packages.package import Package, read_package
from ansible_collections.coe.power_platform.plugins.module_utils._packages.signatures import (
    Argument,
    ContractChange,
    Signature,
    compare_signatures,
    parse_arguments,
    parse_signature,
)
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.package_maker import argument, schema
from hypothesis import given, settings
from hypothesis import strategies as st

NOTHING: list[tuple[str, str, str]] = []


def column(*arguments: Argument) -> tuple[Argument, ...]:
    return arguments


def required(name: str = "A", type_: str = "string") -> Argument:
    return Argument(name, type_, optional=False)


def optional(name: str = "A", type_: str = "string") -> Argument:
    return Argument(name, type_, optional=True)


def unsaid(name: str = "A", type_: str = "string") -> Argument:
    """An input as clients before 2.49 write it, or an output."""
    return Argument(name, type_)


def sensitive(name: str = "A") -> Argument:
    return Argument(name, "string", sensitive=True, optional=False)


# Each rule forth and back: before, after, changes forth, changes back; a change is (kind, argument, effect).
INPUT_RULES = {
    "nothing": (column(), column(), NOTHING, NOTHING),
    "same": (column(required()), column(required()), NOTHING, NOTHING),
    "order": (column(required("A"), required("B")), column(required("B"), required("A")), NOTHING, NOTHING),
    "required added": (
        column(),
        column(required()),
        [("input_added_required", "A", "breaking")],
        [("input_removed", "A", "breaking")],
    ),
    "optional added": (
        column(),
        column(optional()),
        [("input_added_optional", "A", "compatible")],
        [("input_removed", "A", "breaking")],
    ),
    "added by an old client": (
        column(),
        column(unsaid()),
        [("input_added_required", "A", "breaking")],
        [("input_removed", "A", "breaking")],
    ),
    "retyped": (
        column(required("A", "string")),
        column(required("A", "number")),
        [("input_retyped", "A", "breaking")],
        [("input_retyped", "A", "breaking")],
    ),
    "became optional": (
        column(required()),
        column(optional()),
        [("input_became_optional", "A", "compatible")],
        [("input_became_required", "A", "breaking")],
    ),
    "old client to required": (column(unsaid()), column(required()), NOTHING, NOTHING),
    "old client to optional": (column(unsaid()), column(optional()), NOTHING, NOTHING),
    "sensitive": (
        column(required()),
        column(sensitive()),
        [("sensitivity_changed", "A", "warning")],
        [("sensitivity_changed", "A", "warning")],
    ),
    "renamed": (
        column(required("Name")),
        column(required("FullName")),
        [("input_removed", "Name", "breaking"), ("input_added_required", "FullName", "breaking")],
        [("input_removed", "FullName", "breaking"), ("input_added_required", "Name", "breaking")],
    ),
    "case": (
        column(required("userName")),
        column(required("UserName")),
        [("case_changed", "userName", "breaking")],
        [("case_changed", "UserName", "breaking")],
    ),
    "case and type": (
        column(required("a", "string")),
        column(required("A", "number")),
        [("case_changed", "a", "breaking"), ("input_retyped", "A", "breaking")],
        [("case_changed", "A", "breaking"), ("input_retyped", "a", "breaking")],
    ),
    "one case more": (
        column(required("a")),
        column(required("a"), optional("A")),
        [("input_added_optional", "A", "compatible")],
        [("input_removed", "A", "breaking")],
    ),
    "breaking ones first": (
        column(required("A")),
        column(optional("A"), required("B")),
        [("input_added_required", "B", "breaking"), ("input_became_optional", "A", "compatible")],
        [("input_removed", "B", "breaking"), ("input_became_required", "A", "breaking")],
    ),
}
OUTPUT_RULES = {
    "nothing": (column(), column(), NOTHING, NOTHING),
    "same": (column(unsaid()), column(unsaid()), NOTHING, NOTHING),
    "added": (column(), column(unsaid()), [("output_added", "A", "compatible")], [("output_removed", "A", "breaking")]),
    "retyped": (
        column(unsaid("A", "string")),
        column(unsaid("A", "array")),
        [("output_retyped", "A", "breaking")],
        [("output_retyped", "A", "breaking")],
    ),
    "renamed": (
        column(unsaid("Result")),
        column(unsaid("Outcome")),
        [("output_removed", "Result", "breaking"), ("output_added", "Outcome", "compatible")],
        [("output_removed", "Outcome", "breaking"), ("output_added", "Result", "compatible")],
    ),
    "case": (
        column(unsaid("result")),
        column(unsaid("Result")),
        [("case_changed", "result", "breaking")],
        [("case_changed", "Result", "breaking")],
    ),
    "sensitive": (
        column(Argument("A", "string", sensitive=True)),
        column(unsaid()),
        [("sensitivity_changed", "A", "warning")],
        [("sensitivity_changed", "A", "warning")],
    ),
}
UNKNOWN_RULES = {
    "before": (None, column(), [("unknown", "", "unknown")], [("unknown", "", "unknown")]),
    "both": (None, None, [("unknown", "", "unknown")], [("unknown", "", "unknown")]),
}


def told(changes: list[ContractChange]) -> list[tuple[str, str, str]]:
    return [(change.kind, change.argument, change.effect) for change in changes]


@pytest.mark.parametrize("rule", INPUT_RULES)
def test_inputs_follow_the_rule_forth_and_back(rule: str) -> None:
    before, after, forth, back = INPUT_RULES[rule]

    assert told(compare_signatures(Signature(before, ()), Signature(after, ()))) == forth
    assert told(compare_signatures(Signature(after, ()), Signature(before, ()))) == back


@pytest.mark.parametrize("rule", OUTPUT_RULES)
def test_outputs_follow_the_rule_forth_and_back(rule: str) -> None:
    before, after, forth, back = OUTPUT_RULES[rule]

    assert told(compare_signatures(Signature((), before), Signature((), after))) == forth
    assert told(compare_signatures(Signature((), after), Signature((), before))) == back


@pytest.mark.parametrize("rule", UNKNOWN_RULES)
@pytest.mark.parametrize("side", ["inputs", "outputs"])
def test_what_cannot_be_read_equals_nothing(rule: str, side: str) -> None:
    before, after, forth, back = UNKNOWN_RULES[rule]
    old = dataclasses.replace(Signature((), ()), **{side: before})
    new = dataclasses.replace(Signature((), ()), **{side: after})
    unknown = f"{side}_unknown"

    assert told(compare_signatures(old, new)) == [(unknown, name, effect) for _kind, name, effect in forth]
    assert told(compare_signatures(new, old)) == [(unknown, name, effect) for _kind, name, effect in back]


def test_a_change_is_told_in_a_sentence() -> None:
    (removed, added) = compare_signatures(
        Signature(column(required("Name")), ()), Signature(column(required("FullName")), ())
    )

    assert removed.detail == 'The input "Name" (string) is gone, perhaps renamed to "FullName".'
    assert added.detail == 'The input "FullName" (string) is new, and callers must pass it.'
    assert removed.to_result() == {
        "kind": "input_removed",
        "argument": "Name",
        "effect": "breaking",
        "breaking": True,
        "detail": removed.detail,
    }


def test_two_removed_and_two_added_are_not_guessed_at() -> None:
    changes = compare_signatures(
        Signature(column(required("A"), required("B")), ()), Signature(column(required("C"), required("D")), ())
    )

    assert not any("renamed" in change.detail for change in changes)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        " ",
        "null",
        "{}",
        '{"schema":null}',
        '{"schema":{}}',
        '{"schema":{"properties":null}}',
        '{"schema":{"properties":{},"type":"object"}}',
        '{"schema":{"required":null,"properties":{},"type":"object"}}',
    ],
)
def test_the_many_ways_to_say_none(text: str | None) -> None:
    assert parse_arguments(text) == ()


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "0",
        "false",
        '"text"',
        '{"properties":{}}',
        '{"schema":[]}',
        '{"schema":"x"}',
        '{"schema":{"properties":[]}}',
        '{"schema":{"properties":{"A":null}}}',
        '{"schema":{"properties":{"A":{}}}}',
        '{"schema":{"properties":{"A":{"type":["string","null"]}}}}',
        '{"schema":{"properties":{"A":{"type":"string","isOptional":"yes"}}}}',
        "[" * 100_000,
        '{"schema":' * 100_000,
    ],
    ids=lambda text: text[:40],
)
def test_what_no_client_writes_is_unknown(text: str) -> None:
    assert parse_arguments(text) is None


def test_arguments_are_read_from_newer_clients() -> None:
    text = schema({"A": argument(), "B": argument("number", optional=True), "C": argument("boolean", sensitive=True)})

    assert parse_arguments(text) == (
        Argument("A", "string", optional=False),
        Argument("B", "number", optional=True),
        Argument("C", "boolean", sensitive=True, optional=False),
    )


def test_older_clients_do_not_say_what_is_optional() -> None:
    assert parse_arguments(schema({"A": argument(optional=None)})) == (Argument("A", "string"),)


def test_the_list_of_required_names_counts_where_arguments_say_nothing() -> None:
    text = '{"schema":{"required":["A"],"properties":{"A":{"type":"string"},"B":{"type":"string"}}}}'

    assert parse_arguments(text) == (required("A"), optional("B"))


def test_outputs_are_neither_required_nor_optional() -> None:
    assert parse_signature(None, schema({"A": argument()})).outputs == (Argument("A", "string"),)


def test_results_show_no_default_values() -> None:
    shown = Argument("A", "string", sensitive=True, optional=True).to_result()

    assert shown == {"name": "A", "type": "string", "required": False, "sensitive": True}
    assert Argument("A", "string").to_result()["required"] is None


names = st.text(min_size=1, max_size=8)
arguments = st.builds(
    Argument,
    name=names,
    type=st.sampled_from(["string", "number", "boolean", "array", "object"]),
    sensitive=st.booleans(),
    optional=st.sampled_from([True, False, None]),
)
columns = st.lists(arguments, max_size=8, unique_by=lambda it: it.name).map(tuple)
signatures = st.builds(Signature, columns, columns)


def written(column_: tuple[Argument, ...]) -> str:
    """Write arguments as a client would."""
    properties: dict[str, Any] = {}
    for it in column_:
        shape: dict[str, Any] = {"type": it.type, "format": "password" if it.sensitive else None}
        properties[it.name] = shape if it.optional is None else {"isOptional": it.optional, **shape}
    return json.dumps({"schema": {"properties": properties, "type": "object"}})


@settings(deadline=None)
@given(signatures)
def test_a_signature_never_differs_from_itself(signature: Signature) -> None:
    assert compare_signatures(signature, signature) == []


@settings(deadline=None)
@given(columns)
def test_what_a_client_writes_is_read_back(column_: tuple[Argument, ...]) -> None:
    assert parse_arguments(written(column_)) == column_


@settings(deadline=None)
@given(signatures, arguments)
def test_adding_an_optional_input_never_breaks(signature: Signature, new: Argument) -> None:
    inputs = tuple(it for it in signature.inputs or () if it.name != new.name)
    before = dataclasses.replace(signature, inputs=inputs)
    after = dataclasses.replace(signature, inputs=(*inputs, dataclasses.replace(new, optional=True)))

    assert told(compare_signatures(before, after)) == [("input_added_optional", new.name, "compatible")]


@settings(deadline=None)
@given(signatures, arguments)
def test_removing_an_input_always_breaks(signature: Signature, old: Argument) -> None:
    inputs = tuple(it for it in signature.inputs or () if it.name != old.name)
    before = dataclasses.replace(signature, inputs=(*inputs, old))
    after = dataclasses.replace(signature, inputs=inputs)

    assert told(compare_signatures(before, after)) == [("input_removed", old.name, "breaking")]


@settings(deadline=None)
@given(signatures)
def test_saving_with_a_newer_client_is_no_change(signature: Signature) -> None:
    older = tuple(dataclasses.replace(it, optional=None) for it in signature.inputs or ())

    assert compare_signatures(dataclasses.replace(signature, inputs=older), signature) == []


@settings(deadline=None)
@given(signatures, signatures)
def test_differences_show_in_both_directions(first: Signature, second: Signature) -> None:
    forth, back = compare_signatures(first, second), compare_signatures(second, first)

    assert bool(forth) == bool(back)


@settings(deadline=None)
@given(st.text())
def test_any_text_is_read_or_unknown(text: str) -> None:
    assert parse_arguments(text) is None or not parse_arguments(text)


def changes_between(old: Package, new: Package) -> dict[str, list[tuple[str, str, str]]]:
    """Return the changes of each flow that both packages hold and that has any."""
    before = {flow.id: parse_signature(flow.inputs, flow.outputs) for flow in old.desktop_flows}
    after = {flow.id: parse_signature(flow.inputs, flow.outputs) for flow in new.desktop_flows}
    changes = {id_: told(compare_signatures(before[id_], after[id_])) for id_ in before.keys() & after.keys()}
    return {id_: found for id_, found in changes.items() if found}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "ConstructionFunding_1_0_0_2",
            "ConstructionFunding_1_0_0_3",
            {"49c626f9-7407-47a0-bad2-a70e4ed15151": [("input_removed", "BorrowerApproved", "breaking")]},
        ),
        (
            "ConstructionFunding_1_0_0_3",
            "ConstructionFunding_1_0_0_2",
            {"49c626f9-7407-47a0-bad2-a70e4ed15151": [("input_added_required", "BorrowerApproved", "breaking")]},
        ),
        (
            "PADFramework_1_1_02411_2210",
            "PADFramework_1_1_12501_241",
            {"b1b933bf-5746-4c79-9b99-12da65958023": [("input_became_optional", "Input_DisplayName", "compatible")]},
        ),
        (
            "PADFramework_1_1_12501_241",
            "PADFramework_1_1_02411_2210",
            {"b1b933bf-5746-4c79-9b99-12da65958023": [("input_became_required", "Input_DisplayName", "breaking")]},
        ),
    ],
)
def test_public_packages_change_where_they_do_and_nowhere_else(
    packages: Path, old: str, new: str, expected: dict[str, list[tuple[str, str, str]]]
) -> None:
    assert changes_between(*(read_package(str(packages / f"{name}.zip")) for name in (old, new))) == expected
