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

from .quoted_texts import ROBIN, without_texts

_STATEMENT = re.compile(
    r"^[ \t]*(?:FUNCTION[ ]+(?P<subflow>\S+)|External\.RunFlow\b(?P<arguments>[^\n]*))", re.MULTILINE
)
_QUOTED = re.compile(r"'(\d+)'")
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
    """Yield the statements that run another flow, not those that are switched off, commented out or in a text.

    Raises ValueError where that cannot be told.
    """
    if "External.RunFlow" not in script:
        return
    bare, texts = without_texts(script, ROBIN)
    subflow = "Main"
    for statement in _STATEMENT.finditer(bare):
        if statement["subflow"]:
            quoted = _QUOTED.fullmatch(statement["subflow"])
            subflow = texts[int(quoted[1])] if quoted else statement["subflow"]
            continue
        flow = _FLOW_ID.search(statement["arguments"])
        yield RunFlowStatement(
            subflow=subflow,
            flow_id=texts[int(flow[1])] if flow else None,
            inputs=frozenset(_INPUT.findall(statement["arguments"])),
            outputs=frozenset(_OUTPUT.findall(statement["arguments"])),
        )
