# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The door of the real module: runs wherever Ansible can run a module, for example on a jump host.

This file is private to the collection and may change without notice.
"""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule

from ._errors import ConfigurationError
from ._text import require_sendable
from ._work import ModuleDefinition, Work, perform


class _Module(AnsibleModule):  # type: ignore[misc]
    """Refuses texts that cannot be sent before Ansible fails at logging them."""

    def _log_invocation(self) -> None:
        try:
            require_sendable(self.params)
        except ConfigurationError as error:
            self.fail_json(**error.to_result())
        super()._log_invocation()


def run_module(definition: ModuleDefinition) -> None:
    """Read the task's options as AnsibleModule does, do the work, and print the result."""
    module = _Module(**definition.validation(), supports_check_mode=True)
    outcome = perform(definition, Work(module.params, check_mode=module.check_mode, warn=module.warn))
    module.no_log_values.update(outcome.secrets)
    if outcome.failed:
        module.fail_json(**outcome.result)
    module.exit_json(**outcome.result)
