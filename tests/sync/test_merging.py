"""Two opportunities become one: what follows the survivor, what is left alone, and that nothing is lost or counted twice."""

from __future__ import annotations

from typing import Any

import pytest

from hub.commons import duplicates, positions
from hub.commons.criteria import Criteria
from hub.commons.imports import Refusal, pick
from hub.store import finding, opportunities
from hub.store.finding import Looking
from hub.store.tables import (
    Audit,
    Commitment,
    Conflict,
    Deletion,
    Due,
    Duplicate,
    Handover,
    Leftover,
    Link,
    Merged,
    Opportunity,
    Suggestion,
)
from hub.sync import suggestions
from hub.sync.history import disagreements
from hub.sync.moved import Moved
from tests.sync.conftest import Make, World, connection, share, tree

NUMBERED = {"organization.identifiers.GB-CHC": "Number"}
OLD, NEW = "Wells for the upper valley", "Wells in the Upper Valley"


def twins(make: Make, *more: Any, **of_b: Any) -> World:
    """a shares the older one, b the newer; more connections as given, which hold nothing yet."""
    chosen = (connection("a"), connection("b", **of_b), *more)
    world = make(*chosen, trees={c.name: tree(fields=NUMBERED) for c in chosen})
    share(world, "a", Title=OLD, Number="1234567")
    world.sync()
    share(world, "b", Title=NEW, Number="1234567", Ask=900)
    world.sync()
    return world


def of(world: World, member: str) -> Any:
    return next(row for row in world.table(Opportunity) if row.steward_id == member)


def agree(world: World, survivor: str = "a") -> None:
    """Both stewards want that member's to stay."""
    id = of(world, survivor).id
    for member in "ab":
        with world.hub.reading() as conn:
            (pair,) = duplicates.asked(conn, world.hub, member)
        duplicates.agree(world.hub, pair.row.id, id, pair.seen, f"u{member}", member)


def merge(world: World, survivor: str = "a") -> None:
    agree(world, survivor)
    assert duplicates.carry_out(world.hub) == 1


def titles(world: World, name: str) -> list[str]:
    return [row["Title"] for row in world.rows(name)]


def settled(world: World) -> None:
    world.sync()
    assert world.quiet() == 0
    with world.hub.reading() as conn:
        assert disagreements(conn) == []


def links(world: World) -> dict[tuple[str, str], str]:
    """State by connection and steward of what it is a link of."""
    stewards = {o.id: o.steward_id for o in world.table(Opportunity)}
    return {(k.connection_id, stewards[k.opportunity_id]): k.state for k in world.table(Link)}


def test_records_follow_the_survivor_and_take_over_its_values_and_its_key(make: Make) -> None:
    world = twins(make, connection("c"))
    pick(world.hub, of(world, "b").id, "c", "u")
    world.sync()
    before = {name: dict(world.rows(name)[0]) for name in "abc"}
    merge(world)
    world.sync()
    survivor = of(world, "a")
    assert world.rows("a") == [before["a"] | {"Gap": world.rows("a")[0]["Gap"]}], "the survivor's own record stays"
    for name in "bc":
        (row,) = world.rows(name)
        assert (row["Title"], row["Ask"], row["Commons ID"]) == (OLD, 1000, survivor.id), name
        assert row.get("Share") == before[name].get("Share"), "its tick is its own people's"
    assert links(world) == {("a", "a"): "linked", ("b", "a"): "linked", ("c", "a"): "linked"}
    settled(world)


def test_the_one_that_is_gone_is_nowhere_and_says_where_it_went(make: Make) -> None:
    world = twins(make)
    gone = of(world, "b")
    merge(world)
    assert [(row.id, row.number, row.survivor_id) for row in world.table(Merged)] == [
        (gone.id, gone.number, of(world, "a").id)
    ]
    with world.hub.reading() as conn:
        for member in "ab":
            shown = finding.find(conn, member, {}, Looking(Criteria()), 0, 10)
            assert [row.id for row in shown] == [of(world, "a").id], member
    with pytest.raises(Refusal):
        pick(world.hub, gone.id, "a", "u")
    assert {line.action for line in world.table(Audit) if line.opportunity_id == gone.id and line.moves} == {
        "shared",
        "merged",
    }
    settled(world)


