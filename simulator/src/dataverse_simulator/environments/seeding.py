# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Seeds: the YAML that says what tenant and environments hold, and the rows made of it."""

from __future__ import annotations

import shutil
import threading
import uuid
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

from ..tenant.clock import Clock
from ..tenant.directory import Directory
from . import schema, security
from .store import Row, Store

DEFAULT = Path(__file__).parents[1] / "seeds" / "default.yml"
NAMESPACE = uuid.UUID("6f1c2f0e-3d0c-4f6e-9d8e-5a3c1b7e2a10")
DEPTHS = {"basic": 1, "local": 2, "deep": 4, "global": 8}
#: Privileges that belong to no table.
MISCELLANEOUS = (
    "prvImportCustomization",
    "prvExportCustomization",
    "prvPublishCustomization",
    "prvActOnBehalfOfAnotherUser",
    "prvAssignRole",
    "prvActivateWorkflow",
)

#: The sections of an environment's seed that are plain rows.
PLAIN_SECTIONS = frozenset({"business_units", "users", "application_users", "teams", "rows"})


def load_seed(path: Path | None = None) -> dict[str, Any]:
    """The seed file, or the default one; ValueError when it is none."""
    content = (path or DEFAULT).read_text("utf-8")
    seed = yaml.safe_load(content)
    missing = [part for part in ("tenant", "roles", "environments") if part not in (seed or {})]
    if missing or not seed["environments"]:
        raise ValueError(f"The seed has to have tenant, roles and at least one of environments; see {DEFAULT.name}.")
    return dict(seed)


def stable_id(*parts: str) -> str:
    """The identifier of a seeded row: the same in every run."""
    return str(uuid.uuid5(NAMESPACE, "/".join(parts)))


def environment_id(name: str) -> str:
    """The Power Platform id of an environment, known before its rows are made."""
    return stable_id(name, "environment")


class Template:
    """A file with what is the same in every environment, made when it is first copied."""

    def __init__(self, path: Path, clock: Clock, roles: Mapping[str, Mapping[str, str]]) -> None:
        self._path = path
        self._clock = clock
        self._roles = roles
        self._lock = threading.Lock()
        self._made = False

    def copy_to(self, path: Path) -> None:
        with self._lock:
            if not self._made:
                self._path.unlink(missing_ok=True)
                store = Store.create(self._path, self._clock)
                with store.transaction():
                    _seed_template(store, self._roles)
                store.close()
                self._made = True
        shutil.copyfile(self._path, path)


def _seed_template(store: Store, roles: Mapping[str, Mapping[str, str]]) -> None:
    """Privileges, roles, component definitions."""
    privileges = _privileges(store)
    for role, patterns in roles.items():
        role_id = stable_id("role", role)
        store.insert("role", {"roleid": role_id, "name": role, "businessunitid": root_unit_id("*")})
        for name, privilege_id in privileges.items():
            depth = max(
                (DEPTHS[depth] for pattern, depth in patterns.items() if fnmatchcase(name.lower(), pattern.lower())),
                default=0,
            )
            if depth:
                values = {"roleid": role_id, "privilegeid": privilege_id, "privilegedepthmask": depth}
                store.insert("roleprivileges", values)
    for table in schema.all_tables():
        if "componentstate" in table.columns:
            code = {"workflow": 29}.get(table.name, table.object_type_code)
            store.insert(
                "solutioncomponentdefinition",
                {
                    "name": table.name,
                    "primaryentityname": table.name,
                    "objecttypecode": table.object_type_code,
                    "solutioncomponenttype": code,
                },
            )


def root_unit_id(environment: str) -> str:
    return stable_id(environment, "businessunit", "root")


def _privileges(store: Store) -> dict[str, str]:
    names = dict.fromkeys(MISCELLANEOUS, 0)
    for table in schema.all_tables():
        if not table.internal and table.ownership is not schema.Ownership.NONE:
            names.update({security.privilege_name(verb, table): right for verb, right in security.RIGHTS.items()})
    result = {}
    for name, right in names.items():
        result[name] = stable_id("privilege", name)
        store.insert("privilege", {"privilegeid": result[name], "name": name, "accessright": right})
    return result


