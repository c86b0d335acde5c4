"""The table in a grid: where its column names stand, which rows are records, and which only look like it.

Sheets that people make have a title above, names over two rows, a line for each section, a footnote below. Nothing of it
is dropped in silence: what is no record is in ``passed`` with its row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from connectors.contract import Invalid
from connectors.spreadsheet.grid import Fault, Grid, filled
from schemas.said import phrase

ABOVE = 40
"""Rows in which the column names are looked for."""
SHOWN = 12
"""Column names that a message lists."""
LONG = 40
"""Characters of each."""
SECTION = 4
"""Columns of the profile from which on a row with nothing but its first cell is no record."""
SUMS = ("total", "totals", "grand total", "subtotal", "sub-total", "sum")


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the file. ``faults``: why a wanted cell cannot be read, by its column's name."""

    number: int
    cells: dict[str, Any]
    faults: dict[str, str]


@dataclass(frozen=True, slots=True)
class Passed:
    """A row that is no record, and why."""

    number: int
    text: str
    why: str


@dataclass(frozen=True, slots=True)
class Table:
    """``columns``: wanted name to its letter in the file; ``others`` the names that nobody wants; ``header`` the (last) row
    of names; ``notes`` what was found out about the file."""

    columns: dict[str, str]
    others: tuple[str, ...]
    header: int
    lines: list[Line]
    passed: list[Passed]
    notes: tuple[str, ...]


def table(path: Path, grids: Sequence[Grid], wanted: Iterable[str], needed: str = "", sheet: str = "") -> Table:
    """The best table among the worksheets. ``needed``: the column without which no row is a record. Raises ``Invalid``
    where none has it, with the names that were found."""
    wanted = list(wanted)
    if sheet:
        grids = [grid for grid in grids if grid.name == sheet] or _no_sheet(path, grids, sheet)
    heads = [(grid, head) for grid in grids for head in [_head(path, grid, wanted)] if head is not None]
    if not heads:
        raise Invalid(_nothing_known(path, grids, wanted))
    grid, head = max(heads, key=lambda found: (needed in found[1].columns, len(found[1].columns)))
    if needed and needed not in head.columns:
        raise Invalid(
            phrase(
                "%(name)s, row %(last)s: there is no column %(needed)s, and without it no row can be "
                "shared.%(closest)s Its columns: %(listed)s. Rename one, or use a profile that is made for this "
                "sheet.",
                name=path.name,
                last=head.last,
                needed=repr(needed),
                closest=_closest(needed, head.names),
                listed=_listed(head.names),
            ),
            [needed],
        )
    lines, passed = _lines(grid, head)
    return Table(
        {name: _letter(at) for name, at in head.columns.items()},
        tuple(name for at, name in head.names.items() if at not in head.columns.values()),
        head.last,
        lines,
        passed,
        (*grid.notes, *_about(grid, grids, head)),
    )


def names_of(path: Path, grids: Sequence[Grid], known: Iterable[str]) -> tuple[str, int, list[str], list[list[Any]]]:
    """For drafting a mapping: worksheet, row of names, the names, and up to 200 rows below. The row of names is the one
    with the most that is ``known``, else the first that fills most of the width."""
    known = list(known)
    heads = [(grid, head) for grid in grids for head in [_head(path, grid, known) or _widest(grid)] if head]
    if not heads:
        raise Invalid(
            phrase("%(name)s: no row of its first %(above)s looks like column names.", name=path.name, above=ABOVE)
        )
    grid, head = max(heads, key=lambda found: (len(found[1].columns), len(found[1].names)))
    below = [line for line in grid.rows[head.last : head.last + 200] if any(True for _ in filled(line))]
    names = [name for _, name in sorted(head.names.items())]
    return grid.name, head.last, names, [[_at(row, at) for at in sorted(head.names)] for row in below]


