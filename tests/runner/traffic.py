# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stages ``demo`` and ``traffic``: the demo, played to its end; all names that were sent, against real metadata.

The stages that send (``unit``, ``integration-module``, ``integration-worker``, ``demo``) record into a folder each,
which ``begin`` makes anew: one that stays empty is a failure.
"""

from __future__ import annotations

import pathlib
import shutil
import sys
import tempfile
from collections.abc import Mapping

from tests.traffic.names import names_in
from tests.traffic.sent_names import ON_PURPOSE

from . import processes, workspace
from .results import Counts

PLACE = workspace.BUILD / "traffic"
CONFORMANCE = workspace.ROOT / "simulator" / "tests" / "conformance"


def begin(stage: str) -> pathlib.Path:
    """Return the empty folder that a stage records into."""
    folder = PLACE / stage
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def play_demo() -> Counts:
    """Play the demo with a fresh artifact."""
    installed = str(workspace.install(workspace.BUILD / "demo"))
    completed = processes.run(
        [workspace.PYTHON, "-m", "tests.traffic", begin("demo"), "examples/demo/demo.py"],
        cwd=workspace.ROOT,
        environment=workspace.variables(ANSIBLE_COLLECTIONS_PATH=installed, PYTHONPATH=installed),
    )
    return Counts(failed=1) if completed.returncode else Counts(passed=1)


def run() -> Counts:
    """Compare what the stages have recorded; each distinct request counts as one test."""
    recorded = {folder.name: _shapes(folder) for folder in sorted(PLACE.glob("*"))}
    known = _known()
    if isinstance(known, str):
        print(f"Skipped 1: {known}", flush=True)
        return Counts(skipped=1)
    silent = [name for name, shapes in recorded.items() if not shapes] or ([] if recorded else ["any stage"])
    for name in silent:
        print(f"FAILED nothing was recorded in {name}", flush=True)
    print("; ".join(f"{name}: {len(shapes)} distinct requests" for name, shapes in recorded.items()), flush=True)
    return Counts(failed=len(silent)) + compare(set().union(*recorded.values()), *known)


def compare(shapes: set[str], known: Mapping[str, str], newer: Mapping[str, str]) -> Counts:
    """Hold the names in shapes against the known ones, of which ``newer`` are those that the real document lacks."""
    used: set[str] = set()
    failed = 0
    for shape in sorted(shapes):
        names = set(names_in(shape, known))
        used |= names
        if unknown := sorted(names - set(known) - set(ON_PURPOSE)):
            failed += 1
            print(f"FAILED {', '.join(unknown)} in: {shape}", flush=True)
    print(
        f"{len(shapes)} distinct requests, {len(used)} names; {len(used & set(newer))} are newer than the real document"
        f" and have a source, {len(used & set(ON_PURPOSE))} are wrong on purpose",
        flush=True,
    )
    return Counts(passed=len(shapes) - failed, failed=failed)


def _shapes(folder: pathlib.Path) -> set[str]:
    return {shape for file in folder.glob("*.txt") for shape in file.read_text().splitlines()}


def _known() -> tuple[dict[str, str], dict[str, str]] | str:
    """Return all known names with those newer than the real document, whose types the simulator tells; or why not."""
    sys.path.insert(0, str(CONFORMANCE))
    from edmx import names_of  # type: ignore[import-not-found]
    from exceptions import source_of  # type: ignore[import-not-found]
    from real_document import UnreachableError, real_document  # type: ignore[import-not-found]

    with tempfile.TemporaryDirectory() as folder:
        try:
            real: dict[str, str] = names_of(real_document(pathlib.Path(folder)))
        except UnreachableError as error:
            return str(error)
    newer = {name: kind for name, kind in names_of(_offered()).items() if name not in real and source_of(name)}
    return real | newer, newer


def _offered() -> bytes:
    """Return the simulator's ``$metadata``."""
    import requests
    from dataverse_simulator import Simulator

    with Simulator() as running:
        headers = {"Authorization": f"Bearer {running.token('dev')}"}
        url = f"{running.environment_url('dev')}/api/data/v9.2/$metadata"
        return requests.get(url, headers=headers, verify=running.ca_path, timeout=60).content