class EnvironmentSeeder:
    """Fills one environment with the entries of its seed; usable again later to add more (`load_seed`)."""

    def __init__(self, store: Store, environment: str, directory: Directory) -> None:
        self._store = store
        self._environment = environment
        self._directory = directory

    def begin(self, display_name: str) -> None:
        """The organization and its root business unit."""
        unit = root_unit_id(self._environment)
        for role in self._store.find("role", columns=["roleid"]):
            self._store.update("role", role["roleid"], {"businessunitid": unit})
        self._store.insert(
            "organization",
            {
                "organizationid": stable_id(self._environment, "organization"),
                "name": display_name,
                "uniquename": f"unq{self._environment}",
                "version": "9.2.25063.00190",
                "languagecode": 1033,
                "tenantid": self._directory.tenant_id,
            },
        )
        self._store.insert("businessunit", {"businessunitid": unit, "name": self._environment})
        self._insert(
            "team",
            self._environment,
            {
                "businessunitid": unit,
                "isdefault": True,
                "administratorid": self._id("systemuser", "SYSTEM"),
            },
        )
        self._insert(
            "systemuser",
            "SYSTEM",
            {
                "fullname": "SYSTEM",
                "businessunitid": unit,
                "accessmode": 3,
                "isintegrationuser": True,
                "setupuser": True,
            },
            name_column="fullname",
        )

    def apply(self, entries: Mapping[str, Any]) -> None:
        """`business_units`, `users`, `application_users`, `teams` and `rows` ({table: [values]})."""
        for name in entries.get("business_units", ()):
            self._insert("businessunit", name, {"parentbusinessunitid": root_unit_id(self._environment)})
        for entry in entries.get("users", ()):
            self._user(entry)
        for entry in entries.get("application_users", ()):
            self._application_user(entry)
        for entry in entries.get("teams", ()):
            self._team(entry)
        for table, rows in entries.get("rows", {}).items():
            for values in rows:
                self._store.insert(table, values)

    def _id(self, table: str, name: str) -> str:
        return stable_id(self._environment, table, name)

    def _insert(self, table: str, name: str, values: Row, *, name_column: str = "name", unique: str = "") -> Row:
        key = schema.table(table).primary_key
        return self._store.insert(table, {key: self._id(table, unique or name), name_column: name, **values})

    def _unit(self, name: str | None) -> str:
        return self._id("businessunit", name) if name else root_unit_id(self._environment)

    def _user(self, entry: Mapping[str, Any]) -> None:
        person = self._directory.user_by_upn(entry["upn"])
        row = self._insert(
            "systemuser",
            person.upn,
            {
                "fullname": person.name,
                "internalemailaddress": entry.get("email", person.upn),
                "azureactivedirectoryobjectid": person.id,
                "isdisabled": entry.get("disabled", False),
                "islicensed": True,
                "businessunitid": self._unit(entry.get("business_unit")),
                "accessmode": 0,
                "issyncwithdirectory": True,
            },
            name_column="domainname",
        )
        self._give_roles("systemuser", row["systemuserid"], entry)

    def _application_user(self, entry: Mapping[str, Any]) -> None:
        application = self._directory.application_named(entry["application"])
        row = self._insert(
            "systemuser",
            f"# {application.name}",
            {
                "domainname": f"{application.client_id}@contoso.example",
                "applicationid": application.client_id,
                "azureactivedirectoryobjectid": stable_id("service principal", application.client_id),
                "businessunitid": self._unit(None),
                "accessmode": 4,
            },
            name_column="fullname",
        )
        self._give_roles("systemuser", row["systemuserid"], entry)

    def _team(self, entry: Mapping[str, Any]) -> None:
        unit = entry.get("business_unit")
        group = next((one for one in self._directory.groups if one.name == entry.get("group")), None)
        row = self._insert(
            "team",
            entry["name"],
            {
                "teamtype": entry.get("type", 0),
                "membershiptype": 0,
                "businessunitid": self._unit(unit),
                "azureactivedirectoryobjectid": group.id if group else None,
                "sharelinkqualifier": entry.get("share_link"),
                "administratorid": self._id("systemuser", "SYSTEM"),
                "systemmanaged": "share_link" in entry,
            },
            unique=f"{entry['name']}/{unit}" if unit else "",
        )
        self._give_roles("team", row["teamid"], entry)
        for upn in entry.get("members", group.members if group else ()):
            self._store.insert("teammembership", {"teamid": row["teamid"], "systemuserid": self._id("systemuser", upn)})

    def _give_roles(self, table: str, row_id: str, entry: Mapping[str, Any]) -> None:
        for role in entry.get("roles", ()):
            values = {schema.table(table).primary_key: row_id, "roleid": stable_id("role", role)}
            self._store.insert("systemuserroles" if table == "systemuser" else "teamroles", values)