@dataclass(frozen=True, slots=True)
class _Head:
    """``columns``: wanted name to position; ``names``: what stands there, by position."""

    first: int
    last: int
    columns: dict[str, int]
    names: dict[int, str]


def plain(name: str) -> str:
    """A column's name without what people vary: case, spaces, an asterisk for a required field."""
    return " ".join(name.casefold().replace("_", " ").split()).rstrip("*: ")


def _head(path: Path, grid: Grid, wanted: Sequence[str]) -> _Head | None:
    best: _Head | None = None
    for number in range(1, min(ABOVE, len(grid.rows)) + 1):
        head = _named(path, grid, number, wanted)
        if head.columns and (best is None or len(head.columns) > len(best.columns)):
            best = head
    return best


def _named(path: Path, grid: Grid, number: int, wanted: Sequence[str]) -> _Head:
    names, last = _names(grid, number)
    by_plain: dict[str, list[int]] = {}
    for at, name in names.items():
        for form in {plain(name), plain(name.rpartition(": ")[2]) if last > number else plain(name)}:
            by_plain.setdefault(form, []).append(at)
    columns: dict[str, int] = {}
    for column in wanted:
        found = by_plain.get(plain(column), [])
        exact = [at for at in found if names[at] == column] or found
        if len(exact) > 1 and len(names) > 1:
            letters = " and ".join(_letter(at) for at in exact)
            raise Invalid(
                phrase(
                    "%(name)s, row %(number)s: columns %(letters)s are both called %(column)s. Rename one.",
                    name=path.name,
                    number=number,
                    letters=letters,
                    column=repr(column),
                ),
                [column],
            )
        if exact:
            columns[column] = exact[0]
    return _Head(number, last, columns, names)


def _names(grid: Grid, number: int) -> tuple[dict[int, str], int]:
    """Names by position. Where cells are merged downwards or across, the names go over two rows: "Ask: Amount"."""
    row = grid.rows[number - 1]
    here = [merge for merge in grid.merges if merge.row == number]
    down = any(merge.last_row == number + 1 for merge in here)
    across = [merge for merge in here if merge.last > merge.first and merge.last_row == number]
    top = {at: str(row[at]).strip() for at in filled(row)}
    below = grid.rows[number] if number < len(grid.rows) else []
    if not (down and across) and not (across and len(across) < len(top) and down):
        return top, number
    for merge in across:
        top |= dict.fromkeys(range(merge.first, merge.last + 1), top.get(merge.first, ""))
    under = {at: str(below[at]).strip() for at in filled(below)}
    names = {at: ": ".join(filter(None, (top.get(at), under.get(at)))) for at in sorted(top.keys() | under.keys())}
    return names, number + 1


def _widest(grid: Grid) -> _Head | None:
    widths = [len(list(filled(row))) for row in grid.rows[:ABOVE]]
    wide = max(widths, default=0)
    if wide < 2:
        return None
    number = next(n for n, width in enumerate(widths, 1) if width * 10 >= wide * 6)
    names, last = _names(grid, number)
    return _Head(number, last, {}, names)


def _lines(grid: Grid, head: _Head) -> tuple[list[Line], list[Passed]]:
    lines: list[Line] = []
    passed = [
        Passed(number, _text(row), phrase("stands above the column names"))
        for number, row in enumerate(grid.rows[: head.first - 1], 1)
        if any(True for _ in filled(row))
    ]
    merged = {merge.row: merge for merge in grid.merges if merge.last > merge.first}
    for number, row in enumerate(grid.rows[head.last :], head.last + 1):
        there = list(filled(row))
        if not there:
            continue
        if number in merged and len(there) == 1:
            passed.append(
                Passed(number, _text(row), phrase("is one text over several columns, like the name of a section"))
            )
        elif _repeats(row, head):
            passed.append(Passed(number, "", phrase("repeats the column names")))
        elif not set(there) & set(head.columns.values()):
            passed.append(
                Passed(number, "", phrase("has nothing in the columns of the profile"))
            )  # so it is not shown either
        elif len(there) == 1 and there[0] == min(head.names) and len(head.columns) >= SECTION:
            passed.append(Passed(number, _text(row), phrase("has only its first cell, like the name of a section")))
        elif plain(str(row[there[0]])) in SUMS and len(there) * 2 <= len(head.names):
            passed.append(Passed(number, _text(row), phrase("is a sum")))
        else:
            lines.append(_line(number, row, there, head))
    return lines, passed


