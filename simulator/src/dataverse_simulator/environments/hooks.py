# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of single tables: what has to happen when a row of a certain table is created, changed, deleted or queried.

```python
@on("delete", "solution", stage="instead")
def uninstall(context: Context, change: Change) -> None: ...
```
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from .context import Context

Event = Literal["create", "update", "delete", "query"]
Stage = Literal["before", "instead", "after"]


@dataclass
class Change:
    """What is happening: `row` as stored (None before a create), `values` the columns to be written.

    A hook before a create or update may change `values`; one after sees the stored `row` and, in `previous`, the old
    one. For a query `options` holds the query options as sent (`$filter`…).
    """

    table: str
    row: dict[str, Any] | None = None
    values: dict[str, Any] = field(default_factory=dict)
    previous: dict[str, Any] | None = None
    options: dict[str, str] = field(default_factory=dict)


Hook = Callable[[Context, Change], None]
_hooks: dict[tuple[Event, str, Stage], list[Hook]] = {}


def on(event: Event, table: str, stage: Stage = "before") -> Callable[[Hook], Hook]:
    """Run the decorated function at this event of this table ("*" = every table)."""

    def decorate(hook: Hook) -> Hook:
        _hooks.setdefault((event, table, stage), []).append(hook)
        return hook

    return decorate


def run(event: Event, stage: Stage, context: Context, change: Change) -> bool:
    """Run the hooks; True when there was at least one (which for "instead" means: the work is done)."""
    hooks = [*_hooks.get((event, change.table, stage), ()), *_hooks.get((event, "*", stage), ())]
    for hook in hooks:
        hook(context, change)
    return bool(hooks)
