# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deployment settings in an environment: how they are, what would change, and changing them.

During an import the settings go with it, as component parameters. Without one their rows are written directly, which
touches nothing else, needs no turn in the environment's queue, and takes no shares away.
This file is private to the collection and may change without notice.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .._dataverse.odata import quote
from .._dataverse.rows import Row
from .._errors import ConfigurationError, NoMatchError
from .._packages.package import Package
from .settings import Settings, connector_name, same_connector

if TYPE_CHECKING:
    from .._dataverse.client import DataverseClient


@dataclasses.dataclass(frozen=True)
class Reference:
    """A row of the table connectionreference."""

    id: str
    logical_name: str
    connection_id: str | None
    connector_id: str | None

    @classmethod
    def from_api(cls, row: Row) -> Reference:
        """Return the connection reference in a row."""
        return cls(
            id=row.guid("connectionreferenceid"),
            logical_name=row.text("connectionreferencelogicalname"),
            connection_id=row.optional_text("connectionid"),
            connector_id=row.optional_text("connectorid"),
        )


@dataclasses.dataclass(frozen=True)
class VariableValue:
    """A row of the table environmentvariablevalue."""

    id: str
    definition_id: str
    value: str | None

    @classmethod
    def from_api(cls, row: Row) -> VariableValue:
        """Return the value in a row."""
        definition_id = row.guid("_environmentvariabledefinitionid_value")
        return cls(row.guid("environmentvariablevalueid"), definition_id, row.optional_text("value"))


@dataclasses.dataclass(frozen=True)
class Rows:
    """The rows of an environment that the settings are about, by lower-case name.

    ``definitions`` are ids of environment variable definitions; ``values`` are their value rows.
    """

    references: dict[str, Reference]
    definitions: dict[str, str]
    values: dict[str, VariableValue]
    borrowed: list[Reference]


