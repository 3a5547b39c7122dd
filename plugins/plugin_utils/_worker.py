# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The door of the controller's worker: does a module's work without starting a Python process for it.

A task that starts a module pays for a new Python, for unpacking the module and for its imports; here it pays for none
of them. Tasks that must run elsewhere (another connection, another user, in the background) go to the real module.

Each module has an action plugin of its own name, since that is the only one that Ansible's strategies load in the
process that all workers are forked from: what it imports is imported once, not by each worker anew.
This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import ssl
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from ansible import constants
from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator, ValidationResult
from ansible.module_utils.common.parameters import remove_values
from ansible.module_utils.errors import UnsupportedError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..module_utils._transport import http as _http
from ..module_utils._work import ModuleDefinition, Work, perform

# Paid here, in the process that all workers are forked from: msal, which sign-in imports only when it is needed, and
# what OpenSSL loads for the first context of a process. The context itself is dropped; each task makes its own.
with contextlib.suppress(ImportError):
    import msal  # noqa: F401  # pylint: disable=unused-import
ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

SWITCH = "power_platform_in_worker"


class ActionModule(ActionBase):
    """Do a module's work in the worker, or hand over to the real module."""

    definition: ClassVar[ModuleDefinition]
    """The module's own, given by the action plugin of its name."""

    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return what the real module would return, key for key."""
        task_vars = task_vars or {}
        result = super().run(tmp, task_vars)
        if not self._can_run_here(task_vars):
            in_background = self._task.async_val and not self._connection.has_native_async
            arguments = self._with_whole_paths() if self._connection.transport == "local" else self._task.args
            done = self._execute_module(module_args=arguments, task_vars=task_vars, wrap_async=in_background)
            return {**result, **done}
        with self._task_environment():
            return {**result, **self._run_here(task_vars)}

    def _can_run_here(self, task_vars: dict[str, Any]) -> bool:
        wanted = boolean(self._templar.template(task_vars.get(SWITCH, True)))
        local = self._connection.transport == "local" and not self._connection.become
        return wanted and local and not self._task.async_val and _http.REQUESTS_FOUND

    def _with_whole_paths(self) -> dict[str, Any]:
        """Return the task's options with paths that mean the same through both doors: from where Ansible was started.

        With a local connection a module starts in the folder of the playbook, which may be that of the collection.
        """
        specification = self.definition.validation()["argument_spec"]
        return {name: _whole(value, specification.get(name, {})) for name, value in self._task.args.items()}

    @contextlib.contextmanager
    def _task_environment(self) -> Iterator[None]:
        """Show the task's ``environment`` keyword to options that fall back on environment variables."""
        before = dict(os.environ)
        task_environment: dict[str, Any] = {}
        self._compute_environment_string(task_environment)
        os.environ.update({name: str(value) for name, value in task_environment.items()})
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)

    def _run_here(self, task_vars: dict[str, Any]) -> dict[str, Any]:
        validation = ArgumentSpecValidator(**self.definition.validation()).validate(_as_sent(self._with_whole_paths()))
        secrets: set[str] = set(validation._no_log_values)  # pylint: disable=protected-access
        warnings: list[str] = []
        if validation.error_messages:
            result = {"failed": True, "msg": self._validation_message(validation)}
        else:
            work = Work(
                validation.validated_parameters,
                check_mode=self._task.check_mode,
                environment_name=task_vars.get("inventory_hostname"),
                warn=warnings.append,
                report=Display().display,
            )
            outcome = perform(self.definition, work)
            result, secrets = outcome.result, secrets | outcome.secrets
        if warnings:
            result["warnings"] = warnings
        if _tells_invocation(task_vars):
            result["invocation"] = {"module_args": validation.validated_parameters}
        return _without_secrets(result, secrets)

    def _validation_message(self, validation: ValidationResult) -> str:
        """Return what AnsibleModule says of the same mistake."""
        if isinstance(validation.errors[0], UnsupportedError):
            return f"Unsupported parameters for ({self._task.action}) module: {validation.errors.msg}"
        return str(validation.errors.msg)


def _whole(value: Any, option: Mapping[str, Any]) -> Any:
    """Return an option's value with relative paths made whole; a text given for a raw option is a path too."""
    if option.get("elements") == "path" and isinstance(value, (str, list)):
        return [_whole(text, {"type": "path"}) for text in (value.split(",") if isinstance(value, str) else value)]
    is_path = isinstance(value, str) and option.get("type") in ("path", "raw")
    # Homes and variables are those of the user and machine that the module runs as and on.
    return os.path.join(os.getcwd(), value) if is_path and value and value[0] not in "~$" else value


def _as_sent(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return a task's options as the real module receives them: plain JSON, values from a vault decrypted."""
    sent: dict[str, Any] = json.loads(json.dumps(arguments, default=_as_text))
    return sent


def _as_text(value: Any) -> str:
    """Return a value from a vault decrypted, and a date of YAML as Ansible sends it."""
    return value.isoformat() if isinstance(value, datetime.date) else str(value)


def _tells_invocation(task_vars: dict[str, Any]) -> bool:
    """Whether the real module's result holds its options: always before ansible-core 2.21, then as configured."""
    try:
        return bool(constants.config.get_config_value("INJECT_INVOCATION", variables=task_vars))
    except AnsibleError:
        return True


def _without_secrets(result: dict[str, Any], secrets: set[str]) -> dict[str, Any]:
    """Return a result as the real module prints it: plain JSON, with no secret in it."""
    flags = {key: value for key, value in result.items() if value is None or isinstance(value, bool)}
    cleaned: dict[str, Any] = remove_values(json.loads(json.dumps(result)), secrets)
    return {**cleaned, **flags}
