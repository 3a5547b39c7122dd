# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A package that is swapped while the task is running: what was planned is imported, or nothing."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._transport import http as _http
from ansible_collections.coe.power_platform.plugins.modules import solution_import
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.solution_scenes import put, release

SWAPPED = "was changed or replaced after it was planned"


def package(folder: pathlib.Path, version: str, word: str, flows: tuple[int, ...]) -> pathlib.Path:
    """Write a package in a folder of its own; a word in its contents tells it from others of the same version."""
    folder.mkdir(exist_ok=True)
    return pathlib.Path(release(folder, version, flows=flows, references={f"con_{word}": "shared_x"}))


@pytest.mark.parametrize(
    ("mode", "flows"), [("update", (1, 2)), ("upgrade", (1, 3))], ids=["same flows", "other flows"]
)
@pytest.mark.parametrize("requests", range(1, 14))
def test_a_swapped_package_is_not_imported(
    simulator: Any,
    tmp_path: pathlib.Path,
    run_module: Any,
    monkeypatch: pytest.MonkeyPatch,
    requests: int,
    mode: str,
    flows: tuple[int, ...],
) -> None:
    put(simulator, "prod", release(tmp_path, "1.0.0.0"))
    planned = package(tmp_path / "planned", "2.0.0.0", "planned", (1, 2))
    other = package(tmp_path / "other", "2.0.0.0", "swapped", flows).read_bytes()
    send, count = _http.HttpSession._send, 0

    def swapping(session: Any, *args: Any) -> Any:
        nonlocal count
        count += 1
        if count == requests:
            planned.write_bytes(other)
        return send(session, *args)

    monkeypatch.setattr(_http.HttpSession, "_send", swapping)
    done = run_module(
        solution_import,
        src=str(planned),
        import_mode=mode,
        allow_unbound_references=True,
        **simulator.connection("prod"),
    )

    rows = simulator.environment("prod").store.find("connectionreference")
    assert "con_swapped" not in {row["connectionreferencelogicalname"] for row in rows}
    uploads = [entry for entry in simulator.journal("prod", writes=True, path="StageSolution") if entry.status < 300]
    assert bool(done.get("failed")) >= (not uploads)
    assert not done.get("failed") or SWAPPED in done["msg"]
