"""What a search needs of an opportunity's terms says the same as whether it wants it."""

from __future__ import annotations

import random
from datetime import UTC, datetime

from hub.commons.criteria import Criteria, needs, terms, wants
from hub.store.tables import Opportunity

WORDS, THEMES, COUNTRIES = ["écoles", "Wells", "water", "orchard"], ["water", "education", "health"], ["KE", "JO", "FR"]


def test_held_against_terms_a_search_wants_what_it_wants() -> None:
    chance, now, wanted = random.Random(3), datetime(2026, 3, 1, tzinfo=UTC), 0
    for number in range(300):
        facts = {
            "title": " ".join(chance.choices(WORDS, k=3)), "themes": chance.sample(THEMES, 1),
            "geographies": [{"country": chance.choice(COUNTRIES)}],
        }  # fmt: skip
        row = Opportunity(
            id=str(number), number=number, kind=chance.choice(["project", "call"]), status="published", steward_id="m",
            title=str(facts["title"]), facts=facts, origins={}, created_at=now, updated_at=now,
        )  # fmt: skip
        criteria = Criteria(
            kind=chance.choice([None, "project"]), themes=tuple(chance.sample(THEMES, chance.randrange(3))),
            countries=tuple(chance.sample(COUNTRIES, chance.randrange(3))), text=" ".join(chance.choices(WORDS, k=chance.randrange(3))),
        )  # fmt: skip
        found = not any(part.isdisjoint(terms(row)) for part in needs(criteria))
        assert found == wants(criteria, row), criteria
        wanted += found
    assert 30 < wanted < 270
