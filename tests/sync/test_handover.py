"""Stewardship handed over: from then on the other member's word counts, in every place where somebody's did."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hub.commons import handover
from hub.commons.imports import Refusal
from hub.store import opportunities, recommendations
from hub.store.tables import (
    Audit,
    Commitment,
    Conflict,
    Deletion,
    Handover,
    Hold,
    Link,
    Opportunity,
    Recommendation,
    Suggestion,
)
from hub.sync import deletions, suggestions
from hub.sync.history import disagreements
from hub.sync.moved import Moved
from hub.sync.resolve import resolve
from tests.sync.conftest import Make, World, connection, share, tree

SHOWN = {"steward": {"field": "Shared by", "way": "out", "type": "text"}}


def three(make: Make, fields: dict[str, Any] | None = None, **of_a: Any) -> World:
    """a shares; b and c hold copies. b's own connection can share as well."""
    trees = {name: tree(fields=SHOWN | (fields or {})) for name in "abc"}
    world = make(connection("a", **of_a), connection("b", imports=()), connection("c", imports=()), trees=trees)
    share(world)
    world.sync()
    return world


def the_one(world: World) -> Any:
    (row,) = world.table(Opportunity)
    return row


def offered(world: World, to: str = "b", word: str = "It is closer to you") -> str:
    handover.offer(world.hub, the_one(world).id, to, word, "u1", the_one(world).steward_id)
    return str(next(row.id for row in world.table(Handover) if row.state == "open"))


def hand_over(world: World, to: str = "b", **choices: Any) -> None:
    handover.accept(world.hub, offered(world, to), "Gladly", "u2", to, **choices)


def record(world: World, name: str) -> dict[str, Any]:
    (row,) = world.rows(name)
    return row


def state(world: World, name: str) -> str:
    return str(next(link.state for link in world.table(Link) if link.connection_id == name))


def settled(world: World) -> None:
    """Everything has been heard of, and the audit tells what is stored."""
    world.sync()
    assert world.quiet() == 0
    with world.hub.reading() as conn:
        assert disagreements(conn) == []


# --- what is written, and what not -----------------------------------------------


def test_the_only_thing_written_anywhere_is_who_shares_it(make: Make) -> None:
    world = three(make)
    before = {name: dict(record(world, name)) for name in "abc"}
    hand_over(world)
    world.sync()
    for name in "abc":
        assert record(world, name) == before[name] | {"Shared by": "Member B"}, name
    assert the_one(world).steward_id == "b" and the_one(world).status == "published"
    settled(world)


def test_where_no_record_shows_who_shares_it_none_is_written(make: Make) -> None:
    world = three(make, fields={"steward": False})
    before = world.writes()
    hand_over(world)
    settled(world)
    assert world.writes() == before


def test_the_edit_is_audited_with_who_did_it_and_their_words(make: Make) -> None:
    world = three(make)
    hand_over(world)
    (line,) = [line for line in world.table(Audit) if line.action == "handed over"]
    assert (
        line.values == {"steward_id": ["a", "b"]} and line.actor == "user:u2" and line.note == "Gladly" and line.moves
    )
    assert [line.note for line in world.table(Audit) if line.action == "stewardship offered"] == ["It is closer to you"]


# --- after it: who does what, and what comes of it ---------------------------------


def untick(world: World, name: str) -> None:
    record(world, name)["Share"] = False
    world.sync()


def tick(world: World, name: str) -> None:
    record(world, name)["Share"] = True
    world.sync()


def retitle(world: World, name: str) -> None:
    record(world, name)["Title"] = f"From {name}"
    world.sync()


def delete(world: World, name: str) -> None:
    system = world.systems[name]
    system.proves, (id,) = True, list(system.rows)
    system.deleted = [id]
    del system.rows[id]
    world.sync()


def pledge(world: World, name: str) -> None:
    record(world, name).update({"Stage": "pledged", "Ours": 5, "Show": True})
    world.sync()


