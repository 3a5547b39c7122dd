# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order in which packages have to be deployed, so that what is called is there before its callers.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from .._errors import ConfigurationError
from .._text import listed
from .callers import package_callers
from .package import Package


def order_packages(packages: Iterable[Package]) -> list[Package]:
    """Put packages into an order in which each comes after those that it needs; apart from that the given one stays.

    A package needs another one that holds what its solution.xml names as missing, or a desktop flow that its flows
    call, which no solution.xml tells. What none of the packages holds does not count.
    Raises ConfigurationError when packages need each other in a circle, or when two are of the same solution.
    """
    solutions = _by_name(packages)
    needs = {name: _needs(package, solutions) for name, package in solutions.items()}
    _refuse_circle(needs)
    ordered: dict[str, Package] = {}
    while len(ordered) < len(solutions):
        name = next(name for name in solutions if name not in ordered and needs[name] <= ordered.keys())
        ordered[name] = solutions[name]
    return list(ordered.values())


def _by_name(packages: Iterable[Package]) -> dict[str, Package]:
    solutions: dict[str, Package] = {}
    for package in packages:
        if twin := solutions.get(package.unique_name):
            raise ConfigurationError(
                f'The packages "{twin.path}" and "{package.path}" hold the same solution {package.unique_name}:'
                " name only one of them.",
                paths=[twin.path, package.path],
            )
        solutions[package.unique_name] = package
    return solutions


def _needs(package: Package, solutions: Mapping[str, Package]) -> set[str]:
    """Return the names of the other solutions that a package needs."""
    called = {id_ for caller in package_callers(package) for id_ in caller.called} - _flow_ids(package)
    return {
        name
        for name, other in solutions.items()
        if other is not package and (called & _flow_ids(other) or _holds_missing(other, package))
    }


def _flow_ids(package: Package) -> set[str]:
    return {flow.id for flow in package.flows}


def _holds_missing(other: Package, package: Package) -> bool:
    """Tell whether a package is said to hold, or holds, a component that another one lacks.

    The environment that exported them names the solution with its version, or only says ``Active`` where that solution
    is unmanaged.
    """
    ids = {component.id for component in other.components if component.id}
    names = {(component.type, component.name) for component in other.components if not component.id}

    def holds(required: Mapping[str, Any]) -> bool:
        named = {(required["type"], required["name"]), (None, required["name"])}
        return (
            (required["solution"] or "").partition(" ")[0] == other.unique_name
            or required["id"] in ids
            or not names.isdisjoint(named)
        )

    return any(holds(missing["required"]) for missing in package.missing_dependencies)


def _refuse_circle(needs: Mapping[str, set[str]]) -> None:
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        circle = listed(reversed(error.args[1]), " > ")
        raise ConfigurationError(
            f"The solutions need each other in a circle ({circle}), so none of them can be deployed first:"
            " move what they share into a solution of its own."
        ) from error
