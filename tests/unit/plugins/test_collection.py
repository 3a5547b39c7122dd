# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in several places of the collection says the same everywhere."""

from __future__ import annotations

import importlib
import pathlib
import re
from types import ModuleType
from typing import Any

import pytest
import yaml
from ansible_collections.coe.power_platform.plugins.doc_fragments import connection, import_options, wait
from ansible_collections.coe.power_platform.plugins.module_utils._arguments import CONNECTION_ARGUMENTS, wait_arguments
from ansible_collections.coe.power_platform.plugins.module_utils._plan.deployment import IMPORT_ARGUMENTS
from ansible_collections.coe.power_platform.plugins.module_utils._version import VERSION

ROOT = pathlib.Path(__file__).parents[3]
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("[!_]*.py"))
WITHOUT_ENVIRONMENT = {"solution_package_info"}


def _read(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"ansible_collections.coe.power_platform.plugins.modules.{name}")


def test_version_is_that_of_the_collection() -> None:
    assert _read("galaxy.yml")["version"] == VERSION


def test_action_group_holds_every_module_with_a_connection() -> None:
    assert _read("meta/runtime.yml")["action_groups"]["all"] == sorted(set(MODULES) - WITHOUT_ENVIRONMENT)


def test_every_module_has_an_action_plugin_of_its_own_name() -> None:
    plugins = sorted(path.stem for path in (ROOT / "plugins" / "action").glob("*.py"))
    assert plugins == MODULES
    for name in MODULES:
        action = importlib.import_module(f"ansible_collections.coe.power_platform.plugins.action.{name}").ActionModule
        assert action.definition is _module(name).MODULE
    assert "plugin_routing" not in _read("meta/runtime.yml")


@pytest.mark.parametrize("name", MODULES)
def test_module_has_tests_of_both_kinds(name: str) -> None:
    assert list((ROOT / "tests" / "unit" / "plugins" / "modules").glob(f"test_{name}*.py"))
    assert (ROOT / "tests" / "integration" / "targets" / name / "tasks" / "main.yml").is_file()


@pytest.mark.parametrize("name", MODULES)
def test_readme_lists_the_module(name: str) -> None:
    assert f"`{name}`" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", MODULES)
def test_module_takes_the_environment_unless_it_needs_none(name: str) -> None:
    assert _module(name).MODULE.needs_environment == (name not in WITHOUT_ENVIRONMENT)


def test_playbooks_take_every_option_of_the_connection_from_a_variable() -> None:
    given = _read("roles/connection/defaults/main.yml")["connection_arguments"]
    option = re.compile(r"'(\w+)': power_platform_\1 \| default\(omit\),")
    assert sorted(option.findall(given)) == sorted(CONNECTION_ARGUMENTS.keys() - {"environment_url"})
    assert option.sub("", given).split() == ["{{", "{", "}", "}}"]


def test_shared_flow_validates_the_arguments_of_flow_permissions_too() -> None:
    def arguments(role: str) -> dict[str, Any]:
        options = _read(f"roles/{role}/meta/argument_specs.yml")["argument_specs"]["main"]["options"]
        return {
            name: {key: value for key, value in option.items() if key != "description"}
            for name, option in options.items()
            if name.startswith("flow_permissions_")
        }

    assert arguments("shared_flow") == arguments("flow_permissions")


@pytest.mark.parametrize(
    ("fragment", "arguments"),
    [
        (connection.ModuleDocFragment, CONNECTION_ARGUMENTS),
        (import_options.ModuleDocFragment, IMPORT_ARGUMENTS),
        (wait.ModuleDocFragment, {key: spec for key, spec in wait_arguments(1).items() if key != "wait_timeout"}),
    ],
)
def test_fragment_describes_the_options_that_the_modules_take(fragment: Any, arguments: dict[str, Any]) -> None:
    documented = yaml.safe_load(fragment.DOCUMENTATION)["options"]
    assert documented.keys() == arguments.keys()
    for name, spec in arguments.items():
        assert documented[name]["type"] == spec["type"]
        assert documented[name].get("default") == spec.get("default")
        assert documented[name].get("choices") == spec.get("choices")
