# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copy an exported solution package with its manifest saying that it is managed: ``managed.py SOURCE DESTINATION``."""

from __future__ import annotations

import sys
import zipfile


def main() -> None:
    """Copy every entry, and change one element of solution.xml."""
    source, destination = sys.argv[1:]
    with zipfile.ZipFile(source) as package, zipfile.ZipFile(destination, "w", zipfile.ZIP_DEFLATED) as copy:
        for entry in package.infolist():
            content = package.read(entry)
            if entry.filename == "solution.xml":
                content = content.replace(b"<Managed>0</Managed>", b"<Managed>1</Managed>")
            copy.writestr(entry, content)


if __name__ == "__main__":
    main()