@pytest.mark.parametrize("survivor", ["a", "b"])
def test_the_word_of_the_one_that_stays_counts(make: Make, survivor: str) -> None:
    other = "b" if survivor == "a" else "a"
    world = twins(make)
    merge(world, survivor)
    world.sync()
    world.rows(other)[0]["Share"] = False
    world.sync()
    assert of(world, survivor).status == "published", "the former steward's tick withdraws nothing"
    world.rows(other)[0]["Title"] = "Its own words"
    world.sync()
    assert of(world, survivor).title != "Its own words" and titles(world, other) == ["Its own words"]
    world.rows(survivor)[0]["Summary"] = "Cleaner water"
    world.sync()
    assert world.rows(other)[0]["Summary"] == "Cleaner water"
    settled(world)


def test_an_edit_that_nobody_had_read_is_not_written_over(make: Make) -> None:
    world = twins(make)
    world.rows("b")[0]["Summary"] = "Typed before, read after"
    merge(world)
    world.sync()
    assert world.rows("b")[0]["Summary"] == "Typed before, read after" and titles(world, "b") == [OLD]
    settled(world)


def test_a_connection_that_holds_both_keeps_one_following_and_the_other_alone(make: Make) -> None:
    world = twins(make, connection("c", imports=()))
    assert sorted(titles(world, "c")) == sorted([OLD, NEW])
    before = [dict(row) for row in world.rows("c")]
    merge(world)
    world.sync()
    assert world.rows("c") == before, "neither record was touched"
    assert links(world)["c", "a"] == "linked" and links(world)["c", "b"] == "stopped"
    (left,) = world.table(Leftover)
    assert (left.member_id, left.connection_id, left.state) == ("c", "c", "open")
    (row,) = [id for id, row in world.systems["c"].rows.items() if row["Title"] == NEW]
    assert left.remote_id == row
    world.rows("a")[0]["Title"] = "Renamed"
    world.sync()
    assert sorted(titles(world, "c")) == sorted(["Renamed", NEW])
    with pytest.raises(LookupError):
        duplicates.settle(world.hub, left.id, "kept", "u", "a")
    duplicates.settle(world.hub, left.id, "kept", "u", "c")
    with pytest.raises(Moved):
        duplicates.settle(world.hub, left.id, "kept", "u", "c")
    settled(world)


def test_a_record_of_the_one_that_goes_takes_the_place_of_one_that_is_still_to_be_made(make: Make) -> None:
    world = twins(make, connection("c"))
    pick(world.hub, of(world, "b").id, "c", "u")
    world.sync()
    pick(world.hub, of(world, "a").id, "c", "u")
    merge(world)
    world.sync()
    world.sync()
    assert titles(world, "c") == [OLD], "no second record was made"
    assert links(world)["c", "a"] == "linked" and world.table(Leftover) == []
    settled(world)


@pytest.mark.parametrize("survivor", ["a", "b"])
def test_a_record_that_carries_the_old_key_is_the_survivors(make: Make, survivor: str) -> None:
    other = "b" if survivor == "a" else "a"
    world = twins(make, connection("c"), connection("d"))
    old = of(world, other).id
    merge(world, survivor)
    world.systems["c"].add(Title="A copy from a backup", Summary="Clean water", **{"Commons ID": old})
    world.systems["d"].add(Title="Shared anew", Share=True, **{"Commons ID": old})
    world.sync()
    assert len(world.table(Opportunity)) == 2, "and no third opportunity"
    assert links(world)["c", survivor] == links(world)["d", survivor] == "linked"
    assert world.rows("c")[0]["Commons ID"] == of(world, survivor).id
    settled(world)


