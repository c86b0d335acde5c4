"""What members said about the one that goes is said about the one that stays: inbox rows, what they follow, what they look for."""

from __future__ import annotations

from typing import Any

import pytest

from hub.commons import duplicates, searches
from hub.commons.criteria import Criteria
from hub.commons.imports import Choices, pick
from hub.store.tables import Candidate, Link, Merged, Opportunity, UpdateQuestion, User
from hub.sync import following
from hub.sync.clearing import KEPT
from hub.sync.history import disagreements
from tests.sync.conftest import Make, World, connection, share, tree
from tests.sync.test_inbox import ROW

# tests/sync/test_merging.py holds both databases to the merge itself.
pytestmark = pytest.mark.parametrize("make", ["sqlite"], indirect=True)
OLD, NEW = "Wells for the upper valley", "Wells in the Upper Valley"
NUMBERED = {"organization.identifiers.GB-CHC": "Number"}


def twins(make: Make, **of_c: Any) -> World:
    """a shares the older one, about education; b the newer, about health. c has a system and an inbox beside it."""
    chosen = (
        connection("a"),
        connection("b"),
        connection("c", **of_c),
        connection("c-inbox", "c", shares=False, inbox_for="c"),
    )
    trees = {name: tree(fields=NUMBERED) for name in "abc"} | {"c-inbox": ROW}
    world = make(*chosen, trees=trees)
    with world.hub.writing() as conn:
        officer = User(id="u-c", member_id="c", email="c@c.example", name="C", password_hash="", roles=["officer"])
        conn.execute(User.__table__.insert(), officer.model_dump())  # type: ignore[attr-defined]
    share(world, "a", Title=OLD, Number="1234567", Themes=["Education"])
    world.sync()
    share(world, "b", Title=NEW, Number="1234567", Themes=["Health"])
    world.sync()
    return world


def look_for(world: World, *themes: str, name: str = "Ours") -> None:
    searches.save(world.hub, "c", name, Criteria(themes=themes), "c-inbox", "u-c")
    world.sync()


def of(world: World, member: str) -> Any:
    return next(row for row in world.table(Opportunity) if row.steward_id == member)


def merge(world: World) -> None:
    """Both stewards want a's to stay."""
    for member in "ab":
        with world.hub.reading() as conn:
            (pair,) = duplicates.asked(conn, world.hub, member)
        duplicates.agree(world.hub, pair.row.id, of(world, "a").id, pair.seen, f"u{member}", member)
    assert duplicates.carry_out(world.hub) == 1
    world.sync()
    world.sync()


def settled(world: World) -> None:
    assert world.quiet() == 0
    with world.hub.reading() as conn:
        assert disagreements(conn) == []
    assert all(row["Share"] for name in "ab" for row in world.rows(name)), "nobody's record was closed"


def inbox(world: World) -> list[tuple[str, str]]:
    return sorted((row["Title"], row["State"]) for row in world.rows("c-inbox"))


def tick(world: World, title: str, column: str) -> None:
    next(row for row in world.rows("c-inbox") if row["Title"] == title)[column] = True
    world.sync()


TAKEN = "Taken up: it is in c, or comes with its next sync"


def test_a_row_of_the_one_that_goes_shows_the_one_that_stays_and_can_be_taken_up(make: Make) -> None:
    world = twins(make)
    look_for(world, "health")
    assert inbox(world) == [(NEW, "New")]
    merge(world)
    assert inbox(world) == [(OLD, "New")]
    (row,) = world.rows("c-inbox")
    assert row["Commons ID"] == of(world, "a").id and row["From"] == "Member A"
    tick(world, OLD, "Take up")
    assert [copy["Title"] for copy in world.rows("c")] == [OLD] and inbox(world) == [(OLD, TAKEN)]
    settled(world)


def test_of_two_rows_one_stays(make: Make) -> None:
    world = twins(make)
    look_for(world, "health", "education")
    assert inbox(world) == [(OLD, "New"), (NEW, "New")]
    merge(world)
    assert inbox(world) == [(OLD, "New")]
    settled(world)


def test_what_was_taken_up_is_so_in_the_row_that_stays(make: Make) -> None:
    world = twins(make)
    look_for(world, "health", "education")
    tick(world, NEW, "Take up")
    assert [copy["Title"] for copy in world.rows("c")] == [NEW]
    merge(world)
    assert [copy["Title"] for copy in world.rows("c")] == [OLD], "its record follows the one that stays"
    assert inbox(world) == [(OLD, TAKEN)]
    settled(world)


@pytest.mark.parametrize("themes", [("health",), ("health", "education")])
def test_what_was_not_for_its_people_comes_back_under_no_other_title(make: Make, themes: tuple[str, ...]) -> None:
    world = twins(make)
    look_for(world, *themes)
    tick(world, NEW, "Not for us")
    merge(world)
    assert inbox(world) == [] and world.rows("c") == []
    look_for(world, "education", name="Anew")
    world.rows("a")[0]["Summary"] = "Cleaner water"
    world.sync()
    world.sync()
    assert inbox(world) == [], "they said so of this project"
    settled(world)


