"""Query options of the stand-in: ``$select``, ``$filter``, ``$orderby``, ``$top``; others are refused.

Sources: Web API, "Query data", "Filter rows"; OData 4.0 URL Conventions. Text is compared without heed to case.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from connectors.dataverse.sandbox_errors import bad
from connectors.dataverse.sandbox_rows import Row
from connectors.dataverse.sandbox_tables import Column, TableType

Test = Callable[[Row], bool]
KNOWN = frozenset({"$select", "$filter", "$orderby", "$top", "$count", "$deltatoken", "$skiptoken"})

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<guid>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"
    r"|(?P<moment>\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d))?)|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<mark>[(),]))"
)
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": lambda one, two: bool(one == two),
    "ne": lambda one, two: bool(one != two),
    "gt": lambda one, two: one is not None and one > two,
    "ge": lambda one, two: one is not None and one >= two,
    "lt": lambda one, two: one is not None and one < two,
    "le": lambda one, two: one is not None and one <= two,
}
_FUNCTIONS: Mapping[str, Callable[[str, str], bool]] = {
    "contains": lambda text, part: part in text,
    "startswith": lambda text, part: text.startswith(part),
    "endswith": lambda text, part: text.endswith(part),
}


@dataclass(frozen=True, slots=True)
class Query:
    """``columns`` in the order asked for; ``tests`` is None where nothing is filtered."""

    columns: tuple[Column, ...]
    test: Test | None = None
    order: tuple[tuple[Column, bool], ...] = ()
    top: int | None = None


def parsed(table: TableType, options: Mapping[str, str]) -> Query:
    for name in options:
        if name == "$skip":
            raise bad("Skip Clause is not supported in CRM")
        if name.startswith("$") and name not in KNOWN:
            raise bad(f"The stand-in does not know the query option '{name}'.")
    top = options.get("$top")
    if top is not None and not top.isdigit():
        raise bad(f"Invalid value '{top}' for $top")
    test = _Filter(table, options["$filter"]).whole() if "$filter" in options else None
    columns, order = selected(table, options.get("$select")), _order(table, options.get("$orderby"))
    return Query(columns, test, order, int(top) if top is not None else None)


def selected(table: TableType, text: str | None) -> tuple[Column, ...]:
    if not text:
        return tuple(table.columns.values())
    found = dict.fromkeys(_column(table, name.strip()) for name in text.split(","))
    return tuple(found)


def value_of(column: Column, row: Row) -> Any:
    """A lookup's value is its id."""
    held = row.get(column.name)
    return held[1] if column.lookup and held is not None else held


def _column(table: TableType, name: str) -> Column:
    found = table.by_property(name)
    if found is None:
        raise bad(f"Could not find a property named '{name}' on type 'Microsoft.Dynamics.CRM.{table.name}'.")
    return found


def _order(table: TableType, text: str | None) -> tuple[tuple[Column, bool], ...]:
    if not text:
        return ()
    found = []
    for part in text.split(","):
        name, _, way = part.strip().partition(" ")
        if way not in ("", "asc", "desc"):
            raise bad(f"Syntax error in $orderby: '{text}'")
        found.append((_column(table, name), way == "desc"))
    return tuple(found)


class _Filter:
    """``or`` of ``and`` of comparisons, functions and brackets."""

    def __init__(self, table: TableType, text: str) -> None:
        self._table = table
        self._text = text
        self._tokens: list[tuple[str, str]] = []
        at = 0
        while text[at:].strip():
            found = _TOKEN.match(text, at)
            if found is None or found.lastgroup is None:
                raise self._wrong()
            self._tokens.append((found.lastgroup, found[found.lastgroup]))
            at = found.end()
        self._at = 0

    def whole(self) -> Test:
        test = self._any()
        if self._at < len(self._tokens):
            raise self._wrong()
        return test

    def _any(self) -> Test:
        tests = [self._all()]
        while self._took("or"):
            tests.append(self._all())
        return tests[0] if len(tests) == 1 else lambda row: any(test(row) for test in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self._took("and"):
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda row: all(test(row) for test in tests)

    def _one(self) -> Test:
        if self._took("not"):
            test = self._one()
            return lambda row: not test(row)
        if self._took("("):
            test = self._any()
            self._need(")")
            return test
        kind, name = self._next()
        if kind == "name" and name in _FUNCTIONS:
            self._need("(")
            column = _column(self._table, self._next()[1])
            self._need(",")
            part = str(self._literal(column)).casefold()
            self._need(")")
            return lambda row: _FUNCTIONS[name](str(value_of(column, row) or "").casefold(), part)
        if kind != "name":
            raise self._wrong()
        column = _column(self._table, name)
        operator = self._next()[1]
        if operator not in _COMPARE:
            raise self._wrong()
        wanted = _folded(self._literal(column))
        return lambda row: _COMPARE[operator](_folded(value_of(column, row)), wanted)

    def _literal(self, column: Column) -> Any:
        kind, text = self._next()
        if kind == "name" and text in ("null", "true", "false"):
            return {"null": None, "true": True, "false": False}[text]
        textual = column.type in ("String", "Memo")
        if textual != (kind == "text"):
            raise bad(f"A binary operator with incompatible types was detected in '{self._text[:80]}'.")
        if kind == "text":
            return text[1:-1].replace("''", "'")
        return Decimal(text) if kind == "number" else text

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise self._wrong()
        self._at += 1
        return self._tokens[self._at - 1]

    def _took(self, text: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at][1] == text:
            self._at += 1
            return True
        return False

    def _need(self, text: str) -> None:
        if not self._took(text):
            raise self._wrong()

    def _wrong(self) -> Exception:
        return bad(f"Syntax error in $filter: '{self._text[:200]}'.")


def _folded(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value
