"""What a search wants has all that it needs of an opportunity's terms; few others have."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from decimal import Decimal

from hub.commons.criteria import Criteria, needs, terms, wants
from hub.store.tables import Opportunity

WORDS, THEMES, COUNTRIES = ["écoles", "Wells", "water", "orchard"], ["water", "education", "health"], ["KE", "JO", "FR"]


def test_what_is_wanted_has_every_term_that_is_needed() -> None:
    chance, now, wanted, others = random.Random(3), datetime(2026, 3, 1, tzinfo=UTC), 0, 0
    for number in range(600):
        facts = {
            "title": " ".join(chance.choices(WORDS, k=3)), "themes": chance.sample(THEMES, 1),
            "geographies": [{"country": chance.choice(COUNTRIES)}], "language": chance.choice(["en", "ar"]),
            "ask.requested": {"amount": chance.choice(["4", "6"]), "currency": "USD"},
        }  # fmt: skip
        row = Opportunity(
            id=str(number), number=number, kind=chance.choice(["project", "call"]), status="published", steward_id="m",
            title=str(facts["title"]), facts=facts, origins={}, created_at=now, updated_at=now,
        )  # fmt: skip
        criteria = Criteria(
            kind=chance.choice([None, "project"]), themes=tuple(chance.sample(THEMES, chance.randrange(3))),
            countries=tuple(chance.sample(COUNTRIES, chance.randrange(3))), text=" ".join(chance.choices(WORDS, k=chance.randrange(3))),
            steward=chance.choice(["", "m"]), language=chance.choice(["", "en"]), amount_from=chance.choice([None, Decimal(5)]),
        )  # fmt: skip
        found = not any(part.isdisjoint(terms(row)) for part in needs(criteria))
        assert found or not wants(criteria, row), criteria
        wanted += wants(criteria, row)
        others += found and not wants(criteria, row)
    assert wanted > 20 and others < wanted
