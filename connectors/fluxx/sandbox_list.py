"""Lists and single records as they go over the wire: columns, blanks left out, relations, order, pages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from connectors.clock import Time
from connectors.fluxx import sandbox_filter
from connectors.fluxx.sandbox_errors import WireError
from connectors.fluxx.sandbox_models import Column, Model
from connectors.fluxx.sandbox_site import Site

PAGE, MOST = 25, 500
Params = Mapping[str, Any]


class Lists:
    """``most`` rows a page, however many are asked for."""

    def __init__(self, site: Site, time: Time) -> None:
        self._site = site
        self._time = time
        self.most = MOST
        self._old: dict[str, list[dict[str, Any]]] = {}
        self._lagging = 0

    def lag(self, reads: int) -> None:
        """The next so many lists show all rows as they are now, whatever is written meanwhile."""
        self._old = {name: [dict(row) for row in self._site.listed(name)] for name in self._site.models}
        self._lagging = reads

    def page(self, name: str, params: Params) -> dict[str, Any]:
        model = self._site.model(name)
        number, size = _whole(params, "page", 1), min(_whole(params, "per_page", PAGE), self.most)
        if number < 1 or size < 1:
            raise WireError("page and per_page start at 1")
        rows = self._rows(name)
        cols = self.cols(model, params)
        if (given := decoded(params, "filter")) is not None:
            rows = [row for row in rows if self._filter(model, given)(row)] if rows else self._checked(model, given)
        rows = self._sorted(model, rows, params)
        shown = [self.show(model, row, cols, params) for row in rows[(number - 1) * size : number * size]]
        return {
            "records": {name: shown},
            "total_pages": -(-len(rows) // size),
            "total_entries": len(rows),
            "current_page": number,
            "per_page": size,
        }

    def _rows(self, name: str) -> list[dict[str, Any]]:
        if not self._lagging:
            return self._site.listed(name)
        self._lagging -= 1
        return self._old[name]

    def _checked(self, model: Model, given: Any) -> list[dict[str, Any]]:
        self._filter(model, given)
        return []

    def _filter(self, model: Model, given: Any) -> sandbox_filter.Holds:
        if not model.indexed:
            return _equality(model, given)
        if isinstance(given, Mapping) and "conditions" not in given:
            raise WireError('[400] {"error":{"type":"parsing_exception","reason":"no [query] registered"}}')
        today: date = self._time.now().date()
        site = sandbox_filter.Site(today, self._site.model, self._target, self._site.finely)
        return sandbox_filter.parse(given, model, site)

    def _target(self, model: str, id: Any) -> dict[str, Any] | None:
        return self._site.live(model, id) if isinstance(id, int) else None

    def _sorted(self, model: Model, rows: list[dict[str, Any]], params: Params) -> list[dict[str, Any]]:
        order = decoded(params, "sort") or []
        if not model.indexed:
            order = [params.get("sort_attribute") or "id", params.get("sort_order") or "asc"]
        name, way = (*order, "asc")[:2] if order else ("id", "asc")
        column = model.column(name)
        full = [row for row in rows if row.get(column.name) is not None]
        full.sort(key=lambda row: row[column.name], reverse=way == "desc")
        return full + [row for row in rows if row.get(column.name) is None]

    # --- one record

    def cols(self, model: Model, params: Params) -> list[str]:
        cols = decoded(params, "cols")
        if not isinstance(cols, list) or not cols or not all(isinstance(name, str) for name in cols):
            raise WireError("cols must name at least one column")
        for name in cols:
            model.column(name)
        return cols

    def show(self, model: Model, row: Mapping[str, Any], cols: list[str], params: Params) -> dict[str, Any]:
        """Always with the id; blank cells are left out."""
        relation = decoded(params, "relation") or {}
        shown = {name: self._cell(model.column(name), name, row, relation, params) for name in cols}
        kept = {name: value for name, value in shown.items() if not self._is_blank(value)}
        return {"id": row["id"]} | kept

    def _is_blank(self, value: Any) -> bool:
        if isinstance(value, bool):
            return not value and self._site.false_is_blank
        return value is None or value in ("", [], {})

    def _cell(self, column: Column, name: str, row: Mapping[str, Any], relation: Params, params: Params) -> Any:
        value = row.get(column.name)
        if column.target and value is not None:
            if name in relation:
                target = self._site.live(column.target, value) or {}
                wished = {each: target.get(each) for each in relation[name]}
                return [{"id": value} | {each: cell for each, cell in wished.items() if cell not in (None, "")}]
            return value if name == column.name else [value]
        if column.several and value:
            return _several(value, params)
        if column.type == "key" and value is not None:
            return value if self._site.key_type == "integer" else str(value)
        return number(value) if isinstance(value, Decimal) else value


def _several(values: list[str], params: Params) -> Any:
    if str(params.get("show_mavs", "")).lower() == "true":
        return [{"id": at, "desc": value, "val": value, "amount_value": None} for at, value in enumerate(values, 1)]
    return ("||" if str(params.get("enhanced_mavs", "")).lower() == "true" else ",").join(values)


def number(value: Decimal) -> int | float:
    """A decimal as JSON numbers show it."""
    return int(value) if value == value.to_integral_value() else float(value)


def decoded(params: Params, name: str) -> Any:
    """A parameter whose value is JSON in a string; in a JSON body it may be the value itself."""
    given = params.get(name)
    if not isinstance(given, str) or not given.strip():
        return given or None
    try:
        return json.loads(given, parse_float=Decimal)
    except ValueError:
        raise WireError(f"{name} is not JSON: unexpected token at '{given[:40]}'") from None


def _equality(model: Model, given: Any) -> sandbox_filter.Holds:
    wish = given.get(model.name) if isinstance(given, Mapping) else None
    if not isinstance(wish, Mapping):
        raise WireError(f"{model.name} is not indexed: filter it by equality")
    for name in wish:
        model.column(name)
    return lambda row: all(str(row.get(name)) == str(value) for name, value in wish.items())


def _whole(params: Params, name: str, default: int) -> int:
    try:
        return int(params.get(name) or default)
    except (TypeError, ValueError):
        raise WireError(f"{name} must be a whole number") from None
