# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The names in the shape of a request, in the words of ``edmx.names_of``: ``set teams``, ``column team.name``…

What is known, name → type, tells what a name leads to; a name that is not known is told as if it were of the type at
hand, and nothing beyond it can be.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator, Mapping
from typing import Any

CRM = "Microsoft.Dynamics.CRM."
WORDS = frozenset(
    ["and", "or", "not", "eq", "ne", "gt", "ge", "lt", "le", "in", "null", "true", "false", "asc", "desc"]
)
FUNCTIONS = frozenset(["contains", "startswith", "endswith", "tolower", "toupper"])
OPTIONS = frozenset({"$select", "$filter", "$expand", "$orderby", "$top", "$count", "$skiptoken"})
ENUMERATION = re.compile(r"Microsoft\.Dynamics\.CRM\.(\w+)'([^']*)'")
LAMBDA = re.compile(r"(?P<path>\w[\w/]*)/(?:any|all)\((?P<name>\w+):")
WORD = re.compile(r"'[^']*'|(?P<word>[A-Za-z_][\w./]*)(?P<call>\()?")
NOTHING = frozenset({"$ref", "$value", "$count"})


def names_in(shape: str, known: Mapping[str, str]) -> Iterator[str]:
    """Yield the names in the shape of a request."""
    _method, _blank, rest = shape.partition(" ")
    target, brace, body = rest.partition(" {")
    yield from _Names(known).of_request(target, json.loads(f"{{{body}") if brace else {})


def parts(text: str, separator: str) -> list[str]:
    """Split a text where the separator is outside of parentheses, braces and quotes."""
    found, depth, quote = [""], 0, ""
    for character in text:
        if character in "'\"":
            quote = "" if quote == character else quote or character
        elif not quote:
            depth += (character in "({[") - (character in ")}]")
        if character == separator and not depth and not quote:
            found.append("")
        else:
            found[-1] += character
    return [part for part in found if part]


class _Names:
    """The names of one request."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self._known = known
        self._aliases: dict[str, str] = {}

    def of_request(self, target: str, body: Mapping[str, Any]) -> Iterator[str]:
        path, _mark, query = target.partition("?")
        options = dict(option.split("=", 1) for option in query.split("&") if option)
        self._aliases = {name: value for name, value in options.items() if name[0] == "@"}
        owner = yield from self._path(path)
        for name, value in options.items():
            if name[0] != "@":
                yield from self._option(name, value, owner)
        yield from self._members(body, owner)

    def _path(self, path: str) -> Generator[str, None, str]:
        """Yield the names in a path; return the type that it leads to, or the operation."""
        owner = ""
        for segment in parts(path.lstrip("/"), "/"):
            name, _open, inside = segment.partition("(")
            inside = inside.removesuffix(")")
            if name in NOTHING:
                continue
            if not owner and f"set {name}" in self._known:
                yield f"set {name}"
                owner = self._known[f"set {name}"]
                yield from self._key(owner, inside)
            elif not owner or name.startswith(CRM):
                owner = yield from self._operation(name.removeprefix(CRM), owner, inside)
            else:
                owner = yield from self._member(owner, name)
                yield from self._key(owner, inside)
        return owner

    def _key(self, owner: str, inside: str) -> Iterator[str]:
        if "=" in inside:
            names = sorted(part.partition("=")[0] for part in parts(inside, ","))
            yield f"alternate key {owner}({', '.join(names)})"

    def _operation(self, name: str, owner: str, inside: str) -> Generator[str, None, str]:
        """Yield an operation, unbound or bound to a type or one that it derives from, or a cast."""
        for bound in self._bases(owner):
            for kind in ("function", "action"):
                if f"{kind} {name}({bound})" in self._known:
                    yield f"{kind} {name}({bound})"
                    yield from self._arguments(f"{name}({bound})", inside)
                    return f"{name}({bound})"
        yield f"type {name}" if owner and f"type {name}" in self._known else f"set or operation {name}({owner})"
        return name

    def _arguments(self, operation: str, inside: str) -> Iterator[str]:
        for part in parts(inside, ","):
            name, _is, value = part.partition("=")
            yield f"parameter {operation}.{name}"
            value = self._aliases.get(value, value)
            for kind, member in ENUMERATION.findall(value):
                yield f"member {kind}.{member}"
            if value.startswith("{"):
                kind = self._known.get(f"parameter {operation}.{name}", "").removesuffix("?")
                yield from self._members(json.loads(value.replace("'", '"')), kind)

    def _bases(self, owner: str) -> Iterator[str]:
        yield owner
        while owner := self._known.get(f"type {owner}", ""):
            yield owner

    def _member(self, owner: str, name: str, *kinds: str) -> Generator[str, None, str]:
        """Yield a column, navigation property or parameter; return the type that it leads to."""
        kinds = kinds or ("column", "navigation", "parameter")
        for base in self._bases(owner):
            for kind in kinds:
                if f"{kind} {base}.{name}" in self._known:
                    yield f"{kind} {base}.{name}"
                    return _single(self._known[f"{kind} {base}.{name}"])
        yield f"{kinds[0]} {owner}.{name}"
        return ""

    def _steps(self, owner: str, path: str) -> Generator[str, None, str]:
        for name in path.split("/"):
            owner = yield from self._member(owner, name)
        return owner

    def _option(self, name: str, value: str, owner: str) -> Iterator[str]:
        if name in ("$select", "$orderby"):
            for column in parts(value, ","):
                yield from self._steps(owner, column.split()[0])
        elif name == "$filter":
            yield from self._condition(owner, value)
        elif name == "$expand":
            for part in parts(value, ","):
                navigation, _open, inside = part.partition("(")
                inner = yield from self._member(owner, navigation, "navigation")
                for option in parts(inside.removesuffix(")"), ";"):
                    name, _is, value = option.partition("=")
                    yield from self._option(name, value, inner)
        elif name not in OPTIONS:
            yield f"option {name}"

    def _condition(self, owner: str, text: str) -> Iterator[str]:
        variables: dict[str, str] = {}
        for match in LAMBDA.finditer(text):
            variables[match["name"]] = yield from self._steps(owner, match["path"])
        for match in WORD.finditer(LAMBDA.sub("(", text)):
            word = match["word"] or ""
            first, slash, rest = word.partition("/")
            if match["call"] and word not in WORDS:
                if word not in FUNCTIONS:
                    yield from self._operation(word.removeprefix(CRM), "", "")
            elif word and word not in WORDS:
                yield from self._steps(variables.get(first, owner), rest if slash and first in variables else word)

    def _members(self, value: Any, owner: str) -> Iterator[str]:
        """Yield the names in JSON of a type, or in the parameters of an operation."""
        for one in value if isinstance(value, list) else [value] if isinstance(value, dict) else []:
            kind = one.get("@odata.type", "").removeprefix("#").removeprefix(CRM)
            if kind:
                yield f"type {kind}"
            for name, member in one.items():
                yield from self._pair(kind or owner, name, member)

    def _pair(self, owner: str, name: str, member: Any) -> Iterator[str]:
        navigation, at, annotation = name.partition("@odata.")
        if at and annotation in ("bind", "id"):
            if navigation:
                yield from self._member(owner, navigation, "navigation")
            yield from self._path(member)
        elif not at:
            inner = yield from self._member(owner, name)
            yield from self._members(member, inner)


def _single(type_name: str) -> str:
    """Return the type of what is one of many, or may be missing."""
    return type_name.removesuffix("?").removeprefix("Collection(").removesuffix(")")
