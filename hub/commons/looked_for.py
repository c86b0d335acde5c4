"""What criteria look for, in words for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hub.commons.criteria import Criteria, named
from schemas.codes import CODES

AUDIENCE = {"all": "shared with everyone", "circle": "shared with circles", "member": "shared with single members"}


def in_words(criteria: Criteria, names: Mapping[str, str] | None = None) -> str:
    """``names``: members' by id."""
    parts = [
        criteria.kind or "",
        _or(CODES["theme"].get(code, code) for code in criteria.themes),
        _or(CODES["population"].get(code, code) for code in criteria.populations),
        _or(named(criteria.regions)),
        _or(named(criteria.countries)),
        f"“{criteria.text}”" if criteria.text else "",
        f"organisation {criteria.organization}" if criteria.organization else "",
        f"language {criteria.language}" if criteria.language else "",
        _or(CODES["vetting_level"].get(code, code) for code in criteria.vetting),
        f"shared by {(names or {}).get(criteria.steward, criteria.steward)}" if criteria.steward else "",
        AUDIENCE.get(criteria.audience, ""),
        *_amounts(criteria),
        f"needed from {criteria.needed_from}" if criteria.needed_from else "",
        f"needed by {criteria.needed_to}" if criteria.needed_to else "",
    ]
    return ", ".join(part for part in parts if part) or "everything"


def _amounts(criteria: Criteria) -> list[str]:
    said = [
        ("asks for at least", criteria.amount_from),
        ("asks for at most", criteria.amount_to),
        ("still open at least", criteria.gap_from),
    ]
    currency = f" {criteria.currency}" if criteria.currency else ""
    found = [f"{what} {plain(amount)}{currency}" for what, amount in said if amount is not None]
    return found or ([f"in {criteria.currency}"] if criteria.currency else [])


def plain(amount: float) -> str:
    return f"{amount:.2f}".removesuffix(".00")


def _or(parts: Iterable[str]) -> str:
    return " or ".join(parts)
