"""Money: decimal text and an ISO 4217 currency. No floats, nothing converted, every digit kept."""

from __future__ import annotations

import re
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from functools import cache
from typing import Any

WHOLE, FRACTION = 38, 38
"""Digits before and after the point that an amount may have; nobody's budget needs more, and no sum loses any."""
_LARGEST = 10**WHOLE
_PLAIN = re.compile(r"[+-]?\d+(\.\d+)?")
_PERHAPS_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}")
_EXACT = Context(prec=2_000, Emax=MAX_EMAX, Emin=MIN_EMIN)


def _short(text: str) -> str:
    return repr(text) if len(text) <= 60 else f"{text[:40]!r}… ({len(text)} characters)"


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
    if value.__class__ is int and -_LARGEST < value < _LARGEST:
        return str(value)
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise ValueError(f"{value!r} is no amount. Write digits, like 12000.50.")
    if isinstance(value, Decimal) and not value.is_finite():
        raise ValueError(f"{value} is no amount. Write digits, like 12000.50.")
    if isinstance(value, str) and not _PLAIN.fullmatch(value):
        raise ValueError(f"{_short(value)} is no amount. Write digits, like 12000.50.")
    number = Decimal(value)
    if not number:
        return "0"
    if number.adjusted() >= WHOLE or -int(number.normalize(_EXACT).as_tuple().exponent) > FRACTION:
        raise ValueError(f"{_short(str(value))} is no amount: the hub keeps {WHOLE} digits and {FRACTION} decimals.")
    plain = format(number, "f")
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    return plain


def money(amount: Any, currency: Any) -> dict[str, str]:
    """``{"amount", "currency"}`` in canonical form, minor units checked."""
    if not isinstance(currency, str):
        raise ValueError("An amount needs its currency, like USD.")
    digits = minor_units(currency)
    text = amount_text(amount)
    if "." in text and (decimals := len(text.partition(".")[2])) > digits:
        raise ValueError(f"{text} has {decimals} decimals; {currency} has {digits}.")
    return {"amount": text, "currency": currency}


def money_of(value: Any) -> dict[str, str]:
    """The same from a dict that has both parts and nothing else."""
    if not isinstance(value, dict) or value.keys() != {"amount", "currency"}:
        raise ValueError("Money is an amount and its currency.")
    return money(value["amount"], value["currency"])


def ambiguous(text: str, currency: str) -> str | None:
    """Why plain text like ``12.500`` could be read two ways; None where it cannot. Some languages part thousands by
    a point, and three decimals are otherwise written only where the currency has them."""
    if not _PERHAPS_THOUSANDS.fullmatch(text) or minor_units(currency) >= 3:
        return None
    return f"{text!r} may mean {text.replace('.', '')} or {amount_text(text)}"
