"""A1 notation: ``'Tab name'!C4:E`` (Google: Sheets API, "Cell")."""

from __future__ import annotations

import re
from collections.abc import Sequence

_START = re.compile(r"(?:(?P<tab>'(?:[^']|'')*'|[^'!]+)!)?(?P<column>[A-Z]{1,3})(?P<row>\d+)?(?::.*)?")
_ROW = re.compile(r"(?:('(?:[^']|'')*'|[^'!]+)!)?(\d+)(?::.*)?")


def letters(column: int) -> str:
    """1 is A, 27 is AA."""
    text = ""
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def number(text: str) -> int:
    found = 0
    for letter in text:
        found = found * 26 + ord(letter) - 64
    return found


def quoted(tab: str) -> str:
    return "'" + tab.replace("'", "''") + "'"


def cell(tab: str, column: int, row: int) -> str:
    return f"{quoted(tab)}!{letters(column)}{row}"


def row(tab: str, at: int) -> str:
    return f"{quoted(tab)}!{at}:{at}"


def columns(tab: str, span: tuple[int, int], top: int) -> str:
    """Whole columns from row ``top`` down."""
    return f"{quoted(tab)}!{letters(span[0])}{top}:{letters(span[1])}"


def spans(wanted: Sequence[int]) -> list[tuple[int, int]]:
    """Runs of neighbouring columns, for as few ranges as may be: (first, last), left to right."""
    found: list[tuple[int, int]] = []
    for column in sorted(set(wanted)):
        if found and column == found[-1][1] + 1:
            found[-1] = (found[-1][0], column)
        else:
            found.append((column, column))
    return found


def start(text: object) -> tuple[int, int] | None:
    """Column and row at which a range in an answer begins (row 1 where none is said); ``None`` for no range."""
    if not isinstance(text, str):
        return None
    found = _START.fullmatch(text)
    if found:
        return number(found["column"]), int(found["row"] or 1)
    whole = _ROW.fullmatch(text)
    return (1, int(whole[2])) if whole else None
