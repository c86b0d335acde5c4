"""Money in words, for people."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, localcontext
from typing import Any

from babel import Locale
from babel.numbers import format_decimal


def in_words(money: Mapping[str, str], locale: Any = "en") -> str:
    """``{"amount", "currency"}`` with every digit, grouped as the language does."""
    amount, shape = Decimal(money["amount"]), None
    if amount != amount.to_integral_value():  # nobody writes half a dollar as .5
        shape = Locale.parse(str(locale or "en")).decimal_formats[None].pattern.replace(".###", ".00#")
    # Babel computes with Python's 28 digits, and cuts at three decimals unless told otherwise.
    with localcontext(prec=200):
        number = format_decimal(amount, shape, locale=locale or "en", decimal_quantization=False)
    number = number.replace("\u200e", "")  # Arabic's minus comes with a mark, which pages would show as a foreign one
    return f"{number} {money['currency']}"
