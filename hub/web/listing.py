"""What every list has: an order, a page and its size in the address, a count, a file to take away, and as of when it is."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from flask import Response, request, url_for

from connectors.spreadsheet.formula import marked
from hub.web.guard import hub

SIZES = (20, 50, 100)
BOM = "\ufeff"
"""Without it, Excel takes a CSV file for one in the code page of its country."""


@dataclass(frozen=True, slots=True)
class Column:
    """``key``: what a row is ordered by, None where it has nothing; a column without one cannot be ordered by. ``cell``: its text
    in the file, the key's where it is left out."""

    title: str
    key: Callable[[Any], Any] | None = None
    cell: Callable[[Any], object] | None = None

    def text(self, row: Any) -> str:
        found = (self.cell or self.key or (lambda _row: ""))(row)
        return "" if found is None else found.isoformat() if isinstance(found, datetime) else str(found)


@dataclass(frozen=True, slots=True)
class Listing:
    """``rows`` is the page that was asked for, ``count`` says how many there are in all; ``sort`` is a column's name, "" for the
    order in which they came. Links lead to the same list, otherwise."""

    columns: Mapping[str, Column]
    rows: Sequence[Any]
    count: int
    sort: str
    descending: bool
    page: int
    pages: int
    size: int
    at: datetime

    def order(self, name: str) -> str:
        """The value of ``aria-sort``."""
        return ("descending" if self.descending else "ascending") if name == self.sort else "none"

    def sorted_by(self, name: str) -> str:
        turned = name == self.sort and not self.descending
        return _link(sort=f"-{name}" if turned else name, page=None)

    def to_page(self, number: int) -> str:
        return _link(page=number)

    def of_size(self, size: int) -> str:
        return _link(size=size, page=None)

    def file(self) -> str:
        return _link(format="csv", page=None, size=None)

    def again(self) -> str:
        return _link()


def listed(rows: Iterable[Any], columns: Mapping[str, Column]) -> Listing:
    """As the address asks; what it asks wrongly is left aside."""
    there = list(rows)
    asked = request.args.get("sort", "")
    name, descending = asked.removeprefix("-"), asked.startswith("-")
    column = columns.get(name)
    if column is None or column.key is None:
        name, descending = "", False
    else:
        there = _ordered(there, column.key, descending)
    if wants_file():
        return Listing(columns, there, len(there), name, descending, 1, 1, len(there), hub().time.now())
    size = request.args.get("size", type=int)
    size = size if size in SIZES else SIZES[1]
    pages = max(-(-len(there) // size), 1)
    page = min(max(request.args.get("page", 1, type=int), 1), pages)
    shown = there[(page - 1) * size : page * size]
    return Listing(columns, shown, len(there), name, descending, page, pages, size, hub().time.now())


def wants_file() -> bool:
    return request.args.get("format") == "csv"


def as_file(found: Listing, name: str) -> Response:
    """All rows in their order, safe to open in a spreadsheet program."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([marked(column.title) for column in found.columns.values()])
    for row in found.rows:
        writer.writerow([marked(column.text(row)) for column in found.columns.values()])
    return csv_of([out.getvalue()], name)


def csv_of(texts: Iterable[str], name: str) -> Response:
    """The file of these pieces of text, each whole lines."""

    def pieces() -> Iterable[str]:
        yield BOM
        yield from texts

    headers = {"Content-Disposition": f"attachment; filename={name}.csv"}
    return Response(pieces(), mimetype="text/csv; charset=utf-8", headers=headers)


def _ordered(rows: list[Any], key: Callable[[Any], Any], descending: bool) -> list[Any]:
    """What has nothing to order by comes last, whichever way."""
    having = [row for row in rows if key(row) is not None]
    without = [row for row in rows if key(row) is None]
    return sorted(having, key=lambda row: _folded(key(row)), reverse=descending) + without


def _folded(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


def _link(**changes: object) -> str:
    # By hand: in the arguments of url_for, names that anybody may write into an address mean something (_scheme, _external).
    values: dict[str, Any] = {**request.args.to_dict(flat=False), **changes}
    query = urlencode(
        {name: v for name, v in values.items() if v is not None and (name != "format" or "format" in changes)},
        doseq=True,
    )
    return url_for(request.endpoint or "", **(request.view_args or {})) + (f"?{query}" if query else "")
