"""Writing one cell of a workbook so that it shows what was given, or is refused."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from openpyxl.cell.cell import MergedCell

from connectors.contract import Invalid
from connectors.spreadsheet.formula import marked
from connectors.spreadsheet.xlsx_text import spelt
from schemas.said import phrase

LONGEST = 32_767
"""Characters in one cell (Microsoft: Excel specifications and limits)."""
DIGITS = 15
"""Digits that a number keeps (the same page)."""


def put(cell: Any, name: str, value: Any) -> None:
    """``name`` is the column's. Text that looks like a formula stays text even when a person edits the cell."""
    if isinstance(cell, MergedCell):
        raise Invalid(
            phrase(
                "%(coordinate)s (%(name)s) is part of merged cells. Split them.",
                coordinate=cell.coordinate,
                name=repr(name),
            ),
            [name],
        )
    if cell.data_type == "f":
        raise Invalid(
            phrase(
                '%(coordinate)s holds a formula. Map %(name)s with way = "in", or clear the cell.',
                coordinate=cell.coordinate,
                name=repr(name),
            ),
            [name],
        )
    if isinstance(value, list):
        raise Invalid(phrase("A cell holds one text; give the field a separator in the mapping."), [name])
    if isinstance(value, str):
        _text(cell, name, value)
    elif isinstance(value, int | Decimal) and not isinstance(value, bool):
        reason = unheld(value)
        if reason:
            raise Invalid(reason, [name])
        cell.value = float(value) if isinstance(value, Decimal) else value
    else:
        cell.value = value


def unheld(value: Any) -> str | None:
    """Why no cell of a workbook can hold this value; None when it can."""
    if isinstance(value, str):
        long = len(spelt(value)) > LONGEST
        return (
            phrase("A cell holds %(longest)s characters; this text has %(count)s.", longest=LONGEST, count=len(value))
            if long
            else None
        )
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    # Not normalize(): it rounds to 28 digits before anyone can count them.
    digits = f"{Decimal(value):f}".replace(".", "").strip("-0")
    return (
        phrase("Excel keeps %(digits)s digits; %(value)s has more.", digits=DIGITS, value=value)
        if len(digits) > DIGITS
        else None
    )


def _text(cell: Any, name: str, text: str) -> None:
    reason = unheld(text)
    if reason:
        raise Invalid(reason, [name])
    if cell.is_date and _is_day(text):
        cell.value = date.fromisoformat(text)
        return
    cell.value = spelt(text)
    cell.data_type = "s"
    runs = marked(text) != text
    if runs or cell.quotePrefix:
        cell.quotePrefix = runs


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == 10
