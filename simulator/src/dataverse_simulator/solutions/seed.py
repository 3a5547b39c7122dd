# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sections `solutions`, `packages`, `shares` and `drafts` of an environment's seed.

```yaml
solutions:                    # written here, installed unmanaged (or managed: true)
  - unique_name: CoESharedFlows
    version: 1.0.0.0
    publisher: {unique_name: coe, friendly_name: Centre of Excellence, prefix: coe, option_value_prefix: 10001}
    owner: jane.doe@contoso.example
    connection_references: [{name: coe_desktopflows, connector: shared_uiflow}]
    environment_variables: [{name: coe_InvoiceFolder, default: C:\\Invoices}]
    desktop_flows: [{name: Read invoice, inputs: [{name: InvoicePath}], outputs: [{name: Total, type: number}]}]
    cloud_flows:
      - {name: Pay, connection_reference: coe_desktopflows, runs: {flow: Read invoice, inputs: {InvoicePath: x}}}
packages:                     # files, imported in this order
  - {file: PADFramework.zip, managed: true}
shares:
  - {flow: Read invoice, team: Finance Robotics, access: ReadAccess}
drafts:                       # saved, not published: columns of a flow, which is given by name or id
  - {flow: Read invoice, definition: "..."}
```
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..environments import drafts, schema
from ..environments.context import Context
from ..environments.environment import Environment, seeder
from ..environments.store import Row
from ..packages.manifest import Manifest, Publisher, RootComponent
from ..packages.package import SolutionPackage, read_package
from ..packages.rows import PackagedRow
from ..sharing import masks as access_masks
from ..sharing import shares as sharing
from . import imports
from .imports import ImportRequest
from .seeded_flows import binaries_of, cloud_flow, desktop_flow

CONNECTORS = "/providers/Microsoft.PowerApps/apis/"
STRING_VARIABLE = 100000000


@seeder("solutions")
def seed_solutions(environment: Environment, entries: Sequence[Mapping[str, Any]]) -> None:
    for entry in entries:
        imports.apply(_context(environment, entry.get("owner")), ImportRequest(package_of(entry)))


@seeder("packages")
def seed_packages(environment: Environment, entries: Sequence[Mapping[str, Any]]) -> None:
    for entry in entries:
        package = read_package(Path(entry["file"]).read_bytes())
        if "managed" in entry:
            package = replace(package, manifest=replace(package.manifest, managed=entry["managed"]))
        imports.apply(_context(environment, entry.get("owner")), ImportRequest(package))


@seeder("shares")
def seed_shares(environment: Environment, entries: Sequence[Mapping[str, Any]]) -> None:
    store = environment.store
    for entry in entries:
        table, column = ("team", "name") if "team" in entry else ("systemuser", "domainname")
        flow = store.first("workflow", name=entry["flow"])
        principal = store.first(table, **{column: entry.get("team") or entry.get("user")})
        if flow is None or principal is None:
            raise KeyError(f"share of {entry['flow']} with {entry.get('team') or entry.get('user')}")
        mask = access_masks.parse(entry.get("access", "ReadAccess"))
        sharing.grant(store, "workflow", flow["workflowid"], (table, principal[f"{table}id"]), mask)


@seeder("drafts")
def seed_drafts(environment: Environment, entries: Sequence[Mapping[str, Any]]) -> None:
    for entry in entries:
        store = environment.store
        flow = store.first("workflow", name=entry["flow"]) or store.get("workflow", entry["flow"])
        if flow is None:
            raise KeyError(f"draft of {entry['flow']}")
        unknown = set(entry) - {"flow", *schema.table("workflow").columns}
        if unknown:
            raise KeyError(f"{', '.join(sorted(unknown))} of a draft of {entry['flow']}")
        content = {name: value for name, value in entry.items() if name != "flow"}
        drafts.put(store, flow["workflowid"], content)


def package_of(entry: Mapping[str, Any]) -> SolutionPackage:
    """The package that an entry of `solutions` describes."""
    publisher = entry["publisher"]
    references = [_reference(item) for item in entry.get("connection_references", ())]
    variables = [_variable(item) for item in entry.get("environment_variables", ())]
    desktop = [desktop_flow(item, item.get("connection_references", ())) for item in entry.get("desktop_flows", ())]
    cloud = [cloud_flow(item) for item in entry.get("cloud_flows", ())]
    binaries = [binary for item in entry.get("desktop_flows", ()) for binary in binaries_of(item["name"])]
    roots = [RootComponent(29, flow.key, None) for flow in (*desktop, *cloud)]
    roots += [RootComponent(380, None, variable.key) for variable in variables]
    manifest = Manifest(
        unique_name=entry["unique_name"],
        friendly_name=entry.get("friendly_name", entry["unique_name"]),
        version=entry.get("version", "1.0.0.0"),
        managed=entry.get("managed", False),
        description=entry.get("description", ""),
        root_components=tuple(roots),
        publisher=Publisher(
            publisher["unique_name"],
            publisher.get("friendly_name", publisher["unique_name"]),
            publisher["prefix"],
            publisher.get("option_value_prefix", 10000),
        ),
    )
    return SolutionPackage(manifest, (*references, *variables, *desktop, *cloud, *binaries))


def _reference(entry: Mapping[str, Any]) -> PackagedRow:
    return PackagedRow(
        "connectionreference",
        entry["name"],
        {
            "connectionreferencelogicalname": entry["name"],
            "connectionreferencedisplayname": entry.get("display_name", entry["name"]),
            "connectorid": CONNECTORS + entry["connector"],
            "promptingbehavior": 0,
            "statecode": 0,
            "statuscode": 1,
        },
    )


def _variable(entry: Mapping[str, Any]) -> PackagedRow:
    return PackagedRow(
        "environmentvariabledefinition",
        entry["name"],
        {
            "schemaname": entry["name"],
            "displayname": entry.get("display_name", entry["name"]),
            "defaultvalue": entry.get("default"),
            "introducedversion": "1.0",
            "isrequired": False,
            "type": STRING_VARIABLE,
            "value": entry.get("value"),
        },
    )


def _context(environment: Environment, owner: str | None) -> Context:
    """As which user a seed installs: the named one, or the first application user."""
    store = environment.store
    wanted = store.first("systemuser", domainname=owner) if owner else None
    user: Row | None = wanted or next(
        (row for row in store.find("systemuser") if row["applicationid"]), store.first("systemuser")
    )
    assert user is not None
    return Context(environment, user)
