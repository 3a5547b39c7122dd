# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one task or playbook costs for each environment, beside modules that do nothing; all in one run.

What an empty play over the same environments takes is subtracted, and the rest divided by their number. The kinds take
turns, and ratios are those within a round, so that a slow spell of the machine meets all of them. Nothing has to be
changed anywhere.
Exit code 1 when a bound is broken; bounds are ratios of processor times, since times themselves tell of the machine.
"""

from __future__ import annotations

import functools
import pathlib
import statistics
import sys
import tempfile
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ansible_collections.coe.power_platform.tests.unit.plugins.modules.sharing_scenes import (
    give,
    make_flows,
    make_users,
)
from dataverse_simulator import Simulator
from playbook_runs import Bound, Cost, median, names, run, run_with_peak, write_inventory, write_modules, write_play

SIZES = (10, 50)
GROWTH = (10, 100, 300)
FORKS = 5
ROUNDS = 5
FLOWS = 2
USERS = 3
HERE = pathlib.Path(__file__).parent

CONNECTION = ("environment_url", "tenant_id", "client_id", "client_secret", "authority", "ca_path")
SHARE_FLOWS = {
    "coe.power_platform.desktop_flow_share": {
        **{option: f"{{{{ power_platform_{option} }}}}" for option in CONNECTION},
        "shares": "{{ flow_permissions_shares }}",
    }
}

EMPTY = "empty play"
LIBRARIES = "module that does nothing, with requests and msal"
WORKER = "desktop_flow_share in the worker"
ENFORCE = "playbook enforce_permissions"
URI = "the same job with ansible.builtin.uri"


class Kind(NamedTuple):
    """A playbook, by its path or its full name, and its variables."""

    playbook: pathlib.Path | str
    variables: Mapping[str, Any] = {}


def prepare(simulator: Any, count: int) -> list[dict[str, Any]]:
    """Make flows, users and shares in environments; return what to declare so that nothing has to be changed."""
    for name in names(count):
        environment = simulator.environment(name)
        flows, users = make_flows(environment, FLOWS), make_users(environment, USERS)
        give(environment, ((flow, "systemuser", user, 1) for flow in flows for user in users))
    principals = [{"user": f"many{number}@contoso.example"} for number in range(USERS)]
    return [{"desktop_flow": f"Many {number}", "principals": principals} for number in range(FLOWS)]


def write_kinds(folder: pathlib.Path) -> dict[str, Kind]:
    """Write modules and plays; return all kinds, the empty play first."""
    write_modules(folder)
    play = functools.partial(write_play, folder)
    share = play("share", SHARE_FLOWS)
    return {
        EMPTY: Kind(play("empty")),
        "ansible.builtin.debug": Kind(play("debug", {"ansible.builtin.debug": {"msg": "nothing"}})),
        "module that does nothing": Kind(play("nothing", {"does_nothing": {}})),
        LIBRARIES: Kind(play("libraries", {"imports_libraries": {}})),
        "desktop_flow_share, real module": Kind(share, {"power_platform_in_worker": False}),
        WORKER: Kind(share),
        ENFORCE: Kind("coe.power_platform.enforce_permissions"),
        URI: Kind(HERE / "enforce_with_uri.yml"),
    }


def measure(kinds: Mapping[str, Kind], inventory: pathlib.Path, count: int) -> dict[str, list[Cost]]:
    """Return what each kind costs for one environment in each round."""
    costs: dict[str, list[Cost]] = {name: [] for name in kinds if name != EMPTY}
    for _round in range(ROUNDS):
        ran = {
            name: run(kind.playbook, inventory, forks=FORKS, variables=kind.variables) for name, kind in kinds.items()
        }
        for name in costs:
            costs[name].append(ran[name].beyond(ran[EMPTY], count))
    return costs


def ratio(costs: Iterable[Cost], reference: Iterable[Cost]) -> float:
    """Return the median of the ratios of processor times, round by round."""
    return statistics.median(cost.processor / other.processor for cost, other in zip(costs, reference, strict=True))


def measure_kinds(kinds: Mapping[str, Kind], inventory: pathlib.Path, count: int) -> list[Bound]:
    """Print what each kind costs for one of so many environments; return what has to hold."""
    costs = measure(kinds, inventory, count)
    reference = costs[LIBRARIES]
    for name, rounds in costs.items():
        times = f"{median(rounds).wall * 1000:.0f} ms | {median(rounds).processor * 1000:.0f} ms"
        print(f"| {count} | {name} | {times} | {ratio(rounds, reference):.2f} |", flush=True)
    return [
        Bound(f"{count} environments, {WORKER} against {LIBRARIES}", ratio(costs[WORKER], reference), 0.18),
        Bound(f"{count} environments, {ENFORCE} against {LIBRARIES}", ratio(costs[ENFORCE], reference), 0.28),
        Bound(f"{count} environments, {URI} against {ENFORCE}", ratio(costs[URI], costs[ENFORCE]), 16, at_least=True),
    ]


def measure_growth(kinds: Mapping[str, Kind], inventories: Mapping[int, pathlib.Path]) -> Bound:
    """Print what enforce_permissions costs for one environment of few and of many; return what has to hold."""
    costs: dict[int, list[Cost]] = {count: [] for count in GROWTH}
    peaks: dict[int, list[tuple[float, float]]] = {count: [] for count in GROWTH}
    for _round in range(ROUNDS):
        for count in GROWTH:
            empty, base = run_with_peak(kinds[EMPTY].playbook, inventories[count], forks=FORKS)
            cost, peak = run_with_peak(kinds[ENFORCE].playbook, inventories[count], forks=FORKS)
            costs[count].append(cost.beyond(empty, count))
            peaks[count].append((peak, (peak - base) / count))
    medians = {count: median(values) for count, values in costs.items()}
    print(f"\n| {ENFORCE}, environments | wall clock | processor | memory of Ansible's main process | for each |")
    print("|" + "---:|" * 5)
    for count, cost in medians.items():
        peak, beyond = (statistics.median(values) for values in zip(*peaks[count], strict=True))
        times = f"{cost.wall * 1000:.0f} ms | {cost.processor * 1000:.0f} ms"
        print(f"| {count} | {times} | {peak / 2**20:.0f} MiB | {beyond / 2**10:.0f} KiB |")
    few, *_others, many = medians.values()
    return Bound(f"{ENFORCE}, {GROWTH[-1]} environments against {GROWTH[0]}", many.processor / few.processor, 1.1)


def main() -> int:
    """Print both tables and the bounds; tell whether all are kept."""
    counts = sorted({*SIZES, *GROWTH})
    with Simulator(count=counts[-1]) as simulator, tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        shares = prepare(simulator, counts[-1])
        inventories = {
            count: write_inventory(folder, simulator, count, flow_permissions_shares=shares) for count in counts
        }
        kinds = write_kinds(folder)
        for kind in kinds.values():  # the first runs compile and fill caches
            run(kind.playbook, inventories[SIZES[0]], forks=FORKS, variables=kind.variables)
        print(f"Medians of {ROUNDS}, {FORKS} forks, beyond an empty play:\n")
        print("| environments | for each of them | wall clock | processor | ratio |")
        print("|---:|---|---:|---:|---:|", flush=True)
        promised = [bound for count in SIZES for bound in measure_kinds(kinds, inventories[count], count)]
        promised.append(measure_growth(kinds, inventories))
    print("", *promised, sep="\n")
    return int(any(bound.broken for bound in promised))


if __name__ == "__main__":
    sys.exit(main())
