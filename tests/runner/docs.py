# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation site: the guides, and a page for each module and role."""

from __future__ import annotations

import pathlib
import shutil

from . import processes, workspace

NAME = "coe.power_platform"


def build() -> pathlib.Path:
    """Build the site without the network, every warning being an error; return its first page."""
    workspace.checkout()
    variables = workspace.variables(ANSIBLE_COLLECTIONS_PATH=str(workspace.BUILD / "checkout"))
    folder = workspace.BUILD / "docs"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    pages = ("--use-current", "--squash-hierarchy", "--dest-dir")
    for command in (
        ("antsibull-docs", "sphinx-init", "--lenient", *pages, folder, NAME),
        ("chmod", "og-w", folder / "rst"),
        ("antsibull-docs", "--config-file", "antsibull-docs.cfg", "collection", *pages, "rst", NAME),
        # Without intersphinx, which would fetch the indexes of other sites, and so without references to them.
        (
            "sphinx-build",
            "-M",
            "html",
            "rst",
            "build",
            "-c",
            ".",
            "-W",
            "--keep-going",
            "-Dextensions=sphinx_antsibull_ext",
            "-Dsuppress_warnings=ref.ref",
        ),
    ):
        processes.check(command, cwd=folder, environment=variables)
    return folder / "build" / "html" / "index.html"
