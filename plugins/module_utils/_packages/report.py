# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A package as modules return it: without values of environment variables, defaults of inputs and names of connections.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from .callers import Caller, missing_flows, package_callers
from .package import Package, PackagedFlow
from .signatures import signature_to_result


def describe(package: Package) -> dict[str, Any]:
    """Return what a package holds, JSON-safe."""
    callers = {caller.id: caller for caller in package_callers(package)}
    names = {flow.id: flow.name for flow in package.flows}
    return {
        "path": package.path,
        "name": package.unique_name,
        "friendly_name": package.friendly_name,
        "version": package.version,
        "managed": package.managed,
        "publisher": {
            "name": package.publisher["unique_name"],
            "friendly_name": package.publisher["friendly_name"],
            "prefix": package.publisher["prefix"],
        },
        "size": package.size,
        "checksum": package.checksum,
        "desktop_flows": [_desktop_flow(flow, callers[flow.id], names) for flow in package.desktop_flows],
        "cloud_flows": [_cloud_flow(flow, callers[flow.id], names) for flow in package.cloud_flows],
        "connection_references": [
            {"logical_name": reference.logical_name, "connector_id": reference.connector_id}
            for reference in package.connection_references
        ],
        "environment_variables": [
            {
                "schema_name": variable.schema_name,
                "type": variable.type,
                "has_default_value": variable.default_value is not None,
                "has_value": variable.value is not None,
            }
            for variable in package.environment_variables
        ],
        "components": dict(Counter(component.kind or str(component.type) for component in package.components)),
        "missing_dependencies": list(package.missing_dependencies),
        "missing_flows": [missing.to_result() for missing in missing_flows(callers.values(), names)],
    }


def _desktop_flow(flow: PackagedFlow, caller: Caller, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "id": flow.id,
        "name": flow.name,
        **signature_to_result(flow.inputs, flow.outputs),
        "child_flows": [{"id": child, "name": names.get(child)} for child in sorted(caller.called)],
        "work_queues": list(flow.work_queues),
    }


def _cloud_flow(flow: PackagedFlow, caller: Caller, names: Mapping[str, str]) -> dict[str, Any]:
    calls = (
        None
        if caller.calls is None
        else [
            {
                "place": call.place,
                "id": call.flow_id,
                "name": names.get(call.flow_id or ""),
                "inputs": None if call.inputs is None else sorted(call.inputs),
                "outputs": sorted(call.outputs),
            }
            for call in caller.calls
        ]
    )
    return {"id": flow.id, "name": flow.name, "desktop_flow_calls": calls}
