"""Listing: page size, offsets, columns, order and filter, with Airtable's own refusals."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from werkzeug.datastructures import MultiDict

from connectors.airtable import sandbox_formula as formula
from connectors.airtable.sandbox_errors import WireError, invalid
from connectors.airtable.sandbox_state import Row, Table
from connectors.clock import Time

PAGE = 100
LASTS = 15 * 60.0
"""Seconds that an offset stays good here; Airtable does not say."""

_OFFSET = re.compile(r"itr[A-Za-z0-9]{14}/rec[A-Za-z0-9]{14}")


@dataclass
class Iterator:
    """A list begun: the ids still to come, and until when."""

    ids: list[str]
    until: float


class Lister:
    """Answers list requests of one base and remembers where each stands. ``most`` rows a page, however many are asked for."""

    def __init__(self, time: Time, new_id: Any) -> None:
        self._time = time
        self._new_id = new_id
        self._iterators: dict[str, Iterator] = {}
        self.most = PAGE
        self._old: dict[str, dict[str, Row]] = {}
        self._lagging = 0

    def lag(self, reads: int, tables: Sequence[Table]) -> None:
        """The next so many lists show these tables as they are now, whatever is written meanwhile."""
        self._old, self._lagging = {table.id: dict(table.rows) for table in tables}, reads

    def expire(self) -> None:
        """From now on every offset given out before is answered with LIST_RECORDS_ITERATOR_NOT_AVAILABLE."""
        self._iterators.clear()

    def page(self, table: Table, options: Mapping[str, Any]) -> dict[str, Any]:
        size = _number(options.get("pageSize", PAGE), "INVALID_PAGE_SIZE_ARGUMENT")
        if not 0 <= size <= PAGE:
            raise invalid("pageSize must be between 0 and 100", "INVALID_PAGE_SIZE_ARGUMENT")
        size = min(size or PAGE, self.most)
        if self._lagging:
            self._lagging -= 1
            table = replace(table, rows=self._old[table.id])
        offset = options.get("offset")
        ids = self._rest(str(offset)) if offset else _select(table, options)
        here = [id for id in ids[:size] if id in table.rows]
        answer: dict[str, Any] = {"records": [show(table, table.rows[id], options) for id in here]}
        if len(ids) > size:
            name = self._new_id("itr")
            rest = ids[size:]
            self._iterators[name] = Iterator(rest, self._time.monotonic() + LASTS)
            answer["offset"] = f"{name}/{rest[0]}"
        return answer

    def _rest(self, offset: str) -> list[str]:
        if not _OFFSET.fullmatch(offset):
            raise invalid("The value of offset is invalid", "INVALID_OFFSET_VALUE")
        iterator = self._iterators.get(offset.partition("/")[0])
        if iterator is None or iterator.until <= self._time.monotonic():
            raise WireError(422, "LIST_RECORDS_ITERATOR_NOT_AVAILABLE")
        return iterator.ids


def show(table: Table, row: Row, options: Mapping[str, Any]) -> dict[str, Any]:
    """A record as it goes over the wire: blank cells are left out."""
    names = options.get("fields")
    columns = [table.column(name) for name in names] if names else table.columns
    by_id = str(options.get("returnFieldsByFieldId", "")).lower() in ("1", "true")
    shown = {(column.id if by_id else column.name): table.cell(row, column) for column in columns}
    return {
        "id": row.id,
        "createdTime": row.created,
        "fields": {name: value for name, value in shown.items() if value not in (None, "", [])},
    }


def from_query(query: MultiDict[str, str]) -> dict[str, Any]:
    """The options of a GET, as the POST form has them."""
    options: dict[str, Any] = {}
    for name, value in query.items(multi=True):
        if name in ("fields[]", "fields"):
            options.setdefault("fields", []).append(value)
        elif match := re.fullmatch(r"sort\[(\d+)\]\[(field|direction)\]", name):
            order = options.setdefault("sort", [])
            while len(order) <= min(int(match[1]), 20):
                order.append({})
            order[int(match[1])][match[2]] = value
        else:
            options[name] = value
    return options


def _select(table: Table, options: Mapping[str, Any]) -> list[str]:
    if options.get("view") not in (None, "", "Grid view"):
        raise invalid(f"View {options['view']} not found", "VIEW_NAME_NOT_FOUND")
    rows = list(table.rows.values())
    if wish := options.get("filterByFormula"):
        holds = formula.parse(str(wish))
        for row in rows[:1] or [Row("rec", "")]:
            holds(_as_formula_row(table, row))  # an unknown column is refused even when no row is left
        rows = [row for row in rows if formula.holds(holds(_as_formula_row(table, row)))]
    for order in reversed(options.get("sort") or ()):
        rows = _sorted(table, rows, order)
    most = options.get("maxRecords")
    ids = [row.id for row in rows]
    return ids[: _number(most, "INVALID_MAX_RECORDS_ARGUMENT")] if most not in (None, "") else ids


def _sorted(table: Table, rows: list[Row], order: Mapping[str, Any]) -> list[Row]:
    column = table.column(order.get("field"))
    blank = [row for row in rows if table.cell(row, column) is None]
    full = [row for row in rows if table.cell(row, column) is not None]
    falling = order.get("direction") == "desc"
    full.sort(key=lambda row: _sort_key(table.cell(row, column)), reverse=falling)
    return full + blank if falling else blank + full


def _sort_key(value: Any) -> tuple[int, Any]:
    return (0, value) if isinstance(value, (int, float)) else (1, str(value))


def _as_formula_row(table: Table, row: Row) -> formula.Row:
    def cell(name: str) -> Any:
        try:
            return table.cell(row, table.column(name))
        except WireError:
            message = f"The formula for filtering records is invalid: Unknown field names: {name.lower()}"
            raise WireError(422, "INVALID_FILTER_BY_FORMULA", message) from None

    return formula.Row(row.id, cell)


def _number(value: Any, type: str) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        raise invalid("This must be a whole number", type) from None