def test_not_for_us_of_one_takes_nothing_away_that_was_taken_up_as_the_other(make: Make) -> None:
    world = twins(make)
    look_for(world, "health", "education")
    tick(world, OLD, "Take up")
    tick(world, NEW, "Not for us")
    merge(world)
    assert inbox(world) == [(OLD, TAKEN)] and [copy["Title"] for copy in world.rows("c")] == [OLD]
    settled(world)


def test_a_row_of_what_its_people_have_already_goes_with_the_time_of_the_others(make: Make) -> None:
    world = twins(make)
    pick(world.hub, of(world, "a").id, "c", "u-c")
    look_for(world, "health")
    merge(world)
    assert inbox(world) == [(OLD, TAKEN)], "it is there, by the other way"
    world.time.sleep(KEPT.total_seconds())
    world.sync()
    assert inbox(world) == [] and len(world.rows("c")) == 1
    settled(world)


def test_nobody_finds_its_own_in_its_inbox(make: Make) -> None:
    chosen = (connection("a"), connection("a-inbox", "a", shares=False, inbox_for="a"), connection("b"))
    trees = {name: tree(fields=NUMBERED) for name in "ab"} | {"a-inbox": ROW}
    world = make(*chosen, trees=trees)
    share(world, "a", Title=OLD, Number="1234567")
    world.sync()
    share(world, "b", Title=NEW, Number="1234567", Themes=["Health"])
    searches.save(world.hub, "a", "Ours", Criteria(themes=("health",)), "a-inbox", "u-a")
    world.sync()
    assert len(world.rows("a-inbox")) == 1
    merge(world)
    assert world.rows("a-inbox") == [], "what it shares itself is no candidate"
    settled(world)


def test_a_saved_search_finds_the_one_that_stays_and_no_more_the_one_that_goes(make: Make) -> None:
    world = twins(make)
    gone, survivor = of(world, "b").id, of(world, "a").id
    merge(world)
    look_for(world, "health", "education")
    assert [row.opportunity_id for row in world.table(Candidate)] == [survivor]
    with world.hub.reading() as conn:
        found = searches.find(conn, world.hub, "c", Criteria(), 10)
    assert [row.id for row in found] == [survivor] and [row.id for row in world.table(Merged)] == [gone]


# --- what is followed ------------------------------------------------------------------


def copy(world: World) -> dict[str, Any]:
    (row,) = world.rows("c")
    return row


def follow(world: World) -> str:
    (link,) = [link for link in world.table(Link) if link.connection_id == "c"]
    assert link.opportunity_id == of(world, "a").id
    return str(link.follow)


def imported(make: Make, choice: Any) -> World:
    world = twins(make)
    pick(world.hub, of(world, "b").id, "c", "u-c", Choices(follow=choice))
    world.sync()
    return world


def test_who_does_not_follow_keeps_its_words_and_sees_what_the_commons_says_of_the_one_that_stays(make: Make) -> None:
    world = imported(make, "no")
    world.rows("a")[0]["Ask"] = 700
    world.sync()
    merge(world)
    assert follow(world) == "no"
    assert (copy(world)["Title"], copy(world)["Ask"], copy(world)["Gap"]) == (NEW, 1000, "USD 700")
    assert copy(world)["Commons ID"] == of(world, "a").id
    settled(world)


def test_who_is_asked_is_asked_about_what_the_one_that_stays_says(make: Make) -> None:
    world = imported(make, "ask")
    world.rows("b")[0]["Summary"] = "Asked about before"
    world.sync()
    world.sync()
    assert [list(row.values) for row in world.table(UpdateQuestion) if row.state == "open"] == [["summary"]]
    merge(world)
    assert follow(world) == "ask" and copy(world)["Title"] == NEW
    (row,) = [row for row in world.table(UpdateQuestion) if row.state == "open"]
    assert row.opportunity_id == of(world, "a").id
    assert row.values["title"] == [NEW, OLD] and "summary" not in row.values, "that is what its copy says already"
    following.answer(world.hub, row.id, "take", row.rev, "u-c")
    world.sync()
    assert copy(world)["Title"] == OLD
    settled(world)


def test_an_answer_about_the_one_that_went_is_none_about_the_one_that_stays(make: Make) -> None:
    world = imported(make, "ask")
    world.rows("b")[0]["Title"] = f"{NEW} x"
    world.sync()
    world.sync()
    (row,) = [row for row in world.table(UpdateQuestion) if row.state == "open"]
    following.answer(world.hub, row.id, "leave", row.rev, "u-c")
    world.sync()
    merge(world)
    assert copy(world)["Title"] == NEW
    (row,) = [row for row in world.table(UpdateQuestion) if row.state == "open"]
    assert row.values["title"] == [NEW, OLD]
