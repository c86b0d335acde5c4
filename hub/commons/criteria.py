"""What a standing rule or a saved search looks for, and the page of opportunities too. Pure: whether an opportunity is it,
and by which terms an index finds the few that may want a changed opportunity among thousands.

``hub.store.finding`` asks the database the same; a test holds the two to each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

from hub.commons.findable import Findable, findable, tags, texts
from hub.commons.words import query
from schemas.codes import CODES

if TYPE_CHECKING:
    from hub.store.tables import Commitment, Opportunity

ANY = "any"
AUDIENCES = ("all", "circle", "member")
START = 4
"""Letters of a word by which one is found that somebody only began to write."""
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Criteria:
    """All parts must hold; an empty one always does. Of several themes, populations, countries, regions or levels of vetting
    any. ``text``: all of its words and phrases (``words.query``), or the id itself. ``steward``: a member, found only where
    it is shown by its name. ``audience``: one of ``AUDIENCES``; nobody but its steward finds anything by it. Amounts are
    plain numbers in whatever ``currency``, unless that is said; days as 2026-03-31. ``organization``: a registration,
    like ``GB-CHC:1234567``."""

    kind: str | None = None
    themes: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    text: str = ""
    populations: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    vetting: tuple[str, ...] = ()
    language: str = ""
    steward: str = ""
    audience: str = ""
    currency: str = ""
    amount_from: float | None = None
    amount_to: float | None = None
    gap_from: float | None = None
    needed_from: str = ""
    needed_to: str = ""
    organization: str = ""

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        said: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in stored.items()}
        return cls(**said)

    def as_data(self) -> dict[str, Any]:
        """What it says, and the parts that every search has."""
        always = ("kind", "themes", "countries", "text")
        return {name: value for name, value in asdict(self).items() if name in always or value not in ("", (), None)}

    @property
    def id(self) -> str:
        """The opportunity that is meant, where the text is nothing but an id."""
        text = self.text.strip()
        return text if _ID.fullmatch(text) else ""

    def tagged(self) -> list[frozenset[str]]:
        """Tags (``findable.Findable``) of each of which it wants one."""
        several = (("region", self.regions), ("country", self.countries), ("organization", _one(self.organization)),
                   ("theme", self.themes), ("population", self.populations), ("language", _one(self.language)),
                   ("vetting", self.vetting))  # fmt: skip
        return [frozenset(f"{kind}:{code}" for code in codes) for kind, codes in several if codes]


def _one(value: str) -> tuple[str, ...]:
    return (value,) if value else ()


def wants(
    criteria: Criteria, opportunity: Opportunity, reader: str = "", commitments: Mapping[str, Commitment] | None = None
) -> bool:
    """Whether this is what is looked for, by ``reader``'s people. Who may see it is not asked here. ``commitments`` are all
    members' by member id, needed where ``criteria`` say anything of the gap."""
    return _says(criteria, opportunity, reader) and _has(
        criteria, opportunity, findable(opportunity, commitments or {})
    )


def _says(criteria: Criteria, opportunity: Opportunity, reader: str) -> bool:
    own = opportunity.steward_id == reader
    named = own or (opportunity.facts or {}).get("named") is not False
    return (
        criteria.kind in (None, opportunity.kind)
        and (not criteria.steward or (criteria.steward == opportunity.steward_id and named))
        and (not criteria.audience or (own and opportunity.audience.partition(":")[0] == criteria.audience))
    )


def _has(criteria: Criteria, opportunity: Opportunity, found: Findable) -> bool:
    return (
        all(not wanted.isdisjoint(found.tags) for wanted in criteria.tagged())
        and criteria.currency in ("", found.currency)
        and _within(criteria.amount_from, found.amount, criteria.amount_to)
        and _within(criteria.gap_from, found.gap, None)
        and _within(criteria.needed_from or None, found.needed, criteria.needed_to or None)
        and (not criteria.text or (criteria.id or opportunity.id) == opportunity.id)
        and (not criteria.text or bool(criteria.id) or query(criteria.text).found_in(found.texts))
    )


