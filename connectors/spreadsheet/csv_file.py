"""CSV: text exactly as it stands, so that leading zeros live; encoding and delimiter as declared."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from connectors.contract import Invalid, Unavailable
from connectors.spreadsheet.formula import marked, unmarked
from connectors.spreadsheet.sheet import Change, Opened, Options, Row, header_of
from schemas.said import phrase

LONGEST = 16 * 1024 * 1024
csv.field_size_limit(LONGEST)
BOM = b"\xef\xbb\xbf"


class CsvFormat:
    @contextmanager
    def open(self, path: Path, options: Options) -> Iterator[Opened]:
        encoding = _encoding(path, options)
        try:
            with path.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding, newline="") as file:
                rows = csv.reader(file, delimiter=_delimiter(options), strict=True)
                header = header_of(path, next(rows, []))
                _check_text(path, header)
                _check_delimiter(path, header, options.delimiter)
                yield Opened(header, _rows(_whole(path, rows, len(header)), header, options.wanted))
        except UnicodeDecodeError as error:
            raise Unavailable(_not_in(path, options, error)) from None
        except csv.Error as error:
            raise Unavailable(
                phrase("%(name)s is no well-formed CSV: %(error)s. Export it again.", name=path.name, error=error)
            ) from None

    def write(self, path: Path, options: Options, changes: list[Change]) -> bytes:
        encoding = _encoding(path, options)
        raw = path.read_bytes()
        try:
            text = raw.removeprefix(BOM).decode(encoding)
            table = list(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(options), strict=True))
        except (UnicodeDecodeError, csv.Error):
            raise Unavailable(
                phrase("%(name)s was saved by someone else meanwhile. The next sync tries again.", name=path.name)
            ) from None
        header = header_of(path, list(table[0]))
        needed = dict.fromkeys(c for change in changes for c in change.cells or () if c not in header)
        table[0] += list(needed)
        index = {name.strip(): i for i, name in enumerate(table[0]) if name.strip()}
        removed = {change.number for change in changes if change.cells is None}
        added: list[list[str]] = []
        for change in changes:
            if change.cells is not None:
                row = table[change.number - 1] if change.number else []
                _fill(row, change.cells, index, len(table[0]))
                added += [] if change.number else [row]
        kept = [row for number, row in enumerate(table, 1) if number not in removed]
        ending = "\r\n" if "\r\n" in text[:100_000] else "\n"
        lines = "".join(_line(row, options.delimiter) + ending for row in (*kept, *added))
        try:
            return (BOM if raw.startswith(BOM) else b"") + lines.encode(encoding)
        except UnicodeEncodeError as error:
            bad = error.object[error.start : error.end]
            raise Invalid(
                phrase(
                    "%(name)s is %(encoding)s, which has no %(bad)s. Save it as UTF-8.",
                    name=path.name,
                    encoding=options.encoding,
                    bad=repr(bad),
                )
            ) from None

    def unheld(self, value: Any, options: Options) -> str | None:
        text = cell_text(value) if not isinstance(value, list | dict) else ""
        if len(text.encode("utf-8", "replace")) > LONGEST:
            return phrase("A cell of a CSV file holds %(longest)s bytes here; this text has more.", longest=LONGEST)
        try:
            text.encode(options.encoding)
        except UnicodeEncodeError as error:
            bad = error.object[error.start : error.end]
            return phrase(
                "The file is %(encoding)s, which has no %(bad)s. Save it as UTF-8 and say so in its options.",
                encoding=options.encoding,
                bad=repr(bad),
            )
        except LookupError:
            return None
        return None


def _encoding(path: Path, options: Options) -> str:
    """Python's name of the declared encoding. A byte order mark of another one is a wrong declaration."""
    try:
        "".encode(options.encoding)
        name = codecs.lookup(options.encoding).name.removesuffix("-sig")
    except LookupError:
        raise Invalid(
            phrase("There is no encoding %(encoding)s. Common ones: utf-8, cp1252.", encoding=repr(options.encoding))
        ) from None
    with path.open("rb") as file:
        if name != "utf-8" and file.read(3) == BOM:
            raise Invalid(
                phrase(
                    '%(name)s says itself that it is UTF-8, not %(encoding)s. Declare encoding = "utf-8".',
                    name=path.name,
                    encoding=options.encoding,
                )
            )
    return name


