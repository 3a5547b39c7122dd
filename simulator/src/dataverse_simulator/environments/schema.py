# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a table is: columns, keys, relationships, ownership. The tables themselves are declared in `tables/`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property, partial
from typing import Any


class Kind(Enum):
    """The type of a column; the value is the type that $metadata and EntityDefinitions name."""

    GUID = "Edm.Guid"
    TEXT = "Edm.String"
    INTEGER = "Edm.Int32"
    BIG = "Edm.Int64"
    DOUBLE = "Edm.Double"
    DECIMAL = "Edm.Decimal"
    FLAG = "Edm.Boolean"
    MOMENT = "Edm.DateTimeOffset"
    CHOICE = "Choice"
    LOOKUP = "Lookup"
    FILE = "Edm.Stream"
    BLOB = "Edm.Binary"
    MANAGED = "BooleanManagedProperty"


@dataclass(frozen=True)
class Column:
    """One column by its logical name.

    A lookup is stored under its logical name (`publisherid`), read as `_publisherid_value` and written as
    `<navigation>@odata.bind`; with several targets the companion `<name>type` holds the target's logical name, and the
    navigation is `ownerid` for owners, `<navigation>_<target>` for all others. `internal` columns never show.
    `any_type`: conditions compare the text with literals of other types too, as virtual tables do.
    `inherited`: of the base type, no attribute of the table itself.
    """

    name: str
    kind: Kind
    max_length: int | None = None
    read_only: bool = False
    required: bool = False
    internal: bool = False
    default: Any = None
    options: Mapping[int, str] = field(default_factory=dict)
    targets: tuple[str, ...] = ()
    navigation: str = ""
    collection: str = ""
    on_create_only: bool = False
    any_type: bool = False
    inherited: bool = False

    @property
    def property_name(self) -> str:
        return f"_{self.name}_value" if self.kind is Kind.LOOKUP else self.name

    @property
    def polymorphic(self) -> bool:
        return len(self.targets) > 1

    @property
    def navigations(self) -> dict[str, str]:
        """Names of the single-valued navigation properties, each with its target ("" for an owner, who may be both)."""
        if self.kind is not Kind.LOOKUP or self.internal:
            return {}
        if not self.polymorphic:
            return {self.navigation: self.targets[0]}
        if self.name == "ownerid":
            return {self.navigation: ""}
        return {f"{self.navigation}_{target}": target for target in self.targets}


guid = partial(Column, kind=Kind.GUID)
integer = partial(Column, kind=Kind.INTEGER)
double = partial(Column, kind=Kind.DOUBLE)
decimal = partial(Column, kind=Kind.DECIMAL)
moment = partial(Column, kind=Kind.MOMENT)
file = partial(Column, kind=Kind.FILE)
blob = partial(Column, kind=Kind.BLOB)


def text(name: str, max_length: int = 100, **kw: Any) -> Column:
    return Column(name, Kind.TEXT, max_length, **kw)


def flag(name: str, default: bool | None = False, **kw: Any) -> Column:
    return Column(name, Kind.FLAG, default=default, **kw)


def managed(name: str, default: bool = True) -> Column:
    """A truth value that says too whether it can be changed: `{"Value": true, "CanBeChanged": true, …}`."""
    return Column(name, Kind.MANAGED, default=default)


def choice(name: str, options: Mapping[int, str], default: int | None = None, **kw: Any) -> Column:
    return Column(name, Kind.CHOICE, options=options, default=default, **kw)


def lookup(name: str, *targets: str, navigation: str = "", collection: str = "", **kw: Any) -> Column:
    """A reference to a row of one of `targets`; `collection` is the navigation name on the other side."""
    return Column(name, Kind.LOOKUP, targets=targets, navigation=navigation or name, collection=collection, **kw)


SYSTEM_COLUMNS = (
    moment("createdon", read_only=True),
    moment("modifiedon", read_only=True),
    lookup("createdby", "systemuser", read_only=True),
    lookup("modifiedby", "systemuser", read_only=True),
)
VERSION_COLUMN = Column("versionnumber", Kind.BIG, read_only=True)
#: Where the service has no such column; etags come from it nevertheless.
HIDDEN_VERSION_COLUMN = Column("versionnumber", Kind.BIG, read_only=True, internal=True)
OWNER_COLUMNS = (
    lookup("ownerid", "systemuser", "team"),
    lookup("owningbusinessunit", "businessunit", read_only=True),
    lookup("owninguser", "systemuser", read_only=True),
    lookup("owningteam", "team", read_only=True),
)


class Ownership(Enum):
    USER = "UserOwned"
    ORGANIZATION = "OrganizationOwned"
    BUSINESS = "BusinessOwned"
    NONE = "None"


