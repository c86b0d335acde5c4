"""A member's people send their corrections to the steward by a tick in their own system."""

from __future__ import annotations

import pytest

from hub.store import waiting
from hub.store.tables import Suggestion
from hub.sync import suggestions
from tests.sync.conftest import Make, World, connection, tree

TICK = {"field": "Suggest", "equals": True, "word": "Our word"}


@pytest.fixture
def two(make: Make) -> World:
    """a shares; b imports, and may suggest."""
    trees = {"b": tree(suggest=TICK)}
    world = make(connection("a", shares=True), connection("b", imports=(), edits="suggest"), trees=trees)
    world.systems["a"].add(
        Title="Wells", Summary="Clean water", Organisation="Upper Valley Trust", Ask=1000, Currency="USD", Share=True
    )
    world.sync()
    return world


def of_b(world: World) -> list[Suggestion]:
    with world.hub.reading() as conn:
        return [Suggestion(**row._mapping) for row in conn.execute(waiting.suggestion.select().order_by("id"))]


def edit(world: World, **cells: object) -> None:
    (id,) = world.systems["b"].rows
    world.systems["b"].rows[id] |= cells
    world.sync()


def test_a_tick_sends_what_waits_with_the_word_beside_it(two: World) -> None:
    edit(two, Title="Wells for all")
    assert [(row.state, row.word) for row in of_b(two)] == [("waiting", None)]
    edit(two, **{"Suggest": True, "Our word": " It is what they call it. "})
    assert [(row.state, row.word) for row in of_b(two)] == [("sent", "It is what they call it.")]
    (id,) = two.systems["a"].rows
    assert two.systems["a"].rows[id]["Title"] == "Wells", "the steward decides"
    suggestions.accept(two.hub, of_b(two)[0].id, "u")
    two.sync()
    assert two.systems["a"].rows[id]["Title"] == "Wells for all"


def test_under_a_tick_that_stays_every_further_correction_is_sent(two: World) -> None:
    edit(two, Suggest=True)
    assert of_b(two) == []
    edit(two, Title="Wells for all")
    assert [row.state for row in of_b(two)] == ["sent"]


def test_what_its_people_decided_to_keep_is_not_sent_by_a_later_tick(two: World) -> None:
    edit(two, Title="Wells for all")
    suggestions.keep_local(two.hub, of_b(two)[0].id, "u")
    edit(two, Suggest=True)
    assert [row.state for row in of_b(two)] == ["differs"]


def test_without_the_tick_nothing_leaves(two: World) -> None:
    edit(two, Title="Wells for all", **{"Our word": "not yet"})
    two.sync()
    assert [row.state for row in of_b(two)] == ["waiting"]
