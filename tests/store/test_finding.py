"""What the database finds is what a saved search wants, word by word: on SQLite and on PostgreSQL."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from hub.commons import reindex
from hub.commons.criteria import Criteria, posted, terms, wants
from hub.commons.sharing import may_see
from hub.store import finding, opportunities
from hub.store.engine import open_engine, reading, writing
from hub.store.finding import Looking
from hub.store.migrate import migrate
from hub.store.tables import Commitment, Opportunity
from schemas.when import last_day

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
CIRCLES = {"research": ["b"], "care": ["a", "b"]}
WORDS = (
    "Wells",
    "water",
    "the",
    "upper",
    "Écoles",
    "مَدْرَسَة",
    "المدرسة",
    "على",
    "أحمد",
    "x2",
    "O'Neill",
    "100%",
    "straße",
    "مـيـاه",
)
TYPED = ("wells", "wat", "wa", "the upper", '"the upper"', '"upper the"', "ecoles", "مدرسه", "مدرسة", "علي", "احمد", "مياه", "x", "x2",
         "o'neill", "100%", "STRASSE", '"', 'the "', "NEAR(wells the)", "wells OR", "title:wells", "-wells", "wells*", "(", "')--",
         "a:b & !c | d <-> e", "\\", "the -the", "ال", "trust wells", '"wells water"', '"trust', "و", "😀")  # fmt: skip


def one(number: int, chance: random.Random) -> Opportunity:
    def said(most: int) -> str:
        return " ".join(chance.choices(WORDS, k=chance.randint(0, most)))

    facts: dict[str, Any] = {
        "title": said(3) or "Wells", "summary": said(5), "intended_impact": said(3), "organization.name": f"{said(1)} Trust",
        "translations.ar.title": said(2), "themes": chance.sample(["water", "arts", "health"], chance.randint(0, 2)),
        "populations": chance.sample(["women", "youth"], chance.randint(0, 1)),
        "geographies": [chance.choice([{"country": "JO", "subdivision": "JO-AM"}, {"country": "KE"}, {"scope": "global"}])],
        "language": chance.choice(["en", "Arabic", None]), "vetting.level": chance.choice(["known", "full_dd", None]),
        "ask.needed_by": chance.choice([{"date": "2026-05"}, {"date": "2026-05-30"}, {"date": "rolling"}, None]),
        "named": chance.choice([True, False, None]),
    }  # fmt: skip
    if chance.random() < 0.8:
        facts["ask.requested"] = {
            "amount": chance.choice(["500", "1000.50", "1000.5"]),
            "currency": chance.choice(["USD", "JOD"]),
        }
    if chance.random() < 0.5:
        facts["organization.identifiers.GB-CHC"] = chance.choice(["123 4567", "7654321"])
    return Opportunity(
        id=f"00000000-0000-7000-8000-{number:012}", number=number, kind=chance.choice(["project", "call"]),
        status=chance.choice(["published", "published", "draft", "closed"]), steward_id=chance.choice("abc"),
        audience=chance.choice(["all", "all", "circle:research", "circle:care,none", "member:b", "member:bb,c", "member:%"]),
        title=facts["title"], facts=facts, origins={}, arriving=chance.choice([None, None, None, "run"]), created_at=NOW,
        updated_at=NOW,
        shown_at=NOW + timedelta(minutes=chance.randrange(1000)),
    )  # fmt: skip


class Commons:
    def __init__(
        self, conn: Connection, rows: dict[str, Opportunity], positions: dict[str, dict[str, Commitment]]
    ) -> None:
        self.conn, self.rows, self.positions = conn, rows, positions

    def found(self, criteria: Criteria, member: str = "b", sort: str = "newest", status: str = "") -> list[str]:
        looking = Looking(criteria, status, sort, "2026-05-15")
        return [row.id for row in finding.find(self.conn, member, CIRCLES, looking, 0, 1000)]

    def wanted(self, criteria: Criteria, member: str = "b") -> set[str]:
        return {
            id for id, row in self.rows.items()
            if may_see(row, member, CIRCLES) and wants(criteria, row, member, self.positions.get(id, {}))
        }  # fmt: skip


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def commons(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Commons]:
    chance = random.Random(4)
    sqlite = f"sqlite:///{tmp_path_factory.mktemp('finding') / 'hub.db'}"
    engine = open_engine(sqlite if request.param == "sqlite" else request.getfixturevalue("new_postgres")())
    migrate(engine)
    rows = [one(number, chance) for number in range(300)]
    positions: dict[str, dict[str, Commitment]] = {}
    with writing(engine) as conn:
        for member in "abc":
            conn.execute(text("INSERT INTO member (id, name) VALUES (:id, :id)"), {"id": member})
        for row in rows:
            opportunities.add(conn, row)
            own = pledge(row, chance)
            for commitment in own.values():
                opportunities.add_commitments(conn, commitment)
            positions[row.id] = own
            finding.keep(conn, row, own)
        yield Commons(conn, {row.id: row for row in rows}, positions)
        conn.rollback()
    engine.dispose()


def pledge(row: Opportunity, chance: random.Random) -> dict[str, Commitment]:
    facts = {"commitment.stage": "pledged", "commitment.amount": {"amount": "400", "currency": "USD"},
             "commitment.visibility": chance.choice(["named", "hidden"])}  # fmt: skip
    made = Commitment(id=f"c{row.id}", opportunity_id=row.id, member_id="c", facts=facts, origins={}, updated_at=NOW)
    return {"c": made} if chance.random() < 0.5 else {}


PARTS: tuple[dict[str, Any], ...] = (
    {"kind": "call"}, {"themes": ("water",)}, {"themes": ("water", "arts")}, {"countries": ("JO",)}, {"regions": ("JO-AM",)},
    {"populations": ("women",)}, {"vetting": ("full_dd", "known")}, {"language": "ar"}, {"steward": "c"}, {"steward": "b"},
    {"audience": "all"}, {"audience": "circle"}, {"audience": "member"}, {"currency": "JOD"}, {"amount_from": 1000.5},
    {"amount_to": 500.0, "currency": "USD"}, {"gap_from": 600.5}, {"gap_from": 0.0}, {"needed_from": "2026-05-31"},
    {"needed_to": "2026-05-30"}, {"organization": "GB-CHC:1234567"}, {"text": "00000000-0000-7000-8000-000000000007"},
)  # fmt: skip


def everything() -> list[Criteria]:
    alone = [Criteria(), *(Criteria(**part) for part in PARTS), *(Criteria(text=text) for text in TYPED)]
    chance = random.Random(8)
    mixed = [replace(Criteria(**chance.choice(PARTS)), text=chance.choice(TYPED)) for _ in range(60)]
    return alone + mixed + [replace(Criteria(**chance.choice(PARTS)), themes=("water",)) for _ in range(30)]


@pytest.mark.parametrize("member", ["b", "c", "stranger"])
def test_the_database_finds_what_is_wanted_and_may_be_seen_and_nothing_else(commons: Commons, member: str) -> None:
    met = 0
    for criteria in everything():
        found = commons.found(criteria, member)
        assert set(found) == commons.wanted(criteria, member), criteria
        page, count = finding.page(commons.conn, member, CIRCLES, Looking(criteria, sort="newest"), 3, 5)
        assert len(set(found)) == count and [row.id for row in page] == found[3:8]
        assert set(commons.found(criteria, member, "best")) == set(found), criteria
        met += bool(found)
    assert met > 60


def test_what_is_wanted_is_always_found_by_its_terms(commons: Commons) -> None:
    for criteria in everything():
        for id in commons.wanted(criteria):
            assert not posted(criteria).isdisjoint(terms(commons.rows[id])), criteria


def test_a_page_after_another_shows_each_once_in_the_order_of_ids(commons: Commons) -> None:
    for criteria in (Criteria(), Criteria(text="wells"), Criteria(themes=("water",))):
        seen: list[str] = []
        while page := finding.find_after(commons.conn, "b", CIRCLES, Looking(criteria), seen[-1] if seen else "", 7):
            seen += [row.id for row in page]
        assert seen == sorted(commons.wanted(criteria))


def test_each_sort_puts_first_what_it_says(commons: Commons) -> None:
    rows = [commons.rows[id] for id in commons.found(Criteria())]
    assert [row.shown_at for row in rows] == sorted((row.shown_at for row in rows), reverse=True)
    days = [last_day(commons.rows[id].facts["ask.needed_by"]) for id in commons.found(Criteria(), sort="needed")]
    assert list(dict.fromkeys(days)) == ["2026-05-30", "2026-05-31", None]
    late = Looking(Criteria(), "", "needed", "2026-05-31")
    days = [last_day(row.facts["ask.needed_by"]) for row in finding.find(commons.conn, "b", CIRCLES, late, 0, 1000)]
    assert list(dict.fromkeys(days)) == ["2026-05-31", "2026-05-30", None]
    assert finding.gap(commons.rows[commons.found(Criteria(), sort="gap")[0]], {}) == 1000.5


def test_a_word_in_the_title_counts_more_than_one_in_the_text(commons: Commons) -> None:
    found = [commons.rows[id] for id in commons.found(Criteria(text='"upper"'), sort="best")]
    in_title = ["upper" in row.title for row in found]
    first, last = in_title[: len(found) // 3], in_title[-len(found) // 3 :]
    assert len(found) > 30 and sum(first) > 2 * sum(last), in_title


def test_a_changed_or_forgotten_one_is_found_as_it_is_now(commons: Commons) -> None:
    with commons.conn.begin_nested() as change:
        row = commons.rows[commons.found(Criteria(themes=("water",)))[0]]
        changed = Opportunity(**row.model_dump())
        changed.title, changed.facts = "Zanzibar", row.facts | {"title": "Zanzibar", "themes": ["sport"]}
        finding.keep(commons.conn, changed, {})
        assert commons.found(Criteria(text="zanzi")) == [row.id] == commons.found(Criteria(themes=("sport",)))
        assert row.id not in commons.found(Criteria(themes=("water",)))
        opportunities.forget(commons.conn, [row.id])
        assert commons.found(Criteria(text="zanzi")) == [] == commons.found(Criteria(text=row.id))
        change.rollback()


def test_the_index_is_made_anew_from_what_is_stored(commons: Commons) -> None:
    with commons.conn.begin_nested() as change:
        finding.empty(commons.conn)
        assert commons.found(Criteria()) == commons.found(Criteria(text="wells")) == []
        assert reindex.rebuild(commons.conn) == 300 and reindex.up_to_date(commons.conn)
        for criteria in (Criteria(), Criteria(text="wells"), Criteria(gap_from=600.5)):
            assert set(commons.found(criteria)) == commons.wanted(criteria)
        change.rollback()


def test_a_hub_that_opens_an_older_database_fills_the_index(tmp_path: Path) -> None:
    from hub.app import open_hub
    from hub.config import Config, MemberConfig

    config = Config(f"sqlite:///{tmp_path / 'hub.db'}", {"a": MemberConfig("a", "A", "agreement")}, {})
    hub = open_hub(config)
    row = one(1, random.Random(1))
    row.steward_id = "a"
    with hub.writing() as conn:
        conn.execute(opportunities.t.insert(), row.model_dump())
        conn.execute(text("DELETE FROM finding_made"))
    hub.engine.dispose()
    hub = open_hub(config)
    with reading(hub.engine) as conn:
        assert [found.id for found in finding.find(conn, "a", {}, Looking(Criteria(text=row.title)), 0, 9)] == [row.id]
    hub.engine.dispose()
