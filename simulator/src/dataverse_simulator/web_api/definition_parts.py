# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What hangs on a table's definition: columns, alternate keys and relationships.

Members are those of the service's metadata types that follow from the simulator's tables. A relationship is called as
its collection is, which holds for most of the service's.
Source: Web API, "Query table definitions using the Web API".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..environments import schema
from ..environments.schema import Column, Kind, Table
from ..environments.seeding import stable_id

Part = dict[str, Any]
ATTRIBUTE_TYPES = {
    Kind.GUID: "Uniqueidentifier",
    Kind.TEXT: "String",
    Kind.INTEGER: "Integer",
    Kind.BIG: "BigInt",
    Kind.DOUBLE: "Double",
    Kind.DECIMAL: "Decimal",
    Kind.MANAGED: "ManagedProperty",
    Kind.FLAG: "Boolean",
    Kind.MOMENT: "DateTime",
    Kind.CHOICE: "Picklist",
    Kind.LOOKUP: "Lookup",
    Kind.FILE: "Virtual",
    Kind.BLOB: "Virtual",
}


def label(text: str) -> dict[str, Any]:
    label = {"Label": text, "LanguageCode": 1033, "IsManaged": True}
    return {"LocalizedLabels": [label], "UserLocalizedLabel": label}


def attributes(table: Table) -> list[Part]:
    own = [column for column in table.columns.values() if not column.internal and not column.inherited]
    return [_attribute(table, column) for column in own]


def _attribute_type(column: Column) -> str:
    if column.name in ("ownerid", "statecode", "statuscode"):
        return {"ownerid": "Owner", "statecode": "State", "statuscode": "Status"}[column.name]
    if column.kind is Kind.TEXT and (column.max_length or 0) > 4000:
        return "Memo"
    return ATTRIBUTE_TYPES[column.kind]


def _attribute(table: Table, column: Column) -> Part:
    result: Part = {
        "@type": "AttributeMetadata",
        "MetadataId": stable_id("metadata", table.name, column.name),
        "LogicalName": column.name,
        "SchemaName": column.name,
        "DisplayName": label(column.name),
        "EntityLogicalName": table.name,
        "AttributeType": _attribute_type(column),
        "IsPrimaryId": column.name == table.primary_key,
        "IsPrimaryName": column.name == table.primary_name,
        "IsValidForRead": True,
        "IsValidForCreate": not column.read_only,
        "IsValidForUpdate": not (column.read_only or column.on_create_only),
    }
    if column.max_length:
        result["MaxLength"] = column.max_length
    if column.kind is Kind.LOOKUP:
        result["Targets"] = list(column.targets)
    if column.options:
        result["~OptionSet"] = lambda: {
            "Options": [{"Value": value, "Label": label(text)} for value, text in column.options.items()]
        }
    return result


def keys(table: Table) -> list[Part]:
    return [
        {
            "@type": "EntityKeyMetadata",
            "MetadataId": stable_id("metadata", table.name, "key", *key),
            "LogicalName": "_".join(key),
            "SchemaName": "_".join(key),
            "EntityLogicalName": table.name,
            "KeyAttributes": list(key),
            "EntityKeyIndexStatus": "Active",
            "IsManaged": True,
        }
        for key in table.alternate_keys
    ]


def one_to_many(table: Table) -> list[Part]:
    found = schema.collections_of(table.name).items()
    return [_relationship(name, table, other, column) for name, (other, column) in found]


def many_to_one(table: Table) -> list[Part]:
    found = []
    for column in table.columns.values():
        if column.kind is Kind.LOOKUP and not column.internal and column.collection:
            found += [_relationship(column.collection, schema.table(name), table, column) for name in column.targets]
    return found


def many_to_many(table: Table) -> list[Part]:
    return [
        {
            "@type": "ManyToManyRelationshipMetadata",
            "MetadataId": stable_id("metadata", "relationship", one.name),
            "SchemaName": one.name,
            "RelationshipType": "ManyToManyRelationship",
            "IsCustomRelationship": False,
            "IsManaged": True,
            "Entity1LogicalName": one.first,
            "Entity1IntersectAttribute": schema.table(one.first).primary_key,
            "Entity1NavigationPropertyName": one.name,
            "Entity2LogicalName": one.second,
            "Entity2IntersectAttribute": schema.table(one.second).primary_key,
            "Entity2NavigationPropertyName": one.name,
            "IntersectEntityName": one.intersect,
        }
        for one in schema.all_relationships()
        if table.name in (one.first, one.second)
    ]


def _relationship(name: str, one: Table, many: Table, column: Column) -> Part:
    navigation = next(way for way, target in column.navigations.items() if target in ("", one.name))
    return {
        "@type": "OneToManyRelationshipMetadata",
        "MetadataId": stable_id("metadata", "relationship", name),
        "SchemaName": name,
        "RelationshipType": "OneToManyRelationship",
        "IsCustomRelationship": False,
        "IsManaged": True,
        "ReferencedEntity": one.name,
        "ReferencedAttribute": one.primary_key,
        "ReferencedEntityNavigationPropertyName": name,
        "ReferencingEntity": many.name,
        "ReferencingAttribute": column.name,
        "ReferencingEntityNavigationPropertyName": navigation,
    }


PARTS: dict[str, Callable[[Table], list[Part]]] = {
    "Attributes": attributes,
    "Keys": keys,
    "OneToManyRelationships": one_to_many,
    "ManyToOneRelationships": many_to_one,
    "ManyToManyRelationships": many_to_many,
}
