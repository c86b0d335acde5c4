"""Values of base fields: all are text, and each data type has its own form.

The service keeps a value that does not fit and marks it ``isValid: false``; nothing but its own list of winners shows
that. So what cannot fit is refused here, before it is sent (service: docs/data, and its validation of field values).
"""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from schemas.said import phrase

AMOUNT, CURRENCY = ".amount", ".currency"
"""A money field is two columns: its amount and its currency."""

_MONEY = re.compile(r"(-?\d+\.\d+) ([A-Z]{3})", re.ASCII)
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"\+[1-9]\d{4,14}(;ext=\d+)?")
_URL = re.compile(r"https?://[^\s]+")
_RULES = {
    "number": phrase("a number"),
    "email": phrase("an e-mail address"),
    "phone_number": phrase("a number like +14155550100;ext=5"),
    "url": phrase("an address that begins with https://"),
    "boolean": phrase("true or false"),
    "date": phrase("a day like 2027-01-31"),
    "date_time": phrase("a moment with its zone, like 2027-01-31T12:00:00Z"),
    "currency": phrase("an amount and its currency, like 25000.00 USD"),
    "file": phrase("a file, which the hub does not send"),
}


def read(text: str, type: str) -> Any:
    """A value as ``contract.Raw`` has it; text that does not fit its type stays text."""
    if type == "boolean" and text in ("true", "false"):
        return text == "true"
    if type == "number":
        number = _decimal(text)
        return text if number is None else number
    return text or None


def money(text: str) -> tuple[Any, str | None]:
    """Amount and currency; text that is not both comes whole as the amount."""
    found = _MONEY.fullmatch(text)
    return (_decimal(found[1]), found[2]) if found else (text or None, None)


def spelt(value: Any, type: str) -> str | None:
    """As the service takes it, ``None`` for blank. ``ValueError`` with a sentence where it never could."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, int | Decimal):
        text = f"{value:f}" if isinstance(value, Decimal) else str(value)
    elif isinstance(value, str):
        text = value
    else:
        raise ValueError(phrase("A base field holds one text; give the field a separator in the mapping."))
    if not fits(text, type):
        raise ValueError(
            phrase(
                "The base field is a %(type)s: it holds %(rule)s.",
                type=type,
                rule=_RULES.get(type, phrase("something else")),
            )
        )
    return text


def spelt_money(amount: Any, currency: Any) -> str | None:
    """``25000.00 USD``: decimals, a space and the code, or it is not valid."""
    if amount in (None, "") and currency in (None, ""):
        return None
    number = amount if isinstance(amount, Decimal) else _decimal(str(amount))
    if number is None or isinstance(amount, bool) or not isinstance(currency, str):
        raise ValueError(phrase("An amount needs a number and a currency, like 25000.00 USD."))
    number = Decimal(number)
    exponent = number.as_tuple().exponent
    places = max(2, -exponent if isinstance(exponent, int) else 0)
    text = f"{number:.{places}f} {currency}"
    if not fits(text, "currency"):
        raise ValueError(phrase("%(currency)s is no currency code of three capital letters.", currency=repr(currency)))
    return text


def fits(text: str, type: str) -> bool:
    """Whether the service would call this value valid. White space is never trimmed there."""
    if type == "string":
        return True
    if type == "number":
        return _decimal(text) is not None
    if type == "boolean":
        return text in ("true", "false")
    if type in ("date", "date_time"):
        return _is_time(text, type)
    shape = {"currency": _MONEY, "email": _EMAIL, "phone_number": _PHONE, "url": _URL}.get(type)
    return bool(shape and shape.fullmatch(text))


def _is_time(text: str, type: str) -> bool:
    try:
        if type == "date":
            date.fromisoformat(text)
            return len(text) == 10
        return bool(_MOMENT.fullmatch(text) and datetime.fromisoformat(text))
    except ValueError:
        return False


def _decimal(text: str) -> Decimal | int | None:
    if not _NUMBER.fullmatch(text):
        return None
    number = Decimal(text)
    return int(number) if text.removeprefix("-").isdecimal() else number
