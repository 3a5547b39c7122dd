# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls of actions and functions: arguments read from body or URL, result as answer."""

from __future__ import annotations

from typing import Any

from ..errors import invalid_query
from .answers import PREFIX, Answers, nothing
from .messages import Answer, json_answer
from .operations import Operation, accept
from .parameters import BadValueError
from .paths import Segment, resolve_alias, split_arguments, typed_literal


def invoke(answers: Answers, operation: Operation, segment: Segment) -> Answer:
    """Run an operation; 405 for the wrong method, 400 for arguments that do not fit its declaration."""
    if operation.kind == "action":
        answers.require_method("POST")
        if segment.arguments:
            raise invalid_query(f"The parameters of the action '{operation.name}' belong into the body.")
        sent = answers.call.json()
    else:
        answers.require_method("GET")
        sent = _function_arguments(answers, operation, segment.arguments or "")
    result = operation.work(answers.context, accept(operation, sent))
    if result is None:
        return nothing()
    type_name = operation.response_type.replace("mscrm.", PREFIX)
    return json_answer(200, {"@odata.context": answers.metadata_url(type_name), **result})


def _function_arguments(answers: Answers, operation: Operation, text: str) -> dict[str, Any]:
    """Literals of the declared types. Names that the function does not have stay, for the check of the names."""
    values: dict[str, Any] = {}
    for name, value in split_arguments(text).items():
        literal = resolve_alias(value, answers.options)
        parameter = operation.parameters.get(name)
        try:
            values[name] = typed_literal(literal, parameter) if parameter else literal
        except BadValueError as error:
            raise invalid_query(f"The value of the parameter '{name}' is wrong. {error}") from error
    return values
