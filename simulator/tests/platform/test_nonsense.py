# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a client sends, the answer is an OData answer: never a failure of the simulator itself. And many at once."""

from __future__ import annotations

import threading
from typing import Any
from urllib.parse import quote

from client import Client
from dataverse_simulator.environments import schema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

GUID = "00000000-0000-4000-8000-000000000001"
TABLES = [table for table in schema.all_tables() if not table.internal]
LITERALS = st.sampled_from(
    f"null 1 -5 1.5 true 'x' 'O''N' {GUID} 2020-01-01 2020-13-45T99:00:00Z @p (1,2) now() duration'P1D' geography'x' "
    "12:00 99999999999999999999 % length('x') name".split()
)
OPERATORS = st.sampled_from(["eq", "ne", "gt", "lt", "ge", "le", "in", "has"])
FUNCTIONS = st.sampled_from(
    ["contains", "indexof", "concat", "floor", "year", "date", "tolower", "substring", "cast", "x"]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from([GUID, f"/teams({GUID})", "2020-01-01T00:00:00Z", "\u0000"]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["@odata.type", "@odata.id", "x"]), inner)
    ),
    max_leaves=4,
)
often = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def fields(table: schema.Table) -> st.SearchStrategy[str]:
    return st.sampled_from(
        [*table.properties, *table.navigations, *(f"{name}/name" for name in table.navigations), "nope"]
    )


@st.composite
def conditions(draw: st.DrawFn, table: schema.Table) -> str:
    field, operator, literal = draw(fields(table)), draw(OPERATORS), draw(LITERALS)
    simple = f"{field} {operator} {literal}"
    call = f"{draw(FUNCTIONS)}({field},{draw(LITERALS)}) {operator} {literal}"
    navigation = draw(st.sampled_from([*schema.collections_of(table.name), "teamroles_association", "nope"]))
    some = f"{navigation}/{draw(st.sampled_from(['any', 'all']))}(o:o/{field} {operator} {literal})"
    return draw(
        st.sampled_from([simple, call, some, f"not ({simple})", f"({simple}) or ({call})", f"{literal} eq {literal}"])
    )


@often
@given(data=st.data())
def test_any_filter_gets_an_answer(api: Client, data: st.DataObject) -> None:
    table = data.draw(st.sampled_from(TABLES))
    text = data.draw(conditions(table))
    answer = api.get(f"{table.set_name}?$filter={quote(text)}")
    assert answer.status_code in (200, 400, 501), (text, answer.text)
    assert "error" in answer.json() or "value" in answer.json()


@often
@given(data=st.data())
def test_any_body_gets_an_answer(api: Client, data: st.DataObject) -> None:
    table = data.draw(st.sampled_from(TABLES))
    names = [*table.properties, *table.navigations, *(f"{name}@odata.bind" for name in table.navigations), "nope"]
    body = data.draw(st.dictionaries(st.sampled_from(names), VALUES, max_size=3))
    method = data.draw(st.sampled_from(["POST", "PATCH"]))
    answer = api.send(method, table.set_name if method == "POST" else f"{table.set_name}({GUID})", json=body)
    assert answer.status_code in (204, 400, 403, 404, 405, 412, 429, 501), (body, answer.text)


@often
@given(path=st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="#"), max_size=30))
def test_any_path_gets_an_answer(api: Client, path: str) -> None:
    answer = api.session.get(api.root + path, timeout=20)
    assert answer.status_code in (200, 400, 404, 405, 501), answer.text


def test_many_clients_at_once_lose_nothing(api: Client) -> None:
    results: list[Any] = []

    def work(number: int) -> None:
        client = Client(api.simulator, "test")
        for step in range(10):
            results.append(client.post("annotations", {"subject": f"{number}/{step}"}).status_code)
            results.append(client.get("annotations?$select=subject&$top=1").status_code)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(set(results)) == [200, 204]
    subjects = {row["subject"] for row in api.values("annotations?$select=subject")}
    assert subjects == {f"{number}/{step}" for number in range(8) for step in range(10)}
