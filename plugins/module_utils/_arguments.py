# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that several modules share, as argument specifications.

The documentation fragments ``connection`` and ``wait`` describe the same options; a test holds them together.
This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import os
from typing import Any

from ansible.module_utils.common.parameters import AnsibleFallbackNotFound

AZURE_CLOUDS = {"AzureCloud": "public", "AzureUSGovernment": "gcc_high", "AzureChinaCloud": "china"}


def from_environment(*names: str) -> str:
    """Return the first of the environment variables that says something.

    An empty variable counts as not set: AWX injects one for each credential field that was left empty.
    """
    for name in names:
        if value := os.environ.get(name):
            return value
    raise AnsibleFallbackNotFound


def cloud_from_environment(*names: str) -> str:
    """Return the cloud by our name or, failing that, by the name that Azure credentials use."""
    value = from_environment(*names)
    return AZURE_CLOUDS.get(value, value)


# Credentials have no fallback here. _transport/credentials.py decides which of several credentials counts; one
# given as an option wins over all that the environment offers.
CONNECTION_ARGUMENTS: dict[str, dict[str, Any]] = {
    "environment_url": {
        "type": "str",
        "required": True,
        "fallback": (from_environment, ["POWER_PLATFORM_ENVIRONMENT_URL"]),
    },
    "tenant_id": {"type": "str"},
    "client_id": {"type": "str"},
    "client_secret": {"type": "str", "no_log": True},
    "certificate_path": {"type": "path"},
    "certificate_password": {"type": "str", "no_log": True},
    "federated_token": {"type": "str", "no_log": True},
    "federated_token_path": {"type": "path", "no_log": False},
    "oidc_request_url": {"type": "str"},
    "oidc_request_token": {"type": "str", "no_log": True},
    "oidc_service_connection_id": {"type": "str"},
    "managed_identity": {"type": "bool"},
    "access_token": {"type": "str", "no_log": True},
    "cloud": {
        "type": "str",
        "choices": ["public", "gcc", "gcc_high", "dod", "china"],
        "default": "public",
        "fallback": (cloud_from_environment, ["POWER_PLATFORM_CLOUD", "AZURE_CLOUD_ENVIRONMENT"]),
    },
    "authority": {"type": "str", "fallback": (from_environment, ["POWER_PLATFORM_AUTHORITY"])},
    "validate_certs": {"type": "bool", "default": True},
    "ca_path": {"type": "path", "fallback": (from_environment, ["POWER_PLATFORM_CA_PATH"])},
    "request_timeout": {
        "type": "int",
        "default": 120,
        "fallback": (from_environment, ["POWER_PLATFORM_REQUEST_TIMEOUT"]),
    },
}


def wait_arguments(timeout: int) -> dict[str, dict[str, Any]]:
    """Return the options of tasks that wait for a long operation; ``timeout`` is the default in seconds."""
    return {
        "wait_timeout": {"type": "int", "default": timeout},
        "lock_timeout": {"type": "int", "default": 1800},
        "progress": {"type": "bool", "default": True},
    }
