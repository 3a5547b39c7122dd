# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The actions and functions of the simulator.

```python
@action("DeleteAndPromote", {"UniqueName": required("Edm.String")}, answers={"SolutionId": "Edm.Guid"})
def delete_and_promote(context: Context, parameters: dict[str, Any]) -> dict[str, Any] | None: ...

@function("WhoAmI", answers={"UserId": "Edm.Guid"})
@action("ListChildDesktopFlows", bound_to="workflow")      # context.bound is the row
```
The result becomes the body (with `@odata.context`); None is 204 without body. `parameters` holds only what was sent,
converted to the declared types. `answers` are the members of the result by the types that `$metadata` names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ..environments.context import Context
from ..errors import ODataError, invalid_argument, invalid_payload, invalid_query
from .parameters import BadValueError, Parameter, convert

Work = Callable[[Context, dict[str, Any]], "dict[str, Any] | None"]


@dataclass(frozen=True)
class Operation:
    name: str
    kind: Literal["action", "function"]
    work: Work
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    returns: str = ""
    writes: bool = True
    answers: Mapping[str, str] = field(default_factory=dict)
    bound_to: str | None = None

    @property
    def response_type(self) -> str:
        """The type of the result in `$metadata`, "" for an action without one."""
        return self.returns or (f"mscrm.{self.name}Response" if self.answers else "")


_operations: dict[tuple[str, str | None], Operation] = {}


def action(
    name: str,
    parameters: Mapping[str, Parameter] | None = None,
    *,
    bound_to: str | None = None,
    answers: Mapping[str, str] | None = None,
    writes: bool = True,
) -> Callable[[Work], Work]:
    """Declare an action (POST). `writes=False` for one that changes nothing (it then is no write in the journal)."""

    def decorate(work: Work) -> Work:
        _operations[name, bound_to] = Operation(
            name, "action", work, parameters or {}, writes=writes, answers=answers or {}, bound_to=bound_to
        )
        return work

    return decorate


def function(
    name: str,
    parameters: Mapping[str, Parameter] | None = None,
    *,
    bound_to: str | None = None,
    answers: Mapping[str, str] | None = None,
    returns: str = "",
) -> Callable[[Work], Work]:
    """Declare a function (GET); `returns` for one that answers a collection."""

    def decorate(work: Work) -> Work:
        _operations[name, bound_to] = Operation(
            name, "function", work, parameters or {}, returns, False, answers or {}, bound_to
        )
        return work

    return decorate


def find_operation(name: str, bound_to: str | None = None) -> Operation | None:
    return _operations.get((name, bound_to))


def operation_names() -> set[str]:
    return {name for name, _dummy in _operations}


def all_operations() -> list[Operation]:
    return list(_operations.values())


def accept(operation: Operation, sent: Mapping[str, Any]) -> dict[str, Any]:
    """Check names, presence and types of what was sent; 400 as Dataverse words it otherwise."""
    for name in sent:
        if name not in operation.parameters:
            raise _refusal(
                operation,
                f"The parameter '{name}' in the request payload is not a valid parameter for the operation "
                f"'{operation.name}'.",
            )
    for name, parameter in operation.parameters.items():
        if parameter.required and (name not in sent or (parameter.nullable and sent[name] is None)):
            raise invalid_argument(f"Required field '{name}' is missing for the request '{operation.name}'.")
    try:
        return {name: convert(operation.parameters[name], value) for name, value in sent.items()}
    except BadValueError as error:
        raise _refusal(operation, str(error)) from error


def _refusal(operation: Operation, reason: str) -> ODataError:
    if operation.kind == "function":
        return invalid_query(reason)
    return invalid_payload(operation.name, reason)
