"""A file that somebody brings, as a grid: its cells row by row, whatever kind of file it is. Unlike a file that the hub
reads by itself (``csv_file``, ``xlsx_file``), nobody declared how it is written: what is found out is said in ``notes``."""

from __future__ import annotations

import codecs
import csv
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connectors.contract import Unavailable
from connectors.spreadsheet.csv_file import LONGEST
from connectors.spreadsheet.formula import unmarked
from connectors.spreadsheet.sheet import ENCRYPTED
from connectors.spreadsheet.weight import weigh
from schemas.said import phrase

LARGEST = 10 * 1024 * 1024
"""Bytes of a file that is brought."""
UNPACKED = 100 * 1024 * 1024
"""Bytes that it may unpack to."""
MOST = 5_000
"""Rows of it: what a person waits for in the browser."""
BLANK = 100_000
"""Rows of it that are blank or not: programs save formats of rows that hold nothing."""
WIDEST = 500
"""Columns of it: a cell in the last one that Excel has makes every row of a file as wide."""
CHARACTERS = 20_000_000
"""Text in all its cells, however often one of them stands there: XLSX writes a text once and points at it."""
CELLS = 3_000_000
"""Cells and rows in all its worksheets: in XLS, a few bytes can say that there are sixteen million of them."""
DELIMITERS = (",", ";", "\t", "|")
_MERGED = re.compile(rb'<(?:\w++:)?mergeCell (?:[^<>]*? )?ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')


@dataclass(frozen=True, slots=True)
class Fault:
    """What stands in the place of a value that cannot be read."""

    reason: str


@dataclass(frozen=True, slots=True)
class Merge:
    """Cells that are one. Rows count from 1, columns from 0; ``last_row`` and ``last`` belong to it."""

    row: int
    first: int
    last_row: int
    last: int


@dataclass(frozen=True, slots=True)
class Grid:
    """One worksheet. ``rows`` are lists of values as ``contract.Raw`` has them, ``None`` for blank, or a ``Fault``."""

    name: str
    rows: list[list[Any]]
    merges: tuple[Merge, ...] = ()
    notes: tuple[str, ...] = field(default_factory=tuple)


