"""Totals of an opportunity, per currency. Nothing is converted, and a member counts once, by its stage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal, localcontext
from typing import Any

EXACT = 200
"""Digits of a sum; Python's 28 would round the sum of two amounts that are kept whole."""
COUNTS = ("interested", "exploring", "pledged", "committed", "paid")


def totals(facts: Mapping[str, Any], commitments: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """``totals.*`` from the facts of a project and its disclosed commitments, one a member.

    committed = committed + paid; gap = requested - secured elsewhere - pledged - committed, never below 0.
    """
    with localcontext(prec=EXACT):
        return _totals(facts, commitments)


def _totals(facts: Mapping[str, Any], commitments: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    sums: dict[str, dict[str, Decimal]] = {"pledged": {}, "committed": {}, "paid": {}}
    funders = 0
    for commitment in commitments:
        stage, amount = commitment.get("commitment.stage"), commitment.get("commitment.amount")
        if stage in ("pledged", "committed", "paid"):
            funders += 1
        if amount and stage in sums:
            _add(sums[stage], amount)
            if stage == "paid":
                _add(sums["committed"], amount)
        funders += commitment.get("commitment.others.funders") or 0
        for name, by_currency in sums.items():
            for money in commitment.get(f"commitment.others.{name}") or ():
                _add(by_currency, money)
    result: dict[str, Any] = {f"totals.{name}": _moneys(by_currency) for name, by_currency in sums.items()}
    return result | {"totals.gap": _gap(facts, sums), "totals.funders": funders}


def _gap(facts: Mapping[str, Any], sums: Mapping[str, Mapping[str, Decimal]]) -> list[dict[str, str]] | None:
    requested = facts.get("ask.requested")
    if not requested:
        return None
    currency = requested["currency"]
    gap = Decimal(requested["amount"])
    secured = facts.get("ask.secured_elsewhere.amount")
    if secured and secured["currency"] == currency:
        gap -= Decimal(secured["amount"])
    gap -= sums["pledged"].get(currency, Decimal(0)) + sums["committed"].get(currency, Decimal(0))
    return _moneys({currency: max(gap, Decimal(0))})


def _add(into: dict[str, Decimal], money: Mapping[str, str]) -> None:
    into[money["currency"]] = into.get(money["currency"], Decimal(0)) + Decimal(money["amount"])


def _moneys(by_currency: Mapping[str, Decimal]) -> list[dict[str, str]]:
    if not by_currency:
        return []
    return [{"amount": _plain(amount), "currency": currency} for currency, amount in sorted(by_currency.items())]


def _plain(amount: Decimal) -> str:
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
