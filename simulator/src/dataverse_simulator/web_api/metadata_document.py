# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`$metadata`: tables, actions and functions of the simulator as the EDMX document of the service would hold them.

It is made of what the simulator itself goes by, so that nothing can be offered without standing in it.
Source: a real document (npm package dataverse-gen), which a test holds this one against.
"""

from __future__ import annotations

from functools import cache

from lxml import etree  # type: ignore[import-untyped]

from ..environments import schema
from ..environments.schema import Column, Kind, Relationship, Table
from .complex_types import COMPLEX_TYPES, ENUM_TYPES, FLAGS
from .operations import Operation, all_operations

EDMX, EDM = "http://docs.oasis-open.org/odata/ns/edmx", "http://docs.oasis-open.org/odata/ns/edm"
NAMESPACE, ALIAS = "Microsoft.Dynamics.CRM", "mscrm"
VOCABULARY = "http://vocabularies.odata.org/OData.Community.Keys.V1.xml"
BASE, PRINCIPAL = "crmbaseentity", "principal"
_TYPES = {
    Kind.CHOICE: "Edm.Int32",
    Kind.LOOKUP: "Edm.Guid",
    Kind.FILE: "Edm.Binary",
    Kind.MANAGED: f"{ALIAS}.{Kind.MANAGED.value}",
}


@cache
def document() -> bytes:
    root = etree.Element(f"{{{EDMX}}}Edmx", {"Version": "4.0"}, nsmap={"edmx": EDMX})
    reference = etree.SubElement(root, f"{{{EDMX}}}Reference", {"Uri": VOCABULARY})
    etree.SubElement(reference, f"{{{EDMX}}}Include", {"Namespace": "OData.Community.Keys.V1", "Alias": "Keys"})
    services = etree.SubElement(root, f"{{{EDMX}}}DataServices")
    model = _add(services, "Schema", Namespace=NAMESPACE, Alias=ALIAS)
    tables = [table for table in schema.all_tables() if not table.internal]
    _add(model, "EntityType", Name=BASE, Abstract="true")
    _principal(model)
    for table in tables:
        _entity_type(model, table)
    _other_types(model)
    for operation in all_operations():
        _operation(model, operation)
    _container(model, tables)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="utf-8"))


def edm_type(column: Column) -> str:
    return _TYPES.get(column.kind, str(column.kind.value))


def _add(parent: etree._Element, tag: str, **attributes: str) -> etree._Element:
    nsmap = {None: EDM} if tag == "Schema" else None
    return etree.SubElement(parent, f"{{{EDM}}}{tag}", attributes, nsmap=nsmap)


def _principal(model: etree._Element) -> None:
    """Users and teams: what both may be is addressed by `ownerid`."""
    principal = _add(model, "EntityType", Name=PRINCIPAL, BaseType=f"{ALIAS}.{BASE}", Abstract="true")
    _key(principal, "ownerid")
    _add(principal, "Property", Name="ownerid", Type="Edm.Guid")


def _key(entity: etree._Element, name: str) -> None:
    _add(_add(entity, "Key"), "PropertyRef", Name=name)


def _entity_type(model: etree._Element, table: Table) -> None:
    inherits = any(column.inherited for column in table.columns.values())
    base = PRINCIPAL if inherits else BASE
    entity = _add(model, "EntityType", Name=table.name, BaseType=f"{ALIAS}.{base}")
    _key(entity, "ownerid" if inherits else table.primary_key)
    for name, column in table.properties.items():
        if not column.inherited:
            _add(entity, "Property", Name=name, Type=edm_type(column))
        if column.kind is Kind.FILE:
            _add(entity, "Property", Name=f"{name}_name", Type="Edm.String")
    for name, target in _single_navigations(table).items():
        _add(entity, "NavigationProperty", Name=name, Type=f"{ALIAS}.{target}")
    for name, target in _collections(table).items():
        _add(entity, "NavigationProperty", Name=name, Type=f"Collection({ALIAS}.{target})")
    if table.alternate_keys:
        keys = _add(_add(entity, "Annotation", Term="Keys.AlternateKeys"), "Collection")
        for key in table.alternate_keys:
            _alternate_key(keys, key)


def _alternate_key(keys: etree._Element, names: tuple[str, ...]) -> None:
    key = _add(_add(keys, "Record", Type="Keys.AlternateKey"), "PropertyValue", Property="Key")
    parts = _add(key, "Collection")
    for name in names:
        part = _add(parts, "Record", Type="Keys.PropertyRef")
        _add(part, "PropertyValue", Property="Alias", String=name)
        _add(part, "PropertyValue", Property="Name", PropertyPath=name)


def _single_navigations(table: Table) -> dict[str, str]:
    found = {name: to for column in table.columns.values() for name, to in column.navigations.items()}
    return {name: to or PRINCIPAL for name, to in found.items()}


def _collections(table: Table) -> dict[str, str]:
    one_to_many = {name: other.name for name, (other, _column) in schema.collections_of(table.name).items()}
    return {**one_to_many, **{one.name: one.seen_from(table.name) for one in relationships_of(table)}}


def relationships_of(table: Table) -> list[Relationship]:
    return [one for one in schema.all_relationships() if table.name in (one.first, one.second)]


def _other_types(model: etree._Element) -> None:
    answers = {one.response_type: dict(one.answers) for one in all_operations() if one.answers}
    members = {**{name.removeprefix(f"{ALIAS}."): of for name, of in answers.items()}, **COMPLEX_TYPES}
    for name, of in members.items():
        complex_type = _add(model, "ComplexType", Name=name)
        for member, type_name in of.items():
            tag = "NavigationProperty" if type_name == f"{ALIAS}.{BASE}" else "Property"
            _add(complex_type, tag, Name=member, Type=type_name)
    for name, values in ENUM_TYPES.items():
        enum = _add(model, "EnumType", Name=name, **({"IsFlags": "true"} if name in FLAGS else {}))
        for member, value in values.items():
            _add(enum, "Member", Name=member, Value=str(value))


def _operation(model: etree._Element, operation: Operation) -> None:
    bound = {"IsBound": "true"} if operation.bound_to else {}
    element = _add(model, operation.kind.capitalize(), Name=operation.name, **bound)
    if operation.bound_to:
        _add(element, "Parameter", Name="entity", Type=f"{ALIAS}.{operation.bound_to}", Nullable="false")
    for name, parameter in operation.parameters.items():
        nullable = {} if parameter.nullable else {"Nullable": "false"}
        _add(element, "Parameter", Name=name, Type=parameter.edm_type, **nullable)
    if operation.response_type:
        _add(element, "ReturnType", Type=operation.response_type, Nullable="false")


def _container(model: etree._Element, tables: list[Table]) -> None:
    container = _add(model, "EntityContainer", Name="System")
    sets = {table.name: table.set_name for table in tables}
    for table in tables:
        entity_set = _add(container, "EntitySet", Name=table.set_name, EntityType=f"{NAMESPACE}.{table.name}")
        for path, target in {**_single_navigations(table), **_collections(table)}.items():
            if target in sets:
                _add(entity_set, "NavigationPropertyBinding", Path=path, Target=sets[target])
    for operation in all_operations():
        if not operation.bound_to:
            kind = operation.kind.capitalize()
            _add(container, f"{kind}Import", Name=operation.name, **{kind: f"{NAMESPACE}.{operation.name}"})
