# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calling operations of an environment without HTTP, for tests that make thousands of calls."""

from __future__ import annotations

from typing import Any

from dataverse_simulator.environments.context import Context
from dataverse_simulator.environments.environment import Environment
from dataverse_simulator.solutions.jobs import settle
from dataverse_simulator.web_api.operations import accept, find_operation


class Caller:
    """Operations of one environment without HTTP, each in its own transaction, jobs ended at once."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        store = environment.store
        self.context = Context(environment, next(row for row in store.find("systemuser") if row["applicationid"]))

    def __call__(self, name: str, **parameters: Any) -> Any:
        operation = find_operation(name)
        assert operation
        with self.environment.store.transaction():
            answer = operation.work(self.context, accept(operation, parameters))
        if answer and "AsyncOperationId" in answer:
            self.environment.clock.advance(60)
            settle(self.environment)
            row = self.environment.store.get("asyncoperation", answer["AsyncOperationId"])
            assert row
            return row["statuscode"] == 30
        return answer
