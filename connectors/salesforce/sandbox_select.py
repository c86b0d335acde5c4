"""Answering a parsed query from the rows of the stand-in org."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC
from decimal import Decimal
from typing import Any

from connectors.salesforce.ids import long_id
from connectors.salesforce.sandbox_errors import WireError
from connectors.salesforce.sandbox_objects import Column, ObjectType
from connectors.salesforce.sandbox_query import All, Compare, Either, Literal, Not, Query
from connectors.salesforce.sandbox_rows import Org, Row
from connectors.salesforce.sandbox_values import moment_of

Test = Callable[[Row], bool]
Getter = Callable[[Row], Any]


def matching(org: Org, query: Query, deleted: bool) -> list[Row]:
    """The rows that a query names, in its order."""
    target = _object(org, query.object)
    test = _test(org, target, query.where) if query.where else (lambda row: True)
    rows = [row for row in org.rows(target.name, deleted) if test(row)]
    for order in reversed(query.order):
        column, get = _column(org, target, order.field)
        _refuse_unfilterable(column, "ordered by")
        blank_first = not order.nulls_last
        rows.sort(key=_sort_key(get, blank_first != order.descending), reverse=order.descending)
    end = None if query.limit is None else query.offset + query.limit
    return rows[query.offset : end]


def renderer(org: Org, query: Query, version: str) -> Callable[[Row], dict[str, Any]]:
    """Turns a row into the record of the wire: ``attributes``, then the fields asked for; relations nested."""
    target = _object(org, query.object)
    plain: list[tuple[str, Getter]] = []
    nested: dict[str, tuple[Column, list[str]]] = {}
    for field in query.fields:
        column, get = _column(org, target, field)
        if "." in field:
            via = field.partition(".")[0]
            link = target.through(via)
            assert link is not None and link.relationship is not None
            nested.setdefault(link.relationship, (link, []))[1].append(column.name)
        else:
            plain.append((column.name, get))

    def render(row: Row) -> dict[str, Any]:
        record: dict[str, Any] = {"attributes": _attributes(target.name, row["Id"], version)}
        record.update((name, get(row)) for name, get in plain)
        for relationship, (link, names) in nested.items():
            other = _linked(org, link, row)
            record[relationship] = other and {
                "attributes": _attributes(link.refers[0], other["Id"], version),
                **{name: other[name] for name in names},
            }
        return record

    return render


def _attributes(object: str, id: str, version: str) -> dict[str, str]:
    return {"type": object, "url": f"/services/data/{version}/sobjects/{object}/{id}"}


def _object(org: Org, name: str) -> ObjectType:
    try:
        return org.object(name)
    except WireError:
        raise WireError(400, "INVALID_TYPE", f"sObject type '{name}' is not supported.") from None


def _linked(org: Org, link: Column, row: Row) -> Row | None:
    found = org.tables[link.refers[0]].get(row[link.name]) if row[link.name] else None
    return found if found and not found["IsDeleted"] else None


def _column(org: Org, target: ObjectType, field: str) -> tuple[Column, Getter]:
    """The column that a name in a query means, directly or through one relationship."""
    via, dot, rest = field.partition(".")
    if not dot:
        column = target.column(field)
        if column is None:
            raise _no_column(target, field)
        name = column.name
        return column, lambda row: row[name]
    link = target.through(via)
    if link is None:
        raise WireError(
            400, "INVALID_FIELD", f"Didn't understand relationship '{via}' in field path. If you are attempting to use "
            "a custom relationship, be sure to append the '__r' after the custom relationship name.",
        )  # fmt: skip
    other = org.objects[link.refers[0]]
    column = other.column(rest)
    if column is None:
        raise _no_column(other, rest)
    name = column.name

    def through(row: Row) -> Any:
        found = _linked(org, link, row)
        return found[name] if found else None

    return column, through


def _no_column(target: ObjectType, field: str) -> WireError:
    return WireError(
        400, "INVALID_FIELD", f"No such column '{field}' on entity '{target.name}'. If you are attempting to use a "
        "custom field, be sure to append the '__c' after the custom field name.",
    )  # fmt: skip


def _refuse_unfilterable(column: Column, how: str) -> None:
    if not column.filterable:
        raise WireError(400, "INVALID_FIELD", f"field '{column.name}' can not be {how} in a query call")


def _test(org: Org, target: ObjectType, node: Any) -> Test:
    if isinstance(node, Not):
        inner = _test(org, target, node.of)
        return lambda row: not inner(row)
    if isinstance(node, All):
        tests = [_test(org, target, part) for part in node.of]
        return lambda row: all(test(row) for test in tests)
    if isinstance(node, Either):
        tests = [_test(org, target, part) for part in node.of]
        return lambda row: any(test(row) for test in tests)
    return _compare(org, target, node)


def _compare(org: Org, target: ObjectType, node: Compare) -> Test:
    column, get = _column(org, target, node.field)
    _refuse_unfilterable(column, "filtered")
    values = [_comparable(column, literal) for literal in node.values]
    if node.operator == "in":
        accepted = set(values)
        return lambda row: _folded(get(row)) in accepted
    value = values[0]
    if node.operator == "=":
        return lambda row: _folded(get(row)) == value
    if node.operator == "like":
        pattern = re.compile(
            "".join({"%": ".*", "_": "."}.get(letter, re.escape(letter)) for letter in str(value)), re.DOTALL
        )
        return lambda row: isinstance(get(row), str) and bool(pattern.fullmatch(get(row).casefold()))
    measure = _MEASURES[node.operator]
    return lambda row: get(row) is not None and measure(_folded(get(row)), value)


_MEASURES: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}


def _folded(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


def _comparable(column: Column, literal: Literal) -> Any:
    """A literal as something to hold against the row's folded value; refuses one of the wrong kind."""
    if literal.value == "null" and literal.kind == "word":
        return None
    if column.type == "boolean":
        _need(column, literal, "word", "boolean")
        return literal.value == "true"
    if column.type in ("currency", "double"):
        _need(column, literal, "number", column.type)
        return Decimal(literal.value)
    if column.type == "datetime":
        _need(column, literal, "datetime", "dateTime")
        moment = moment_of(literal.value).astimezone(UTC)
        return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000".casefold()
    if column.type == "date":
        _need(column, literal, "date", "date")
        return literal.value
    _need(column, literal, "text", "string")
    if column.type in ("id", "reference"):
        full = long_id(literal.value)
        if full is None:
            raise WireError(400, "INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {literal.value}")
        return full.casefold()
    return literal.value.casefold()


def _need(column: Column, literal: Literal, kind: str, shown: str) -> None:
    if literal.kind != kind:
        quoted = "should not be enclosed in quotes" if literal.kind == "text" else "must be of that type"
        raise WireError(
            400, "INVALID_FIELD", f"value of filter criterion for field '{column.name}' must be of type {shown} and {quoted}"
        )  # fmt: skip


def _sort_key(get: Getter, blank_low: bool) -> Callable[[Row], Any]:
    def key(row: Row) -> tuple[bool, Any]:
        value = get(row)
        return ((value is not None) == blank_low, "" if value is None else _folded(value))

    return key