def grids(path: Path) -> list[Grid]:
    """The worksheets of a file, by what is in it and not by its name. Raises ``Unavailable`` for what is no sheet, is
    protected, torn or too large."""
    if path.stat().st_size > LARGEST:
        raise Unavailable(
            phrase("%(name)s is larger than %(largest)s MB. Split it.", name=path.name, largest=LARGEST // 2**20)
        )
    content = path.read_bytes()
    if not content.strip():
        raise Unavailable(phrase("%(name)s is empty.", name=path.name))
    if content[:4] == b"\xd0\xcf\x11\xe0":
        if ENCRYPTED in content:
            raise Unavailable(
                phrase(
                    "%(name)s is protected by a password. Take the password off, or save a copy without.",
                    name=path.name,
                )
            )
        from connectors.spreadsheet.xls_file import xls_grids

        return xls_grids(path, content)
    if content[:2] == b"PK":
        return _xlsx(path)
    _must_be_text(path, content)
    return [_csv(path, content)]


def _must_be_text(path: Path, content: bytes) -> None:
    start = content[:512].removeprefix(codecs.BOM_UTF8).lstrip().lower()
    if start[:1] == b"<":
        page = any(tag in start for tag in (b"<html", b"<!doctype", b"<table", b"<head", b"<meta"))
        kind = phrase("a web page, perhaps a sign-in page") if page else phrase("an XML file")
        raise Unavailable(
            phrase(
                "%(name)s is %(kind)s, no sheet. Open it in a spreadsheet program and save it as .xlsx.",
                name=path.name,
                kind=kind,
            )
        )
    if start[:1] in (b"{", b"["):
        raise Unavailable(phrase("%(name)s holds JSON, no sheet. Export it as .csv or .xlsx.", name=path.name))
    if start[:4] == b"%pdf":
        raise Unavailable(phrase("%(name)s is a PDF, no sheet. Export it as .csv or .xlsx.", name=path.name))


def _csv(path: Path, content: bytes) -> Grid:
    text, encoding = _decoded(path, content)
    delimiter = _delimiter(text)
    size, widths = Counted(path), [0]
    rows = size.rows
    csv.field_size_limit(LONGEST)
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            widths.append(len(cells))
            size.add([unmarked(cell) or None for cell in cells])
    except csv.Error as error:
        raise Unavailable(
            phrase(
                "%(name)s, row %(count)s: no well-formed CSV (%(error)s). Export it again.",
                name=path.name,
                count=len(rows) + 1,
                error=error,
            )
        ) from None
    if len(rows) > 1 and 0 < widths[-1] < widths[-2] and text[-1] not in "\r\n":
        raise Unavailable(
            phrase(
                "%(name)s, row %(count)s: the file ends inside its last row, as if it were still being saved. If "
                "it is not, put a line end there.",
                name=path.name,
                count=len(rows),
            )
        )
    names = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
    return Grid(
        "",
        rows,
        notes=(phrase("Text as %(encoding)s, cells parted by %(names)s.", encoding=encoding, names=names[delimiter]),),
    )


def _decoded(path: Path, content: bytes) -> tuple[str, str]:
    """By the byte order mark, else UTF-8 where it is UTF-8 throughout, else what Excel on Windows writes."""
    if content[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        try:
            return content.decode("utf-16"), "UTF-16"
        except UnicodeDecodeError:
            raise Unavailable(
                phrase("%(name)s begins like UTF-16 and is not. Save it as UTF-8.", name=path.name)
            ) from None
    if b"\0" in content:
        raise Unavailable(
            phrase(
                "%(name)s holds zeros where text is due; it is no sheet, or it is torn. Export it again.",
                name=path.name,
            )
        )
    try:
        return content.removeprefix(codecs.BOM_UTF8).decode(), "UTF-8"
    except UnicodeDecodeError as utf8:
        try:
            return content.decode("cp1252"), "Windows-1252"
        except UnicodeDecodeError:
            raise Unavailable(
                phrase(
                    "%(name)s is neither UTF-8 (byte %(at)s) nor Windows-1252. Save it as UTF-8.",
                    name=path.name,
                    at=utf8.start,
                )
            ) from None


def _delimiter(text: str) -> str:
    """What parts the most cells of the first lines the most evenly; a comma where nothing parts any."""
    head = "".join(text[:20_000].splitlines(keepends=True)[:20])

    def widest(mark: str) -> tuple[int, int]:
        try:
            widths = [len(row) for row in csv.reader(io.StringIO(head, newline=""), delimiter=mark) if row]
        except csv.Error:
            return (0, 0)
        wide = max(widths, default=1)
        return (widths.count(wide) if wide > 1 else 0, wide)

    best = max(DELIMITERS, key=widest)
    return best if widest(best)[0] else ","


def _xlsx(path: Path) -> list[Grid]:
    from connectors.spreadsheet.xlsx_file import BROKEN, load_bounded, must_unpack

    try:
        with zipfile.ZipFile(path) as packed:
            names = set(packed.namelist())
    except BROKEN as error:
        raise Unavailable(
            phrase("%(name)s is torn (%(error)s). Save or export it again.", name=path.name, error=error)
        ) from None
    if "mimetype" in names or "content.xml" in names:
        raise Unavailable(phrase("%(name)s is an OpenDocument file (.ods). Save it as .xlsx.", name=path.name))
    if "xl/workbook.xml" not in names:
        raise Unavailable(
            phrase("%(name)s is a zip file, no sheet. Unpack it and bring the sheet in it.", name=path.name)
        )
    must_unpack(path, UNPACKED)
    try:
        weigh(path)
    except (*BROKEN, RuntimeError) as error:  # the latter of a part that is packed in a way of its own
        raise Unavailable(
            phrase("%(name)s is torn (%(error)s). Save or export it again.", name=path.name, error=error)
        ) from None
    book = load_bounded(path, UNPACKED, read_only=True, data_only=True)
    size = Counted(path)
    try:
        parts = [sheet._worksheet_path for sheet in book.worksheets]
        if len(set(parts)) < len(parts):
            raise Unavailable(
                phrase(
                    "%(name)s shows one worksheet under several names. Copy the cells into a new file.", name=path.name
                )
            )
        return [_sheet(path, sheet, size) for sheet in book.worksheets if sheet.sheet_state == "visible"]
    finally:
        book.close()


def _sheet(path: Path, sheet: Any, size: Counted) -> Grid:
    from connectors.spreadsheet.xlsx_file import raw_value, unbroken
    from connectors.spreadsheet.xlsx_formulas import uncalculated

    sheet.reset_dimensions()
    never = uncalculated(sheet)
    size.begin()
    for cells in unbroken(path, sheet.iter_rows()):
        size.add([_fault(cell, never) or raw_value(cell.value) for cell in cells])
    with sheet._get_source() as part:
        merges = tuple(_merge(found) for found in _MERGED.finditer(part.read()))
    return Grid(sheet.title, size.rows, merges)


def _fault(cell: Any, never: frozenset[str]) -> Fault | None:
    if never and getattr(cell, "coordinate", None) in never:
        return Fault(phrase("holds a formula that was never calculated. Open the file in Excel and save it."))
    if cell.value is not None and cell.data_type == "e":
        return Fault(phrase("holds the error %(value)s.", value=cell.value))
    return None


def _merge(found: re.Match[bytes]) -> Merge:
    from openpyxl.utils import column_index_from_string as index

    return Merge(int(found[2]), index(found[1].decode()) - 1, int(found[4]), index(found[3].decode()) - 1)


class Counted:
    """Rows of a file that is read, as long as they stay within what a hub reads. Of a workbook each worksheet begins its own
    ``rows``; all of them together make the file. ``add`` raises ``Unavailable``."""

    def __init__(self, path: Path) -> None:
        self._path, self._cells, self._characters = path, 0, 0
        self.begin()

    def begin(self) -> None:
        self.rows: list[list[Any]] = []
        self._filled = 0

    def add(self, row: list[Any]) -> None:
        while row and row[-1] is None:
            row.pop()
        self._filled += bool(row)
        self._cells += 1 + len(row)
        self._characters += sum(len(value) for value in row if isinstance(value, str))
        self.rows.append(row)
        if self._filled > MOST or len(self.rows) > BLANK:
            raise Unavailable(
                phrase("%(name)s has more than %(most)s rows. Split it.", name=self._path.name, most=MOST)
            )
        if len(row) > WIDEST:
            raise Unavailable(
                phrase(
                    "%(name)s, row %(count)s: it has more than %(widest)s columns. Delete those that are not needed.",
                    name=self._path.name,
                    count=len(self.rows),
                    widest=WIDEST,
                )
            )
        if self._characters > CHARACTERS:
            raise Unavailable(
                phrase(
                    "%(name)s holds more than %(characters)s million characters. Split it.",
                    name=self._path.name,
                    characters=CHARACTERS // 1_000_000,
                )
            )
        if self._cells > CELLS:
            raise Unavailable(
                phrase(
                    "%(name)s: its worksheets hold more than %(cells)s million cells. Bring one of them alone.",
                    name=self._path.name,
                    cells=CELLS // 1_000_000,
                )
            )


def filled(rows: list[Any]) -> Iterator[int]:
    """Positions of the cells of a row that hold something."""
    return (at for at, value in enumerate(rows) if value is not None and str(value).strip())
