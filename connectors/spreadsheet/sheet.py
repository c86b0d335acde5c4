"""What a file holds, whatever its kind: a header, and rows of cells with their row numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from connectors.contract import Invalid, Unavailable
from schemas.said import phrase

Cells = dict[str, Any]
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
"""Name of the stream that holds an encrypted workbook (Microsoft: MS-OFFCRYPTO 2.3.4.4)."""


@dataclass(frozen=True, slots=True)
class Row:
    """``number`` as the spreadsheet program shows it. ``error``: why a cell cannot be read."""

    number: int
    cells: Cells
    error: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """An open file: its header, and its rows once through. Blank rows are left out."""

    header: tuple[str, ...]
    rows: Iterator[Row]


@dataclass(frozen=True, slots=True)
class Change:
    """``number`` None appends a row; ``cells`` None removes the row."""

    number: int | None
    cells: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Options:
    """How the files are written, as declared; nothing is guessed."""

    encoding: str = "utf-8"
    delimiter: str = ","
    sheet: str = ""
    wanted: frozenset[str] = field(default_factory=frozenset)


class Format(Protocol):
    """One kind of file. ``write`` makes the changed bytes; nothing on disk is touched."""

    def open(self, path: Path, options: Options) -> AbstractContextManager[Opened]: ...

    def write(self, path: Path, options: Options, changes: list[Change]) -> bytes: ...

    def unheld(self, value: Any, options: Options) -> str | None:
        """Why no cell of such a file can hold this value; None when it can."""
        ...


def header_of(path: Path, names: list[Any]) -> tuple[str, ...]:
    """Header names, with trailing blank columns cut. Invalid where two columns have one name."""
    header = ["" if name is None else str(name).strip() for name in names]
    while header and not header[-1]:
        header.pop()
    if not any(header):
        raise Invalid(phrase("%(name)s: the first row has no column names. Put them there.", name=path.name))
    doubled = sorted({name for name in header if name and header.count(name) > 1})
    if doubled:
        raise Invalid(
            phrase(
                "%(name)s: two columns are called %(doubled)s. Rename one.", name=path.name, doubled=repr(doubled[0])
            ),
            doubled,
        )
    return tuple(header)


def format_of(path: Path) -> Format:
    """By the file's ending, checked against what is in it."""
    from connectors.spreadsheet.csv_file import CsvFormat
    from connectors.spreadsheet.xlsx_file import XlsxFormat

    ending = path.suffix.lower()
    try:
        with path.open("rb") as file:
            start = file.read(512)
    except OSError as error:
        raise Unavailable(
            phrase(
                "%(name)s cannot be read: %(strerror)s. Check that it is there and not locked.",
                name=path.name,
                strerror=error.strerror,
            )
        ) from None
    markup = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if markup[:1] == b"<" and any(tag in markup for tag in (b"<html", b"<!doctype", b"<table", b"<head", b"<meta")):
        raise Unavailable(
            phrase(
                "%(name)s is a web page, perhaps a sign-in page, saved as a sheet. Export it again as %(ending)s.",
                name=path.name,
                ending=ending,
            )
        )
    if markup[:5] == b"<?xml":
        raise Unavailable(
            phrase("%(name)s is an XML file. Open it in a spreadsheet program and save it as .xlsx.", name=path.name)
        )
    if start[:4] == b"\xd0\xcf\x11\xe0":
        if ENCRYPTED in path.read_bytes():
            raise Unavailable(
                phrase(
                    "%(name)s is protected by a password. Take the password off, or save a copy without.",
                    name=path.name,
                )
            )
        raise Unavailable(phrase("%(name)s is an old Excel file (.xls). Save it as .xlsx.", name=path.name))
    if ending in (".csv", ".txt", ".tsv"):
        if start[:2] == b"PK":
            raise Unavailable(
                phrase("%(name)s is an XLSX file with the wrong ending. Rename it to .xlsx.", name=path.name)
            )
        return CsvFormat()
    if ending in (".xlsx", ".xlsm"):
        return XlsxFormat()
    raise Unavailable(
        phrase("%(name)s: only .csv and .xlsx files can be read. Save it as one of these.", name=path.name)
    )
