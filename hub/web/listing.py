"""What every list has: an order, a page and its size in the address, a count, a file to take away, and as of when it is."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Response, abort, request, url_for
from flask_babel import gettext as _

from connectors.spreadsheet.formula import marked
from hub.exports.files import BOM
from hub.languages import bare
from hub.web.guard import hub

SIZES = (20, 50, 100)


@dataclass(frozen=True, slots=True)
class Column:
    """``key``: what a row is ordered by, None where it has nothing; a column without one cannot be ordered by. ``cell``: its text
    in the file, the key's where it is left out; marks of direction, which spreadsheets search and compare by, are not in it."""

    title: str
    key: Callable[[Any], Any] | None = None
    cell: Callable[[Any], object] | None = None

    def text(self, row: Any) -> str:
        found = (self.cell or self.key or (lambda _row: ""))(row)
        return "" if found is None else found.isoformat() if isinstance(found, datetime) else bare(str(found))


Page = tuple[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Listing:
    """``rows`` is the page that was asked for, ``count`` says how many there are in all; ``sort`` is a column's name, "" for the
    order in which they came. Links lead to the same list, otherwise. ``name`` is "" but for a second list on one page, whose
    parts of the address begin with it. ``page_of``: the route of the list and its parts, for where the answer to a form
    shows it: that has an address of its own, which nobody can open."""

    columns: Mapping[str, Column]
    rows: Sequence[Any]
    count: int
    sort: str
    descending: bool
    page: int
    pages: int
    size: int
    at: datetime
    name: str = ""
    page_of: Page = ("", {})

    def order(self, name: str) -> str:
        """The value of ``aria-sort``."""
        return ("descending" if self.descending else "ascending") if name == self.sort else "none"

    def sorted_by(self, name: str) -> str:
        turned = name == self.sort and not self.descending
        return self._link(sort=f"-{name}" if turned else name, page=None)

    def to_page(self, number: int) -> str:
        return self._link(page=number)

    def of_size(self, size: int) -> str:
        return self._link(size=size, page=None)

    def file(self) -> str:
        return self._link(format="csv", page=None, size=None)

    def again(self) -> str:
        return self._link()

    def _link(self, **changes: object) -> str:
        # By hand: in the arguments of url_for, names that anybody may write into an address mean something (_scheme, _external).
        asked: Mapping[str, Any] = {}
        route, parts = self.page_of
        if request.method == "GET":
            route, parts, asked = request.endpoint or "", request.view_args or {}, request.args.to_dict(flat=False)
        formats = {name: None for name in asked if name.endswith("format")}
        values: dict[str, Any] = {
            **asked,
            **formats,
            **{f"{self.name}{part}": value for part, value in changes.items()},
        }
        query = urlencode({name: value for name, value in values.items() if value is not None}, doseq=True)
        address = url_for(route, **parts)
        return f"{address}{'&' if '?' in address else '?'}{query}" if query else address


Take = Callable[[str, bool, int, int | None], Sequence[Any]]
"""The rows by a column's name ("" for their own order) and whether descending, from an offset on, so many or all."""


def listed(
    rows: Iterable[Any], columns: Mapping[str, Column], name: str = "", page_of: Page = ("", {}), size: int = SIZES[1]
) -> Listing:
    """As the address asks; what it asks wrongly is left aside. ``size``: of a page where it asks for none."""
    there = list(rows)

    def take(sort: str, descending: bool, offset: int, limit: int | None) -> Sequence[Any]:
        key = columns[sort].key if sort else None
        ordered = there if key is None else _ordered(there, key, descending)
        return ordered[offset:] if limit is None else ordered[offset : offset + limit]

    return taken(len(there), take, columns, name, page_of, size)


def taken(
    count: int,
    take: Take,
    columns: Mapping[str, Column],
    name: str = "",
    page_of: Page = ("", {}),
    size: int = SIZES[1],
) -> Listing:
    """The same of rows that the database orders and counts, for what grows without end."""
    asked = request.args.get(f"{name}sort", "")
    sort, descending = asked.removeprefix("-"), asked.startswith("-")
    if sort not in columns or columns[sort].key is None:
        sort, descending = "", False
    now = hub().time.now()
    if wants_file(name):
        return Listing(
            columns, take(sort, descending, 0, None), count, sort, descending, 1, 1, max(count, 1), now, name, page_of
        )
    wish = request.args.get(f"{name}size", type=int)
    size = wish if wish in SIZES else size
    pages = max(-(-count // size), 1)
    page = min(max(request.args.get(f"{name}page", 1, type=int), 1), pages)
    shown = take(sort, descending, (page - 1) * size, size)
    return Listing(columns, shown, count, sort, descending, page, pages, size, now, name, page_of)


def day(name: str) -> date | None:
    """What the address says under this name; abort with 400 for what is no day."""
    try:
        return date.fromisoformat(request.args[name]) if request.args.get(name) else None
    except ValueError:
        abort(400, _("Write a day like 2026-03-31."))


def between(first: date | None, last: date | None) -> tuple[datetime | None, datetime | None]:
    """From when on and until before when: whole days, of UTC."""
    since = datetime.combine(first, time(), UTC) if first else None
    return since, datetime.combine(last + timedelta(days=1), time(), UTC) if last else None


def wants_file(name: str = "") -> bool:
    return request.args.get(f"{name}format") == "csv"


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
