# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stage ``versions``: the oldest and the newest supported pair of Python and ansible-core, as the lock pins them."""

from __future__ import annotations

import hashlib
import os
import pathlib
import shutil
import subprocess
from collections.abc import Iterator

from . import integration, processes, unit, workspace
from .results import Counts

PAIRS = {"3.10": "2.17", "3.13": "2.21"}
"""By version of Python, the version of ansible-core that requirements/test.txt holds for it."""

PLACE = workspace.BUILD / "versions"

VERSION_MANAGERS = (
    "~/.pyenv/versions/{version}*/bin",
    "~/.local/share/uv/python/cpython-{version}*/bin",
    "~/.local/share/mise/installs/python/{version}*/bin",
    "~/.asdf/installs/python/{version}*/bin",
)


def run() -> Counts:
    """Run the unit tests and the smoke targets with each pair that this machine has a Python for."""
    counts = Counts()
    for version, core in PAIRS.items():
        print(f"\n--- Python {version} with ansible-core {core} ---", flush=True)
        if version == workspace.PYTHON_VERSION:
            print("The other stages run with this pair.", flush=True)
        elif interpreter := find_interpreter(version):
            counts += _run_with(_environment(version, interpreter))
        else:
            print(f"Skipped: this machine has no working Python {version} with venv.", flush=True)
            counts += Counts(skipped=1)
    return counts


def _run_with(python: pathlib.Path) -> Counts:
    processes.run(["ansible", "--version"], cwd=workspace.ROOT, environment=workspace.variables(python))
    collection = workspace.installed_with_tests(PLACE)
    return unit.pytest(["tests/unit"], PLACE, python) + integration.run_targets(
        collection, "smoke/", in_worker=True, python=python
    )


def find_interpreter(version: str) -> pathlib.Path | None:
    """Return a Python of a version that really runs: from PATH, else from a version manager's folder."""
    return next(filter(_can_make_environments, _candidates(version)), None)


def _candidates(version: str) -> Iterator[pathlib.Path]:
    folders = [pathlib.Path(folder) for folder in os.get_exec_path()]
    for pattern in (*VERSION_MANAGERS, f"{os.environ.get('PYENV_ROOT', '~/.pyenv')}/versions/{{version}}*/bin"):
        home, *parts = pathlib.Path(pattern.format(version=version)).parts
        folders += sorted(pathlib.Path(home).expanduser().glob(str(pathlib.Path(*parts))))
    for folder in folders:
        if found := shutil.which(f"python{version}", path=str(folder)):
            yield pathlib.Path(found)


def _can_make_environments(python: pathlib.Path) -> bool:
    return subprocess.run([python, "-c", "import ensurepip, venv"], capture_output=True, check=False).returncode == 0


def _environment(version: str, interpreter: pathlib.Path) -> pathlib.Path:
    """Make the virtual environment of a version, unless it is there and up to date; return its Python."""
    folder = workspace.ROOT / f".venv-{version}"
    python = folder / "bin" / "python"
    lock = workspace.ROOT / "requirements" / "test.txt"
    stamp = folder / "lock.sha256"
    checksum = hashlib.sha256(lock.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != checksum:
        print(f"Installing requirements/test.txt into {folder.name}", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        variables = workspace.variables()
        processes.check([interpreter, "-m", "venv", folder], cwd=workspace.ROOT, environment=variables)
        install: list[str | os.PathLike[str]] = [python, "-m", "pip", "install", "--quiet"]
        processes.check([*install, "-r", lock], cwd=workspace.ROOT, environment=variables)
        processes.check(
            [*install, "--no-deps", "--no-build-isolation", "--editable", "simulator"],
            cwd=workspace.ROOT,
            environment=variables,
        )
        stamp.write_text(checksum)
    return python
