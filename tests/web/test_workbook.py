"""Our own workbook, read by a program that others wrote."""

from __future__ import annotations

import io

import pytest
from openpyxl import load_workbook

from hub.exports import workbook

LONGEST = 40


def cells(*row: str) -> list[tuple[object, str]]:
    file = io.BytesIO()
    workbook.write(file, "A & B", [("heading",) * len(row), row], LONGEST)
    book = load_workbook(file)
    assert book.sheetnames == ["A & B"]
    return [(cell.value, cell.data_type) for cell in book["A & B"][2]]


@pytest.mark.parametrize("text", ["=1+1", "#N/A", "12", "true", "a\r\nb\tc", " edges ", "<b>&amp;\"'</b>", "مياه", "𝟙"])
def test_every_text_comes_back_as_the_text_it_is(text: str) -> None:
    assert cells(text) == [(text, "s")]


def test_what_xml_cannot_hold_is_shown_as_such_and_the_rest_of_the_row_stands() -> None:
    assert cells("a\0b\x1bc\ufffed\ud800e", "next") == [("a\ufffdb\ufffdc\ufffdd\ufffde", "s"), ("next", "s")]


def test_an_empty_text_leaves_its_cell_empty_and_those_after_it_in_their_place() -> None:
    row = ["" if at % 3 else f"cell {at}" for at in range(760)]
    assert [value or "" for value, _ in cells(*row, "last")] == [*row, "last"]


def test_no_text_is_longer_than_a_cell_may_be() -> None:
    assert cells("x" * 100) == [("x" * LONGEST, "s")]


def test_the_same_rows_make_the_same_file() -> None:
    one, two = io.BytesIO(), io.BytesIO()
    for file in (one, two):
        workbook.write(file, "A", [("a",)], LONGEST)
    assert one.getvalue() == two.getvalue()
