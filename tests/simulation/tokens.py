"""Tokens: what a person typed bears a number of its own, so that it can be followed through every system and table."""

from __future__ import annotations

import re
from typing import Any

TEXT = re.compile(r"[tT](\d{5})(?!\d)")
AMOUNT = re.compile(r"(?<![0-9a-fA-F.-])(\d{7})(?![0-9a-fA-F-])")
FIRST_AMOUNT = 1000


def text(number: int, rest: str) -> str:
    """A text that bears a token, at its beginning: a system may cut the end."""
    return f"T{number:05} {rest}"


def amount(number: int) -> int:
    """An amount that bears a token; rounding its last digit leaves it."""
    return (FIRST_AMOUNT + number) * 1000 + 3


def found(value: Any) -> set[int]:
    """The tokens in a value, or in any text made of values."""
    if value is None:
        return set()
    whole = str(value)
    numbers = {int(number) for number in TEXT.findall(whole)}
    return numbers | {int(digits) // 1000 - FIRST_AMOUNT for digits in AMOUNT.findall(whole)}
