"""Status: what is stored, which way it may go, and what is computed from the totals."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

STORED = ("draft", "published", "closed", "withdrawn")

TRANSITIONS: Mapping[str, frozenset[str]] = {
    "draft": frozenset({"published", "withdrawn"}),
    "published": frozenset({"draft", "closed", "withdrawn"}),
    "closed": frozenset({"published", "withdrawn"}),
    "withdrawn": frozenset({"draft", "published"}),
}


def computed(stored: str, facts: Mapping[str, Any], totals: Mapping[str, Any]) -> str:
    """The status that readers see: a published ask is partly or fully funded by what is in.

    Only the currency of the ask can fill it; nothing is converted.
    """
    requested = facts.get("ask.requested")
    if stored != "published" or not requested:
        return stored
    gap = {m["currency"]: Decimal(m["amount"]) for m in totals.get("totals.gap") or ()}.get(requested["currency"])
    if gap is None or gap >= Decimal(requested["amount"]):
        return stored
    return "fully_funded" if gap <= 0 else "partly_funded"
