# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deployment settings as the user gives them: connections of connection references, values of environment variables.

Nothing here talks to an environment. This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .._errors import UNREADABLE, ConfigurationError
from .._files import read_regular
from .._packages.package import Package
from .._text import listed, require_sendable
from .variable_values import value_text

_SHAPE = (
    '{"EnvironmentVariables": [{"SchemaName": …, "Value": …}],'
    ' "ConnectionReferences": [{"LogicalName": …, "ConnectionId": …, "ConnectorId": …}]}'
)


@dataclasses.dataclass(frozen=True)
class Binding:
    """The connection that a connection reference shall use, and the connector that the user says it is of."""

    connection_id: str
    connector_id: str | None = None


@dataclasses.dataclass(frozen=True)
class Settings:
    """What the user wants, by the names that the user wrote; entries without a value are left out.

    ``mentions_connections`` says that there are entries for connections, be they empty.
    """

    connections: Mapping[str, Binding]
    variables: Mapping[str, Any]
    mentions_connections: bool = False


def read_settings(
    deployment_settings: Any,
    connection_references: Mapping[str, str] | None,
    environment_variables: Mapping[str, Any] | None,
) -> Settings:
    """Return the settings of the three options; the two dictionaries win over ``deployment_settings``.

    What is null is not given, and so is what is empty in ``deployment_settings``, where pac leaves it to be filled in.
    ``deployment_settings`` is the path of a file made by ``pac solution create-settings``, or its content.
    Raises ``ConfigurationError`` when it has another shape.
    """
    document = _document(deployment_settings)
    references, values = _given(connection_references), _given(environment_variables)
    if empty := sorted(name for name, id in references.items() if not str(id).strip()):
        raise ConfigurationError(f"connection_references: {listed(empty)} is given no connection: leave it out.")
    connections = {
        entry["LogicalName"]: Binding(str(entry["ConnectionId"]), entry.get("ConnectorId"))
        for entry in _entries(document, "ConnectionReferences", "LogicalName", "ConnectionId")
    }
    variables = {
        entry["SchemaName"]: entry["Value"]
        for entry in _entries(document, "EnvironmentVariables", "SchemaName", "Value")
    }
    return Settings(
        connections={
            **_without(connections, references),
            **{name: Binding(str(id).strip()) for name, id in references.items()},
        },
        variables={**_without(variables, values), **values},
        mentions_connections=bool(document.get("ConnectionReferences") or references),
    )


def _given(settings: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (settings or {}).items() if value is not None}


def _document(deployment_settings: Any) -> Mapping[str, Any]:
    if deployment_settings is None:
        return {}
    document = deployment_settings
    if isinstance(deployment_settings, str):
        document = _file(os.path.expanduser(deployment_settings))
    require_sendable({"deployment_settings": document})
    if not isinstance(document, Mapping):
        raise ConfigurationError(
            f"deployment_settings must be the path of a file or a dictionary of the shape {_SHAPE}."
        )
    if unknown := set(document) - {"EnvironmentVariables", "ConnectionReferences"}:
        raise ConfigurationError(
            f"deployment_settings has the unknown keys {listed(sorted(map(str, unknown)))}: its shape is {_SHAPE}.",
            unknown_keys=sorted(map(str, unknown)),
        )
    return document


def _file(path: str) -> Any:
    try:
        return json.loads(read_regular(path).decode("utf-8-sig"))
    except OSError as error:
        raise ConfigurationError(
            f"deployment_settings: the file {path} cannot be read ({error.strerror}): check the path."
        ) from error
    except UNREADABLE as error:
        raise ConfigurationError(
            f"deployment_settings: the file {path} is not JSON ({error}):"
            " make it anew with pac solution create-settings."
        ) from error


