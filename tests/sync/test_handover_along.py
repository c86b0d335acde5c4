"""Stewardship handed over, and what was said before about following and about rows of inboxes."""

from __future__ import annotations

from typing import Any

import pytest

from hub.commons import handover, searches
from hub.commons.criteria import Criteria
from hub.commons.imports import Choices, pick
from hub.store.tables import Conflict, Handover, Link, Opportunity, UpdateQuestion
from hub.sync import following
from hub.sync.history import disagreements
from hub.sync.moved import Moved
from tests.sync.conftest import Make, World, connection, share
from tests.sync.test_inbox import ROW

# tests/sync/test_handover.py holds both databases to the hand-over itself.
pytestmark = pytest.mark.parametrize("make", ["sqlite"], indirect=True)


def three(make: Make, follow: Any = None) -> World:
    """a shares; b and c have a system and an inbox beside it. With ``follow`` both have imported it so."""
    inboxes = [connection(f"{name}-inbox", name, shares=False, inbox_for=name) for name in "bc"]
    world = make(connection("a"), connection("b"), connection("c"), *inboxes, trees={"b-inbox": ROW, "c-inbox": ROW})
    share(world, Themes=["Health"])
    world.sync()
    for name in "bc" if follow else "":
        pick(world.hub, the_one(world).id, name, f"u-{name}", Choices(follow=follow))
    world.sync()
    return world


def the_one(world: World) -> Any:
    (row,) = world.table(Opportunity)
    return row


def hand_over(world: World, to: str = "b") -> None:
    handover.offer(world.hub, the_one(world).id, to, "", "u1", the_one(world).steward_id)
    row = next(row for row in world.table(Handover) if row.state == "open")
    handover.accept(world.hub, row.id, "", "u2", to)
    world.sync()
    world.sync()


def edit(world: World, name: str, **fields: Any) -> None:
    world.rows(name)[0].update(fields)
    world.sync()
    world.sync()


def asked(world: World, name: str) -> list[Any]:
    return [row for row in world.table(UpdateQuestion) if row.state == "open" and row.connection_id == name]


def link(world: World, name: str) -> Any:
    return next(row for row in world.table(Link) if row.connection_id == name)


def summary(world: World, name: str) -> str:
    return str(world.rows(name)[0]["Summary"])


def settled(world: World) -> None:
    assert world.quiet() == 0
    with world.hub.reading() as conn:
        assert disagreements(conn) == []


@pytest.mark.parametrize("choice", ["ask", "no"])
def test_the_new_stewards_record_follows_and_takes_what_it_lacked(make: Make, choice: str) -> None:
    world = three(make, choice)
    edit(world, "a", Summary="Cleaner water")
    assert summary(world, "b") == "Clean water" and len(asked(world, "b")) == (choice == "ask")
    hand_over(world)
    assert link(world, "b").follow == "yes" and asked(world, "b") == [] and not link(world, "b").differs
    assert summary(world, "b") == "Cleaner water" == summary(world, "a") and world.table(Conflict) == []
    settled(world)
    edit(world, "b", Summary="The cleanest")
    assert summary(world, "a") == "The cleanest", "the former steward's record follows as it always did"
    settled(world)


@pytest.mark.parametrize("choice", ["ask", "no"])
def test_what_others_chose_to_follow_is_as_they_chose(make: Make, choice: str) -> None:
    world = three(make, choice)
    edit(world, "a", Summary="Cleaner water")
    before = asked(world, "c")
    hand_over(world)
    assert link(world, "c").follow == choice and summary(world, "c") == "Clean water"
    assert [row.values for row in asked(world, "c")] == [row.values for row in before]
    edit(world, "b", Summary="The cleanest")
    assert summary(world, "c") == "Clean water"
    if choice == "ask":
        (row,) = asked(world, "c")
        assert row.values == {"summary": ["Clean water", "The cleanest"]}
        following.answer(world.hub, row.id, "take", row.rev, "u-c")
        world.sync()
        assert summary(world, "c") == "The cleanest"
    settled(world)


def test_an_answer_that_was_on_its_way_to_the_new_steward_is_too_late(make: Make) -> None:
    world = three(make, "ask")
    edit(world, "a", Summary="Cleaner water")
    (row,) = asked(world, "b")
    hand_over(world)
    with pytest.raises(Moved):
        following.answer(world.hub, row.id, "leave", row.rev, "u-b")
    assert summary(world, "b") == "Cleaner water"


# --- rows of inboxes ---------------------------------------------------------------------


def look_for(world: World, name: str) -> None:
    searches.save(world.hub, name, "Ours", Criteria(themes=("health",)), f"{name}-inbox", f"u-{name}")
    world.sync()


def test_a_row_says_who_shares_it_now_and_loses_nothing_that_was_said_to_it(make: Make) -> None:
    world = three(make)
    look_for(world, "c")
    (row,) = world.rows("c-inbox")
    assert row["From"] == "Member A"
    hand_over(world)
    assert row["From"] == "Member B" and row["State"] == "New"
    row["Take up"] = True
    world.sync()
    assert len(world.rows("c")) == 1 and row["State"].startswith("Taken up")
    settled(world)


def test_what_was_not_for_its_people_does_not_come_back_with_another_steward(make: Make) -> None:
    world = three(make)
    look_for(world, "c")
    world.rows("c-inbox")[0]["Not for us"] = True
    world.sync()
    hand_over(world)
    edit(world, "a", Title="Wells and pumps")
    assert world.rows("c-inbox") == []
    settled(world)


def test_the_new_steward_gets_its_record_by_a_tick_in_its_row(make: Make) -> None:
    """It may have agreed before it had a record; from this one on it speaks for the project."""
    world = three(make)
    look_for(world, "b")
    hand_over(world)
    world.rows("b-inbox")[0]["Take up"] = True
    world.sync()
    world.sync()
    assert len(world.rows("b")) == 1 and world.rows("b-inbox")[0]["State"].startswith("Taken up")
    edit(world, "b", Title="Wells, says b")
    assert the_one(world).title == "Wells, says b" == world.rows("a")[0]["Title"]
    settled(world)


def test_the_former_steward_does_not_find_what_it_handed_over(make: Make) -> None:
    world = three(make)
    hand_over(world)
    searches.save(world.hub, "b", "Ours", Criteria(), "b-inbox", "u-b")
    world.sync()
    assert world.rows("b-inbox") == [], "nobody finds what it shares itself"
    handover.offer(world.hub, the_one(world).id, "a", "", "u2", "b")
    row = next(row for row in world.table(Handover) if row.state == "open")
    handover.accept(world.hub, row.id, "", "u1", "a")
    world.sync()
    world.sync()
    assert len(world.rows("b-inbox")) == 1, "handed back, it is a candidate like any other"
    settled(world)
