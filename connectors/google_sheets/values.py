"""Cells on the wire. Google keeps numbers as doubles and shows 15 digits."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from schemas.said import phrase

LONGEST = 50_000
"""Characters in one cell (Google Workspace: "Files you can store in Google Drive")."""
DIGITS = 15
ERRORS = frozenset(
    {"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#ERROR!", "#SPILL!", "Loading..."}
)
"""What a cell shows whose formula has no value; the values API gives it as text."""


def read(value: Any) -> Any:
    """A cell as ``contract.Raw`` has it; blank is ``None``."""
    if isinstance(value, Decimal):
        rounded = Decimal(f"{value:.{DIGITS}g}")
        return int(rounded) if rounded == rounded.to_integral_value() else rounded
    if value == "" or value is None:
        return None
    if isinstance(value, str | bool | int):
        return value
    raise ValueError(phrase("holds something that is neither text, number nor tick"))


def sent(value: Any) -> Any:
    """As the API takes it with RAW, which leaves text alone; ``""`` clears, ``null`` would leave the cell as it is."""
    return "" if value is None else value


def unheld(value: Any) -> str | None:
    """Why no cell can hold this value; None when it can."""
    if isinstance(value, str):
        if value in ERRORS:
            return phrase("In a sheet the text %(value)s looks like a formula that failed.", value=repr(value))
        length = len(value.encode("utf-16-le", "surrogatepass")) // 2
        return (
            phrase(
                "A cell holds %(longest)s characters; this text has %(length)s.",
                longest=f"{LONGEST:,}",
                length=f"{length:,}",
            )
            if length > LONGEST
            else None
        )
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | Decimal):
        # Not normalize(): it rounds to 28 digits before anyone can count them.
        digits = f"{Decimal(value):f}".replace(".", "").strip("-0")
        return (
            phrase("Google Sheets keeps %(digits)s digits; %(value)s has more.", digits=DIGITS, value=value)
            if len(digits) > DIGITS
            else None
        )
    return phrase("A cell holds one text; give the field a separator in the mapping.")


def text(value: Any) -> str:
    """An id or a key, whether it stands there as text or as a number."""
    return "" if value is None else str(value)
