# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m tests.runner.quick [argument ...]``: pytest in the working tree itself, since a copy would lag behind."""

from __future__ import annotations

import contextlib
import os
import sys

from . import unit, workspace

PLACE = workspace.BUILD / "quick"


def main() -> None:
    """Become pytest, with the working tree as the collection."""
    become("pytest", "--quiet", "--hypothesis-profile=ci", f"--override-ini=cache_dir={PLACE / 'cache'}", *sys.argv[1:])


def become(*words: str) -> None:
    """Become ``python -m words``, with the working tree as the collection."""
    link = PLACE / "checkout" / workspace.COLLECTION
    link.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        link.symlink_to(workspace.ROOT, target_is_directory=True)
    os.chdir(workspace.ROOT)
    os.execve(workspace.PYTHON, [str(workspace.PYTHON), "-m", *words], unit.variables(PLACE))


if __name__ == "__main__":
    main()
