# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages that are deployed in the same run: what the environment will have of them when all is done.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping

from .._packages.callers import Caller
from .._packages.package import DESKTOP_FLOW, Package
from .environment import Dependent, Environment
from .matching import PackagedComponents


def with_companions(environment: Environment, flows: Iterable[Caller], packages: Iterable[Package] = ()) -> Environment:
    """Return the environment as if the flows of other packages were in it already, in place of their older versions.

    The platform's word that one of them depends on a component counts only while its new version calls that component:
    all upgrades are staged before the first of them deletes anything. For the same reason a component that moves to a
    managed one of the packages stays.
    """
    packages, brought = tuple(packages), {flow.id: flow for flow in flows}
    return dataclasses.replace(
        environment,
        callers=(*(caller for caller in environment.callers if caller.id not in brought), *brought.values()),
        desktop_flow_ids=environment.desktop_flow_ids
        | {flow.id for flow in brought.values() if flow.category == DESKTOP_FLOW},
        dependents={
            id_: tuple(it for it in dependents if _remains(it, id_, brought))
            for id_, dependents in environment.dependents.items()
        },
        holders={**environment.holders, **_joint_holders(environment, packages)},
        companions=frozenset(package.unique_name for package in packages),
    )


def _joint_holders(environment: Environment, packages: Iterable[Package]) -> dict[str, tuple[str, ...]]:
    joint: dict[str, set[str]] = {}
    for package in packages:
        packaged = PackagedComponents(package)
        for component in filter(packaged.hold, environment.components) if package.managed else ():
            known = joint.setdefault(component.id, set(environment.holders.get(component.id, ())))
            known.add(package.unique_name)
    return {id_: tuple(sorted(names)) for id_, names in joint.items()}


def _remains(dependent: Dependent, component_id: str, brought: Mapping[str, Caller]) -> bool:
    new_version = brought.get(dependent.id)
    return new_version is None or component_id in new_version.called
