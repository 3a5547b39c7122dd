# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hostile solution packages: read, planned and imported, each ends within bounds and with one sentence at most."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.package_maker import (
    CloudFlow,
    DesktopFlow,
    flow_id,
    package_files,
    write_package,
)
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.test_package_archive import CASES, zip_bytes

from .limits import bounded
from .placements import Placement
from .scenes import nothing
from .world import ENVIRONMENT, World

GATE = 150
CUTS, FLIPS = 40, 120
SECONDS, MEBIBYTES = 30, 64
DEEP = 100_000
ENCODINGS = ("utf-16", "utf-16-le", "utf-32", "utf-7", "cp037", "latin-1", "shift-jis", "gb18030", "nonsense")
DOORS = ("info", "check", "real")
SWAPS = 8
Entries = Mapping[str, str | bytes]


def _zipped(entries: Entries) -> bytes:
    return bytes(zip_bytes(entries))


def _entries(**flow: Any) -> Entries:
    return dict(
        package_files([DesktopFlow(flow_id(1), "Flow 1", **flow)], unique_name="Hostile", variables={"con_A": "1"})
    )


def _with(name: str, content: str | bytes) -> bytes:
    """The package with the content of the entry whose name ends so."""
    entries = _entries()
    return _zipped({**entries, next(entry for entry in entries if entry.endswith(name)): content})


def _replaced(name: str, old: str, new: str) -> bytes:
    return _zipped({**_entries(), name: str(_entries()[name]).replace(old, new)})


def _encoded(encoding: str, declared: str) -> bytes:
    head, codec = f'<?xml version="1.0" encoding="{declared}"?>', "utf-8" if encoding == "nonsense" else encoding
    documents = {name: str(_entries()[name]) for name in ("solution.xml", "customizations.xml")}
    return _zipped({**_entries(), **{name: (head + text).encode(codec, "replace") for name, text in documents.items()}})


def _cloud(actions: Any) -> bytes:
    return _zipped(dict(package_files([CloudFlow(flow_id(2), actions=actions)], unique_name="Hostile")))


_NESTED = "[" * DEEP + "]" * DEEP
_SURROGATE = '"\\ud800"'
MAKERS: dict[str, Callable[[], bytes]] = {
    **{re.sub(r"\W+", "-", name): make for name, (make, _problem) in CASES.items()},
    **{f"encoding-{name}": lambda name=name: _encoded(name, name) for name in ENCODINGS},  # type: ignore[misc]
    **{f"declared-{name}": lambda name=name: _encoded("utf-8", name) for name in ENCODINGS},  # type: ignore[misc]
    "deep-inputs": lambda: _zipped(_entries(inputs=_NESTED)),
    "deep-schema": lambda: _zipped(_entries(inputs='{"schema":' * 5000 + "1" + "}" * 5000)),
    "deep-definition": lambda: _with("000.json", '{"properties":' * DEEP + "1" + "}" * DEEP),
    "deep-actions": lambda: _cloud(json.loads('{"actions":{"a":' * 400 + "{}" + "}}" * 400)),
    "deep-variable": lambda: _with("values.json", _NESTED),
    "surrogate-inputs": lambda: _zipped(_entries(inputs=f'{{"schema":{{"properties":{{{_SURROGATE}:{{}}}}}}}}')),
    "surrogate-variable": lambda: _with("values.json", f'{{"environmentvariablevalues":{{"a":{_SURROGATE}}}}}'),
    "surrogate-action": lambda: _cloud({"\ud800": {"type": "\ud800"}}),
    "surrogate-name": lambda: _replaced("customizations.xml", "Flow 1", "&#xD800;"),
    "zero-name": lambda: _replaced("customizations.xml", "Flow 1", "&#0;"),
    "endless-integer": lambda: _zipped(_entries(inputs="9" * 10_000)),
    "not-a-number": lambda: _zipped(_entries(inputs='{"schema":NaN}')),
    "null-inputs": lambda: _zipped(_entries(inputs="null")),
    "list-inputs": lambda: _zipped(_entries(inputs='{"schema":[1,{"properties":[]}]}')),
    "number-properties": lambda: _zipped(_entries(inputs='{"schema":{"properties":7,"required":7}}')),
    "odd-argument": lambda: _zipped(_entries(inputs='{"schema":{"properties":{"a":null,"b":[1]},"required":[{}]}}')),
    "odd-actions": lambda: _cloud([1, {"type": [], "inputs": {"host": 7}}]),
    "odd-child-flows": lambda: _replaced("customizations.xml", '"childFlows": []', '"childFlows": [7, null, {}]'),
    "odd-dependencies": lambda: _replaced("customizations.xml", '{"childFlows": [], "workQueues": []}', "[7]"),
    "odd-definition": lambda: _replaced("customizations.xml", "<Definition>", "<Definition>{"),
    "odd-category": lambda: _replaced("customizations.xml", "<Category>6", "<Category>six"),
    "two-definitions": lambda: _replaced("customizations.xml", "</Workflow>", "<Definition>1</Definition></Workflow>"),
    "flow-file-missing": lambda: _replaced("customizations.xml", "/Workflows/", "/Elsewhere/"),
    "flow-file-outside": lambda: _replaced("customizations.xml", "/Workflows/", "/../../etc/"),
    "empty-file": lambda: b"",
    "only-an-end": lambda: b"PK\x05\x06" + bytes(18),
}