Step = tuple[Callable[[World, str], None], str]
KEPT = {"status": "published", "audience": "all", "title": "Wells"}
AFTER: dict[str, tuple[list[Step], dict[str, Any], dict[str, int]]] = {
    "the old steward un-ticks: nothing is withdrawn": ([(untick, "a")], KEPT, {}),
    "it ticks again: still nothing": ([(untick, "a"), (tick, "a")], KEPT, {}),
    "it edits: that stays with it": ([(retitle, "a")], KEPT, {}),
    "it deletes: it follows no more, and nobody is asked": ([(delete, "a")], KEPT, {}),
    "it pledges: its position is its own as before": ([(pledge, "a")], KEPT, {"commitments": 1}),
    "the new steward edits: everyone hears": ([(retitle, "b")], KEPT | {"title": "From b"}, {}),
    "the new steward ticks: shared as before": ([(tick, "b")], KEPT, {}),
    "the new steward un-ticks: withdrawn": ([(tick, "b"), (untick, "b")], KEPT | {"status": "withdrawn"}, {}),
    "the new steward deletes: its people are asked": ([(delete, "b")], KEPT, {"deletions": 1}),
    "a third member edits: that stays with it": ([(retitle, "c")], KEPT, {}),
    "a third member ticks and un-ticks: nothing": ([(tick, "c"), (untick, "c")], KEPT, {}),
}


@pytest.mark.parametrize("case", AFTER)
def test_after_a_handover(make: Make, case: str) -> None:
    steps, expected, asked = AFTER[case]
    world = three(make)
    hand_over(world)
    world.sync()
    for act, name in steps:
        act(world, name)
    found = the_one(world)
    assert {part: getattr(found, part) for part in expected} == expected
    assert sum(row.state == "open" for row in world.table(Deletion)) == asked.get("deletions", 0)
    assert len(world.table(Commitment)) == asked.get("commitments", 0)
    assert world.table(Conflict) == [] and world.table(Suggestion) == []
    for name in "abc":  # a title is the commons' or one that its own people typed, and no record is gone by our hand
        gone = (delete, name) in steps
        assert [row["Title"] for row in world.rows(name)] == (
            [] if gone else [f"From {name}" if (retitle, name) in steps else expected["title"]]
        )
    settled(world)


@pytest.mark.parametrize(
    ("edits", "title", "suggested"), [("keep", "Wells", 0), ("suggest", "Wells", 1), ("accept", "From a", 0), ("reset", "Wells", 0)]
)  # fmt: skip
def test_the_old_stewards_edits_follow_its_connection(make: Make, edits: str, title: str, suggested: int) -> None:
    world = three(make, edits=edits)
    hand_over(world)
    retitle(world, "a")
    world.sync()
    assert the_one(world).title == title == record(world, "b")["Title"] == record(world, "c")["Title"]
    assert record(world, "a")["Title"] == ("Wells" if edits == "reset" else "From a")
    assert [row.state for row in world.table(Suggestion)] == ["waiting"] * suggested
    settled(world)


def test_what_the_old_steward_shares_anew_under_the_old_key_is_not_a_second_opportunity(make: Make) -> None:
    world = three(make)
    row = dict(record(world, "a"))
    hand_over(world)
    delete(world, "a")
    world.systems["a"].add(**row)
    world.sync()
    assert len(world.table(Opportunity)) == 1 and the_one(world).status == "published"
    settled(world)


def test_it_can_be_handed_back(make: Make) -> None:
    world = three(make)
    hand_over(world, "b")
    hand_over(world, "a")
    world.sync()
    retitle(world, "a")
    assert the_one(world).title == "From a" == record(world, "c")["Title"]
    untick(world, "a")
    assert the_one(world).status == "withdrawn"
    settled(world)


# --- what waited for a person ----------------------------------------------------


def test_what_the_new_steward_had_kept_to_itself_is_a_question_to_it(make: Make) -> None:
    world = three(make)
    retitle(world, "b")
    assert the_one(world).title == "Wells"
    hand_over(world)
    world.sync()
    (conflict,) = world.table(Conflict)
    assert (conflict.path, conflict.commons, conflict.parties[0]["value"]) == ("title", "Wells", "From b")
    assert record(world, "b")["Title"] == "From b" and the_one(world).title == "Wells", "nothing of either is lost"
    resolve(world.hub, conflict.id, conflict.rev, "From b", "u2")
    world.sync()
    assert the_one(world).title == "From b" == record(world, "a")["Title"] == record(world, "c")["Title"]
    settled(world)


def test_it_may_choose_the_commons_value_which_then_comes_to_its_record(make: Make) -> None:
    world = three(make)
    retitle(world, "b")
    hand_over(world)
    (conflict,) = world.table(Conflict)
    resolve(world.hub, conflict.id, conflict.rev, "Wells", "u2")
    world.sync()
    assert record(world, "b")["Title"] == "Wells"
    record(world, "b")["Title"] = "Later"
    world.sync()
    assert the_one(world).title == "Later", "its edits count from now on"
    settled(world)


