"""What an opportunity is found by, the same for every reader: what not all who see it may know is not in here.

The steward is no part of it, for it may be one that is not shown by its name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

from hub.commons.ledger import disclosed
from hub.commons.words import words
from hub.store.tables import Commitment, Opportunity
from schemas.totals import totals
from schemas.when import last_day

TITLE = ("title",)
ORGANISATION = ("organization.name", "organization.local_name")
TEXTS = ("summary", "need", "planned_activities", "intended_impact")
IDENTIFIERS = "organization.identifiers."
TRANSLATED = re.compile(r"translations\.[^.]+\.(.+)")
MOST = 12_000
"""Words of an opportunity that count; PostgreSQL keeps no place of a word behind the 16,383rd."""
LARGEST = 1e300
_MONEY = ("ask.requested", "ask.secured_elsewhere.amount", "funding.max_award")
_PLAIN = ("themes", "populations", "geographies", "organization.country", "language", "languages", "vetting.level",
          "ask.needed_by", "closes")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Findable:
    """``texts``: the words of the title, of the organisation and of all else. ``tags``: what it has any of several of, like
    ``theme:water``. ``amount`` and ``gap`` in ``currency``, compared as plain numbers. ``needed``: the last day, as
    2026-03-31."""

    texts: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]
    tags: frozenset[str]
    currency: str | None = None
    amount: float | None = None
    gap: float | None = None
    needed: str | None = None


def bears(path: str) -> bool:
    """Whether a change of this fact changes what an opportunity is found by."""
    return _place(path) is not None or path in _MONEY or path in _PLAIN or path.startswith(IDENTIFIERS)


def moves_gap(path: str) -> bool:
    return path.startswith("commitment.")


def findable(opportunity: Opportunity, commitments: Mapping[str, Commitment]) -> Findable:
    """``commitments`` are all members' by member id; only what is disclosed counts."""
    facts = opportunity.facts or {}
    money = facts.get("ask.requested") or facts.get("funding.max_award")
    return Findable(
        texts=texts(opportunity),
        tags=tags(opportunity),
        currency=money["currency"] if money else None,
        amount=number(money["amount"]) if money else None,
        gap=gap(opportunity, commitments),
        needed=last_day(facts.get("ask.needed_by") or facts.get("closes")),
    )


def texts(opportunity: Opportunity) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    facts = (opportunity.facts or {}) | {"title": opportunity.title}
    parts: tuple[list[str], list[str], list[str]] = ([], [], [])
    said = [
        (path.startswith("translations."), path, place)
        for path, fact in facts.items()
        if (place := _place(path)) is not None and isinstance(fact, str)
    ]
    for _, path, place in sorted(said):
        parts[place].append(facts[path])
    parts[2].extend(where["place"] for where in facts.get("geographies") or () if where.get("place"))
    return _said(tuple("\n".join(part) for part in parts))


@lru_cache(maxsize=256)
def _said(parts: tuple[str, str, str]) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    title, organisation, rest = (tuple(words(part)[: MOST // 3]) for part in parts)
    return title, organisation, rest


@cache
def _place(path: str) -> int | None:
    """Which text a fact is part of."""
    translated = TRANSLATED.fullmatch(path)
    path = translated[1] if translated else path
    return next((n for n, paths in enumerate((TITLE, ORGANISATION, TEXTS)) if path in paths), None)


def tags(opportunity: Opportunity) -> frozenset[str]:
    facts = opportunity.facts or {}
    places: Sequence[Mapping[str, str]] = facts.get("geographies") or ()
    spoken = [facts.get("language"), *(facts.get("languages") or ())]
    return frozenset(
        {f"theme:{code}" for code in facts.get("themes") or ()}
        | {f"population:{code}" for code in facts.get("populations") or ()}
        | {f"country:{code}" for code in countries(opportunity)}
        | {f"region:{place['subdivision']}" for place in places if place.get("subdivision")}
        | {f"language:{tongue(str(code))}" for code in spoken if code}
        | ({f"vetting:{facts['vetting.level']}"} if facts.get("vetting.level") else set())
        | {f"organization:{number}" for number in registered(facts)}
    )


def countries(opportunity: Opportunity) -> set[str]:
    """Where the project works and where its organisation sits."""
    facts = opportunity.facts or {}
    places = {place.get("country") for place in facts.get("geographies") or ()}
    return {code for code in places | {facts.get("organization.country")} if code}


def registered(facts: Mapping[str, Any]) -> list[str]:
    """Registration numbers with their registers, in one spelling: ``GB-CHC:1234567``."""
    found = [(path.removeprefix(IDENTIFIERS), value) for path, value in facts.items() if path.startswith(IDENTIFIERS)]
    return sorted({one for register, value in found if value and (one := registration(register, str(value)))})


def registration(register: str, number: str) -> str:
    """One spelling of a registration number; empty for what is none."""
    plain = number.upper() if number.isascii() else unicodedata.normalize("NFKC", number).upper()
    spelt = plain if plain.isalnum() else "".join(c for c in plain if c.isalnum())
    return f"{register.upper()}:{spelt}" if register and spelt else ""


@lru_cache(maxsize=1024)
def tongue(text: str) -> str:
    """A language as two or three letters where it is one, whether it was written as a code, a tag (``ar-JO``) or a name."""
    import pycountry

    plain = text.strip().casefold()
    for one in (plain, plain.split("-")[0].split("_")[0]):
        try:
            known: Any = pycountry.languages.lookup(one)
        except LookupError:
            continue
        return str(getattr(known, "alpha_2", None) or known.alpha_3)
    return plain


def gap(opportunity: Opportunity, commitments: Mapping[str, Commitment]) -> float | None:
    """What is still open, in the currency of the ask."""
    sums = totals(opportunity.facts or {}, [found for _, found in disclosed(commitments)])
    still = sums["totals.gap"]
    return number(still[0]["amount"]) if still else None


def number(amount: str) -> float:
    """For comparing; the database and Python compare the same."""
    return min(float(Decimal(amount)), LARGEST)
