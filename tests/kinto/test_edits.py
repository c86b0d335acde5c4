"""A clerk edits in Kinto's own client while the hub is at work."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hub.sync.resolve import resolve
from tests.kinto.between import Call
from tests.kinto.world import World


def as_it_is_written(act: Callable[[], object], collection: str) -> Callable[[Call], None]:
    """Once, when the hub's change of a record in this collection is on its way."""
    waiting = [act]

    def before(call: Call) -> None:
        if call.method == "PATCH" and f"/collections/{collection}/" in call.path and waiting:
            waiting.pop()()

    return before


def test_a_shared_record_arrives_in_the_other_collection_and_then_nothing_more_is_written(world: World) -> None:
    there, copy = world.shared()
    row = world.b.row(copy)
    assert (row["title"], row["ask"], row["currency"], row["status"]) == ("Wells", 1000, "USD", "published")
    assert row["commons_id"] == world.a.row(there)["commons_id"] == world.opportunity().id
    assert [world.quiet() for _ in range(3)] == [0, 0, 0]


def test_edits_of_different_fields_on_both_sides_all_arrive(world: World) -> None:
    there, copy = world.shared()
    world.a.edit(there, title="Deeper wells")
    world.b.edit(copy, summary="Clean water for all")
    world.sync()
    for row in (world.a.row(there), world.b.row(copy)):
        assert (row["title"], row["summary"]) == ("Deeper wells", "Clean water for all")
    assert world.conflicts() == [] and world.quiet() == 0


def test_an_edit_of_the_same_field_between_read_and_write_is_a_conflict_and_both_values_stay(world: World) -> None:
    there, copy = world.shared()
    world.a.edit(there, title="Wells of A")
    world.between.before = as_it_is_written(lambda: world.b.edit(copy, title="Wells of B"), "b")
    world.sync()
    assert (world.a.row(there)["title"], world.b.row(copy)["title"]) == ("Wells of A", "Wells of B")
    (conflict,) = world.conflicts()
    assert (conflict.path, conflict.base, conflict.commons) == ("title", "Wells", "Wells of A")
    assert [party["value"] for party in conflict.parties] == ["Wells of B"]
    assert world.quiet() == 0


def test_an_edit_of_another_field_between_read_and_write_is_merged(world: World) -> None:
    there, copy = world.shared()
    world.a.edit(there, title="Deeper wells")
    world.between.before = as_it_is_written(lambda: world.b.edit(copy, summary="Clean water for all"), "b")
    world.sync()
    world.sync()
    for row in (world.a.row(there), world.b.row(copy)):
        assert (row["title"], row["summary"]) == ("Deeper wells", "Clean water for all")
    assert world.conflicts() == [] and world.quiet() == 0


def test_a_column_that_the_hub_does_not_map_survives_its_writes(world: World) -> None:
    there, copy = world.shared()
    world.b.edit(copy, private="the board's own note")
    world.a.edit(there, title="Deeper wells")
    world.sync()
    row = world.b.row(copy)
    assert (row["title"], row["private"]) == ("Deeper wells", "the board's own note")


def test_a_conflict_is_settled_once_a_person_chose_and_both_sides_hear(world: World) -> None:
    there, copy = world.shared()
    world.a.edit(there, title="Wells of A")
    world.b.edit(copy, title="Wells of B")
    world.sync()
    (conflict,) = world.conflicts()
    resolve(world.hub, conflict.id, conflict.rev, "Wells of both", "u1")
    world.sync()
    assert {world.a.row(there)["title"], world.b.row(copy)["title"]} == {"Wells of both"}
    assert world.quiet() == 0


def test_an_edit_just_before_the_choice_is_written_opens_the_conflict_again(world: World) -> None:
    there, copy = world.shared()
    world.a.edit(there, title="Wells of A")
    world.b.edit(copy, title="Wells of B")
    world.sync()
    (conflict,) = world.conflicts()
    resolve(world.hub, conflict.id, conflict.rev, "Wells of both", "u1")
    world.between.before = as_it_is_written(lambda: world.b.edit(copy, title="Wells of B, again"), "b")
    world.sync()
    assert world.b.row(copy)["title"] == "Wells of B, again"
    (again,) = world.conflicts()
    assert "Wells of B, again" in [party["value"] for party in again.parties] and again.choice == "Wells of both"


@pytest.mark.parametrize("side", ["a", "b"])
def test_back_to_an_earlier_value_is_an_edit_like_any_other(world: World, side: str) -> None:
    there, copy = world.shared()
    office, id = (world.a, there) if side == "a" else (world.b, copy)
    for title in ("Deeper wells", "Wells", "Deeper wells"):
        office.edit(id, title=title)
        world.sync()
        assert {world.a.row(there)["title"], world.b.row(copy)["title"]} == {title}


def test_saving_without_changing_anything_moves_nothing(world: World) -> None:
    there, copy = world.shared()
    world.a.edit(there, title="Wells")
    world.b.edit(copy, summary="Clean water")
    assert world.quiet() == 0 and world.conflicts() == []


def test_an_answer_to_a_change_that_was_lost_is_looked_for_and_not_repeated(world: World) -> None:
    there, copy = world.shared()
    world.a.edit(there, title="Deeper wells")
    world.between.loses = lambda call: call.method == "PATCH"
    assert world.sync()["b"].state == "incomplete"
    world.between.quiet()
    assert world.quiet() == 0
    assert world.b.row(copy)["title"] == "Deeper wells"


def test_an_edit_after_a_change_whose_answer_was_lost_is_taken(world: World) -> None:
    there, copy = world.shared()
    world.a.edit(there, title="Deeper wells")
    world.between.loses = lambda call: call.method == "PATCH"
    world.sync()
    world.between.quiet()
    world.b.edit(copy, title="Wells of B")
    world.sync()
    world.sync()
    assert {world.a.row(there)["title"], world.b.row(copy)["title"]} == {"Wells of B"} or world.conflicts()
    assert "Wells of B" in world.remembered()
