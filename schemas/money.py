"""Money: decimal text and an ISO 4217 currency. No floats, nothing converted, every digit kept."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

_PLAIN = re.compile(r"[+-]?\d{1,30}(\.\d{1,12})?")


@cache
def minor_units(currency: str) -> int:
    """Decimals of a currency (KWD 3, JPY 0, CLF 4; ISO 4217 by way of CLDR). ValueError for a code that is none."""
    import pycountry
    from babel.numbers import get_currency_precision

    if not currency.isupper() or pycountry.currencies.get(alpha_3=currency) is None:  # it would find "usd" as well
        raise ValueError(f"{currency!r} is no ISO 4217 currency code. Write three capital letters, like USD.")
    return int(get_currency_precision(currency))


def amount_text(value: Any) -> str:
    """Canonical text of an amount: plain digits, no exponent, no trailing fractional zeros.

    Takes ``int``, ``Decimal`` and plain decimal text. ValueError for anything else: a float has already
    lost digits, a bool is no amount, and ``1e400`` or ``NaN`` are nobody's budget.
    """
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise ValueError(f"{value!r} is no amount. Write digits, like 12000.50.")
    if isinstance(value, Decimal):
        if not value.is_finite() or abs(value.adjusted()) > 30:
            raise ValueError(f"{value} is no amount. Write digits, like 12000.50.")
        value = format(value, "f")
    text = str(value)
    if not _PLAIN.fullmatch(text):
        raise ValueError(f"{text!r} is no amount. Write digits, like 12000.50.")
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"{text!r} is no amount.") from error
    plain = format(number, "f")
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    return "0" if plain in ("-0", "") else plain


def money(amount: Any, currency: Any) -> dict[str, str]:
    """``{"amount", "currency"}`` in canonical form, minor units checked."""
    if not isinstance(currency, str):
        raise ValueError("An amount needs its currency, like USD.")
    digits = minor_units(currency)
    text = amount_text(amount)
    decimals = len(text.partition(".")[2])
    if decimals > digits:
        raise ValueError(f"{text} has {decimals} decimals; {currency} has {digits}.")
    return {"amount": text, "currency": currency}
