"""The filter grammar, as far as the guide spells it out and clients are known to use it.

A filter is a group, a bare condition, or a list of conditions that must all hold. Sources: REST API v2 guide,
"Filtering"; ``starts_with``, ``contains``, ``like`` and cross-model ``filter`` are used by other clients.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.fluxx.sandbox_errors import WireError
from connectors.fluxx.sandbox_models import Column, Model, day_of

Row = Mapping[str, Any]
Holds = Callable[[Row], bool]
UNITS = ("day", "week", "month", "quarter", "year")
_PERIOD = re.compile(r"(?:(last|this|next)-(\w+?))|(?:(last|next)-n-(\w+?)s)|(?:(\w+?)s-n-ago)")
_SINGLE = {"yesterday": -1, "today": 0, "tomorrow": 1}


@dataclass(frozen=True, slots=True)
class Site:
    """What a filter needs to know beside the row: today, related rows, and whether moments are told apart within
    a day (which is not known of the real one)."""

    today: date
    model: Callable[[str], Model]
    target: Callable[[str, Any], Row | None]
    finely: bool = True


def parse(given: Any, model: Model, site: Site) -> Holds:
    """``WireError`` for what the grammar does not have."""
    if isinstance(given, Mapping):
        return _group(given, model, site)
    if isinstance(given, list) and given and isinstance(given[0], str):
        return _condition(given, model, site)
    if isinstance(given, list):
        return _all([parse(each, model, site) for each in given])
    raise _malformed()


def _group(given: Row, model: Model, site: Site) -> Holds:
    if not isinstance(given.get("conditions"), list):
        raise _malformed()
    parts = [parse(each, model, site) for each in given["conditions"]]
    kind = given.get("group_type", "and")
    groups = {
        "and": _all(parts),
        "or": _any(parts),
        "not-and": lambda row: not _all(parts)(row),
        "not-or": lambda row: not _any(parts)(row),
    }
    if kind not in groups:
        raise _malformed()
    return groups[kind]


def _all(parts: list[Holds]) -> Holds:
    return lambda row: all(part(row) for part in parts)


def _any(parts: list[Holds]) -> Holds:
    return lambda row: any(part(row) for part in parts)


def _condition(given: list[Any], model: Model, site: Site) -> Holds:
    if len(given) != 3 or not isinstance(given[1], str):
        raise _malformed()
    column, op, value = model.column(given[0]), given[1], given[2]
    if op == "filter":
        return _crossed(column, value, site)
    if op in ("null", "not-null"):
        blank = op == "null"
        return lambda row: (row.get(column.name) in (None, "", [])) == blank
    if column.type in ("date", "datetime"):
        return _dated(column, op, str(value), site)
    return _compared(column, op, value)


def _crossed(column: Column, value: Any, site: Site) -> Holds:
    if not column.target:
        raise WireError(f"{column.name} is no relation")
    inner = parse(value, site.model(column.target), site)

    def holds(row: Row) -> bool:
        there = site.target(column.target, row.get(column.name))
        return there is not None and inner(there)

    return holds


def _compared(column: Column, op: str, value: Any) -> Holds:
    numeric = column.type in ("integer", "decimal", "float", "currency", "relation", "key")

    def of(given: Any) -> Any:
        if given is None:
            return None
        if column.type == "boolean":
            return str(given).lower() in ("true", "1", "yes", "t")
        try:
            return Decimal(str(given)) if numeric else str(given)
        except InvalidOperation:
            raise WireError(f"[400] failed to parse query: number_format_exception for [{column.name}]") from None

    if op == "range":
        low, _, high = str(value).partition(" - ")
        first, last = of(low), of(high)
        return lambda row: (there := of(row.get(column.name))) is not None and first <= there <= last
    tests = _tests(of(value))
    if op not in tests:
        raise WireError(f"unknown operator {op}")
    return lambda row: (
        ((there := of(row.get(column.name))) is not None and tests[op](there)) or (there is None and op == "not-eq")
    )


def _tests(wish: Any) -> dict[str, Callable[[Any], bool]]:
    text = str(wish).casefold()
    return {
        "eq": lambda there: bool(there == wish),
        "not-eq": lambda there: bool(there != wish),
        "lt": lambda there: bool(there < wish),
        "lte": lambda there: bool(there <= wish),
        "gt": lambda there: bool(there > wish),
        "gte": lambda there: bool(there >= wish),
        "starts_with": lambda there: str(there).casefold().startswith(text),
        "contains": lambda there: text in str(there).casefold(),
        "like": lambda there: text.replace("%", "") in str(there).casefold(),
    }


def _dated(column: Column, op: str, value: str, site: Site) -> Holds:
    if op in ("eq", "not-eq", "lt", "lte", "gt", "gte"):
        fine = site.finely and column.type == "datetime" and "T" in value
        wish = value.replace("+00:00", "Z") if fine else _day(value).isoformat()
        test = _tests(wish)[op]
        return lambda row: bool(row.get(column.name)) and test(row[column.name] if fine else row[column.name][:10])
    first, last = (
        _range(value) if op == "range" else _years(value) if op == "range-year-cal" else _period(op, value, site)
    )
    return lambda row: bool(row.get(column.name)) and first.isoformat() <= row[column.name][:10] <= last.isoformat()


def _day(text: str) -> date:
    try:
        return day_of(text)
    except ValueError:
        raise WireError(f"[400] failed to parse date field [{text}]") from None


def _range(value: str) -> tuple[date, date]:
    low, found, high = value.partition(" - ")
    if not found:
        raise WireError(f"[400] failed to parse date field [{value}]")
    return _day(low), _day(high)


def _years(value: str) -> tuple[date, date]:
    years = re.findall(r"\d{4}", value)
    if not years:
        raise WireError(f"[400] failed to parse date field [{value}]")
    return date(int(years[0]), 1, 1), date(int(years[-1]), 12, 31)


def _period(op: str, value: str, site: Site) -> tuple[date, date]:
    """Periods of the calendar. Several last ones end before the current one, several next ones begin after it."""
    if op in _SINGLE:
        day = site.today + timedelta(days=_SINGLE[op])
        return day, day
    found = _PERIOD.fullmatch(op)
    unit = next((part for part in (found[2], found[4], found[5]) if part), "") if found else ""
    if not found or unit not in UNITS:
        raise WireError(f"unknown operator {op}")
    if found[1]:
        offset = {"last": -1, "this": 0, "next": 1}[found[1]]
        return _start(site.today, unit, offset), _start(site.today, unit, offset + 1) - timedelta(days=1)
    if not value.isdecimal():
        raise WireError(f"{op} takes a number")
    many = int(value)
    if found[5]:
        return _start(site.today, unit, -many), _start(site.today, unit, 1 - many) - timedelta(days=1)
    if found[3] == "last":
        return _start(site.today, unit, -many), _start(site.today, unit, 0) - timedelta(days=1)
    return _start(site.today, unit, 1), _start(site.today, unit, many + 1) - timedelta(days=1)


def _start(today: date, unit: str, offset: int) -> date:
    """The first day of the period so many periods from now."""
    if unit == "day":
        return today + timedelta(days=offset)
    if unit == "week":
        return today - timedelta(days=today.weekday()) + timedelta(weeks=offset)
    months = {"month": 1, "quarter": 3, "year": 12}[unit]
    number = today.year * 12 + today.month - 1
    number = number - number % months + offset * months
    return date(number // 12, number % 12 + 1, 1)


def _malformed() -> WireError:
    return WireError('{"status": 400, "reason": "filter is malformed"}')