def _letter(at: int) -> str:
    from openpyxl.utils import get_column_letter

    return str(get_column_letter(at + 1))


def _line(number: int, row: list[Any], there: list[int], head: _Head) -> Line:
    cells, faults = {}, {}
    for name, at in head.columns.items():
        value = _at(row, at)
        if isinstance(value, Fault):
            faults[name] = value.reason
        else:
            cells[name] = value
    beyond = [at for at in there if at > max(head.names)]
    if beyond:
        letter = _letter(beyond[0])
        faults[letter] = phrase("holds something and has no name: are the cells one too far to the right?")
    return Line(number, cells, faults)


def _repeats(row: list[Any], head: _Head) -> bool:
    named = [at for at in head.columns.values() if plain(str(_at(row, at) or "")) == plain(head.names[at])]
    return len(named) == len(head.columns) > 1


def _at(row: list[Any], at: int) -> Any:
    return row[at] if at < len(row) else None


def _text(row: list[Any]) -> str:
    return " · ".join(str(row[at]) for at in list(filled(row))[:4])[:120]


def _about(grid: Grid, grids: Sequence[Grid], head: _Head) -> list[str]:
    rows = (
        phrase("rows %(first)s and %(last)s", first=head.first, last=head.last)
        if head.last > head.first
        else phrase("row %(last)s", last=head.last)
    )
    said: list[str] = [
        phrase("Column names in %(rows)s of the worksheet “%(name)s”.", rows=rows, name=grid.name)
        if grid.name
        else phrase("Column names in %(rows)s.", rows=rows)
    ]
    others = [other.name for other in grids if other is not grid and other.rows]
    if others:
        said.append(phrase("Not read: the worksheets %(others)s.", others=", ".join(f"“{name}”" for name in others)))
    return said


def _no_sheet(path: Path, grids: Sequence[Grid], sheet: str) -> list[Grid]:
    raise Invalid(
        phrase(
            "%(name)s has no worksheet %(sheet)s. It has: %(grids)s.",
            name=path.name,
            sheet=repr(sheet),
            grids=", ".join(grid.name for grid in grids),
        )
    )


def _nothing_known(path: Path, grids: Sequence[Grid], wanted: Sequence[str]) -> str:
    heads = [head for grid in grids for head in [_widest(grid)] if head]
    found = phrase(" Its columns seem to be: %(listed)s.", listed=_listed(heads[0].names)) if heads else ""
    return phrase(
        "%(name)s: none of the column names of the profile stands in its first %(above)s rows.%(found)s "
        "The profile has: %(wanted)s, … Use a profile that is made for this sheet; `hub mapping new` "
        "drafts one.",
        name=path.name,
        above=ABOVE,
        found=found,
        wanted=", ".join(wanted[:SHOWN]),
    )


def _listed(names: dict[int, str]) -> str:
    listed = [name[:LONG] for _, name in sorted(names.items()) if name]
    shown = ", ".join(listed[:SHOWN])
    return (
        phrase("%(names)s and %(count)s more", names=shown, count=len(listed) - SHOWN) if len(listed) > SHOWN else shown
    )


def _closest(name: str, names: dict[int, str]) -> str:
    found = get_close_matches(plain(name), {plain(n): n for n in names.values()}, n=1)
    return (
        phrase(" Closest: %(close)s.", close=repr(next(n for n in names.values() if plain(n) == found[0])))
        if found
        else ""
    )