#: What a client may do with a table at all; the rest answers "the 'X' method does not support entities of type".
ALL_MESSAGES = frozenset({"Retrieve", "RetrieveMultiple", "Create", "Update", "Delete"})
READ_ONLY = frozenset({"Retrieve", "RetrieveMultiple"})
#: Rows that are not published yet show to those who ask for them.
UNPUBLISHED = frozenset({"RetrieveUnpublished", "RetrieveUnpublishedMultiple"})


@dataclass(frozen=True)
class Table:
    """One table: `name` logical, `set_name` in URLs, `key` primary key column, `primary_name` shown in annotations.

    `internal` tables exist in the store only (package blobs, job state) and never in the API.
    `alternate_keys` are tuples of columns; each of `indexes` is one column, or several separated by commas. `audited`:
    has createdon, modifiedon, createdby, modifiedby. `versioned`: versionnumber shows.
    """

    name: str
    set_name: str
    own_columns: tuple[Column, ...]
    key: str = ""
    primary_name: str = ""
    schema_name: str = ""
    ownership: Ownership = Ownership.ORGANIZATION
    alternate_keys: tuple[tuple[str, ...], ...] = ()
    messages: frozenset[str] = ALL_MESSAGES
    object_type_code: int = 10000
    internal: bool = False
    audited: bool = True
    versioned: bool = True
    privilege_name: str = ""
    indexes: tuple[str, ...] = ()

    @cached_property
    def primary_key(self) -> str:
        return self.key or f"{self.name}id"

    @cached_property
    def type_name(self) -> str:
        """Schema name as messages print it, `Workflow`."""
        return self.schema_name or self.name.capitalize()

    @cached_property
    def columns(self) -> dict[str, Column]:
        version = VERSION_COLUMN if self.versioned else HIDDEN_VERSION_COLUMN
        extra: Sequence[Column] = (version,) if not self.internal else ()
        if self.audited and not self.internal:
            extra = (*SYSTEM_COLUMNS, *extra)
        if self.ownership is Ownership.USER:
            extra = (*OWNER_COLUMNS, *extra)
        return {column.name: column for column in (guid(self.primary_key), *self.own_columns, *extra)}

    @cached_property
    def properties(self) -> dict[str, Column]:
        """Columns by the name a client reads and filters them with; internal ones are not there."""
        return {column.property_name: column for column in self.columns.values() if not column.internal}

    @cached_property
    def navigations(self) -> dict[str, Column]:
        """Lookup columns by single-valued navigation property."""
        return {name: column for column in self.columns.values() for name in column.navigations}


@dataclass(frozen=True)
class Relationship:
    """A many-to-many relationship, kept as rows of the table `intersect`.

    `first` and `second` are table names; the intersect's columns are called like their primary keys.
    """

    name: str
    first: str
    second: str
    intersect: str

    def seen_from(self, table_name: str) -> str:
        """The table on the other side."""
        return self.second if table_name == self.first else self.first


_tables: dict[str, Table] = {}
_sets: dict[str, Table] = {}
_relationships: dict[str, list[Relationship]] = {}


def declare(name: str, set_name: str, *columns: Column, **more: Any) -> None:
    """Declare a table. Happens while `environments.tables` is imported, before the first store opens."""
    declared = Table(name, set_name, columns, **more)
    _tables[name] = declared
    if not declared.internal:
        _sets[set_name] = declared


def declare_view(name: str, set_name: str, *columns: Column, **more: Any) -> None:
    """Declare a table that clients only read, and that does not tell who wrote its rows."""
    declare(name, set_name, *columns, messages=READ_ONLY, audited=False, **more)


def declare_virtual(name: str, set_name: str, *columns: Column, **more: Any) -> None:
    """Declare a view whose rows are worked out when they are read."""
    declare_view(name, set_name, *columns, versioned=False, **more)


def register_relationship(*relationships: Relationship) -> None:
    for relationship in relationships:
        _relationships.setdefault(relationship.name, []).append(relationship)


def table(name: str) -> Table:
    """The table with this logical name; KeyError for a name the simulator does not know."""
    return _tables[name]


def table_of_set(set_name: str) -> Table | None:
    return _sets.get(set_name)


def all_tables() -> list[Table]:
    return list(_tables.values())


def all_relationships() -> list[Relationship]:
    return [one for many in _relationships.values() for one in many]


def relationship(name: str, table_name: str) -> Relationship | None:
    """The many-to-many relationship `name` seen from `table_name`."""
    for candidate in _relationships.get(name, ()):
        if table_name in (candidate.first, candidate.second):
            return candidate
    return None


def collections_of(table_name: str) -> dict[str, tuple[Table, Column]]:
    """One-to-many navigation properties of a table: name → (table on the many side, its lookup column)."""
    return {
        column.collection: (other, column)
        for other in _tables.values()
        for column in other.columns.values()
        if column.collection and table_name in column.targets
    }
