"""What a standing rule or a saved search looks for. Pure: whether an opportunity is it, and by which terms an index
finds the few that may want a changed opportunity among thousands."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

from schemas.themes import THEMES

if TYPE_CHECKING:
    from hub.store.tables import Opportunity

SEARCHED = ("title", "organization.name", "summary")
"""Fields whose words count for a text."""
ANY = "any"


@dataclass(frozen=True, slots=True)
class Criteria:
    """All parts must hold; an empty one always does. ``themes`` and ``countries``: any of these. ``text``: all of its
    words, in whatever case or accents."""

    kind: str | None = None
    themes: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    text: str = ""

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        return cls(stored["kind"], tuple(stored["themes"]), tuple(stored["countries"]), stored["text"])

    def as_data(self) -> dict[str, Any]:
        return asdict(self)


def wants(criteria: Criteria, opportunity: Opportunity) -> bool:
    """Whether this is what is looked for. Who may see it is not asked here."""
    return (
        criteria.kind in (None, opportunity.kind)
        and (not criteria.themes or not set(criteria.themes).isdisjoint(opportunity.facts.get("themes") or ()))
        and (not criteria.countries or not countries(opportunity).isdisjoint(criteria.countries))
        and (not criteria.text or words(criteria.text) <= _said(opportunity))
    )


def posted(criteria: Criteria) -> frozenset[str]:
    """Terms of which every opportunity that it wants has at least one: the alternatives of its most telling part."""
    if found := words(criteria.text):
        return frozenset({"word:" + max(found, key=lambda word: (len(word), word))})
    if criteria.countries:
        return frozenset(f"country:{code}" for code in criteria.countries)
    if criteria.themes:
        return frozenset(f"theme:{code}" for code in criteria.themes)
    return frozenset({f"kind:{criteria.kind}" if criteria.kind else ANY})


def terms(opportunity: Opportunity) -> frozenset[str]:
    """Every term that criteria which want it may be posted under."""
    return frozenset(
        {ANY, f"kind:{opportunity.kind}"}
        | {f"theme:{code}" for code in opportunity.facts.get("themes") or ()}
        | {f"country:{code}" for code in countries(opportunity)}
        | {f"word:{word}" for word in _said(opportunity)}
    )


def needs(criteria: Criteria) -> tuple[frozenset[str], ...]:
    """Parts of which an opportunity that it wants has one term each: for one that many criteria are held against, ``wants``
    would take its words apart each time."""
    parts = [frozenset({f"word:{word}"}) for word in words(criteria.text)]
    parts += [frozenset(f"theme:{code}" for code in criteria.themes)] if criteria.themes else []
    parts += [frozenset(f"country:{code}" for code in criteria.countries)] if criteria.countries else []
    return (*parts, frozenset({f"kind:{criteria.kind}"})) if criteria.kind else tuple(parts)


def in_words(criteria: Criteria) -> str:
    """What it looks for, for people."""
    parts = [criteria.kind or "", " or ".join(THEMES[code].en for code in criteria.themes), " or ".join(_named(criteria.countries)),
             f"“{criteria.text}”" if criteria.text else ""]  # fmt: skip
    return ", ".join(part for part in parts if part) or "everything"


def matched(criteria: Criteria, opportunity: Opportunity) -> list[str]:
    """What of the opportunity it was found by, in words for people: themes, countries, words."""
    themes = [THEMES[code].en for code in criteria.themes if code in (opportunity.facts.get("themes") or ())]
    places = sorted(countries(opportunity).intersection(criteria.countries))
    return [*themes, *_named(places), *criteria.text.split()]


def _named(codes: Iterable[str]) -> list[str]:
    import pycountry

    return [country.name for code in codes if (country := pycountry.countries.get(alpha_2=code))]


def countries(opportunity: Opportunity) -> set[str]:
    """Where the project works and where its organisation sits."""
    places = {place.get("country") for place in opportunity.facts.get("geographies") or ()}
    return {code for code in places | {opportunity.facts.get("organization.country")} if code}


def words(text: str) -> frozenset[str]:
    """Words without case and accents: "Écoles" and "ecoles" are one."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return frozenset(re.findall(r"\w+", "".join(c for c in plain if not unicodedata.combining(c))))


def _said(opportunity: Opportunity) -> frozenset[str]:
    said = [opportunity.title, *(opportunity.facts.get(path) for path in SEARCHED[1:])]
    return words(" ".join(part for part in said if part))
