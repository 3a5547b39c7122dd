# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The `$metadata` document of a real organization, out of a package of npm."""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import tarfile
from pathlib import Path

#: MIT licence; the document in it is of about 2022.
PACKAGE, INTEGRITY = (
    "dataverse-gen@2.0.15",
    "klQQ1wyW6zdfHy3EKvUO0zewTeaQTNs8r1paHhLTOvC939DkVPH7yUHt/zsGc3+qiyorg12O/HhZivb2Rz5+dg==",
)
DOCUMENT = "package/src/__tests__/data/edmx.xml"


class UnreachableError(Exception):
    """The document cannot be had here, for the reason that the text tells."""


def real_document(folder: Path) -> bytes:
    """Fetch the package into a folder; return the document. Raises `UnreachableError`."""
    if not shutil.which("npm"):
        raise UnreachableError("npm is not installed.")
    done = subprocess.run(
        ["npm", "pack", PACKAGE, "--silent"], cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )
    if done.returncode:
        raise UnreachableError(f"npm could not fetch {PACKAGE}: {done.stderr.strip()[-200:]}")
    file = folder / done.stdout.strip().splitlines()[-1]
    digest = hashlib.sha512(file.read_bytes()).digest()
    assert base64.b64encode(digest).decode() == INTEGRITY
    with tarfile.open(file) as archive:
        member = archive.extractfile(DOCUMENT)
        assert member
        return member.read()
