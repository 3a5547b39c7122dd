# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator's code lies in layers: what is imported lies below, and no two modules need each other."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import dataverse_simulator

ROOT = Path(dataverse_simulator.__file__).parent
#: From the bottom to the top.
LAYERS = [
    "errors",
    "tenant",
    "packages",
    "environments",
    "web_api",
    "sharing",
    "solutions",
    "entra",
    "serving",
    "simulator",
    "__init__",
    "__main__",
]
MODULES = {file.relative_to(ROOT).with_suffix("").parts: file for file in ROOT.rglob("*.py")}
Module = tuple[str, ...]


def known(*places: Module) -> Module:
    """The first of some places that is a module."""
    return next(place for place in places if place in MODULES)


def imported(module: Module) -> Iterator[Module]:
    """The modules that this one imports, wherever in its code and for whatever purpose."""
    for node in ast.walk(ast.parse(MODULES[module].read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = (*module[: -node.level], *(node.module.split(".") if node.module else ()))
            for alias in node.names:
                yield known((*base, alias.name), (*base, alias.name, "__init__"), base, (*base, "__init__"))


IMPORTS = {module: set(imported(module)) for module in MODULES}


def test_imports_go_down() -> None:
    assert {module[0] for module in MODULES} == set(LAYERS)
    upwards = [
        (module, other)
        for module, others in IMPORTS.items()
        for other in others
        if other[0] != module[0] and LAYERS.index(other[0]) >= LAYERS.index(module[0])
    ]
    assert upwards == []


def test_no_modules_import_each_other() -> None:
    TopologicalSorter(IMPORTS).prepare()
