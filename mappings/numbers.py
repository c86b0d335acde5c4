"""Lenses for numbers and money. Digits are never touched, currencies never converted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mappings.lens import Raw, Unholdable, Unreadable, blank
from schemas.money import amount_text, money


@dataclass(frozen=True, slots=True)
class Digits:
    """How numbers are written in text cells: declared, never guessed. ``decimal`` empty means that the
    system has real numbers, which are written as such."""

    decimal: str = ""
    thousands: str = ""

    def parse(self, value: Any, column: str) -> str:
        """Canonical amount text. Unreadable for anything that is no number by this profile."""
        try:
            return amount_text(self._plain(value) if isinstance(value, str) else value)
        except ValueError:
            raise Unreadable(f'"{column}" holds {value!r}, which is no number as this mapping declares them.') from None

    def _plain(self, text: str) -> str:
        text = text.strip()
        point = re.escape(self.decimal or ".")
        if self.thousands:
            mark = re.escape(self.thousands)
            if not re.fullmatch(rf"[+-]?(\d+|\d{{1,3}}({mark}\d{{3}})+)({point}\d*)?", text):
                raise ValueError(text)
            text = text.replace(self.thousands, "")
        return text.replace(self.decimal, ".") if self.decimal else text

    def format(self, text: str) -> Any:
        """The amount as this system's cells hold it: a number, or text by the declared profile."""
        number = Decimal(text)
        if not self.decimal:
            return int(number) if number == number.to_integral_value() else number
        return format(number, "f").replace(".", self.decimal)


@dataclass(frozen=True, slots=True)
class Number:
    column: str
    digits: Digits = Digits()
    lossy: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    def read(self, raw: Raw) -> int | None:
        value = raw.get(self.column)
        if blank(value):
            return None
        text = self.digits.parse(value, self.column)
        if "." in text:
            raise Unreadable(f'"{self.column}" holds {text}, which is no whole number.')
        return int(text)

    def write(self, value: Any, original: Raw | None) -> dict[str, Any]:
        return {self.column: None if blank(value) else self.digits.format(str(value))}


@dataclass(frozen=True, slots=True)
class Money:
    """An amount column with a fixed currency, or with the currency in a column of its own.

    A record's currency column is filled when it is blank and never changed: other amounts of the
    record stand in it too.
    """

    column: str
    currency: str = ""
    currency_column: str = ""
    digits: Digits = Digits()
    lossy: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column, self.currency_column) if self.currency_column else (self.column,)

    def read(self, raw: Raw) -> dict[str, str] | None:
        value = raw.get(self.column)
        if blank(value):
            return None
        currency = raw.get(self.currency_column) if self.currency_column else self.currency
        if blank(currency):
            raise Unreadable(f'"{self.column}" holds an amount, but "{self.currency_column}" no currency.')
        try:
            return money(self.digits.parse(value, self.column), str(currency).strip())
        except Unreadable:
            raise
        except ValueError as error:
            raise Unreadable(f'"{self.column}": {error}') from None

    def write(self, value: Any, original: Raw | None) -> dict[str, Any]:
        if blank(value):
            return {self.column: None}
        amount = {self.column: self.digits.format(value["amount"])}
        if not self.currency_column:
            if value["currency"] != self.currency:
                raise Unholdable(f'"{self.column}" holds {self.currency} only; this amount is in {value["currency"]}.')
            return amount
        there = original.get(self.currency_column) if original is not None else None
        if not blank(there) and there != value["currency"]:
            raise Unholdable(f"The record is in {there}; this amount is in {value['currency']}.")
        return amount if there == value["currency"] else amount | {self.currency_column: value["currency"]}