def _entries(document: Mapping[str, Any], key: str, name: str, value: str) -> Iterator[Mapping[str, Any]]:
    """Yield the entries of a list that have a value; pac writes empty ones for the user to fill in."""
    entries = document.get(key) or []
    if not isinstance(entries, list):
        raise ConfigurationError(f"deployment_settings: {key} is no list: its shape is {_SHAPE}.")
    seen: set[str] = set()
    for index, entry in enumerate(entries):
        if not isinstance(entry, Mapping) or not isinstance(entry.get(name), str):
            raise ConfigurationError(f"deployment_settings: {key}[{index}] has no {name}: its shape is {_SHAPE}.")
        if entry[name].lower() in seen:
            raise ConfigurationError(f"deployment_settings: {key} names {entry[name]} twice: remove one of the two.")
        seen.add(entry[name].lower())
        if entry.get(value) not in (None, ""):
            yield entry


def _without(settings: Mapping[str, Any], winners: Mapping[str, Any]) -> dict[str, Any]:
    names = {name.lower() for name in winners}
    return {name: value for name, value in settings.items() if name.lower() not in names}


def settings_of_package(settings: Settings, package: Package) -> Settings:
    """Return the settings by the names of the package, and values as the platform keeps them.

    Raises ``ConfigurationError`` that names every setting the package does not know, and every connection that is
    said to be of another connector than its reference.
    """
    references = {reference.logical_name.lower(): reference for reference in package.connection_references}
    variables = {variable.schema_name.lower(): variable for variable in package.environment_variables}
    mistakes = [
        *_unknown("connection reference", settings.connections, [r.logical_name for r in references.values()]),
        *_unknown("environment variable", settings.variables, [v.schema_name for v in variables.values()]),
    ]
    for name, binding in settings.connections.items():
        reference = references.get(name.lower())
        if reference and binding.connector_id and not same_connector(binding.connector_id, reference.connector_id):
            mistakes.append(
                f"{reference.logical_name} needs a connection of {connector_name(reference.connector_id)} but is given"
                f" one of {connector_name(binding.connector_id)}"
            )
    texts: dict[str, str] = {}
    for name, value in settings.variables.items():
        if variable := variables.get(name.lower()):
            try:
                texts[variable.schema_name] = value_text(value, variable.type)
            except ValueError as error:
                where = "environment_variables or deployment_settings"
                mistakes.append(f"the value of {variable.schema_name} ({where}) {error}")
    if mistakes:
        raise ConfigurationError(
            f"The settings do not fit the package {package.unique_name} {package.version}: {listed(mistakes, '; ')}.",
            mistakes=mistakes,
        )
    return Settings(
        connections={references[name.lower()].logical_name: binding for name, binding in settings.connections.items()},
        variables=texts,
        mentions_connections=settings.mentions_connections,
    )


def leave_to_others(settings: Settings, package: Package, others: Iterable[Package]) -> Settings:
    """Return the settings without those that the package does not know and another one does."""
    known = _names(package)
    foreign = {name for other in others for name in _names(other)} - known
    connections = {name: it for name, it in settings.connections.items() if name.lower() not in foreign}
    return Settings(
        connections=connections,
        variables={name: it for name, it in settings.variables.items() if name.lower() not in foreign},
        mentions_connections=bool(connections) or (settings.mentions_connections and not settings.connections),
    )


def _names(package: Package) -> set[str]:
    """Return the lower-case names that settings of a package may have."""
    references = {reference.logical_name.lower() for reference in package.connection_references}
    return references | {variable.schema_name.lower() for variable in package.environment_variables}


def _unknown(kind: str, given: Mapping[str, Any], known: list[str]) -> Iterator[str]:
    lower, has = {name.lower() for name in known}, listed(sorted(known)) or "none"
    for name in given:
        if name.lower() not in lower:
            yield f"it has no {kind} {name} (it has {has})"


def connector_name(connector_id: str) -> str:
    """Return the last part of a connector's id, for example ``shared_sharepointonline``."""
    return connector_id.rpartition("/")[2]


def same_connector(left: str, right: str) -> bool:
    """Tell whether two ids mean the same connector, written with or without the path of its provider."""
    return connector_name(left).lower() == connector_name(right).lower()
