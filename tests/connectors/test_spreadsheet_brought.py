"""Sheets as people make them: what stands above, between and below the records, and what no hub should read."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlwt
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from connectors.contract import Invalid, Unavailable
from connectors.spreadsheet import grid
from connectors.spreadsheet.grid import grids
from connectors.spreadsheet.table import Table, table

WANTED = ["Title", "Organisation", "Ask: Amount", "Start", "Key"]
HEADER = ["Title", "Organisation", "Ask: Amount", "Start"]


def book(folder: Path, rows: list[list[Any]], merges: tuple[str, ...] = (), mac: bool = False) -> Path:
    made = openpyxl.Workbook()
    if mac:
        made.epoch = CALENDAR_MAC_1904
    page: Any = made.active
    for row in rows:
        page.append(row)
    for merge in merges:
        page.merge_cells(merge)
    made.save(folder / "a.xlsx")
    return folder / "a.xlsx"


def old_book(
    folder: Path, rows: list[list[Any]], merges: tuple[tuple[int, int, int, int], ...] = (), mac: bool = False
) -> Path:
    made = xlwt.Workbook()
    made.dates_1904 = mac
    page = made.add_sheet("Grants")
    day = xlwt.easyxf(num_format_str="YYYY-MM-DD")
    for at, row in enumerate(rows):
        for column, value in enumerate(row):
            if value is not None and not any(
                top <= at <= bottom and left <= column <= right for top, bottom, left, right in merges
            ):
                page.write(at, column, value, day if isinstance(value, date) else xlwt.easyxf())
    for top, bottom, left, right in merges:
        page.write_merge(top, bottom, left, right, rows[top][left])
    made.save(str(folder / "a.xls"))
    return folder / "a.xls"


def text(folder: Path, content: bytes) -> Path:
    (folder / "a.csv").write_bytes(content)
    return folder / "a.csv"


def read(path: Path) -> Table:
    return table(path, grids(path), WANTED, "Title")


def titles(made: Table) -> list[Any]:
    return [line.cells["Title"] for line in made.lines]


ROWS = [["Wells", "Wells Trust", 1000, date(2026, 3, 1)], ["Books", "Book Trust", 2000.5, date(2026, 4, 1)]]


def test_rows_above_the_names_are_no_records_and_are_said(tmp_path: Path) -> None:
    made = read(book(tmp_path, [["Our grants 2026"], ["as of", "March"], [], HEADER, *ROWS]))
    assert made.header == 4 and titles(made) == ["Wells", "Books"] and [line.number for line in made.lines] == [5, 6]
    assert [(line.number, line.why) for line in made.passed] == [(n, "stands above the column names") for n in (1, 2)]


@pytest.mark.parametrize("made_by", [book, old_book])
def test_a_workbook_is_one_whatever_its_name_says(tmp_path: Path, made_by: Any) -> None:
    for name in ("sheet.csv", "sheet"):
        assert titles(read(made_by(tmp_path, [HEADER, *ROWS]).rename(tmp_path / name))) == ["Wells", "Books"]


@pytest.mark.parametrize("made_by", [book, old_book])
def test_a_section_over_several_columns_is_no_record(tmp_path: Path, made_by: Any) -> None:
    rows = [HEADER, ["Water", None, None, None], ROWS[0], ["Schools", None, None, None], ROWS[1]]
    merges: Any = ("A2:C2", "A4:D4") if made_by is book else ((1, 1, 0, 2), (3, 3, 0, 3))
    made = read(made_by(tmp_path, rows, merges))
    assert titles(made) == ["Wells", "Books"]
    assert [(line.number, line.text) for line in made.passed] == [(2, "Water"), (4, "Schools")]


def test_in_a_csv_a_section_is_a_row_with_nothing_but_its_first_cell_and_a_sum_is_no_project(tmp_path: Path) -> None:
    out = io.StringIO()
    csv.writer(out).writerows([HEADER, ["Water"], ["Wells", "Wells Trust", "5", ""], ["Total", "", "5", ""]])
    made = read(text(tmp_path, out.getvalue().encode()))
    assert titles(made) == ["Wells"]
    assert [line.why for line in made.passed] == ["has only its first cell, like the name of a section", "is a sum"]


def test_a_short_sheet_may_have_rows_with_a_title_only(tmp_path: Path) -> None:
    assert titles(read(text(tmp_path, b"Title,Organisation\nWells,\nBooks,Book Trust\n"))) == ["Wells", "Books"]


@pytest.mark.parametrize("made_by", [book, old_book])
def test_names_over_two_rows_are_one_name_each(tmp_path: Path, made_by: Any) -> None:
    rows = [["Title", "Organisation", "Ask", None, "Start"], [None, None, "Amount", "Currency", None],
            ["Wells", "Wells Trust", 1000, "USD", date(2026, 3, 1)]]  # fmt: skip
    merges: Any = ("A1:A2", "B1:B2", "C1:D1", "E1:E2")
    if made_by is old_book:
        merges = ((0, 1, 0, 0), (0, 1, 1, 1), (0, 0, 2, 3), (0, 1, 4, 4))
    made = read(made_by(tmp_path, rows, merges))
    assert made.columns == {"Title": "A", "Organisation": "B", "Ask: Amount": "C", "Start": "E"} and made.header == 2
    assert made.others == ("Ask: Currency",) and made.lines[0].cells["Ask: Amount"] == 1000


@pytest.mark.parametrize("made_by", [book, old_book])
@pytest.mark.parametrize("mac", [False, True])
def test_dates_are_the_same_whatever_year_they_are_counted_from(tmp_path: Path, made_by: Any, mac: bool) -> None:
    made = read(made_by(tmp_path, [HEADER, *ROWS], mac=mac))
    assert [line.cells["Start"] for line in made.lines] == ["2026-03-01", "2026-04-01"]
    assert str(made.lines[1].cells["Ask: Amount"]) == "2000.5"


def test_an_error_in_a_cell_refuses_its_row_and_names_the_column(tmp_path: Path) -> None:
    made = read(book(tmp_path, [HEADER, ["Wells", "Wells Trust", "#N/A", None], ROWS[1]]))
    assert made.lines[0].faults == {"Ask: Amount": "holds the error #N/A."} and made.lines[1].faults == {}


def test_a_value_beyond_the_names_is_a_shifted_row(tmp_path: Path) -> None:
    made = read(text(tmp_path, b"Title,Organisation\nWells,Wells Trust\nBooks,,Book Trust\n"))
    assert made.lines[1].faults == {"C": "holds something and has no name: are the cells one too far to the right?"}


def test_repeated_names_and_rows_without_any_known_column_are_passed_and_the_latter_not_shown(tmp_path: Path) -> None:
    content = b"Title,Organisation,Internal\nWells,Wells Trust,x\nTitle,Organisation,Internal\n,,a secret of ours\n"
    made = read(text(tmp_path, content))
    assert titles(made) == ["Wells"] and [line.number for line in made.passed] == [3, 4]
    assert "secret" not in str(made.passed)


@pytest.mark.parametrize(("content", "note"), [
    (b"\xef\xbb\xbfTitle;Organisation\r\nCaf\xc3\xa9;B\r\n", "Text as UTF-8, cells parted by semicolons."),
    ("Title\tOrganisation\nCafé\tB\n".encode("utf-16"), "Text as UTF-16, cells parted by tabs."),
    ("Title|Organisation\nCafé|B\n".encode("cp1252"), "Text as Windows-1252, cells parted by bars."),
])  # fmt: skip
def test_how_a_text_file_is_written_is_found_out_and_said(tmp_path: Path, content: bytes, note: str) -> None:
    made = read(text(tmp_path, content))
    assert titles(made) == ["Café"] and made.notes[0] == note


def test_of_several_worksheets_the_one_with_the_columns_is_read_and_the_others_are_named(tmp_path: Path) -> None:
    made = openpyxl.Workbook()
    made.active.append(["Read me first"])
    for row in (HEADER, *ROWS):
        made.create_sheet("Grants").append(row) if "Grants" not in made.sheetnames else made["Grants"].append(row)
    made.save(tmp_path / "a.xlsx")
    found = read(tmp_path / "a.xlsx")
    assert titles(found) == ["Wells", "Books"]
    assert found.notes == ("Column names in row 1 of the worksheet “Grants”.", "Not read: the worksheets “Sheet”.")


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="row 1: columns A and C are both called 'Title'"):
        read(text(tmp_path, b"Title,Organisation,Title\na,b,c\n"))


REFUSED = {
    b"": "is empty",
    b"<!DOCTYPE html><html>": "a web page, perhaps a sign-in page",
    b'{"grants": []}': "holds JSON",
    b"%PDF-1.7": "is a PDF",
    b"Title,Organisation\nWells,Wells Trust\nBoo": "row 3: the file ends inside its last row",
    b'Title,Organisation\n"Wells,Wells Trust\n': "no well-formed CSV",
    b"Title\0": "zeros where text is due",
    b"\xd0\xcf\x11\xe0 torn": "cannot be read as XLS",
    b"PK\x03\x04 torn": "is torn",
}


@pytest.mark.parametrize(("content", "why"), REFUSED.items())
def test_what_is_no_sheet_is_refused_with_what_it_is(tmp_path: Path, content: bytes, why: str) -> None:
    with pytest.raises(Unavailable, match=why) as refused:
        read(text(tmp_path, content))
    assert str(refused.value).startswith("a.csv")


def test_a_file_that_unpacks_to_too_much_is_refused_unread(tmp_path: Path) -> None:
    path = book(tmp_path, [HEADER, *ROWS])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/media/bomb", b"0" * (grid.UNPACKED + 1))
    assert path.stat().st_size < 200_000
    with pytest.raises(Unavailable, match="unpacks to more than 100 MB"):
        read(path)


def test_what_only_looks_small_is_bounded_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wide: list[Any] = [*HEADER, *[None] * 16_379, "x"]
    with pytest.raises(Unavailable, match="row 1: it has more than 500 columns"):
        read(book(tmp_path, [wide]))
    with pytest.raises(Unavailable, match="more than 5000 rows"):
        read(text(tmp_path, b"Title,Organisation\n" + b"a,b\n" * 5_000))
    monkeypatch.setattr(grid, "CHARACTERS", 1_000)
    with pytest.raises(Unavailable, match="million characters"):
        read(text(tmp_path, b"Title,Organisation\n" + b"a,bbbbbbbbbb\n" * 100))
    monkeypatch.setattr(grid, "LARGEST", 1_000)
    with pytest.raises(Unavailable, match="is larger than"):
        read(text(tmp_path, b"Title,Organisation\n" + b"a,bbbbbbbbbb\n" * 100))


def test_blank_rows_that_a_program_formatted_count_for_nothing(tmp_path: Path) -> None:
    assert titles(read(text(tmp_path, b"Title,Organisation\n" + b",\n" * 6_000 + b"Wells,Wells Trust\n"))) == ["Wells"]
