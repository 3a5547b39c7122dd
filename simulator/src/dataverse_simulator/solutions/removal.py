# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking solutions away: uninstalling, and promoting a holding solution in place of its base.

Source: project references, solutions 2.5, 2.7 and 4, sharing 4.1; "Update or upgrade a solution".
"""

from __future__ import annotations

from ..environments.context import Context
from ..environments.store import Row, Store
from . import dependencies, imports, layers, needs
from . import errors as solution_errors
from . import rows as solution_rows


def uninstall(context: Context, solution: Row) -> list[str]:
    """Remove a solution; ids of the components that went with it.

    :raises ODataError: 400 0x8004F01F, something that stays needs one of its components.
    """
    if solution["ismanaged"]:
        blockers = what_blocks(context, [solution])
        if blockers:
            raise solution_errors.DEPENDENCIES_EXIST(reason=dependencies.describe(blockers))
    for patch in solution_rows.patches_of(context.store, solution["solutionid"]):
        uninstall(context, patch)
    return solution_rows.remove(context, solution)


def promote(context: Context, unique_name: str) -> str:
    """Put `<name>_Upgrade` in the place of the base and its patches; the solution's id from then on.

    :raises ODataError: 0x8004853B no upgrade waits, 0x8004853C asked for the holding solution itself, 0x8004F046
        something that stays needs a component that would go (both versions stay).
    """
    store = context.store
    if unique_name.endswith(solution_rows.HOLDING_SUFFIX) and solution_rows.find(store, unique_name):
        raise solution_errors.WRONG_SOLUTION()
    holding = solution_rows.holding_of(store, unique_name)
    base = solution_rows.find(store, unique_name)
    if holding is None or base is None:
        raise solution_errors.NO_UPGRADE(name=unique_name)
    replaced = [base, *solution_rows.patches_of(store, base["solutionid"])]
    blockers = what_blocks(context, replaced, replaced=True)
    if blockers:
        raise solution_errors.UPGRADE_FAILED(reason=dependencies.describe(blockers))
    imports.drop_shares(context, [solution["solutionid"] for solution in (*replaced, holding)])
    for solution in reversed(replaced):
        solution_rows.remove(context, solution)
    context.update(
        "solution",
        holding["solutionid"],
        {
            "uniquename": unique_name,
            "layerorder": base["layerorder"],
            "installedon": base["installedon"],
            "updatedon": context.clock.text(),
        },
    )
    return str(holding["solutionid"])


def what_blocks(
    context: Context, going: list[Row], *, replaced: bool = False
) -> list[dependencies.Dependency | needs.Need]:
    """What stays and needs something of the solutions that go (or whose next version takes their place)."""
    found: list[dependencies.Dependency | needs.Need] = []
    found += dependencies.blocking(context.store, leaving(context.store, going))
    if not context.environment.settings.uninstall_ignores_needs:
        found += needs.blocking(context.store, going, replaced=replaced)
    return found


def leaving(store: Store, solutions: list[Row]) -> set[str]:
    """Ids of the components that no layer carries once these solutions are gone."""
    going = {solution["solutionid"] for solution in solutions}
    result = set()
    for solution in solutions:
        for _kind, row_id in solution_rows.modelled_members(store, solution["solutionid"]):
            if not layers.carried_without(store, row_id, going):
                result.add(row_id)
    return result