def test_an_open_conflict_over_what_it_kept_hears_of_its_value(make: Make) -> None:
    trees = {name: tree() for name in "abc"}
    world = make(
        connection("a"), connection("b", imports=()), connection("c", imports=(), edits="accept"), trees=trees
    )  # fmt: skip
    share(world)
    world.sync()
    retitle(world, "b")
    record(world, "a")["Title"], record(world, "c")["Title"] = "From a", "From c"
    world.sync()
    hand_over(world)
    (conflict,) = world.table(Conflict)
    assert {p["connection"]: p["value"] for p in conflict.parties}["b"] == "From b"
    resolve(world.hub, conflict.id, conflict.rev, "From b", "u2")
    world.sync()
    world.sync()
    assert {record(world, name)["Title"] for name in "abc"} == {"From b"}
    settled(world)


def test_a_suggestion_of_the_new_steward_is_not_put_to_itself(make: Make) -> None:
    world = make(
        connection("a"), connection("b", imports=(), edits="suggest"), connection("c", imports=(), edits="suggest")
    )
    share(world)
    world.sync()
    for name in "bc":
        retitle(world, name)
    for row in world.table(Suggestion):
        suggestions.send(world.hub, row.id, "u")
    hand_over(world)
    assert {row.connection_id: row.state for row in world.table(Suggestion)} == {"b": "overtaken", "c": "sent"}
    (conflict,) = world.table(Conflict)
    resolve(world.hub, conflict.id, conflict.rev, "From b", "u2")
    (of_c,) = [row for row in world.table(Suggestion) if row.state == "sent"]
    suggestions.accept(world.hub, of_c.id, "u2")
    world.sync()
    assert {record(world, name)["Title"] for name in "abc"} == {"From c"}
    settled(world)


def test_whether_a_deleted_record_withdraws_it_is_no_more_the_old_stewards_to_say(make: Make) -> None:
    world = three(make)
    delete(world, "a")
    (question,) = world.table(Deletion)
    assert question.state == "open"
    hand_over(world)
    assert [row.state for row in world.table(Deletion)] == ["followed_no_more"]
    with pytest.raises(Moved):
        deletions.withdraw(world.hub, question.id, "u1")
    assert the_one(world).status == "published" and state(world, "a") == "stopped"
    settled(world)


def test_a_recommendation_to_the_new_steward_is_answered(make: Make) -> None:
    world = three(make)
    row = Recommendation(
        id="r1", opportunity_id=the_one(world).id, member_id="b", by="u", at=world.time.now()
    )  # fmt: skip
    with world.hub.writing() as conn:
        recommendations.add(conn, row)
    hand_over(world)
    assert [row.state for row in world.table(Recommendation)] == ["taken_up"]


def test_while_a_run_that_changed_it_is_not_judged_it_is_not_handed_over(make: Make) -> None:
    world = make(connection("a"), connection("b", imports=()))
    for number in range(30):
        share(world, Title=f"Wells {number}")
    world.sync()
    first = world.table(Opportunity)[0]
    handover.offer(world.hub, first.id, "b", "", "u1", "a")
    for row in world.rows("a"):
        row["Title"] += "!"
    world.sync()
    assert [hold.state for hold in world.table(Hold)] == ["waiting"]
    with pytest.raises(Refusal, match="not judged"):
        handover.accept(world.hub, world.table(Handover)[0].id, "", "u2", "b")
    assert world.table(Opportunity)[0].steward_id == "a"


# --- commitments, names, audience --------------------------------------------------


def test_every_commitment_stays_and_no_total_moves(make: Make) -> None:
    world = three(make)
    for name, amount in (("a", 100), ("b", 200)):
        record(world, name).update({"Stage": "committed", "Ours": amount, "Show": True})
    world.sync()
    before = {row.member_id: row.facts for row in world.table(Commitment)}
    gaps = [record(world, name)["Gap"] for name in "abc"]
    hand_over(world)
    world.sync()
    assert {row.member_id: row.facts for row in world.table(Commitment)} == before and len(before) == 2
    assert [record(world, name)["Gap"] for name in "abc"] == gaps
    settled(world)


