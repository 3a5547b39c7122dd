# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m tests.traffic folder script.py``: run a script and record what its servers receive into a folder."""

from __future__ import annotations

import pathlib
import runpy
import sys

from .recorder import recording

if __name__ == "__main__":
    folder, script = sys.argv[1:]
    sys.argv = [script]
    with recording(pathlib.Path(folder)):
        runpy.run_path(str(pathlib.Path(script).resolve()), run_name="__main__")
