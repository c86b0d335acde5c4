"""The tab as it stands at one moment: where each wanted column is, and which row holds what. Nothing here is remembered
from one call to the next: people sort, insert and delete rows whenever they like."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.contract import Invalid, Unavailable
from connectors.google_sheets import ranges, values
from connectors.google_sheets.api import UNFORMATTED, Api
from schemas.said import phrase, together


class Moved(Unavailable):
    """The columns are not where the header was seen to name them."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the table is: ``top`` is the number of the row that names the columns."""

    tab: str
    top: int = 1

    def row(self, number: int) -> str:
        return phrase("tab %(tab)s, row %(number)s", tab=repr(self.tab), number=number)


@dataclass(frozen=True, slots=True)
class Header:
    """The named columns: name to number, left to right."""

    columns: Mapping[str, int]

    @property
    def first(self) -> int:
        return min(self.columns.values())

    @property
    def last(self) -> int:
        return max(self.columns.values())


@dataclass(frozen=True, slots=True)
class Row:
    """``number`` as people see it. ``error``: why a cell cannot be read."""

    number: int
    cells: Mapping[str, Any]
    error: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """The wanted columns of every row that is not blank in all of them."""

    place: Place
    header: Header
    rows: tuple[Row, ...]
    id: str
    ids: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)
    """Rows by their id, as text; more than one where rows share it."""

    def having(self, column: str) -> dict[str, list[Row]]:
        """Rows by what they hold in this column."""
        return _by(self.rows, column)

    def state(self) -> str:
        """Tells one state of the table, and one way to look at it, from another. Sorting the rows is no change."""
        shown = sorted(repr(sorted(row.cells.items())) + row.error for row in self.rows)
        how = (self.place.tab, self.id, sorted(self.header.columns))
        return hashlib.sha256(repr((how, shown)).encode()).hexdigest()


def header(api: Api, place: Place) -> Header:
    """``Invalid`` where the row names no column, or two columns have one name."""
    names = [values.text(_cell(value)).strip() for value in api.header(place.tab, place.top)]
    if not any(names):
        raise Invalid(
            phrase(
                "%(row)s names no columns. Put the names there, or say in the option header which row has them.",
                row=place.row(place.top),
            )
        )
    doubled = sorted({name for name in names if name and names.count(name) > 1})
    if doubled:
        raise Invalid(
            phrase(
                "%(row)s: two columns are called %(doubled)s. Rename one.",
                row=place.row(place.top),
                doubled=repr(doubled[0]),
            ),
            doubled,
        )
    return Header({name: at for at, name in enumerate(names, 1) if name})


def look(api: Api, named: Header, place: Place, id: str, wanted: Sequence[str]) -> Look:
    """Every wanted column that is there, whole and as of one moment. Columns that are not wanted are not asked for.
    ``Moved`` where the columns are not where ``named`` has them."""
    if id not in named.columns:
        close = _closest(id, named.columns)
        raise Invalid(
            together(
                [
                    phrase(
                        "%(row)s has no column %(id)s, which tells its rows apart.",
                        row=place.row(place.top),
                        id=repr(id),
                    ),
                    close,
                ]
            ),
            [id],
        )
    there = {name: named.columns[name] for name in dict.fromkeys((id, *wanted)) if name in named.columns}
    cells = api.columns(place.tab, ranges.spans(list(there.values())), place.top, UNFORMATTED)
    stands(place, there, cells)
    rows = tuple(_rows(place.top, {name: cells[at] for name, at in there.items()}))
    by_id = {text: tuple(found) for text, found in _by(rows, id).items()}
    return Look(place, named, rows, id, by_id)


def stands(place: Place, there: Mapping[str, int], cells: Mapping[int, Sequence[Any]]) -> None:
    """Each column begins with its name; ``Moved`` where somebody moved columns between two calls."""
    for name, at in there.items():
        if not cells[at] or values.text(_cell(cells[at][0])).strip() != name:
            raise Moved(
                phrase(
                    "Tab %(tab)s: columns were moved while it was read (%(name)s). The next sync reads it again.",
                    tab=repr(place.tab),
                    name=repr(name),
                )
            )


def _rows(top: int, columns: Mapping[str, Sequence[Any]]) -> Iterator[Row]:
    for at in range(1, max(map(len, columns.values()), default=0)):
        cells: dict[str, Any] = {}
        error = ""
        for name, column in columns.items():
            value = column[at] if at < len(column) else None
            if isinstance(value, str) and value in values.ERRORS:
                error = phrase("%(name)s shows the error %(value)s.", name=repr(name), value=value)
                continue
            try:
                cells[name] = values.read(value)
            except ValueError as reason:
                error = phrase("%(name)s %(reason)s.", name=repr(name), reason=reason)
        if error or any(value is not None for value in cells.values()):
            yield Row(top + at, cells, error)


def _by(rows: Sequence[Row], column: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        if text := values.text(row.cells.get(column)):
            found.setdefault(text, []).append(row)
    return found


def _cell(value: Any) -> Any:
    try:
        return values.read(value)
    except ValueError:
        raise Unavailable(phrase("Google's answer holds a cell that is neither text, number nor tick.")) from None


def _closest(name: str, names: Mapping[str, int]) -> str:
    from difflib import get_close_matches

    found = get_close_matches(name, list(names), n=1)
    return phrase("Closest: %(close)s.", close=repr(found[0])) if found else ""