def _terabyte(path: Path) -> None:
    """Make a file that is large and holds nothing."""
    with path.open("wb") as file:
        file.truncate(10**12)


PLACES: dict[str, Callable[[Path], object]] = {
    "fifo": os.mkfifo,
    "directory": lambda path: path.mkdir(),
    "zeros": lambda path: path.symlink_to("/dev/zero"),
    "circle": lambda path: path.symlink_to(path),
    "dangling": lambda path: path.symlink_to("nowhere"),
    "terabyte": _terabyte,
}


def placements(world: World, chance: Random) -> list[Placement]:
    """Return each hostile package, and cut and damaged ones, at each door; and packages that are swapped meanwhile."""
    damaged = [f"cut-{number}" for number in range(CUTS)] + [f"flipped-{number}" for number in range(FLIPS)]
    scenes = [*MAKERS, *PLACES, *damaged]
    swaps = [Placement("packages", "swapped", (f"at@{number}",)) for number in range(1, SWAPS + 1)]
    return [*(Placement("packages", scene, (door,)) for scene in scenes for door in DOORS), *swaps]


def attack(world: World, placement: Placement) -> Iterator[str]:
    """Have a package read, planned or imported."""
    world.stage("nothing", nothing)
    folder = world.folder / "hostile"
    folder.mkdir(exist_ok=True)
    path = folder / f"{placement.scene}.zip"
    path.rmdir() if path.is_dir() else path.unlink(missing_ok=True)
    if placement.scene == "swapped":
        return _swapped(world, path, int(placement.choices[0].partition("@")[2]))
    _make(path, placement.scene)
    return _read(world, path, placement.choices[0])


def _make(path: Path, scene: str) -> None:
    kind, _dash, _number = scene.rpartition("-")
    if scene in PLACES:
        PLACES[scene](path)
    elif kind in ("cut", "flipped"):
        path.write_bytes(_damaged(_zipped(_entries()), kind, Random(scene)))
    else:
        path.write_bytes(MAKERS[scene]())


def _damaged(content: bytes, kind: str, chance: Random) -> bytes:
    place = chance.randrange(len(content))
    if kind == "cut":
        return content[:place]
    return content[:place] + bytes([content[place] ^ chance.randrange(1, 256)]) + content[place + 1 :]


def _read(world: World, path: Path, door: str) -> Iterator[str]:
    module = "solution_package_info" if door == "info" else "solution_import"
    src: Any = [str(path)] if door == "info" else str(path)
    with bounded(SECONDS, MEBIBYTES):
        result = world.run(module, {"src": src}, check_mode=door == "check")
    if result.get("failed") and not result["msg"].endswith("."):
        yield f"the message is no sentence: {result['msg'][:300]!r}"
    json.dumps(result, ensure_ascii=False).encode()  # Ansible has to be able to print it
    if door == "check" and world.simulator.journal(ENVIRONMENT, writes=True):
        yield "check mode writes"


def _swapped(world: World, path: Path, number: int) -> Iterator[str]:
    """Put another package in the place of the one that was planned, before a request of the import."""
    write_package(path, _entries())
    other = package_files([DesktopFlow(flow_id(1), "Flow 1")], unique_name="Hostile", version="9.9.9.9")
    with world.before_request(number, lambda: write_package(path, other)):
        result = world.run("solution_import", {"src": str(path)})
    imported = [name for name in world.accepted() if name.endswith("9.9.9.9")]
    if imported and number > 1:
        yield f"imported what was not planned: {imported} ({result.get('msg', 'claims success')})"
