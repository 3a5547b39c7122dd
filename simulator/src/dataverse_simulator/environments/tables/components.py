# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connection references, connectors, environment variables and notes.

Source: reference/entities/{connectionreference,environmentvariabledefinition,annotation}.md of
MicrosoftDocs/powerapps-docs.
"""

from __future__ import annotations

from ..schema import Ownership, choice, declare, flag, integer, lookup, managed, text
from .flows import SOLUTION_AWARE, STATE_AND_STATUS

VARIABLE_TYPE = {
    100000000: "String",
    100000001: "Number",
    100000002: "Boolean",
    100000003: "JSON",
    100000004: "Data Source",
    100000005: "Secret",
}

declare(
    "connector",
    "connectors",
    text("name", 100),
    text("displayname", 100),
    text("connectorinternalid", 200),
    text("description", 2000),
    *STATE_AND_STATUS,
    *SOLUTION_AWARE,
    primary_name="name",
    ownership=Ownership.USER,
    schema_name="connector",
    object_type_code=10120,
)

declare(
    "connectionreference",
    "connectionreferences",
    text("connectionreferencelogicalname", 100, required=True),
    text("connectionreferencedisplayname", 100),
    text("description", 1000),
    text("connectionid", 1000),
    text("connectorid", 1000),
    lookup(
        "customconnectorid",
        "connector",
        navigation="CustomConnectorId",
        collection="connector_connectionreference",
    ),
    choice("promptingbehavior", {0: "Default", 1: "Skip"}, 0),
    *STATE_AND_STATUS,
    managed("iscustomizable"),
    *SOLUTION_AWARE,
    primary_name="connectionreferencedisplayname",
    ownership=Ownership.USER,
    schema_name="connectionreference",
    alternate_keys=(("connectionreferencelogicalname",),),
    object_type_code=10121,
)

declare(
    "environmentvariabledefinition",
    "environmentvariabledefinitions",
    text("schemaname", 100, required=True),
    text("displayname", 100),
    text("description", 2000),
    text("defaultvalue", 2000),
    text("hint", 2000),
    text("apiid", 100),
    text("introducedversion", 48),
    choice("type", VARIABLE_TYPE, 100000000),
    flag("isrequired"),
    choice("secretstore", {0: "Azure Key Vault", 1: "Microsoft Dataverse"}),
    *STATE_AND_STATUS,
    managed("iscustomizable"),
    *SOLUTION_AWARE,
    primary_name="schemaname",
    ownership=Ownership.USER,
    schema_name="EnvironmentVariableDefinition",
    alternate_keys=(("schemaname",),),
    object_type_code=380,
)

declare(
    "environmentvariablevalue",
    "environmentvariablevalues",
    text("schemaname", 100),
    text("value", 2000),
    lookup(
        "environmentvariabledefinitionid",
        "environmentvariabledefinition",
        navigation="EnvironmentVariableDefinitionId",
        collection="environmentvariabledefinition_environmentvariablevalue",
    ),
    *STATE_AND_STATUS,
    managed("iscustomizable"),
    *SOLUTION_AWARE,
    primary_name="schemaname",
    ownership=Ownership.USER,
    schema_name="EnvironmentVariableValue",
    object_type_code=381,
)

declare(
    "annotation",
    "annotations",
    text("subject", 500),
    text("notetext", 100_000),
    text("filename", 255),
    text("mimetype", 256),
    text("documentbody", 1_073_741_823),
    integer("filesize", read_only=True),
    flag("isdocument"),
    text("objecttypecode", 128, read_only=True),
    lookup("objectid", "workflow", navigation="objectid_workflow", collection="Workflow_Annotation"),
    primary_name="subject",
    ownership=Ownership.USER,
    object_type_code=5,
    privilege_name="Note",
)
