"""A table of exchange rates from a file, and what other currencies leave open of an ask.

The file is a CSV with a column of days and one a currency, as the European Central Bank publishes its reference rates
(eurofxref-hist.csv): "Date,USD,JPY,…", then "2026-03-31,1.0815,161.2,…", N/A or nothing where there is none.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation, localcontext
from typing import Any

from schemas.totals import EXACT

Days = dict[str, dict[str, Decimal]]


def parse(lines: Iterable[str], base: str) -> Days:
    """Rates by day and currency, units for one of ``base``. ValueError names the line that cannot be read."""
    rows = csv.reader(lines)
    head = [name.strip().upper() for name in next(rows, [])]
    currencies = head[1:-1] if head and not head[-1] else head[1:]
    if not head or head[0] != "DATE" or not all(re.fullmatch("[A-Z]{3}", c) for c in currencies) or not currencies:
        raise ValueError('Line 1: the columns are "Date" and then currencies, like Date,USD,JPY.')
    days: Days = {}
    for number, row in enumerate(rows, 2):
        if any(cell.strip() for cell in row):
            day, rates = _row(number, row, currencies)
            days[day] = {base: Decimal(1)} | rates
    if not days:
        raise ValueError("There is no day in it.")
    return days


def _row(number: int, row: list[str], currencies: list[str]) -> tuple[str, dict[str, Decimal]]:
    try:
        day = date.fromisoformat(row[0].strip()).isoformat()
    except ValueError:
        raise ValueError(f"Line {number}: {row[0]!r} is no day. Write 2026-03-31.") from None
    rates = {}
    for currency, cell in zip(currencies, row[1:], strict=False):
        text = cell.strip()
        if text in ("", "N/A"):
            continue
        try:
            rate = Decimal(text)
        except InvalidOperation:
            rate = Decimal(0)
        if not rate.is_finite() or rate <= 0:
            raise ValueError(f"Line {number}: {text!r} is no rate for {currency}.")
        rates[currency] = rate
    return day, rates


def least_open(view: Mapping[str, Any], rates: Mapping[str, Decimal]) -> dict[str, str] | None:
    """What is open of the ask if pledges and commitments in other currencies are counted at these rates, to the whole unit;
    None where there are none, or one has no rate. The most that is open is ``totals.gap``."""
    gap = (view.get("totals.gap") or [None])[0]
    if gap is None or gap["currency"] not in rates:
        return None
    others = [
        m
        for name in ("pledged", "committed")
        for m in view.get(f"totals.{name}") or []
        if m["currency"] != gap["currency"]
    ]
    if not others or any(money["currency"] not in rates for money in others):
        return None
    with localcontext(prec=EXACT):
        worth = sum(Decimal(m["amount"]) / rates[m["currency"]] for m in others) * rates[gap["currency"]]
        left = max(Decimal(gap["amount"]) - worth, Decimal(0)).quantize(Decimal(1))
    return {"amount": str(left), "currency": gap["currency"]}
