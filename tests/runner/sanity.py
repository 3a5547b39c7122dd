# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stage ``sanity``: all of ansible-test's sanity tests, without an ignore file."""

from __future__ import annotations

import ast
import importlib
import pathlib
import re

from . import processes, workspace
from .results import Counts, read_junit

MISSING_BOOTSTRAP = re.compile(r"manually downloaded and saved to: (?P<path>\S+/get_pip_\S+\.py)")
BOOTSTRAP = '''\
"""Stands in for the bootstrap script of pip that ansible-test could not download: the runner's pip installs pip."""
import runpy, sys
sys.path.insert(0, {folder!r})
sys.argv[1:] = ["install", *(word for word in sys.argv[1:] if word not in ("--no-setuptools", "--no-wheel"))]
runpy.run_module("pip", run_name="__main__", alter_sys=True)
'''


def run() -> Counts:
    """Run the tests with a home folder of their own: ansible-test keeps virtual environments and caches there."""
    collection = workspace.checkout(workspace.BUILD / "sanity")
    home = workspace.BUILD / "home"
    pip_settings = home / ".config" / "pip" / "pip.conf"
    pip_settings.parent.mkdir(parents=True, exist_ok=True)
    pip_settings.touch(mode=0o600)
    pip_settings.write_text(_pip_settings())
    variables = workspace.variables(HOME=str(home))
    sanity = ["ansible-test", "sanity", "--local", "--python", workspace.PYTHON_VERSION]

    print("Preparing the virtual environments of ansible-test", flush=True)
    primed = processes.run([*sanity, "--prime-venvs"], cwd=collection, environment=variables, capture=True)
    if missing := MISSING_BOOTSTRAP.search(primed.output):
        print("The runner's pip stands in for the bootstrap script that could not be downloaded", flush=True)
        pathlib.Path(missing["path"]).write_text(BOOTSTRAP.format(folder=str(_nothing_but_pip())))
        primed = processes.run([*sanity, "--prime-venvs"], cwd=collection, environment=variables, capture=True)
    if primed.returncode:
        print(primed.output)

    completed = processes.run([*sanity, "--junit"], cwd=collection, environment=variables)
    return read_junit((collection / "tests" / "output" / "junit").glob("*.xml"), completed.returncode)


def _nothing_but_pip() -> pathlib.Path:
    """Return a folder that holds the runner's pip and none of the other packages, which it would take for installed."""
    folder = workspace.BUILD / "pip"
    folder.mkdir(exist_ok=True)
    link = folder / "pip"
    link.unlink(missing_ok=True)
    link.symlink_to(pathlib.Path(importlib.import_module("pip").__file__ or "").parent)
    return folder


def _pip_settings() -> str:
    """Return pip's settings in force as a configuration file: ansible-test hides environment variables from pip."""
    listed = processes.check(["pip", "config", "list"], cwd=workspace.ROOT, environment=workspace.variables())
    values = {}
    for line in sorted(listed.splitlines(), key=lambda line: line.startswith(":env:")):
        name, value = line.split("=", maxsplit=1)
        values[name.rpartition(".")[2]] = ast.literal_eval(value).strip().replace("\n", "\n    ")
    return "\n".join(["[global]", *(f"{name} = {value}" for name, value in values.items()), ""])