def test_what_went_into_what_then_went_into_another_is_that_other(make: Make) -> None:
    world = twins(make, connection("c"))
    first = of(world, "b").id
    merge(world)
    world.sync()
    share(world, "c", Title=OLD, Number="1234567")
    world.sync()
    with world.hub.reading() as conn:
        (pair,) = duplicates.asked(conn, world.hub, "c")
        assert duplicates.asked(conn, world.hub, "b") == []
    for member in "ac":
        duplicates.agree(world.hub, pair.row.id, of(world, "c").id, pair.seen, "u", member)
    assert duplicates.carry_out(world.hub) == 1
    assert {row.id: row.survivor_id for row in world.table(Merged)} == {
        first: of(world, "c").id, of(world, "a").id: of(world, "c").id
    }  # fmt: skip
    settled(world)


# --- commitments -------------------------------------------------------------------


def pledge(world: World, of_: str, member: str, amount: int) -> None:
    said = {
        "commitment.stage": "pledged",
        "commitment.amount": {"amount": str(amount), "currency": "USD"},
        "commitment.visibility": "named",
    }
    positions.state(world.hub, of(world, of_).id, member, said, "u")


def amounts(world: World, id: str) -> dict[str, str]:
    return {
        row.member_id: row.facts["commitment.amount"]["amount"]
        for row in world.table(Commitment)
        if row.opportunity_id == id
    }


def test_commitments_move_along_and_nobody_counts_twice(make: Make) -> None:
    world = twins(make, connection("c"), connection("d"))
    pledge(world, "a", "c", 100)
    pledge(world, "b", "d", 50)
    pledge(world, "a", "b", 7)
    pledge(world, "b", "b", 8)
    pledge(world, "a", "a", 5)
    pledge(world, "b", "a", 5)
    gone, survivor = of(world, "b").id, of(world, "a").id
    merge(world)
    world.sync()
    assert amounts(world, survivor) == {"a": "5", "b": "7", "c": "100", "d": "50"}
    assert amounts(world, gone) == {"a": "5", "b": "8", "d": "50"}, "as history"
    assert world.rows("a")[0]["Gap"] == world.rows("b")[0]["Gap"] and "838" in str(world.rows("a")[0]["Gap"])
    (left,) = world.table(Leftover)
    assert (left.member_id, left.connection_id) == ("b", None), "a said the same in both"
    settled(world)
    duplicates.settle(world.hub, left.id, "taken", "u", "b")
    assert amounts(world, survivor)["b"] == "8"
    settled(world)


def test_a_hidden_position_stays_hidden(make: Make) -> None:
    world = twins(make, connection("d"))
    said = {"commitment.stage": "exploring", "commitment.amount": {"amount": "424242", "currency": "USD"}}
    positions.state(world.hub, of(world, "b").id, "d", said, "u")
    merge(world)
    world.sync()
    assert amounts(world, of(world, "a").id) == {"d": "424242"}
    assert "1,000" in world.rows("a")[0]["Gap"]
    assert "424242" not in str(world.rows("a")) + str(world.rows("b"))


# --- what waited for a person ---------------------------------------------------------


def test_conflicts_end_and_what_was_typed_is_kept_and_looked_at_anew(make: Make) -> None:
    world = twins(make, connection("c", edits="accept"))
    pick(world.hub, of(world, "b").id, "c", "u")
    world.sync()
    for name in "abc":
        world.rows(name)[0]["Summary"] = f"From {name}"
    world.sync()
    (conflict,) = world.table(Conflict)
    gone = conflict.opportunity_id
    merge(world)
    assert [row.state for row in world.table(Conflict)] == ["resolved"]
    (note,) = [line.note for line in world.table(Audit) if line.action == "conflict ended by merging"]
    assert "From b" in note and "From c" in note
    world.sync()
    open_ones = [row for row in world.table(Conflict) if row.state == "open"]
    assert [(row.opportunity_id == gone, row.parties[0]["value"]) for row in open_ones] == [(False, "From c")]
    assert world.rows("c")[0]["Summary"] == "From c", "a partner's edit is a conflict with the survivor"
    settled(world)


