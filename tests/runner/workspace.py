# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the stages run: a copy of the checkout, the installed artifact, and the environment variables of commands.

ansible-test insists on a folder ``ansible_collections/coe/power_platform`` that is a git repository and no link. Each
stage has copies of its own, in the folder ``place``, so that stages can run side by side.
"""

from __future__ import annotations

import os
import pathlib
import shutil
import sys
from collections.abc import Iterable

from . import processes

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / ".build"
COLLECTION = pathlib.Path("ansible_collections", "coe", "power_platform")
PACKAGES = pathlib.Path(os.environ.get("SOLUTION_PACKAGES", ROOT.parent / "shared" / "packages")).resolve()
"""The folder of real solution packages, which are not part of the repository."""
PYTHON = pathlib.Path(sys.executable)
PYTHON_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


def variables(python: pathlib.Path = PYTHON, **more: str) -> dict[str, str]:
    """Return the environment variables of a command: this process's, with the programs of a virtual environment first.

    Left out is what would make tests depend on the machine: settings of Ansible and git, credentials, and folders of
    PATH whose Python programs only stand for others (shims), which ansible-test takes for real.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("ANSIBLE_", "AZURE_", "GIT_DIR", "GIT_INDEX", "GIT_WORK", "POWER_PLATFORM_", "PYTHON"))
    }
    folders = [folder for folder in os.get_exec_path() if pathlib.Path(folder).name != "shims"]
    kept["PATH"] = os.pathsep.join([str(python.parent), *folders])
    return kept | more


def checkout(place: pathlib.Path = BUILD) -> pathlib.Path:
    """Copy what git knows of the checkout (tracked and new files, by hard links); return the copy's folder."""
    known = processes.check(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, environment=variables()
    )
    files = [ROOT / name for name in known.split("\0") if name]
    shutil.rmtree(place / "checkout", ignore_errors=True)
    target = place / "checkout" / COLLECTION
    _link((file for file in files if file.is_file()), ROOT, target)
    processes.check(["git", "init", "--quiet"], cwd=target, environment=variables())
    return target


def build(place: pathlib.Path = BUILD) -> pathlib.Path:
    """Build the collection from a copy of the checkout; return the artifact's path."""
    folder = place / "artifact"
    shutil.rmtree(folder, ignore_errors=True)
    processes.check(
        ["ansible-galaxy", "collection", "build", "--output-path", folder], cwd=checkout(place), environment=variables()
    )
    return next(folder.glob("*.tar.gz"))


def install(place: pathlib.Path = BUILD) -> pathlib.Path:
    """Install a fresh artifact below ``installed``; return the folder for ANSIBLE_COLLECTIONS_PATH."""
    artifact = build(place)
    target = place / "installed"
    shutil.rmtree(target, ignore_errors=True)
    processes.check(
        ["ansible-galaxy", "collection", "install", artifact, "--collections-path", target, "--offline"],
        cwd=place,
        environment=variables(ANSIBLE_COLLECTIONS_PATH=str(target)),
    )
    return target


def installed_with_tests(place: pathlib.Path) -> pathlib.Path:
    """Install a fresh artifact and lay the tests over it; return the collection's folder."""
    collection = install(place) / COLLECTION
    for name in ("config.yml", "integration"):
        source = place / "checkout" / COLLECTION / "tests" / name
        _link(source.rglob("*") if source.is_dir() else [source], source.parent, collection / "tests")
    processes.check(["git", "init", "--quiet"], cwd=collection, environment=variables())
    return collection


def _link(files: Iterable[pathlib.Path], source: pathlib.Path, target: pathlib.Path) -> None:
    for file in files:
        if not file.is_dir():
            copy = target / file.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            os.link(file, copy)
