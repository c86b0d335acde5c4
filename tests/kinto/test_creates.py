"""One opportunity, one record: whatever becomes of the answers."""

from __future__ import annotations

import pytest

from hub.store.tables import Intent
from tests.kinto.between import Call
from tests.kinto.world import World


def creates(call: Call) -> bool:
    return call.method == "PUT"


def test_a_create_whose_answer_was_lost_is_found_by_the_next_run(world: World) -> None:
    world.share()
    world.between.loses = creates
    assert world.sync()["b"].state == "incomplete"
    assert [intent.state for intent in world.table(Intent) if intent.action == "create"] == ["open"]
    world.between.quiet()
    after = len(world.between.calls)
    assert world.sync()["b"].counts["recovered"] == 1
    assert not [call for call in world.between.calls[after:] if creates(call)]
    assert len(world.b.rows()) == 1 and world.quiet() == 0


def test_a_create_that_never_reached_the_server_is_made_by_the_next_run(world: World) -> None:
    world.share()
    world.between.never_arrives = creates
    world.sync()
    assert world.b.rows() == {}
    world.between.quiet()
    world.sync()
    assert len(world.b.rows()) == 1 and world.quiet() == 0


def test_the_answers_of_many_creates_lost_one_after_another_make_no_twins(world: World) -> None:
    for number in range(7):
        world.share(title=f"Wells {number}")
    counted = iter(range(1_000))
    world.between.loses = lambda call: creates(call) and next(counted) % 2 == 0
    for _ in range(12):
        world.sync()
    world.between.quiet()
    world.sync()
    titles = sorted(row["title"] for row in world.b.rows().values())
    assert titles == [f"Wells {number}" for number in range(7)] and world.quiet() == 0


def test_an_edit_of_a_copy_whose_creation_was_not_heard_of_is_taken(world: World) -> None:
    there = world.share()
    world.between.loses = creates
    world.sync()
    world.between.quiet()
    (copy,) = world.b.rows()
    world.b.edit(copy, title="Wells of B")
    world.sync()
    world.sync()
    assert {world.a.row(there)["title"], world.b.row(copy)["title"]} == {"Wells of B"} and len(world.b.rows()) == 1


def test_a_copy_whose_key_was_taken_before_the_hub_heard_of_it_is_left_alone_and_said(world: World) -> None:
    world.share()
    world.between.loses = creates
    world.sync()
    world.between.quiet()
    (copy,) = world.b.rows()
    world.b.edit(copy, commons_id=None, title="Ours now")
    results = world.sync()
    assert [row["title"] for row in world.b.rows().values()] == ["Ours now"]
    assert results["b"].counts["rejected"] == 1


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_clerk_who_types_the_same_project_in_by_hand_makes_a_record_of_their_own(world: World, moment: str) -> None:
    world.share()
    acts = [lambda: world.b.add(title="Wells", private="typed by hand")]
    setattr(world.between, moment, lambda call: creates(call) and acts and acts.pop()())
    world.sync()
    world.sync()
    rows = list(world.b.rows().values())
    assert sorted(row.get("private", "") for row in rows) == ["", "typed by hand"]
    assert len([row for row in rows if row.get("commons_id")]) == 1 and world.quiet() == 0