def test_suggestions_go_to_the_survivors_steward(make: Make) -> None:
    world = twins(make, connection("c", edits="suggest"))
    pick(world.hub, of(world, "b").id, "c", "u")
    world.sync()
    world.rows("c")[0]["Summary"] = "Better words"
    world.sync()
    (row,) = world.table(Suggestion)
    suggestions.send(world.hub, row.id, "u")
    merge(world)
    world.sync()
    (row,) = world.table(Suggestion)
    assert (row.state, row.opportunity_id, row.commons) == ("sent", of(world, "a").id, "Clean water")
    suggestions.accept(world.hub, row.id, "u")
    world.sync()
    assert [world.rows(name)[0]["Summary"] for name in "abc"] == ["Better words"] * 3
    settled(world)


def test_the_survivors_steward_is_asked_about_what_differs_in_its_copy_of_the_other(make: Make) -> None:
    world = twins(make, connection("a2", "a"))
    pick(world.hub, of(world, "b").id, "a2", "u")
    world.sync()
    world.rows("a2")[0]["Summary"] = "Kept here"
    world.sync()
    merge(world)
    world.sync()
    (conflict,) = world.table(Conflict)
    assert (conflict.path, conflict.parties[0]["value"]) == ("summary", "Kept here")
    assert world.rows("a2")[0]["Title"] == OLD and world.rows("a2")[0]["Summary"] == "Kept here"
    settled(world)


def test_a_deleted_record_of_the_one_that_goes_is_no_question_any_more(make: Make) -> None:
    world = twins(make)
    system = world.systems["b"]
    system.proves, (id,) = True, list(system.rows)
    system.deleted = [id]
    system.rows.clear()
    world.sync()
    assert [row.state for row in world.table(Deletion)] == ["open"]
    merge(world)
    assert [row.state for row in world.table(Deletion)] == ["followed_no_more"]
    settled(world)
    assert world.rows("b") == [] and of(world, "a").status == "published"


def test_an_offer_of_the_one_that_goes_is_over(make: Make) -> None:
    from hub.commons import handover

    world = twins(make, connection("c"))
    handover.offer(world.hub, of(world, "b").id, "c", "", "u", "b")
    merge(world)
    assert [row.state for row in world.table(Handover)] == ["lapsed"]


# --- when it is not done ------------------------------------------------------------------


def test_it_waits_while_a_run_has_one_of_the_two_in_hand(make: Make) -> None:
    from hub.jobs import lease

    world = twins(make)
    agree(world)
    with world.hub.writing() as conn:
        lease.claim(conn, "b", "another worker", world.time.now())
    assert duplicates.carry_out(world.hub) == 0 and world.table(Merged) == []
    with world.hub.writing() as conn:
        lease.release(conn, "b")
    assert duplicates.carry_out(world.hub) == 1
    settled(world)


@pytest.mark.parametrize("change", [{"audience": "member:b"}, {"title": "Another"}, {"status": "withdrawn"}])
def test_an_agreement_that_no_longer_fits_is_asked_for_again(make: Make, change: dict[str, str]) -> None:
    world = twins(make)
    agree(world)
    facts = {"facts": of(world, "a").facts | change} if "title" in change else change
    with world.hub.writing() as conn:
        opportunities.change(conn, of(world, "a").id, **facts)
    assert duplicates.carry_out(world.hub) == 0
    (row,) = world.table(Duplicate)
    assert (row.state, row.agreed_by) == ("open", None) and world.table(Merged) == []


def test_a_sync_of_all_carries_it_out_by_itself(make: Make) -> None:
    world = twins(make)
    agree(world)
    world.sync()
    assert len(world.table(Merged)) == 1
    world.sync()
    assert titles(world, "b") == [OLD] and world.table(Due) == []
    settled(world)
