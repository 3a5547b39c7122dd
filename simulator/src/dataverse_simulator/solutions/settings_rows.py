# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Environment-specific values: connections of connection references and values of environment variables.

Source: project reference on solutions, section 5 (ComponentParameters of an import).
"""

from __future__ import annotations

from typing import Any

from ..environments.context import Context
from ..environments.store import Row, Store
from ..errors import ODataError, not_modelled
from ..packages.package import SolutionPackage
from ..web_api.parameters import Entity


def apply_values(context: Context, package: SolutionPackage, overrides: tuple[Entity, ...]) -> None:
    """Write the packaged current values of new variables, then the given ones.

    :raises ODataError: a parameter of another type, or for a name that is neither in the package nor here.
    """
    for row in package.of("environmentvariabledefinition"):
        if row.values.get("value") is not None and _value_row(context.store, row.key) is None:
            set_variable(context, row.key, row.values["value"])
    for override in overrides:
        if override.table == "connectionreference":
            _connect(context, override.values)
        elif override.table == "environmentvariablevalue":
            set_variable(context, override.values.get("schemaname", ""), override.values.get("value"))
        else:
            raise not_modelled(f"component parameters of type {override.table}")


def set_variable(context: Context, schema_name: str, value: Any) -> None:
    """Create or change the value row of a variable."""
    definition = context.store.first("environmentvariabledefinition", schemaname=schema_name)
    if definition is None:
        raise ODataError(400, "0x80040217", f"Environment variable definition '{schema_name}' does not exist.")
    found = _value_row(context.store, schema_name)
    if found:
        context.update("environmentvariablevalue", found["environmentvariablevalueid"], {"value": value})
        return
    context.insert(
        "environmentvariablevalue",
        {
            "schemaname": schema_name,
            "value": value,
            "environmentvariabledefinitionid": definition["environmentvariabledefinitionid"],
        },
    )


def _connect(context: Context, values: dict[str, Any]) -> None:
    name = values.get("connectionreferencelogicalname", "")
    found = context.store.first("connectionreference", connectionreferencelogicalname=name)
    if found is None:
        raise ODataError(400, "0x80040217", f"Connection reference '{name}' does not exist.")
    context.update("connectionreference", found["connectionreferenceid"], {"connectionid": values.get("connectionid")})


def _value_row(store: Store, schema_name: str) -> Row | None:
    definition = store.first("environmentvariabledefinition", schemaname=schema_name)
    return definition and store.first(
        "environmentvariablevalue", environmentvariabledefinitionid=definition["environmentvariabledefinitionid"]
    )
