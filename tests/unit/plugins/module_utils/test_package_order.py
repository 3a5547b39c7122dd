# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages come in an order in which each finds what it needs."""

from __future__ import annotations

import itertools
import pathlib
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._errors import ConfigurationError
from ansible_collections.coe.power_platform.plugins.module_utils._packages.order import order_packages
from ansible_collections.coe.power_platform.plugins.module_utils._packages.package import Package, read_package
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.package_maker import (
    CONNECTOR,
    CloudFlow,
    DesktopFlow,
    flow_id,
    package_files,
    run_desktop_flow,
    write_package,
)
from hypothesis import given, settings
from hypothesis import strategies as st

SHARED = flow_id(1)


def package(folder: pathlib.Path, name: str, flows: Sequence[DesktopFlow | CloudFlow] = (), **content: Any) -> Package:
    files = package_files(flows, unique_name=name, **content)
    return read_package(write_package(folder / f"{name}.zip", files))


def missing(**required: str) -> str:
    """Return an entry of MissingDependencies."""
    attributes = " ".join(f'{name}="{value}"' for name, value in required.items())
    dependent = f'<Dependent type="29" id="{{{flow_id(99)}}}" />'
    return f"<MissingDependency><Required {attributes} />{dependent}</MissingDependency>"


def names(packages: Sequence[Package]) -> list[str]:
    return [each.unique_name for each in packages]


@pytest.fixture
def shared(tmp_path: pathlib.Path) -> Package:
    return package(
        tmp_path,
        "Shared",
        [DesktopFlow(SHARED, "Shared flow")],
        references={"con_Robots": CONNECTOR},
        variables={"con_Folder": None},
    )


NEEDING: dict[str, dict[str, Any]] = {
    "a declared child flow": {"flows": [DesktopFlow(flow_id(2), child_flows=[SHARED])]},
    "a call in a script": {"flows": [DesktopFlow(flow_id(2), script=f"External.RunFlow FlowId: '{SHARED}'")]},
    "a call of a cloud flow": {"flows": [CloudFlow(flow_id(2), actions={"Run": run_desktop_flow(SHARED, {})})]},
    "a nested call of a cloud flow": {
        "flows": [
            CloudFlow(flow_id(2), actions={"Try": {"type": "Scope", "actions": {"Run": run_desktop_flow(SHARED, {})}}})
        ]
    },
    "a missing component of a managed solution": {"missing": missing(type="1", solution="Shared (1.0.0.0)")},
    "a missing flow": {"missing": missing(type="29", solution="Active", id=f"{{{SHARED.upper()}}}")},
    "a missing connection reference": {"missing": missing(type="10132", solution="Active", schemaName="con_Robots")},
    "a missing variable": {"missing": missing(type="380", solution="Active", schemaName="con_Folder")},
}


@pytest.mark.parametrize("needing", NEEDING.values(), ids=NEEDING.keys())
def test_what_is_needed_comes_first(tmp_path: pathlib.Path, shared: Package, needing: dict[str, Any]) -> None:
    caller = package(tmp_path, "Caller", **needing)

    assert names(order_packages([caller, shared])) == ["Shared", "Caller"]
    assert names(order_packages([shared, caller])) == ["Shared", "Caller"]


INDEPENDENT: dict[str, dict[str, Any]] = {
    "nothing": {},
    "a flow of its own of the same id": {
        "flows": [DesktopFlow(SHARED), CloudFlow(flow_id(2), actions={"Run": run_desktop_flow(SHARED, {})})]
    },
    "a flow that no package holds": {"flows": [DesktopFlow(flow_id(2), child_flows=[flow_id(7)])]},
    "a flow that is decided at run time": {
        "flows": [CloudFlow(flow_id(2), actions={"Run": run_desktop_flow("@variables('flow')", {})})]
    },
    "a component of another solution": {"missing": missing(type="1", solution="Shared2 (1.0.0.0)", schemaName="a_b")},
    "a component of another type and the same name": {"missing": missing(type="1", schemaName="con_Folder")},
}


@pytest.mark.parametrize("content", INDEPENDENT.values(), ids=INDEPENDENT.keys())
def test_packages_that_do_not_need_each_other_keep_their_order(
    tmp_path: pathlib.Path, shared: Package, content: dict[str, Any]
) -> None:
    other = package(tmp_path, "Other", **content)

    assert names(order_packages([other, shared])) == ["Other", "Shared"]
    assert names(order_packages([shared, other])) == ["Shared", "Other"]


def test_a_circle_is_an_error_that_names_it(tmp_path: pathlib.Path) -> None:
    packages = [
        package(tmp_path, name, [DesktopFlow(flow_id(own), child_flows=[flow_id(called)])])
        for name, own, called in [("First", 1, 2), ("Second", 2, 3), ("Third", 3, 1), ("Fourth", 4, 1)]
    ]

    with pytest.raises(ConfigurationError) as raised:
        order_packages(packages)

    circle = str(raised.value).partition("(")[2].partition(")")[0].split(" > ")
    assert circle[0] == circle[-1]
    assert set(circle) == {"First", "Second", "Third"}
    # Each needs the one after it.
    assert set(itertools.pairwise(circle)) == {("First", "Second"), ("Second", "Third"), ("Third", "First")}


def test_two_packages_of_one_solution_are_an_error(tmp_path: pathlib.Path, shared: Package) -> None:
    (tmp_path / "newer").mkdir()
    newer = package(tmp_path / "newer", "Shared", version="2.0.0.0")

    with pytest.raises(ConfigurationError, match="same solution Shared") as raised:
        order_packages([shared, newer])

    assert raised.value.details == {"paths": [shared.path, newer.path]}


@st.composite
def needs(draw: st.DrawFn) -> tuple[list[int], dict[int, set[int]]]:
    """Draw solutions by number in any order, and which lower numbers each of them needs."""
    count = draw(st.integers(0, 7))
    graph = {number: draw(st.sets(st.integers(0, number - 1)) if number else st.just(set())) for number in range(count)}
    return draw(st.permutations(range(count))), graph


@settings(max_examples=100, deadline=None)
@given(drawn=needs(), declared=st.booleans())
def test_every_order_respects_every_need(drawn: tuple[list[int], Mapping[int, set[int]]], declared: bool) -> None:
    given_order, graph = drawn
    with tempfile.TemporaryDirectory() as folder:
        packages = [
            package(
                pathlib.Path(folder),
                f"Solution{number}",
                [DesktopFlow(flow_id(number), child_flows=[] if declared else [flow_id(it) for it in graph[number]])],
                missing="".join(missing(type="29", id=flow_id(it)) for it in graph[number]) if declared else "",
            )
            for number in given_order
        ]
        ordered = order_packages(packages)
        again = order_packages(ordered)

    place = {name: index for index, name in enumerate(names(ordered))}
    assert sorted(place) == sorted(names(packages))
    assert all(place[f"Solution{needed}"] < place[f"Solution{number}"] for number in graph for needed in graph[number])
    assert again == ordered
    if not any(graph.values()):
        assert ordered == packages
