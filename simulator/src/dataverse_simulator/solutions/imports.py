# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Importing a package: install, update, stage for upgrade, upgrade.

The effects happen at once (the caller's transaction), never half. Source: project references, solutions 2.6 and 2.7,
sharing 4.1 to 4.4.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ..environments.context import Context
from ..environments.drafts import PUBLISHED, UNPUBLISHED
from ..environments.store import Row
from ..packages.package import SolutionPackage
from ..packages.rows import PackagedRow
from ..sharing import shares as sharing
from ..web_api.parameters import Entity
from . import components, layers, needs, settings_rows
from . import rows as solution_rows
from .components import KINDS, ComponentKind
from .import_checks import ImportMode


@dataclass(frozen=True)
class ImportRequest:
    """`overwrite`: unmanaged layers of imported components go; `overrides`: the ComponentParameters.

    `as_draft`: new flows are unpublished until PublishAllXml, as after an unmanaged import by a client.
    """

    package: SolutionPackage
    mode: ImportMode = field(default_factory=ImportMode)
    overwrite: bool = False
    overrides: tuple[Entity, ...] = ()
    as_draft: bool = False


@dataclass
class ImportOutcome:
    """What happened: the imported flows (id, name) and the warnings."""

    flows: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def apply(context: Context, request: ImportRequest) -> ImportOutcome:
    """Write the package's content; the checks have been made. A holding import goes into `<name>_Upgrade`."""
    manifest = request.package.manifest
    solution = _solution_row(context, request)
    outcome = ImportOutcome()
    for kind in KINDS:
        for packaged in request.package.of(kind.table):
            row_id = _import_row(context, request, kind, packaged, solution)
            solution_rows.add_modelled(context.store, solution["solutionid"], kind, row_id, packaged.key)
            if kind.table == "workflow":
                outcome.flows.append((row_id, str(packaged.values["name"])))
                outcome.warnings += _hidden_warning(context, kind, row_id, packaged)
    for component in manifest.root_components:
        if components.kind_of_type(component.type) is None:
            solution_rows.add_unmodelled(context, solution["solutionid"], component)
    needs.remember(context.store, solution["solutionid"], manifest)
    settings_rows.apply_values(context, request.package, request.overrides)
    return outcome


def _solution_row(context: Context, request: ImportRequest) -> Row:
    manifest = request.package.manifest
    base = solution_rows.find(context.store, manifest.unique_name)
    if request.mode.replaces:
        assert base is not None
        name = manifest.unique_name + solution_rows.HOLDING_SUFFIX
        return solution_rows.install(context, manifest, name, layer_order=base["layerorder"] + 0.5)
    if base is None:
        base = solution_rows.install(context, manifest, manifest.unique_name)
    else:
        solution_rows.refresh(context, base, manifest)
    if not manifest.managed:
        solution_rows.keep_rest(context.store, base["solutionid"], request.package)
    return base


def _import_row(
    context: Context, request: ImportRequest, kind: ComponentKind, packaged: PackagedRow, solution: Row
) -> str:
    """Create or change the component; ownership and on/off state of an existing one stay as they are."""
    store = context.store
    found = components.locate(store, packaged)
    row_id = str(found[f"{kind.table}id"]) if found else components.create(context, packaged)
    content = components.content_of(kind, packaged.values)
    if solution["ismanaged"]:
        _put_managed(context, request, kind, row_id, content, solution, is_new=found is None)
    else:
        _put_unmanaged(context, request, kind, row_id, content, is_new=found is None)
    layers.settle(store, kind, row_id)
    return row_id


def _put_managed(
    context: Context,
    request: ImportRequest,
    kind: ComponentKind,
    row_id: str,
    content: Row,
    solution: Row,
    *,
    is_new: bool,
) -> None:
    store = context.store
    if is_new:
        store.update(kind.table, row_id, {"solutionid": solution["solutionid"], "ismanaged": True})
    layers.put_managed(store, kind, row_id, solution["solutionid"], content)
    if request.overwrite:
        layers.drop(store, row_id, None)


def _put_unmanaged(
    context: Context, request: ImportRequest, kind: ComponentKind, row_id: str, content: Row, *, is_new: bool
) -> None:
    store = context.store
    if is_new:
        state = UNPUBLISHED if request.as_draft and kind.table == "workflow" else PUBLISHED
        store.update(kind.table, row_id, {"solutionid": layers.ACTIVE_SOLUTION_ID, "componentstate": state})
    elif store.count("_layer", componentid=row_id):
        layers.customise(store, kind, row_id, content)
    else:
        kept = {name: value for name, value in content.items() if name not in kind.kept}
        context.update(kind.table, row_id, kept)


def _hidden_warning(context: Context, kind: ComponentKind, row_id: str, packaged: PackagedRow) -> list[str]:
    stack = layers.layers_of(context.store, kind, row_id)
    if len(stack) < 2 or stack[-1].solution is not None:
        return []
    return [f"The component {packaged.values['name']} has unmanaged customizations, which hide the imported version."]


def drop_shares(context: Context, solution_ids: Iterable[str]) -> None:
    """What an upgrade does to the shares of the solution's flows (reference on sharing, rule 1).

    Asked for before the old version goes: its flows are the solution's too, also those that another solution keeps.
    """
    if context.environment.settings.upgrade_keeps_shares:
        return
    for solution_id in solution_ids:
        for flow_id in solution_rows.flow_ids(context.store, solution_id, 6):
            sharing.revoke_all(context.store, "workflow", flow_id)
