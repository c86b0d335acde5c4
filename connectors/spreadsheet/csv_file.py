"""CSV: text exactly as it stands, so that leading zeros live; encoding and delimiter as declared."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from connectors.contract import Invalid, Unavailable
from connectors.spreadsheet.formula import marked, unmarked
from connectors.spreadsheet.sheet import Change, Opened, Options, Row, header_of

csv.field_size_limit(16 * 1024 * 1024)
BOM = b"\xef\xbb\xbf"


class CsvFormat:
    @contextmanager
    def open(self, path: Path, options: Options) -> Iterator[Opened]:
        encoding = "utf-8-sig" if options.encoding.lower().replace("_", "-") in ("utf-8", "utf8") else options.encoding
        try:
            with path.open(encoding=encoding, newline="") as file:
                rows = csv.reader(file, delimiter=options.delimiter, strict=True)
                header = header_of(path, next(rows, []))
                _check_delimiter(path, header, options.delimiter)
                yield Opened(header, _rows(rows, header, options.wanted))
        except UnicodeDecodeError as error:
            raise Unavailable(
                f"{path.name} is not {options.encoding} (byte {error.start}). Declare its encoding, like "
                f'encoding = "cp1252", or save it as UTF-8.'
            ) from None
        except LookupError:
            raise Invalid(f"There is no encoding {options.encoding!r}. Common ones: utf-8, cp1252.") from None
        except csv.Error as error:
            raise Unavailable(f"{path.name} is no well-formed CSV: {error}. Export it again.") from None

    def write(self, path: Path, options: Options, changes: list[Change]) -> bytes:
        raw = path.read_bytes()
        text = raw.removeprefix(BOM).decode(options.encoding)
        ending = "\r\n" if "\r\n" in text[:100_000] else "\n"
        table = list(csv.reader(io.StringIO(text, newline=""), delimiter=options.delimiter, strict=True))
        header = header_of(path, list(table[0]))
        needed = dict.fromkeys(c for change in changes for c in change.cells or () if c not in header)
        table[0] += [""] * (len(header) - len(table[0])) + list(needed)
        index = {name: i for i, name in enumerate(table[0])}
        starts = _line_numbers(text, options.delimiter)
        for change in changes:
            if change.number is None:
                table.append([""] * len(table[0]))
                _fill(table[-1], change.cells or {}, index)
            elif change.cells is None:
                table[starts[change.number]] = []
            else:
                _fill(table[starts[change.number]], change.cells, index)
        out = io.StringIO(newline="")
        writer = csv.writer(out, delimiter=options.delimiter, lineterminator=ending)
        writer.writerows(row for row in table if row)
        try:
            return (BOM if raw.startswith(BOM) else b"") + out.getvalue().encode(options.encoding)
        except UnicodeEncodeError as error:
            bad = error.object[error.start : error.end]
            raise Invalid(f"{path.name} is {options.encoding}, which has no {bad!r}. Save it as UTF-8.") from None


def _check_delimiter(path: Path, header: tuple[str, ...], declared: str) -> None:
    """One column whose name holds another delimiter is a file that was declared wrongly."""
    others = [mark for mark in (";", "\t", ",", "|") if mark != declared and mark in header[0]]
    if len(header) == 1 and others:
        raise Invalid(
            f"{path.name} seems to be parted by {others[0]!r}, not {declared!r}. Declare delimiter = {others[0]!r}."
        )


def _rows(rows: Any, header: tuple[str, ...], wanted: frozenset[str]) -> Iterator[Row]:
    columns = [(i, name) for i, name in enumerate(header) if name in wanted]
    number = rows.line_num + 1
    for cells in rows:
        if any(cells):
            kept = {name: unmarked(cells[i]) or None for i, name in columns if i < len(cells)}
            long = len(cells) > len(header) and any(cells[len(header) :])
            yield Row(number, kept, "It has more cells than the header has columns." if long else "")
        number = rows.line_num + 1


def _line_numbers(text: str, delimiter: str) -> dict[int, int]:
    """Line at which a row starts, to its place in the table."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    found, number = {}, 1
    for place, _ in enumerate(rows):
        found[number] = place
        number = rows.line_num + 1
    return found


def _fill(row: list[str], cells: Any, index: dict[str, int]) -> None:
    row += [""] * (len(index) - len(row))
    for name, value in cells.items():
        row[index[name]] = _text(value)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | Decimal):
        return format(value, "f") if isinstance(value, Decimal) else str(value)
    if isinstance(value, list):
        raise Invalid("A cell holds one text; give the field a separator in the mapping.")
    return marked(str(value))