def test_the_new_steward_says_whether_it_shows_by_name(make: Make) -> None:
    world = three(make)
    hand_over(world, named=False)
    world.sync()
    assert record(world, "c")["Shared by"] == "a member" and record(world, "b")["Shared by"] == "Member B"
    settled(world)


@pytest.mark.parametrize(
    ("audience", "after"), [("all", "all"), ("member:b", "member:b,a"), ("member:a,b", "member:a,b"), ("circle:ours", "circle:ours")]
)  # fmt: skip
def test_the_old_steward_goes_on_seeing_it_and_nobody_else_sees_more(make: Make, audience: str, after: str) -> None:
    world = make(connection("a"), connection("b", imports=()), circles={"ours": frozenset("ab")})
    share(world)
    world.sync()
    with world.hub.writing() as conn:
        opportunities.change(conn, the_one(world).id, audience=audience)
    hand_over(world)
    assert the_one(world).audience == after
    retitle(world, "b")
    assert record(world, "a")["Title"] == "From b"


# --- what cannot be handed over ----------------------------------------------------


def test_it_is_offered_by_its_steward_to_one_that_may_see_it_and_to_one_at_a_time(make: Make) -> None:
    world = three(make)
    id = the_one(world).id
    for to in ("a", "z", ""):
        with pytest.raises(Refusal, match="another member"):
            handover.offer(world.hub, id, to, "", "u1", "a")
    for member in ("b", "z"):
        with pytest.raises(LookupError):
            handover.offer(world.hub, id, "c", "", "u1", member)
    with world.hub.writing() as conn:
        opportunities.change(conn, id, audience="member:c")
    with pytest.raises(Refusal, match="shared with"):
        handover.offer(world.hub, id, "b", "", "u1", "a")
    row = offered(world, "c")
    with pytest.raises(Refusal, match="on offer already"):
        handover.offer(world.hub, id, "c", "", "u1", "a")
    for act in (handover.accept, handover.decline):
        with pytest.raises(LookupError):
            act(world.hub, row, "", "u2", "b")
    assert the_one(world).steward_id == "a"


def test_a_circle_that_the_steward_is_not_in_has_to_be_widened_first(make: Make) -> None:
    world = make(connection("a"), connection("b", imports=()), circles={"theirs": frozenset("b")})
    share(world)
    world.sync()
    with world.hub.writing() as conn:
        opportunities.change(conn, the_one(world).id, audience="circle:theirs")
    with pytest.raises(Refusal, match="circle"):
        offered(world)


def test_an_offer_is_declined_with_a_word_or_taken_back_and_then_it_is_over(make: Make) -> None:
    world = three(make)
    declined = offered(world)
    handover.decline(world.hub, declined, "Not now", "u2", "b")
    back = offered(world)
    with pytest.raises(LookupError):
        handover.take_back(world.hub, the_one(world).id, "u2", "b")
    handover.take_back(world.hub, the_one(world).id, "u1", "a")
    for row in (declined, back):
        with pytest.raises(Moved):
            handover.accept(world.hub, row, "", "u2", "b")
    with pytest.raises(Moved):
        handover.take_back(world.hub, the_one(world).id, "u1", "a")
    assert [(row.state, row.answer) for row in world.table(Handover)] == [("declined", "Not now"), ("taken_back", None)]
    assert the_one(world).steward_id == "a"


def test_an_offer_dies_with_the_withdrawal_and_does_not_come_back_with_it(make: Make) -> None:
    world = three(make)
    row = offered(world)
    untick(world, "a")
    tick(world, "a")
    assert the_one(world).status == "published"
    with pytest.raises(Moved):
        handover.accept(world.hub, row, "", "u2", "b")
    assert [found.state for found in world.table(Handover)] == ["lapsed"]


def test_what_it_is_no_more_shared_with_a_member_cannot_be_accepted_by_it(make: Make) -> None:
    world = three(make)
    row = offered(world)
    with world.hub.writing() as conn:
        opportunities.change(conn, the_one(world).id, audience="member:c")
    with pytest.raises(LookupError):
        handover.accept(world.hub, row, "", "u2", "b")
    assert the_one(world).steward_id == "a"


def test_a_member_without_a_lawful_basis_cannot_take_over_what_needs_one(make: Make) -> None:
    from dataclasses import replace

    world = three(make)
    members = dict(world.hub.config.members)
    members["b"] = replace(members["b"], lawful_basis=None)
    world.hub.config = replace(world.hub.config, members=members)
    with pytest.raises(Refusal, match="Consent is missing"):
        offered(world)
