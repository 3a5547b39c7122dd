# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scripts of desktop flows (Robin), as far as calls of other flows go.

Source: column definition of desktop flows, as Power Automate for desktop writes it::

    External.RunFlow FlowId: '<guid>' WaitToComplete: True @Question: $'''Why?''' @Answer=> Answer

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator

_OPENING = re.compile(r"\$?(''')|(')|(/\#)|^[ \t]*(\#)", re.MULTILINE)
# Where texts and comments end; a backslash takes the next character with it. Only ''' may span lines.
_CLOSING = {
    "'''": re.compile(r"\\.|(''')", re.DOTALL),
    "'": re.compile(r"\\.|('|(?=\n))"),
    "/#": re.compile(r"(\#/)"),
    "#": re.compile(r"(?=(\n))"),
}
_STATEMENT = re.compile(
    r"^[ \t]*(?:FUNCTION[ ]+(?P<subflow>\S+)|External\.RunFlow\b(?P<arguments>[^\n]*))", re.MULTILINE
)
_FLOW_ID = re.compile(r"\bFlowId:\s*'(\d+)'")
_INPUT = re.compile(r"@(\w+)\s*:")
_OUTPUT = re.compile(r"@(\w+)\s*=>")


@dataclasses.dataclass(frozen=True)
class RunFlowStatement:
    """One statement that runs another flow; ``flow_id`` is None unless it is written out."""

    subflow: str
    flow_id: str | None
    inputs: frozenset[str]
    outputs: frozenset[str]


def run_flow_statements(script: str) -> Iterator[RunFlowStatement]:
    """Yield the statements that run another flow, not those that are switched off, commented out or in a text."""
    if "External.RunFlow" not in script:
        return
    bare, texts = _without_texts(script)
    subflow = "Main"
    for statement in _STATEMENT.finditer(bare):
        if statement["subflow"]:
            subflow = statement["subflow"]
            continue
        flow = _FLOW_ID.search(statement["arguments"])
        yield RunFlowStatement(
            subflow=subflow,
            flow_id=texts[int(flow[1])] if flow else None,
            inputs=frozenset(_INPUT.findall(statement["arguments"])),
            outputs=frozenset(_OUTPUT.findall(statement["arguments"])),
        )


def _without_texts(script: str) -> tuple[str, list[str]]:
    """Return the script with its texts replaced by their numbers, ``'0'`` and on, without comments; and the texts.

    One pass, so that no script, however made, takes more than linear time.
    """
    pieces: list[str] = []
    texts: list[str] = []
    position = 0
    while opening := _OPENING.search(script, position):
        pieces.append(script[position : opening.start()])
        kind = opening[opening.lastindex or 0]
        closing = next((match for match in _CLOSING[kind].finditer(script, opening.end()) if match.lastindex), None)
        end, position = (closing.start(), closing.end()) if closing else (len(script), len(script))
        if "#" not in kind:
            pieces.append(f"'{len(texts)}'")
            texts.append(script[opening.end() : end])
    pieces.append(script[position:])
    return "".join(pieces), texts
