# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts that no service takes, in every option of every module; and names on their way from anywhere to the user."""

from __future__ import annotations

import importlib
import json
import pathlib
import pkgutil
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from ansible_collections.coe.power_platform.plugins import modules as _modules
from ansible_collections.coe.power_platform.plugins.module_utils._errors import ConfigurationError
from ansible_collections.coe.power_platform.plugins.module_utils._transport import credentials as _credentials
from ansible_collections.coe.power_platform.plugins.modules import desktop_flow_share, solution_import, solution_info
from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.unusual_files import KINDS, unusual_file
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.sharing_scenes import make_flows, make_users
from ansible_collections.coe.power_platform.tests.unit.plugins.modules.solution_scenes import release

MODULES = [name for _finder, name, _package in pkgutil.iter_modules(_modules.__path__)]
SOUND = {"environment_url": "https://contoso.crm4.dynamics.com", "access_token": "eyJhbGciOi"}
EVIL = "A\x1b[2J\u202eB\nC\x9b"
SCREEN = 2000
FILES = ["certificate_path", "ca_path", "deployment_settings", "src"]


def is_plain(text: str) -> bool:
    return all(unicodedata.category(one) not in ("Cc", "Cf", "Cs", "Zl", "Zp") for one in text)


def filled(option: Mapping[str, Any], text: str) -> Iterator[Any]:
    """Yield values of an option that hold a text, one for each place that takes texts."""
    if option.get("choices"):
        return
    if "options" in option:
        sound = {name: f"x{name}" for name, inner in option["options"].items() if inner.get("required")}
        for name, inner in option["options"].items():
            rows = [{**sound, name: value} for value in filled(inner, text)]
            yield from ([row] if option["type"] == "list" else row for row in rows)
    elif option["type"] in ("str", "path"):
        yield text
    elif option["type"] in ("dict", "raw"):
        yield from ({"name": text}, {text: "value"})
    elif option["type"] == "list" and option.get("elements") in ("str", "path"):
        yield ["fine", text]


def options_of(name: str) -> Iterator[tuple[Any, str, Any]]:
    module: Any = importlib.import_module(f"{_modules.__name__}.{name}")
    for option, specification in module.MODULE.validation()["argument_spec"].items():
        for bad in ("\ud800", "a\0b"):
            for value in filled(specification, bad):
                yield module, option, value


def _sound(option: Mapping[str, Any]) -> Any:
    if option["type"] == "list":
        return ["x"] if option["elements"] == "path" else [{"desktop_flow": "F"}]
    return option["choices"][0] if option.get("choices") else "x"


@pytest.mark.parametrize("name", MODULES)
def test_no_option_takes_a_text_that_cannot_be_sent(name: str, run_module: Any) -> None:
    count = 0
    for module, option, value in options_of(name):
        specification = module.MODULE.validation()
        needed = {key: one for key, one in specification["argument_spec"].items() if one.get("required")}
        others = {key: _sound(one) for key, one in needed.items()}
        rest = {names[0]: "x" for names in specification["required_one_of"] if option not in names}
        rest.update({key: "x" for names in specification["required_together"] if option in names for key in names})
        known = {key: text for key, text in SOUND.items() if key in specification["argument_spec"]}
        result = run_module(module, **{**others, **rest, **known, option: value})
        assert result["failed"]
        assert is_plain(result["msg"])
        assert result["msg"].startswith(option), result["msg"]
        count += 1
    assert count > 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("option", FILES)
