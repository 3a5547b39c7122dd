# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans of small packages for small environments."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ansible_collections.coe.power_platform.plugins.module_utils._packages.callers import Caller, package_callers
from ansible_collections.coe.power_platform.plugins.module_utils._packages.package import Package, read_package
from ansible_collections.coe.power_platform.plugins.module_utils._plan.environment import (
    DeployedComponent,
    DeployedFlow,
    Environment,
)
from ansible_collections.coe.power_platform.plugins.module_utils._plan.plan import Plan
from ansible_collections.coe.power_platform.plugins.module_utils._solutions.decision import Decision, OperationKind
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.package_maker import (
    CloudFlow,
    DesktopFlow,
    package_files,
    run_desktop_flow,
    write_package,
)


def packed(folder: Path, flows: Sequence[DesktopFlow | CloudFlow], **more: Any) -> Package:
    """Pack flows and read the package."""
    return read_package(write_package(folder / "package.zip", package_files(flows, **{"version": "2.0.0.0", **more})))


def deployed(flow: DesktopFlow | CloudFlow, *, same_content: bool | None = False) -> DeployedFlow:
    """Return a flow as the environment has it."""
    if isinstance(flow, CloudFlow):
        return DeployedFlow(flow.id, flow.name, 5, same_content=same_content)
    return DeployedFlow(flow.id, flow.name, 6, flow.inputs, flow.outputs, same_content)


def component(flow: DesktopFlow | CloudFlow) -> DeployedComponent:
    """Return a flow as a component of the installed solution."""
    return DeployedComponent("workflow", flow.id, title=flow.name)


def cloud_caller(id_: str, name: str, flow: str, *inputs: str) -> Caller:
    """Return a cloud flow of the environment that calls a desktop flow with inputs."""
    run = run_desktop_flow(flow, dict.fromkeys(inputs, "x"))
    content = json.dumps({"properties": {"definition": {"actions": {"Run": run}}}})
    return Caller.from_content(id_, name, 5, None, content)


def installed(*flows: DesktopFlow | CloudFlow, **more: Any) -> Environment:
    """Return an environment where the solution is installed with flows, all of another content."""
    made = Environment(
        version="1.0.0.0",
        flows=tuple(deployed(flow) for flow in flows),
        components=tuple(component(flow) for flow in flows),
        desktop_flow_ids=frozenset(flow.id for flow in flows if isinstance(flow, DesktopFlow)),
    )
    return dataclasses.replace(made, **more)


def planned(package: Package, environment: Environment, operation: OperationKind = "update") -> Plan:
    """Plan the import of a package by an operation."""
    return Plan(package, package_callers(package), environment, Decision(operation, "it was asked for"))