def _not_in(path: Path, options: Options, error: UnicodeDecodeError) -> str:
    return phrase(
        '%(name)s is not %(encoding)s (byte %(at)s). Declare its encoding, like encoding = "cp1252", '
        "or save it as UTF-8.",
        name=path.name,
        encoding=options.encoding,
        at=error.start,
    )


def _delimiter(options: Options) -> str:
    if len(options.delimiter) != 1 or options.delimiter in '"\r\n':
        raise Invalid(
            phrase(
                '%(delimiter)s can part no cells. A delimiter is one character, like ";" or "\\t".',
                delimiter=repr(options.delimiter),
            )
        )
    return options.delimiter


def _check_text(path: Path, header: tuple[str, ...]) -> None:
    """After a power cut a file may have its length and none of its content."""
    if any("\0" in name for name in header):
        raise Unavailable(
            phrase("%(name)s holds zeros where column names are due. Put back a copy of it.", name=path.name)
        )


def _whole(path: Path, rows: Iterator[list[str]], columns: int) -> Iterator[list[str]]:
    """Rows of a file whose last one is whole: some programs save in place, and may have got no further yet."""
    held: list[str] | None = None
    for row in rows:
        if held is not None:
            yield held
        held = row
    if held is None:
        return
    if 0 < len(held) < columns and not _ends_a_line(path):
        raise Unavailable(
            phrase(
                "%(name)s ends inside its last row, as if it were still being saved. If it is not, put a line "
                "end there.",
                name=path.name,
            )
        )
    yield held


def _ends_a_line(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(0, 2)
        file.seek(max(0, file.tell() - 4))
        return file.read().strip(b"\0")[-1:] in (b"\n", b"\r")


def _check_delimiter(path: Path, header: tuple[str, ...], declared: str) -> None:
    """One column whose name holds another delimiter is a file that was declared wrongly."""
    others = [mark for mark in (";", "\t", ",", "|") if mark != declared and mark in header[0]]
    if len(header) == 1 and others:
        raise Invalid(
            phrase(
                "%(name)s seems to be parted by %(seems)s, not %(declared)s. Declare delimiter = %(seems)s.",
                name=path.name,
                seems=repr(others[0]),
                declared=repr(declared),
            )
        )


def _rows(rows: Any, header: tuple[str, ...], wanted: frozenset[str]) -> Iterator[Row]:
    """Numbered as a spreadsheet program does: a row with line breaks in its cells is one row."""
    columns = [(i, name) for i, name in enumerate(header) if name in wanted]
    for number, cells in enumerate(rows, 2):
        if any(cells):
            kept = {name: unmarked(cells[i]) or None for i, name in columns if i < len(cells)}
            long = len(cells) > len(header) and any(cells[len(header) :])
            yield Row(number, kept, phrase("It has more cells than the header has columns.") if long else "")


def _fill(row: list[str], cells: Mapping[str, Any], index: dict[str, int], width: int) -> None:
    row += [""] * (width - len(row))
    for name, value in cells.items():
        row[index[name]] = cell_text(value)


def _line(row: list[str], delimiter: str) -> str:
    """Without its line ending. The writer quotes only the line breaks that it writes itself, and a bare
    carriage return in a cell would end the row for every reader; so it always writes both."""
    if not row:
        return ""
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerow(row)
    return out.getvalue().removesuffix("\r\n")


def cell_text(value: Any) -> str:
    """A value as a CSV cell holds it: safe to open in a spreadsheet program, see ``formula``."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | Decimal):
        return format(value, "f") if isinstance(value, Decimal) else str(value)
    if isinstance(value, list):
        raise Invalid(phrase("A cell holds one text; give the field a separator in the mapping."))
    return marked(str(value))
