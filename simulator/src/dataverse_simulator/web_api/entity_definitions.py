# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EntityDefinitions as far as clients need it: set names, keys, columns with types and choices, relationships.

Of custom tables, which imported packages bring, only the names are known: they are answered by their key.
Source: Web API, "Query table definitions using the Web API".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from odata_query import ast

from ..environments import schema
from ..environments.schema import Table
from ..environments.seeding import stable_id
from ..environments.store import Store
from ..errors import UNKNOWN_PARAMETER, ODataError, invalid_query, not_found, not_modelled
from . import definition_parts
from .filters import parse
from .paths import Segment, split_arguments, split_outside_quotes, text_literal

ROOTS = ("EntityDefinitions",)
Definition = dict[str, Any]
#: Names of the types that a path may narrow the attributes to, `Attributes/Microsoft.Dynamics.CRM.<name>`.
_DERIVED = {
    f"{name}AttributeMetadata": name for name in (*definition_parts.ATTRIBUTE_TYPES.values(), "Memo", "State", "Status")
}
#: Members that definitions of tables and columns have in the service. Source: EntityMetadata, AttributeMetadata.
_NOT_MODELLED = frozenset(
    re.findall(
        r"\w+",
        """
        ActivityTypeMask AttributeOf AttributeTypeName AutoCreateAccessTeams AutoNumberFormat CanBeSecuredForCreate
        CanBeSecuredForRead CanBeSecuredForUpdate CanCreateAttributes CanCreateCharts CanCreateForms CanCreateViews
        CanModifyAdditionalSettings CanTriggerWorkflow ChangeTrackingEnabled CollectionSchemaName ColumnNumber
        CreatedOn DataProviderId DataSourceId DatabaseVersion DeprecatedVersion Description DisplayCollectionName
        EntityColor ExternalCollectionName ExternalName Format FormatName HasActivities HasChanged HasFeedback
        HasNotes IconVectorName InheritsFrom IntroducedVersion IsActivity IsActivityParty IsAuditEnabled
        IsAvailableOffline IsBusinessProcessEnabled IsChildEntity IsConnectionsEnabled IsCustomAttribute
        IsCustomizable IsDataSourceSecret IsDuplicateDetectionEnabled IsEnabledForCharts IsFilterable
        IsGlobalFilterEnabled IsImportable IsKnowledgeManagementEnabled IsLogical IsLogicalEntity IsMailMergeEnabled
        IsManaged IsMappable IsOptimisticConcurrencyEnabled IsQuickCreateEnabled IsRenameable IsRequiredForForm
        IsRetrievable IsSearchable IsSecured IsSortableEnabled IsStateModelAware IsValidForAdvancedFind
        IsValidForForm IsValidForGrid IsValidForQueue IsValidODataAttribute LinkedAttributeId ModifiedOn
        PrimaryImageAttribute Privileges RecurrenceBaseEntityLogicalName ReportViewName RequiredLevel Settings
        SourceType SourceTypeMask SyncToExternalSearchIndex TableType UsesBusinessDataLabelTable YomiOf
        """,
    )
)
_CRM = "Microsoft.Dynamics.CRM."


def answer(root: str, segments: list[Segment], options: Mapping[str, str], store: Store) -> dict[str, Any]:
    """The JSON for `EntityDefinitions…`; 400, 404 or 501 for what is not there."""
    for name in options:
        if name not in ("$select", "$filter", "$expand", "$top"):
            raise ODataError(400, UNKNOWN_PARAMETER, f"The query parameter {name} is not supported")
    first, rest = segments[0], segments[1:]
    context = f"{root}$metadata#EntityDefinitions"
    if first.arguments is None and not rest:
        tables = [table for table in schema.all_tables() if not table.internal]
        definitions = [definition(table) for table in tables]
        return {"@odata.context": context, "value": _chosen(definitions, options)}
    if first.arguments is None:
        raise not_modelled(f"'EntityDefinitions/{rest[0].name}'")
    if custom := _custom(store, first.arguments):
        if rest or set(options) - {"$select"}:
            raise not_modelled("more of a custom table than its names")
        return {"@odata.context": f"{context}/$entity", **_shaped(custom, options)}
    return _of_table(context, _addressed(first.arguments), rest, options)


def _of_table(context: str, table: Table, rest: list[Segment], options: Mapping[str, str]) -> dict[str, Any]:
    """The definition, or what hangs on it."""
    if not rest:
        return {"@odata.context": f"{context}/$entity", **_shaped(definition(table), options)}
    part = rest[0].name
    if part != "Attributes" and part in definition_parts.PARTS and len(rest) == 1:
        found = definition_parts.PARTS[part](table)
        return {"@odata.context": f"{context}('{table.name}')/{part}", "value": _chosen(found, options)}
    return {"@odata.context": f"{context}('{table.name}')/Attributes", **_attributes_answer(table, rest, options)}