def test_a_file_is_a_regular_one_of_a_sensible_size(
    tmp_path: pathlib.Path, run_module: Any, option: str, kind: str
) -> None:
    if (option, kind) == ("ca_path", "folder"):
        pytest.skip("authorities may lie in a folder")
    path = unusual_file(tmp_path, kind)
    params: dict[str, Any] = {**SOUND, "src": release(tmp_path, "1.0.0.0"), "tenant_id": "t", "client_id": "c"}
    if option == "certificate_path":
        del params["access_token"]
    result = run_module(solution_import, **{**params, option: path})
    assert result["failed"]
    assert result["msg"].startswith(f'The package "{path}"' if option == "src" else option)
    assert path in result["msg"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_federated_token_lies_in_a_regular_file(tmp_path: pathlib.Path, kind: str) -> None:
    path = unusual_file(tmp_path, kind)
    with pytest.raises(ConfigurationError, match=f"^federated_token_path {path} cannot be read: "):
        _credentials._read_token(path)


@pytest.mark.parametrize("name", ["CLIENT_SECRET", "CERTIFICATE_PASSWORD", "TENANT_ID", "CLIENT_ID"])
def test_no_environment_variable_gives_a_text_that_cannot_be_sent(
    run_module: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for other in ("CLIENT_SECRET", "TENANT_ID", "CLIENT_ID"):
        monkeypatch.setenv(f"POWER_PLATFORM_{other}", "sound")
    if name == "CERTIFICATE_PASSWORD":
        monkeypatch.delenv("POWER_PLATFORM_CLIENT_SECRET")
        monkeypatch.setenv("POWER_PLATFORM_CERTIFICATE_PATH", "/certificate.pem")
    monkeypatch.setenv(f"POWER_PLATFORM_{name}", "\udcff")
    result = run_module(solution_info, environment_url=SOUND["environment_url"])
    assert result["msg"].startswith(f"POWER_PLATFORM_{name}")
    assert result["failed"]


@pytest.mark.parametrize(
    "content",
    ["[" * 100_000, '{"a":' * 100_000, "1" * 5000, "\x00", "NaN", '{"EnvironmentVariables": 1e999}', '"\\ud800"']
    + [f'{{"EnvironmentVariables": [{{"SchemaName": "a", "Value": {value}}}]}}' for value in ('"\\ud800"', '"\\u0000"')]
    + ['{"EnvironmentVariables": [{"SchemaName": "\\ud800", "Value": "1"}]}', '{"\\udfff": []}'],
    ids=lambda text: ascii(text[:40]),
)
def test_settings_are_read_or_refused(tmp_path: pathlib.Path, run_module: Any, content: str) -> None:
    (tmp_path / "settings.json").write_text(content)
    src = release(tmp_path, "1.0.0.0", variables={"a": None})
    result = run_module(solution_import, src=src, deployment_settings=str(tmp_path / "settings.json"), **SOUND)
    assert result["failed"]
    assert result["msg"].startswith("deployment_settings")
    assert is_plain(result["msg"])


@pytest.mark.parametrize("value", ["1e999", "-1e999", "[" * 400 + "1e999" + "]" * 400])
def test_values_that_json_cannot_express_are_refused(tmp_path: pathlib.Path, run_module: Any, value: str) -> None:
    settings = tmp_path / "settings.json"
    settings.write_text(f'{{"EnvironmentVariables": [{{"SchemaName": "a", "Value": {value}}}]}}')
    src = release(tmp_path, "1.0.0.0", variables={"a": None})
    result = run_module(solution_import, src=src, deployment_settings=str(settings), **SOUND)
    assert result["failed"]
    assert "environment_variables" in result["msg"] or "deployment_settings" in result["msg"]


def test_names_of_an_environment_reach_the_terminal_spelled_out(simulator: Any, run_module: Any) -> None:
    environment, connection = simulator.environment("prod"), simulator.connection("prod")
    flow, user = make_flows(environment, 1)[0], make_users(environment, 1)[0]
    with environment.store.transaction():
        environment.store.update("workflow", flow, {"name": EVIL})
        environment.store.update("systemuser", user, {"fullname": EVIL})
    share = {"desktop_flow": flow, "principals": [{"user": user}], "exclusive": True}
    done = run_module(desktop_flow_share, shares=[share], audit=True, fail_on_drift=True, **connection)
    assert done["failed"]
    assert done["drift"][0]["desktop_flow"] == EVIL
    assert is_plain(done["msg"] + done["drift"][0]["message"])
    assert r"A\x1b[2J\u202eB\nC\x9b" in done["msg"]
    done = run_module(desktop_flow_share, shares=[share], **connection)
    assert done["changes"][0]["desktop_flow"] == EVIL
    assert is_plain("".join(done["diff"]["after"]) + json.dumps(done["diff"], ensure_ascii=False))


def test_names_of_a_package_reach_the_terminal_spelled_out(
    simulator: Any, tmp_path: pathlib.Path, run_module: Any
) -> None:
    from ansible_collections.coe.power_platform.tests.unit.plugins.module_utils.package_maker import (
        DesktopFlow,
        flow_id,
        package_files,
        write_package,
    )

    name = "A\x85\u202eB\u2028C\x9b31m\n"
    path = write_package(tmp_path / "p.zip", package_files([DesktopFlow(flow_id(1), name)], unique_name="SharedFlows"))
    done = run_module(solution_import, check_mode=True, src=path, **simulator.connection("prod"))
    flows = done["plan"]["flows"]["added"]
    assert [flow["name"] for flow in flows] == [name]
    told = [*done["plan_text"].split("\n"), *done["diff"]["after"].split("\n"), *done["diff"]["before"].split("\n")]
    assert all(map(is_plain, told))
    assert any(r"A\x85\u202eB\u2028C\x9b31m\n" in line for line in told)


def test_thousands_of_mistakes_fit_on_a_screen(simulator: Any, run_module: Any) -> None:
    shares = [{"desktop_flow": "F", "solution": "S"}] * 20_000
    result = run_module(desktop_flow_share, shares=shares, **simulator.connection("prod"))
    assert len(result["msg"]) < SCREEN
    assert " and 19995 more" in result["msg"]
    assert len(result["failure"]["mistakes"]) == 20_000


def test_many_unknown_settings_fit_on_a_screen(tmp_path: pathlib.Path, run_module: Any) -> None:
    src = release(tmp_path, "1.0.0.0", references={f"con_{number}": "shared_x" for number in range(2000)})
    unknown = {f"x{number}": "1" for number in range(20_000)}
    result = run_module(solution_import, src=src, environment_variables=unknown, connection_references=unknown, **SOUND)
    assert len(result["msg"]) < SCREEN
    assert " and 39995 more" in result["msg"]
    assert len(result["failure"]["mistakes"]) == 40_000


def test_many_unbound_references_fit_on_a_screen(simulator: Any, tmp_path: pathlib.Path, run_module: Any) -> None:
    src = release(tmp_path, "1.0.0.0", references={f"con_{number}": "shared_x" for number in range(500)})
    result = run_module(
        solution_import, src=src, connection_references={"con_0": "c"}, check_mode=True, **simulator.connection("prod")
    )
    assert result["failed"]
    assert len(result["msg"]) < SCREEN
    assert " and 494 more" in result["msg"]
    assert len(result["failure"]["unbound_references"]) == 499


def test_a_name_of_a_megabyte_is_cut_in_the_message(run_module: Any, tmp_path: pathlib.Path) -> None:
    src = release(tmp_path, "1.0.0.0")
    result = run_module(solution_info, name="x" * 1_000_000, package=src, **SOUND)
    assert len(result["msg"]) < SCREEN
    assert result["msg"].endswith("or give a package of that solution.")
