# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make desktop flows with odd names and print these: ``make_flows.py ENVIRONMENT_URL CA_FILE TOKEN TRACE``.

One name is a template that makes the file ``TRACE`` when somebody evaluates it.
"""

from __future__ import annotations

import json
import sys

import requests


def odd_names(trace: str) -> list[str]:
    """Return names with quotes, umlauts, signs of URLs, and templates."""
    return [
        'O\'Neil & "Söhne" <x> #1 %41 ;,/ 日本',
        "100 % + a=b?c&d",
        "{% raw %}{{ x }}{% endraw %}",
        "{{ lookup('pipe', 'touch TRACE') }}".replace("TRACE", trace),
        "{{ undefined_variable }}",
    ]


def main() -> None:
    environment_url, ca_file, token, trace = sys.argv[1:]
    names = odd_names(trace)
    for name in names:
        flow = {"name": name, "category": 6, "type": 1, "primaryentity": "none", "definition": "", "statecode": 0}
        requests.post(
            f"{environment_url}/api/data/v9.2/workflows",
            json=flow,
            headers={"Authorization": f"Bearer {token}"},
            verify=ca_file,
            timeout=60,
        ).raise_for_status()
    print(json.dumps(names))


if __name__ == "__main__":
    main()