class Bindings:
    """The settings of one package in one environment. Rows are read once, and anew after each change."""

    def __init__(self, client: DataverseClient, package: Package, settings: Settings) -> None:
        self._client = client
        self._package = package
        self._settings = settings
        self._known: Rows | None = None

    @property
    def _rows(self) -> Rows:
        if self._known is None:
            self._known = self._read()
        return self._known

    @property
    def mentioned(self) -> bool:
        """Whether the user said anything of connections at all."""
        return self._settings.mentions_connections

    def forget(self) -> None:
        """Read the rows anew when they are needed next: the environment has changed."""
        self._known = None

    def _read(self) -> Rows:
        """Source: tables connectionreference, environmentvariabledefinition, environmentvariablevalue."""
        references = self._references()
        names = {reference.logical_name.lower() for reference in self._package.connection_references}
        definitions, values = self._variables(self._settings.variables)
        return Rows(
            references={it.logical_name.lower(): it for it in references if it.logical_name.lower() in names},
            definitions=definitions,
            values=values,
            borrowed=references,
        )

    def _variables(self, names: Iterable[str]) -> tuple[dict[str, str], dict[str, VariableValue]]:
        """Return the ids of the definitions and the value rows of environment variables, by lower-case name."""
        rows = self._matching("environmentvariabledefinitions", "schemaname", names, "environmentvariabledefinitionid")
        definitions = {row.text("schemaname").lower(): row.guid("environmentvariabledefinitionid") for row in rows}
        values = self._matching(
            "environmentvariablevalues",
            "_environmentvariabledefinitionid_value",
            definitions.values(),
            "environmentvariablevalueid,value",
        )
        by_definition = {value.definition_id: value for value in map(VariableValue.from_api, values)}
        return definitions, {name: by_definition[id] for name, id in definitions.items() if id in by_definition}

    def _references(self) -> list[Reference]:
        """Return the package's connection references, and those that use one of the wanted connections already."""
        conditions = [
            *(
                f"connectionreferencelogicalname eq {quote(reference.logical_name)}"
                for reference in self._package.connection_references
            ),
            *(f"connectionid eq {quote(binding.connection_id)}" for binding in self._settings.connections.values()),
        ]
        if not conditions:
            return []
        rows = self._client.list_matching(
            "connectionreferences",
            conditions,
            select="connectionreferenceid,connectionreferencelogicalname,connectionid,connectorid",
        )
        return [Reference.from_api(row) for row in rows]

    def _matching(self, entity_set: str, column: str, wanted: Iterable[str], columns: str) -> list[Row]:
        is_lookup = column.startswith("_")
        conditions = [f"{column} eq {value if is_lookup else quote(value)}" for value in wanted]
        return self._client.list_matching(entity_set, conditions, select=f"{columns},{column}") if conditions else []

    def check_connectors(self) -> None:
        """Raise ``ConfigurationError`` when a wanted connection is in use by a reference of another connector."""
        needed = {reference.logical_name: reference.connector_id for reference in self._package.connection_references}
        for name, binding in self._settings.connections.items():
            used = [it for it in self._rows.borrowed if it.connection_id == binding.connection_id]
            for it in used:
                if it.connector_id and not same_connector(it.connector_id, needed[name]):
                    raise ConfigurationError(
                        f"{name} needs a connection of {connector_name(needed[name])}, {binding.connection_id} is one"
                        f" of {connector_name(it.connector_id)} (used by {it.logical_name}):"
                        " give the id of another connection."
                    )

    def unbound(self) -> list[str]:
        """Return the package's connection references that would have no connection after an import."""
        return [
            reference.logical_name
            for reference in self._package.connection_references
            if reference.logical_name not in self._settings.connections and not self._connection(reference.logical_name)
        ]

    def valueless(self) -> list[str]:
        """Return the package's environment variables that would have no value after an import."""
        without = [
            variable.schema_name
            for variable in self._package.environment_variables
            if not variable.default_value
            and not variable.value
            and variable.schema_name not in self._settings.variables
        ]
        _definitions, values = self._variables(without)
        valued = {name for name, it in values.items() if it.value}
        return [name for name in without if name.lower() not in valued]

    def changes(self) -> dict[str, list[str]]:
        """Return the names of the settings that the environment has otherwise, or not at all; values stay unsaid."""
        return {
            "connection_references": [
                name
                for name, binding in self._settings.connections.items()
                if self._connection(name) != binding.connection_id
            ],
            "environment_variables": [
                name for name, value in self._settings.variables.items() if self._value(name) != value
            ],
        }

    def _connection(self, name: str) -> str | None:
        reference = self._rows.references.get(name.lower())
        return reference.connection_id if reference else None

    def _value(self, name: str) -> str | None:
        value = self._rows.values.get(name.lower())
        return value.value if value else None

    def component_parameters(self) -> list[dict[str, Any]]:
        """Return the settings for an import. Source: Web API ImportSolutionAsync, parameter ComponentParameters."""
        connectors = {
            reference.logical_name: reference.connector_id for reference in self._package.connection_references
        }
        connections = [
            {
                "@odata.type": "Microsoft.Dynamics.CRM.connectionreference",
                "connectionreferencelogicalname": name,
                "connectionid": binding.connection_id,
                "connectorid": connectors[name],
                "connectionreferencedisplayname": "",
                "description": "",
            }
            for name, binding in self._settings.connections.items()
        ]
        variables = [
            {
                "@odata.type": "Microsoft.Dynamics.CRM.environmentvariablevalue",
                "schemaname": name,
                "value": value,
                **_value_id(self._rows.values.get(name.lower())),
            }
            for name, value in self._settings.variables.items()
        ]
        return connections + variables

    def apply(self) -> None:
        """Write the settings that differ. Source: tables connectionreference, environmentvariablevalue."""
        changes = self.changes()
        for name in changes["connection_references"]:
            row = self._rows.references.get(name.lower())
            if row is None:
                raise self._missing("connection reference", name)
            connection = {"connectionid": self._settings.connections[name].connection_id}
            self._client.update("connectionreferences", row.id, connection)
        for name in changes["environment_variables"]:
            self._apply_variable(name)
        self.forget()

    def _apply_variable(self, name: str) -> None:
        value = {"value": self._settings.variables[name]}
        row = self._rows.values.get(name.lower())
        definition = self._rows.definitions.get(name.lower())
        if row:
            self._client.update("environmentvariablevalues", row.id, value)
        elif definition:
            bind = {"EnvironmentVariableDefinitionId@odata.bind": f"/environmentvariabledefinitions({definition})"}
            self._client.create("environmentvariablevalues", {"schemaname": name, **value, **bind})
        else:
            raise self._missing("environment variable", name)

    def _missing(self, kind: str, name: str) -> NoMatchError:
        return NoMatchError(
            f"The {kind} {name} of {self._package.unique_name} {self._package.version} is missing in"
            f" {self._client.environment_url}: set force=true to import the package again."
        )


def _value_id(row: VariableValue | None) -> dict[str, str]:
    return {"environmentvariablevalueid": row.id} if row else {}
