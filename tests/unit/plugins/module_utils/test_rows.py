# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading members of rows: what each reader takes, and the error for anything else."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._dataverse.rows import Request, Row, UnreadRows
from ansible_collections.coe.power_platform.plugins.module_utils._errors import AnswerError, OutcomeUnknownError

ID = "78AC15AE-980a-ef11-9f89-000d3a24f839"
GET = Request("GET workflows in https://contoso.example")
ODD = [
    None,
    "",
    "x",
    "[]",
    0,
    -1,
    10**400,
    0.5,
    float("nan"),
    float("inf"),
    True,
    False,
    [],
    [None],
    [[]],
    {},
    {"x": 1},
]


def row(**members: Any) -> Row:
    return Row(members, GET)


TAKEN: list[tuple[str, Any, Any]] = [
    ("text", "", ""),
    ("text", "x", "x"),
    ("optional_text", None, None),
    ("texts", ["a", "b"], ("a", "b")),
    ("texts", None, ()),
    ("guid", ID, ID.lower()),
    ("guid", f"{{{ID}}}", ID.lower()),
    ("optional_guid", "", None),
    ("optional_guid", None, None),
    ("optional_guid", ID, ID.lower()),
    ("version", "1.02", "1.02"),
    ("time", "2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"),
    ("time", "2026-01-31T12:00:00.1234567+01:00", "2026-01-31T12:00:00.1234567+01:00"),
    ("optional_time", None, None),
    ("number", -(10**30), -(10**30)),
    ("optional_number", None, None),
    ("percentage", None, 0.0),
    ("percentage", 100.00000001, 100.0),
    ("percentage", 7, 7),
    ("flag", False, False),
    ("optional_flag", None, None),
    ("error_code", None, None),
    ("error_code", -2147188707, "0x8004801D"),
    ("error_code", "0x8004801d", "0x8004801D"),
    ("row", None, {}),
    ("row", {"x": 1}, {"x": 1}),
    ("rows", [{"x": 1}, 5], [{"x": 1}, {}]),
    ("optional_rows", None, []),
    ("document", None, {}),
    ("document", "", {}),
    ("document", '{"x": 1}', {"x": 1}),
]


@pytest.mark.parametrize(("reader", "value", "expected"), TAKEN)
def test_a_member_is_read_as_what_it_is(reader: str, value: Any, expected: Any) -> None:
    assert getattr(row(member=value), reader)("member") == expected


@pytest.mark.parametrize("reader", sorted({reader for reader, _value, _expected in TAKEN}))
@pytest.mark.parametrize("value", ODD, ids=repr)
def test_anything_else_is_an_error_and_no_traceback(reader: str, value: Any) -> None:
    for members, found in (({"member": value}, ""), ({}, "missing and not ")):
        with contextlib.suppress(AnswerError):
            getattr(Row(members, GET), reader)("member")
            continue
        with pytest.raises(AnswerError, match=rf"{GET.attempted} was answered .* whose member member is {found}"):
            getattr(Row(members, GET), reader)("member")


@pytest.mark.parametrize(
    "text", ["2026-13-01T00:00:00Z", "2026-01-31", "2026-01-31T12:00:00", "x", "0000-01-01T00:00:00Z"]
)
def test_a_time_is_one_with_an_offset(text: str) -> None:
    with pytest.raises(AnswerError, match="member createdon is a text and not a time"):
        row(createdon=text).time("createdon")


def test_a_code_is_one_of_those_that_are_known() -> None:
    states = {0: "draft", 1: "activated"}
    assert row(statecode=1).one_of("statecode", states) == "activated"
    for odd in (True, 1.0, "1", 2, [], None):
        with pytest.raises(AnswerError, match=r"member statecode is .* and not one of 0, 1"):
            row(statecode=odd).one_of("statecode", states)


def test_a_text_that_holds_no_object_or_is_nested_too_deeply_is_odd() -> None:
    for text in ("[]", "null", "{", '{"a":' * 100_000):
        with pytest.raises(AnswerError, match="member dependencies is a text and not the JSON of an object"):
            row(dependencies=text).document("dependencies")
    with pytest.raises(AnswerError, match=r"member dependencies\.childFlows is a number and not a list of texts"):
        row(dependencies='{"childFlows": 5}').document("dependencies").texts("childFlows")


def test_the_error_names_row_and_place_but_no_value() -> None:
    found = Row({"_ownerid_value": ID, "workflowid": ID, "solutionid": {"uniquename": 471147}}, GET)
    with pytest.raises(AnswerError) as error:
        found.row("solutionid").text("uniquename")
    assert "whose member solutionid.uniquename is a number and not a text" in str(error.value)
    with pytest.raises(AnswerError) as error:
        found.text("name")
    assert f"a row (workflowid {ID}) whose member name is missing" in str(error.value)
    with pytest.raises(AnswerError) as error:
        row(value=471147).text("value")
    assert "471147" not in str(error.value)


def test_an_odd_answer_to_what_must_not_be_repeated_leaves_the_outcome_open() -> None:
    answer = Row({"AsyncOperationId": 5}, Request("POST ImportSolutionAsync in https://contoso.example", False))
    with pytest.raises(OutcomeUnknownError, match=r"Whether POST ImportSolutionAsync .* was carried out is unknown"):
        answer.guid("AsyncOperationId")


def test_who_looks_for_a_row_that_could_not_be_read_gets_its_error() -> None:
    rows = [row(id=ID, name="A"), row(id="x", name="B"), row(id=ID, name=5)]
    unread = UnreadRows()
    read = list(unread.read(lambda one: (one.guid("id"), one.text("name")), rows))
    assert [found for _row, found in read] == [(ID.lower(), "A")]
    with pytest.raises(AnswerError, match="member id is a text and not a GUID"):
        unread.check("name", "b")
    with pytest.raises(AnswerError, match="member name is a number and not a text"):
        unread.check("name", "A")
    with pytest.raises(AnswerError, match="member name is a number and not a text"):
        unread.check("id", ID.lower())
    told: list[AnswerError] = []
    tolerant = UnreadRows(told.append)
    assert len(list(tolerant.read(lambda one: one.text("name"), rows))) == 2
    tolerant.check("name", "A")
    assert len(told) == 1
    assert tolerant.may_hold("id", ID.lower())
