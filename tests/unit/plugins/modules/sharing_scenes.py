# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Environments with many flows, principals and shares, and runs of desktop_flow_share without a door."""

from __future__ import annotations

from collections.abc import Iterable
from types import ModuleType
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.coe.power_platform.plugins.module_utils._work import Work, perform
from ansible_collections.coe.power_platform.plugins.modules import desktop_flow_share


def run(connection: dict[str, Any], shares: list[dict[str, Any]], **params: Any) -> dict[str, Any]:
    """Do the work of desktop_flow_share and return its result; may be called from several threads."""
    return work(desktop_flow_share, {"shares": shares, **connection, **params})


def work(module: ModuleType, params: dict[str, Any], **options: Any) -> dict[str, Any]:
    """Do the work of a module and return its result; may be called from several threads. Options are those of Work."""
    validation = ArgumentSpecValidator(**module.MODULE.validation()).validate(params)
    assert not validation.error_messages, validation.error_messages
    return perform(module.MODULE, Work(validation.validated_parameters, **options)).result


def make_flows(environment: Any, count: int) -> list[str]:
    """Make desktop flows and return their ids; each is named ``Many <number>``."""
    owner = environment.store.first("systemuser", domainname="jane.doe@contoso.example")
    return [
        environment.store.insert(
            "workflow",
            {
                "name": f"Many {number}",
                "category": 6,
                "type": 1,
                "uiflowtype": 2,
                "statecode": 1,
                "statuscode": 2,
                "ownerid": owner["systemuserid"],
                "owneridtype": "systemuser",
            },
        )["workflowid"]
        for number in range(count)
    ]


def make_users(environment: Any, count: int) -> list[str]:
    """Make users and return their ids; each is named ``many<number>@contoso.example``."""
    template = environment.store.first("systemuser", domainname="john.smith@contoso.example")
    return [
        environment.store.insert(
            "systemuser",
            {
                "domainname": f"many{number}@contoso.example",
                "fullname": f"Many {number}",
                "businessunitid": template["businessunitid"],
            },
        )["systemuserid"]
        for number in range(count)
    ]


def give(environment: Any, shares: Iterable[tuple[str, str, str, int]]) -> None:
    """Put shares (flow, table, principal, mask) into an environment by hand."""
    with environment.store.transaction():
        for flow_id, table, principal_id, mask in shares:
            environment.store.insert(
                "principalobjectaccess",
                {
                    "objectid": flow_id,
                    "objecttypecode": "workflow",
                    "principalid": principal_id,
                    "principaltypecode": table,
                    "accessrightsmask": mask,
                },
            )


def other_warnings(environment: Any, result: dict[str, Any]) -> list[str]:
    """Return the warnings but for the one that is due where the table of shares hides some, and only there."""
    hidden = [text for text in result["warnings"] if "flow by flow" in text]
    assert len(hidden) == (environment.settings.visible_shares == "own"), result
    return [text for text in result["warnings"] if text not in hidden]


def taken(environment: Any, number: int) -> int:
    """Return how many of so many shares an upgrade takes away: none where upgrades keep shares (a switch)."""
    return 0 if environment.settings.upgrade_keeps_shares else number


def held(environment: Any) -> dict[tuple[str, str], int]:
    """Return the masks of all explicit shares of flows by flow and principal."""
    return {
        (row["objectid"], row["principalid"]): row["accessrightsmask"]
        for row in environment.store.find("principalobjectaccess", objecttypecode="workflow")
        if row["accessrightsmask"]
    }