def _attributes_answer(table: Table, rest: list[Segment], options: Mapping[str, str]) -> dict[str, Any]:
    """`Attributes`, `Attributes(LogicalName='…')`, either narrowed to one type of attributes."""
    narrowed = rest[1].name.removeprefix(_CRM) if len(rest) == 2 else ""
    if rest[0].name != "Attributes" or len(rest) > 2 or (narrowed and narrowed not in _DERIVED):
        raise not_modelled(f"'EntityDefinitions(…)/{rest[-1].name}'")
    attributes = definition_parts.attributes(table)
    if narrowed:
        attributes = [one for one in attributes if one["AttributeType"] == _DERIVED[narrowed]]
    if rest[0].arguments is None:
        return {"value": _chosen(attributes, options)}
    name = text_literal(split_arguments(rest[0].arguments).get("LogicalName", "''"))
    for one in attributes:
        if one["LogicalName"] == name:
            return _shaped(one, options)
    raise not_found("AttributeMetadata", name)


def _addressed(arguments: str) -> Table:
    key = split_arguments(arguments)
    if set(key) == {"LogicalName"}:
        name = text_literal(key["LogicalName"])
        found = [table for table in schema.all_tables() if table.name == name and not table.internal]
    else:
        name = key.get("", "")
        found = [table for table in schema.all_tables() if stable_id("metadata", table.name) == name.lower()]
    if not found:
        raise not_found("EntityMetadata", name)
    return found[0]


def _custom(store: Store, arguments: str) -> Definition | None:
    """The definition of a table that the simulator keeps the name of."""
    key = split_arguments(arguments)
    by_name = set(key) == {"LogicalName"}
    name = text_literal(key["LogicalName"]) if by_name else key.get("", "")
    found = store.first("_entity", **{"logicalname" if by_name else "metadataid": name})
    if found is None:
        return None
    return {
        "@type": "EntityMetadata",
        "MetadataId": found["metadataid"],
        "LogicalName": found["logicalname"],
        "IsCustomEntity": True,
    }


def _chosen(definitions: list[Definition], options: Mapping[str, str]) -> list[Definition]:
    if options.get("$filter"):
        matches = _condition(parse(options["$filter"]))
        definitions = [one for one in definitions if matches(one)]
    if "$top" in options:
        if not options["$top"].isdigit():
            raise invalid_query(f"Invalid value '{options['$top']}' for $top query option found.")
        definitions = definitions[: int(options["$top"])]
    return [_shaped(one, options) for one in definitions]


def _condition(node: Any) -> Callable[[Definition], bool]:
    """A filter on definitions: equality of members, combined by and, or and not."""
    if isinstance(node, ast.BoolOp):
        left, right = _condition(node.left), _condition(node.right)
        both = isinstance(node.op, ast.And)
        return lambda one: (left(one) and right(one)) if both else (left(one) or right(one))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        inner = _condition(node.operand)
        return lambda one: not inner(one)
    equality = isinstance(node, ast.Compare) and isinstance(node.comparator, (ast.Eq, ast.NotEq))
    if not equality or not isinstance(node.left, ast.Identifier) or not hasattr(node.right, "py_val"):
        raise not_modelled("this filter on EntityDefinitions; equality of members is there")
    wanted, name, negated = node.right.py_val, node.left.name, isinstance(node.comparator, ast.NotEq)
    return lambda one: (_member(one, name) == wanted) is not negated


def _member(one: Definition, name: str) -> Any:
    if name not in one and name in _NOT_MODELLED:
        raise not_modelled(f"the property {name} of definitions")
    if name not in one:
        raise invalid_query(f"Could not find a property named '{name}' on type '{_CRM}{one['@type']}'.")
    return one[name]


def _shaped(one: Definition, options: Mapping[str, str]) -> Definition:
    """The selected members; navigation properties (names with a leading ~) only when expanded."""
    select = options.get("$select", "")
    names = [name.strip() for name in select.split(",")] if select else [name for name in one if name[0] not in "@~"]
    result = {name: _member(one, name) for name in dict.fromkeys([*names, "MetadataId"])}
    for item in split_outside_quotes(options["$expand"], ",") if options.get("$expand") else []:
        found = re.fullmatch(r"\s*(\w+)(?:\((.*)\))?\s*", item)
        name = found[1] if found else item
        inner = dict(part.split("=", 1) for part in (found[2] or "").split(";") if "=" in part) if found else {}
        content = one.get(f"~{name}")
        if content is None:
            raise not_modelled(f"'$expand={name}' on definitions of this kind")
        result[name] = content() if name == "OptionSet" else [_shaped(part, inner) for part in content()]
    return result


def definition(table: Table) -> Definition:
    """Members of a table's definition; `~Attributes` gives its columns."""
    return {
        "@type": "EntityMetadata",
        "MetadataId": stable_id("metadata", table.name),
        "LogicalName": table.name,
        "SchemaName": table.type_name,
        "DisplayName": definition_parts.label(table.type_name),
        "EntitySetName": table.set_name,
        "LogicalCollectionName": table.set_name,
        "PrimaryIdAttribute": table.primary_key,
        "PrimaryNameAttribute": table.primary_name or None,
        "ObjectTypeCode": table.object_type_code,
        "OwnershipType": table.ownership.value,
        "IsCustomEntity": table.object_type_code >= 10000,
        "IsPrivate": False,
        "IsIntersect": table.name in ("systemuserroles", "teamroles", "teammembership", "roleprivileges"),
        **{f"~{name}": partial(work, table) for name, work in definition_parts.PARTS.items()},
    }
