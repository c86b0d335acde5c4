"""Workbooks that somebody made to be much work: each is refused, or read, in the time that its bytes deserve."""

from __future__ import annotations

import io
import re
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import xlwt
from openpyxl import Workbook

from connectors.contract import Unavailable
from connectors.spreadsheet.grid import _MERGED, CELLS, Counted, grids
from connectors.spreadsheet.xlsx_formulas import _UNCALCULATED

Change = Callable[[bytes], bytes]
SHEET = "xl/worksheets/sheet1.xml"
PATIENCE = 20.0
"""Seconds of the processor, for what takes one. Before these were refused, each took minutes or years."""


def workbook(path: Path, part: str, change: Change) -> Path:
    out = io.BytesIO()
    book = Workbook()
    book.active.append(["Title"])
    book.save(out)
    with zipfile.ZipFile(out) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, change(source.read(name)) if name == part else source.read(name))
    return path


def ending(what: bytes) -> Change:
    return lambda part: part.replace(b"</worksheet>", what + b"</worksheet>")


def shown_often(part: bytes) -> bytes:
    [one] = re.findall(rb"<sheet [^>]*/>", part)
    names = (one.replace(b'"Sheet"', b'"s%d"' % n).replace(b'sheetId="1"', b'sheetId="%d"' % n) for n in range(1, 500))
    return part.replace(one, b"".join(names))


@pytest.mark.parametrize(
    ("part", "change", "why"),
    [
        (SHEET, ending(b"<!--" + b"<mergeCell " * 100_000 + b"-->"), "tag or comment"),
        (SHEET, ending(b"<?a " + b"<c " * 100_000 + b"?>"), "tag or comment"),
        (SHEET, ending(b'<x a="' + b" " * 300_000 + b'"/>'), "tag or comment"),
        (SHEET, ending(b"<mergeCells>" + b'<mergeCell ref="A1:B1"/>' * 300_000 + b"</mergeCells>"), "besides its cells"),
        ("xl/styles.xml", lambda part: part.replace(b"</cellXfs>", b"<xf/>" * 300_000 + b"</cellXfs>"), "besides its cells"),
        (SHEET, lambda part: b'<!DOCTYPE a [<!ENTITY b "c">]>' + part, "declares XML"),
        ("xl/workbook.xml", shown_often, "under several names"),
    ],
)  # fmt: skip
def test_a_small_file_that_would_be_much_work_is_refused(tmp_path: Path, part: str, change: Change, why: str) -> None:
    path, began = workbook(tmp_path / "sheet.xlsx", part, change), time.process_time()
    with pytest.raises(Unavailable, match=why):
        grids(path)
    assert path.stat().st_size < 100_000 and time.process_time() - began < PATIENCE


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (_MERGED, b"<mergeCell "),
        (_MERGED, b'ref="A1:B1" '),
        (_UNCALCULATED, b'<c r="A1" '),
        (_UNCALCULATED, b'r="A1" '),
        (_UNCALCULATED, b'<c r="A1"><f/>'),
        (_UNCALCULATED, b" "),
    ],
)
def test_no_text_takes_longer_to_search_than_it_is_long(pattern: re.Pattern[bytes], text: bytes) -> None:
    """The search holds the interpreter: with a comment of 200 KB in a file of 5 KB, the whole hub stood still."""
    began = time.process_time()
    for start in (b"", b"<c ", b"<mergeCell ", b'<c r="A1"><f/>', b'<c r="A1"><f>'):
        list(pattern.finditer(start + text * 50_000))
    assert time.process_time() - began < PATIENCE


@pytest.mark.parametrize("formula", [b"<f/>", b"<f>1+1</f>", b'<f t="shared" si="0"/>', b"<x:f>1+1</x:f>"])
def test_formulas_without_a_value_are_found_as_before(formula: bytes) -> None:
    for value in (b"", b"<v/>", b"<v></v>", b" <v /> "):
        cell = b'<c s="1" r="AB12" t="n">\n' + formula + value + b"</c>"
        assert [found[2] for found in _UNCALCULATED.finditer(cell + cell)] == [b"AB12", b"AB12"], cell
    assert not _UNCALCULATED.search(b'<c r="A1">' + formula + b"<v>2</v></c>")


def test_a_file_with_two_far_corners_is_no_sixteen_million_cells_for_each_worksheet(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    for number in range(10):
        sheet = book.add_sheet(f"s{number}")
        sheet.write(0, 0, "Title")
        sheet.write(0, 255, "Far")
        sheet.write(4_000, 0, "Down")
    book.save(str(tmp_path / "sheet.xls"))
    tracemalloc.start()
    try:
        read = grids(tmp_path / "sheet.xls")
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sum(len(row) for grid in read for row in grid.rows) == 10 * 257
    assert most < 60e6, f"{most / 1e6:.0f} MB"


def test_all_worksheets_together_are_one_file(tmp_path: Path) -> None:
    size = Counted(tmp_path / "sheet.xlsx")

    def fill() -> None:
        for _ in range(CELLS // 50_000 + 1):
            size.begin()
            for _ in range(100):
                size.add([1] * 500)

    with pytest.raises(Unavailable, match="hold more than 3 million cells"):
        fill()