def _within(least: Any, value: Any, most: Any) -> bool:
    if least is None and most is None:
        return True
    return value is not None and (least is None or value >= least) and (most is None or value <= most)


def posted(criteria: Criteria) -> frozenset[str]:
    """Terms of which every opportunity that it wants has at least one: the alternatives of its most telling part."""
    if criteria.id:
        return frozenset({f"id:{criteria.id}"})
    asked = query(criteria.text)
    telling = max(("", *(word for phrase in asked.phrases for word in phrase)), key=lambda word: (len(word), word))
    start = asked.beginning[:START]
    if criteria.text and max(len(telling), len(start)) > 1:
        return frozenset({f"word:{telling}" if len(telling) >= len(start) else f"start:{start}"})
    for wanted in criteria.tagged():
        return wanted
    if criteria.steward:
        return frozenset({f"steward:{criteria.steward}"})
    return frozenset({f"kind:{criteria.kind}" if criteria.kind else ANY})


def terms(opportunity: Opportunity) -> frozenset[str]:
    """Every term that criteria which want it may be posted under."""
    said = {word for text in texts(opportunity) for word in text}
    return plain_terms(opportunity) | frozenset(
        {f"word:{word}" for word in said} | {f"start:{word[:size]}" for word in said for size in range(2, START + 1)}
    )


def plain_terms(opportunity: Opportunity) -> frozenset[str]:
    """The same without the words of its texts, which are dear to take apart."""
    return tags(opportunity) | bare_terms(opportunity)


def bare_terms(opportunity: Opportunity) -> frozenset[str]:
    """Only those that are there before any of its facts is looked at."""
    return frozenset({ANY, f"kind:{opportunity.kind}", f"id:{opportunity.id}", f"steward:{opportunity.steward_id}"})


def of_facts(term: str) -> bool:
    """Whether only its facts tell if an opportunity has this term."""
    return term != ANY and not term.startswith(("kind:", "id:", "steward:"))


def of_words(term: str) -> bool:
    """Whether only the words of its texts tell if an opportunity has this term."""
    return term.startswith(("word:", "start:"))


def needs(criteria: Criteria) -> tuple[frozenset[str], ...]:
    """Parts of which an opportunity that it wants has one term each. What has them all need not be wanted: ``wants`` says so,
    and takes its words apart to do it, which is dear where many criteria are held against one opportunity."""
    asked = query(criteria.text)
    words = [] if criteria.id else [frozenset({f"word:{word}"}) for phrase in asked.phrases for word in phrase]
    if len(start := asked.beginning[:START]) > 1 and not criteria.id:
        words.append(frozenset({f"start:{start}"}))
    kind = [frozenset({f"kind:{criteria.kind}"})] if criteria.kind else []
    return (posted(criteria), *criteria.tagged(), *words, *kind)


def matched(criteria: Criteria, opportunity: Opportunity) -> list[str]:
    """What of the opportunity it was found by, in words for people: themes, populations, places, words."""
    has = findable(opportunity, {}).tags
    themes = [CODES["theme"][code] for code in criteria.themes if f"theme:{code}" in has]
    populations = [CODES["population"][code] for code in criteria.populations if f"population:{code}" in has]
    countries = named(sorted(code for code in criteria.countries if f"country:{code}" in has))
    regions = named(sorted(code for code in criteria.regions if f"region:{code}" in has))
    return [*themes, *populations, *countries, *regions, *criteria.text.split()]


def named(codes: Iterable[str]) -> list[str]:
    """Countries (ISO 3166-1) and regions (ISO 3166-2) by name; what is neither is left out."""
    import pycountry

    found = []
    for code in codes:
        place: Any = pycountry.subdivisions.get(code=code) if "-" in code else pycountry.countries.get(alpha_2=code)
        found += [str(place.name)] if place else []
    return found
