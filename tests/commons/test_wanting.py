"""Who wants an opportunity is found by what it says: nobody is missed, and few are asked who do not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.commons import criteria as module
from hub.commons.criteria import Criteria, matched, posted, terms, wants
from hub.commons.sharing import StandingRules, imports
from hub.config import ConnectionConfig
from hub.store.tables import Opportunity
from schemas.themes import THEMES

COUNTRIES = ("KE", "UG", "JO", "NA", "GB")
WORDS = ("wells", "Écoles", "straße", "مياه", "upper", "the", "x2")


def opportunity(**facts: Any) -> Opportunity:
    title = facts.setdefault("title", "Wells")
    return Opportunity(
        id="o", number=1, kind=facts.pop("kind", "project"), status="published", steward_id="a", title=title, facts=facts, origins={}
    )  # fmt: skip


texts = st.lists(st.sampled_from(WORDS), max_size=3).map(" ".join)
opportunities = st.builds(
    opportunity,
    kind=st.sampled_from(("project", "call")),
    title=texts.map(lambda text: text or "Wells"),
    summary=texts,
    themes=st.lists(st.sampled_from(sorted(THEMES)), unique=True, max_size=3),
    geographies=st.lists(st.builds(lambda code: {"country": code}, st.sampled_from(COUNTRIES)), max_size=2),
    **{"organization.country": st.sampled_from((None, *COUNTRIES)), "organization.name": texts},
)
lookings = st.builds(
    Criteria,
    kind=st.sampled_from((None, "project", "call")),
    themes=st.lists(st.sampled_from(sorted(THEMES)[:6]), unique=True, max_size=2).map(tuple),
    countries=st.lists(st.sampled_from(COUNTRIES), unique=True, max_size=2).map(tuple),
    text=texts,
)


@given(opportunities, lookings)
@settings(max_examples=2000, deadline=None, derandomize=True)
def test_what_wants_an_opportunity_is_always_found_by_its_terms(found: Opportunity, criteria: Criteria) -> None:
    if wants(criteria, found):
        assert not posted(criteria).isdisjoint(terms(found))


@pytest.mark.parametrize(
    ("criteria", "yes"),
    [
        (Criteria(), True),
        (Criteria(kind="call"), False),
        (Criteria(themes=("water", "arts")), True),
        (Criteria(themes=("arts",)), False),
        (Criteria(countries=("UG",)), True),
        (Criteria(countries=("KE",)), True),
        (Criteria(countries=("JO",)), False),
        (Criteria(text="ECOLES upper"), True),
        (Criteria(text="well"), True),
        (Criteria(text="well upper"), False),
        (Criteria(text='"well"'), False),
        (Criteria(text='"upper valley"'), True),
        (Criteria(text='"valley upper"'), False),
        (Criteria(text='"valley valley"'), False),
        (Criteria(text="trust"), True),
        (Criteria(themes=("water",), countries=("JO",)), False),
    ],
)
def test_all_parts_must_hold_and_of_several_values_any(criteria: Criteria, yes: bool) -> None:
    found = opportunity(
        title="Wells, Écoles", summary="in the upper valley", themes=["water"], geographies=[{"country": "KE"}],
        **{"organization.country": "UG", "organization.name": "Valley Trust"},
    )  # fmt: skip
    assert wants(criteria, found) is yes


def test_why_it_was_found_is_said_in_words() -> None:
    found = opportunity(themes=["water", "arts"], geographies=[{"country": "KE"}])
    said = matched(Criteria(themes=("water", "health"), countries=("KE", "UG"), text="wells"), found)
    assert said == ["Water and sanitation", "Kenya", "wells"]


def rules(count: int) -> dict[str, ConnectionConfig]:
    """A member each, that looks for one country and one theme; one that takes everything."""
    themes = sorted(THEMES)
    made = {
        f"c{n}": ConnectionConfig(
            f"c{n}", f"m{n}", "memory", "m", imports=(Criteria(themes=(themes[n % len(themes)],), countries=(f"{n:03}",)),)
        )
        for n in range(count)
    }  # fmt: skip
    return made | {"all": ConnectionConfig("all", "all", "memory", "m", imports=())}


def test_of_three_hundred_rules_only_those_are_asked_that_could_want_it(monkeypatch: pytest.MonkeyPatch) -> None:
    connections = rules(300)
    index, asked = StandingRules(connections), 0
    found = opportunity(themes=sorted(THEMES), geographies=[{"country": "007"}])

    def counted(criteria: Criteria, one: Opportunity, reader: str) -> bool:
        nonlocal asked
        asked += 1
        return wants(criteria, one, reader)

    monkeypatch.setattr("hub.commons.sharing.wants", counted)
    assert sorted(index.importers(found, {})) == ["all", "c7"] and asked == 1
    assert module.terms(found) >= {"country:007", "any", "kind:project"}
    assert sorted(n for n, c in connections.items() if imports(c, found, {})) == ["all", "c7"]
